/* build_elf.h - small programs for tests, built with gcc while the test runs: their flags are what is tested.
 *
 * build_stub makes a library that only has names, for programs to be linked with; no development package is needed. */
#pragma once
#include "base/fs.h"
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static char build_dir[64];

static const char *build_folder(void)
{
	if (!build_dir[0]) {
		snprintf(build_dir, sizeof build_dir, "/tmp/sluice-elf.XXXXXX");
		if (mkdtemp(build_dir) == NULL)
			abort();
	}
	return build_dir;
}

static inline void build_end(void)
{
	char remove[] = "rm", all[] = "-rf", *argv[] = { remove, all, build_dir, NULL };
	pid_t child;

	if (build_dir[0] && posix_spawnp(&child, "rm", NULL, NULL, argv, environ) == 0)
		waitpid(child, NULL, 0);
}

/* gcc with flags that are separated by blanks, in the folder; 0: it built. */
static int build_run(const char *flags, const char *source, const char *to)
{
	AUTO_FREE char *copy = mem_strdup(flags), *in = mem_printf("%s/in.c", build_folder());
	AUTO_FREE char *search = mem_printf("-L%s", build_folder());
	char compiler[] = "gcc", quiet[] = "-w", output[] = "-o";
	char *argv[64] = { compiler, quiet, output, (char *)(uintptr_t)to, in, search };
	size_t len = 6;
	int status = 1;
	pid_t child;
	FILE *f = fopen(in, "w");

	if (f == NULL || fputs(source, f) < 0 || fclose(f))
		return -1;
	for (char *rest = copy, *one; (one = strsep(&rest, " ")) != NULL && len < 60;)
		if (*one)
			argv[len++] = one;
	if (posix_spawnp(&child, "gcc", NULL, NULL, argv, environ) || waitpid(child, &status, 0) != child)
		return -1;
	return status;
}

/* lib NAME.so.VERSION with functions of these names (separated by blanks); programs link it by -l:NAME.so.VERSION */
static inline int build_stub(const char *soname, const char *names)
{
	AUTO_FREE char *copy = mem_strdup(names), *source = mem_strdup(""),
		       *to = mem_printf("%s/%s", build_folder(), soname);
	AUTO_FREE char *flags = mem_printf("-shared -fPIC -Wl,-soname,%s", soname);

	for (char *rest = copy, *one; (one = strsep(&rest, " ")) != NULL;) {
		char *more = mem_printf("%sint %s(void) { return 0; }\n", source, one);

		if (*one) {
			free(source);
			source = more;
		} else {
			free(more);
		}
	}
	return build_run(flags, source, to);
}

/* The bytes of the program; NULL: it does not build. */
static inline char *build_program(const char *flags, const char *source, size_t *ret_len)
{
	AUTO_FREE char *to = mem_printf("%s/out", build_folder());
	struct err e = { 0 };
	char *bytes = NULL;

	if (build_run(flags, source, to) || fs_read_file(to, MIB(16), &bytes, ret_len, &e))
		return NULL;
	return bytes;
}
