/* keeper.c - the process between the supervisor and a test root.
 *
 * It owns what must be cleared away: mounts (in its own namespace, so they end with it) and control groups. It holds the reading end of
 * a pipe whose writing end only the supervisor has: when that hangs up, however the supervisor ended, the root is killed and cleared. */
#include "sandbox/boot.h"
#include "sandbox/inside.h"
#include "sandbox/users.h"
#include "sandbox/watcher.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { IDS_FIRST = 0x70000000 }; /* above what systemd-nspawn and login.defs hand out */

_Noreturn void inside_failed(int socket, const struct err *e)
{
	struct pack p = { 0 };
	struct err ignored = { 0 };

	pack_u8(&p, (uint8_t)e->class);
	pack_str(&p, e->text);
	pack_str(&p, e->hint);
	if (frame_write(socket, SAY_FAILED, p.at, p.len, &ignored))
		_exit(2);
	_exit(1);
}

static int write_map(pid_t of, const char *file, const struct id_range *ids, unsigned count, struct err *e)
{
	AUTO_FREE char *path = mem_printf("/proc/%d/%s", (int)of, file);
	AUTO_FREE char *text = mem_printf("0 %u %u\n", ids->first, count);
	AUTO_FD int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		return err_sys(e, "%s", path);
	return 0;
}

static int write_maps(pid_t of, const struct id_range *ids, unsigned count, struct err *e)
{
	return write_map(of, "uid_map", ids, count, e) || write_map(of, "gid_map", ids, count, e) ? -1 : 0;
}

/* Goes ahead: as root it makes a user namespace that exists only to say how owners map (mount_setattr), and then it enters the groups first, which
 * takes the kernel a while (inside.h), while mounts are made. Lives until the keeper lets go of its end, however that comes. */
_Noreturn static void go_ahead(const struct cgroup *group, bool is_root, int keeper)
{
	unsigned char byte = is_root && unshare(CLONE_NEWUSER) ? (unsigned char)errno : 0;

	if (is_root && (write(keeper, &byte, 1) != 1 || byte))
		_exit(1);
	/* That the groups cannot be entered the command will say that does it in earnest. */
	bool has_entered = group_enter(group) == 0;
	_exit(read(keeper, &byte, 1) == 0 && has_entered ? 0 : 1);
}

static int open_mapping(pid_t of, int ahead, const struct id_range *ids, unsigned count, int *ret, struct err *e)
{
	AUTO_FREE char *path = mem_printf("/proc/%d/ns/user", (int)of);
	unsigned char error;

	if (read(ahead, &error, 1) != 1)
		return err_env(e, "cannot make a user namespace");
	if (error) {
		errno = error;
		return users_refused(e);
	}
	if (write_maps(of, ids, count, e))
		return -1;
	*ret = open(path, O_RDONLY | O_CLOEXEC);
	return *ret < 0 ? err_sys(e, "%s", path) : 0;
}

/* The caller reaps it. *ret_user_ns stays as it is for an ordinary user, whose files have the right owners. */
static int start_ahead(const struct cgroup *group, const struct id_range *ids, unsigned count, pid_t *ret,
	int *ret_user_ns, struct err *e)
{
	int pair[2], rc = 0;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		return err_sys(e, "socketpair");
	*ret = fork();
	if (*ret == 0) {
		close(pair[0]);
		go_ahead(group, ids->is_root, pair[1]);
	}
	close(pair[1]);
	if (*ret < 0)
		rc = err_sys(e, "cannot fork");
	else if (ids->is_root)
		rc = open_mapping(*ret, pair[0], ids, count, ret_user_ns, e);
	close(pair[0]);
	return rc;
}

/* Nothing of the caller's stays open here: another root's pipe held open would keep that root alive. */
static void only_these(int *socket, int *control, int *watch)
{
	int *const kept[] = { socket, control, watch };
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (size_t i = 0; i < COUNT(kept); i++)
		*kept[i] = fcntl(*kept[i], F_DUPFD_CLOEXEC, 100);
	for (int fd = 0; fd <= 2; fd++)
		dup2(null, fd);
	for (size_t i = 0; i < COUNT(kept); i++)
		*kept[i] = dup3(*kept[i], 3 + (int)i, O_CLOEXEC);
	close_range(3 + COUNT(kept), ~0u, 0);
}

/* What this kernel lacks is left out and named; seccomp is asked for here because only commands load it. */
static unsigned namespaces_here(const struct plan *p, unsigned *missing)
{
	unsigned flags = p->namespaces;

	for (const struct layer_namespace *n = layer_namespaces; n->flag; n++) {
		AUTO_FREE char *file = mem_printf("/proc/self/ns/%s", n->file);

		if (p->namespaces & n->flag && access(file, F_OK)) {
			flags &= ~n->flag;
			*missing |= 1u << n->layer;
		}
	}
	if (p->calls_len && prctl(PR_GET_SECCOMP, 0, 0, 0, 0) < 0 && errno == EINVAL)
		*missing |= LAYER(SECCOMP);
	if (!harden_has_landlock()) /* the report's writer stands behind it (shut_in.h) */
		*missing |= LAYER(LANDLOCK);
	return flags;
}

