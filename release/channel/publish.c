/* publish.c - the next snapshot of a channel: laid out whole beside the present one, then one rename. */
#include "base/fs.h"
#include "base/text.h"
#include "base/when.h"
#include "release/channel/channel.h"
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { KEPT_GENERATIONS = 3, KEPT_SECONDS = 24 * 3600, RELEASE_MAX = 64 << 20 };

bool channel_name_valid(const char *name)
{
	size_t len = strlen(name);

	if (len < 1 || len > 64 || strchr("-_.", name[0]))
		return false;
	return strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") == len;
}

static char *channel_path(const struct store *s, const char *channel, const char *below)
{
	AUTO_FREE char *name = mem_printf("channels/%s%s%s", channel, *below ? "/" : "", below);

	return store_path(s, name);
}

char *channel_tree(const struct store *s, const char *channel)
{
	return channel_path(s, channel, "current");
}

/* ---- one file of the new tree */

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
static int link_into(const char *from, const char *tree, const char *path, struct err *e)
{
	AUTO_FREE char *to = fs_join(tree, path);

	if (check_path(path, e))
		return -1;
	if (fs_exists(to))
		return 0;
	return make_parent(to, e) || fs_link_or_copy(from, to, e) ? -1 : 0;
}

static int write_into(const char *tree, const char *path, const void *bytes, size_t len, struct err *e)
{
	AUTO_FREE char *to = fs_join(tree, path);

	return check_path(path, e) || make_parent(to, e) || fs_write_file(to, bytes, len, 0644, e) ? -1 : 0;
}

static int blob_into(struct store *s, const char *digest, const char *tree, const char *path, struct err *e)
{
	AUTO_FREE char *from = NULL, *bytes = NULL;
	size_t len;

	if (!digest_is_hex(digest))
		return err_verdict(e, "E_DIGEST", "%s: '%s' is no sha256", path, digest);
	if (blob_check(s->blobs, digest, NULL, e)) /* what was signed is what is put out: hashed once more */
		return err_wrap(e, "%s", path);
	from = blob_path(s->blobs, digest);
	if (from)
		return link_into(from, tree, path, e);
	if (blob_get(s->blobs, digest, SIZE_MAX / 2, &bytes, &len, e))
		return -1;
	return write_into(tree, path, bytes, len, e);
}

/* ---- the parts of the tree */

static int put_packages(struct store *s, const json_t *release, const char *tree, struct err *e)
{
	const json_t *package;
	size_t i;

	json_array_foreach(json_list(release, "packages"), i, package)
		if (blob_into(s, json_text(package, "sha256"), tree, json_text(package, "path"), e))
			return -1;
	return 0;
}

static int put_records(struct store *s, const json_t *release, const char *tree, struct err *e)
{
	const json_t *item;
	size_t i;

	json_array_foreach(json_list(release, "records"), i, item) {
		const char *digest = json_string_value(item) ? json_string_value(item) : "";
		AUTO_FREE char *path = mem_printf("records/%s", digest);

		if (blob_into(s, digest, tree, path, e))
			return -1;
	}
	return 0;
}

static int put_files(const struct index_set *files, const char *tree, struct err *e)
{
	for (size_t i = 0; i < files->len; i++)
		if (write_into(tree, files->at[i].path, files->at[i].bytes, files->at[i].len, e))
			return -1;
	return 0;
}

static int put_keys(struct store *s, const char *tree, struct err *e)
{
	static const char *const names[] = { "keys/release.asc", "keys/package.asc" };

	for (size_t i = 0; i < COUNT(names); i++) {
		AUTO_FREE char *from = store_path(s, names[i]), *bytes = NULL;
		size_t len;

		if (fs_read_file(from, MIB(1), &bytes, &len, e) || write_into(tree, names[i], bytes, len, e))
			return -1;
	}
	return 0;
}

/* ---- earlier generations */

struct generation {
	long long serial;
	char *dir;
	json_t *release;
};
struct generations {
	struct generation *at;
	size_t len, room;
};

static void generations_done(struct generations *all)
{
	for (size_t i = 0; i < all->len; i++) {
		free(all->at[i].dir);
		json_decref(all->at[i].release);
	}
	LIST_DONE(all);
}

