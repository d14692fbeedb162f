/* watcher.c - the watcher's life: it enters the root's namespaces, shuts itself in, then waits for calls, packets and questions. */
#include "sandbox/watcher.h"
#include "sandbox/calls.h"
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PACKETS_AT_ONCE = 64, DECIDE_MS = 6000, HURRY = -10, QUESTION_LIMIT = 65536 };

/* Those of the loop, of the C library below it, and what offering ports needs. */
static const struct plan_call calls_allowed[] = { ALLOW("read"), ALLOW("write"), ALLOW("readv"), ALLOW("writev"),
	ALLOW("pread64"), ALLOW("close"), ALLOW("poll"), ALLOW("ppoll"), ALLOW("recvmsg"), ALLOW("sendmsg"),
	ALLOW("recvfrom"), ALLOW("sendto"), ALLOW("ioctl"), ALLOW("openat"), ALLOW("openat2"), ALLOW("readlinkat"),
	ALLOW("newfstatat"), ALLOW("fstat"), ALLOW("getdents64"), ALLOW("lseek"), ALLOW("fcntl"),
	ALLOW("process_vm_readv"), ALLOW("pidfd_open"), ALLOW("pidfd_getfd"), ALLOW("getsockopt"), ALLOW("setsockopt"),
	ALLOW("getsockname"), ALLOW("shutdown"), ALLOW_IF("socket", 0, AF_INET), ALLOW_IF("socket", 0, AF_INET6),
	ALLOW("connect"), ALLOW("clock_gettime"), ALLOW("clock_nanosleep"), ALLOW("getrandom"), ALLOW("mmap"),
	ALLOW("munmap"), ALLOW("mremap"), ALLOW("mprotect"), ALLOW("madvise"), ALLOW("brk"), ALLOW("clone"),
	ALLOW("fork"), ALLOW("wait4"), ALLOW("waitid"), ALLOW("kill"), ALLOW("getpid"), ALLOW("gettid"),
	ALLOW("getppid"), ALLOW("set_robust_list"), ALLOW("rseq"), ALLOW("futex"), ALLOW("prctl"),
	ALLOW("rt_sigaction"), ALLOW("rt_sigprocmask"), ALLOW("rt_sigreturn"), ALLOW("sigaltstack"),
	ALLOW("restart_syscall"), ALLOW("exit"), ALLOW("exit_group"), ALLOW("tgkill"), ALLOW("uname"),
	ALLOW("sched_yield"), { 0 } };

int64_t watcher_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void send_packet(void *context, const uint8_t *at, size_t len)
{
	const struct watcher *w = context;

	/* A full queue loses it, as networks do: it is sent again. */
	if (write(w->tun, at, len) < 0 && errno != EAGAIN)
		return;
}

/* ---- beginning */
static int open_of(pid_t first, const char *what, struct err *e)
{
	AUTO_FREE char *path = mem_printf("/proc/%d/ns/%s", (int)first, what);
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	return fd < 0 ? err_sys(e, "%s", path) : fd;
}

/* From here on it is a root of the inner namespace only, below an empty folder; it keeps what it holds open. */
static int shut_in(int user, struct err *e)
{
	struct plan own = { .name = "watcher",
		.landlock_fd = -1,
		.calls = { { calls_allowed } },
		.calls_len = 1,
		.calls_error = EPERM,
		.capabilities = 1ull << CAP_SYS_PTRACE | 1ull << CAP_DAC_READ_SEARCH };
	unsigned missing = 0;

	if (setns(user, CLONE_NEWUSER) || setresgid(0, 0, 0) || setgroups(0, NULL) || setresuid(0, 0, 0))
		return err_sys(e, "cannot become root of the namespace");
	if (chdir("/proc/self/fdinfo") || chroot("."))
		return err_sys(e, "cannot shut myself in");
	if (harden_capabilities(&own, e) || harden_process(e) || harden_calls(&own, &missing, e))
		return -1;
	return 0;
}

