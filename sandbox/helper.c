/* helper.c - the helper's plan, its folder in memory, and its end. */
#include "sandbox/helper.h"
#include "base/fs.h"
#include "base/proc.h"
#include "sandbox/calls.h"
#include "sandbox/plan.h"
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/sendfile.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { NOBODY = 65534, THREADS_MAX = 16, FILES_MAX = 64, CANNOT = 125 };

#define REFUSE_OPEN(flag)                                                                                              \
	{                                                                                                              \
		.name = "openat", .action = CALL_REFUSE, .error = EACCES, .when = WHEN_EQUAL, .argument = 2,           \
		.mask = flag, .value = flag                                                                            \
	}
/* Being started, reading, computing, printing. Libraries do without the rest. */
static const struct plan_call calls[] = { ALLOW("execve"), ALLOW("read"), ALLOW("readv"), ALLOW("pread64"),
	ALLOW("write"), ALLOW("writev"), ALLOW("close"), ALLOW("lseek"), ALLOW("fstat"), ALLOW("newfstatat"),
	ALLOW("stat"), ALLOW("lstat"), ALLOW("statx"), ALLOW("openat"), ALLOW("readlink"), ALLOW("readlinkat"),
	ALLOW("access"), ALLOW("faccessat"), ALLOW("faccessat2"), ALLOW("getcwd"), ALLOW("getdents64"),
	ALLOW("fadvise64"), ALLOW("dup"), ALLOW("mmap"), ALLOW("mprotect"), ALLOW("munmap"), ALLOW("mremap"),
	ALLOW("madvise"), ALLOW("brk"), ALLOW("futex"), ALLOW("sched_yield"), ALLOW("sched_getaffinity"),
	ALLOW("clock_gettime"), ALLOW("clock_getres"), ALLOW("gettimeofday"), ALLOW("time"), ALLOW("clock_nanosleep"),
	ALLOW("nanosleep"), ALLOW("getrandom"), ALLOW("getpid"), ALLOW("gettid"), ALLOW("getppid"), ALLOW("getuid"),
	ALLOW("geteuid"), ALLOW("getgid"), ALLOW("getegid"), ALLOW("getrusage"), ALLOW("times"), ALLOW("sysinfo"),
	ALLOW("uname"), ALLOW("umask"), ALLOW("rt_sigaction"), ALLOW("rt_sigprocmask"), ALLOW("rt_sigreturn"),
	ALLOW("sigaltstack"), ALLOW("restart_syscall"), ALLOW("rseq"), ALLOW("set_robust_list"),
	ALLOW("set_tid_address"), ALLOW("arch_prctl"), ALLOW("exit"), ALLOW("exit_group"), ALLOW_IF("prlimit64", 0, 0),
	ALLOW_IF("fcntl", 1, F_GETFD), ALLOW_IF("fcntl", 1, F_SETFD), ALLOW_IF("fcntl", 1, F_GETFL),
	ALLOW_IF("fcntl", 1, F_DUPFD), ALLOW_IF("fcntl", 1, F_DUPFD_CLOEXEC), ALLOW_THREADS, REFUSE("ioctl", ENOTTY),
	REFUSE_OPEN(O_WRONLY), REFUSE_OPEN(O_RDWR), REFUSE_OPEN(O_CREAT), REFUSE_OPEN(O_TRUNC), { 0 } };

const char *helper_find(const char *name)
{
	static const char *const folders[] = { "/usr/bin", "/usr/local/bin" };
	static char path[256];

	for (size_t i = 0; i < COUNT(folders); i++) {
		snprintf(path, sizeof path, "%s/%s", folders[i], name);
		if (access(path, X_OK) == 0)
			return path;
	}
	return NULL;
}

