/* verify_files.c - every file of a published tree: named, of the digest it is named with, and signed where clients look for a signature. */
#include "base/digest.h"
#include "base/fs.h"
#include "base/text.h"
#include "release/channel/verify_impl.h"
#include "release/gate/snapshot_text.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <stdio.h>
#include <string.h>

/* ---- what may lie there */

static struct expected *place(struct verifying *v, const char *path, bool *ret_is_new)
{
	unsigned char key[DIGEST_KEY];

	digest_map_key(path, strlen(path), key);
	return digest_map_put(&v->expected, key, ret_is_new);
}

static struct expected *find_place(const struct verifying *v, const char *path)
{
	unsigned char key[DIGEST_KEY];

	digest_map_key(path, strlen(path), key);
	return digest_map_find(&v->expected, key);
}

static void require(struct verifying *v, struct expected *at)
{
	v->missing += !at->is_required;
	at->is_required = true;
}

static void expect(struct verifying *v, const char *path, const char *sha256, bool is_required)
{
	bool is_new;
	struct expected *at = place(v, path, &is_new);
	unsigned char digest[DIGEST_KEY];
	char before[SHA256_HEX];

	if (hex_parse(sha256, SHA256_HEX - 1, digest))
		return;
	if (at->has_digest && memcmp(at->sha256, digest, sizeof digest) != 0) {
		hex_of(at->sha256, sizeof at->sha256, before);
		verify_find(v, "E_DIGEST", path, "it is named with two digests, %s and %s", before, sha256);
	}
	memcpy(at->sha256, digest, sizeof digest);
	at->has_digest = true;
	if (is_required)
		require(v, at);
}

/* Judged by its own signature, or by this file's. */
static void expect_name(struct verifying *v, const char *path, bool is_required)
{
	bool is_new;
	struct expected *at = place(v, path, &is_new);

	at->has_digest = false;
	if (is_required)
		require(v, at);
}

static void expect_item(struct verifying *v, const json_t *item, const char *list, bool is_required)
{
	const char *path = json_text(item, "path"), *sha256 = json_text(item, "sha256");

	if (!digest_is_hex(sha256) || !*path)
		verify_find(v, "E_DIGEST", "release.json", "%s: '%s' has no sha256", list, path);
	else if (!text_starts(path, "deb/") && !text_starts(path, "rpm/"))
		verify_find(v, "E_MISMATCH", path, "%s: release.json names a place that is not theirs", list);
	else
		expect(v, path, sha256, is_required);
}

static void expect_indexes(struct verifying *v)
{
	const json_t *item;
	size_t i;

	json_array_foreach(json_list(v->release, "indexes"), i, item)
		expect_item(v, item, "indexes", parts_hold(&v->parts, "indexes", item));
}

/* Most lines of an earlier generation are those of the present one: they are looked through, not parsed. */
static int expect_earlier(void *context, const struct snap_item *line, struct err *e)
{
	struct snap_member m[] = { { .name = "path" }, { .name = "sha256" } };
	AUTO_JSON *item = NULL;

	snap_item_members(line, m, COUNT(m));
	if (m[0].len && m[1].len == SHA256_HEX - 1 && !memchr(m[0].at, '\\', m[0].len)) {
		AUTO_FREE char *path = strndup(m[0].at, m[0].len), *sha256 = strndup(m[1].at, m[1].len);

		if (digest_is_hex(sha256)) {
			expect(context, path, sha256, false);
			return 0;
		}
	}
	item = snap_item_json(line, e);
	if (item)
		expect_item(context, item, "packages", false);
	return item ? 0 : -1;
}

/* apt's indexes lie under their hash as well, this snapshot's and those of earlier ones. */
static void expect_by_hash(struct verifying *v, const json_t *release)
{
	const json_t *item;
	size_t i;

	json_array_foreach(json_list(release, "indexes"), i, item) {
		AUTO_FREE char *lasting = channel_lasting_name(item);

		if (lasting && !find_place(v, lasting))
			expect(v, lasting, json_text(item, "sha256"), false);
	}
}

static bool is_generation(const char *name)
{
	size_t digits = strspn(name, "0123456789");

	return digits > 0 && strcmp(name + digits, ".json") == 0;
}

