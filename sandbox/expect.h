/* expect.h - what a tester expects of a package (`--expect`), and whether it came true. */
#pragma once
#include "base/json.h"

struct trial;
struct expectations {
	json_t *items; /* as parsed: each a map with one of the kinds' keys */
	char *dir;     /* files to provide are named relative to it */
	char *text;    /* the file as it was read, and its sha256: what was expected stands before the run */
	char digest[65];
};
void expectations_done(struct expectations *x);
/* An error is ERR_USAGE with FILE:LINE:COLUMN. */
int expectations_load(const char *path, struct expectations *ret, struct err *e) __attribute__((warn_unused_result));
int expectations_parse(const char *text, size_t len, const char *file, json_t **ret, struct err *e)
	__attribute__((warn_unused_result));
/* Before the installation: provide, setup. */
int expectations_prepare(struct trial *t, struct err *e) __attribute__((warn_unused_result));
/* After it: adds {"text","expected","observed","met"} to the trial's list. */
int expectations_check(struct trial *t, struct err *e) __attribute__((warn_unused_result));
/* After the last removal: services are gone, what is to stay has stayed. */
int expectations_check_left(struct trial *t, struct err *e) __attribute__((warn_unused_result));
/* `connects`: is this conversation (of a report's network) with a place that is named there? */
bool expectations_know_place(const struct trial *t, const json_t *conversation);
/* `leaves`: may this path, or "user/NAME", stay after a purge? */
bool expectations_leave(const struct expectations *x, const char *path);
