/* backup.c - a store as one file, while it is in use. */
#include "base/digest.h"
#include "base/fs.h"
#include "base/text.h"
#include "base/when.h"
#include "release/channel/archive.h"
#include "release/channel/channel.h"
#include "release/channel/snapshots.h"
#include "release/keep/keep.h"
#include "release/keep/refs.h"
#include <errno.h>
#include <fts.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* A blob's file: snapshots are links to it, and need not be hashed. */
struct inode {
	dev_t dev;
	ino_t ino;
	unsigned char digest[32];
};
struct backing {
	struct release *release;
	const struct backup *o;
	struct cargo cargo;
	char *scratch;
	size_t copies; /* files in scratch */
	LIST(struct inode) inodes;
	json_t *list, *files, *other, *serials; /* list: backup.json */
	char *head;                             /* its bytes */
	int64_t blobs;
};

static void carry(struct backing *b, const char *digest, const char *path)
{
	struct carried one = { .path = mem_strdup(path) };

	snprintf(one.sha256, sizeof one.sha256, "%s", digest);
	*LIST_ADD(&b->cargo.files) = one;
}

static int digest_of(const char *path, char ret[SHA256_HEX], struct err *e)
{
	AUTO_FD int fd = fs_open_file(path, e);
	uint64_t size;

	return fd < 0 ? -1 : sha256_fd(fd, ret, &size, e);
}

/* ---- blobs */
static int by_inode(const void *x, const void *y)
{
	const struct inode *a = x, *b = y;

	return a->dev != b->dev ? (a->dev < b->dev ? -1 : 1) : (a->ino > b->ino) - (a->ino < b->ino);
}

static int add_blob(void *context, const char *digest, struct err *e)
{
	struct backing *b = context;
	AUTO_FREE char *path = blob_path(b->release->store->blobs, digest);
	struct inode *one;
	struct stat st;

	if (!path || stat(path, &st))
		return err_sys(e, "blob %s", digest);
	one = LIST_ADD(&b->inodes);
	*one = (struct inode){ .dev = st.st_dev, .ino = st.st_ino };
	(void)hex_parse(digest, 64, one->digest);
	carry(b, digest, path);
	b->blobs++;
	return 0;
}

static int add_blobs(struct backing *b, struct err *e)
{
	struct blobs *blobs = b->release->store->blobs;

	if (blobs->ops->list(blobs, add_blob, b, e))
		return -1;
	if (b->inodes.len)
		qsort(b->inodes.at, b->inodes.len, sizeof *b->inodes.at, by_inode);
	return 0;
}

static bool blob_of(const struct backing *b, const struct stat *st, char ret[SHA256_HEX])
{
	struct inode wanted = { .dev = st->st_dev, .ino = st->st_ino };
	const struct inode *found = b->inodes.len
		? bsearch(&wanted, b->inodes.at, b->inodes.len, sizeof wanted, by_inode)
		: NULL;

	if (found)
		hex_of(found->digest, sizeof found->digest, ret);
	return found != NULL;
}

/* ---- other files */
/* What is made anew, held by whoever runs, or a world of its own. */
static bool is_left_out(const struct backing *b, const char *path)
{
	static const char *const names[] = { "blobs", "channels", "roots", "lock", "maintenance.lock", "catalogue.db",
		"catalogue.db-wal", "catalogue.db-shm" };
	const char *name = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;

	for (size_t i = 0; i < COUNT(names); i++)
		if (strcmp(path, names[i]) == 0)
			return true;
	if (strstr(name, ".db") || text_ends(name, ".lock") || text_starts(name, ".#lk") ||
		text_starts(name, ".sluice-"))
		return true;
	return b->o->is_without_keys &&
		(text_starts(path, "trial") || strstr(path, "/private-keys-v1.d") || text_ends(path, ".key"));
}

static void list_file(struct backing *b, const char *path, const struct stat *st, const char *digest)
{
	json_t *one = json_pack("{s:s, s:i}", "path", path, "mode", (int)(st->st_mode & 07777));

	if (digest)
		json_set_str(one, "sha256", digest);
	json_array_append_new(b->files, one);
}