/* {sha256: path} of history's files. */
static json_t *history_of(const struct verifying *v)
{
	AUTO_FREE char *folder = fs_join(v->dir, "history");
	json_t *all = json_object();
	DIR *dir = opendir(folder);

	for (const struct dirent *d; dir && (d = readdir(dir));) {
		AUTO_FREE char *path = mem_printf("history/%s", d->d_name);
		char digest[SHA256_HEX];
		struct err ignored = { 0 };
		uint64_t size;
		AUTO_FD int fd = is_generation(d->d_name) ? verify_open(v, path, &size, &ignored) : -1;

		if (fd >= 0 && sha256_fd(fd, digest, &size, &ignored) == 0)
			json_set_str(all, digest, path);
	}
	if (dir)
		closedir(dir);
	return all;
}

/* By a key that is pinned no more, after a rotation: release.json, which is believed, names the one that it supersedes by its digest, and that one the one
 * before. */
static bool is_vouched(const struct verifying *v, const char *path)
{
	AUTO_JSON *all = history_of(v), *at = json_incref(v->release);

	for (size_t i = json_object_size(all) + 1; i-- > 0;) {
		const char *before = json_text(all, json_text(at, "supersedes"));
		AUTO_FREE char *whole = fs_join(v->dir, before);
		struct err ignored = { 0 };

		if (!*before)
			return false;
		if (strcmp(before, path) == 0)
			return true;
		json_decref(at);
		at = snap_head(whole, &ignored);
	}
	return false;
}

/* One earlier generation: signed like this one, of this channel, older. Its packages and content-named indexes may still be here. */
static void expect_generation(struct verifying *v, const char *path)
{
	AUTO_FREE char *whole = fs_join(v->dir, path), *sig = mem_printf("%s.asc", path);
	struct err e = { 0 };
	AUTO_JSON *release = NULL;

	if ((verify_signed(v, path, sig, &e) && !is_vouched(v, path)) || !(release = snap_head(whole, &e)) ||
		snap_each(whole, SNAP_PACKAGES, expect_earlier, v, &e)) {
		verify_find_err(v, path, &e);
		return;
	}
	if (strcmp(json_text(release, "channel_id"), json_text(v->release, "channel_id")) != 0)
		verify_find(v, "E_SIG_UNTRUSTED", path, "it is of another channel");
	else if (json_int(release, "serial") >= json_int(v->release, "serial"))
		verify_find(v, "E_ROLLBACK", path, "serial %lld is not older than %lld: this tree was put back",
			(long long)json_int(release, "serial"), (long long)json_int(v->release, "serial"));
	expect_by_hash(v, release);
	expect_name(v, path, false);
	expect_name(v, sig, false);
}

/* Checked by their own signature, or by this file's. */
static const char *const fixed[] = { "release.json", "release.json.asc", "keys/release.asc", "keys/package.asc" };

static void expect_history(struct verifying *v)
{
	AUTO_FREE char *history = fs_join(v->dir, "history");
	char *const roots[] = { history, NULL };
	FTS *walk = fs_exists(history) ? fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL) : NULL;

	for (FTSENT *at; walk && (at = fts_read(walk));) {
		AUTO_FREE char *path = mem_printf("history/%s", at->fts_name);

		if (at->fts_info == FTS_F && at->fts_level == 1 && is_generation(at->fts_name))
			expect_generation(v, path);
	}
	if (walk)
		(void)fts_close(walk);
}

/* A record's line is its digest in quotes. Malloc; NULL: it is none. */
static char *record_path(const struct snap_item *line)
{
	char digest[SHA256_HEX];

	if (line->len != SHA256_HEX + 1 || line->at[0] != '"' || line->at[SHA256_HEX] != '"')
		return NULL;
	memcpy(digest, line->at + 1, SHA256_HEX - 1);
	digest[SHA256_HEX - 1] = '\0';
	return digest_is_hex(digest) ? mem_printf("records/%s", digest) : NULL;
}

