/* fsck_trees.c - every snapshot of every channel against what was signed, file by file; what is wrong is put right beside and renamed into its place. */
#include "base/digest.h"
#include "base/fs.h"
#include "base/text.h"
#include "base/when.h"
#include "release/channel/channel.h"
#include "release/channel/snapshots.h"
#include "release/keep/fsck_impl.h"
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct tree {
	struct checking *c;
	char *dir; /* CHANNEL's folder, then the snapshot's */
	const char *channel;
	long long serial;
	const json_t *trust; /* for verify_channel */
};

/* A snapshot's file that is the blob itself was hashed with it. */
static bool is_blob(const struct tree *t, const char *file, const char *digest)
{
	AUTO_FREE char *blob = blob_path(t->c->store->blobs, digest);
	struct stat a, b;

	return blob && stat(blob, &a) == 0 && lstat(file, &b) == 0 && a.st_ino == b.st_ino && a.st_dev == b.st_dev;
}

/* In the place of what is wrong, by one rename: whoever reads the old one reads on. */
static int put(const char *from, const char *tree, const char *path, struct err *e)
{
	AUTO_FREE char *beside = mem_printf("%s.sluice-mended", path), *made = fs_join(tree, beside),
		       *to = fs_join(tree, path);

	(void)unlink(made);
	if (tree_link(from, tree, beside, e))
		return -1;
	return rename(made, to) ? err_sys(e, "%s", to) : 0;
}

static int check_file(struct tree *t, const char *path, const char *digest, struct err *e)
{
	struct checking *c = t->c;
	AUTO_FREE char *file = fs_join(t->dir, path), *blob = blob_path(c->store->blobs, digest);
	AUTO_FREE char *from = NULL, *source = NULL, *where = NULL;
	bool mended = false;

	if (!digest_is_hex(digest) || is_blob(t, file, digest) || fsck_is(file, digest))
		return 0;
	where = mem_printf("%s, serial %lld: %s", t->channel, t->serial, path);
	if (blob && fsck_is(blob, digest)) {
		from = mem_strdup("the store itself");
		source = mem_strdup(blob);
	} else
		source = fsck_source(c, digest, &from);
	if (source && c->o->is_repair) {
		if (put(source, t->dir, path, e))
			return err_wrap(e, "%s", where);
		mended = true;
	}
	fsck_found(c, "snapshot", where,
		fs_exists(file) && !mended ? "its bytes are not those that were signed"
					   : "it is missing, or its bytes were not those that were signed",
		from, mended);
	return 0;
}

/* is_earlier: of an earlier generation, whose files stay for a time under names that never change their content: only what is there is looked at. */
static int check_one(struct tree *t, const char *path, const char *digest, bool is_earlier, struct err *e)
{
	AUTO_FREE char *file = is_earlier ? fs_join(t->dir, path) : NULL;

	return file && !fs_exists(file) ? 0 : check_file(t, path, digest, e);
}

static int check_list(struct tree *t, const json_t *release, const char *list, bool is_earlier, struct err *e)
{
	size_t i;
	json_t *item;

	json_array_foreach(json_list(release, list), i, item) {
		const char *digest = json_string_value(item) ? json_string_value(item) : json_text(item, "sha256");
		AUTO_FREE char *record = json_string_value(item) ? mem_printf("records/%s", digest) : NULL,
			       *lasting = strcmp(list, "indexes") == 0 ? channel_lasting_name(item) : NULL;
		bool is_named_anew = is_earlier &&
			strcmp(list, "indexes") == 0; /* the plain name is the present one's */

		if (!is_named_anew && check_one(t, record ? record : json_text(item, "path"), digest, is_earlier, e))
			return -1;
		if (lasting && check_one(t, lasting, digest, is_earlier, e))
			return -1;
	}
	return 0;
}

static json_t *release_at(const struct tree *t, const char *below)
{
	AUTO_FREE char *path = fs_join(t->dir, below), *bytes = NULL;
	struct err why = { 0 };
	json_t *release = NULL;
	size_t len;

	if (fs_read_file(path, RELEASE_MAX, &bytes, &len, &why) || !(release = json_parse(bytes, len, path, &why)))
		fsck_found(t->c, "snapshot", path, why.text, "", false);
	return release;
}

/* What is still here of the snapshots before it. */
static int check_earlier(struct tree *t, const json_t *rows, struct err *e)
{
	size_t i;
	json_t *row;

	json_array_foreach(rows, i, row) {
		AUTO_FREE char *name = mem_printf("history/%lld.json", (long long)json_int(row, "serial")),
			       *signature = mem_printf("%s.asc", name), *whole = fs_join(t->dir, name);
		AUTO_JSON *release = NULL;

		if (!fs_exists(whole))
			continue;
		if (check_file(t, name, json_text(row, "release"), e) ||
			check_file(t, signature, json_text(row, "signature"), e))
			return -1;
		release = release_at(t, name);
		if (check_list(t, release, "packages", true, e) || check_list(t, release, "indexes", true, e))
			return -1;
	}
	return 0;
}

