/* fuzz_version.c - two versions, one a line: their order survives translation both ways. */
#include "formats/version.h"
#include <string.h>

static int sign(int v)
{
	return (v > 0) - (v < 0);
}

static void check(struct arena *a, const struct evr *x, const struct evr *y)
{
	struct err e = { 0 };
	struct evr tx, ty;

	if (sign(version_compare_deb(x, y)) != -sign(version_compare_deb(y, x)) ||
		sign(version_compare_rpm(x, y)) != -sign(version_compare_rpm(y, x)))
		abort();
	if (version_to_rpm(a, x, &tx, &e) == 0 && version_to_rpm(a, y, &ty, &e) == 0 &&
		sign(version_compare_deb(x, y)) != sign(version_compare_rpm(&tx, &ty)))
		abort();
	if (!*x->release != !*y->release)
		return;
	if (version_to_deb(a, x, &tx, &e) == 0 && version_to_deb(a, y, &ty, &e) == 0 &&
		(sign(version_compare_rpm(x, y)) != sign(version_compare_deb(&tx, &ty)) ||
			!version_deb_valid(evr_text(a, &tx))))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(arena) arena = { 0 };
	struct err e = { 0 };
	const uint8_t *line = memchr(data, '\n', size);
	struct evr x, y;

	if (!line || size > 256)
		return 0;
	if (evr_parse(&arena, arena_copy(&arena, data, (size_t)(line - data)), &x, &e) == 0 &&
		evr_parse(&arena, arena_copy(&arena, line + 1, size - (size_t)(line - data) - 1), &y, &e) == 0)
		check(&arena, &x, &y);
	return 0;
}
