/* answers.c - what the first process tells about its root: one path, content, processes; and putting a file in.
 *
 * Paths resolve inside the root and never through the magic links of /proc; a fifo or device planted under a name is not opened. */
#include "base/digest.h"
#include "sandbox/inside.h"
#include "sandbox/resting.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
	PROCESSES_MAX = 2000,
	COMMAND_MAX = 4096,
	LINK_MAX_ = 4096,
	OPEN_TRIES = 10000,
	THREADS_MAX = 200,
	READ_FIRST = 16384
};

int open_below(int dir, const char *path, uint64_t flags, mode_t mode)
{
	struct open_how how = {
		.flags = flags | O_CLOEXEC, .mode = mode, .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS
	};
	int fd = -1;

	while (*path == '/')
		path++;
	/* A rename or a mount anywhere on the machine meanwhile, and the kernel gives up on "..": it wants to be asked again (openat2(2)).
	 * Not for ever: the hostile rename, too. */
	for (int i = 0; i < OPEN_TRIES; i++) {
		fd = (int)syscall(SYS_openat2, dir, *path ? path : ".", &how, sizeof how);
		if (fd >= 0 || errno != EAGAIN)
			break;
	}
	return fd;
}

/* u8 found, u32 mode, u32 uid, u32 gid, u64 size, str link target */
int answer_status(const struct inside *in, const char *path, struct err *e)
{
	AUTO_FD int fd = open_below(in->staged.root, path, O_PATH | O_NOFOLLOW, 0);
	struct pack p = { 0 };
	char target[LINK_MAX_ + 1] = "";
	struct stat st = { 0 };
	int found = fd >= 0 && fstat(fd, &st) == 0, rc;

	if (found && S_ISLNK(st.st_mode)) {
		ssize_t len = readlinkat(fd, "", target, LINK_MAX_);

		target[len > 0 ? len : 0] = '\0';
	}
	pack_u8(&p, (uint8_t)found);
	pack_u32(&p, st.st_mode);
	pack_u32(&p, st.st_uid);
	pack_u32(&p, st.st_gid);
	pack_u64(&p, (uint64_t)st.st_size);
	pack_str(&p, target);
	rc = frame_write(in->socket, SAY_STATUS, p.at, p.len, e);
	pack_done(&p);
	return rc;
}

/* Up to its end or most + 1 bytes; room grows with what comes: most files are small, and those of /proc say nothing of their size. */
static char *read_up_to(int fd, size_t size, size_t most, size_t *ret_len)
{
	size_t room = size < most ? size + 1 : most + 1, len = 0;
	char *bytes;

	room = room < READ_FIRST ? READ_FIRST : room;
	bytes = mem_alloc(room);
	while (len <= most) {
		ssize_t got;

		if (len == room)
			bytes = mem_resize(bytes, room *= 2);
		got = read(fd, bytes + len, room - len);
		if (got <= 0)
			break;
		len += (size_t)got;
	}
	*ret_len = len;
	return bytes;
}

/* u8 found, u8 cut, bytes. Only regular files have content. */
int answer_read(const struct inside *in, const char *path, uint64_t limit, struct err *e)
{
	AUTO_FD int fd = open_below(in->staged.root, path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
	size_t most = limit < MIB(64) ? (size_t)limit : (size_t)MIB(64), len = 0;
	struct pack p = { 0 };
	struct stat st;
	int found = fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode), rc;
	AUTO_FREE char *bytes = found ? read_up_to(fd, (size_t)st.st_size, most, &len) : NULL;

	pack_u8(&p, (uint8_t)found);
	pack_u8(&p, len > most);
	pack_bytes(&p, bytes ? bytes : "", len > most ? most : len);
	rc = frame_write(in->socket, SAY_BYTES, p.at, p.len, e);
	pack_done(&p);
	return rc;
}

static int write_new(int dir, const char *name, mode_t mode, const void *bytes, size_t len)
{
	const char *at = bytes;
	struct stat old;
	bool was_file = fstatat(dir, name, &old, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(old.st_mode);
	int fd;

	if (unlinkat(dir, name, 0) && errno != ENOENT)
		return -1;
	fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode & 07777);
	if (fd < 0)
		return -1;
	while (len > 0) {
		ssize_t put = write(fd, at, len);

		if (put < 0) {
			close(fd);
			return -1;
		}
		at += put;
		len -= (size_t)put;
	}
	/* As when somebody edits it: whose it is stays (before the mode, which a change of owner trims). */
	if ((was_file && fchown(fd, old.st_uid, old.st_gid)) || fchmod(fd, mode & 07777)) {
		close(fd);
		return -1;
	}
	return close(fd);
}

/* Makes missing folders of path up to its last component; the folder, or -1. */
static int parent_of(int root, const char *path)
{
	AUTO_FREE char *copy = mem_strdup(path[0] == '/' ? path + 1 : path);
	int dir = open_below(root, "/", O_PATH | O_DIRECTORY, 0);

	for (char *slash = strchr(copy, '/'); dir >= 0 && slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		int next = open_below(root, copy, O_PATH | O_DIRECTORY, 0);

		if (next < 0 && errno == ENOENT) {
			const char *name = strrchr(copy, '/');

			if (mkdirat(dir, name ? name + 1 : copy, 0755) == 0)
				next = open_below(root, copy, O_PATH | O_DIRECTORY, 0);
		}
		close(dir);
		dir = next;
		*slash = '/';
	}
	return dir;
}