/* From the catalogue's row: the digests by which release.json and its signature were logged. */
static int check_snapshot(struct tree *t, const json_t *row, const json_t *rows, struct err *e)
{
	AUTO_JSON *release = NULL;

	t->c->snapshots++;
	if (check_file(t, "release.json", json_text(row, "release"), e) ||
		check_file(t, "release.json.asc", json_text(row, "signature"), e))
		return -1;
	release = release_at(t, "release.json");
	return check_list(t, release, "packages", false, e) || check_list(t, release, "indexes", false, e) ||
			check_list(t, release, "records", false, e) || check_earlier(t, rows, e)
		? -1
		: 0;
}

/* The link that is served names the newest snapshot that was signed, or the one before it while a publication waits to go on. */
static int check_current(struct tree *t, const char *folder, const json_t *rows, struct err *e)
{
	AUTO_FREE char *current = fs_join(folder, "current"), *target = NULL, *whole = NULL;
	const json_t *last = json_array_get(rows, json_array_size(rows) - 1);
	bool mended = false;

	if (!last || snapshots_current(current) > 0)
		return 0;
	target = mem_printf("snapshots/%lld", (long long)json_int(last, "serial"));
	whole = fs_join(folder, target);
	if (fs_exists(whole) && t->c->o->is_repair) {
		if (fs_symlink_swap(target, current, e))
			return -1;
		mended = true;
	}
	fsck_found(t->c, "snapshot", current, "nothing is served: the link to the newest snapshot is gone",
		fs_exists(whole) ? "the store itself" : "", mended);
	return 0;
}

static int check_channel(struct tree *t, const char *folder, struct err *e)
{
	AUTO_JSON *rows = db_rows(t->c->store->db,
		"SELECT serial, release, signature FROM snapshot WHERE channel = $1 ORDER BY serial",
		DB_TEXTS(t->channel), e);
	AUTO_FREE char *lock = fs_join(folder, "lock");
	AUTO_FD int held = -1;
	size_t i;
	json_t *row;

	if (!rows || (held = fs_lock(lock, true, e)) < 0)
		return -1;
	json_array_foreach(rows, i, row) {
		t->serial = json_int(row, "serial");
		free(t->dir);
		t->dir = mem_printf("%s/snapshots/%lld", folder, t->serial);
		if (fs_exists(t->dir) && check_snapshot(t, row, rows, e))
			return -1;
	}
	return check_current(t, folder, rows, e);
}

static int each_channel(
	struct checking *c, const json_t *trust, int (*each)(struct tree *, const char *, struct err *), struct err *e)
{
	AUTO_FREE char *all = store_path(c->store, "channels");
	DIR *dir = opendir(all);
	int status = 0;

	if (!dir)
		return err_sys(e, "%s", all);
	for (struct dirent *d; status == 0 && (d = readdir(dir));) {
		AUTO_FREE char *folder = fs_join(all, d->d_name);
		struct tree t = { .c = c, .channel = d->d_name, .trust = trust };

		if (!channel_name_valid(d->d_name))
			continue;
		status = each(&t, folder, e);
		free(t.dir);
	}
	closedir(dir);
	return status;
}

int fsck_trees(struct checking *c, struct err *e)
{
	return each_channel(c, NULL, check_channel, e);
}

/* ---- as a distribution server would */
static int64_t made_at(const char *dir)
{
	AUTO_FREE char *path = fs_join(dir, "release.json"), *bytes = NULL;
	struct err ignored = { 0 };
	AUTO_JSON *release = NULL;
	int64_t at = 0;
	size_t len;

	if (fs_read_file(path, RELEASE_MAX, &bytes, &len, &ignored) == 0)
		release = json_parse(bytes, len, path, &ignored);
	return when_parse(json_text(release, "time"), NULL, &at, &ignored) ? when_now() : at;
}

static int verify_channel(struct tree *t, const char *folder, struct err *e)
{
	AUTO_FREE char *current = fs_join(folder, "current");
	AUTO_JSON *told = NULL;
	struct err why = { 0 };
	size_t i;
	json_t *f;

	if (snapshots_current(current) <= 0)
		return 0;
	if (channel_verify(current, t->trust, made_at(current), &told, &why) == 0)
		return 0;
	if (err_is_machine(&why))
		return *e = why, -1;
	json_array_foreach(json_list(told, "findings"), i, f) {
		AUTO_FREE char *where = mem_printf("%s: %s", t->channel, json_text(f, "where"));

		fsck_found(t->c, "snapshot", where, json_text(f, "text"), "", false);
	}
	if (!json_array_size(json_list(told, "findings")))
		fsck_found(t->c, "snapshot", t->channel, why.text, "", false);
	return 0;
}

int fsck_verify(struct checking *c, const json_t *trust, struct err *e)
{
	return each_channel(c, trust, verify_channel, e);
}
