/* talk.h - a command in a live test root that is typed to while it runs: an installer that asks, a person's shell.
 *
 * On a terminal of its own (a pty of the test root; what it prints comes as it is, escape sequences too) or with a pipe as its input. */
#pragma once
#include "sandbox/launch.h"

struct talk {
	bool is_terminal;
	unsigned short rows, columns; /* of the terminal; 0: 24 x 80 */
	const char *term;             /* its TERM; NULL: the plan's */
	const char *directory;        /* where the command runs; NULL: the plan's */
	uint64_t output;              /* bytes that are handed on, the rest is dropped; 0: all */
	int input;                    /* what can be read there is typed; -1: nothing */
	void *context;
	int (*printed)(void *context, const char *bytes, size_t len, struct err *e);
	/* Somebody in there waits for input. *ret_typed (malloc) is typed; NULL: everything that runs is killed. NULL: not watched for. */
	int (*asked)(void *context, char **ret_typed, struct err *e);
	bool (*resized)(void *context, unsigned short *rows, unsigned short *columns); /* NULL: never */
};
/* -1: the sandbox or a callback failed. seconds 0: no limit. ret gets no output: that went to printed. */
int sandbox_talk(struct sandbox *s, const char *const *argv, unsigned seconds, const struct talk *t,
	struct command_result *ret, struct err *e) MUST;
/* Everything that runs in there ends; returns when nothing does. */
int sandbox_quiet(struct sandbox *s, struct err *e) MUST;