/* Routes are never made in the machine's own network. */
static bool is_ours(int net)
{
	struct stat theirs, ours;

	return fstat(net, &theirs) || stat("/proc/self/ns/net", &ours) ||
		(theirs.st_ino == ours.st_ino && theirs.st_dev == ours.st_dev);
}

int watcher_spaces(pid_t first, int *ret_user, int *ret_net, struct err *e)
{
	*ret_user = open_of(first, "user", e);
	*ret_net = *ret_user < 0 ? -1 : open_of(first, "net", e);
	return *ret_net < 0 ? -1 : 0;
}

static int prepare(struct watcher *w, int user, int net, struct err *e)
{
	bool has_v6 = false;

	if (is_ours(net))
		return err_env(e, "the test root has no network of its own");
	w->proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (w->proc < 0 || setns(net, CLONE_NEWNET))
		return err_sys(e, "cannot enter the test root's network");
	w->tun = w->plan->wire ? wire_link(&has_v6, w->no_wire, sizeof w->no_wire) : -1;
	wire_init(&w->wire, w->plan->hostname, has_v6, (struct wire_out){ send_packet, w });
	if (seen_init(w, e))
		return -1;
	/* Who waits for it should not wait for others too; an ordinary user may not ask for that. */
	setpriority(PRIO_PROCESS, 0, HURRY);
	if (shut_in(user, e))
		return -1;
	close(user);
	close(net);
	return 0;
}

/* ---- the loop */
static void read_packets(struct watcher *w)
{
	uint8_t bytes[PACKET_MAX];

	for (int i = 0; i < PACKETS_AT_ONCE; i++) {
		ssize_t len = read(w->tun, bytes, sizeof bytes);

		if (len <= 0)
			return;
		wire_packet(&w->wire, bytes, (size_t)len, watcher_now());
	}
}

static void take_listener(struct watcher *w)
{
	unsigned command = 0;
	int fd = calls_take_listener(w->hand, &command);

	if (fd < 0)
		return;
	seen_listener(fd);
	*LIST_ADD(&w->listeners) = (struct listener){ .fd = fd, .command = command };
}

static void offer(struct watcher *w)
{
	w->offering = fork();
	if (w->offering == 0)
		offer_ports(w);
}

/* Whatever became of the child that offered: its list has an end. */
static int offered(struct watcher *w, struct err *e)
{
	int status = 0;
	uint8_t cut;

	if (w->offering > 0 && waitpid(w->offering, &status, WNOHANG) != w->offering)
		return 0;
	cut = w->offering < 0 || status != 0;
	w->offering = 0;
	return frame_write(w->socket, SAY_OFFERED, &cut, 1, e);
}

static int question(struct watcher *w, struct err *e)
{
	struct frame f;
	int rc = frame_read(&w->frames, 0, &f, e);

	if (rc <= 0)
		return -1;
	if (f.type == ASK_WATCHED)
		w->asked_since = watcher_now();
	else if (f.type == ASK_OFFER && w->offering == 0)
		offer(w);
	else
		return err_input(e, "E_STRUCTURE", "unknown question %u", f.type);
	return 0;
}

/* What is still undecided is waited for, but not for ever. */
static int tell(struct watcher *w, struct err *e)
{
	if (!w->asked_since || (wire_is_undecided(&w->wire) && watcher_now() - w->asked_since < DECIDE_MS))
		return 0;
	wire_flush(&w->wire);
	w->asked_since = 0;
	return say_seen(w, e);
}

static void serve_listeners(struct watcher *w, const struct pollfd *fds, size_t len)
{
	for (size_t i = len; i-- > 0;) {
		struct listener *l = &w->listeners.at[i];
		bool is_over = fds[i].revents & (POLLHUP | POLLERR | POLLNVAL);

		if (fds[i].revents & POLLIN)
			is_over = seen_call(w, l) != 0;
		if (is_over) {
			close(l->fd);
			*l = w->listeners.at[--w->listeners.len];
		}
	}
}