/* Copied now, because it may change. */
static int copy_file(struct backing *b, const char *from, const char *path, const struct stat *st, struct err *e)
{
	AUTO_FREE char *copy = mem_printf("%s/%zu", b->scratch, b->copies++);
	char digest[SHA256_HEX];

	if (fs_copy_file(from, copy, 0600, e) || digest_of(copy, digest, e))
		return -1;
	list_file(b, path, st, digest);
	json_array_append_new(b->other, json_string(digest));
	carry(b, digest, copy);
	return 0;
}

/* A snapshot's file does not change, but its folder becomes another snapshot's: what is no blob gets a name of our own. */
static int keep_file(struct backing *b, const char *from, const char *path, const struct stat *st, struct err *e)
{
	char digest[SHA256_HEX];
	AUTO_FREE char *own = NULL;

	if (blob_of(b, st, digest)) {
		list_file(b, path, st, digest);
		return 0;
	}
	own = mem_printf("%s/%zu", b->scratch, b->copies++);
	if (fs_link_or_copy(from, own, e) || digest_of(own, digest, e))
		return -1;
	list_file(b, path, st, digest);
	json_array_append_new(b->other, json_string(digest));
	carry(b, digest, own);
	return 0;
}

typedef int take_file(struct backing *b, const char *from, const char *path, const struct stat *st, struct err *e);

/* Everything below a folder of the store; links in it lead nowhere that a store needs. */
static int take_tree(struct backing *b, const char *below, take_file *take, struct err *e)
{
	AUTO_FREE char *root = *below ? store_path(b->release->store, below) : mem_strdup(b->release->store->path);
	size_t skip = strlen(b->release->store->path);
	char *roots[] = { root, NULL };
	FTS *walk = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	int status = 0;

	if (!walk)
		return err_sys(e, "%s", root);
	for (FTSENT *at; status == 0 && (at = fts_read(walk));) {
		const char *path = at->fts_path + skip + (at->fts_path[skip] == '/');

		if (take == copy_file && *path && is_left_out(b, path)) {
			(void)fts_set(walk, at, FTS_SKIP);
			continue;
		}
		if (at->fts_info == FTS_D && *path)
			list_file(b, path, at->fts_statp, NULL);
		else if (at->fts_info == FTS_F)
			status = take(b, at->fts_accpath, path, at->fts_statp, e);
		else if (at->fts_info == FTS_ERR || at->fts_info == FTS_DNR || at->fts_info == FTS_NS) {
			errno = at->fts_errno;
			status = err_sys(e, "%s", at->fts_path);
		}
	}
	(void)fts_close(walk);
	return status;
}

/* ---- the moment: while no act is recorded and nothing published */
static int copy_catalogue(struct backing *b, struct err *e)
{
	AUTO_FREE char *copy = fs_join(b->scratch, "catalogue");
	char digest[SHA256_HEX];

	if (db_run(b->release->store->db, e, "VACUUM INTO $1", copy) || digest_of(copy, digest, e))
		return -1;
	json_set_str(b->list, "catalogue", digest);
	json_array_append_new(b->other, json_string(digest));
	carry(b, digest, copy);
	return 0;
}

static int note_served(struct backing *b, struct err *e)
{
	AUTO_JSON *rows = db_rows(b->release->store->db,
		"SELECT channel, MAX(serial) AS serial FROM snapshot GROUP BY channel", NULL, 0, e);
	size_t i;
	json_t *row;

	if (!rows)
		return -1;
	json_array_foreach(rows, i, row) {
		AUTO_FREE char *tree = channel_tree(b->release->store, json_text(row, "channel"));
		long long served = snapshots_current(tree);
		json_t *link;

		json_object_set(b->serials, json_text(row, "channel"), json_object_get(row, "serial"));
		if (!served)
			continue;
		link = json_pack("{s:o, s:o}", "path", json_sprintf("channels/%s/current", json_text(row, "channel")),
			"target", json_sprintf("snapshots/%lld", served));
		json_array_append_new(b->files, link);
	}
	return 0;
}

static int take_moment(struct backing *b, struct err *e)
{
	AUTO_FD int lock = store_lock(b->release->store, e);
	struct log_head head;

	if (lock < 0 || log_head(b->release->store, &head, e) || copy_catalogue(b, e) ||
		take_tree(b, "", copy_file, e) || note_served(b, e))
		return -1;
	json_object_set_new(b->list, "head", json_pack("{s:I, s:s}", "seq", (json_int_t)head.seq, "hash", head.hash));
	return 0;
}

