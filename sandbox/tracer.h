/* tracer.h - the first process's eye on a command that is to meet a fault (fault.h). */
#pragma once
#include "base/frame.h"
#include "sandbox/fault.h"

struct traced {
	pid_t pid;
	unsigned command;  /* to which it belongs; 0: not known yet */
	bool counts_calls; /* stops at each system call */
	bool is_waiting;   /* stopped, until its parent's event says whose it is */
	bool is_known;     /* its first stop is behind it */
};
struct tracer {
	struct fault fault;
	unsigned command; /* number of the traced command; processes that outlive one keep its number */
	bool is_on, is_killing;
	pid_t script; /* the one that runs; 0: none */
	LIST(struct traced) all;
	struct fault_result seen;
};
/* In the command's own process, before anything is given up. */
int tracer_join(void);
/* A command begins in process pid. */
void tracer_start(struct tracer *t, const struct fault *f, pid_t pid);
/* A process stopped: goes on, or not. */
void tracer_stopped(struct tracer *t, pid_t pid, int status);
void tracer_ended(struct tracer *t, pid_t pid);
/* Everything of the command was killed and some of it is still dying. */
bool tracer_is_busy(const struct tracer *t);
/* The command is over: its result as a SAY_FAULT frame's bytes. */
void tracer_finish(struct tracer *t, struct pack *p);
