/* pathmap.h - from a path to a number; keyed, so that an input cannot choose its collisions. Keys are borrowed. */
#pragma once
#include "base/base.h"
#include <stdbool.h>

struct pathmap_slot {
	const char *path; /* NULL: free */
	size_t value;
};
struct pathmap {
	struct pathmap_slot *at;
	size_t len, room;
	uint64_t key;
};
/* False when the path is there already (its value stays). A zeroed map is empty. */
bool pathmap_put(struct pathmap *m, const char *path, size_t value);
/* NULL: not there. The place is valid until the next put. */
size_t *pathmap_get(const struct pathmap *m, const char *path);
void pathmap_done(struct pathmap *m);
