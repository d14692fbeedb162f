/* users.c - subordinate ids through newuidmap(1) and newgidmap(1). */
#include "sandbox/users.h"
#include "base/proc.h"
#include "sandbox/inside.h"
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

bool users_is_root(void)
{
	cap_t caps = cap_get_proc();
	cap_flag_value_t value = CAP_CLEAR;

	if (caps)
		cap_get_flag(caps, CAP_SYS_ADMIN, CAP_EFFECTIVE, &value);
	cap_free(caps);
	return geteuid() == 0 && value == CAP_SET;
}

bool users_may_read(const char *path, struct err *e)
{
	struct stat st;
	mode_t wanted;

	if (users_is_root())
		return true;
	if (stat(path, &st)) {
		err_sys(e, "%s", path);
		return false;
	}
	wanted = S_ISDIR(st.st_mode) ? S_IROTH | S_IXOTH : S_IROTH;
	if ((st.st_mode & wanted) == wanted)
		return true;
	err_env(e, "%s: its owner alone may read it, and in the test root you are nobody", path);
	err_hint(e, S_ISDIR(st.st_mode) ? "chmod o+rx" : "chmod o+r");
	return false;
}

/* The first range of the caller in /etc/subuid or /etc/subgid. */
static int subordinate(const char *file, unsigned count, unsigned *ret, struct err *e)
{
	struct passwd *me = getpwuid(getuid());
	char line[256];
	FILE *f = fopen(file, "re");
	bool found = false;

	while (f && !found && fgets(line, sizeof line, f)) {
		char *first = strchr(line, ':'), *len = first ? strchr(first + 1, ':') : NULL;

		if (!len)
			continue;
		*first++ = '\0';
		found = ((me && strcmp(line, me->pw_name) == 0) || strtoul(line, NULL, 10) == getuid()) &&
			strtoul(len + 1, NULL, 10) >= count;
		if (found)
			*ret = (unsigned)strtoul(first, NULL, 10);
	}
	if (f)
		fclose(f);
	if (found)
		return 0;
	err_env(e, "%s gives this user no range of %u ids", file, count);
	return err_hint(
		e, "add one with usermod --add-subuids 100000-165535 --add-subgids 100000-165535 USER, or run as root");
}

/* 0..65535: subordinate; 65536: the caller's own */
static int map_with(const char *tool, const char *file, pid_t process, unsigned own, struct err *e)
{
	unsigned first = 0;

	if (subordinate(file, USERS_IDS, &first, e))
		return -1;
	AUTO_FREE char *pid = mem_printf("%d", (int)process), *from = mem_printf("%u", first),
		       *count = mem_printf("%u", USERS_IDS), *self = mem_printf("%u", own);
	const char *const argv[] = { tool, pid, "0", from, count, count, self, "1", NULL };
	return proc_must(argv, e);
}

int users_map(pid_t process, struct err *e)
{
	if (map_with("newuidmap", "/etc/subuid", process, geteuid(), e) ||
		map_with("newgidmap", "/etc/subgid", process, getegid(), e))
		return err_wrap(e, "user namespace");
	return 0;
}

int users_refused(struct err *e)
{
	int error = errno;

	err_sys(e, "cannot make a user namespace");
	return err_hint(e, "%s",
		error == EPERM ? "the kernel makes none inside a chroot: enter the root as a container, a virtual "
				 "machine or by "
				 "pivot_root; else a container's rules or kernel.unprivileged_userns_clone forbid it"
			       : "sysctl user.max_user_namespaces says how many there may be");
}

int users_enter(int socket, struct err *e)
{
	struct framer f;
	struct frame answer;

	if (unshare(CLONE_NEWUSER | CLONE_NEWNS))
		return users_refused(e);
	if (frame_write(socket, SAY_MAP, NULL, 0, e))
		return -1;
	framer_init(&f, socket, 64);
	int rc = frame_read(&f, 60000, &answer, e);
	framer_done(&f);
	if (rc != 1 || answer.type != ASK_GO)
		return rc < 0 ? -1 : err_env(e, "the user namespace got no ids");
	if (setresgid(0, 0, 0) || setgroups(0, NULL) || setresuid(0, 0, 0))
		return err_sys(e, "cannot become root of the namespace");
	/* Becoming it made our files in /proc the machine's root's; we must write the maps of processes we start. */
	prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
	return 0;
}

/* ---- running one function there */
static int tell_failure(int socket, const struct err *e)
{
	struct pack p = { 0 };
	struct err ignored = { 0 };
	int rc;

	pack_u32(&p, e->class);
	pack_str(&p, e->text);
	pack_str(&p, e->hint);
	rc = frame_write(socket, SAY_FAILED, p.at, p.len, &ignored);
	pack_done(&p);
	return rc;
}

_Noreturn static void run_inside(int (*fn)(void *context, struct err *e), void *context, int socket)
{
	struct err e = { 0 };

	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	if (users_enter(socket, &e) || fn(context, &e))
		_exit(tell_failure(socket, &e) ? 2 : 1);
	_exit(frame_write(socket, SAY_END, NULL, 0, &e) ? 2 : 0);
}

static int hear_failure(const struct frame *f, struct err *e)
{
	AUTO(arena) arena = { 0 };
	struct unpack u = { f->at, f->len, false, &arena };
	unsigned class = unpack_u32(&u);
	const char *text = unpack_str(&u), *hint = unpack_str(&u);

	err_set(e, class >= ERR_USAGE && class <= ERR_ENV ? (enum err_class) class : ERR_ENV, NULL, "%s",
		text ? text : "it failed");
	if (hint && *hint)
		err_hint(e, "%s", hint);
	return -1;
}

static int follow(pid_t child, int socket, struct err *e)
{
	struct framer frames;
	struct frame f;
	int rc;

	framer_init(&frames, socket, 65536);
	while ((rc = frame_read(&frames, -1, &f, e)) == 1 && f.type == SAY_MAP) {
		rc = users_map(child, e) || frame_write(socket, ASK_GO, NULL, 0, e) ? -1 : 0;
		if (rc)
			break;
	}
	if (rc == 1)
		rc = f.type == SAY_END ? 0 : hear_failure(&f, e);
	else if (rc == 0)
		rc = err_env(e, "the helper process ended unexpectedly");
	framer_done(&frames);
	return rc;
}

int users_run(int (*fn)(void *context, struct err *e), void *context, struct err *e)
{
	int pair[2], rc;

	if (users_is_root())
		return fn(context, e);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		return err_sys(e, "socketpair");
	pid_t child = fork();
	if (child == 0) {
		close(pair[0]);
		run_inside(fn, context, pair[1]);
	}
	close(pair[1]);
	rc = child < 0 ? err_sys(e, "cannot fork") : follow(child, pair[0], e);
	close(pair[0]); /* a child that still waits ends */
	while (child > 0 && waitpid(child, NULL, 0) < 0 && errno == EINTR)
		;
	return rc;
}
