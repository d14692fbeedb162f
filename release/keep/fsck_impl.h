/* fsck_impl.h - one check of a store: what its parts share. */
#pragma once
#include "release/keep/keep.h"
#include "release/keep/mirror.h"
#include "release/keep/refs.h"

struct checking {
	const struct fsck *o;
	struct store *store;
	char *scratch;
	LIST(struct mirror) mirrors; /* given ones first, then own snapshots once they are asked */
	size_t given;
	bool has_own;
	json_t *findings, *collected, *bad; /* bad: {digest: true} of blobs that are broken or missing and stay so */
	int64_t blobs, bytes, snapshots, rows, mended;
};

/* from: who has it, "" nobody; mended: it is whole again. */
void fsck_found(
	struct checking *c, const char *what, const char *where, const char *text, const char *from, bool mended);
/* The file with those bytes, from the store's own snapshots or another place, and its name; NULL when nobody has it, then *ret_from (malloc too) says who could. */
char *fsck_source(struct checking *c, const char *digest, char **ret_from);
bool fsck_is(const char *file, const char *digest); /* has the file that sha256? */
/* A blob that is broken or missing: told, and put back where somebody has it and that was asked for. where: what it is. */
int fsck_blob(struct checking *c, const char *digest, const char *where, const struct err *why, struct err *e) MUST;

/* fsck_blobs.c: every blob is what it is called; everything that records name is there. */
int fsck_blobs(struct checking *c, struct err *e) MUST;
int fsck_named(struct checking *c, struct err *e) MUST;
/* fsck_trees.c: every snapshot holds what was signed. */
int fsck_trees(struct checking *c, struct err *e) MUST;
/* Once nothing was left to mend: the trees are verified as a client's server would. */
int fsck_verify(struct checking *c, const json_t *trust, struct err *e) MUST;
