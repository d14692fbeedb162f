/* recipe_probe.h - a vendor's file on its way through a recipe's rules, with nobody behind them: what would be in the package. */
#pragma once
#include "base/event.h"
#include "repackager/rules.h"

struct probe {
	struct arena arena;
	struct identity identity;
	struct pkg pkg, shaped; /* the vendor's; final entries and the transform's notes */
	json_t *facts;
	struct transform *transform; /* its rules have counted their uses; NULL when no entry came */
};
/* member: of an archive with packages in it (inner.h); NULL: the file itself. *ret is zeroed by the caller and ended with probe_done, after a failure too. Fails as a conversion would: E_NAME_COLLISION and the like. */
int probe_run(const struct document *recipe, const struct document *house, const char *file, const char *member,
	const struct events *events, struct probe *ret, struct err *e) MUST;
void probe_done(struct probe *p);
