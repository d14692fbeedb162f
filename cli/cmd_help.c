/* cmd_help.c - `sluice help [COMMAND]`: the man page where there is one, else what --help says. */
#include "base/fs.h"
#include "cli/cmd.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The page lies beside an installed program (PREFIX/share/man) or in the build folder (BUILD/docs). */
static char *find_page(void)
{
	static const char *const places[] = { "../share/man/man1/sluice.1", "../docs/sluice.1" };
	char self[4096];
	ssize_t len = readlink("/proc/self/exe", self, sizeof self - 1);

	if (len <= 0)
		return NULL;
	self[len] = '\0';
	char *slash = strrchr(self, '/');
	if (!slash)
		return NULL;
	*slash = '\0';
	for (size_t i = 0; i < COUNT(places); i++) {
		char *path = fs_join(self, places[i]);
		if (fs_exists(path))
			return path;
		free(path);
	}
	return NULL;
}

static int run(struct cli *c, struct err *e)
{
	const struct command *which = NULL;

	if (c->args_len > 0) {
		AUTO_FREE char *name = c->args[1] ? mem_printf("%s %s", c->args[0], c->args[1])
						  : mem_strdup(c->args[0]);
		EACH_COMMAND(k)
			if (strcmp(k->name, name) == 0)
				which = k;
		if (!which && !c->args[1] && print_family_help(name))
			return 0;
		if (!which) {
			err_usage(e, "help: unknown command '%s'", name);
			return err_hint(e, "'sluice --help' lists the commands");
		}
	}
	AUTO_FREE char *page = find_page();
	if (page && isatty(STDOUT_FILENO)) {
		AUTO_FREE char *search = which ? mem_printf("--pager=less -p '%s'", which->name) : NULL;
		fflush(stdout);
		if (search)
			execlp("man", "man", search, page, (char *)NULL);
		else
			execlp("man", "man", page, (char *)NULL);
	}
	print_help(which);
	return 0;
}

const struct command cmd_help = {
	.name = "help",
	.run = run,
	.about = "the manual, or one command's part of it",
	.arguments = "[COMMAND]",
	.least = 0,
	.most = 2,
};
