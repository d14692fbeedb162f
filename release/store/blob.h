/* blob.h - immutable bytes named by their sha256, behind a small table so that a folder and an object store are interchangeable.
 *
 * Reading hashes again: a blob that changed on disk is ERR_VERDICT E_DIGEST, never silently other bytes. */
#pragma once
#include "base/base.h"
#include "base/digest.h"
#include "base/err.h"
#include <stdbool.h>

struct blobs;
struct blobs_ops {
	int (*put_fd)(struct blobs *b, int fd, char ret_digest[SHA256_HEX], uint64_t *ret_size, struct err *e);
	int (*put_as)(struct blobs *b, int fd, const char *digest, struct err *e);
	int (*put)(struct blobs *b, const void *bytes, size_t len, char ret_digest[SHA256_HEX], struct err *e);
	int (*open)(struct blobs *b, const char *digest, struct err *e); /* fd, bytes not yet checked; -1 */
	bool (*has)(struct blobs *b, const char *digest);
	int (*list)(struct blobs *b, int (*each)(void *context, const char *digest, struct err *e), void *context,
		struct err *e);
	char *(*path)(struct blobs *b, const char *digest); /* NULL when it is no local file; malloc */
	int (*drop)(struct blobs *b, const char *digest, int64_t before, uint64_t *ret_size, struct err *e);
	int (*sweep)(struct blobs *b, int64_t before, size_t *ret_len, struct err *e);
	void (*close)(struct blobs *b);
};
struct blobs {
	const struct blobs_ops *ops;
};

int blobs_open_dir(const char *dir, struct blobs **ret, struct err *e) MUST; /* made when missing */
void blobs_close(struct blobs *b);

int blob_put(struct blobs *b, const void *bytes, size_t len, char ret_digest[SHA256_HEX], struct err *e) MUST;
int blob_put_file(struct blobs *b, const char *path, char ret_digest[SHA256_HEX], uint64_t *ret_size, struct err *e)
	MUST;
/* A file that nobody writes to any more, under the digest its maker took while it was written: the blob is a hard link to it. Where there can be none it is copied and
 * the copy hashed (E_DIGEST). */
int blob_put_as(struct blobs *b, const char *path, const char *digest, struct err *e) MUST;
/* Whole, checked; at most limit bytes (E_LIMIT_SIZE); malloc, NUL after the end. */
int blob_get(struct blobs *b, const char *digest, size_t limit, char **ret, size_t *ret_len, struct err *e) MUST;
/* Hashes a blob of any size again; ret_size may be NULL. */
int blob_check(struct blobs *b, const char *digest, uint64_t *ret_size, struct err *e) MUST;
int blob_open(struct blobs *b, const char *digest, struct err *e) MUST; /* fd (O_RDONLY), unchecked */
bool blob_has(struct blobs *b, const char *digest);
/* For hard links into a tree that is served; NULL when the backend has no files. Malloc. */
char *blob_path(struct blobs *b, const char *digest);
/* Takes a blob away, unless it was put (again) since `before` (*ret_size stays 0 then): who puts one that is there already makes it young, so that whoever
 * is about to refer to it finds it. */
int blob_drop(struct blobs *b, const char *digest, int64_t before, uint64_t *ret_size, struct err *e) MUST;
/* Takes away what writers that were killed before then left half written; *ret_len: how many. */
int blobs_sweep(struct blobs *b, int64_t before, size_t *ret_len, struct err *e) MUST;
/* Puts the right bytes in the place of wrong ones: a file that has that digest. Hard links to the old bytes stay what they are. */
int blob_mend(struct blobs *b, const char *digest, const char *file, struct err *e) MUST;
bool digest_is_hex(const char *text); /* 64 lower-case hex digits: only such a text ever becomes a file name */
