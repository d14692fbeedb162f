/* publish.c - the next snapshot of a channel: laid out whole beside the present one, then one rename. */
#include "base/fs.h"
#include "release/channel/channel.h"
#include "release/channel/pairs.h"
#include "release/channel/snapshots.h"
#include "release/channel/tree.h"
#include <fcntl.h>
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

/* ---- the switch */

static const struct index_item *release_of(const struct signer_answer *answer)
{
	for (size_t i = 0; i < answer->files.len; i++)
		if (strcmp(answer->files.at[i].path, "release.json") == 0)
			return &answer->files.at[i];
	return NULL;
}

static bool same_release(const struct signer_answer *answer, const char *dir)
{
	AUTO_FREE char *path = fs_join(dir, "release.json");
	AUTO_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
	const struct index_item *release = release_of(answer);
	struct err ignored = { 0 };
	char sha256[SHA256_HEX];

	return release && fd >= 0 && sha256_fd(fd, sha256, NULL, &ignored) == 0 && strcmp(sha256, release->sha256) == 0;
}

/* The newest snapshot before the one that is served is the tree to use again: its readers have had a whole publication's time. 0: none. Leftovers of a kill go,
 * a whole snapshot that was never switched to as well: nobody was told of its files, so nobody would take them out again. */
static int find_spare(const char *snapshots, long long now, long long *ret, struct err *e)
{
	long long *serials = NULL;
	size_t len = 0;
	int status = snapshots_list(snapshots, &serials, &len, e);

	*ret = 0;
	for (size_t i = 0; i < len; i++)
		if (serials[i] < now && serials[i] > *ret)
			*ret = serials[i];
	for (size_t i = 0; status == 0 && i < len; i++) {
		AUTO_FREE char *path = mem_printf("%s/%lld", snapshots, serials[i]);

		if (serials[i] > now)
			status = fs_remove_tree(path, e);
	}
	free(serials);
	return status;
}

static int lay_out(struct store *s, const char *folder, const struct signer_answer *answer, long long now,
	const char *snapshots, const char *building, struct err *e)
{
	AUTO_FREE char *served = now ? mem_printf("%s/%lld", snapshots, now) : NULL, *old = NULL,
		       *leaving = fs_join(folder, "leaving");
	struct tree tree = { s, folder, answer, building, served, now, false };
	long long spare;

	if (find_spare(snapshots, now, &spare, e))
		return -1;
	old = mem_printf("%s/%lld", snapshots, spare);
	tree.is_used_again = spare > 0 && fs_exists(leaving); /* else nobody knows what to take out of it */
	if (tree.is_used_again && rename(old, building))
		return err_sys(e, "%s", old);
	return tree_build(&tree, e);
}

static int publish(struct store *s, const char *channel, const struct signer_answer *answer, struct err *e)
{
	AUTO_FREE char *snapshots = channel_path(s, channel, "snapshots"), *current = channel_tree(s, channel);
	AUTO_FREE char *folder = channel_path(s, channel, "");
	long long serial = json_int(answer->release, "serial"), now = snapshots_current(current);
	AUTO_FREE char *name = mem_printf("%lld", serial), *target = mem_printf("snapshots/%s", name),
		       *final = fs_join(snapshots, name), *building = mem_printf("%s.new", final);

	if (serial <= 0)
		return err_verdict(e, "E_ROLLBACK", "release.json has no serial");
	if (fs_mkdirs(snapshots, 0755, e) || snapshots_drop_links(folder, e))
		return -1;
	if (serial < now)
		return err_verdict(e, "E_ROLLBACK", "serial %lld is older than %lld, which is served", serial, now);
	if (serial == now)
		return same_release(answer, final)
			? 0
			: err_verdict(e, "E_ROLLBACK", "another snapshot with serial %lld is served already", serial);
	if (!same_release(answer, final) &&
		(lay_out(s, folder, answer, now, snapshots, building, e) ||
			snapshots_seal(building, final, snapshots, e)))
		return -1;
	if (pairs_keep(folder, serial, final, answer, e))
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
