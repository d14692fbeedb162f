/* load.h - from signed records to the gate's inputs: every digest and every signature is checked on the way.
 *
 * The same reader works on the store (in the command and again in the signer) and on records/ of a published tree (audit, pull). */
#pragma once
#include "release/gate/log.h"
#include "release/gate/record.h"

/* Everything that was said about one RfC and its candidates, in order. */
struct dossier {
	struct policies *chain;       /* borrowed */
	struct record_source *source; /* borrowed */
	struct records records;       /* of the RfC, of its candidates, and stops of channels */
	char id[32];
	json_t *back; /* packages that would take the change back, in the shape of packages (back.c) */
	json_t *rfc, *packages, *evidence, *acceptances, *votes, *history; /* gate.h's shapes, by dossier_fold */
	json_t *revision;                                                  /* the present revision's content */
	json_t *ring; /* how it went in the channel before the one that is asked about, for gate.h's history: counted (reports.h), or what its release says; NULL: not known */
	json_t *story; /* for people: {"requester","opened","revisions","notes","releases",...} */
	LIST(struct dossier)
	emergencies; /* other RfCs that were released as emergencies (debts.h), or start a channel again (stops.h) */
};
/* pairs: [{"record","signature","seq"}] in order, ending where the question ends. is_trusting: see record_load. check_packages: hash packages again. */
int dossier_load(struct dossier *d, struct record_source *s, struct policies *chain, const char *rfc,
	const json_t *pairs, bool is_trusting, bool check_packages, struct err *e) MUST;
/* Each record names the head of the log that its maker saw; that row stands before it. So a row that somebody has seen cannot be taken out, even
 * by one who writes the chain anew. rows: store_rows'. */
int dossier_follows(const struct dossier *d, const json_t *rows, struct err *e) MUST;
void dossier_done(struct dossier *d);
/* Asks the gate. channel NULL: is it authorised? implementer "": not known yet. policy: the one in force at `at`. */
json_t *dossier_ask(
	const struct dossier *d, const struct policy *policy, const char *channel, const char *implementer, int64_t at);
/* May its packages go back on that channel? */
json_t *dossier_ask_back(
	const struct dossier *d, const struct policy *policy, const char *channel, const char *implementer, int64_t at);
/* Is it authorised, as if it were a change of that type? */
json_t *dossier_ask_as(
	const struct dossier *d, const struct policy *policy, const char *type, const char *implementer, int64_t at);
/* One of states.h, from the records and the gate alone. Static text. */
const char *dossier_state(const struct dossier *d, const struct policy *policy, int64_t at);
/* The same where only a further act can change it, however the policy and the time go; NULL: the gate has to be asked. */
const char *dossier_settled(const struct dossier *d, const struct policy *policy);
/* The table's word, or what a change manager or management made of it. */
const char *dossier_priority(const struct dossier *d, const struct policy *policy);

/* The store's side: the chain of policies and the list of records about an RfC, from the whole log with its chain checked. known may be NULL;
 * root: the first policy's digest where the caller pins one, or NULL. */
int store_policies(struct store *s, struct record_source *source, const struct log_head *known, const char *root,
	struct policies *ret, struct log_head *ret_head, struct err *e) MUST;
/* The whole log with its chain checked, as rows (log_row_json with "hash"); NULL: failed. known may be NULL. */
json_t *store_rows(struct store *s, const struct log_head *known, struct err *e);
/* The digests of all evidence that asking again needs, of the emergencies too. New array. */
json_t *dossier_evidence(const struct dossier *d);
/* From such rows: the pairs of the RfC and its candidates (and of stops), up to seq `until` (0: all). NULL: there is no such RfC (ERR_USAGE). */
json_t *pairs_of(const json_t *rows, const char *rfc, int64_t until, struct err *e);
/* Words (log_index.h) of the rows that may matter to every dossier; ends with NULL. */
extern const char *const rows_for_all[];
/* The subject of the RfC's opening, which names its candidates; borrowed from rows; NULL: none. */
const char *opening_of(const json_t *rows, const char *rfc);
