/* candidate_impl.h - what the files about candidates share: the believed submission, its evidence. */
#pragma once
#include "release/release.h"

/* Which record submitted it, from the log. ERR_USAGE when there is no such candidate. */
int candidate_submit_row(struct release *r, const char *id, char ret_record[65], char ret_signature[65], struct err *e)
	MUST;
/* The submit record, believed. */
int candidate_submitted(struct release *r, const char *id, struct record *ret, struct err *e) MUST;
/* All its evidence, each with "digest" and "person" (who signed for it), in order; new. NULL: failed. */
json_t *candidate_evidence(struct release *r, const char *id, const struct record *submit, struct err *e);