static void plan_for_helper(const struct helper *h, const int *readable, unsigned len, struct plan *ret)
{
	*ret = (struct plan){ .name = "helper",
		.namespaces = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS,
		.become_nobody = true,
		.landlock = true,
		.landlock_fd = -1,
		.landlock_also = readable,
		.landlock_also_len = len,
		.landlock_also_runs = true,
		.calls = { { calls } },
		.calls_len = 1,
		.calls_error = ENOSYS };
	plan_limit(ret, RLIMIT_AS, h->memory);
	plan_limit(ret, RLIMIT_CPU, h->seconds);
	plan_limit(ret, RLIMIT_FSIZE, 0);
	plan_limit(ret, RLIMIT_NOFILE, FILES_MAX);
	plan_limit(ret, RLIMIT_NPROC, THREADS_MAX);
	plan_limit(ret, RLIMIT_CORE, 0);
}

/* ---- the child */

static int write_map(const char *path, unsigned id, struct err *e)
{
	AUTO_FREE char *map = mem_printf("0 %u 1", id);
	AUTO_FD int fd = open(path, O_WRONLY | O_CLOEXEC);

	return fd < 0 || write(fd, map, strlen(map)) < 0 ? err_sys(e, "%s", path) : 0;
}

/* Root needs no user namespace to leave the others. */
static int leave_namespaces(const struct plan *p, struct err *e)
{
	unsigned user = geteuid(), group = getegid();
	int flags = (int)(user == 0 ? p->namespaces & ~(unsigned)CLONE_NEWUSER : p->namespaces), fd;

	if (unshare(flags))
		return err_sys(e, "cannot make namespaces");
	if (user == 0)
		return 0;
	fd = open("/proc/self/setgroups", O_WRONLY | O_CLOEXEC);
	if (fd >= 0 && write(fd, "deny", 4) < 0)
		err_sys(e, "/proc/self/setgroups");
	if (fd >= 0)
		close(fd);
	return write_map("/proc/self/uid_map", user, e) || write_map("/proc/self/gid_map", group, e) ? -1 : 0;
}

static int put_file(const struct helper_file *f, struct err *e)
{
	AUTO_FREE char *path = mem_printf(HELPER_FOLDER "/%s", f->name);
	AUTO_FD int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444);
	off_t at = (off_t)f->at;
	uint64_t left = f->len;

	if (fd < 0)
		return err_sys(e, "%s", path);
	while (left > 0) {
		ssize_t sent = sendfile(fd, f->fd, &at, (size_t)left);

		if (sent <= 0)
			return sent < 0 ? err_sys(e, "%s", path) : err_input(e, "E_CORRUPT", "%s: too short", path);
		left -= (uint64_t)sent;
	}
	return 0;
}

static int put_files(const struct helper *h, struct err *e)
{
	uint64_t room = 1 << 20;

	for (size_t i = 0; i < h->files_len; i++)
		room += h->files[i].len + 4096;
	AUTO_FREE char *options = mem_printf("mode=0755,size=%llu", (unsigned long long)room);
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
		mount("helper", HELPER_FOLDER, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, options))
		return err_sys(e, "cannot make a folder in memory");
	for (size_t i = 0; i < h->files_len; i++)
		if (put_file(&h->files[i], e))
			return -1;
	if (mount(NULL, HELPER_FOLDER, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL))
		return err_sys(e, "cannot make the folder read-only");
	return chdir(HELPER_FOLDER) ? err_sys(e, HELPER_FOLDER) : 0;
}

static int become_nobody(struct err *e)
{
	if (geteuid() != 0 ||
		(setgroups(0, NULL) == 0 && setresgid(NOBODY, NOBODY, NOBODY) == 0 &&
			setresuid(NOBODY, NOBODY, NOBODY) == 0))
		return 0;
	/* Root of a user namespace without these ids stays what it is: that namespace is its cage. */
	return errno == EINVAL || errno == EPERM ? 0 : err_sys(e, "cannot become nobody");
}

static unsigned open_readable(int *ret, unsigned room)
{
	static const char *const folders[] = { "/usr", "/lib", "/lib64", "/lib32", HELPER_FOLDER };
	unsigned len = 0;

	for (size_t i = 0; i < COUNT(folders) && len < room; i++) {
		ret[len] = open(folders[i], O_PATH | O_DIRECTORY | O_CLOEXEC);
		len += ret[len] >= 0;
	}
	return len;
}

