/* path_set.h - a set of paths, to ask "was this folder written already?". Copies what it keeps. */
#pragma once
#include "base/arena.h"

struct path_set {
	struct arena arena;
	const char **at;
	size_t len, room; /* room: a power of two */
};
bool path_set_add(struct path_set *s, const char *path, size_t len); /* false: it was there */
bool path_set_has(const struct path_set *s, const char *path, size_t len);
void path_set_done(struct path_set *s);
