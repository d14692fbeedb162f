/* publish.c - the next snapshot of a channel: laid out whole beside the present one, then one rename. */
#include "base/fs.h"
#include "base/text.h"
#include "release/channel/channel.h"
#include "release/channel/snapshots.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>

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

/* ---- the parts of the tree */

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
		return tree_link(from, tree, path, e);
	if (blob_get(s->blobs, digest, SIZE_MAX / 2, &bytes, &len, e))
		return -1;
	return tree_write(tree, path, bytes, len, e);
}

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
		if (tree_write(tree, files->at[i].path, files->at[i].bytes, files->at[i].len, e))
			return -1;
	return 0;
}

static int put_keys(struct store *s, const char *tree, struct err *e)
{
	static const char *const names[] = { "keys/release.asc", "keys/package.asc" };

	for (size_t i = 0; i < COUNT(names); i++) {
		AUTO_FREE char *from = store_path(s, names[i]), *bytes = NULL;
		size_t len;

		if (fs_read_file(from, MIB(1), &bytes, &len, e) || tree_write(tree, names[i], bytes, len, e))
			return -1;
	}
	return 0;
}

/* ---- the switch */

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

static int lay_out(struct store *s, const struct signer_answer *answer, const struct generations *all, const char *tree,
	struct err *e)
{
	if (fs_mkdirs(tree, 0755, e) || put_packages(s, answer->release, tree, e) ||
		put_records(s, answer->release, tree, e) || put_keys(s, tree, e) ||
		put_files(&answer->files, tree, e) || generations_keep(all, answer->release, tree, e))
		return -1;
	return fs_sync_dir(tree, e);
}

static int publish(struct store *s, const char *channel, const struct signer_answer *answer, struct err *e)
{
	AUTO_FREE char *snapshots = channel_path(s, channel, "snapshots"), *current = channel_tree(s, channel);
	AUTO_FREE char *folder = channel_path(s, channel, "");
	long long serial = json_int(answer->release, "serial"), now = snapshots_current(current);
	AUTO_FREE char *name = mem_printf("%lld", serial), *target = mem_printf("snapshots/%s", name),
		       *final = fs_join(snapshots, name), *building = mem_printf("%s.new", final);
	AUTO(generations) all = { 0 };

	if (serial <= 0)
		return err_verdict(e, "E_ROLLBACK", "release.json has no serial");
	if (fs_mkdirs(snapshots, 0755, e) || snapshots_drop_links(folder, e) || generations_read(snapshots, &all, e))
		return -1;
	if (serial < now)
		return err_verdict(e, "E_ROLLBACK", "serial %lld is older than %lld, which is served", serial, now);
	if (serial == now)
		return same_release(answer, final)
			? 0
			: err_verdict(e, "E_ROLLBACK", "another snapshot with serial %lld is served already", serial);
	if (!same_release(answer, final) &&
		(lay_out(s, answer, &all, building, e) || snapshots_seal(building, final, snapshots, e)))
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
