/* inner.h - packages inside an archive (recipe: `source: {inner: PATTERN}`), one level deep.
 *
 * A listing pass over the outer archive finds the files whose path, without its leading '/', fits the pattern; each becomes an input of its
 * own. decode() with `inner` set then reads the outer archive once more, holds that one member in an unlinked temporary (opened before
 * the child confines itself) and reads it as a package. Hard links in the outer archive are no members: the file they name is. */
#pragma once
#include "base/event.h"
#include "formats/reader.h"

struct inner_found {
	struct pkg outer; /* of the listing pass: its signatures and warnings are the inner packages', too */
	const char **at;  /* paths, in order; strings of outer */
	size_t len, room;
};
/* Zeroes *ret first; no match is fine. To be ended after a failure, too. */
int inner_find(const char *path, const char *pattern, const struct limits *limits, const struct events *events,
	struct inner_found *ret, struct err *e) MUST;
void inner_found_done(struct inner_found *f);
/* The vendor signed the outer file: its signatures replace those inside; its warnings are added. */
int inner_take_outer(struct pkg *to, const struct pkg *outer, struct err *e) MUST;

/* ---- in the confined child */
/* Reads src, holding its member in the file `to`: then *ret is that member, read with `to`. E_LIMIT_DEPTH when it has no files beside it to read. */
int inner_hold(const struct source *src, const struct limits *limits, const char *member, int to, struct source *ret,
	struct err *e) MUST;
/* Passes on what a package inside tells, less what would point into the outer file: packed payload and signatures. Borrows next. */
struct sink *inner_plain_new(struct sink *next);
/* The same for the finished package; a signature that goes is warned of. */
void inner_strip(struct pkg *pkg, const char *member);
