/* gc.c - taking away what nobody needs: old snapshots, then blobs that nothing refers to. A kill at any moment leaves less to do for the next. */
#include "base/digest.h"
#include "base/fs.h"
#include "base/text.h"
#include "base/when.h"
#include "release/channel/channel.h"
#include "release/channel/snapshots.h"
#include "release/keep/keep.h"
#include "release/keep/spare.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { TRIES = 4 };

struct collecting {
	const struct gc *o;
	struct release *release;
	struct refs refs;
	json_t *snapshots; /* that went */
	int64_t blobs, packages, bytes, leftovers, kept;
};

int keep_lock(const struct store *s, struct err *e)
{
	AUTO_FREE char *path = store_path(s, "maintenance.lock");
	int fd = fs_lock(path, false, e);

	return fd >= 0 ? fd : err_hint(e, "gc, fsck, backup and restore of one store go one after the other");
}

/* ---- snapshots */
static int64_t time_of(const json_t *release)
{
	struct err ignored = { 0 };
	int64_t t = 0;

	return when_parse(json_text(release, "time"), NULL, &t, &ignored) ? 0 : t;
}

/* Until when it was served: the time of the next one that went into service. What a reader began with it may still go on. */
static bool stays(const struct collecting *c, const struct generations *all, size_t i, long long current)
{
	int64_t until = i > 0 ? time_of(all->at[i - 1].release) : c->o->now;

	return all->at[i].serial >= current || (int64_t)i < c->o->generations || until >= c->o->now - c->o->keep_for;
}

/* By a rename to a name that every reader of the folder takes for a leftover, so that no half snapshot is ever seen. */
static int drop_snapshot(const struct generation *g, struct err *e)
{
	AUTO_FREE char *gone = mem_printf("%s.gone.new", g->dir);

	return rename(g->dir, gone) ? err_sys(e, "%s", g->dir) : fs_remove_tree(gone, e);
}

static int collect_channel(struct collecting *c, const char *channel, struct err *e)
{
	AUTO_FREE char *below = mem_printf("channels/%s", channel), *folder = store_path(c->release->store, below),
		       *snapshots = fs_join(folder, "snapshots"), *current = fs_join(folder, "current"),
		       *lock = fs_join(folder, "lock");
	AUTO(generations) all = { 0 };
	AUTO_FD int held = -1;
	long long served;

	if (!fs_exists(snapshots))
		return 0;
	if ((held = fs_lock(lock, true, e)) < 0 || snapshots_drop_links(folder, e) ||
		generations_read(snapshots, &all, e))
		return -1;
	served = snapshots_current(current);
	for (size_t i = all.len; i-- > 0;) {
		if (stays(c, &all, i, served))
			continue;
		if (!c->o->is_check && drop_snapshot(&all.at[i], e))
			return -1;
		json_array_append_new(c->snapshots,
			json_pack("{s:s, s:I}", "channel", channel, "serial", (json_int_t)all.at[i].serial));
	}
	return 0;
}

static int collect_snapshots(struct collecting *c, struct err *e)
{
	AUTO_FREE char *folder = store_path(c->release->store, "channels");
	DIR *dir = opendir(folder);
	int result = 0;

	if (!dir)
		return err_sys(e, "%s", folder);
	for (struct dirent *d; result == 0 && (d = readdir(dir));)
		if (channel_name_valid(d->d_name) && collect_channel(c, d->d_name, e))
			result = err_wrap(e, "channel '%s'", d->d_name);
	closedir(dir);
	return result;
}

/* ---- which packages were let go of */

/* On disk before any of them goes. A line that was cut off by a kill is ended first. */
static int note_collected(struct collecting *c, struct err *e)
{
	AUTO_FREE char *path = store_path(c->release->store, "collected");
	AUTO(text) lines = { 0 };
	int fd, status;

	text_add(&lines, "\n");
	for (size_t i = 0; i < c->refs.blobs.len; i++) {
		const struct ref *one = &c->refs.blobs.at[i];
		char digest[SHA256_HEX];

		if (one->is_named || !one->is_spare)
			continue;
		hex_of(one->digest, sizeof one->digest, digest);
		text_add(&lines, "%s\n", digest);
	}
	if (lines.len < 2)
		return 0;
	fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	if (fd < 0)
		return err_sys(e, "%s", path);
	status = fd_write(fd, lines.at, lines.len, e) ? -1 : fsync(fd) ? err_sys(e, "%s", path) : 0;
	if (close(fd) && status == 0)
		status = err_sys(e, "%s", path);
	return status;
}

