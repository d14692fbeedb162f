/* relations.h - the relations of the target's package: the vendor's, in the target family's words, and the recipe's.
 *
 * Names go through the house's map, then formats/depmap.h; a name in neither is kept and noted as guessed. What cannot be said in the
 * target's words is dropped and noted. What each kind becomes stands in the tables of relations.c. */
#pragma once
#include "repackager/identity.h"

struct relations_job {
	const struct document *recipe, *house;
	const struct identity *identity;
	const struct target *target;
	const struct pkg *meta; /* the vendor's */
};
int relations_build(const struct relations_job *job, struct pkg *to, struct err *e) MUST;
