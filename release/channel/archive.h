/* archive.h - a snapshot as one file, for where no line leads: a tar whose members stand in one order and in no other form.
 *
 *   release.json  release.json.asc  keys/release.asc  keys/package.asc        as in a published tree
 *   sha256/HEX ...                                                            every other file of the tree once, by ascending digest
 *
 * The same snapshot makes the same bytes. Reading looks at headers only: whether a member is what it is called is for who takes it to see, byte by byte,
 * against what was signed (fetch.h). Any tar unpacks it. */
#pragma once
#include "base/base.h"
#include "base/err.h"
#include "base/json.h"
#include <stdbool.h>

enum { ARCHIVE_HEADS = 4, ARCHIVE_MEMBERS_MAX = 4000000 };
extern const char *const archive_heads[ARCHIVE_HEADS]; /* the first members' names */
/* What else is a file of this form: the copy of a store begins with its list, and all else of it goes by digest (keep/backup.c). */
#define ARCHIVE_BACKUP "backup.json"

struct archive_member {
	unsigned char digest[32];
	uint64_t at, size; /* its content in the file */
};
struct archive {
	int fd;
	struct {
		uint64_t at, size;
	} heads[ARCHIVE_HEADS];
	bool is_backup;                      /* one head, ARCHIVE_BACKUP */
	LIST(struct archive_member) members; /* by digest */
};
/* ERR_INPUT: it is no such archive (E_UNKNOWN_FORMAT), ends early (E_TRUNCATED), or is not of this form (E_STRUCTURE). */
int archive_open(struct archive *a, const char *path, struct err *e) MUST;
void archive_done(struct archive *a);
/* By the name of a head, or by digest where there is one; false: it does not hold that. */
bool archive_find(const struct archive *a, const char *name, const char *sha256, uint64_t *ret_at, uint64_t *ret_size);

/* ---- writing */
struct carried {
	char sha256[65], *path; /* the file that holds it, or: */
	const void *bytes;      /* borrowed */
	size_t len;
};
struct cargo {
	bool is_backup;                      /* one head; only for its owner's eyes */
	struct carried heads[ARCHIVE_HEADS]; /* without digests */
	LIST(struct carried) files;          /* in any order; the same digest may come again */
};
void cargo_done(struct cargo *c);
/* Sorts the files; each is hashed while it is written: another content than its digest's is E_DIGEST, and nothing appears. *ret: {"files","bytes","sha256"} of the archive. */
int archive_write(struct cargo *c, const char *path, json_t **ret, struct err *e) MUST;