static int patience(struct watcher *w)
{
	int wait = w->tun < 0 ? -1 : wire_tick(&w->wire, watcher_now());

	return w->offering || w->asked_since ? 20 : wait;
}

static int loop(struct watcher *w, struct err *e)
{
	enum { OWN = 3 };
	AUTO_FREE struct pollfd *fds = NULL;
	size_t room = 0;

	for (;;) {
		size_t listeners = w->listeners.len;

		if (!fds || room < listeners + OWN)
			fds = mem_resize(fds, (room = (listeners + OWN) * 2) * sizeof *fds);
		fds[0] = (struct pollfd){ w->socket, POLLIN, 0 };
		fds[1] = (struct pollfd){ w->hand, POLLIN, 0 };
		fds[2] = (struct pollfd){ w->tun, POLLIN, 0 };
		for (size_t i = 0; i < listeners; i++)
			fds[OWN + i] = (struct pollfd){ w->listeners.at[i].fd, POLLIN, 0 };
		if (poll(fds, listeners + OWN, patience(w)) < 0 && errno != EINTR)
			return err_sys(e, "poll");
		if (fds[2].revents & POLLIN)
			read_packets(w);
		serve_listeners(w, fds + OWN, listeners);
		if (fds[1].revents & POLLIN)
			take_listener(w);
		else if (fds[1].revents)
			w->hand = -1; /* the first process is gone: the keeper will end us */
		if ((w->offering && offered(w, e)) || (fds[0].revents && question(w, e)) || tell(w, e))
			return -1;
	}
}

/* Only these stay: the supervisor's, the first process's, the one that says how the beginning went, what is entered. */
static void only_these(int *const *all, size_t len)
{
	for (size_t i = 0; i < len; i++)
		*all[i] = fcntl(*all[i], F_DUPFD_CLOEXEC, 500);
	for (size_t i = 0; i < len; i++)
		*all[i] = dup2(*all[i], 3 + (int)i);
	close_range(3 + (unsigned)len, ~0u, 0);
}

_Noreturn static void watcher_main(const struct plan *p, pid_t first, struct watcher_fds fds, int ready)
{
	int *const kept[] = { &fds.socket, &fds.hand, &ready, &fds.user, &fds.net };
	struct watcher *w = mem_alloc(sizeof *w);
	struct err e = { 0 };

	only_these(kept, COUNT(kept));
	prctl(PR_SET_NAME, "sluice-watcher", 0, 0, 0);
	*w = (struct watcher){ .plan = p, .socket = fds.socket, .hand = fds.hand, .tun = -1, .first = first };
	framer_init(&w->frames, fds.socket, QUESTION_LIMIT);
	if (prepare(w, fds.user, fds.net, &e)) {
		if (write(ready, e.text, strlen(e.text)) < 0)
			_exit(2);
		_exit(1);
	}
	if (write(ready, "", 1) != 1)
		_exit(2); /* the keeper is gone already */
	close(ready);
	_exit(loop(w, &e) ? 1 : 0);
}

int watcher_start(const struct plan *p, pid_t first, struct watcher_fds fds, pid_t *ret, struct err *e)
{
	char text[512];
	int ready[2];

	if (pipe2(ready, O_CLOEXEC))
		return err_sys(e, "pipe");
	pid_t child = fork();
	if (child == 0)
		watcher_main(p, first, fds, ready[1]);
	close(ready[1]);
	ssize_t got = child < 0 ? -1 : read(ready[0], text, sizeof text - 1);
	close(ready[0]);
	if (got == 1 && text[0] == '\0') {
		*ret = child;
		return 0;
	}
	if (child > 0) {
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
	}
	text[got > 0 ? got : 0] = '\0';
	return err_env(e, "the watcher did not start: %s", text);
}
