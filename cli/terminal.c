/* terminal.c - the caller's terminal joined to a shell in a live test root: raw mode, size, and the way back.
 *
 * What the shell prints reaches the terminal as it is: it is an interactive session with something hostile, as `ssh` to an unknown machine is
 * (docs/sluice.1). It cannot type into the terminal: TIOCSTI is refused in there, and its terminal is another one anyway. */
#include "cli/terminal.h"
#include "base/fs.h"
#include "base/text.h"
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

enum { LOG_TAIL = 4000 };
static struct termios held;
static volatile sig_atomic_t is_held, is_resized;

static void restore(int signal_number)
{
	if (is_held)
		tcsetattr(STDIN_FILENO, TCSANOW, &held);
	signal(signal_number, SIG_DFL);
	raise(signal_number);
}

static void on_size(int signal_number)
{
	(void)signal_number;
	is_resized = 1;
}

void terminal_hold(void)
{
	static const int ends[] = { SIGTERM, SIGHUP, SIGINT, SIGQUIT };
	struct sigaction end = { .sa_handler = restore }, size = { .sa_handler = on_size };

	if (tcgetattr(STDIN_FILENO, &held))
		return;
	is_held = 1;
	for (size_t i = 0; i < COUNT(ends); i++)
		sigaction(ends[i], &end, NULL);
	sigaction(SIGWINCH, &size, NULL);
}

void terminal_release(void)
{
	if (is_held)
		tcsetattr(STDIN_FILENO, TCSANOW, &held);
}

static bool size_of_terminal(unsigned short *rows, unsigned short *columns)
{
	struct winsize size;

	if (ioctl(STDIN_FILENO, TIOCGWINSZ, &size) || size.ws_row == 0)
		return false;
	*rows = size.ws_row;
	*columns = size.ws_col;
	return true;
}

static bool resized(void *context, unsigned short *rows, unsigned short *columns)
{
	(void)context;
	if (!is_resized)
		return false;
	is_resized = 0;
	return size_of_terminal(rows, columns);
}

static int printed(void *context, const char *bytes, size_t len, struct err *e)
{
	(void)context;
	return fd_write(STDOUT_FILENO, bytes, len, e);
}

/* A word for TERM that no program in there can trip over. */
static const char *term_name(void)
{
	const char *term = getenv("TERM");

	return term && *term &&
			strspn(term, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-._") ==
				strlen(term)
		? term
		: "vt100";
}

static void raw_mode(void)
{
	struct termios raw = held;

	cfmakeraw(&raw);
	tcsetattr(STDIN_FILENO, TCSANOW, &raw);
}

static int run_shell(struct sandbox *s, bool is_terminal, int *ret_exit, struct err *e)
{
	struct talk talk = { .is_terminal = is_terminal,
		.term = is_terminal ? term_name() : NULL,
		.input = STDIN_FILENO,
		.printed = printed,
		.resized = is_terminal ? resized : NULL };
	const char *argv[] = { "/bin/bash", NULL };
	struct command_result r = { 0 };
	struct path_status bash, home;

	if (sandbox_status(s, "/bin/bash", &bash, e) || sandbox_status(s, "/root", &home, e))
		return -1;
	if (!bash.is_there)
		argv[0] = "/bin/sh";
	talk.directory = home.is_there && S_ISDIR(home.mode) ? "/root" : "/";
	if (is_terminal)
		size_of_terminal(&talk.rows, &talk.columns);
	if (is_terminal)
		raw_mode();
	int rc = sandbox_talk(s, argv, 0, &talk, &r, e);
	if (is_terminal)
		terminal_release();
	if (rc == 0)
		*ret_exit = r.exit;
	command_result_done(&r);
	return rc;
}

static bool has_terminal(void)
{
	return is_held && isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
}

/* The last lines of what was run, for somebody who has to find out why. */
static void show_log(const char *log)
{
	size_t len = strlen(log);
	const char *at = len > LOG_TAIL ? strchr(log + len - LOG_TAIL, '\n') : log;
	AUTO_FREE char *shown = text_printable(at ? at : log, strlen(at ? at : log), true);

	fprintf(stderr, "%s\n", shown);
}

int terminal_shell(void *context, struct sandbox *s, const char *why, const char *log, int *ret_exit, struct err *e)
{
	struct cli *c = context;

	progress_clear(c);
	fflush(stdout);
	if (*why) {
		show_log(log);
		warn_user(c, "%s", why);
	}
	return run_shell(s, has_terminal(), ret_exit, e);
}

int terminal_shell_on_error(
	void *context, struct sandbox *s, const char *why, const char *log, int *ret_exit, struct err *e)
{
	struct cli *c = context;

	if (!has_terminal()) {
		warn_user(c, "--shell-on-error: stdin and stdout are no terminal, so no shell is opened (%s)", why);
		return 0;
	}
	progress_clear(c);
	fflush(stdout);
	show_log(log);
	warn_user(c, "%s", why);
	note_user(c, "a shell in the root as it is now; `exit` goes on with the test");
	return run_shell(s, true, ret_exit, e);
}
