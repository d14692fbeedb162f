/* source.h - where the gate's reader gets bytes by digest: the store, or records/ of a published tree. One reader serves both. */
#pragma once
#include "release/store/store.h"

struct record_source;
struct source_ops {
	int (*open)(struct record_source *s, const char *digest, struct err *e); /* fd; bytes are not believed yet */
	/* Were they hashed and found right a moment ago, by whoever opened the source? Then they are not read again. NULL: nobody says so. */
	bool (*was_hashed)(struct record_source *s, const char *digest, uint64_t *ret_size);
};
struct record_source {
	const struct source_ops *ops;
};
enum { SOURCE_RECORD_MAX = 16 << 20 }; /* a record, a policy, evidence */

/* Whole and hashed again: other bytes than asked for are E_DIGEST. */
int source_get(struct record_source *s, const char *digest, char **ret, size_t *ret_len, struct err *e) MUST;
json_t *source_json(struct record_source *s, const char *digest, struct err *e); /* NULL: failed */
/* Hashes a file of any size (a package), unless that was done already (was_hashed). */
int source_check(struct record_source *s, const char *digest, uint64_t *ret_size, struct err *e) MUST;

struct source_store {
	struct record_source source;
	struct store *store;
};
void source_of_store(struct source_store *s, struct store *store);
/* A published tree: records/DIGEST. Its packages are not opened by digest: whoever verifies the tree hashes each file anyway, and says which it found as named. */
struct source_tree {
	struct record_source source;
	const char *dir;
	bool (*was_hashed)(void *context, const char *digest, uint64_t *ret_size); /* NULL: none was */
	void *context;
};
void source_of_tree(struct source_tree *s, const char *dir);
