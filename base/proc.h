/* proc.h - running a tool: an argument vector, never a shell line; output collected up to a limit.
 *
 * The clean HOME is /dev/null because tools run by root make what is missing below any other name (rpm a database, dnf a log). */
#pragma once
#include "base/base.h"
#include "base/err.h"
#include <stdbool.h>
#include <sys/types.h>

struct proc {
	const char *const *argv; /* ends with NULL; argv[0] is looked up in PATH */
	const char *const *env;  /* NULL: a clean one (PATH, LC_ALL=C.UTF-8, HOME=/dev/null); ends with NULL */
	const char *dir;         /* NULL: stay */
	int stdin_fd;            /* -1: /dev/null */
	int stdout_fd;           /* -1: collect */
	size_t output_limit;     /* of collected output; 0: 1 MiB; the rest is dropped and `is_cut` set */
	int timeout_s;           /* 0: none; then SIGKILL to the process group */
};
struct proc_result {
	int exit; /* 128 + signal when killed by one */
	bool is_timeout, is_cut;
	char *output, *errors;
	size_t output_len, errors_len;
};
/* -1 only when it could not be run at all (ERR_ENV: names the tool and the package that holds it where known). */
int proc_run(const struct proc *p, struct proc_result *ret, struct err *e) MUST;
void proc_result_done(struct proc_result *r);
/* Runs and requires exit 0, else ERR_ENV with the last lines of its errors. */
int proc_must(const char *const *argv, struct err *e) MUST;
bool proc_has(const char *tool); /* is it in PATH? */
/* Waits for a child that has nothing more to say; who does not end within patience_ms is killed. Its status as waitpid(2) gives it. */
int proc_end(pid_t child, int patience_ms);
