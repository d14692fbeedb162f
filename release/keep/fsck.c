/* fsck.c - is everything there, and is it what it was? Mended from the ground up: blobs, what records name, snapshots; then the audit asks all of it again. */
#include "base/digest.h"
#include "base/fs.h"
#include "release/channel/channel.h"
#include "release/gate/audit.h"
#include "release/keep/fsck_impl.h"
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

void fsck_found(
	struct checking *c, const char *what, const char *where, const char *text, const char *from, bool mended)
{
	json_t *one = json_pack("{s:s, s:b}", "what", what, "mended", mended);

	json_set_str(one, "where", where);
	json_set_str(one, "text", text);
	json_set_str(one, "from", from);
	json_array_append_new(c->findings, one);
	c->mended += mended;
}

bool fsck_is(const char *file, const char *digest)
{
	struct err ignored = { 0 };
	AUTO_FD int fd = fs_open_file(file, &ignored);
	char found[SHA256_HEX];
	uint64_t size;

	return fd >= 0 && sha256_fd(fd, found, &size, &ignored) == 0 && strcmp(found, digest) == 0;
}

/* ---- who has it */
static void open_snapshots(struct checking *c, const char *channel)
{
	AUTO_FREE char *below = mem_printf("channels/%s/snapshots", channel), *folder = store_path(c->store, below);
	DIR *dir = opendir(folder);

	for (struct dirent *d; dir && (d = readdir(dir));) {
		AUTO_FREE char *path = fs_join(folder, d->d_name);
		struct err ignored = { 0 };
		struct mirror m;

		if (strspn(d->d_name, "0123456789") != strlen(d->d_name))
			continue;
		if (mirror_open(&m, path, c->scratch, &ignored) == 0)
			*LIST_ADD(&c->mirrors) = m;
	}
	if (dir)
		closedir(dir);
}

/* Snapshots share their packages with the blobs, unless they lie on another file system, or a blob was lost by its name. */
static void open_own(struct checking *c)
{
	AUTO_FREE char *folder = store_path(c->store, "channels");
	DIR *dir = opendir(folder);

	c->has_own = true;
	for (struct dirent *d; dir && (d = readdir(dir));)
		if (channel_name_valid(d->d_name))
			open_snapshots(c, d->d_name);
	if (dir)
		closedir(dir);
}

char *fsck_source(struct checking *c, const char *digest, char **ret_from)
{
	const struct mirror *lists = NULL;

	if (!c->has_own)
		open_own(c);
	for (size_t i = 0; i < c->mirrors.len; i++) {
		struct mirror *m = &c->mirrors.at[i];
		char *file = mirror_find(m, digest);

		if (file) {
			*ret_from = mem_strdup(m->name);
			return file;
		}
		if (i >= c->given && json_object_get(m->files, digest))
			lists = m;
	}
	*ret_from = lists
		? mem_printf("a site that pulled this channel: %s in serial %s",
			  json_text(json_object_get(lists->files, digest), "path"), strrchr(lists->name, '/') + 1)
		: mem_strdup("a backup, or another copy of this store");
	return NULL;
}

int fsck_blob(struct checking *c, const char *digest, const char *where, const struct err *why, struct err *e)
{
	AUTO_FREE char *from = NULL, *file = fsck_source(c, digest, &from);
	bool mended = false;

	if (file && c->o->is_repair) {
		if (blob_mend(c->store->blobs, digest, file, e))
			return -1;
		mended = true;
	}
	if (!mended)
		json_object_set_new(c->bad, digest, json_true());
	fsck_found(c, "blob", where, why->text, from, mended);
	return 0;
}

/* ---- the catalogue and what stands above all of it */
static int check_catalogue(struct checking *c, struct err *e)
{
	AUTO_JSON *rows = db_rows(c->store->db, "PRAGMA integrity_check(20)", NULL, 0, e);
	size_t i;
	json_t *row;

	if (!rows)
		return -1;
	json_array_foreach(rows, i, row)
		if (strcmp(json_text(row, "integrity_check"), "ok") != 0)
			fsck_found(
				c, "catalogue", "catalogue.db", json_text(row, "integrity_check"), "a backup", false);
	return 0;
}

