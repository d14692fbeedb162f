/* keeper.c - the process between the supervisor and a test root.
 *
 * It owns what must be cleared away: mounts (in its own namespace, so they end with it) and control groups. It holds the reading end of
 * a pipe whose writing end only the supervisor has: when that hangs up, however the supervisor ended, the root is killed and cleared. */
#include "sandbox/boot.h"
#include "sandbox/inside.h"
#include "sandbox/users.h"
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

/* A user namespace that exists only to say how owners map (mount_setattr); fd or -1. */
static int mapping_namespace(const struct id_range *ids, unsigned count, struct err *e)
{
	int pair[2], fd = -1;
	char byte;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		return err_sys(e, "socketpair");
	pid_t child = fork();
	if (child == 0) {
		close(pair[0]);
		/* Lives until the keeper lets go of its end, however that comes. */
		_exit(unshare(CLONE_NEWUSER) == 0 && write(pair[1], "x", 1) == 1 && read(pair[1], &byte, 1) == 0 ? 0
														 : 1);
	}
	close(pair[1]);
	if (child < 0 || read(pair[0], &byte, 1) != 1) {
		err_env(e, "cannot make a user namespace");
	} else if (write_maps(child, ids, count, e) == 0) {
		AUTO_FREE char *path = mem_printf("/proc/%d/ns/user", (int)child);

		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			err_sys(e, "%s", path);
	}
	close(pair[0]);
	if (child > 0)
		waitpid(child, NULL, 0);
	return fd;
}

/* Nothing of the caller's stays open here: another root's pipe held open would keep that root alive. */
static void only_these(int *socket, int *control)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	*socket = fcntl(*socket, F_DUPFD_CLOEXEC, 100);
	*control = fcntl(*control, F_DUPFD_CLOEXEC, 100);
	for (int fd = 0; fd <= 2; fd++)
		dup2(null, fd);
	int low = *socket < *control ? *socket : *control, high = *socket < *control ? *control : *socket;
	close_range(3, (unsigned)low - 1, 0);
	if (high > low + 1)
		close_range((unsigned)low + 1, (unsigned)high - 1, 0);
	close_range((unsigned)high + 1, ~0u, 0);
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
	return flags;
}

static pid_t start_first(
	const struct plan *p, struct inside *in, const struct id_range *ids, int *ret_pidfd, struct err *e)
{
	struct clone_args args = { .exit_signal = SIGCHLD, .pidfd = (uint64_t)(uintptr_t)ret_pidfd };
	int go[2];

	args.flags = namespaces_here(p, &in->missing) | CLONE_PIDFD;
	if (pipe2(go, O_CLOEXEC))
		return err_sys(e, "pipe");
	pid_t child = (pid_t)syscall(SYS_clone3, &args, sizeof args);
	if (child < 0)
		return err_sys(e, "cannot make namespaces");
	if (child == 0) {
		close(go[1]);
		in->keeper = go[0];
		init_main(in);
	}
	close(go[0]);
	if (write_maps(child, ids, p->ids, e) || write(go[1], "x", 1) != 1) {
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

static int keep(const struct plan *p, int socket, int control, bool is_root, unsigned missing, struct cgroup *group,
	struct err *e)
{
	struct id_range ids = { is_root ? IDS_FIRST : 0, is_root };
	struct inside in = { .plan = p, .socket = socket, .group = group };
	AUTO_FD int user_ns = -1;
	int pidfd = -1;

	if (!is_root && users_enter(socket, e))
		return -1;
	if (is_root && unshare(CLONE_NEWNS))
		return err_sys(e, "cannot make a mount namespace");
	if (is_root && (user_ns = mapping_namespace(&ids, p->ids, e)) < 0)
		return -1;
	if (mounts_stage(p, &ids, user_ns, &in.staged, e) || group_make(p, group, &missing, e) ||
		(p->boot.program && boot_group_make(group, &ids, e)))
		return -1;
	in.missing = missing;
	pid_t child = start_first(p, &in, &ids, &pidfd, e);
	if (child < 0)
		return -1;
	close(socket);
	wait_for_end(pidfd, control, child, group);
	return 0;
}

_Noreturn void keeper_main(const struct plan *p, int socket, int control, bool is_root, unsigned missing)
{
	struct cgroup group = NO_CGROUP;
	struct err e = { 0 };

	setsid();
	umask(022);
	signal(SIGPIPE, SIG_IGN);
	prctl(PR_SET_NAME, "sluice-keeper", 0, 0, 0);
	only_these(&socket, &control);
	int rc = keep(p, socket, control, is_root, missing, &group, &e);
	group_remove(&group);
	if (rc)
		inside_failed(socket, &e);
	_exit(0);
}
