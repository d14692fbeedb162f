/* cpio_sets.h - which members of a cpio archive are names of one file. Only for read_cpio.c.
 *
 * A member says device, inode and how many names there are. newc archives carry the data with one name (GNU cpio: the last), the
 * older ones with each. Members whose numbers meet by chance (16-bit inodes) differ in the rest of the key. */
#pragma once
#include "base/digest.h"
#include "formats/cpio_header.h"
#include "formats/pkg.h"

enum { CPIO_NO_NAME = -1 };
struct cpio_set {
	struct cpio_header key;
	const char *path;        /* of the name that carried the data; NULL: none so far */
	char sha256[SHA256_HEX]; /* of the data */
	long first, last;        /* waiting names, in order; CPIO_NO_NAME: none */
};
struct cpio_name {
	const char *path;
	long next;
};
struct cpio_sets {
	LIST(struct cpio_set) sets;
	LIST(struct cpio_name) names;
	uint32_t *table; /* index + 1 of a set; 0: free */
	size_t room;
	uint64_t seed;
};
/* The set of that member, made when it is new. Valid until the next call. */
struct cpio_set *cpio_set_of(struct cpio_sets *s, const struct cpio_header *h);
void cpio_set_wait(struct cpio_sets *s, struct cpio_set *set, const char *path);
void cpio_sets_done(struct cpio_sets *s);
