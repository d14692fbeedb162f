/* rows.h - the rows of the log that speak of one RfC, found by their words instead of reading all. */
#pragma once
#include "release/gate/load.h"
#include "release/gate/log_index.h"

/* What pairs_of needs of the log for that RfC, in order, and the rows that its records follow are found by rows_follow. NULL: failed. */
json_t *rows_about(struct log_index *x, const char *rfc, struct err *e);
/* All rows of the RfCs with a date that is not over on that day (2026-11-26...). NULL: failed. */
json_t *rows_dated(struct log_index *x, const char *day, struct err *e);
/* dossier_follows with the rows found by the index. */
int rows_follow(struct log_index *x, const struct dossier *d, struct err *e) MUST;
/* The chain of policies from the rows that made it. root: see store_policies. */
int rows_policies(
	struct log_index *x, struct record_source *source, const char *root, struct policies *ret, struct err *e) MUST;
/* The place of the last record that made a policy; 0: none, -1: failed. */
int64_t rows_policy_seq(struct log_index *x, struct err *e);
/* The RfCs that a subject touches: those it names, and those whose opening names one of its candidates. [{"id","record": of its opening}]; NULL: failed. */
json_t *rows_touched(struct log_index *x, const char *subject, struct err *e);
