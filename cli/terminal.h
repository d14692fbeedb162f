/* terminal.h - the caller's terminal joined to a shell in a live test root. */
#pragma once
#include "cli/cli.h"
#include "sandbox/talk.h"

/* Before anything is started: remembers how the terminal is, so that it is so again whatever ends us. */
void terminal_hold(void);
void terminal_release(void);
/* For struct test_look: a shell in the root, on this terminal (or fed from the pipe that stdin is). context is the struct cli. */
int terminal_shell(void *context, struct sandbox *s, const char *why, const char *log, int *ret_exit, struct err *e);
/* The same when something failed: only a terminal gets a shell, everybody else is told that there was none. */
int terminal_shell_on_error(
	void *context, struct sandbox *s, const char *why, const char *log, int *ret_exit, struct err *e);