/* Commands hand their listeners over in->watch; the watcher takes them at *ret. */
static int open_hand(const struct plan *p, struct inside *in, int *ret)
{
	const unsigned needed = LAYER(USER) | LAYER(PID) | LAYER(NETWORK) | LAYER(SECCOMP);
	int pair[2];

	if (!p->watch || in->missing & needed)
		return 0;
	if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, pair))
		return -1;
	in->watch = pair[0];
	*ret = pair[1];
	return 0;
}

static int say_go(int go, struct err *e)
{
	return write(go, "x", 1) == 1 ? 0 : err_sys(e, "the first process is gone");
}

/* When its ids are mapped, one word lets the first process make its network, which it answers, a second one enter its root, a third one, when the
 * watcher stands beside it, run something. Whose namespaces the watcher enters is known before the second word: from then on an ordinary user may
 * not ask any more. */
static int let_go(const struct plan *p, const struct inside *in, pid_t first, int go, int socket, int hand, pid_t *ret,
	struct err *e)
{
	AUTO_FD int user = -1;
	AUTO_FD int net = -1;
	bool is_watched = in->watch >= 0;
	char byte;

	if (say_go(go, e) || read(go, &byte, 1) != 1)
		return err_sys(e, "the first process is gone");
	if ((is_watched && watcher_spaces(first, &user, &net, e)) || say_go(go, e))
		return -1;
	if (is_watched && watcher_start(p, first, (struct watcher_fds){ socket, hand, user, net }, ret, e))
		return -1;
	return say_go(go, e);
}

static pid_t start_first(const struct plan *p, struct inside *in, const struct id_range *ids, int watch, int *ret_pidfd,
	pid_t *ret_watcher, struct err *e)
{
	struct clone_args args = { .exit_signal = SIGCHLD, .pidfd = (uint64_t)(uintptr_t)ret_pidfd };
	AUTO_FD int hand = -1;
	int go[2];

	args.flags = (namespaces_here(p, &in->missing) & ~(unsigned)CLONE_NEWNET) | CLONE_PIDFD;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, go) || open_hand(p, in, &hand))
		return err_sys(e, "socketpair");
	pid_t child = (pid_t)syscall(SYS_clone3, &args, sizeof args);
	if (child < 0)
		return err_sys(e, "cannot make namespaces");
	if (child == 0) {
		close(go[1]);
		close(watch);
		if (hand >= 0)
			close(hand);
		in->keeper = go[0];
		init_main(in);
	}
	close(go[0]);
	if (write_maps(child, ids, p->ids, e) || let_go(p, in, child, go[1], watch, hand, ret_watcher, e)) {
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
		return -1;
	}
	/* go[1] stays open while the keeper lives: the first process ends when it hangs up. */
	return child;
}

static void wait_for_end(int pidfd, int control, pid_t child, const struct cgroup *group)
{
	struct pollfd fds[2] = { { pidfd, POLLIN, 0 }, { control, POLLIN, 0 } };

	while (poll(fds, 2, -1) < 0 && errno == EINTR)
		;
	if (!fds[0].revents) {
		group_kill(group);
		kill(child, SIGKILL);
	}
	while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
		;
}

static int keep(const struct plan *p, int socket, int control, int watch, bool is_root, unsigned missing,
	struct cgroup *group, struct err *e)
{
	struct id_range ids = { is_root ? IDS_FIRST : 0, is_root };
	struct inside in = { .plan = p, .socket = socket, .group = group, .watch = -1 };
	AUTO_FD int user_ns = -1;
	pid_t watcher = 0, ahead = 0;
	int pidfd = -1;

	if (!is_root && users_enter(socket, e))
		return -1;
	if (is_root && unshare(CLONE_NEWNS))
		return err_sys(e, "cannot make a mount namespace");
	if (group_make(p, group, &missing, e) || start_ahead(group, &ids, p->ids, &ahead, &user_ns, e))
		return -1;
	int rc = mounts_stage(p, &ids, user_ns, &in.staged, e);
	if (rc || (p->boot.program && boot_group_make(group, &ids, e)))
		return -1;
	in.missing = missing;
	pid_t child = start_first(p, &in, &ids, watch, &pidfd, &watcher, e);
	if (child < 0)
		return -1;
	close(socket);
	close(watch);
	wait_for_end(pidfd, control, child, group);
	if (watcher > 0) {
		kill(watcher, SIGKILL);
		waitpid(watcher, NULL, 0);
	}
	if (ahead > 0)
		waitpid(ahead, NULL, 0);
	return 0;
}

_Noreturn void keeper_main(const struct plan *p, int socket, int control, int watch, bool is_root, unsigned missing)
{
	struct cgroup group = NO_CGROUP;
	struct err e = { 0 };

	setsid();
	umask(022);
	signal(SIGPIPE, SIG_IGN);
	prctl(PR_SET_NAME, "sluice-keeper", 0, 0, 0);
	only_these(&socket, &control, &watch);
	int rc = keep(p, socket, control, watch, is_root, missing, &group, &e);
	group_remove(&group);
	if (rc)
		inside_failed(socket, &e);
	_exit(0);
}
