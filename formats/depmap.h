/* depmap.h - what the families call the same thing: the small map Sluice brings; a house's own map comes before it. */
#pragma once
#include "base/base.h"
#include "formats/family.h"
#include <stdbool.h>

/* One package in the families' words; NULL: there is none. with_version: upstream versions are the same, so a version may be carried over
 * (without epoch and revision); a '!' before a name: but not for this family. Read it through the functions below. */
struct depmap_row {
	const char *name[FAMILY_NONE];
	bool with_version;
};
extern const struct depmap_row depmap_rows[]; /* ends with deb's name NULL */
/* The first row that has the name; NULL: none. */
const struct depmap_row *depmap_row(enum family f, const char *name);
/* NULL: that family has none. */
const char *depmap_name(const struct depmap_row *row, enum family f, bool *ret_same_versions);

/* The deb package that holds a library or a path; deb "" when every Debian system has it (Essential). */
struct depmap_thing {
	const char *name, *deb;
};
extern const struct depmap_thing depmap_sonames[]; /* "libssl.so.3"; ends with name NULL */
extern const struct depmap_thing depmap_paths[];   /* "/usr/bin/python3"; ends with name NULL */
const char *depmap_find(const struct depmap_thing *table, const char *name, size_t len); /* NULL: not there */
