/* fact.h - small tools for checks: bounded lists in facts, finding things again in them. Private to inspect/.
 *
 * Facts come back from a store or a confined child, so readers of them take any JSON: what is missing or of another type reads as nothing. */
#pragma once
#include "inspect/inspect.h"

struct looked;
enum {
	FACT_LIST_MAX = 4096 /* items of one list; more are counted only */,
	FACT_FINDINGS_MAX = 500 /* of one check */
};

/* A list of facts {"items": [...], "more": N}. */
json_t *fact_list(void);
json_t *fact_list_at(json_t *facts, const char *key); /* the list that is or now becomes that member; borrowed */
/* The item to fill, borrowed; NULL: the list is full, the item is counted. */
json_t *fact_add(json_t *list);
json_t *fact_add_text(json_t *list, const char *text); /* an item that is a string; bytes that are no UTF-8 as U+00XX */
/* The text, or its beginning and a digest of all of it, so that two that differ only further on are not one; malloc. */
char *fact_short(const char *text, size_t most);
void fact_add_more(json_t *list, size_t more);            /* so many were not looked at */
json_t *fact_items(const json_t *facts, const char *key); /* borrowed array or NULL */
int64_t fact_more(const json_t *facts, const char *key);
const char *fact_path(const json_t *item); /* "path" or "path_raw"; "" */

/* {path: item} over a list of items with paths, to look an old item up; the key folds /bin, /sbin, /lib* into /usr. Owned by the caller. */
json_t *fact_index(const json_t *items);
char *fact_key(const char *path); /* the path as it is in that index; malloc */
const json_t *fact_find(const json_t *index, const char *path);

/* A list on a side that was cut short cannot be compared: a finding at the check's worst severity. */
void fact_tell_cut(struct compare *c, const char *key);
/* "large": files that could not be read, or not to their end. A new one is a finding at the check's worst severity, one that the old version had too
 * and that has changed is medium. `counts` (may be NULL) says which are worth telling. */
void fact_add_unread(json_t *facts, const struct looked *file);
typedef bool fact_counts(const void *to, const char *path);
void fact_tell_unread(
	struct compare *c, const json_t *old, const json_t *new, const char *text, fact_counts *counts, const void *to);
void fact_tell_cut_in(
	struct compare *c, const char *part, const char *key); /* of the facts' member `part`, such as "bytes" */

/* What the two versions' test reports say about this check. False: there is nothing to compare. Where only one side was tested that is a finding. */
bool fact_reports(struct compare *c, const json_t **ret_old, const json_t **ret_new);

/* {KEY: {VALUE: true}} of items; `key` makes malloc text of one, VALUE is its member. Owned by the caller. */
json_t *fact_groups(const json_t *items, char *(*key)(const json_t *item), const char *member);
int fact_rank(const char *words, const char *value); /* of the words that "|" parts, the number of that one; -1 */

/* The mode that counts: a hard link has that of the file it names. */
uint32_t fact_mode(const struct pkg *pkg, const struct entry *entry);
