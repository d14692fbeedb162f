/* snapshots.c - what a folder of snapshots is made of, whoever fills it: the publisher from a store, a puller from a published tree. */
#include "release/channel/snapshots.h"
#include "base/arena.h"
#include "base/fs.h"
#include "base/text.h"
#include "base/when.h"
#include "release/channel/channel.h"
#include "release/gate/snapshot_text.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { KEPT_GENERATIONS = 3, KEPT_SECONDS = 24 * 3600 };

/* ---- one file of a new tree */

/* The signer is believed, its paths are looked at all the same: relative, no "..", no empty part. */
static int check_path(const char *path, struct err *e)
{
	AUTO(arena) arena = { 0 };
	char *clean = text_path(&arena, path, strlen(path));

	if (!clean || !*path || *path == '/' || strcmp(clean + 1, path) != 0)
		return err_verdict(e, "E_PATH_ESCAPE", "release.json names the path '%s'", path);
	return 0;
}

static int make_parent(const char *path, struct err *e)
{
	AUTO_FREE char *parent = mem_strdup(path);
	char *slash = strrchr(parent, '/');

	*slash = '\0';
	return fs_mkdirs(parent, 0755, e);
}

/* Content-named or listed by digest: what is there already is it. */
int tree_link(const char *from, const char *tree, const char *path, struct err *e)
{
	AUTO_FREE char *to = fs_join(tree, path);

	if (check_path(path, e))
		return -1;
	if (fs_exists(to))
		return 0;
	return make_parent(to, e) || fs_link_or_copy(from, to, e) ? -1 : 0;
}

int tree_write(const char *tree, const char *path, const void *bytes, size_t len, struct err *e)
{
	AUTO_FREE char *to = fs_join(tree, path);

	AUTO_FD int fd = -1;

	if (check_path(path, e) || make_parent(to, e))
		return -1;
	(void)unlink(to);
	fd = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	return fd < 0 ? err_sys(e, "%s", to) : fd_write(fd, bytes, len, e);
}

int tree_take_out(const char *tree, const char *path, struct err *e)
{
	AUTO_FREE char *whole = fs_join(tree, path);

	if (check_path(path, e))
		return -1;
	return unlink(whole) && errno != ENOENT && errno != ENOTDIR ? err_sys(e, "%s", whole) : 0;
}

/* ---- earlier generations */

void generations_done(struct generations *all)
{
	for (size_t i = 0; i < all->len; i++) {
		free(all->at[i].dir);
		json_decref(all->at[i].release);
	}
	LIST_DONE(all);
}

static json_t *read_release(const char *dir, struct err *e)
{
	AUTO_FREE char *path = fs_join(dir, "release.json");

	return snap_head(path, e);
}

static int newest_first(const void *a, const void *b)
{
	long long x = ((const struct generation *)a)->serial, y = ((const struct generation *)b)->serial;

	return (x < y) - (x > y);
}

/* A snapshot's folder is named by its serial, digits only; 0: something else. */
static long long serial_of(const char *name)
{
	size_t len = strspn(name, "0123456789");

	return len == 0 || len > 18 || name[len] ? 0 : strtoll(name, NULL, 10);
}

int snapshots_list(const char *snapshots, long long **ret, size_t *ret_len, struct err *e)
{
	LIST(long long) found = { 0 };
	DIR *dir = opendir(snapshots);
	int status = 0;

	if (!dir)
		return err_sys(e, "%s", snapshots);
	for (struct dirent *entry; status == 0 && (entry = readdir(dir));) {
		AUTO_FREE char *path = fs_join(snapshots, entry->d_name);

		if (text_ends(entry->d_name, ".new"))
			status = fs_remove_tree(path, e);
		else if (serial_of(entry->d_name) > 0)
			*LIST_ADD(&found) = serial_of(entry->d_name);
	}
	(void)closedir(dir);
	*ret = found.at;
	*ret_len = found.len;
	return status;
}

/* Whole snapshots, newest first. */
int generations_read(const char *snapshots, struct generations *ret, struct err *e)
{
	long long *serials = NULL;
	size_t len = 0;
	int status = snapshots_list(snapshots, &serials, &len, e);

	for (size_t i = 0; status == 0 && i < len; i++) {
		char *path = mem_printf("%s/%lld", snapshots, serials[i]);

		*LIST_ADD(ret) = (struct generation){ serials[i], path, read_release(path, e) };
		status = ret->at[ret->len - 1].release ? 0 : -1;
	}
	free(serials);
	if (ret->len > 1)
		qsort(ret->at, ret->len, sizeof *ret->at, newest_first);
	return status;
}

bool snapshot_has_passed(size_t snapshots_since, int64_t until, int64_t now)
{
	return snapshots_since >= KEPT_GENERATIONS && until < now - KEPT_SECONDS;
}

static int keep_one(const struct generation *from, const char *path, const char *as, const char *tree, struct err *e)
{
	AUTO_FREE char *source = fs_join(from->dir, path);

	return fs_exists(source) ? tree_link(source, tree, as, e) : 0;
}

/* What a client that has read this generation's index may still ask for, under names that never change their content. */
static int keep_indexes(const struct generation *from, const char *tree, struct err *e)
{
	const json_t *item;
	size_t i;

	json_array_foreach(json_list(from->release, "indexes"), i, item) {
		AUTO_FREE char *lasting = channel_lasting_name(item);

		if (lasting && keep_one(from, json_text(item, "path"), lasting, tree, e))
			return -1;
	}
	return 0;
}

