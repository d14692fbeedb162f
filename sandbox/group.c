/* group.c - control groups of a test root: memory and processes, in version 2 where controllers are delegated, in version 1 where they
 * live (hybrid systems); freezing and killing in version 2, which needs no controller. What is missing is told, and limits of each process
 * stand in for it (init.c).
 *
 * A group's folder is locked by the keeper that made it. Whoever finds one that nobody locks knows that its keeper was killed. */
#include "base/fs.h"
#include "sandbox/inside.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <time.h>
#include <unistd.h>

enum { TRIES = 8, FREEZE_MS = 2000 };
static const char prefix[] = "sluice-";

/* The own group's path in the hierarchy with that controller ("" for version 2), "/" when it is not told; malloc. */
static char *own_path(const char *controller)
{
	AUTO_FREE char *text = NULL;
	struct err ignored = { 0 };
	size_t len = 0;

	if (fs_read_file("/proc/self/cgroup", 65536, &text, &len, &ignored))
		return mem_strdup("/");
	for (char *rest = text, *line; (line = strsep(&rest, "\n")) != NULL;) {
		char *names = strchr(line, ':'), *path = names ? strchr(names + 1, ':') : NULL;

		if (!path)
			continue;
		*path++ = '\0';
		for (char *list = names + 1, *name; (name = strsep(&list, ",")) != NULL;)
			if (strcmp(name, controller) == 0)
				return mem_strdup(path);
	}
	return mem_strdup("/");
}

static int put(const char *dir, const char *file, uint64_t value)
{
	AUTO_FREE char *path = fs_join(dir, file);
	char text[24];
	AUTO_FD int fd = open(path, O_WRONLY | O_CLOEXEC);
	int len = snprintf(text, sizeof text, "%llu", (unsigned long long)value);

	return fd >= 0 && write(fd, text, (size_t)len) == len ? 0 : -1;
}

/* What a booted system made below its part: nothing lives in it any more. */
static void remove_below(int dir, const char *name)
{
	int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);

	if (fd >= 0 && !d)
		close(fd);
	for (struct dirent *entry; d && (entry = readdir(d)) != NULL;)
		if (entry->d_type == DT_DIR && strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
			remove_below(dirfd(d), entry->d_name);
			unlinkat(dirfd(d), entry->d_name, AT_REMOVEDIR);
		}
	if (d)
		closedir(d);
}

/* The kernel lets go of the last process a moment after it was reaped. */
static void remove_patiently(const char *dir)
{
	const struct timespec pause = { 0, 1000000 };

	for (int tries = 0; tries < 400 && rmdir(dir) && errno == EBUSY; tries++) {
		remove_below(AT_FDCWD, dir);
		nanosleep(&pause, NULL);
	}
}

/* Groups whose keeper was killed together with everything else; what still lives in one (it should not) is killed. */
static void sweep(const char *parent)
{
	DIR *d = opendir(parent);

	for (struct dirent *entry; d && (entry = readdir(d)) != NULL;) {
		AUTO_FREE char *dir = text_starts(entry->d_name, prefix) ? fs_join(parent, entry->d_name) : NULL;
		AUTO_FD int fd = dir ? open(dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) : -1;

		if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB))
			continue;
		(void)put(dir, "cgroup.kill", 1);
		remove_patiently(dir);
	}
	if (d)
		closedir(d);
}

struct knob {
	const char *file;
	uint64_t value;
	bool is_optional;
};

/* A new folder that is ours by its lock. Between the two steps another start may take it for an orphan: then once more. */
static char *make_locked(const char *parent, int *ret_lock)
{
	for (int i = 0; i < TRIES; i++) {
		uint32_t random = 0;

		if (getrandom(&random, sizeof random, 0) != sizeof random)
			return NULL;
		AUTO_FREE char *dir = mem_printf("%s/%s%d-%08x", parent, prefix, (int)getpid(), random);
		AUTO_FD int fd = -1;
		struct stat here, locked;

		if (mkdir(dir, 0755)) {
			if (errno == EEXIST)
				continue;
			return NULL;
		}
		fd = open(dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0 && fstat(fd, &locked) == 0 && stat(dir, &here) == 0 &&
			here.st_ino == locked.st_ino) {
			*ret_lock = fd;
			fd = -1;
			return mem_strdup(dir);
		}
		rmdir(dir);
	}
	return NULL;
}

/* A group below parent in which every knob exists and takes its value; NULL otherwise. */
static char *try_below(const char *parent, const struct knob *knobs, int *ret_lock)
{
	int lock = -1;
	char *dir;

	sweep(parent);
	dir = make_locked(parent, &lock);
	for (; dir && knobs->file; knobs++)
		if (put(dir, knobs->file, knobs->value) && !knobs->is_optional) {
			rmdir(dir);
			close(lock);
			free(dir);
			return NULL;
		}
	if (dir)
		*ret_lock = lock;
	return dir;
}

