/* rules.h - what happens to one entry on its way: the house's relocations, then the recipe's `files`, in order.
 *
 * A rule changes an entry's names and attributes, or drops it. A hard link set is one entry with several names: a rule on names works on
 * each, a set without names is dropped, and when the name of the body goes, the next one takes its place. */
#pragma once
#include "repackager/identity.h"

enum verb { VERB_MOVE, VERB_EXCLUDE, VERB_MATCH, VERB_ADD, VERB_DIR, VERB_SYMLINK, VERB_REWRITE };
enum config_wish { CONFIG_UNSAID, CONFIG_KEEP, CONFIG_REPLACE, CONFIG_NO };
struct rule {
	enum verb verb;
	const char *from, *to;     /* move, symlink; add: file of the recipe, path; others: from alone */
	const char *owner, *group; /* NULL: as they are */
	int32_t mode;              /* -1: as it is */
	enum config_wish config;
	const char *place; /* in the document, for errors and warnings */
	const struct document *document;
	unsigned uses;
};
struct rules {
	struct rule *at;
	size_t len, room;
	struct arena *arena; /* borrowed */
};
/* Reads them from house and recipe; words fill relocate's templates. */
int rules_load(const struct document *house, const struct document *recipe, const struct identity *id, struct arena *a,
	struct rules *ret, struct err *e) MUST;
void rules_done(struct rules *r);

/* Rules from index first on. Changes *entry (strings in the arena); *ret_keep false: it is dropped. */
int rules_apply(struct rules *r, size_t first, struct entry *entry, bool *ret_keep, struct err *e) MUST;
/* The path after all moves, for a link's target or a script's text; the same pointer when none touches it. NULL: no room. */
const char *rules_moved(const struct rules *r, const char *path);
/* The path after one move; the same pointer when it is not touched. NULL: no room. */
const char *rule_moved(const struct rules *r, const struct rule *rule, const char *path);
/* The way from the folder of path to target, both inside the package. NULL: no room. */
const char *rule_relative(const struct rules *r, const char *path, const char *target);
/* Does a rule say that old places are replaced in this file (its final name)? Counts the use. */
bool rules_rewrite(const struct rules *r, const struct entry *entry);
bool path_beneath(const char *path, const char *top); /* top itself counts; "/" holds all */
/* A pattern that is no absolute path matches at any depth. */
bool rule_matches(const char *pattern, const char *path);
/* The same for what is excluded: a folder takes with it what is in it. */
bool rule_excludes(const char *pattern, const char *path);
/* Do they move anything? Known before a file is read. */
bool documents_move(const struct document *house, const struct document *recipe);
