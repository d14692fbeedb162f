/* killed.h - for tests that kill an operation at points spread over all its system calls: by SIGKILL, in a process of its own. */
#pragma once
#include "world.h"
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

/* How many of `part` kills of 200 in all are made: $SLUICE_KILLS times that share, all of them with SLUICE_FULL, else a tenth. At least one. */
static inline int kills_of(int part)
{
	const char *wanted = getenv("SLUICE_KILLS");
	int rounds = wanted && atoi(wanted) > 0 ? part * atoi(wanted) / 200 : getenv("SLUICE_FULL") ? part : part / 10;

	return rounds > 0 ? rounds : 1;
}

/* Runs in a process of its own that waits for killed_after; run gives 0 when it was done. It opens the store itself: a handle does not survive a fork. */
static inline pid_t killed_start(struct world *w, int (*run)(void *context, struct err *e), void *context)
{
	struct err e = { 0 };
	pid_t pid;

	store_pause(w->r->store);
	pid = fork();
	if (pid) {
		OK(store_resume(w->r->store, &e));
		return pid;
	}
	if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) || raise(SIGSTOP))
		_exit(9);
	if (run(context, &e)) {
		print_message("%s\n", e.text);
		_exit(1);
	}
	_exit(0);
}

/* Lets it do that many system calls (entries and exits count), then kills it; -1: to its end. How many it did. */
static inline long killed_after(pid_t pid, long calls)
{
	int status;
	long done = 0;

	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSTOPPED(status));
	assert_int_equal(ptrace(PTRACE_SETOPTIONS, pid, NULL, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL), 0);
	for (long deliver = 0; calls < 0 || done < calls; done++) {
		if (ptrace(PTRACE_SYSCALL, pid, NULL, deliver) || waitpid(pid, &status, 0) != pid ||
			!WIFSTOPPED(status))
			break;
		deliver = WSTOPSIG(status) == (SIGTRAP | 0x80) ? 0 : WSTOPSIG(status);
	}
	if (WIFSTOPPED(status)) {
		(void)kill(pid, SIGKILL);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		return done;
	}
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	return done;
}
