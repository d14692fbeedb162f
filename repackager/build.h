/* build.h - the target's package from the vendor's: identity, relations, scripts, fields, and what was lost on the way. */
#pragma once
#include "repackager/identity.h"
#include "repackager/rules.h"

struct build_job {
	const struct document *recipe, *house;
	const struct identity *identity;
	const struct target *target;
	const struct pkg *meta;    /* the vendor's */
	const struct pkg *shaped;  /* its final entries and the transform's notes; NULL before the payload was read */
	const struct rules *rules; /* for what moved; may be NULL with shaped */
	int64_t epoch;             /* SOURCE_DATE_EPOCH, -1: none */
};
/* to: initialised by the caller. Its entries are those of shaped (shared strings). */
int package_build(const struct build_job *job, struct pkg *to, struct err *e) MUST;
/* The first loss of class behaviour that is not accepted refuses; all of them are named. */
int losses_check(const struct document *recipe, const struct pkg *to, struct err *e) MUST;
/* Does the recipe accept it, by its name or a pattern? */
bool loss_is_accepted(const struct document *recipe, const char *what);
/* The environment's SOURCE_DATE_EPOCH; -1: none. */
int source_date_epoch(int64_t *ret, struct err *e) MUST;
