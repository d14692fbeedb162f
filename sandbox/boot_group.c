/* boot_group.c - the part of the control groups that a booted system may arrange as it likes.
 *
 *     sluice-...            ours: how many groups and how deep is written here, freezing and killing reach everything below
 *       system              given away: the booted system's "/"
 *         sluice.scope      where commands of ours run, as a login's session would; its folder and the empty one in it are not given away,
 *           keep              so that a system that shuts down cannot take them along: it may be booted again
 *
 * Memory and number of processes stay bounded above it, whatever the inside does. */
#include "base/fs.h"
#include "sandbox/boot.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int put(const char *dir, const char *file, const char *value, struct err *e)
{
	AUTO_FREE char *path = fs_join(dir, file);
	AUTO_FD int fd = open(path, O_WRONLY | O_CLOEXEC);

	return fd >= 0 && write(fd, value, strlen(value)) == (ssize_t)strlen(value) ? 0 : err_sys(e, "%s", path);
}

/* What delegation means: the folder and these files belong to the inside, nothing else of it does. */
static int give_away(const char *dir, const struct id_range *ids, struct err *e)
{
	static const char *const files[] = { "cgroup.procs", "cgroup.subtree_control", "cgroup.threads" };

	if (mkdir(dir, 0755) || chown(dir, ids->first, ids->first))
		return err_sys(e, "%s", dir);
	for (size_t i = 0; i < COUNT(files); i++) {
		AUTO_FREE char *path = fs_join(dir, files[i]);

		if (chown(path, ids->first, ids->first))
			return err_sys(e, "%s", path);
	}
	return 0;
}

static int make_commands(const char *dir, struct err *e)
{
	AUTO_FREE char *keep = fs_join(dir, "keep");

	return mkdir(dir, 0755) || mkdir(keep, 0755) ? err_sys(e, "%s", dir) : 0;
}

static int open_procs(const char *dir, struct err *e)
{
	AUTO_FREE char *path = fs_join(dir, "cgroup.procs");
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	return fd >= 0 ? fd : err_sys(e, "%s", path);
}

int boot_group_make(struct cgroup *g, const struct id_range *ids, struct err *e)
{
	if (!g->dirs[0]) {
		err_env(e, "no control groups of version 2 can be made here: a booted system needs them");
		return err_hint(
			e, "run as root, or in a session with delegated control groups; or test with --profile plain");
	}
	AUTO_FREE char *system = fs_join(g->dirs[0], "system"), *commands = fs_join(system, "sluice.scope");
	if (put(g->dirs[0], "cgroup.max.descendants", "1000", e) || put(g->dirs[0], "cgroup.max.depth", "16", e) ||
		give_away(system, ids, e) || make_commands(commands, e))
		return err_wrap(e, "control groups of a booted system");
	g->system = open_procs(system, e);
	g->commands = g->system < 0 ? -1 : open_procs(commands, e);
	return g->commands < 0 ? -1 : 0;
}
