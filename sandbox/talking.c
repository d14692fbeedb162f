/* talking.c - a command that is typed to, seen from the first process: its terminal, and who waits at it.
 *
 * Whether somebody waits is read from the kernel's own word on each thread (/proc/PID/task/TID/syscall): one that stands in read(2) of a
 * terminal waits. That needs no guess by time; a short silence only lets what was typed arrive. A thread that polls may wait for
 * anything, so there the silence is long. Runs among hostile processes: what they pretend costs them an answer, nobody else anything. */
#include "sandbox/talking.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* Milliseconds of silence: behind a prompt; without one since the last answer; of somebody who only polls. */
enum { QUIET_PROMPT = 100, QUIET_BARE = 2000, QUIET_POLLS = 10000, LOOK_EVERY = 50, TTY_MAJOR = 5, PTMX_MINOR = 2 };

/* The multiplexer of our own devpts: nothing that was planted under its name. */
static int open_master(struct err *e)
{
	struct open_how how = { .flags = O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK,
		.resolve = RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS };
	int fd = (int)syscall(SYS_openat2, AT_FDCWD, "/dev/pts/ptmx", &how, sizeof how);
	struct stat st;

	if (fd < 0)
		return err_sys(e, "cannot open a terminal");
	if (fstat(fd, &st) || !S_ISCHR(st.st_mode) || st.st_rdev != makedev(TTY_MAJOR, PTMX_MINOR)) {
		close(fd);
		return err_env(e, "/dev/pts/ptmx is no terminal multiplexer");
	}
	return fd;
}

static int open_terminal(struct talking *t, unsigned rows, unsigned columns, struct err *e)
{
	int unlocked = 0;

	t->master = open_master(e);
	if (t->master < 0)
		return -1;
	if (ioctl(t->master, TIOCSPTLCK, &unlocked) ||
		(t->slave = ioctl(t->master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC)) < 0)
		return err_sys(e, "cannot set up a terminal");
	talking_size(t, rows, columns);
	return 0;
}

static int open_pipe(struct talking *t, struct err *e)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) || fcntl(ends[1], F_SETFL, O_NONBLOCK) < 0)
		return err_sys(e, "pipe");
	t->child_in = ends[0];
	t->in = ends[1];
	return 0;
}

int talking_open(struct talking *t, struct unpack *u, struct err *e)
{
	unsigned rows, columns;
	const char *term, *directory;

	*t = (struct talking){ .master = -1, .slave = -1, .in = -1, .child_in = -1 };
	t->is_terminal = unpack_u8(u);
	t->wants_asked = unpack_u8(u);
	rows = unpack_u32(u);
	columns = unpack_u32(u);
	term = unpack_str(u);
	directory = unpack_str(u);
	if (u->bad)
		return err_input(e, "E_STRUCTURE", "a command that cannot be read");
	t->term = term ? mem_printf("TERM=%s", term) : NULL;
	t->directory = directory ? mem_strdup(directory) : NULL;
	return t->is_terminal ? open_terminal(t, rows, columns, e) : open_pipe(t, e);
}

void talking_done(struct talking *t)
{
	auto_fd(&t->master);
	auto_fd(&t->slave);
	auto_fd(&t->in);
	auto_fd(&t->child_in);
	text_done(&t->typed);
	free(t->term);
	free(t->directory);
	*t = (struct talking){ .master = -1, .slave = -1, .in = -1, .child_in = -1 };
}

int talking_become(const struct talking *t, int output)
{
	int in = t->is_terminal ? t->slave : t->child_in, out = t->is_terminal ? t->slave : output;

	if (t->is_terminal && ioctl(t->slave, TIOCSCTTY, 0))
		return -1;
	if (dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(out, 2) < 0)
		return -1;
	return t->directory && chdir(t->directory) ? -1 : 0;
}

int talking_input(const struct talking *t)
{
	return t->taken == t->typed.len ? -1 : t->is_terminal ? t->master : t->in;
}

void talking_type(struct talking *t, const char *bytes, size_t len)
{
	if (len == 0)
		t->is_closing = true;
	else {
		if (t->taken) /* what was given goes: somebody may type for ever */
			memmove(t->typed.at, t->typed.at + t->taken, t->typed.len -= t->taken);
		t->taken = 0;
		text_bytes(&t->typed, bytes, len);
	}
	t->is_told = false;
	t->has_printed = false;
	talking_give(t);
}

