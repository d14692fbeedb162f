/* inspect.h - what a package holds and what changed. One check is one file (check_X.c) and one line in checks.c.
 *
 * Facts are JSON: {CHECK: ...}, one member a check, stored with the candidate so that the next version is compared without opening the old
 * package again. A collector of bytes runs in the confined decoder as a sink beside the reader (raw stream); a collector of the model sees a
 * finished struct pkg (entries sorted, digests in). compare runs in the parent, on facts only. A version change never softens a finding. */
#pragma once
#include "base/record.h"
#include "formats/pkg.h"
#include "formats/sink.h"

struct check;
struct compare {
	const json_t *old, *new;
	const struct check *check;
	struct findings *findings;
	struct arena *arena;
}; /* old NULL: a first version */
struct check {
	const char *id;
	enum severity severity; /* its worst; also used when it could not run */
	const char *waiver;     /* default role that may accept it */
	const char *about;      /* one sentence: what it looks at and why */
	struct sink *(*collect_bytes)(
		json_t **facts); /* in the decoder; sets *facts at close (owned by the caller); may be NULL */
	json_t *(*collect)(const struct pkg *pkg); /* may be NULL */
	void (*compare)(struct compare *c);        /* may be NULL: made elsewhere */
};
extern const struct check *const checks[]; /* ends with NULL, sorted by id */
const struct check *check_named(const char *id);

struct sink *facts_collector(json_t **facts); /* feeds every collector of bytes; *facts is set at close */
json_t *facts_of(const struct pkg *pkg,
	const json_t *bytes); /* the model's facts joined with those of bytes (borrowed, may be NULL) */
/* old NULL: first version. A check whose facts are missing on a side is a finding at its worst severity. Strings live in the arena. */
int facts_compare(const json_t *old, const json_t *new, struct arena *arena, struct findings *ret, struct err *e) MUST;
void finding_add(struct compare *c, enum severity severity, const char *where, const char *old, const char *new,
	const char *text, const char *remedy);
