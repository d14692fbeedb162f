/* signer_index.c - the repository indexes of a channel's packages, from stored fragments; signed with the release key. */
#include "base/text.h"
#include "formats/index_set.h"
#include "release/gate/signer_impl.h"
#include <stdio.h>
#include <string.h>

/* ---- where things lie */
static char *replace_basearch(const char *path, const char *arch)
{
	const char *at = strstr(path, "$basearch");

	return at ? mem_printf("%.*s%s%s", (int)(at - path), path, arch, at + strlen("$basearch")) : mem_strdup(path);
}

static bool is_noarch(const json_t *package)
{
	const char *arch = json_text(package, "architecture");

	return strcmp(arch, "noarch") == 0 || strcmp(arch, "all") == 0;
}

/* The architectures that packages of one target have; x86_64 (amd64) when all of them fit everywhere. */
static json_t *architectures(const json_t *packages, const char *member, const char *value, const char *usual)
{
	json_t *list = json_array(), *package, *seen;
	size_t i, k;

	json_array_foreach(packages, i, package) {
		bool known = strcmp(json_text(package, member), value) != 0 || is_noarch(package);

		json_array_foreach(list, k, seen)
			known = known || strcmp(json_string_value(seen), json_text(package, "architecture")) == 0;
		if (!known)
			json_array_append(list, json_object_get(package, "architecture"));
	}
	if (!json_array_size(list))
		json_array_append_new(list, json_string(usual));
	return list;
}

static void place_deb(const json_t *channel, const char *name, const json_t *package, json_t *ret)
{
	const char *own = json_text(package, "suite"), *suite = json_text(json_map(channel, "apt"), "suite");
	json_t *one = json_copy((json_t *)package);

	json_set_str(one, "suite", *own ? own : *suite ? suite : name);
	json_object_set_new(one, "base", json_string("deb"));
	json_object_set_new(one, "path", json_sprintf("deb/%s", json_text(package, "location")));
	json_array_append_new(ret, one);
}

static void place_rpm(const json_t *packages, const json_t *package, json_t *ret)
{
	const char *path = json_text(package, "path");
	AUTO_JSON *all = architectures(packages, "target", json_text(package, "target"), "x86_64");
	bool everywhere = is_noarch(package) && strstr(path, "$basearch");
	size_t i;
	json_t *arch;

	json_array_foreach(all, i, arch) {
		AUTO_FREE char *below = replace_basearch(path,
			everywhere || is_noarch(package) ? json_string_value(arch)
							 : json_text(package, "architecture"));
		AUTO_FREE char *base = *below ? mem_printf("rpm/%s", below) : mem_strdup("rpm");
		json_t *one = json_copy((json_t *)package);

		json_set_str(one, "base", base);
		json_object_set_new(one, "path", json_sprintf("%s/%s", base, json_text(package, "location")));
		json_array_append_new(ret, one);
		if (!everywhere)
			break;
	}
}

int paths_distinct(const json_t *packages, struct err *e)
{
	AUTO_JSON *seen = json_object();
	size_t i;
	json_t *package;

	json_array_foreach(packages, i, package) {
		const char *other = json_text(seen, json_text(package, "path"));

		if (*other && strcmp(other, json_text(package, "sha256")) != 0)
			return err_verdict(e, "E_NAME_COLLISION", "two different packages would lie at %s",
				json_text(package, "path"));
		json_set_str(seen, json_text(package, "path"), json_text(package, "sha256"));
	}
	return 0;
}

int place_packages(const json_t *channel, const char *name, const json_t *packages, json_t *ret, struct err *e)
{
	size_t i;
	json_t *package;

	json_array_foreach(packages, i, package) {
		const char *format = json_text(package, "format");

		if (strcmp(format, "deb") == 0)
			place_deb(channel, name, package, ret);
		else if (strcmp(format, "rpm") == 0)
			place_rpm(packages, package, ret);
		else
			return err_usage(e, "a channel cannot carry '%s' packages yet", format);
	}
	json_array_foreach(ret, i, package)
		if (strstr(json_text(package, "path"), ".."))
			return err_verdict(e, "E_PATH_ESCAPE", "'%s' leaves the tree", json_text(package, "path"));
	return paths_distinct(ret, e);
}