static json_t *read_release(const char *dir, struct err *e)
{
	AUTO_FREE char *path = fs_join(dir, "release.json"), *bytes = NULL;
	size_t len;

	return fs_read_file(path, RELEASE_MAX, &bytes, &len, e) ? NULL : json_parse(bytes, len, path, e);
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

/* Leftovers of a kill (SERIAL.new) go; whole snapshots are listed, newest first. */
static int read_generations(const char *snapshots, struct generations *ret, struct err *e)
{
	DIR *dir = opendir(snapshots);
	int status = 0;

	if (!dir)
		return err_sys(e, "%s", snapshots);
	for (struct dirent *entry; status == 0 && (entry = readdir(dir));) {
		AUTO_FREE char *path = fs_join(snapshots, entry->d_name);
		long long serial = serial_of(entry->d_name);

		if (text_ends(entry->d_name, ".new")) {
			status = fs_remove_tree(path, e);
		} else if (serial > 0) {
			*LIST_ADD(ret) = (struct generation){ serial, path, read_release(path, e) };
			path = NULL;
			status = ret->at[ret->len - 1].release ? 0 : -1;
		}
	}
	(void)closedir(dir);
	if (ret->len > 1)
		qsort(ret->at, ret->len, sizeof *ret->at, newest_first);
	return status;
}

static int keep_one(const struct generation *from, const char *path, const char *as, const char *tree, struct err *e)
{
	AUTO_FREE char *source = fs_join(from->dir, path);

	return fs_exists(source) ? link_into(source, tree, as, e) : 0;
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

static int keep_generation(const struct generation *from, const char *tree, struct err *e)
{
	AUTO_FREE char *name = mem_printf("history/%lld.json", from->serial),
		       *signature = mem_printf("history/%lld.json.asc", from->serial);
	const json_t *package;
	size_t i;

	if (keep_one(from, "release.json", name, tree, e) || keep_one(from, "release.json.asc", signature, tree, e) ||
		keep_indexes(from, tree, e))
		return -1;
	json_array_foreach(json_list(from->release, "packages"), i, package)
		if (keep_one(from, json_text(package, "path"), json_text(package, "path"), tree, e))
			return -1;
	return 0;
}

static int64_t time_of(const json_t *release, const char *key)
{
	struct err ignored = { 0 };
	int64_t t = 0;

	return when_parse(json_text(release, key), NULL, &t, &ignored) ? 0 : t;
}

static int keep_generations(const struct generations *all, const json_t *release, const char *tree, struct err *e)
{
	int64_t since = time_of(release, "time") - KEPT_SECONDS;

	for (size_t i = 0; i < all->len; i++) {
		const struct generation *one = &all->at[i];

		if (one->serial >= json_int(release, "serial"))
			continue;
		if ((i < KEPT_GENERATIONS || time_of(one->release, "time") >= since) && keep_generation(one, tree, e))
			return -1;
	}
	return 0;
}

/* ---- the switch */

/* A kill between making a link and renaming it leaves the link. */
static int drop_links(const char *folder, struct err *e)
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

static bool same_release(const struct signer_answer *answer, const char *dir)
{
	AUTO_FREE char *path = fs_join(dir, "release.json"), *bytes = NULL;
	struct err ignored = { 0 };
	size_t len;

	if (fs_read_file(path, RELEASE_MAX, &bytes, &len, &ignored))
		return false;
	for (size_t i = 0; i < answer->files.len; i++)
		if (strcmp(answer->files.at[i].path, "release.json") == 0)
			return answer->files.at[i].len == len && memcmp(answer->files.at[i].bytes, bytes, len) == 0;
	return false;
}

static long long current_serial(const char *current)
{
	char target[256];
	ssize_t len = readlink(current, target, sizeof target - 1);

	if (len < 0)
		return 0;
	target[len] = '\0';
	return serial_of(strrchr(target, '/') ? strrchr(target, '/') + 1 : target);
}

static int lay_out(struct store *s, const struct signer_answer *answer, const struct generations *all, const char *tree,
	struct err *e)
{
	if (fs_mkdirs(tree, 0755, e) || put_packages(s, answer->release, tree, e) ||
		put_records(s, answer->release, tree, e) || put_keys(s, tree, e) ||
		put_files(&answer->files, tree, e) || keep_generations(all, answer->release, tree, e))
		return -1;
	return fs_sync_dir(tree, e);
}

/* Folders and links of the new tree must be on disk before the name that makes them a snapshot. */
static int seal(const char *building, const char *final, const char *snapshots, struct err *e)
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

static int publish(struct store *s, const char *channel, const struct signer_answer *answer, struct err *e)
{
	AUTO_FREE char *snapshots = channel_path(s, channel, "snapshots"), *current = channel_tree(s, channel);
	AUTO_FREE char *folder = channel_path(s, channel, "");
	long long serial = json_int(answer->release, "serial"), now = current_serial(current);
	AUTO_FREE char *name = mem_printf("%lld", serial), *target = mem_printf("snapshots/%s", name),
		       *final = fs_join(snapshots, name), *building = mem_printf("%s.new", final);
	AUTO(generations) all = { 0 };

	if (serial <= 0)
		return err_verdict(e, "E_ROLLBACK", "release.json has no serial");
	if (fs_mkdirs(snapshots, 0755, e) || drop_links(folder, e) || read_generations(snapshots, &all, e))
		return -1;
	if (serial < now)
		return err_verdict(e, "E_ROLLBACK", "serial %lld is older than %lld, which is served", serial, now);
	if (serial == now)
		return same_release(answer, final)
			? 0
			: err_verdict(e, "E_ROLLBACK", "another snapshot with serial %lld is served already", serial);
	if (!same_release(answer, final) &&
		(lay_out(s, answer, &all, building, e) || seal(building, final, snapshots, e)))
		return -1;
	return fs_symlink_swap(target, current, e);
}

int channel_publish(struct store *s, const char *channel, const struct signer_answer *answer, struct err *e)
{
	AUTO_FREE char *folder = channel_path(s, channel, ""), *lock = channel_path(s, channel, "lock");
	AUTO_FD int held = -1;

	if (!channel_name_valid(channel))
		return err_usage(e, "'%s' is no name for a channel", channel);
	if (fs_mkdirs(folder, 0755, e) || (held = fs_lock(lock, true, e)) < 0)
		return -1;
	return publish(s, channel, answer, e) ? err_wrap(e, "publishing channel '%s'", channel) : 0;
}
