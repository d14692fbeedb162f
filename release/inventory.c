/* inventory.c - what is installed somewhere, as tools tell it, against what was let out: lines of `dpkg-query -W` or `rpm -qa`, or JSON. */
#include "release/inventory.h"
#include "base/fs.h"
#include "base/text.h"
#include <fnmatch.h>
#include <string.h>

enum { INVENTORY_MAX = 64 << 20, LINE_MAX_ = 4096, PACKAGES_MAX = 1000000 };

/* ---- reading */
static int add(json_t *list, const char *name, size_t name_len, const char *version, size_t version_len,
	const char *machine, struct err *e)
{
	json_t *one;

	if (json_array_size(list) >= PACKAGES_MAX)
		return err_input(e, "E_LIMIT_SIZE", "more than %d packages", PACKAGES_MAX);
	one = json_object();
	json_set_bytes(one, "name", name, name_len);
	json_set_bytes(one, "version", version, version_len);
	json_set_str(one, "machine", machine);
	return json_array_append_new(list, one);
}

/* "name-version-release.arch", as rpm -qa prints it: the last two dashes cut, and the architecture behind the last dot. */
static int add_rpm(json_t *list, const char *line, size_t len, struct err *e)
{
	const char *end = line + len, *dash = NULL, *second = NULL, *dot = NULL;

	for (const char *c = line; c < end; c++) {
		if (*c == '-') {
			second = dash;
			dash = c;
		}
		if (*c == '.')
			dot = c;
	}
	if (!second || second == line || !dash || dash + 1 == end)
		return err_input(e, "E_METADATA", "'%.*s' is no 'NAME VERSION' and no NAME-VERSION-RELEASE.ARCH",
			(int)len, line);
	if (dot > dash)
		end = dot;
	return add(list, line, (size_t)(second - line), second + 1, (size_t)(end - second - 1), "", e);
}

static int add_line(json_t *list, const char *line, size_t len, struct err *e)
{
	size_t name, blank, version;

	while (len && (line[len - 1] == '\r' || line[len - 1] == ' ' || line[len - 1] == '\t'))
		len--;
	if (!len || line[0] == '#')
		return 0;
	if (len > LINE_MAX_ || memchr(line, '\0', len))
		return err_input(e, "E_METADATA", "a line that is no package");
	name = 0;
	while (name < len && line[name] != ' ' && line[name] != '\t')
		name++;
	if (name == len)
		return add_rpm(list, line, len, e);
	for (blank = name; blank < len && (line[blank] == ' ' || line[blank] == '\t');)
		blank++;
	for (version = blank; version < len && line[version] != ' ' && line[version] != '\t';)
		version++;
	/* dpkg names the architecture of what may be installed for several: libc6:amd64 */
	const char *colon = memchr(line, ':', name);
	return add(list, line, colon ? (size_t)(colon - line) : name, line + blank, version - blank, "", e);
}

static int of_json(const char *bytes, size_t len, const char *file, json_t *list, struct err *e)
{
	AUTO_JSON *json = json_parse(bytes, len, file, e);
	const json_t *items = json_is_array(json) ? json : json_list(json, "packages");
	size_t i;
	json_t *item;

	if (!json)
		return -1;
	if (!items)
		return err_input(e, "E_METADATA", "%s: an array of packages is meant, or {\"packages\": [...]}", file);
	json_array_foreach((json_t *)items, i, item) {
		const char *name = json_text(item, "name"), *version = json_text(item, "version");

		if (!*name || !*version)
			return err_input(e, "E_METADATA", "%s: item %zu has no name or no version", file, i);
		if (add(list, name, strlen(name), version, strlen(version), json_text(item, "machine"), e))
			return -1;
	}
	return 0;
}

int inventory_parse(const char *bytes, size_t len, const char *file, json_t **ret, struct err *e)
{
	AUTO_JSON *list = json_array();
	size_t start = strspn(bytes, " \t\r\n"), number = 0;

	if (start < len && (bytes[start] == '[' || bytes[start] == '{')) {
		if (of_json(bytes, len, file, list, e))
			return -1;
	} else
		for (size_t at = 0; at < len;) {
			const char *stop = memchr(bytes + at, '\n', len - at);
			size_t size = stop ? (size_t)(stop - bytes) - at : len - at;

			number++;
			if (add_line(list, bytes + at, size, e))
				return err_wrap(e, "%s:%zu", file, number);
			at += size + 1;
		}
	*ret = json_incref(list);
	return 0;
}

