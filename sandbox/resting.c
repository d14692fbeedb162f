/* resting.c - how long a process certainly sleeps on, read from the kernel's own word on each of its threads: the call it stands in, and the
 * time-out that it gave. A daemon in its loop need not be watched for a while to know that it will still be there after that while. */
#include "sandbox/resting.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum { THREADS_MAX = 64, FILES_MAX = 256, ARGUMENTS = 6, MS = 1000 };

/* Where a call that waits for others has its time-out. */
enum timeout_kind {
	NO_TIMEOUT,
	MILLISECONDS, /* negative: none */
	SECONDS_AT,   /* timespec or timeval; NULL: none */
	SPAN_AT,      /* the same, when the argument ahead (flags) does not make it a moment */
	ONLY_NULL,    /* perhaps a moment */
};
static const struct waiting {
	long number;
	enum timeout_kind kind;
	int argument;
} waiting[] = {
#ifdef SYS_poll
	{ SYS_poll, MILLISECONDS, 2 },
	{ SYS_epoll_wait, MILLISECONDS, 3 },
	{ SYS_select, SECONDS_AT, 4 },
	{ SYS_pause, NO_TIMEOUT, 0 },
#endif
	{ SYS_epoll_pwait, MILLISECONDS, 3 },
	{ SYS_ppoll, SECONDS_AT, 2 },
	{ SYS_pselect6, SECONDS_AT, 4 },
	{ SYS_nanosleep, SECONDS_AT, 0 },
	{ SYS_clock_nanosleep, SPAN_AT, 2 },
	{ SYS_rt_sigtimedwait, SECONDS_AT, 2 },
	{ SYS_rt_sigsuspend, NO_TIMEOUT, 0 },
	{ SYS_futex, ONLY_NULL, 3 },
	{ SYS_accept, NO_TIMEOUT, 0 },
	{ SYS_accept4, NO_TIMEOUT, 0 },
	{ SYS_wait4, NO_TIMEOUT, 0 },
	{ SYS_waitid, NO_TIMEOUT, 0 },
	{ SYS_read, NO_TIMEOUT, 0 },
	{ SYS_recvfrom, NO_TIMEOUT, 0 },
	{ SYS_recvmsg, NO_TIMEOUT, 0 },
};

static unsigned of_seconds(int64_t seconds)
{
	return seconds <= 0 ? 0 : seconds >= RESTS_FOR_EVER / MS ? RESTS_FOR_EVER : (unsigned)seconds * MS;
}

static unsigned timeout_of(const struct waiting *w, const uint64_t *arguments, seconds_at *at, void *context)
{
	uint64_t value = arguments[w->argument];

	switch (w->kind) {
	case NO_TIMEOUT:
		return RESTS_FOR_EVER;
	case MILLISECONDS:
		return (int32_t)value < 0 ? RESTS_FOR_EVER : (unsigned)value;
	case ONLY_NULL:
		return value ? 0 : RESTS_FOR_EVER;
	case SPAN_AT:
		if (arguments[w->argument - 1] & TIMER_ABSTIME)
			return 0;
		break;
	case SECONDS_AT:
		break;
	}
	return value ? of_seconds(at(context, value)) : RESTS_FOR_EVER;
}

unsigned rests_in_call(const char *line, seconds_at *at, void *context)
{
	uint64_t arguments[ARGUMENTS];
	char *end;
	long number;

	if (*line < '0' || *line > '9') /* "running", "-1 ..." */
		return 0;
	number = strtol(line, &end, 10);
	for (int i = 0; i < ARGUMENTS; i++) {
		if (*end != ' ')
			return 0;
		arguments[i] = strtoull(end + 1, &end, 16);
	}
	for (size_t i = 0; i < COUNT(waiting); i++)
		if (waiting[i].number == number)
			return timeout_of(&waiting[i], arguments, at, context);
	return 0;
}

