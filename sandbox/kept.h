/* kept.h - a root as a test left it, kept for somebody to look at later: what had changed in it, beside the name of its image.
 *
 * DIR/kept.json says which root and scenario, DIR/changes.tar holds what was added or changed, DIR/removed the paths that were gone
 * (each ended by a NUL). Processes are not kept. The folder is removed like any other. */
#pragma once
#include "sandbox/test.h"

struct trial;
/* dir must not exist. */
int kept_save(struct trial *t, const char *scenario, const char *dir, struct err *e) MUST;
/* A shell (t->look) in the root that dir holds; dir NULL: in t->root as its image is. The shell's exit, or -1. */
int kept_shell(const struct test *t, const char *dir, struct err *e) MUST;