static int quiet_descriptors(int output, struct err *e)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null < 0 || dup2(null, 0) < 0 || dup2(output, 1) < 0 || dup2(null, 2) < 0)
		return err_sys(e, "cannot set up its output");
	return close_range(3, ~0U, CLOSE_RANGE_CLOEXEC) ? err_sys(e, "cannot close descriptors") : 0;
}

static int enter(const struct helper *h, int output, struct err *e)
{
	int readable[8];
	struct plan p;
	unsigned missing = 0;

	plan_for_helper(h, NULL, 0, &p);
	if (leave_namespaces(&p, e) || put_files(h, e) || quiet_descriptors(output, e) || become_nobody(e))
		return -1;
	plan_for_helper(h, readable, open_readable(readable, COUNT(readable)), &p);
	/* The limits come last: a sanitizer's process has more memory already, and the filter lets them be lowered. */
	return harden_capabilities(&p, e) || harden_process(e) || harden_landlock(&p, &missing, e) ||
			harden_calls(&p, &missing, e) || harden_limits(&p, e)
		? -1
		: 0;
}

static void say_failed(int line, const struct err *e)
{
	ssize_t said = write(line, e->text, strlen(e->text));

	_exit(said < 0 ? CANNOT + 1 : CANNOT);
}

_Noreturn static void child(const struct helper *h, int output, int line)
{
	static const char *const env[] = { "PATH=/usr/bin", "LC_ALL=C.UTF-8", "HOME=/nonexistent", NULL };
	struct err e = { 0 };

	if (enter(h, output, &e) == 0) {
		execve(h->program, (char *const *)(uintptr_t)h->argv, (char *const *)(uintptr_t)env);
		err_sys(&e, "%s", h->program);
	}
	say_failed(line, &e);
	_exit(CANNOT);
}

/* ---- the parent */

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Reads to the end, until it is late, or until there are more than `room` bytes. */
static void collect(int fd, size_t room, int64_t deadline, struct helper_result *ret)
{
	char piece[4096];
	size_t len = 0;

	ret->output = mem_alloc(room + 1);
	for (;;) {
		int64_t left = deadline - now_ms();
		struct pollfd p = { fd, POLLIN, 0 };
		ssize_t got;

		if (left <= 0 || (poll(&p, 1, (int)left) == 0)) {
			ret->is_timeout = true;
			break;
		}
		got = read(fd, piece, sizeof piece);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		size_t used = (size_t)got < room - len ? (size_t)got : room - len;
		memcpy(ret->output + len, piece, used);
		len += used;
		ret->is_cut = used < (size_t)got;
		if (ret->is_cut)
			break;
	}
	ret->output[len] = 0;
}

static int finish(pid_t pid, int line, struct helper_result *ret, struct err *e)
{
	char why[512];
	ssize_t len;
	int status;

	if (ret->is_timeout || ret->is_cut)
		kill(pid, SIGKILL);
	len = read(line, why, sizeof why - 1);
	status = proc_end(pid, 2000);
	if (len > 0) {
		why[len] = 0;
		return err_env(e, "cannot shut in what reads hostile files: %s", why);
	}
	ret->exit = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	return 0;
}

int helper_run(const struct helper *h, struct helper_result *ret, struct err *e)
{
	int output[2], line[2], rc;
	pid_t pid;

	*ret = (struct helper_result){ 0 };
	if (pipe2(output, O_CLOEXEC))
		return err_sys(e, "pipe");
	if (pipe2(line, O_CLOEXEC)) {
		close(output[0]);
		close(output[1]);
		return err_sys(e, "pipe");
	}
	pid = fork();
	if (pid == 0)
		child(h, output[1], line[1]);
	close(output[1]);
	close(line[1]);
	if (pid < 0) {
		rc = err_sys(e, "cannot fork");
	} else {
		collect(output[0], h->output, now_ms() + (int64_t)h->seconds * 1000, ret);
		rc = finish(pid, line[0], ret, e);
	}
	close(output[0]);
	close(line[0]);
	if (rc) {
		free(ret->output);
		ret->output = NULL;
	}
	return rc;
}
