/* verify.c - is this tree what its organisation let out? Judged from trust.json, release.json and records/ alone.
 *
 * Nothing of release.json is believed before its signature is; then everything in it is held against the files, the records and the gate. */
#include "base/fs.h"
#include "base/text.h"
#include "base/when.h"
#include "release/channel/verify_impl.h"
#include "release/gate/audit.h"
#include "release/gate/snapshot_text.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const int64_t serial_max = (int64_t)1 << 53;
enum { FILE_MAX = 256 << 20, CLOCK_SKEW = 300, VALID_MAX = 366 * 86400 };

void verify_find(struct verifying *v, const char *code, const char *where, const char *fmt, ...)
{
	AUTO_FREE char *raw = NULL;
	char text[1024];
	va_list ap;
	json_t *finding = json_object();

	va_start(ap, fmt);
	raw = mem_vprintf(fmt, ap);
	va_end(ap);
	(void)text_escape(text, sizeof text, raw, strlen(raw), false);
	json_set_str(finding, "code", code);
	json_set_str(finding, "where", where);
	json_set_str(finding, "text", text);
	json_array_append_new(v->findings, finding);
}

void verify_find_err(struct verifying *v, const char *where, const struct err *e)
{
	verify_find(v, e->code ? e->code : "E_DIGEST", where, "%s", e->text);
	if (err_is_machine(e))
		verify_machine(v, e->sys);
}

void verify_machine(struct verifying *v, int sys)
{
	json_object_set_new(
		json_array_get(v->findings, json_array_size(v->findings) - 1), "machine", json_integer(sys));
}