static int expect_line(struct verifying *v, const struct snap_item *line, struct err *e)
{
	AUTO_FREE char *record = line->list == SNAP_RECORDS ? record_path(line) : NULL;
	AUTO_JSON *package = line->list == SNAP_PACKAGES ? snap_item_json(line, e) : NULL;
	bool is_here = package && parts_hold(&v->parts, "packages", package);

	if (line->list == SNAP_PACKAGES) {
		v->packages++;
		if (package)
			expect_item(v, package, "packages", is_here);
		if (is_here)
			audit_items_add(&v->items, line, package, true);
		return package ? 0 : -1;
	}
	if (record)
		expect(v, record, strrchr(record, '/') + 1, true);
	else if (line->list == SNAP_RECORDS)
		verify_find(v, "E_DIGEST", "release.json", "records: '%s' is no sha256", line->at);
	return 0;
}

int verify_expect(struct verifying *v, struct err *e)
{
	AUTO_SNAP_READER lines = { 0 };
	struct snap_item line;
	int got;

	for (size_t i = 0; i < COUNT(fixed); i++)
		expect_name(v, fixed[i], true);
	if (v->parts.targets)
		expect_name(v, PARTS_FILE, false);
	if (audit_items_open(&v->items, v->fd, NULL, e) || snap_open_fd(&lines, v->fd, e))
		return -1;
	while ((got = snap_next(&lines, &line, e)) > 0)
		if (expect_line(v, &line, e))
			return -1;
	if (got < 0)
		return -1;
	expect_indexes(v);
	expect_by_hash(v, v->release);
	expect_history(v);
	return 0;
}

/* ---- what lies there */

/* The signature's file, and the file it signs beside it. */
static const struct {
	const char *signature, *content;
	bool is_clear;
} signed_indexes[] = {
	{ "/InRelease", "/Release", true },
	{ "/Release.gpg", "/Release", false },
	{ "/repomd.xml.asc", "/repomd.xml", false },
};

static int check_clear(struct verifying *v, const char *path, const char *content, struct err *e)
{
	AUTO_FREE char *message = NULL, *text = NULL, *plain = NULL;
	size_t len, text_len, plain_len;
	struct sig_verdict verdict;

	if (verify_read(v, path, &message, &len, e) || verify_read(v, content, &plain, &plain_len, e) ||
		sig_verify_clear(&v->keyring, message, len, v->pins, v->pins_len, v->at, &text, &text_len, &verdict, e))
		return -1;
	while (text_len > 0 && text[text_len - 1] == '\n')
		text_len--;
	while (plain_len > 0 && plain[plain_len - 1] == '\n')
		plain_len--;
	if (text_len != plain_len || memcmp(text, plain, text_len) != 0)
		return err_verdict(e, "E_DIGEST", "it says something else than %s", content);
	return 0;
}

/* true: the file is a signature of an index; what is wrong with it is a finding. */
static bool check_index_signature(struct verifying *v, const char *path)
{
	for (size_t i = 0; i < COUNT(signed_indexes); i++) {
		AUTO_FREE char *content = NULL;
		struct err e = { 0 };
		int status;

		if (!text_ends(path, signed_indexes[i].signature))
			continue;
		content = mem_printf("%.*s%s", (int)(strlen(path) - strlen(signed_indexes[i].signature)), path,
			signed_indexes[i].content);
		status = signed_indexes[i].is_clear ? check_clear(v, path, content, &e)
						    : verify_signed(v, content, path, &e);
		if (status)
			verify_find_err(v, path, &e);
		return true;
	}
	return false;
}

/* A client that finds an index unsigned must not be left to choose. */
static void require_signatures(struct verifying *v)
{
	static const struct {
		const char *content, *signatures[2];
	} table[] = {
		{ "/Release", { "InRelease", "Release.gpg" } },
		{ "/repodata/repomd.xml", { "repomd.xml.asc" } },
	};
	const json_t *item;
	size_t i;

	json_array_foreach(json_list(v->release, "indexes"), i, item) {
		const char *path = json_text(item, "path"),
			   *slash = parts_hold(&v->parts, "indexes", item) ? strrchr(path, '/') : NULL;

		for (size_t k = 0; slash && k < COUNT(table); k++)
			for (size_t n = 0; text_ends(path, table[k].content) && n < 2 && table[k].signatures[n]; n++) {
				AUTO_FREE char *name = mem_printf(
					"%.*s/%s", (int)(slash - path), path, table[k].signatures[n]);
				AUTO_FREE char *whole = fs_join(v->dir, name);

				if (!fs_exists(whole))
					verify_find(v, "E_SIG_MISSING", name, "%s is not signed", path);
			}
	}
}