void talking_give(struct talking *t)
{
	int fd = t->is_terminal ? t->master : t->in;

	while (fd >= 0 && t->taken < t->typed.len) {
		ssize_t put = write(fd, t->typed.at + t->taken, t->typed.len - t->taken);

		if (put < 0 && errno == EAGAIN)
			return;
		if (put <= 0)
			break; /* nobody will take it any more */
		t->taken += (size_t)put;
	}
	t->typed.len = t->taken = 0;
	if (t->is_closing)
		auto_fd(&t->in);
}

void talking_size(struct talking *t, unsigned rows, unsigned columns)
{
	struct winsize size = { .ws_row = (unsigned short)rows, .ws_col = (unsigned short)columns };

	if (t->master >= 0)
		(void)ioctl(t->master, TIOCSWINSZ, &size);
}

void talking_printed(struct talking *t, int64_t now)
{
	t->quiet_since = now;
	t->has_printed = true;
	t->is_told = false;
}

int talking_patience(const struct talking *t, int64_t now)
{
	(void)now;
	return t->wants_asked && !t->is_told ? LOOK_EVERY : -1;
}

static size_t read_line(int dir, const char *name, char *ret, size_t room)
{
	AUTO_FD int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	ssize_t got = fd < 0 ? -1 : read(fd, ret, room - 1);

	ret[got > 0 ? got : 0] = '\0';
	return got > 0 ? (size_t)got : 0;
}

static bool is_terminal_of(int process, unsigned long fd)
{
	char name[40], target[64];

	snprintf(name, sizeof name, "fd/%lu", fd);
	ssize_t len = readlinkat(process, name, target, sizeof target - 1);
	target[len > 0 ? len : 0] = '\0';
	return text_starts(target, "/dev/pts/") || strcmp(target, "/dev/tty") == 0;
}

static bool is_poll(long call)
{
	static const long polls[] = {
#ifdef SYS_poll
		SYS_poll, SYS_select,
#endif
		SYS_ppoll, SYS_pselect6
	};

	for (size_t i = 0; i < COUNT(polls); i++)
		if (polls[i] == call)
			return true;
	return false;
}

/* "0 0x0 0x7f.. ...": the call a sleeping thread stands in, and its first argument; "running" for one that does not. */
static bool thread_waits(int process, int thread, bool is_long)
{
	char line[256], *end;
	unsigned long fd;
	long call;

	if (read_line(thread, "syscall", line, sizeof line) == 0 || line[0] < '0' || line[0] > '9')
		return false;
	call = strtol(line, &end, 10);
	fd = strtoul(end, NULL, 16);
	if (call == SYS_read || call == SYS_readv)
		return is_terminal_of(process, fd);
	return is_long && is_poll(call) && is_terminal_of(process, 0);
}

static bool process_waits(int proc, const char *pid, bool is_long)
{
	AUTO_FREE char *name = mem_printf("%s/task", pid);
	AUTO_FD int process = openat(proc, pid, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int tasks = process < 0 ? -1 : openat(proc, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = tasks < 0 ? NULL : fdopendir(tasks);
	bool waits = false;

	for (struct dirent *entry; !waits && d && (entry = readdir(d)) != NULL;) {
		AUTO_FD int thread = entry->d_name[0] == '.'
			? -1
			: openat(tasks, entry->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		waits = thread >= 0 && thread_waits(process, thread, is_long);
	}
	if (d)
		closedir(d);
	else if (tasks >= 0)
		close(tasks);
	return waits;
}

static bool somebody_waits(bool is_long)
{
	DIR *d = opendir("/proc");
	bool waits = false;

	for (struct dirent *entry; !waits && d && (entry = readdir(d)) != NULL;)
		if (atoi(entry->d_name) > 1)
			waits = process_waits(dirfd(d), entry->d_name, is_long);
	if (d)
		closedir(d);
	return waits;
}

bool talking_is_asked(struct talking *t, int64_t now)
{
	int64_t quiet = now - t->quiet_since;
	int unread = 0;

	if (!t->wants_asked || t->is_told || t->taken < t->typed.len ||
		quiet < (t->has_printed ? QUIET_PROMPT : QUIET_BARE))
		return false;
	if (t->slave >= 0 && ioctl(t->slave, FIONREAD, &unread) == 0 && unread > 0)
		return false;
	if (!somebody_waits(quiet >= QUIET_POLLS))
		return false;
	t->is_told = true;
	return true;
}
