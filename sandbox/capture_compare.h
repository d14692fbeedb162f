/* capture_compare.h - what two runs have in common. Private to capture*.c. */
#pragma once
#include "sandbox/capture.h"

struct capture_runs {
	struct sandbox *first, *second;
	const struct changes *a, *b; /* of the first and the second; sorted */
	const struct changes *fresh; /* what a root shows in which nothing was run: nobody's doing */
	int64_t began;               /* seconds since 1970: a file with an older time was brought along */
	struct arena *arena;         /* for what is found */
};
struct captured_list {
	struct captured *at;
	size_t len, room;
};
/* Every path that either of them changed, by path. */
int capture_compare(const struct capture_runs *c, struct captured_list *ret, struct err *e) MUST;
