/* transform_private.h - what transform.c and transform_add.c share. */
#pragma once
#include "repackager/pathmap.h"
#include "repackager/transform.h"

struct transform {
	struct sink sink, *next;
	struct transform_job job;
	struct pkg *out;
	struct rules rules;
	struct pathmap paths, dirs; /* taken; folders among them */
	const struct entry *above;
	struct entry current; /* what next sees */
	bool is_plain, is_passing, is_owner_told, has_changed;
	unsigned strip;
	const char *prefix;        /* "" or "/opt/acme" */
	int64_t latest;            /* mtime */
	LIST(const char *) placed; /* paths that are not where the vendor put them; one a folder is enough */
};
/* Passes a final entry on and keeps it; data and transform_end follow. */
int transform_emit(struct transform *t, const struct entry *entry, struct err *e) MUST;
int transform_end(struct transform *t, const char *sha256, struct err *e) MUST;
/* The recipe's files, folders and links, in the order of the rules. */
int transform_add_all(struct transform *t, struct err *e) MUST;
/* Folders above what was moved or added that are neither in the package nor in every system: the package owns them, or rpm leaves them behind. */
int transform_add_parents(struct transform *t, struct err *e) MUST;
