/* log_index.h - finding rows of the log by a word without reading it all: verified once up to row N with hash H, extended with what is new.
 *
 * An SQLite file of its own: the command's is a cache in the store's folder, the signer keeps its own beside what it remembers. It holds each row's hash and
 * its words; the rows themselves are read from the log and hashed again each time, so that one that was changed, or is gone, is noticed when it is
 * asked for. An index that does not fit the log is thrown away and made anew from the first row, and then the log itself is judged. */
#pragma once
#include "release/gate/log.h"

struct log_index;
/* path NULL, or one that cannot be written: kept in memory. Brings it up to the log's last row; known (may be NULL): a head that must be on the way. */
int log_index_open(
	struct store *s, const char *path, const struct log_head *known, struct log_index **ret, struct err *e) MUST;
void log_index_close(struct log_index *x); /* NULL is fine */
/* Reads what was logged since. The store may have been paused and resumed. */
int log_index_follow(struct log_index *x, struct store *s, const struct log_head *known, struct err *e) MUST;
/* Follows what a transaction of the store has written and not committed; forget goes back to where it stood. */
int log_index_peek(struct log_index *x, struct store *s, struct err *e) MUST;
void log_index_forget(struct log_index *x);
const struct log_head *log_index_head(const struct log_index *x);

/* Rows as log_row_json gives them, with "hash", each hashed again; by seq, each once. Words of subjects, or "@ACTION". NULL: failed. */
json_t *log_index_rows(struct log_index *x, const char *const *words, size_t len, struct err *e);
/* The same, one after another, a portion in memory at a time; each may ask the index and the store, and act. */
int log_index_each(struct log_index *x, const char *const *words, size_t len,
	int (*each)(void *context, const json_t *row, struct err *e), void *context, struct err *e) MUST;
/* The last row that has that word and is of that action; *ret NULL: there is none. */
int log_index_last(struct log_index *x, const char *word, const char *action, json_t **ret, struct err *e) MUST;
/* How many rows have that word; -1: failed. */
int64_t log_index_count(struct log_index *x, const char *word, struct err *e);
/* Rows that have a word from `from` (on) to before `until`, as texts compare. */
json_t *log_index_range(struct log_index *x, const char *from, const char *until, struct err *e);
/* The same, the latest ones back to the first that was logged before `since` (a record's time). */
json_t *log_index_range_since(
	struct log_index *x, const char *from, const char *until, const char *since, struct err *e);
/* The row of that hash; *ret NULL: there is none. */
int log_index_by_hash(struct log_index *x, const char *hash, json_t **ret, struct err *e) MUST;
/* Puts both lists' rows into one, by seq, each once; steals both. NULL when one of them is. */
json_t *log_rows_merge(json_t *a, json_t *b);

/* ---- what was found out about RfCs that only a further act can change; forgotten when a row names them. */
/* lines: objects with "id". policy: the digest they were made under. Nothing is kept when the index was brought further by somebody else. */
int log_index_settle(struct log_index *x, const char *policy, const json_t *lines, struct err *e) MUST;
/* What is remembered of one RfC under that policy; "" nothing. Malloc; NULL: failed. */
char *log_index_line(struct log_index *x, const char *id, const char *policy, struct err *e);
/* [{"id","seq","policy","line": text of the object or ""}] by seq. is_open: only those that are not settled. */
json_t *log_index_rfcs(struct log_index *x, bool is_open, struct err *e);

/* ---- what gpg found good, by the digests that memory.c makes; goes with the rest when the index is made anew. */
bool log_index_was_good(struct log_index *x, const char *what); /* false as well when it cannot be read */
int log_index_note_good(struct log_index *x, const json_t *whats, struct err *e) MUST;
/* What gpg says of the keys of a keyring, by a digest of memory.c as well; malloc, NULL: not known. */
char *log_index_told(struct log_index *x, const char *ring);
int log_index_note_told(struct log_index *x, const char *ring, const char *told, struct err *e) MUST;