static int take_audit(struct checking *c, struct release *r, struct err *e)
{
	AUTO_JSON *told = NULL;
	size_t i;
	json_t *f;

	if (audit_store(r->store, &told, e))
		return -1;
	c->rows = json_int(told, "rows");
	json_array_foreach(json_list(told, "findings"), i, f)
		fsck_found(c, json_text(f, "what"), json_text(f, "where"), json_text(f, "text"), "", false);
	return 0;
}

/* Nothing can be said of the store: there is no room to look at it, or no memory. What cannot be read is the store's own fault. */
static bool is_elsewhere(const struct err *why)
{
	return err_is_machine(why) && why->sys != EIO;
}

/* Every signature, policy and verdict; with a store that does not even open, that is what is told. */
static int check_records(struct checking *c, struct err *e)
{
	struct release *r = NULL;
	AUTO_JSON *trust = NULL;
	struct err why = { 0 };
	int status;

	if (release_open(c->o->path, &r, &why)) {
		if (is_elsewhere(&why)) {
			*e = why;
			return -1;
		}
		fsck_found(c, "log", "the chain of policies", why.text, "", false);
		return 0;
	}
	status = take_audit(c, r, e);
	if (status == 0 && release_trust(r, &trust, &why)) {
		fsck_found(c, "key", "keys", why.text, "a backup", false);
		if (is_elsewhere(&why)) {
			*e = why;
			status = -1;
		}
	} else if (status == 0)
		status = fsck_verify(c, trust, e);
	release_close(r);
	return status;
}

static int check_all(struct checking *c, struct err *e)
{
	for (size_t i = 0; i < c->o->from_len; i++) {
		struct mirror m;

		if (mirror_open(&m, c->o->from[i], c->scratch, e))
			return -1;
		*LIST_ADD(&c->mirrors) = m;
	}
	c->given = c->mirrors.len;
	c->collected = store_collected(c->store, e);
	return !c->collected || check_catalogue(c, e) || fsck_blobs(c, e) || fsck_named(c, e) || fsck_trees(c, e) ||
			check_records(c, e)
		? -1
		: 0;
}

static int verdict(const json_t *findings, struct err *e)
{
	size_t left = 0, i;
	const json_t *f, *first = NULL;

	json_array_foreach(findings, i, f)
		if (!json_flag(f, "mended")) {
			first = first ? first : f;
			left++;
		}
	return left ? err_verdict(e, "E_DIGEST", "the store is not whole: %zu findings, the first: %s: %s", left,
			      json_text(first, "where"), json_text(first, "text"))
		    : 0;
}

static void checking_done(struct checking *c)
{
	struct err ignored = { 0 };

	for (size_t i = 0; i < c->mirrors.len; i++)
		mirror_done(&c->mirrors.at[i]);
	LIST_DONE(&c->mirrors);
	if (c->scratch)
		fs_remove_tree(c->scratch, &ignored);
	free(c->scratch);
	store_close(c->store);
	json_decref(c->findings);
	json_decref(c->collected);
	json_decref(c->bad);
}

int fsck_run(const struct fsck *o, json_t **ret, struct err *e)
{
	struct checking c = { .o = o, .findings = json_array(), .bad = json_object() };
	AUTO_FD int lock = -1;
	int status = store_open(o->path, &c.store, e) || (lock = keep_lock(c.store, e)) < 0 ||
			fs_temp_dir("fsck", &c.scratch, e) || check_all(&c, e)
		? -1
		: 0;

	if (status == 0) {
		status = verdict(c.findings, e);
		*ret = json_pack("{s:b, s:I, s:I, s:I, s:I, s:I, s:i, s:O}", "ok", status == 0, "blobs",
			(json_int_t)c.blobs, "bytes", (json_int_t)c.bytes, "snapshots", (json_int_t)c.snapshots, "rows",
			(json_int_t)c.rows, "mended", (json_int_t)c.mended, "collected",
			(int)json_object_size(c.collected), "findings", c.findings);
	}
	checking_done(&c);
	return status;
}
