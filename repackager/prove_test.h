/* prove_test.h - a candidate's packages in the test system: all targets in one report, evidence for each. For submissions and for testing again. */
#pragma once
#include "base/event.h"
#include "release/release.h"

struct prove_set { /* the packages of one target, installed together */
	char *target, *format;
	const char *root;        /* NULL: "/"; borrowed */
	char *named_by;          /* who names it, or NULL */
	LIST(char *) files, old; /* paths; old: what is released now, when there is any */
	json_t *subjects;        /* sha256 of the files */
};
struct prove {
	struct release *release;
	const struct events *events;
	LIST(struct prove_set) sets;
	LIST(const char *) with;            /* folders; borrowed */
	const char *expect;                 /* a file, or NULL */
	const char *scenarios, *report_dir; /* test.h; or NULL */
	const char *released;               /* the version now released, where prove_add_old found one; borrowed */
	const json_t *decided;              /* on lines in logs, see test.h; borrowed, or NULL */
	char expect_digest[65];             /* of its blob, kept before the run */
	char report[65];                    /* of the report's blob, afterwards */
};
/* Adds a package (candidate_add's); file is its path. Those of one target become one set. */
struct prove_set *prove_add(struct prove *p, const json_t *package, const char *file);
/* The packages of the same targets in what is released now, as files below `work`; released NULL: none. */
int prove_add_old(struct prove *p, const json_t *released, const char *work, struct err *e) MUST;
/* One of them, checked; *ret malloc. */
int prove_old_file(struct release *r, const json_t *package, const char *work, char **ret, struct err *e) MUST;
/* Runs all sets; keeps expectations (before) and the report (afterwards) as blobs. */
int prove_run(struct prove *p, json_t **ret_report, struct err *e) MUST;
/* The evidence's body of the i-th set: {"report","target","root","expect","sandbox","findings"}; the findings are lines in logs. What
 * fails for nothing else is a "pass" here: on findings the gate decides. *ret_verdict is borrowed. */
json_t *prove_body(const struct prove *p, size_t i, const json_t *report, const char **ret_verdict);
/* What the same run says of the way back, as evidence of kind "rollback": {"report","target","to": version or "","scenarios"}; the scenarios downgrade
 * and rollback, or where nothing older is released that it was taken away again. NULL: none of them ran. */
json_t *prove_way_back(const struct prove *p, size_t i, const json_t *report, const char **ret_verdict);
void prove_done(struct prove *p);

/* `sluice test C-1`: its packages by their digests, on the roots and with the expectations they were tested with; the new evidence is one
 * signed act for each set, and what was there stays. */
struct retest {
	const char *candidate;
	const char *root;        /* NULL: as before */
	const char *const *with; /* beside those from before */
	size_t with_len;
	const char *report_dir; /* or NULL */
	const char *scenarios;  /* NULL: all; fewer prove nothing, so that no evidence is added then */
	const struct actor *actor;
	const struct events *events;
};
/* *ret_report: report.json with "candidate" and "evidence": [digest]. */
int retest(struct release *r, const struct retest *t, json_t **ret_report, struct err *e) MUST;