/* ---- all of it */
/* What the snapshots hold for a while only (channel/tree.h). */
static int take_leaving(struct backing *b, const char *channel, struct err *e)
{
	AUTO_FREE char *path = mem_printf("channels/%s/leaving", channel), *whole = store_path(b->release->store, path);
	struct stat st;

	return stat(whole, &st) ? 0 : copy_file(b, whole, path, &st, e);
}

/* Those that were whole at that moment: what is made since is not linked to by anything here. */
static int take_snapshots(struct backing *b, struct err *e)
{
	const char *channel;
	json_t *serial;

	json_object_foreach(b->serials, channel, serial) {
		AUTO_FREE char *below = mem_printf("channels/%s/snapshots", channel),
			       *folder = store_path(b->release->store, below);
		AUTO_FREE char *lock = NULL, *path = mem_printf("channels/%s/lock", channel);
		AUTO(generations) all = { 0 };
		AUTO_FD int held = -1;

		if (!channel_name_valid(channel) || !fs_exists(folder))
			continue;
		lock = store_path(b->release->store, path);
		if ((held = fs_lock(lock, true, e)) < 0 || generations_read(folder, &all, e))
			return -1;
		for (size_t i = 0; i < all.len; i++) {
			AUTO_FREE char *one = mem_printf("%s/%lld", below, all.at[i].serial);

			if (all.at[i].serial <= json_integer_value(serial) && take_tree(b, one, keep_file, e))
				return -1;
		}
		if (take_leaving(b, channel, e))
			return -1;
	}
	return 0;
}

/* A digest that a blob has as well is a blob's. */
static int finish_list(struct backing *b, struct err *e)
{
	size_t len;

	json_object_set(b->list, "files", b->files);
	json_object_set(b->list, "serials", b->serials);
	for (size_t i = json_array_size(b->other); i-- > 0;)
		if (blob_has(b->release->store->blobs, json_string_value(json_array_get(b->other, i))))
			json_array_remove(b->other, i);
	json_object_set(b->list, "other", b->other);
	if (json_canonical(b->list, &b->head, &len, e))
		return -1;
	b->cargo.heads[0] = (struct carried){ .bytes = b->head, .len = len };
	return 0;
}

static int write_it(struct backing *b, json_t **ret, struct err *e)
{
	char when[32];

	when_utc(b->o->now, when);
	b->list = json_pack("{s:i, s:s, s:s, s:s}", "sluice-backup", 1, "organisation",
		json_text(release_policy(b->release), "organisation"), "store", b->release->id, "time", when);
	b->cargo.is_backup = true;
	if (fs_temp_dir("backup", &b->scratch, e) || take_moment(b, e) || add_blobs(b, e) || take_snapshots(b, e) ||
		finish_list(b, e))
		return -1;
	if (archive_write(&b->cargo, b->o->output, ret, e))
		return e->class == ERR_VERDICT
			? err_hint(e, "'sluice fsck' tells what is broken; a broken store is not copied")
			: -1;
	return 0;
}

int backup_write(struct release *r, const struct backup *o, json_t **ret, struct err *e)
{
	AUTO_FD int lock = keep_lock(r->store, e);
	struct backing b = {
		.release = r, .o = o, .files = json_array(), .other = json_array(), .serials = json_object()
	};
	struct err ignored = { 0 };
	json_t *told = NULL;
	int status = lock < 0 ? -1 : write_it(&b, &told, e);

	if (status == 0) {
		json_object_set(told, "head", json_map(b.list, "head"));
		json_object_set_new(told, "blobs", json_integer(b.blobs));
		json_set_str(told, "output", o->output);
		*ret = told;
	}
	if (b.scratch)
		fs_remove_tree(b.scratch, &ignored);
	free(b.scratch);
	free(b.head);
	LIST_DONE(&b.inodes);
	cargo_done(&b.cargo);
	json_decref(b.list);
	json_decref(b.files);
	json_decref(b.other);
	json_decref(b.serials);
	return status ? err_wrap(e, "backup") : 0;
}
