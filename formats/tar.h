/* tar.h - reading tar streams: plain archives, and the two inside a deb. v7, ustar, GNU, pax. POSIX pax(1), GNU tar manual, libarchive tar(5).
 *
 * Strict where leniency hides something: a bad checksum, a number that is none, a type nobody knows, bytes behind the end. */
#pragma once
#include "base/stream.h"
#include "formats/guard.h"

struct tar_options {
	const struct limits *limits;
	uint64_t size;     /* of the stream; 0: not known before it ends */
	bool absolute_ok;  /* a leading '/' is taken off instead of refused */
	bool may_be_empty; /* no entry at all is fine (a deb's data) */
	bool *ret_is_odd; /* set when something is not as the plainest writer leaves it, so that another reader may see it differently; may be NULL */
	bool tail_is_a_warning; /* bytes behind the end of the archive: warned of, else refused */
};
/* Reads to the end of the stream; entries go to the guard's sink (neither begun nor closed here). pkg takes warnings and losses; may be NULL. */
int tar_read(struct in *in, const struct tar_options *o, struct guard *g, struct pkg *pkg, struct err *e) MUST;

/* Is this a tar header block (a good checksum, or the magic)? */
bool tar_is_header(const unsigned char *block, size_t len);
/* The first block of a tar, compressed or not, from the file's first bytes; false: it is none. */
bool tar_first_block(const unsigned char *head, size_t len, unsigned char ret[512]);
/* "an Alpine package": formats that are tars with a first entry of a certain name; NULL: a plain one, or no tar. */
const char *tar_package_kind(const unsigned char *head, size_t len);
