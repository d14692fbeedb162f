/* launch_private.h - the supervisor's conversation with a live test root, for the files that ask it something. */
#pragma once
#include "base/frame.h"
#include "sandbox/inside.h"
#include "sandbox/launch.h"

struct sandbox {
	const struct plan *plan;
	pid_t keeper;
	int socket, control, watch;
	struct framer frames, watched;
	unsigned commands; /* so far, as the first process counts them */
	bool is_broken;
	struct fault_result faulted; /* of the last command that met a fault */
};
/* The next frame; after a failure the sandbox is of no use. */
int sandbox_hear(struct sandbox *s, int timeout_ms, struct frame *ret, struct err *e) MUST;
int sandbox_hear_type(struct sandbox *s, enum message type, struct frame *ret, struct err *e) MUST;
/* The frames of a list up to its end. */
int sandbox_hear_list(struct sandbox *s, enum message type,
	int (*one)(const struct frame *f, void *list, struct err *e), void *list, bool *ret_cut, struct err *e) MUST;
/* p is ended. */
int sandbox_ask(struct sandbox *s, enum message type, struct pack *p, struct err *e) MUST;
/* A SAY_FAULT frame; false: it cannot be read. */
bool sandbox_hear_fault(struct sandbox *s, const struct frame *f);
