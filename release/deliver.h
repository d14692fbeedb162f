/* deliver.h - events for the policy's hooks, notifications and the system's log; the log is the queue. */
#pragma once
#include "release/release.h"

/* Tells every receiver what it was not told yet, at most `most` rows each. A receiver that fails is no error: it is recorded and tried again the next time.
 * ret (may be NULL): {"told","failed","given_up"}. Does nothing while another process does it. */
int deliver_pending(struct release *r, size_t most, json_t **ret, struct err *e) MUST;
/* {"receivers": [{"receiver","told": row,"log": newest row,"tries","run"}]} */
int deliver_state(struct release *r, json_t **ret, struct err *e) MUST;

/* deliver_event.c: "rfc.open", "rfc.vote", "gate.refused", "release.published"; malloc. */
char *event_name(const json_t *row);
/* {"event","id": "SEQ-HASH16","seq","time","person","subject": [words],"outcome","store","organisation"[,"rfc": {...}]}; new. */
json_t *event_json(struct release *r, const json_t *row, const char *name, struct err *e);
/* deliver_syslog.c: the line for the system's log, at most 8,000 bytes: a longer event keeps what says which one it is, and "shortened". Malloc; NULL: none. */
char *syslog_line(const json_t *event);
/* One datagram to the socket at path (NULL: /dev/log). 0: taken. */
int syslog_tell(const char *path, const json_t *event, char *ret_why, size_t why_len);
/* The mail for those whom the event concerns, headers and text; NULL: nobody. Malloc. */
char *event_mail(const struct release *r, const json_t *event);