struct keeping {
	const struct generation *from;
	const char *tree;
};

static int keep_package(void *context, const struct snap_item *item, struct err *e)
{
	const struct keeping *k = context;
	AUTO_JSON *package = snap_item_json(item, e);
	const char *path = json_text(package, "path");

	return package ? keep_one(k->from, path, path, k->tree, e) : -1;
}

static int keep_generation(const struct generation *from, const char *tree, struct err *e)
{
	AUTO_FREE char *name = mem_printf("history/%lld.json", from->serial),
		       *signature = mem_printf("history/%lld.json.asc", from->serial),
		       *release = fs_join(from->dir, "release.json");
	struct keeping k = { from, tree };

	if (keep_one(from, "release.json", name, tree, e) || keep_one(from, "release.json.asc", signature, tree, e) ||
		keep_indexes(from, tree, e))
		return -1;
	return snap_each(release, SNAP_PACKAGES, keep_package, &k, e);
}

static int64_t time_of(const json_t *release, const char *key)
{
	struct err ignored = { 0 };
	int64_t t = 0;

	return when_parse(json_text(release, key), NULL, &t, &ignored) ? 0 : t;
}

/* Until when it was served: the time of the one after it. Clients may have read its indexes until then. */
static int64_t served_until(const struct generations *all, size_t i, const json_t *release)
{
	return time_of(i > 0 && all->at[i - 1].serial < json_int(release, "serial") ? all->at[i - 1].release : release,
		"time");
}

int generations_keep(const struct generations *all, const json_t *release, const char *tree, struct err *e)
{
	int64_t now = time_of(release, "time");

	for (size_t i = 0; i < all->len; i++) {
		const struct generation *one = &all->at[i];

		if (one->serial >= json_int(release, "serial"))
			continue;
		if (!snapshot_has_passed(i, served_until(all, i, release), now) && keep_generation(one, tree, e))
			return -1;
	}
	return 0;
}

/* ---- what was spoilt */

struct dropping {
	const struct generation *from;
	size_t dropped;
};

static int drop_damaged(struct dropping *d, const char *sha256, const char *path, struct err *e)
{
	AUTO_FREE char *whole = fs_join(d->from->dir, path);
	AUTO_FD int fd = open(whole, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	char found[SHA256_HEX];

	if (fd < 0)
		return errno == ENOENT ? 0 : err_sys(e, "%s", whole);
	if (sha256_fd(fd, found, NULL, e))
		return err_wrap(e, "%s", whole);
	if (strcmp(found, sha256) == 0)
		return 0;
	d->dropped++;
	return tree_take_out(d->from->dir, path, e);
}

static int drop_package(void *context, const struct snap_item *line, struct err *e)
{
	AUTO_JSON *item = snap_item_json(line, e);

	return item ? drop_damaged(context, json_text(item, "sha256"), json_text(item, "path"), e) : -1;
}

static int drop_record(void *context, const struct snap_item *line, struct err *e)
{
	AUTO_FREE char *path = NULL;
	char digest[SHA256_HEX];

	snap_item_digest(line, digest);
	path = mem_printf("records/%s", digest);
	return drop_damaged(context, digest, path, e);
}

static int drop_of_one(struct dropping *d, struct err *e)
{
	AUTO_FREE char *release = fs_join(d->from->dir, "release.json");
	const json_t *item;
	size_t i;

	json_array_foreach(json_list(d->from->release, "indexes"), i, item)
		if (drop_damaged(d, json_text(item, "sha256"), json_text(item, "path"), e))
			return -1;
	return snap_each(release, SNAP_PACKAGES, drop_package, d, e) ||
			snap_each(release, SNAP_RECORDS, drop_record, d, e)
		? -1
		: 0;
}

int generations_drop_damaged(const struct generations *all, size_t *ret, struct err *e)
{
	struct dropping d = { .dropped = 0 };
	int status = 0;

	for (size_t i = 0; status == 0 && i < all->len; i++) {
		d.from = &all->at[i];
		status = drop_of_one(&d, e);
	}
	*ret = d.dropped;
	return status;
}

/* ---- the switch */

/* A kill between making a link and renaming it leaves the link. */
int snapshots_drop_links(const char *folder, struct err *e)
{
	DIR *dir = opendir(folder);

	if (!dir)
		return err_sys(e, "%s", folder);
	for (struct dirent *entry; (entry = readdir(dir));)
		if (text_starts(entry->d_name, ".sluice-link-"))
			(void)unlinkat(dirfd(dir), entry->d_name, 0);
	(void)closedir(dir);
	return 0;
}

long long snapshots_current(const char *current)
{
	char target[256];
	ssize_t len = readlink(current, target, sizeof target - 1);

	if (len < 0)
		return 0;
	target[len] = '\0';
	return serial_of(strrchr(target, '/') ? strrchr(target, '/') + 1 : target);
}

/* Folders and links of the new tree must be on disk before the name that makes them a snapshot. */
int snapshots_seal(const char *building, const char *final, const char *snapshots, struct err *e)
{
	AUTO_FD int fd = open(snapshots, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fs_remove_tree(final, e))
		return -1;
	if (fd < 0 || syncfs(fd))
		return err_sys(e, "cannot bring %s to disk", snapshots);
	if (rename(building, final))
		return err_sys(e, "%s", final);
	return fs_sync_dir(snapshots, e);
}