static int check_digest(struct verifying *v, const char *whole, const char *path, const char *wanted, struct err *e)
{
	AUTO_FD int fd = open(whole, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	struct audit_held *held;
	char found[SHA256_HEX];
	uint64_t size;

	if (fd < 0)
		return err_sys(e, "%s", whole);
	if (sha256_fd(fd, found, &size, e))
		return -1;
	if (strcmp(found, wanted) != 0) {
		verify_find(v, "E_DIGEST", path, "its sha256 is %s, release.json says %s", found, wanted);
		return 0;
	}
	held = audit_held_of(&v->items, found);
	if (held) {
		held->size = size;
		held->is_hashed = true; /* verify_records does not read it again */
	}
	return 0;
}

static int check_file(struct verifying *v, const char *whole, const char *path, struct err *e)
{
	struct expected *at = find_place(v, path);
	bool is_signature = check_index_signature(v, path);
	char wanted[SHA256_HEX];

	v->files++;
	if (!at) {
		if (!is_signature)
			verify_find(v, "E_DIGEST", path, "release.json does not name it");
		return 0;
	}
	v->missing -= at->is_required && !at->is_seen;
	at->is_seen = true;
	if (!at->has_digest)
		return 0;
	hex_of(at->sha256, sizeof at->sha256, wanted);
	return check_digest(v, whole, path, wanted, e);
}

static void find_missing(struct verifying *v, const char *path)
{
	struct expected *at = find_place(v, path);

	if (!at || !at->is_required || at->is_seen)
		return;
	at->is_seen = true; /* told once */
	verify_find(v, "E_DIGEST", path, "release.json names it, and it is not there");
}

static int find_missing_line(struct verifying *v, const struct snap_item *line, struct err *e)
{
	AUTO_FREE char *record = line->list == SNAP_RECORDS ? record_path(line) : NULL;
	AUTO_JSON *package = line->list == SNAP_PACKAGES ? snap_item_json(line, e) : NULL;

	if (line->list == SNAP_PACKAGES && !package)
		return -1;
	if (record || package)
		find_missing(v, record ? record : json_text(package, "path"));
	return 0;
}

/* By name, which the table does not have: release.json is read once more. */
static int name_missing(struct verifying *v, struct err *e)
{
	AUTO_SNAP_READER lines = { 0 };
	struct snap_item line;
	const json_t *item;
	size_t i;
	int got;

	for (i = 0; i < COUNT(fixed); i++)
		find_missing(v, fixed[i]);
	json_array_foreach(json_list(v->release, "indexes"), i, item)
		find_missing(v, json_text(item, "path"));
	if (snap_open_fd(&lines, v->fd, e))
		return -1;
	while ((got = snap_next(&lines, &line, e)) > 0)
		if (find_missing_line(v, &line, e))
			return -1;
	return got;
}

static int check_entry(struct verifying *v, const FTSENT *at, struct err *e)
{
	const char *path = at->fts_path + strlen(v->dir);

	while (*path == '/')
		path++;
	switch (at->fts_info) {
	case FTS_D:
	case FTS_DP:
		return 0;
	case FTS_F:
		return check_file(v, at->fts_path, path, e);
	case FTS_DNR:
	case FTS_ERR:
	case FTS_NS:
		errno = at->fts_errno;
		return err_sys(e, "%s", at->fts_path);
	default:
		verify_find(v, "E_SPECIAL_FILE", path, "it is neither a file nor a folder");
		return 0;
	}
}

int verify_files(struct verifying *v, struct err *e)
{
	AUTO_FREE char *dir = mem_strdup(v->dir);
	char *const roots[] = { dir, NULL };
	int status = 0;
	FTS *walk;

	for (size_t len = strlen(dir); len > 1 && dir[len - 1] == '/';)
		dir[--len] = '\0';
	walk = fts_open(roots, FTS_PHYSICAL | FTS_COMFOLLOW | FTS_NOCHDIR, NULL);
	if (!walk)
		return err_sys(e, "%s", v->dir);
	for (FTSENT *at; status == 0 && (at = fts_read(walk));)
		status = check_entry(v, at, e);
	(void)fts_close(walk);
	if (status || (v->missing && name_missing(v, e)))
		return -1;
	require_signatures(v);
	return 0;
}
