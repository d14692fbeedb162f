/* fold.h - from believed records, in order, to the gate's inputs. Pure but for fetching evidence and hashing packages. */
#pragma once
#include "release/gate/load.h"

struct fold {
	struct dossier *d;
	bool check_packages, is_open, is_withdrawn;
	json_t *candidates; /* id -> {"id","product","vendor","source","submitter","withdrawn","superseded_by","submit","evidence"} */
	json_t *order;              /* candidate ids as the RfC names them */
	json_t *fields;             /* the request as edited so far */
	json_t *requester, *opened; /* texts */
	json_t *revisions;
	json_t *standing; /* acceptances for a product or a recipe (fold_accept.c), or NULL */
	json_t *life;     /* what the acts of states.h made of it: see gate.h, with "decisions", "reviews" for people */
	json_t *removes;  /* packages that it takes out of a channel (removal.h); NULL: none */
	json_t *adopts, *adopted; /* the repository that it takes over (adoption.h) and its evidence; NULL: none */
	json_t *stops;            /* what it takes back: digests (stops.h); NULL: none */
	json_t *schedule;         /* the last date that was given, or NULL (fold_time.c) */
	char policy[65];          /* in force at the last act that bound */
};
int dossier_fold(struct dossier *d, bool check_packages, struct err *e) MUST;
/* fold_life.c: every act of states.h but the edit. */
int fold_life(struct fold *f, const struct record *r, struct err *e) MUST;
/* May its maker do this act, by the policy it names and in the state that the records before it make? */
bool fold_may(const struct fold *f, const struct record *r);
json_t *life_begin(void);
/* Does its body hold these members (words) and no other? What else it says might be a condition: then it gives nothing. A no stays a no. */
bool fold_understands(const struct record *r, const char *members);
/* Refuses the record; -1. */
int fold_not_ours(const struct record *r, const char *why, struct err *e);
/* fold_votes.c */
int fold_vote(struct fold *f, const struct record *r, struct err *e) MUST;
int fold_condition_met(struct fold *f, const struct record *r, struct err *e) MUST;
int fold_deputy(struct fold *f, const struct record *r, struct err *e) MUST;
int fold_deputy_end(struct fold *f, const struct record *r, struct err *e) MUST;
/* fold_time.c: "rfc-schedule", and what is said about other RfCs. */
int fold_schedule(struct fold *f, const struct record *r, struct err *e) MUST;
bool fold_is_others(const struct fold *f, const struct record *r);
int fold_others(struct fold *f, const struct record *r, struct err *e) MUST;
void fold_time_described(struct fold *f); /* adds to the finished d->rfc */
/* fold_agree.c */
int fold_agree(struct fold *f, const struct record *r, struct err *e) MUST;
/* The content a vote signs the digest of; new. NULL with e set. In place of its lists of packages ("packages", "back") stand their digests. */
json_t *revision_build(const struct fold *f, struct err *e);
/* The digest of that content, with the lists. */
int revision_digest(const struct fold *f, const json_t *revision, char ret[65], struct err *e) MUST;
/* "2026-11-21T22:00:00Z/2h" -> from, until. zone for a start without one. */
int window_parse(const char *text, const char *zone, int64_t *ret_from, int64_t *ret_until, struct err *e) MUST;

/* fold_accept.c: handlers of "accept" and "recipe-approve"; and standing ones put where they fit, as of the time of the act that is folded. */
int fold_accept(struct fold *f, const struct record *r, struct err *e) MUST;
int fold_recipe_approve(struct fold *f, const struct record *r, struct err *e) MUST;
void fold_standing(struct fold *f, int64_t at);
