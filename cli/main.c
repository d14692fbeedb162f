/* main.c - the program: one command a run, one exit code. */
#include "cli/cli.h"
#include "release/release.h"
#include "sign/sign.h"
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Somebody who has seen enough (`| head`) needs no word about it. */
static bool reader_has_gone(void)
{
	struct pollfd p = { .fd = STDOUT_FILENO };

	return poll(&p, 1, 0) == 1 && (p.revents & POLLERR);
}

/* A full disk or a closed pipe behind stdout must not look like success. */
static int finish(struct cli *c, int code)
{
	progress_clear(c);
	if ((fflush(stdout) || ferror(stdout)) && code == 0) {
		const char *before = release_recorded();

		if (!reader_has_gone())
			fprintf(stderr, "sluice: error: the output cannot be written\n");
		if (!reader_has_gone() && *before)
			fprintf(stderr, "sluice: hint: %s is recorded all the same\n", before);
		return 4;
	}
	return code;
}

/* A disk says the same of itself whatever was done: what to do about it is told in one place. */
static const char *advice(int sys)
{
	if (sys == ENOSPC || sys == EDQUOT)
		return "make room there (space, or inodes), then run the same again";
	if (sys == EROFS)
		return "that file system is mounted read-only";
	return sys == EIO ? "the disk may be failing: the kernel's log tells; 'sluice fsck' finds what a store lost"
			  : "";
}

/* Whoever runs it again must know that a part of it is done. */
static void advise(struct err *e)
{
	const char *before = release_recorded(), *what = advice(e->sys);

	if (e->hint[0] || e->class != ERR_ENV)
		return;
	if (*before)
		err_hint(e, "%s is recorded, what failed came behind it%s%s", before, *what ? "; " : "", what);
	else if (*what)
		err_hint(e, "%s", what);
}

static int fail(struct cli *c, struct err *e)
{
	advise(e);
	print_error(c, e);
	return finish(c, exit_code(e));
}

/* Whoever starts us with stdin, stdout or stderr closed must not get our messages into the first file we open. The stand-in for stdout cannot be
 * written to: what is printed there fails and is told. */
static void hold_standard_streams(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDONLY);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd > STDERR_FILENO)
		close(fd);
}

/* With a broken command line --json is looked for by hand: its user still gets a document. */
static bool asks_for_json(int argc, char **argv)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (strcmp(argv[i], "--json") == 0)
			return true;
	return false;
}

int main(int argc, char **argv)
{
	static struct cli c;
	struct err e = { 0 };

	hold_standard_streams();
	signal(SIGPIPE, SIG_IGN);
	output_init(&c);
	c.is_json = asks_for_json(argc, argv);
	if (args_parse(&c, argc, argv, &e))
		return fail(&c, &e);
	c.is_json = opt_flag(&c, "--json");
	c.is_quiet = opt_flag(&c, "--quiet");
	c.is_verbose = opt_flag(&c, "--verbose");
	if (opt_flag(&c, "--version")) {
		print_version();
		return finish(&c, 0);
	}
	if (opt_flag(&c, "--help") || !c.command) {
		if (!c.family || !print_family_help(c.family))
			print_help(c.command);
		return finish(&c, c.command || opt_flag(&c, "--help") ? 0 : 2);
	}
	if (c.is_quiet && c.is_verbose) {
		err_usage(&e, "--quiet and --verbose exclude each other");
		return fail(&c, &e);
	}
	if (config_load(&c, &e))
		return fail(&c, &e);
	keyrings_reuse();
	int code = c.command->run(&c, &e);
	return code < 0 ? fail(&c, &e) : finish(&c, code);
}
