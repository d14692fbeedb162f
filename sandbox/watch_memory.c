/* watch_memory.c - what a waiting system call points at: text in another process's memory, paths as that process means them.
 *
 * Everything read is hostile and may change under the reader; it is only ever shown, never acted on. */
#include "sandbox/watcher.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { PAGE = 4096 };

size_t memory_read(pid_t tid, uint64_t at, void *ret, size_t len)
{
	struct iovec here = { ret, len }, there = { (void *)(uintptr_t)at, len };
	ssize_t got = process_vm_readv(tid, &here, 1, &there, 1, 0);

	return got > 0 ? (size_t)got : 0;
}

/* A read does not cross into a page that may not be there. */
int memory_text(pid_t tid, uint64_t at, char *ret, size_t room)
{
	size_t have = 0;

	while (have + 1 < room) {
		size_t page = PAGE - (size_t)((at + have) % PAGE), want = room - 1 - have;
		size_t got = memory_read(tid, at + have, ret + have, page < want ? page : want);
		char *end = got ? memchr(ret + have, '\0', got) : NULL;

		if (end)
			return 0;
		if (got == 0)
			return -1;
		have += got;
	}
	ret[have] = '\0';
	return 0;
}

/* "/proc/TID/what": a folder that it stands in. */
static size_t link_of(int proc, pid_t tid, const char *what, char *ret, size_t room)
{
	char name[64];

	snprintf(name, sizeof name, "%d/%s", (int)tid, what);
	ssize_t len = readlinkat(proc, name, ret, room - 1);
	ret[len > 0 ? len : 0] = '\0';
	return len > 0 ? (size_t)len : 0;
}

bool memory_leads(int proc, pid_t tid, const char *path, bool follow)
{
	if (*path != '/' || path[1] == '\0')
		return true;
	struct open_how how = { .flags = O_PATH | O_CLOEXEC | (follow ? 0 : O_NOFOLLOW), .resolve = RESOLVE_IN_ROOT };
	char name[64];

	snprintf(name, sizeof name, "%d/root", (int)tid);
	AUTO_FD int root = openat(proc, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
	AUTO_FD int fd = root < 0 ? -1 : (int)syscall(SYS_openat2, root, path + 1, &how, sizeof how);
	return root < 0 || fd >= 0 || (errno != ENOENT && errno != ENOTDIR);
}

void memory_path(int proc, pid_t tid, int dir, const char *path, char *ret, size_t room)
{
	size_t len = 0;
	char what[32];

	if (*path != '/') {
		snprintf(what, sizeof what, "fd/%d", dir);
		len = link_of(proc, tid, dir == AT_FDCWD ? "cwd" : what, ret, room);
		if (len && *path && ret[len - 1] != '/' && len + 1 < room)
			ret[len++] = '/';
	}
	snprintf(ret + len, room - len, "%s", path);
}