/* Below the own group (its limits hold as well), else beside it: version 2 wants no processes above a group with limits. */
static bool try_hierarchy(
	struct cgroup *g, int which, const char *base, const char *controller, const struct knob *knobs)
{
	AUTO_FREE char *own = own_path(controller);
	AUTO_FREE char *parent = mem_printf("%s%s", base, own);
	struct statfs fs;
	struct stat st;

	if (statfs(base, &fs) || fs.f_type != (*controller ? CGROUP_SUPER_MAGIC : CGROUP2_SUPER_MAGIC))
		return false;
	for (;;) {
		char *slash = strrchr(parent, '/');

		g->dirs[which] = stat(parent, &st) == 0 ? try_below(parent, knobs, &g->locks[which]) : NULL;
		if (g->dirs[which])
			return true;
		if (strlen(parent) <= strlen(base) || !slash)
			return false;
		*slash = '\0';
	}
}

static int open_in(const char *dir, const char *file, int flags)
{
	AUTO_FREE char *path = fs_join(dir, file);

	return open(path, flags | O_CLOEXEC);
}

/* Where version 2 lives alone, and where it lives beside version 1. */
static const char *const unified[] = { "/sys/fs/cgroup/unified", "/sys/fs/cgroup" };

static void make_limits(struct cgroup *g, const struct plan *p, unsigned *missing)
{
	const struct knob both[] = { { "memory.max", p->group_memory, false }, { "pids.max", p->group_pids, false },
		{ "memory.swap.max", 0, true }, { NULL } };
	const struct knob memory[] = { { "memory.limit_in_bytes", p->group_memory, false },
		{ "memory.memsw.limit_in_bytes", p->group_memory, true }, { NULL } };
	const struct knob pids[] = { { "pids.max", p->group_pids, false }, { NULL } };

	for (size_t i = 0; i < COUNT(unified); i++)
		if (try_hierarchy(g, 0, unified[i], "", both))
			return;
	if (!try_hierarchy(g, 1, "/sys/fs/cgroup/memory", "memory", memory))
		*missing |= LAYER(MEMORY_GROUP);
	if (!try_hierarchy(g, 2, "/sys/fs/cgroup/pids", "pids", pids))
		*missing |= LAYER(PIDS_GROUP);
}

/* A group of version 2 without limits, where those lie elsewhere. */
static void make_handle(struct cgroup *g, unsigned *missing)
{
	const struct knob none[] = { { NULL } };

	for (size_t i = 0; i < COUNT(unified) && !g->dirs[0]; i++)
		try_hierarchy(g, 0, unified[i], "", none);
	if (g->dirs[0]) {
		g->freeze = open_in(g->dirs[0], "cgroup.freeze", O_WRONLY);
		g->events = open_in(g->dirs[0], "cgroup.events", O_RDONLY);
		g->kill = open_in(g->dirs[0], "cgroup.kill", O_WRONLY);
	}
	if (g->kill < 0)
		*missing |= LAYER(KILL_GROUP);
}

int group_make(const struct plan *p, struct cgroup *ret, unsigned *missing, struct err *e)
{
	struct cgroup g = NO_CGROUP;

	make_limits(&g, p, missing);
	make_handle(&g, missing);
	for (int i = 0; i < GROUPS; i++)
		if (g.dirs[i] && (g.procs[i] = open_in(g.dirs[i], "cgroup.procs", O_WRONLY)) < 0) {
			err_sys(e, "%s", g.dirs[i]);
			group_remove(&g);
			return -1;
		}
	*ret = g;
	return 0;
}

int group_enter(const struct cgroup *g)
{
	for (int i = 0; i < GROUPS; i++)
		if (g->procs[i] >= 0 && write(g->procs[i], "0", 1) != 1)
			return -1;
	return 0;
}

static bool is_frozen(int events)
{
	char text[256];
	ssize_t len = pread(events, text, sizeof text - 1, 0);

	text[len > 0 ? len : 0] = '\0';
	return strstr(text, "frozen 1") != NULL;
}

void group_freeze(const struct cgroup *g, bool stop)
{
	struct pollfd changed = { g->events, POLLPRI, 0 };

	if (g->freeze < 0 || g->events < 0 || write(g->freeze, stop ? "1" : "0", 1) != 1 || !stop)
		return;
	while (!is_frozen(g->events) && poll(&changed, 1, FREEZE_MS) == 1)
		;
}

void group_kill(const struct cgroup *g)
{
	if (g->kill >= 0 && write(g->kill, "1", 1) != 1)
		return; /* the end of the first process kills them as well */
}

static void shut(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void group_remove(struct cgroup *g)
{
	shut(&g->freeze);
	shut(&g->events);
	shut(&g->kill);
	shut(&g->system);
	shut(&g->commands);
	for (int i = 0; i < GROUPS; i++) {
		shut(&g->procs[i]);
		if (g->dirs[i])
			remove_patiently(g->dirs[i]);
		shut(&g->locks[i]);
		free(g->dirs[i]);
		g->dirs[i] = NULL;
	}
}