static size_t read_small(int dir, const char *name, char *ret, size_t room)
{
	AUTO_FD int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	ssize_t got = fd < 0 ? -1 : read(fd, ret, room - 1);

	ret[got > 0 ? got : 0] = '\0';
	return got > 0 ? (size_t)got : 0;
}

static int64_t seconds_of_process(void *context, uint64_t address)
{
	int64_t seconds = -1;
	struct iovec here = { &seconds, sizeof seconds }, there = { (void *)(uintptr_t)address, sizeof seconds };

	return process_vm_readv(*(const int *)context, &here, 1, &there, 1, 0) == sizeof seconds ? seconds : -1;
}

/* Calls fn for each name of the folder until it says 0; the least of what it says. Too many: 0. */
static unsigned least(int process, const char *folder, unsigned most, unsigned (*fn)(int dir, const char *name, void *),
	void *context)
{
	int fd = openat(process, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	unsigned ret = d ? RESTS_FOR_EVER : 0, count = 0;

	for (struct dirent *entry; ret && d && (entry = readdir(d)) != NULL;) {
		if (entry->d_name[0] == '.')
			continue;
		unsigned one = ++count > most ? 0 : fn(fd, entry->d_name, context);
		ret = one < ret ? one : ret;
	}
	if (d)
		closedir(d);
	else if (fd >= 0)
		close(fd);
	return ret;
}

static unsigned thread_rests(int tasks, const char *name, void *pid)
{
	char path[48], line[256];

	snprintf(path, sizeof path, "%.16s/syscall", name);
	return read_small(tasks, path, line, sizeof line) ? rests_in_call(line, seconds_of_process, pid) : 0;
}

/* A descriptor that wakes its owner by the clock says when. */
static unsigned timer_rests(int files, const char *name, void *process)
{
	static const char timer[] = "anon_inode:[timerfd]";
	char target[64], path[48], text[1024], *at;
	ssize_t len = readlinkat(files, name, target, sizeof target - 1);
	long seconds, nanoseconds;

	target[len > 0 ? len : 0] = '\0';
	if (strcmp(target, timer) != 0)
		return len > 0 ? RESTS_FOR_EVER : 0;
	snprintf(path, sizeof path, "fdinfo/%.16s", name);
	if (read_small(*(const int *)process, path, text, sizeof text) == 0 ||
		(at = strstr(text, "it_value: (")) == NULL ||
		sscanf(at, "it_value: (%ld, %ld)", &seconds, &nanoseconds) != 2)
		return 0;
	return seconds == 0 && nanoseconds == 0 ? RESTS_FOR_EVER : of_seconds(seconds);
}

/* "17 (a) b) S 1 ...": the 22nd word is when it began, in ticks since the machine did. */
static int64_t age_ms(int process)
{
	char stat[1024], *at;
	unsigned long long began = 0;
	struct timespec now;

	if (read_small(process, "stat", stat, sizeof stat) == 0 || (at = strrchr(stat, ')')) == NULL ||
		sscanf(at + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %llu",
			&began) != 1)
		return INT64_MAX;
	clock_gettime(CLOCK_BOOTTIME, &now);
	return (int64_t)now.tv_sec * MS + now.tv_nsec / 1000000 -
		(int64_t)(began * MS / (uint64_t)sysconf(_SC_CLK_TCK));
}

/* It fell asleep after it began: of a time-out as much is left at least as the process is younger. */
unsigned process_rests(int process, int pid)
{
	char timers[16];
	unsigned rests = least(process, "task", THREADS_MAX, thread_rests, &pid), timer;
	int64_t age;

	if (rests == 0 || read_small(process, "timers", timers, sizeof timers))
		return 0;
	timer = least(process, "fd", FILES_MAX, timer_rests, &process);
	if (rests < RESTS_FOR_EVER) {
		age = age_ms(process);
		rests = age < rests ? rests - (unsigned)(age > 0 ? age : 0) : 0;
	}
	return timer < rests ? timer : rests;
}