/* ---- what was let out */
/* "name version" -> {"rfc","channel"}; "name" -> true */
struct let_out {
	json_t *versions, *names;
};

static void see_packages(struct let_out *l, const json_t *release)
{
	size_t i;
	json_t *package;

	json_array_foreach(json_list(release, "packages"), i, package) {
		AUTO_FREE char *which = mem_printf("%s %s", json_text(package, "name"), json_text(package, "version"));

		json_object_set_new(l->names, json_text(package, "name"), json_true());
		if (!json_object_get(l->versions, which))
			json_object_set_new(l->versions, which,
				json_pack("{s:s, s:s}", "rfc", json_text(package, "rfc"), "channel",
					json_text(release, "channel")));
	}
}

/* Every snapshot the release key signed; one that it did not sign lets nothing out. */
struct collecting {
	struct release *r;
	struct let_out *let_out;
	struct keyring ring;
	json_t *keys;
};

static int see_snapshot(void *context, const json_t *row, struct err *e)
{
	struct collecting *c = context;
	AUTO_JSON *release = NULL;
	bool is_revoked;

	if (!*json_text(row, "record"))
		return 0;
	if (snapshot_load(&c->r->source.source, &c->ring, json_list(c->keys, "ever"), json_text(row, "record"),
		    json_text(row, "signature"), &release, &is_revoked, e))
		return -1;
	see_packages(c->let_out, release);
	return 0;
}

static int collect(struct release *r, struct let_out *l, struct err *e)
{
	static const char *const snapshots = "@snapshot";
	struct collecting c = { .r = r, .let_out = l };
	int result = log_index_follow(r->index, r->store, NULL, e) || release_keys(r, &c.keys, e) ||
			keys_ring(r, &c.ring, e) || log_index_each(r->index, &snapshots, 1, see_snapshot, &c, e)
		? -1
		: 0;

	keyring_done(&c.ring);
	json_decref(c.keys);
	return result;
}

/* rpm -qa leaves out an epoch of 0, and a deb's version has it as the archive wrote it. */
static const json_t *find_version(const struct let_out *l, const char *name, const char *version)
{
	const char *colon = strchr(version, ':');
	AUTO_FREE char *which = mem_printf("%s %s", name, version);
	AUTO_FREE char *without = colon && text_starts(version, "0:") ? mem_printf("%s %s", name, colon + 1) : NULL;
	const json_t *found = json_map(l->versions, which);

	return found || !without ? found : json_map(l->versions, without);
}

static void compare(const struct let_out *l, const json_t *installed, const char *only, json_t *ret)
{
	json_t *unknown = json_array(), *other = json_array(), *one;
	int64_t fine = 0;
	size_t i;

	json_array_foreach(installed, i, one) {
		const char *name = json_text(one, "name");

		if (only && fnmatch(only, name, 0) != 0)
			continue;
		if (find_version(l, name, json_text(one, "version")))
			fine++;
		else
			json_array_append(json_object_get(l->names, name) ? other : unknown, one);
	}
	json_object_set_new(ret, "released", json_integer(fine));
	json_object_set_new(ret, "other_version", other);
	json_object_set_new(ret, "never_released", unknown);
}

int release_reconcile(struct release *r, const char *file, const char *only, json_t **ret, struct err *e)
{
	AUTO_JSON *installed = NULL, *versions = json_object(), *names = json_object();
	AUTO_FREE char *bytes = NULL;
	struct let_out l = { versions, names };
	size_t len;

	if (fs_read_file(file, INVENTORY_MAX, &bytes, &len, e) || inventory_parse(bytes, len, file, &installed, e) ||
		collect(r, &l, e))
		return -1;
	*ret = json_pack("{s:I}", "installed", (json_int_t)json_array_size(installed));
	compare(&l, installed, only, *ret);
	return 0;
}
