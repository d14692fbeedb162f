/* gate_impl.h - what the rules share; included by gate.c and its rule files only. */
#pragma once
#include "base/base.h"
#include "base/record.h"
#include "release/gate/gate.h"

struct gate {
	const json_t *policy, *channel, *rfc, *packages, *evidence, *acceptances, *votes, *calendars, *history;
	int64_t at;
	const char *rule; /* the one that is asked */
	json_t *reasons;
	json_t *latest; /* kind -> subject -> the latest item of evidence: looked up for each package, of which there may be thousands */
	json_t *mine, *touched; /* once shaped: gate_packages; what policy_affected says of all names */
};
struct gate_rule {
	struct gate_rule_info info;
	void (*ask)(struct gate *g);
	bool is_for_back; /* asked, too, when a change is taken back; the others were when it was let in */
};

/* Says no, with the name of the rule that is asked. */
void gate_refuse(struct gate *g, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The packages that this channel takes; all of them without a channel. A new reference to what the rules share. */
json_t *gate_packages(const struct gate *g);
/* Processes that the frozen list or the present policy says are touched; new array, sorted members may repeat never. part: "processes", ... */
json_t *gate_affected(const struct gate *g, const char *part);
/* Names each value of both lists once; new array. */
json_t *gate_union(const json_t *a, const json_t *b);

/* gate_adopt.c: does it take over a repository that was served before? Then only owners of the policy are asked, and nothing was examined. */
bool gate_is_adoption(const struct gate *g);
void rule_adoption(struct gate *g); /* its part of rule_channel */
/* gate_expect.c */
void rule_expectations(struct gate *g);
/* gate_evidence.c */
/* Fills g->latest. */
void gate_evidence_begin(struct gate *g);
/* The latest word of that kind on these bytes, or NULL. */
const json_t *gate_latest(const struct gate *g, const char *kind, const char *subject);
void rule_evidence(struct gate *g);
void rule_vendor(struct gate *g);
void rule_sandbox(struct gate *g);
void rule_findings(struct gate *g);
void rule_impact(struct gate *g);
/* gate_votes.c */
/* Why this person's word is not asked for ("built it"), or NULL. */
const char *gate_conflict(const struct gate *g, const char *person);
void rule_votes(struct gate *g);
/* gate_tally.c: one role's words. people: holder -> {"decision" ("condition": a yes that waits), "voter": the last, "condition", "own": not only a deputy's, "time",
 * "voters": {human: {"first", "last"}: places in votes of that word, from the first after another one; saying it again never makes it later}}. */
struct tally {
	json_t *people;
};
struct span {
	bool is_separate;    /* without those who may not */
	int64_t after, upto; /* with a word later than that place, and one up to that place; -1: any */
};
void tally(const struct gate *g, const char *role, struct tally *t);
void tally_done(struct tally *t);
/* How many yes: each of another human, for another holder. */
int64_t tally_yes(const struct gate *g, const struct tally *t, struct span span);
/* Why the yes of that voter for that holder does not count, by either's conflict, or NULL. */
const char *gate_word_conflict(const struct gate *g, const char *holder, const char *voter);
/* Has that role said yes, by anybody whose word counts? For decisions beside the category's votes (a blackout, a consent). */
bool gate_said_yes(const struct gate *g, const char *role);
void rule_reject(struct gate *g);
void rule_department(struct gate *g);
void rule_separation(struct gate *g);
void rule_order(struct gate *g);
void rule_emergency(struct gate *g);
void rule_standard(struct gate *g);
/* gate_life.c */
void rule_rejected(struct gate *g);
void rule_dispute(struct gate *g);
void rule_review(struct gate *g);
/* gate_back.c */
void rule_back(struct gate *g);
/* gate_time.c */
void rule_channel(struct gate *g);
void rule_stop(struct gate *g);
void rule_target(struct gate *g);
void rule_package(struct gate *g);
void rule_schedule(struct gate *g);
void rule_window(struct gate *g);
void rule_blackout(struct gate *g);
void rule_soak(struct gate *g);
void rule_reports(struct gate *g);
void rule_conflict(struct gate *g);
void rule_debt(struct gate *g);
