/* session.h - one run of a test: what is tried where, and what came of it; shared by test.c, test_workers.c and test_report.c. */
#pragma once
#include "sandbox/profile.h"
#include "sandbox/secrets.h"
#include "sandbox/trial.h"

enum { SCENARIOS_MAX = 16 };

struct session {
	const struct test *t;
	const struct manager *manager;
	struct root root;
	struct expectations expect;
	struct log_rules logs;
	struct plan plan;
	/* The other profile, when nobody asked for one; empty when there is none: plain, for when the booted one does not come up; booted, for a
	 * second opinion when services fail to start by their init scripts. */
	struct plan other;
	enum profile_need need; /* without units the other one is asked for one doubt only (test_workers.c) */
	struct plan_inputs inputs;
	LIST(struct plan_bind) binds;
	LIST(const char *) new_files, old_files; /* inside; end with NULL */
	struct hidden hide;
	LIST(char *) strings; /* what the above point to */
	const char *scenarios[SCENARIOS_MAX];
	size_t scenarios_len;
	json_t *results[SCENARIOS_MAX];
};

/* package_file.c: who installs that file, which must be whole; NULL: *e says why not. */
const struct manager *package_manager(const char *file, struct err *e);
/* The other profile's plan, if that is a booted one, or one that is not; NULL. */
const struct plan *session_other_plan(const struct session *s, bool booted);
/* test_workers.c: every scenario of all of them, `parallel` at once; their results stand in the sessions. A worker that died is a result of its own. */
int sessions_run(struct session *all, size_t len, struct err *e) MUST;
/* test_report.c: what a scenario's process hands over, malloc. Everything in it is bounded; should that ever not be enough, it loses its lists
 * and fails. */
char *result_text(json_t *result, size_t most);
/* test_report.c: all of them as one report. */
int sessions_report(struct session *all, size_t len, json_t **ret, struct err *e) MUST;
