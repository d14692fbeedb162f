/* rpm_payload.h - an rpm's payload: a strict cpio reader.
 *
 * Formats: cpio "newc" (070701), with checksum (070702), and rpm's stripped form (07070X: only the file's number in the header). */
#pragma once
#include "base/stream.h"
#include <stdbool.h>

enum { CPIO_NAME_MAX = 4096 };
struct cpio_member {
	bool is_stripped;
	uint32_t number; /* stripped: the file's place in the header */
	char *name;      /* else its name as it stands; valid until the next member */
	uint32_t inode, mode, links, mtime, dev_major, dev_minor, rdev_major, rdev_minor;
	uint64_t size; /* stripped: 0, the header knows; tell it to cpio_sized */
};
struct cpio {
	struct in *in; /* borrowed */
	uint64_t at, left;
	uint32_t sum, want_sum;
	bool has_sum;
	char name[CPIO_NAME_MAX + 1];
};
void cpio_init(struct cpio *c, struct in *in);
/* 1: a member, whose data must be read to its end before the next call; 0: the trailer; -1: failed. */
int cpio_next(struct cpio *c, struct cpio_member *ret, struct err *e) MUST;
void cpio_sized(struct cpio *c, uint64_t size); /* how much data the stripped member just read has */
/* 1..size bytes of the member's data, 0 at its end. */
long cpio_data(struct cpio *c, void *buf, size_t size, struct err *e);
/* After the trailer: only zero bytes up to a block may follow, else E_TRAILING_DATA. */
int cpio_finish(struct cpio *c, struct err *e) MUST;
