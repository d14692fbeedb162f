/* expect_private.h - what the kinds of expectations share. */
#pragma once
#include "sandbox/trial.h"

/* One line of the report; one that is not met is a finding. */
void expect_record(struct trial *t, const char *what, const char *expected, const char *observed, bool met);
/* Tries again until it is true or patience ends: daemons need a moment. *ret: was it true? */
struct expect_try {
	int (*is_true)(struct trial *t, const struct expect_try *w, bool *ret, struct err *e);
	json_t *x;
	const char *what;
};
int expect_wait(struct trial *t, const struct expect_try *w, bool *ret, struct err *e) MUST;
/* The words with a blank between two; malloc. */
char *expect_joined(json_t *array);

/* expect_seen.c */
int expect_listens(struct trial *t, json_t *x, struct err *e) MUST;
int expect_service(struct trial *t, json_t *x, struct err *e) MUST;
int expect_service_gone(struct trial *t, json_t *x, struct err *e) MUST;
/* All `connects` together: what is called for, and nothing else. */
int expect_connects(struct trial *t, struct err *e) MUST;
