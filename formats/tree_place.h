/* tree_place.h - making files below one folder and nowhere else: every path is opened beneath it, no link is followed. Only for write_directory.c. */
#pragma once
#include "base/base.h"
#include "base/err.h"
#include "formats/pkg.h"

/* The folder of the last path is kept open: most entries lie beside one another. */
struct tree_place {
	int root;
	int fd;     /* of parent; -1: none */
	char *path; /* "/opt/a"; malloc */
};
/* The open folder that holds path ("/opt/a/b"), made with its parents (0700) when missing; borrowed until the next call. *ret_name: "b". -1: failed. */
int tree_place_of(struct tree_place *t, const char *path, const char **ret_name, struct err *e) MUST;
/* Opens what is at path itself, not a link; flags as open(2). -1: failed. */
int tree_place_open(struct tree_place *t, const char *path, int flags, mode_t mode, struct err *e) MUST;
void tree_place_done(struct tree_place *t);
