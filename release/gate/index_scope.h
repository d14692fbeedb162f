/* index_scope.h - which packages of a snapshot an index is of: asked by the signer, which makes it, and by whoever verifies what it says. */
#pragma once
#include "base/json.h"

/* Those of a suite's component that fit an architecture, or those below a base. */
struct index_scope {
	const char *suite, *component, *arch, *base; /* base NULL: the others */
	bool is_contents;                            /* only of those whose files are known */
	bool is_first; /* the channel's first component is of those, too, that were placed before there were several */
};
/* package: an item of release.json's "packages". */
bool index_holds(const struct index_scope *scope, const json_t *package);
