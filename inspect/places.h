/* places.h - classes of places: files that mean something by where they lie. Private to inspect/. */
#pragma once
#include "base/record.h"

struct place_class {
	const char *id, *text;      /* text: what such a file does, or what its loss means */
	enum severity new, changed; /* changed SEVERITY_INFO: content changes with every version, not told */
	const char *patterns[8];    /* of paths where /usr is merged */
};
const struct place_class *place_class_of(const struct place_class *classes, size_t len, const char *path);
const struct place_class *place_class_named(const struct place_class *classes, size_t len, const char *id);
/* Does the path fit one of the patterns? /lib is /usr/lib. */
bool place_fits(const char *const *patterns, size_t len, const char *path);
