/* boot.c - the first process's part of a booted test root: starts systemd, lets commands enter, asks for the power-off. */
#include "sandbox/boot.h"
#include "sandbox/calls_watch.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const struct {
	const char *file;
	int flag;
} spaces[BOOT_SPACES] = { { "pid", CLONE_NEWPID }, { "mnt", CLONE_NEWNS }, { "cgroup", CLONE_NEWCGROUP } };

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void shut(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static int notify_socket(int *ret, struct err *e)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	AUTO_FD int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	memcpy(at.sun_path, BOOT_NOTIFY, sizeof BOOT_NOTIFY - 1);
	at.sun_path[0] = '\0';
	if (fd < 0 ||
		bind(fd, (struct sockaddr *)&at,
			(socklen_t)(offsetof(struct sockaddr_un, sun_path) + sizeof BOOT_NOTIFY - 1)))
		return err_sys(e, "the socket on which systemd says that it is up");
	*ret = fd;
	fd = -1;
	return 0;
}

static int join(int procs)
{
	return procs < 0 || write(procs, "0", 1) == 1 ? 0 : -1;
}

/* Memory and processes are counted where they are for commands; the tree is the system's own. */
static int join_system(const struct inside *in, struct err *e)
{
	for (int i = 1; i < GROUPS; i++)
		if (join(in->group->procs[i]))
			return err_sys(e, "cannot enter control group %d", i);
	return join(in->group->system) ? err_sys(e, "cannot enter the system's control group") : 0;
}

static int no_stdio(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (int fd = 0; fd <= 2; fd++)
		if (null < 0 || dup2(null, fd) < 0)
			return -1;
	return 0;
}

static void fresh_signals(void)
{
	sigset_t none;

	sigemptyset(&none);
	for (int i = 1; i < NSIG; i++)
		signal(i, SIG_DFL);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static int prepare(const struct inside *in, struct err *e)
{
	if (join_system(in, e))
		return -1;
	if (unshare(CLONE_NEWCGROUP))
		return err_sys(e, "cannot make a control group namespace");
	return mounts_boot(in->plan, e);
}

/* Waits until its namespaces were opened, becomes systemd. A failure goes straight to the supervisor. */
_Noreturn static void become_system(const struct inside *in, int gate)
{
	const struct plan_boot *boot = &in->plan->boot;
	const char *argv[BOOT_ARGUMENTS] = { boot->program };
	struct err e = { 0 };
	char byte;

	if (prepare(in, &e))
		inside_failed(in->socket, &e);
	/* Nobody else lives in this namespace yet; without it the first process itself might not open them (its memory is closed). */
	prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
	if (write(gate, "x", 1) != 1 || read(gate, &byte, 1) != 1 || no_stdio())
		_exit(125);
	for (size_t i = 1; i + 1 < COUNT(argv) && boot->arguments[i - 1]; i++)
		argv[i] = boot->arguments[i - 1];
	setsid();
	fresh_signals();
	if (inside_harden(in, &e) || (in->watch >= 0 && calls_watch(in->watch, WATCH_SYSTEM, &e)))
		inside_failed(in->socket, &e);
	close_range(3, ~0u, 0);
	execve(boot->program, (char *const *)argv, (char *const *)boot->env);
	_exit(127);
}

static int open_spaces(struct boot *b, struct err *e)
{
	for (int i = 0; i < BOOT_SPACES; i++) {
		AUTO_FREE char *path = mem_printf("/proc/%d/ns/%s", (int)b->pid, spaces[i].file);

		b->spaces[i] = open(path, O_RDONLY | O_CLOEXEC);
		if (b->spaces[i] < 0)
			return err_sys(e, "%s", path);
	}
	return 0;
}

static void forget(struct boot *b)
{
	shut(&b->notify);
	for (int i = 0; i < BOOT_SPACES; i++)
		shut(&b->spaces[i]);
}

int boot_start(const struct inside *in, struct boot *b, unsigned seconds, struct err *e)
{
	struct clone_args args = { .flags = CLONE_NEWPID | CLONE_NEWNS, .exit_signal = SIGCHLD };
	int gate[2];
	char byte;

	forget(b);
	if (notify_socket(&b->notify, e))
		return -1;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, gate))
		return err_sys(e, "socketpair");
	b->started = now_ms();
	b->deadline = b->started + (int64_t)seconds * 1000;
	b->pid = (pid_t)syscall(SYS_clone3, &args, sizeof args);
	if (b->pid == 0) {
		close(gate[0]);
		become_system(in, gate[1]);
	}
	close(gate[1]);
	int rc = b->pid < 0                    ? err_sys(e, "cannot make the namespaces of a booted system")
		: read(gate[0], &byte, 1) != 1 ? err_env(e, "the booted system's namespaces could not be prepared")
					       : open_spaces(b, e);
	if (rc == 0 && write(gate[0], "x", 1) != 1)
		rc = err_sys(e, "systemd could not be started");
	close(gate[0]);
	if (rc == 0)
		b->state = BOOT_COMING;
	return rc;
}

