/* group.c - control groups of a test root: memory and processes, in version 2 where controllers are delegated, in version 1 where they
 * live (hybrid systems). Killing needs none: with the first process everything in its pid namespace ends. */
#include "base/fs.h"
#include "sandbox/inside.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

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

/* Groups whose keeper was killed together with everything else. */
static void sweep(const char *parent)
{
	DIR *d = opendir(parent);

	for (struct dirent *entry; d && (entry = readdir(d)) != NULL;) {
		pid_t owner = text_starts(entry->d_name, prefix) ? atoi(entry->d_name + strlen(prefix)) : 0;

		if (owner > 0 && kill(owner, 0) && errno == ESRCH)
			unlinkat(dirfd(d), entry->d_name, AT_REMOVEDIR);
	}
	if (d)
		closedir(d);
}

struct knob {
	const char *file;
	uint64_t value;
};

/* A group below parent in which every knob exists and takes its value; NULL otherwise. */
static char *try_below(const char *parent, const struct knob *knobs)
{
	char *dir = mem_printf("%s/%s%d", parent, prefix, (int)getpid());

	sweep(parent);
	if (mkdir(dir, 0755) && errno != EEXIST) {
		free(dir);
		return NULL;
	}
	for (; knobs->file; knobs++)
		if (put(dir, knobs->file, knobs->value)) {
			rmdir(dir);
			free(dir);
			return NULL;
		}
	return dir;
}

/* Below the own group (its limits hold as well), else beside it: version 2 wants no processes above a group with limits. */
static char *try_hierarchy(const char *base, const char *controller, const struct knob *knobs)
{
	AUTO_FREE char *own = own_path(controller);
	AUTO_FREE char *parent = mem_printf("%s%s", base, own);
	struct stat st;

	if (stat(base, &st))
		return NULL;
	for (;;) {
		char *dir = stat(parent, &st) == 0 ? try_below(parent, knobs) : NULL;
		char *slash = strrchr(parent, '/');

		if (dir || strlen(parent) <= strlen(base) || !slash)
			return dir;
		*slash = '\0';
	}
}

static int join_fd(const char *dir)
{
	AUTO_FREE char *path = fs_join(dir, "cgroup.procs");

	return open(path, O_WRONLY | O_CLOEXEC);
}

int group_make(const struct plan *p, struct cgroup *ret, unsigned *missing, struct err *e)
{
	const struct knob both[] = { { "memory.max", p->group_memory }, { "pids.max", p->group_pids }, { NULL } };
	const struct knob memory[] = { { "memory.limit_in_bytes", p->group_memory }, { NULL } };
	const struct knob pids[] = { { "pids.max", p->group_pids }, { NULL } };
	struct cgroup g = { { NULL, NULL }, { -1, -1 } };

	g.dirs[0] = try_hierarchy("/sys/fs/cgroup", "", both);
	if (!g.dirs[0])
		g.dirs[0] = try_hierarchy("/sys/fs/cgroup/unified", "", both);
	if (!g.dirs[0]) {
		g.dirs[0] = try_hierarchy("/sys/fs/cgroup/memory", "memory", memory);
		g.dirs[1] = try_hierarchy("/sys/fs/cgroup/pids", "pids", pids);
		*missing |= (g.dirs[0] ? 0 : LAYER(MEMORY_GROUP)) | (g.dirs[1] ? 0 : LAYER(PIDS_GROUP));
	}
	for (int i = 0; i < 2; i++)
		if (g.dirs[i] && (g.procs[i] = join_fd(g.dirs[i])) < 0) {
			err_sys(e, "%s", g.dirs[i]);
			group_remove(&g);
			return -1;
		}
	*ret = g;
	return 0;
}

void group_remove(struct cgroup *g)
{
	const struct timespec pause = { 0, 2000000 };

	for (int i = 0; i < 2; i++) {
		if (!g->dirs[i])
			continue;
		if (g->procs[i] >= 0)
			close(g->procs[i]);
		/* The kernel lets go of the last process a moment after it was reaped. */
		for (int tries = 0; tries < 200 && rmdir(g->dirs[i]) && errno == EBUSY; tries++)
			nanosleep(&pause, NULL);
		free(g->dirs[i]);
		g->dirs[i] = NULL;
	}
}
