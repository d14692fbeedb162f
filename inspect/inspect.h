/* inspect.h - what a package holds and what changed. One check is one file (check_X.c) and one line in checks.c.
 *
 * Facts are JSON, one member a check, stored with the candidate so that the next version is compared without opening the old package again:
 *     {CHECK: {...of the model..., "bytes": {...of the files' bytes...}, "report": {...of the test system's report...}}}
 * `look` runs in the confined decoder, once for each file of the package while it passes; `collect` sees the finished struct pkg (entries sorted,
 * digests in); `observe` sees a report.json (docs/sluice.1, any JSON); `compare` runs in the parent, on facts only. Facts of several packages that
 * make one update are joined before they are compared. A version change never softens a finding. */
#pragma once
#include "base/record.h"
#include "formats/pkg.h"
#include "formats/sink.h"

struct check;
struct looked;
struct compare {
	const json_t *old, *new;
	const struct check *check;
	struct findings *findings;
	struct arena *arena;
	const json_t *others; /* {PRODUCT: its facts} of what else is released; NULL: not known */
};                            /* old NULL: a first version */
struct check {
	const char *id;
	enum severity severity; /* its worst; also used when it could not run */
	const char *waiver;     /* default role that may accept it */
	const char *about;      /* one sentence: what it looks at and why */
	const char *why;        /* for `diff --explain`: why it matters, what to do, known false alarms */
	void (*look)(const struct looked *file, json_t *facts); /* adds to an object of this check's own; may be NULL */
	json_t *(*collect)(const struct pkg *pkg);              /* may be NULL */
	bool (*digests)(const struct entry *entry);             /* collect looks at this file's sha256; NULL: at none */
	/* facts: this check's own, of the packages that were tested (model and bytes); may be NULL */
	json_t *(*observe)(const json_t *report, const json_t *facts);
	void (*compare)(struct compare *c); /* may be NULL: made elsewhere */
};
extern const struct check *const checks[]; /* ends with NULL, sorted by id */
const struct check *check_named(const char *id);

/* Shows every file to every `look`; one of at most hold_max bytes is shown whole where that is worth it. *facts is set at close. */
struct sink *facts_collector(uint64_t hold_max, json_t **facts);
/* Does a check look at this file's sha256? So nobody need take the others' only to compare. */
bool facts_need_digest(const struct entry *entry);
/* The model's facts joined with those of bytes (borrowed, may be NULL). */
json_t *facts_of(const struct pkg *pkg, const json_t *bytes);
/* Adds what the test system saw of this update; several reports are joined. A report of which no scenario ran says nothing. */
void facts_observe(json_t *facts, const json_t *report);
/* Adds the facts of one more package of the same update: lists are strung together, numbers added up, of other values the first stays. What has no
 * room is counted and told when the facts are compared. */
void facts_join(json_t *facts, const json_t *more);
/* old NULL: first version. A check whose facts are missing on a side is a finding at its worst severity, those of reports only when the other side
 * has them. Strings live in the arena. */
int facts_compare(const json_t *old, const json_t *new, struct arena *arena, struct findings *ret, struct err *e) MUST;
/* The same, with the facts of the other products that are released ({PRODUCT: facts}, borrowed; NULL: not known): what they need of this one counts. */
int facts_compare_among(const json_t *others, const json_t *old, const json_t *new, struct arena *arena,
	struct findings *ret, struct err *e) MUST;
void finding_add(struct compare *c, enum severity severity, const char *where, const char *old, const char *new,
	const char *text, const char *remedy);
