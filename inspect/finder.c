/* finder.c - the tables of a search for many texts, and the search. */
#include "inspect/finder.h"
#include <string.h>

struct finder {
	uint8_t jump[65536];      /* by the last two bytes of the window */
	uint8_t first[65536];     /* 1 + the first text whose window ends in them; 0: none */
	uint8_t next[FINDER_MAX]; /* 1 + the next such text */
	const char *texts[FINDER_MAX];
	size_t lens[FINDER_MAX];
};

static unsigned pair(const void *at)
{
	const unsigned char *two = at;

	return (unsigned)two[0] << 8 | two[1];
}

struct finder *finder_new(const char *const *texts, size_t len)
{
	struct finder *f = mem_alloc(sizeof *f);

	memset(f->jump, FINDER_LEAST - 1, sizeof f->jump);
	for (size_t i = 0; i < len && i < FINDER_MAX; i++) {
		unsigned last = pair(texts[i] + FINDER_LEAST - 2);

		f->texts[i] = texts[i];
		f->lens[i] = strlen(texts[i]);
		for (unsigned k = 2; k <= FINDER_LEAST; k++) {
			uint8_t *jump = &f->jump[pair(texts[i] + k - 2)];

			*jump = *jump < FINDER_LEAST - k ? *jump : (uint8_t)(FINDER_LEAST - k);
		}
		f->next[i] = f->first[last];
		f->first[last] = (uint8_t)(i + 1);
	}
	return f;
}

void finder_run(const struct finder *f, const unsigned char *bytes, size_t len,
	void (*hit)(void *context, size_t index, const unsigned char *at, size_t left), void *context)
{
	for (size_t at = FINDER_LEAST - 1; at < len;) {
		unsigned last = pair(bytes + at - 1), jump = f->jump[last];
		const unsigned char *window = bytes + at - (FINDER_LEAST - 1);
		size_t left = len - (size_t)(window - bytes);

		for (unsigned k = jump ? 0 : f->first[last]; k; k = f->next[k - 1])
			if (f->lens[k - 1] <= left && memcmp(window, f->texts[k - 1], f->lens[k - 1]) == 0)
				hit(context, k - 1, window, left);
		at += jump ? jump : 1;
	}
}
