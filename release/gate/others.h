/* others.h - which rows about other RfCs belong to a dossier: dates of changes that are not over and what takes them back, standard changes of this
 * month, consents to their templates, emergencies and what is owed for them, and what starts a stopped channel again. */
#pragma once
#include "base/json.h"

struct others {
	const char *rfc;   /* the dossier's */
	json_t *scheduled; /* other RfCs with a date: id -> true */
	json_t *emergencies; /* other RfCs that were released as such: id -> true; their own records come along (debts.h) */
	json_t *resumes;     /* other RfCs that start a channel again: id -> true; theirs as well (stops.h) */
	char today[11];
};
void others_init(struct others *o, const char *rfc, const json_t *rows);
void others_done(struct others *o);
bool others_wants(struct others *o, const json_t *row);
/* Words of a release's row behind its RfC and channel: what others must know of it. Malloc; "" for a normal change. */
char *others_release_words(const char *type, const char *template);
/* The words of a date's row, which say until when it matters; malloc. */
char *others_schedule_subject(const char *rfc, int64_t until);
