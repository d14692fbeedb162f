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

static void expect(struct verifying *v, const char *path, const char *sha256, bool is_required)
{
	const char *before = json_text(v->expected, path);

	if (*before && strcmp(before, sha256) != 0)
		verify_find(v, "E_DIGEST", path, "it is named with two digests, %s and %s", before, sha256);
	json_object_set_new(v->expected, path, json_string(sha256));
	if (is_required)
		json_object_set_new(v->required, path, json_true());
}

static void expect_item(struct verifying *v, const json_t *item, const char *list, bool is_required)
{
	const char *path = json_text(item, "path"), *sha256 = json_text(item, "sha256");

	if (!digest_is_hex(sha256) || !*path)
		verify_find(v, "E_DIGEST", "release.json", "%s: '%s' has no sha256", list, path);
	else
		expect(v, path, sha256, is_required && parts_hold(&v->parts, list, item));
}

static void expect_list(struct verifying *v, const json_t *release, const char *list, bool is_required)
{
	const json_t *item;
	size_t i;

	json_array_foreach(json_list(release, list), i, item)
		expect_item(v, item, list, is_required);
}

static int expect_package(void *context, const struct snap_item *line, struct err *e)
{
	AUTO_JSON *item = snap_item_json(line, e);

	if (!item)
		return -1;
	expect_item(context, item, "packages", false);
	return 0;
}

/* apt's indexes lie under their hash as well, this snapshot's and those of earlier ones. */
static void expect_by_hash(struct verifying *v, const json_t *release)
{
	const json_t *item;
	size_t i;

	json_array_foreach(json_list(release, "indexes"), i, item) {
		AUTO_FREE char *lasting = channel_lasting_name(item);

		if (lasting && !json_object_get(v->expected, lasting))
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
		AUTO_FREE char *path = mem_printf("history/%s", d->d_name), *bytes = NULL;
		char digest[SHA256_HEX];
		struct err ignored = { 0 };
		size_t len;

		if (!is_generation(d->d_name) || verify_read(v, path, &bytes, &len, &ignored))
			continue;
		sha256_hex(bytes, len, digest);
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
		snap_each(whole, SNAP_PACKAGES, expect_package, v, &e)) {
		verify_find_err(v, path, &e);
		return;
	}
	if (strcmp(json_text(release, "channel_id"), json_text(v->release, "channel_id")) != 0)
		verify_find(v, "E_SIG_UNTRUSTED", path, "it is of another channel");
	else if (json_int(release, "serial") >= json_int(v->release, "serial"))
		verify_find(v, "E_ROLLBACK", path, "serial %lld is not older than %lld: this tree was put back",
			(long long)json_int(release, "serial"), (long long)json_int(v->release, "serial"));
	expect_by_hash(v, release);
	json_object_set_new(v->expected, path, json_null());
	json_object_set_new(v->expected, sig, json_null());
}

/* Names of release.json that are checked by their own signature, or by this file's: null means "no digest". */
static void expect_fixed(struct verifying *v)
{
	static const char *const names[] = { "release.json", "release.json.asc", "keys/release.asc",
		"keys/package.asc" };

	for (size_t i = 0; i < COUNT(names); i++) {
		json_object_set_new(v->expected, names[i], json_null());
		json_object_set_new(v->required, names[i], json_true());
	}
}

void verify_expect(struct verifying *v)
{
	AUTO_FREE char *history = fs_join(v->dir, "history");
	char *const roots[] = { history, NULL };
	const json_t *record;
	size_t i;
	FTS *walk;

	expect_fixed(v);
	if (v->parts.targets)
		json_object_set_new(v->expected, PARTS_FILE, json_null());
	expect_list(v, v->release, "packages", true);
	expect_list(v, v->release, "indexes", true);
	expect_by_hash(v, v->release);
	json_array_foreach(json_list(v->release, "records"), i, record) {
		const char *digest = json_string_value(record) ? json_string_value(record) : "";
		AUTO_FREE char *path = mem_printf("records/%s", digest);

		if (digest_is_hex(digest))
			expect(v, path, digest, true);
		else
			verify_find(v, "E_DIGEST", "release.json", "records: '%s' is no sha256", digest);
	}
	walk = fs_exists(history) ? fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL) : NULL;
	for (FTSENT *at; walk && (at = fts_read(walk));) {
		AUTO_FREE char *path = mem_printf("history/%s", at->fts_name);

		if (at->fts_info == FTS_F && at->fts_level == 1 && is_generation(at->fts_name))
			expect_generation(v, path);
	}
	if (walk)
		(void)fts_close(walk);
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

/* Of packages, which may be large; what else is asked for by digest (records) is small. */
static void note_hashed(struct verifying *v, const char *path, const char *sha256, uint64_t size)
{
	if (!text_starts(path, "records/") && !text_starts(path, "history/"))
		json_object_set_new(v->hashed, sha256, json_integer((json_int_t)size));
}

static int check_file(struct verifying *v, const char *whole, const char *path, struct err *e)
{
	const json_t *expected = json_object_get(v->expected, path);
	bool is_signature = check_index_signature(v, path);
	char found[SHA256_HEX];
	AUTO_FD int fd = -1;
	uint64_t size;

	v->files++;
	json_object_del(v->required, path);
	if (!expected && !is_signature)
		verify_find(v, "E_DIGEST", path, "release.json does not name it");
	if (!json_string_value(expected))
		return 0;
	fd = open(whole, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return err_sys(e, "%s", whole);
	if (sha256_fd(fd, found, &size, e))
		return -1;
	if (strcmp(found, json_string_value(expected)) == 0)
		note_hashed(v, path, found, size);
	else
		verify_find(v, "E_DIGEST", path, "its sha256 is %s, release.json says %s", found,
			json_string_value(expected));
	return 0;
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
	const char *missing;
	json_t *ignored;
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
	if (status)
		return -1;
	json_object_foreach(v->required, missing, ignored)
		verify_find(v, "E_DIGEST", missing, "release.json names it, and it is not there");
	require_signatures(v);
	json_decref(v->expected); /* all of it was looked at */
	json_decref(v->required);
	v->expected = v->required = NULL;
	return 0;
}
