/* scripts.h - the vendor's scripts on another package manager: each sees the calls it would have seen at home.
 *
 * Same family: unchanged, the recipe's own around them. Otherwise the target's script is a few generated lines that turn its call into
 * the source's arguments (formats.md, "Scripts") and run the vendor's body, byte for byte, with its own interpreter. Users, services and
 * file capabilities become generated lines of the same scripts. What will not act as at home is lost, class behaviour. */
#pragma once
#include "repackager/identity.h"
#include "repackager/rules.h"

struct scripts_job {
	const struct document *recipe, *house;
	const struct identity *identity;
	const struct target *target;
	const struct pkg *meta;    /* the vendor's */
	const struct pkg *shaped;  /* final entries; NULL before the payload was read */
	const struct rules *rules; /* what moved; may be NULL */
};
int scripts_build(const struct scripts_job *job, struct pkg *to, struct err *e) MUST;
