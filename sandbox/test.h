/* test.h - trying packages on a throw-away system with the real package manager.
 *
 * test_run never judges by exit status alone: 0 means that the test was carried out and *ret_report holds its verdict ("pass", "fail",
 * or "error": it could not be run to the end, with "error": {text} beside it); -1 means that nothing could be tried at all.
 * The report has the shape of cli.md's report.json; with `report_dir` the folder gets report.json, report.html, junit.xml and logs/. */
#pragma once
#include "base/event.h"
#include "base/json.h"

struct test_limits {           /* 0: the default */
	uint64_t memory;       /* 1 GiB + disk; all processes and changed files together */
	uint64_t disk, inodes; /* of changed files: 1 GiB + 8 x the packages, 200,000 */
	unsigned processes;    /* 512 */
	unsigned seconds;      /* wall time of one step: 300 */
	uint64_t output;       /* of one step: 8 MiB; more is cut */
};

struct sandbox;
/* A person looks into a root while it is there; one scenario at a time. */
struct test_look {
	/* why: "" when it was asked for, else what failed; log: what was run so far, printable. Called in the scenario's own process. */
	int (*shell)(void *context, struct sandbox *s, const char *why, const char *log, int *ret_exit, struct err *e);
	void *context;
	bool on_error; /* at the first failure of each scenario; else in the scenario `shell` only */
	const char *
		keep_dir; /* what each scenario changed is kept there (kept.h), in a folder of its name; NULL: it goes */
};

struct test {
	const char *const *files; /* the packages, all of one format (deb or rpm), installed together as one set */
	size_t files_len;
	const char *root; /* see root_find; NULL: "/" */
	const char
		*root_named_by;  /* "target el9": then a root that is missing is ERR_ENV; NULL: the caller, ERR_USAGE */
	int64_t root_max_age;    /* seconds; an older image is a finding; 0: 30 days */
	const char *roots_dir;   /* NULL: the default */
	const char *target;      /* the target's name, for the report; may be NULL */
	const char *const *with; /* folders with packages for dependencies */
	size_t with_len;
	const char *const *upgrade_from; /* the old version's package or packages, or NULL */
	size_t upgrade_from_len;
	const char *expect; /* a file of expectations, or NULL */
	const char *
		scenarios; /* names, commas between; also "quick" (what applies of those that need one root), "all"; NULL: quick */
	const char *report_dir; /* or NULL */
	const char *const *
		hide; /* paths never to be seen inside (the store, key folders); NULLs and what is missing are passed over */
	size_t hide_len;
	const char *profile; /* how services start: "plain", "systemd", "auto" (NULL): see profile.h */
	struct test_limits limits;
	const char *
		require; /* layers without which it is not run, in the policy's words ("userns,seccomp"); NULL: see scenario.c */
	unsigned parallel;           /* scenarios at once; 0: 2 */
	const struct events *events; /* EVENT_DEBUG gets the plan as text */
	struct test_look look;
	/* logs.h */
	const char *log_patterns;          /* a file of patterns (log_patterns.h); NULL: those built in */
	const char *dispositions;          /* a file: what people decided about lines in logs; NULL */
	const json_t *decided;             /* the same from elsewhere: {digest: {"reason","role","until"}}; NULL */
	const struct log_rules *log_rules; /* test_run's own; leave it NULL */
	bool tries_purge;                  /* its own, too: another scenario ends with a purge */
};
int test_run(const struct test *t, json_t **ret_report, struct err *e) MUST;
/* Several of them (targets, formats, roots), side by side, as the runs of one report; report_dir, events and parallel are the first one's. */
int tests_run(const struct test *tests, size_t len, json_t **ret_report, struct err *e) MUST;
/* "deb" or "rpm", by its first bytes; NULL: no package that can be tried, with an error. */
const char *test_format(const char *file, struct err *e);

/* The findings of lines in logs as the gate judges them (finding_json, stable from month to month), without those that the version in
 * use writes as well. target NULL: of all runs. */
json_t *test_log_findings(const json_t *report, const char *target);
/* report.json of one run -> the page, and JUnit's XML; malloc. */
char *test_report_html(const json_t *report);
char *test_report_junit(const json_t *report);