/* ---- writing */
static void adopt(struct index_set *files, struct index_set *made, const char *base, json_t *indexes)
{
	for (size_t i = 0; i < made->len; i++) {
		char *path = mem_printf("%s/%s", base, made->at[i].path);
		struct index_item *item = index_set_add(files, path, made->at[i].bytes, made->at[i].len);

		json_array_append_new(indexes,
			json_pack("{s:s, s:s, s:I}", "path", item->path, "sha256", item->sha256, "size",
				(json_int_t)item->len));
		made->at[i].bytes = NULL;
	}
	index_set_done(made);
}

static int add_signature(struct signer *key, enum sign_mode mode, const char *bytes, size_t len, char *path,
	struct index_set *files, json_t *indexes, struct err *e)
{
	struct sig_data data = { .fd = -1, .bytes = bytes, .len = len };
	struct index_item *item;
	char *signature;
	size_t signature_len;

	if (signer_sign(key, mode, &data, &signature, &signature_len, e)) {
		free(path);
		return err_wrap(e, "signing an index");
	}
	item = index_set_add(files, path, signature, signature_len);
	json_array_append_new(indexes,
		json_pack(
			"{s:s, s:s, s:I}", "path", item->path, "sha256", item->sha256, "size", (json_int_t)item->len));
	return 0;
}

static const json_t *policy_of(const struct key_process *k)
{
	return policies_now(&k->chain)->json;
}

struct stanzas {
	LIST(struct apt_stanza) list;
};

static int gather_stanzas(
	struct key_process *k, const json_t *packages, const char *suite, struct stanzas *ret, struct err *e)
{
	size_t i;
	json_t *package;

	json_array_foreach(packages, i, package) {
		char *text;
		size_t len;

		if (strcmp(json_text(package, "format"), "deb") != 0 || strcmp(json_text(package, "suite"), suite) != 0)
			continue;
		if (source_get(&k->source.source, json_text(package, "fragment"), &text, &len, e))
			return err_wrap(e, "the index fragment of %s", json_text(package, "name"));
		if (fragment_fits_apt(package, text, len, e)) {
			free(text);
			return -1;
		}
		*LIST_ADD(&ret->list) = (struct apt_stanza){ json_text(package, "architecture"), text };
	}
	return 0;
}

static int write_apt(struct key_process *k, const json_t *channel, const char *suite, const json_t *packages,
	int64_t valid_until, struct signer *key, struct index_set *files, json_t *indexes, struct err *e)
{
	const json_t *apt = json_map(channel, "apt");
	const char *component = json_string_value(json_array_get(json_list(apt, "components"), 0)), *names[64];
	const char *origin = json_text(apt, "origin"), *label = json_text(apt, "label"),
		   *organisation = json_text(policy_of(k), "organisation");
	AUTO_JSON *archs = architectures(packages, "suite", suite, "amd64");
	struct apt_release r = { *origin ? origin : organisation, *label ? label : organisation, suite, suite,
		component ? component : "main", "let out by sluice", k->now, valid_until, names, 0 };
	struct stanzas stanzas = { 0 };
	struct index_set made = { 0 };
	size_t i;
	json_t *arch;
	int result;

	json_array_foreach(archs, i, arch)
		if (r.architectures_len < COUNT(names))
			names[r.architectures_len++] = json_string_value(arch);
	result = gather_stanzas(k, packages, suite, &stanzas, e) ||
			apt_index(&r, stanzas.list.at, stanzas.list.len, &made, e)
		? -1
		: 0;
	if (result == 0) {
		const struct index_item *release = &made.at[made.len - 1]; /* the last one, as index.h says */
		const char *text = release->bytes;
		size_t len = release->len;

		adopt(files, &made, "deb", indexes);
		result = add_signature(key, SIGN_CLEAR, text, len, mem_printf("deb/dists/%s/InRelease", suite), files,
				 indexes, e) ||
				add_signature(key, SIGN_DETACHED_ARMOR, text, len,
					mem_printf("deb/dists/%s/Release.gpg", suite), files, indexes, e)
			? -1
			: 0;
	}
	for (i = 0; i < stanzas.list.len; i++)
		free((char *)(uintptr_t)stanzas.list.at[i].text);
	LIST_DONE(&stanzas.list);
	return result ? err_wrap(e, "apt suite %s", suite) : 0;
}

