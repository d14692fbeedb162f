/* depmap.h - what the two families call the same thing: the small map Sluice brings; a house's own map comes before it.
 *
 * Used when relations are rewritten (repackager/) and when a test root must say in rpm's words what Debian packages it holds (sandbox/). */
#pragma once
#include "base/base.h"
#include <stdbool.h>

/* One package on both sides. with_version: upstream versions are the same, so a version may be carried over (without epoch and revision). */
struct depmap_pair {
	const char *deb, *rpm;
	bool with_version;
};
extern const struct depmap_pair depmap_pairs[]; /* ends with deb NULL; the first pair of a name is the one to use */

/* The deb package that holds a library or a path; deb "" when every Debian system has it (Essential). */
struct depmap_thing {
	const char *name, *deb;
};
extern const struct depmap_thing depmap_sonames[]; /* "libssl.so.3"; ends with name NULL */
extern const struct depmap_thing depmap_paths[];   /* "/usr/bin/python3"; ends with name NULL */
const char *depmap_find(const struct depmap_thing *table, const char *name, size_t len); /* NULL: not there */
