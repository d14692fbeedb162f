/* trial.h - one scenario being tried in one live root; shared by the scenario files. Only test.h is for others. */
#pragma once
#include "base/event.h"
#include "base/json.h"
#include "base/record.h"
#include "sandbox/expect.h"
#include "sandbox/launch.h"
#include "sandbox/plans.h"
#include "sandbox/test.h"

/* Where the packages lie inside. */
#define INSIDE_NEW "/run/sluice/new"
#define INSIDE_OLD "/run/sluice/old"
#define INSIDE_WITH "/run/sluice/with"

struct trial;
/* What differs between dpkg and rpm. Each returns 0 also when the package manager refused: then *ret_ok is false. */
struct manager {
	const char *format; /* "deb" */
	/* Before the packages: the root is made ready. */
	int (*prepare)(struct trial *t, struct err *e);
	/* {"name","version","architecture"} of one package file */
	int (*describe)(struct trial *t, const char *file, json_t **ret, struct err *e);
	int (*install)(struct trial *t, const char *const *files, bool *ret_ok, struct err *e);
	int (*remove)(struct trial *t, bool *ret_ok, struct err *e);
	int (*purge)(struct trial *t, bool *ret_ok, struct err *e); /* NULL: the format has none */
	/* Configuration files of the installed packages, as an array of paths. */
	int (*conffiles)(struct trial *t, json_t **ret, struct err *e);
	/* A command that prints the files of all installed packages, one a line; ends with NULL. */
	const char *const *owned;
	/* Adds what the package manager told about scripts to t->scripts. */
	void (*scripts)(struct trial *t, const struct command_result *r);
	const char *noise; /* lines that begin so are for us, not for the log; or NULL */
};
extern const struct manager manager_deb, manager_rpm;

struct watch { /* the state to compare with */
	struct changes changes;
	char *passwd, *group;
	json_t *listening;
	struct processes processes;
};
void watch_done(struct watch *w);

struct trial {
	const struct test *test;
	const struct manager *manager;
	const struct root *root;
	const struct expectations *expect;
	struct sandbox *sandbox;
	const char *const *new_files, *const *old_files; /* inside; end with NULL */
	json_t *packages;                                /* the new ones, described */
	struct watch before;
	/* the result */
	json_t *steps, *scripts, *findings, *expectations, *logs, *processes_left, *listening, *users_added, *units,
		*provided, *changes, *entries;
	struct text log; /* every command with its output */
	json_t *owned;   /* paths that packages still installed hold, when dependencies came along; or NULL */
	bool is_failed, is_prepared, is_upgrading;
	int64_t ms;
	unsigned layers; /* that stood between it and this machine; 0: it did not start */
};

/* Runs and records a step; what: shown instead of argv when not NULL. */
int trial_step(struct trial *t, const char *const *argv, struct command_result *ret, struct err *e) MUST;
/* Runs without recording: questions. *ret: stdout and stderr, malloc; exit other than 0 is *ret NULL. */
int trial_ask(struct trial *t, const char *const *argv, char **ret, struct err *e) MUST;
/* A finding at `high` and above fails the scenario. */
void trial_find(struct trial *t, enum severity s, const char *check, const char *where, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));
void trial_script(struct trial *t, const char *event, const char *source, const char *package, const char *arguments,
	int exit, int64_t ms);
const char *trial_package(const struct trial *t, size_t i); /* its name; NULL past the end */

/* observe.c */
int watch_take(struct trial *t, struct watch *ret, struct err *e) MUST;
/* After an installation: changes, users, listening, units, logs into the result. */
int observe_installed(struct trial *t, struct err *e) MUST;
/* After a removal: what is left over that was not there before. */
int observe_left(struct trial *t, bool purged, struct err *e) MUST;
bool is_books(const char *path); /* the package manager's own files */
/* logs.c: examines text for words of failure. */
void examine_log(struct trial *t, const char *path, const char *text, size_t len);

/* scenario.c: runs one named scenario in a fresh root; the result as JSON. Never fails: what goes wrong is in it. */
json_t *scenario_run(const struct test *t, const struct manager *m, const struct root *root, const struct plan *plan,
	const struct expectations *x, const char *name, const char *const *new_files, const char *const *old_files);
bool scenario_known(const char *name);

/* report.c */
int report_write(const char *dir, json_t *report, struct err *e) MUST;
void report_trim(json_t *report); /* takes away what only the report itself shows */
