/* policies_judge.h - who signed a version of the policy or of one of its files; for policies.c only. */
#pragma once
#include "release/gate/policy.h"

enum { SIGNATURES_MAX = 64 };
/* The detached signatures that a record brings. */
struct signatures {
	char *at[SIGNATURES_MAX];
	size_t lens[SIGNATURES_MAX], len;
};
int signatures_load(struct signatures *ret, struct record_source *s, const json_t *digests, struct err *e) MUST;
void signatures_done(struct signatures *sigs);
/* The text of new was never in force, and a threshold of the owners before it (its own, when it is the first) signed its exact bytes. */
int judge_text(struct policies *p, const struct policy *new, const struct signatures *sigs, struct err *e) MUST;
/* Each file that new has in another version than the state before it is signed as policy.h says. person: who signs the record. */
int judge_files(struct policies *p, struct record_source *s, const struct policy *new, const char *person,
	const struct signatures *sigs, struct err *e) MUST;
