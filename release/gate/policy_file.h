/* policy_file.h - a policy while it is read: what policy_schema.c and policy_fits.c share. */
#pragma once
#include "release/gate/policy.h"

#define POLICY_KEY_MEANT "a key such as \"openpgp:\" and 40 hex digits of its fingerprint"

struct policy_part {
	const char *section, *name; /* section NULL: taken by no file of its own */
	char *text;
	size_t len;
};
enum { POLICY_SECTIONS = 3 };
struct policy_file {
	const char *text, *name;
	size_t len;
	const json_t *policy;
	struct policy_part parts[POLICY_SECTIONS]; /* sections that stand in files of their own */
	const char *missing;                       /* the people's file, when there is none */
	struct err *e;
};

/* What is wrong at a place such as "roles/cab/0", with file, line and column; returns -1. */
int policy_wrong(const struct policy_file *f, const char *at, const char *what, const char *which);
/* Is every name defined that is used, and does nothing contradict itself? */
int policy_fits(const struct policy_file *f) MUST;
