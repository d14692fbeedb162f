/* finder.h - many texts looked for in one pass over bytes. Private to inspect/.
 *
 * Wu and Manber, "A fast algorithm for multi-pattern searching", 1994: the last two bytes of a window say how far it may jump. */
#pragma once
#include "base/base.h"
#include <stdbool.h>

enum { FINDER_LEAST = 8 /* bytes of the shortest text */, FINDER_MAX = 128 /* texts */ };
struct finder;
/* The texts are borrowed for as long as it lives. */
struct finder *finder_new(const char *const *texts, size_t len);
/* Tells every place; left: the bytes from there to the end. */
void finder_run(const struct finder *f, const unsigned char *bytes, size_t len,
	void (*hit)(void *context, size_t index, const unsigned char *at, size_t left), void *context);
