/* profile.h - how services are started in a test root: by init scripts under our own first process (`plain`), or by the root's own systemd
 * (`systemd`, boot.h). Unless a tester says which, it is what the packages need, as far as root and machine can give it. */
#pragma once
#include "sandbox/trial.h"

/* Words of the command line: "plain", "systemd", "auto" (NULL is auto). */
bool profile_known(const char *word);
/* Does a listing of files, one a line (`dpkg-deb -c`, `rpm -qpl`), hold a unit that starts something - and one that no init script of the
 * same name stands for? */
enum profile_need { CANNOT_BOOT /* or need not be known */, NO_UNITS, UNITS_WITH_SCRIPTS, UNITS_ALONE };
enum profile_need profile_need(const char *listing);
/* The root's system manager as a path inside it, or NULL; static. */
const char *profile_system(const struct root *root);
/* The plan to try these packages with. Asked for systemd on a root without it: an error that says what to do. `files`: inside, NULL at the
 * end. For `auto` on a root that has systemd, the packages' files are listed in a sandbox first; then *ret_other is the other profile's
 * plan (session.h). */
int profile_plan(const struct test *t, const struct manager *m, const struct root *root,
	const struct plan_inputs *inputs, const struct test_limits *limits, const char *const *files, struct plan *ret,
	struct plan *ret_other, enum profile_need *ret_need, struct err *e) MUST;

/* ---- in a scenario; both do nothing in profile plain */
int profile_boot(struct trial *t, struct err *e) MUST;
int profile_power_off(struct trial *t, struct err *e) MUST;
/* Why units are not started in this trial: "the root has no systemd", ...; static. */
const char *profile_why_plain(const struct trial *t);