/* Datagrams of lines; the one that counts is READY=1. Who else writes here can only be believed too early. */
void boot_heard(struct boot *b)
{
	char text[4096];
	ssize_t len;

	while ((len = recv(b->notify, text, sizeof text - 1, MSG_DONTWAIT)) > 0) {
		char *rest = text, *line;

		text[len] = '\0';
		while ((line = strsep(&rest, "\n")) != NULL)
			if (strcmp(line, "READY=1") == 0)
				b->state = BOOT_UP;
	}
	if (b->state == BOOT_UP)
		shut(&b->notify);
}

void boot_late(struct boot *b)
{
	shut(&b->notify);
	b->state = BOOT_LATE;
}

/* systemd(1): SIGRTMIN+4 asks for a power-off, as a container's manager does. */
void boot_stop(struct boot *b, unsigned seconds)
{
	b->started = now_ms();
	b->deadline = b->started + (int64_t)seconds * 1000;
	b->state = BOOT_GOING;
	kill(b->pid, SIGRTMIN + 4);
}

void boot_ended(struct boot *b, int status)
{
	forget(b);
	b->pid = 0;
	b->status = status;
	b->state = BOOT_GONE;
}

/* In a process of its own, because entering is for good. The command's parent is not it but the first process: that one waits for it, may
 * trace it, and is in no namespace where the inside could reach it. */
_Noreturn static void send_in(
	const struct inside *in, const struct boot *b, int tell, void (*become)(void *), void *context)
{
	struct clone_args args = { .flags = CLONE_PARENT };

	for (int i = 1; i < GROUPS; i++)
		if (join(in->group->procs[i]))
			_exit(126);
	for (int i = 0; i < BOOT_SPACES; i++)
		if (setns(b->spaces[i], spaces[i].flag))
			_exit(126);
	pid_t child = (pid_t)syscall(SYS_clone3, &args, sizeof args);
	if (child == 0) {
		if (join(in->group->commands) == 0)
			become(context);
		_exit(126);
	}
	_exit(child > 0 && write(tell, &child, sizeof child) == sizeof child ? 0 : 126);
}

pid_t boot_fork(const struct inside *in, const struct boot *b, void (*become)(void *), void *context)
{
	pid_t child = -1;
	int tell[2];

	if (pipe2(tell, O_CLOEXEC))
		return -1;
	pid_t helper = fork();
	if (helper == 0)
		send_in(in, b, tell[1], become, context);
	close(tell[1]);
	if (helper > 0 && read(tell[0], &child, sizeof child) != sizeof child) {
		child = -1;
		errno = ECHILD;
	}
	close(tell[0]);
	while (helper > 0 && waitpid(helper, NULL, 0) < 0 && errno == EINTR)
		;
	return child;
}
