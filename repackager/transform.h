/* transform.h - from the vendor's entries to the organisation's: a sink (sets stream) in front of the writers.
 *
 * Applies the rules (rules.h), strips and prefixes a plain archive, gives unknown owners of a plain archive to root, adds the recipe's
 * own files behind the vendor's, and refuses what the house forbids, and two things at one path. Keeps every final entry. */
#pragma once
#include "formats/sink.h"
#include "repackager/rules.h"

struct transform_job {
	const struct document *recipe, *house;
	const struct identity *identity;
	const struct pkg *meta; /* the vendor's */
	const char *prefix;     /* of a plain archive; NULL: none */
	int64_t added_mtime;    /* of files from the recipe; -1: the latest of the vendor's */
	const json_t *patches;  /* from transform_plan, for a second pass; NULL: none */
	const struct events *events;
};
struct transform;
/* next is borrowed. Final entries and notes (loss target "": every target) go into out. */
struct transform *transform_new(const struct transform_job *job, struct sink *next, struct pkg *out, struct err *e);
void transform_free(struct transform *t);
struct sink *transform_sink(struct transform *t);
/* Before anything passes: could a rule change, add or drop an entry? */
int transform_may_change(const struct transform_job *job, bool *ret, struct err *e) MUST;
/* After sink_close: was any entry changed, added or dropped? */
bool transform_has_changed(const struct transform *t);
const struct rules *transform_rules(const struct transform *t);
/* A folder that every system has: no package owns it, and what names it may mean the system's. */
bool path_is_everywhere(const char *path);

/* ---- what still names a place from which files were moved. elf: the decoder's "elf-paths" (inspect/elf_paths.h); NULL: none.
 * After a pass: {"path", "offset", "old", "new"} of every search path in a program that a rule says to rewrite and that has room for it;
 * empty: no second pass is needed. Owned by the caller. */
json_t *transform_plan(struct transform *t, const json_t *elf);
/* Tells all the rest as losses of every target: `moved:FILE names PLACE`. */
void transform_tell_moved(struct transform *t, const json_t *elf);
