/* folder.h - a folder of the test's own for its homes and files, there while its cases run; and what must not fail. */
#pragma once
#include "base/fs.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static char *folder;

static inline int open_folder(void **state)
{
	struct err e = { 0 };

	(void)state;
	return fs_temp_dir("t", &folder, &e);
}

static inline int close_folder(void **state)
{
	struct err e = { 0 };
	int rc = fs_remove_tree(folder, &e);

	(void)state;
	free(folder);
	return rc;
}

static inline void must(int rc, const struct err *e)
{
	if (rc)
		fail_msg("%s", e->text);
}
