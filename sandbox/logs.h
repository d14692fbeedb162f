/* logs.h - everything that was written down during a trial is searched for words of failure: files below /var/log and others that are named like logs, the journal, what
 * commands and their scripts printed.
 *
 * A finding is one message in one file: its digest is that of {check, severity, where, text} with the numbers taken out
 * (log_template.h), the same that the gate wants accepted (`finding accept`). Lines that the version in use writes as well are normal:
 * a trial of its own (logs_learn) writes them down before the others begin. */
#pragma once
#include "base/json.h"
#include "sandbox/log_patterns.h"

struct trial;
struct changes;

/* What a test's trials share; given to them in struct test. */
struct log_rules {
	struct log_patterns patterns;
	json_t *known; /* digests that the version in use writes: {digest: true}; NULL: there is none to compare with */
	json_t *users_gone;   /* users that the version in use makes, and takes away at its purge; NULL: not known */
	json_t *dispositions; /* {digest: {"reason","role","until"}}: what people decided; NULL: nothing */
};
void log_rules_done(struct log_rules *r);
/* patterns, dispositions: files or NULL. */
int log_rules_load(const char *patterns, const char *dispositions, struct log_rules *ret, struct err *e)
	__attribute__((warn_unused_result));
/* The file of dispositions, checked; one whose time is over is left out. */
int log_dispositions_parse(const char *text, size_t len, const char *file, int64_t now, json_t **ret, struct err *e)
	__attribute__((warn_unused_result));

/* Before the packages come: what stands in logs now is not theirs. */
int logs_start(struct trial *t, struct err *e) __attribute__((warn_unused_result));
/* Not where failures are provoked. */
bool logs_wanted(const char *scenario);
/* What was added since the last time, to files that changed and to the journal. */
int logs_read(struct trial *t, const struct changes *now, struct err *e) __attribute__((warn_unused_result));
/* What the journal says of this unit is no finding: the test root itself kept it from running. */
int logs_excuse_unit(struct trial *t, const char *unit, struct err *e) __attribute__((warn_unused_result));
/* What one command printed. */
void logs_output(struct trial *t, const char *command, const char *output, size_t len);
#define LOGS_JOURNAL "journal"
/* logs_examine.c: text that begins with line `first` of a log; 0: behind what was read of it. */
void logs_examine(struct trial *t, const char *path, const char *text, size_t len, size_t first);
/* In a scenario's result: the digests of its lines that speak of failure. */
#define LOGS_LEARNT "_log_digests"
#define LOGS_LEARN "learn"
/* ... and the users that its purge took away. */
#define USERS_GONE "_users_gone"
/* The scenario that installs and removes the version in use, and only reads. */
int logs_learn(struct trial *t, struct err *e) __attribute__((warn_unused_result));
