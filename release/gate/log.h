/* log.h - the append-only audit log: each act, refusals and failures too, chained by hash.
 *
 * hash = sha256 of the row's canonical JSON {seq,time,person,action,subject,outcome,record,signature,previous}. The order of the log is the order of
 * acts. Its head goes into every release.json, so what was signed once cannot lose a row unnoticed; between two releases the makers' own
 * records ("after") braid it. subject: words ("R-1 C-2"). */
#pragma once
#include "release/store/store.h"

struct log_row {
	int64_t seq;
	const char *time, *person, *action, *subject, *outcome, *record, *signature, *previous, *hash;
};
struct log_head {
	int64_t seq;
	char hash[65];
}; /* seq 0: empty */

/* Appends inside an open transaction. outcome: "ok", "refused", "failed: ..." */
int log_append(struct store *s, const char *person, const char *action, const char *subject, const char *outcome,
	const char *record, const char *signature, struct err *e) MUST;
int log_head(struct store *s, struct log_head *ret, struct err *e) MUST;
/* Every row from the first, each link of the chain checked; a row that does not fit is ERR_VERDICT and named. known: a head seen before that must be
 * found on the way (seq 0: none). each may be NULL. */
int log_walk(struct store *s, const struct log_head *known,
	int (*each)(void *context, const struct log_row *row, struct err *e), void *context, struct log_head *ret_head,
	struct err *e) MUST;
/* The same from the row after `from`, whose chain was walked before. */
int log_walk_on(struct store *s, const struct log_head *from, const struct log_head *known,
	int (*each)(void *context, const struct log_row *row, struct err *e), void *context, struct log_head *ret_head,
	struct err *e) MUST;
/* The same of rows that were read elsewhere (log_row_json with "hash"). */
int log_check(const json_t *rows, struct log_head *ret_head, struct err *e) MUST;
/* One row as log_row_json gives it, with "hash" as its present content makes it; *ret NULL: it is not there. */
int log_row_at(struct store *s, int64_t seq, json_t **ret, struct err *e) MUST;
bool log_names(const char *subject, const char *id); /* is id one of the words? */
json_t *log_row_json(const struct log_row *row);
