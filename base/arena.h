/* arena.h - one arena a job owns its strings; everything in it ends together.
 *
 * Pointers stay valid until arena_done. A limit bounds what an input can make us hold: when it is reached
 * arena_alloc returns NULL and the caller says E_LIMIT_MEMORY (or a narrower code). limit 0: no limit. */
#pragma once
#include "base/base.h"
#include <stdarg.h>
#include <stdbool.h>

struct arena_block;
struct arena {
	struct arena_block *block;
	size_t used, limit;
};

void arena_init(struct arena *a, size_t limit);
void arena_done(struct arena *a);
void *arena_alloc(struct arena *a, size_t size);                  /* zeroed, aligned to 16; NULL at the limit */
char *arena_copy(struct arena *a, const void *bytes, size_t len); /* adds a terminating NUL */
char *arena_str(struct arena *a, const char *text);               /* NULL stays NULL */
char *arena_printf(struct arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* A view of bytes that somebody else owns. */
struct slice {
	const char *at;
	size_t len;
};
struct slice slice_of(const char *text);
bool slice_is(struct slice s, const char *text);
/* Cuts up to `stop` off the front of *rest (the stop is consumed); false when nothing is left. */
bool slice_cut(struct slice *rest, char stop, struct slice *ret);
struct slice slice_trim(struct slice s);