/* ---- blobs */
static int mark(struct collecting *c, struct err *e)
{
	if (refs_list(&c->refs, c->release->store, e) ||
		spare_mark(&c->refs, c->release, c->o->now - c->o->packages_for, e) ||
		refs_walk(&c->refs, c->release->store, e)) {
		if (e->class == ERR_VERDICT)
			return err_hint(e, "'sluice fsck' tells what is broken and where from it can be mended");
		return -1;
	}
	return 0;
}

static int count(struct collecting *c, const char *digest, uint64_t *ret_size, struct err *e)
{
	AUTO_FREE char *path = blob_path(c->release->store->blobs, digest);
	struct stat st;

	if (stat(path, &st))
		return err_sys(e, "blob %s", digest);
	*ret_size = st.st_mtime < c->o->now - GC_SECONDS ? (uint64_t)st.st_size + 1 : 0;
	return 0;
}

static int sweep(struct collecting *c, struct err *e)
{
	struct blobs *blobs = c->release->store->blobs;
	int64_t before = c->o->now - GC_SECONDS;
	size_t leftovers = 0;

	if (!c->o->is_check && (note_collected(c, e) || blobs_sweep(blobs, before, &leftovers, e)))
		return -1;
	c->leftovers = (int64_t)leftovers;
	for (size_t i = 0; i < c->refs.blobs.len; i++) {
		const struct ref *one = &c->refs.blobs.at[i];
		char digest[SHA256_HEX];
		uint64_t size = 0;

		if (one->is_named) {
			c->kept++;
			continue;
		}
		hex_of(one->digest, sizeof one->digest, digest);
		if (c->o->is_check ? count(c, digest, &size, e) : blob_drop(blobs, digest, before, &size, e))
			return -1;
		c->blobs += size > 0;
		c->packages += size > 0 && one->is_spare;
		c->bytes += size > 0 ? (int64_t)size - 1 : 0;
		c->kept += size == 0;
		event_progress(c->o->events, "blobs", i + 1, c->refs.blobs.len);
	}
	return 0;
}

/* What is referred to is found without the lock, which acts and publishers need; held only to see that nothing was said meanwhile, and to take away. When
 * somebody did, once more; the last time with the lock held. */
static int collect_blobs(struct collecting *c, struct err *e)
{
	for (int i = 0;; i++) {
		AUTO_FD int lock = -1;
		struct log_head now;

		if (i == TRIES && (lock = store_lock(c->release->store, e)) < 0)
			return -1;
		if (mark(c, e))
			return -1;
		if (i < TRIES && (lock = store_lock(c->release->store, e)) < 0)
			return -1;
		if (log_head(c->release->store, &now, e))
			return -1;
		if (now.seq == c->refs.head.seq && strcmp(now.hash, c->refs.head.hash) == 0)
			return sweep(c, e);
	}
}

static void note(struct collecting *c)
{
	AUTO_FREE char *text = mem_printf("ok: %zu snapshots, %lld blobs (%lld of them packages), %lld bytes",
		json_array_size(c->snapshots), (long long)c->blobs, (long long)c->packages, (long long)c->bytes);

	if (!c->o->is_check && (c->blobs || json_array_size(c->snapshots)))
		release_note(c->release, NULL, "gc", "", text);
}

int gc_run(struct release *r, const struct gc *o, json_t **ret, struct err *e)
{
	AUTO_FD int lock = keep_lock(r->store, e);
	struct collecting c = { .o = o, .release = r, .snapshots = json_array() };
	int status = lock < 0 || collect_snapshots(&c, e) || collect_blobs(&c, e) ? -1 : 0;

	if (status == 0) {
		note(&c);
		*ret = json_pack("{s:b, s:O, s:I, s:I, s:I, s:I, s:I}", "checked", o->is_check, "snapshots",
			c.snapshots, "blobs", (json_int_t)c.blobs, "packages", (json_int_t)c.packages, "bytes",
			(json_int_t)c.bytes, "leftovers", (json_int_t)c.leftovers, "kept", (json_int_t)c.kept);
	}
	refs_done(&c.refs);
	json_decref(c.snapshots);
	return status ? err_wrap(e, "gc") : 0;
}
