/* shut_in.c - a child that gives up its powers, does one thing, and says how that went. The report's plan.
 *
 * What a report is made of was written by the tested package: names, log lines, output. Whatever a fault in the writer's code could be
 * talked into, it happens in a process that can only write below the report's folder. */
#include "sandbox/shut_in.h"
#include "sandbox/inside.h"
#include <errno.h>
#include <linux/capability.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

void plan_for_report(int folder, struct plan *ret)
{
	*ret = (struct plan){
		.name = "report",
		/* Root writes into folders of other people, as it would without this. */
		.capabilities = 1ull << CAP_DAC_OVERRIDE | 1ull << CAP_FOWNER,
		.landlock = true,
		.landlock_writes = true,
		.landlock_fd = folder,
	};
	plan_limit(ret, RLIMIT_NPROC, 0); /* with this one it is enough */
	plan_limit(ret, RLIMIT_CORE, 1);
}

_Noreturn static void child(const struct plan *p, int (*fn)(void *context, struct err *e), void *context, int socket)
{
	struct err e = { 0 };
	unsigned missing = 0;
	struct pack said = { 0 };

	if (harden_limits(p, &e) || harden_capabilities(p, &e) || harden_process(&e) ||
		harden_landlock(p, &missing, &e) || harden_calls(p, &missing, &e) || fn(context, &e))
		inside_failed(socket, &e);
	pack_u32(&said, missing);
	_exit(frame_write(socket, SAY_READY, said.at, said.len, &e) ? 1 : 0);
}

static int hear_child(int socket, unsigned *missing, struct err *e)
{
	AUTO(arena) arena = { 0 };
	struct framer frames;
	struct frame f;

	framer_init(&frames, socket, 65536);
	int rc = frame_read(&frames, -1, &f, e);
	if (rc == 1) {
		struct unpack u = { f.at, f.len, false, &arena };

		rc = f.type == SAY_READY ? 0 : inside_failure(&f, e);
		if (rc == 0)
			*missing |= unpack_u32(&u);
	} else if (rc == 0) {
		rc = err_env(e, "its process ended unexpectedly");
	}
	framer_done(&frames);
	return rc;
}

int shut_in(
	const struct plan *p, int (*fn)(void *context, struct err *e), void *context, unsigned *missing, struct err *e)
{
	int pair[2], rc;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		return err_sys(e, "socketpair");
	pid_t pid = fork();
	if (pid == 0) {
		close(pair[0]);
		child(p, fn, context, pair[1]);
	}
	close(pair[1]);
	rc = pid < 0 ? err_sys(e, "cannot fork") : hear_child(pair[0], missing, e);
	close(pair[0]);
	while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	return rc;
}