int verify_open(const struct verifying *v, const char *path, uint64_t *ret_size, struct err *e)
{
	AUTO_FREE char *whole = fs_join(v->dir, path);
	struct stat st;
	int fd;

	if (access(whole, F_OK) && errno == ENOENT)
		return err_verdict(e, text_ends(path, ".asc") || text_ends(path, ".gpg") ? "E_SIG_MISSING" : "E_DIGEST",
			"%s is missing", path);
	fd = open(whole, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return err_sys(e, "cannot open %s", whole);
	if (fstat(fd, &st) == 0 && st.st_size <= FILE_MAX) {
		*ret_size = (uint64_t)st.st_size;
		return fd;
	}
	close(fd);
	return err_input(e, "E_LIMIT_SIZE", "%s: larger than %d MiB", whole, FILE_MAX >> 20);
}

int verify_read(const struct verifying *v, const char *path, char **ret, size_t *ret_len, struct err *e)
{
	uint64_t size;
	AUTO_FD int fd = verify_open(v, path, &size, e);

	return fd < 0 || fs_read_fd(fd, FILE_MAX, ret, ret_len, e) ? -1 : 0;
}

static int verify_fd(struct verifying *v, int fd, uint64_t size, const char *sig, struct err *e)
{
	AUTO_FREE char *signature = NULL;
	const struct sig_range all = { 0, size };
	const struct sig_data data = { .fd = fd, .ranges = &all, .ranges_len = 1 };
	size_t len;
	struct sig_verdict verdict;

	if (verify_read(v, sig, &signature, &len, e))
		return -1;
	return sig_verify_detached(&v->keyring, &data, signature, len, v->pins, v->pins_len, v->at, &verdict, e);
}

int verify_signed(struct verifying *v, const char *path, const char *sig, struct err *e)
{
	uint64_t size;
	AUTO_FD int fd = verify_open(v, path, &size, e);

	return fd < 0 ? -1 : verify_fd(v, fd, size, sig, e);
}

/* ---- trust.json */

static int take_trust(struct verifying *v, struct err *e)
{
	const json_t *keys = json_list(v->trust, "release_keys"), *key;
	const char *certificates = json_text(v->trust, "certificates");
	size_t i;

	if (json_array_size(keys) == 0 || !*certificates || !digest_is_hex(json_text(v->trust, "policy")))
		return err_usage(e, "trust.json lacks release_keys, certificates or the policy's digest");
	v->pins = mem_alloc(json_array_size(keys) * sizeof *v->pins);
	json_array_foreach(keys, i, key)
		if (json_string_value(key))
			v->pins[v->pins_len++] = json_string_value(key);
	if (keyring_open(&v->keyring, e) || keyring_add(&v->keyring, certificates, strlen(certificates), e))
		return err_wrap(e, "trust.json");
	return 0;
}

/* ---- release.json itself */

static void check_times(struct verifying *v)
{
	int64_t time = 0, until = 0;
	struct err e = { 0 };
	const char *valid_until = json_text(v->release, "valid_until");

	if (when_parse(json_text(v->release, "time"), NULL, &time, &e))
		verify_find(v, "E_SIG_TIME", "release.json", "its time cannot be read: %s", e.text);
	else if (time > v->at + CLOCK_SKEW)
		verify_find(v, "E_SIG_TIME", "release.json", "made in the future: %s", json_text(v->release, "time"));
	if (!*valid_until || when_parse(valid_until, NULL, &until, &e) || until - time > VALID_MAX)
		verify_find(v, "E_FREEZE_UNBOUNDED", "release.json", "it does not expire within a year");
	else if (until < v->at)
		verify_find(v, "E_FREEZE", "release.json", "expired %s: an old state is shown as the present one",
			valid_until);
}

static void check_channel(struct verifying *v)
{
	const char *channel = json_text(v->release, "channel");
	const char *id = json_text(json_map(v->trust, "channels"), channel);

	if (!*id)
		verify_find(v, "E_SIG_UNTRUSTED", "release.json",
			"trust.json knows no channel '%s'; one that is newer "
			"than that file is in a new 'sluice trust export'",
			channel);
	else if (strcmp(id, json_text(v->release, "channel_id")) != 0)
		verify_find(v, "E_SIG_UNTRUSTED", "release.json", "it is of another channel: %s",
			json_text(v->release, "channel_id"));
	if (json_int(v->release, "serial") <= 0)
		verify_find(v, "E_ROLLBACK", "release.json", "it has no serial");
	else if (json_int(v->release, "serial") > serial_max)
		verify_find(
			v, "E_METADATA", "release.json", "its serial is beyond what every reader of JSON can count to");
}

static bool is_among(const char *fingerprint, const char *const *list, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (strcasecmp(list[i], fingerprint) == 0)
			return true;
	return false;
}

static void fingerprints_done(char **list, size_t len)
{
	for (size_t i = 0; i < len; i++)
		free(list[i]);
	free(list);
}

static bool is_listed(const char *fingerprint, const json_t *list)
{
	size_t i;
	json_t *one;

	json_array_foreach(list, i, one)
		if (strcasecmp(json_string_value(one), fingerprint) == 0)
			return true;
	return false;
}

/* A key file that new clients take holds nothing but these. */
static void check_served_key(
	struct verifying *v, const char *name, const char *const *known, size_t known_len, const json_t *own)
{
	AUTO(keyring) ring = { 0 };
	AUTO_FREE char *path = fs_join(v->dir, name);
	struct err e = { 0 };
	char **found = NULL;
	size_t len = 0;

	if (keyring_open(&ring, &e) || keyring_add_file(&ring, path, &e) ||
		keyring_fingerprints(&ring, &found, &len, &e))
		verify_find_err(v, name, &e);
	for (size_t i = 0; i < len; i++)
		if (!is_among(found[i], known, known_len) && !is_listed(found[i], own))
			verify_find(v, "E_SIG_UNTRUSTED", name,
				"holds the key %s, which neither trust.json pins nor the policy names", found[i]);
	fingerprints_done(found, len);
}

void verify_served_keys(struct verifying *v, const json_t *policy)
{
	const char *package_key = json_text(v->trust, "package_key");
	AUTO_JSON *releases = policy_own_keys(policy, "release", ""),
		  *packages = policy_own_keys(policy, "package", "");

	check_served_key(v, "keys/release.asc", v->pins, v->pins_len, releases);
	check_served_key(v, "keys/package.asc", &package_key, 1, packages);
}

/* A key that was pinned once and that the policy has put away lets nothing out any more. */
void verify_own_keys(struct verifying *v, const json_t *policy)
{
	AUTO_JSON *own = policy_own_keys(policy, "release", "");
	AUTO_FREE const char **pins = NULL;
	const char *const *all = v->pins;
	size_t all_len = v->pins_len, len = 0;
	struct err e = { 0 };

	if (!json_array_size(own))
		return;
	pins = mem_alloc((all_len + 1) * sizeof *pins);
	for (size_t i = 0; i < all_len; i++)
		if (is_listed(all[i], own))
			pins[len++] = all[i];
	v->pins = pins;
	v->pins_len = len;
	if (len == 0 || verify_signed(v, "release.json", "release.json.asc", &e))
		verify_find(v, "E_SIG_UNTRUSTED", "release.json", "no release key that its policy names signed it");
	v->pins = (const char **)(uintptr_t)all;
	v->pins_len = all_len;
}

/* What is read of it is read from the file that was signed. */
static int open_believed(struct verifying *v, struct err *e)
{
	uint64_t size;
	int fd = verify_open(v, "release.json", &size, e);

	if (fd >= 0 && verify_fd(v, fd, size, "release.json.asc", e)) {
		close(fd);
		return -1;
	}
	v->fd = fd;
	return fd < 0 ? -1 : 0;
}

/* -1: it cannot be believed, so nothing else is looked at. */
static int believe(struct verifying *v)
{
	struct err e = { 0 };

	if (open_believed(v, &e)) {
		verify_find_err(v, text_ends(e.text, ".asc is missing") ? "release.json.asc" : "release.json", &e);
		return -1;
	}
	v->fd = snap_lines(v->fd, "release.json", &e);
	v->release = v->fd >= 0 ? snap_head_fd(v->fd, "release.json", &e) : NULL;
	if (!v->release && err_is_machine(&e)) {
		verify_find_err(v, "release.json", &e);
		return -1;
	}
	if (!json_is_object(v->release)) {
		verify_find(v, "E_DIGEST", "release.json", "%s", e.text[0] ? e.text : "it is no object");
		return -1;
	}
	return 0;
}

static int see_part(void *context, const struct snap_item *line, struct err *e)
{
	AUTO_JSON *package = snap_item_json(line, e);

	if (package)
		parts_see(context, package);
	return package ? 0 : -1;
}

/* What the tree leaves out is its keeper's word: it is told, and nothing of it is judged. */
static void find_parts(struct verifying *v)
{
	AUTO_JSON *targets = NULL, *layout = json_object();
	struct err e = { 0 };

	if (parts_read(v->dir, &targets, &e) || (targets && snap_each_fd(v->fd, SNAP_PACKAGES, see_part, layout, &e)))
		verify_find_err(v, PARTS_FILE, &e);
	parts_of(layout, targets, &v->parts);
}

/* ---- the verdict */

static json_t *result_of(const struct verifying *v)
{
	json_t *result = json_object();
	static const char *const copied[] = { "channel", "serial", "time", "valid_until" };

	json_object_set_new(result, "ok", json_boolean(json_array_size(v->findings) == 0));
	for (size_t i = 0; i < COUNT(copied); i++)
		if (v->release && json_object_get(v->release, copied[i]))
			json_object_set(result, copied[i], json_object_get(v->release, copied[i]));
	if (v->parts.targets) {
		json_object_set_new(result, "targets", parts_targets(&v->parts, true));
		json_object_set_new(result, "left_out", parts_targets(&v->parts, false));
	}
	json_object_set_new(result, "packages", json_integer((json_int_t)v->packages));
	json_object_set_new(result, "releases", json_integer((json_int_t)v->items.releases));
	json_object_set_new(result, "files", json_integer((json_int_t)v->files));
	json_object_set(result, "findings", v->findings);
	return result;
}

/* The first finding as an error; 0: there is none. */
static int first_finding(const struct verifying *v, struct err *e)
{
	const json_t *first = json_array_get(v->findings, 0);
	const char *code;

	if (!first)
		return 0;
	code = err_code_known(json_text(first, "code"));
	err_verdict(e, code ? code : "E_GATE", "%s: %s", json_text(first, "where"), json_text(first, "text"));
	err_file(e, v->dir);
	return err_member(e, json_text(first, "where"));
}

static int look_at_all(struct verifying *v, struct err *e)
{
	struct err why = { 0 };

	check_times(v);
	check_channel(v);
	find_parts(v);
	if (verify_expect(v, &why)) {
		verify_find_err(v, "release.json", &why);
		return 0;
	}
	if (verify_files(v, e))
		return -1;
	verify_records(v);
	return 0;
}

static int verify(struct verifying *v, json_t **ret, struct err *e)
{
	if (take_trust(v, e))
		return -1;
	if (access(v->dir, R_OK | X_OK))
		return err_sys(e, "%s", v->dir);
	if (believe(v) == 0 && look_at_all(v, e))
		return -1;
	if (audit_machine(v->findings, e))
		return -1;
	*ret = result_of(v);
	return first_finding(v, e);
}

static struct verifying verifying_of(const char *dir, const json_t *trust, int64_t at)
{
	return (struct verifying){ .dir = dir,
		.trust = trust,
		.at = at ? at : when_now(),
		.fd = -1,
		.expected = { .value = sizeof(struct expected) },
		.findings = json_array() };
}

static void verifying_done(struct verifying *v)
{
	keyring_done(&v->keyring);
	free(v->pins);
	json_decref(v->release);
	parts_done(&v->parts);
	digest_map_done(&v->expected);
	audit_items_done(&v->items);
	if (v->fd >= 0)
		close(v->fd);
	json_decref(v->findings);
}

int channel_verify(const char *dir, const json_t *trust, int64_t at, json_t **ret, struct err *e)
{
	struct verifying v = verifying_of(dir, trust, at);
	int status = verify(&v, ret, e);

	verifying_done(&v);
	return status;
}

int channel_believe(const char *dir, const json_t *trust, int64_t at, json_t **ret, struct err *e)
{
	struct verifying v = verifying_of(dir, trust, at);
	int status = take_trust(&v, e);

	if (status == 0 && believe(&v) == 0) {
		check_times(&v);
		check_channel(&v);
	}
	if (status == 0 && (status = audit_machine(v.findings, e)) == 0 && (status = first_finding(&v, e)) == 0)
		*ret = json_incref(v.release);
	verifying_done(&v);
	return status;
}
