/* starts.h - how often gpg and gpgconf are started: programs of their names in a folder that comes first in PATH write a line each and become the real ones.
 * gpg-agent is started by gpg itself and is not seen. Before anything of GPGME is used. */
#pragma once
#include "world.h"
#include <unistd.h>

static char *starts_folder;

static inline char *starts_real(const char *tool)
{
	static const char *const places[] = { "/usr/bin", "/usr/local/bin", "/bin" };

	for (size_t i = 0; i < COUNT(places); i++) {
		char *path = fs_join(places[i], tool);

		if (access(path, X_OK) == 0)
			return path;
		free(path);
	}
	return mem_strdup(tool);
}

static inline void starts_program(const char *tool, const char *more)
{
	AUTO_FREE char *path = fs_join(starts_folder, tool), *real = starts_real(tool),
		       *text = mem_printf("#!/bin/sh\necho \"%s $*\" >> '%s/seen'\n%s '%s' \"$@\"%s\n", tool,
			       starts_folder, *more ? "" : "exec", real, more);
	struct err e = { 0 };

	OK(fs_write_file(path, text, strlen(text), 0700, &e));
}

/* GPGME takes the path of gpg from what gpgconf says of it. */
static inline void starts_open(void)
{
	AUTO_FREE char *path = NULL, *ours = NULL;
	struct err e = { 0 };

	OK(fs_temp_dir("starts", &starts_folder, &e));
	ours = mem_printf(" | sed -e 's,^\\(gpg:[^:]*\\):.*,\\1:%s/gpg,' -e 's,^bindir:.*,bindir:%s,'", starts_folder,
		starts_folder);
	starts_program("gpg", "");
	starts_program("gpgconf", ours);
	path = mem_printf("%s:%s", starts_folder, getenv("PATH"));
	setenv("PATH", path, 1);
}

static inline void starts_close(void)
{
	struct err ignored = { 0 };

	fs_remove_tree(starts_folder, &ignored);
	free(starts_folder);
}

/* Since it was asked last. what: only lines that hold it; NULL: all. Shown in the test's log, for whoever looks why. */
static inline int starts_seen(const char *what)
{
	AUTO_FREE char *path = fs_join(starts_folder, "seen"), *text = NULL;
	struct err ignored = { 0 };
	struct slice rest, line;
	int count = 0;
	size_t len;

	if (fs_read_file(path, 1 << 20, &text, &len, &ignored))
		return 0;
	unlink(path);
	rest = slice_of(text);
	while (slice_cut(&rest, '\n', &line))
		if (line.len && (!what || memmem(line.at, line.len, what, strlen(what)))) {
			printf("started: %.*s\n", (int)line.len, line.at);
			count++;
		}
	return count;
}