static int write_rpmmd(struct key_process *k, const char *base, const json_t *packages, struct signer *key,
	struct index_set *files, json_t *indexes, struct err *e)
{
	AUTO_JSON *fragments = json_array();
	struct index_set made = { 0 };
	const char *text;
	size_t i, len;
	json_t *package;

	json_array_foreach(packages, i, package) {
		json_t *fragment;

		if (strcmp(json_text(package, "format"), "rpm") != 0 || strcmp(json_text(package, "base"), base) != 0)
			continue;
		fragment = source_json(&k->source.source, json_text(package, "fragment"), e);
		if (!fragment)
			return err_wrap(e, "the index fragment of %s", json_text(package, "name"));
		json_array_append_new(fragments, fragment);
		if (fragment_fits_rpmmd(package, fragment, e))
			return -1;
	}
	if (rpmmd_index(fragments, k->now, &made, e))
		return err_wrap(e, "%s", base);
	text = made.at[made.len - 1].bytes;
	len = made.at[made.len - 1].len;
	adopt(files, &made, base, indexes);
	return add_signature(
		key, SIGN_DETACHED_ARMOR, text, len, mem_printf("%s/repodata/repomd.xml.asc", base), files, indexes, e);
}

/* Each distinct value of a member among the packages of one format, in the order met. */
static json_t *distinct(const json_t *packages, const char *format, const char *member)
{
	json_t *list = json_array(), *seen = json_object(), *package;
	size_t i;

	json_array_foreach(packages, i, package) {
		const char *value = json_text(package, member);

		if (strcmp(json_text(package, "format"), format) == 0 && !json_object_get(seen, value)) {
			json_object_set_new(seen, value, json_true());
			json_array_append_new(list, json_string(value));
		}
	}
	json_decref(seen);
	return list;
}

/* What was served goes on being served, though its last package was taken out: an index that is gone tells clients nothing. before: "indexes". */
static void add_served(const json_t *before, const char *beginning, const char *end, json_t *list)
{
	size_t i;
	json_t *item;

	json_array_foreach(before, i, item) {
		const char *path = json_text(item, "path");
		AUTO_FREE char *name = text_starts(path, beginning) && text_ends(path, end)
			? strndup(path + strlen(beginning), strlen(path) - strlen(beginning) - strlen(end))
			: NULL;

		if (name && *name && !json_lists(list, name))
			json_array_append_new(list, json_string(name));
	}
}

int write_indexes(struct key_process *k, const json_t *before, const json_t *channel, const json_t *packages,
	int64_t valid_until, struct signer *key, struct index_set *files, json_t *ret_indexes, struct err *e)
{
	AUTO_JSON *suites = distinct(packages, "deb", "suite"), *bases = distinct(packages, "rpm", "base");
	size_t i;
	json_t *item;

	add_served(before, "deb/dists/", "/InRelease", suites);
	add_served(before, "", "/repodata/repomd.xml", bases);
	json_array_foreach(suites, i, item)
		if (write_apt(k, channel, json_string_value(item), packages, valid_until, key, files, ret_indexes, e))
			return -1;
	json_array_foreach(bases, i, item)
		if (write_rpmmd(k, json_string_value(item), packages, key, files, ret_indexes, e))
			return -1;
	return 0;
}