/* Answers with SAY_END: u8 0, or errno. An existing file (or link) of that name is replaced; a file's owner stays. */
int answer_write(const struct inside *in, const char *path, mode_t mode, const void *bytes, size_t len, struct err *e)
{
	AUTO_FD int dir = parent_of(in->staged.root, path);
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	uint8_t failed = 0;

	if (dir < 0 || write_new(dir, name, mode, bytes, len))
		failed = (uint8_t)errno;
	return frame_write(in->socket, SAY_END, &failed, 1, e);
}

static size_t read_small(int dir, const char *name, char *ret, size_t room)
{
	AUTO_FD int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	ssize_t got = fd < 0 ? -1 : read(fd, ret, room - 1);

	ret[got > 0 ? got : 0] = '\0';
	return got > 0 ? (size_t)got : 0;
}

/* "0::/../sluice-1-2/system/system.slice/cron.service" -> "cron.service": the unit of a booted system that a process belongs to. What our own
 * commands start is in a scope of ours, and so belongs to none. */
static void unit_of(const struct inside *in, int dir, char *ret, size_t room)
{
	static const char ours[] = "sluice.scope";
	char groups[COMMAND_MAX], *line;
	const char *at;

	ret[0] = '\0';
	if (!in->plan->boot.program || read_small(dir, "cgroup", groups, sizeof groups) == 0)
		return;
	line = strstr(groups, "0::/");
	at = line ? strstr(line, "/system/") : NULL;
	while (at && (at = strchr(at, '/')) != NULL) {
		size_t len = strcspn(++at, "/\n");
		bool is_unit = len > 8 &&
			(memcmp(at + len - 8, ".service", 8) == 0 || memcmp(at + len - 6, ".scope", 6) == 0);

		if (is_unit && (len != sizeof ours - 1 || memcmp(at, ours, len) != 0)) {
			snprintf(ret, room, "%.*s", (int)len, at);
			return;
		}
	}
}

/* "17 (a) b) S 1 ...": its state, and the time it has used so far. */
static void activity_of(int dir, char *ret_state, uint64_t *ret_ticks)
{
	char stat[1024], *at;
	unsigned long long user = 0, system = 0;

	*ret_state = 'S';
	*ret_ticks = 0;
	if (read_small(dir, "stat", stat, sizeof stat) == 0 || (at = strrchr(stat, ')')) == NULL)
		return;
	if (sscanf(at + 1, " %c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu", ret_state, &user, &system) == 3)
		*ret_ticks = user + system;
}

/* What all its threads have run so far, to the nanosecond; 0 where the kernel does not count it. Of a process with very many, some. */
static uint64_t run_time(int dir)
{
	AUTO_FD int tasks = openat(dir, "task", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int again = tasks < 0 ? -1 : openat(tasks, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = again < 0 ? NULL : fdopendir(again);
	unsigned count = 0;
	uint64_t sum = 0;

	for (struct dirent *entry; d && (entry = readdir(d)) != NULL && count < THREADS_MAX;) {
		char name[32], line[128];

		if (entry->d_name[0] == '.')
			continue;
		count++;
		snprintf(name, sizeof name, "%.16s/schedstat", entry->d_name);
		if (read_small(tasks, name, line, sizeof line))
			sum += strtoull(line, NULL, 10);
	}
	if (d)
		closedir(d);
	else if (again >= 0)
		close(again);
	return sum;
}

static int say_process(const struct inside *in, struct frames *told, int proc, const char *pid, struct err *e)
{
	char name[64], command[COMMAND_MAX], unit[256];
	AUTO_FD int dir = openat(proc, pid, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct pack p = { 0 };
	struct stat st;
	uint64_t ticks;
	char state;
	size_t len;
	int rc;

	if (dir < 0 || fstat(dir, &st))
		return 0;
	if (read_small(dir, "comm", name, sizeof name) == 0)
		return 0;
	name[strcspn(name, "\n")] = '\0';
	len = read_small(dir, "cmdline", command, sizeof command);
	for (size_t i = 0; i + 1 < len; i++)
		if (command[i] == '\0')
			command[i] = ' ';
	unit_of(in, dir, unit, sizeof unit);
	activity_of(dir, &state, &ticks);
	pack_u32(&p, (uint32_t)atoi(pid));
	pack_u32(&p, st.st_uid);
	pack_str(&p, name);
	pack_str(&p, command);
	pack_str(&p, unit);
	pack_u8(&p, (uint8_t)state);
	pack_u64(&p, ticks);
	pack_u64(&p, run_time(dir));
	pack_u32(&p, process_rests(dir, atoi(pid)));
	rc = frames_add(told, SAY_PROCESS, p.at, p.len, e);
	pack_done(&p);
	return rc;
}

int answer_processes(const struct inside *in, struct err *e)
{
	DIR *d = opendir("/proc");
	AUTO(frames) told = { .fd = in->socket };
	unsigned count = 0;
	int rc = 0;

	for (struct dirent *entry; rc == 0 && d && (entry = readdir(d)) != NULL && count < PROCESSES_MAX;)
		if (atoi(entry->d_name) > 1) {
			count++;
			rc = say_process(in, &told, dirfd(d), entry->d_name, e);
		}
	if (d)
		closedir(d);
	uint8_t cut = count >= PROCESSES_MAX;
	return rc || frames_add(&told, SAY_END, &cut, 1, e) ? -1 : frames_send(&told, e);
}
