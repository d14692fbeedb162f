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
	bool may_lack_end;      /* no end mark is fine (a segment of an apk) */
	bool has_apk_digests;   /* APK-TOOLS.checksum.SHA1 records are what the entries promise */
};
/* Reads to the end of the stream; entries go to the guard's sink (neither begun nor closed here). pkg takes warnings and losses; may be NULL. */
int tar_read(struct in *in, const struct tar_options *o, struct guard *g, struct pkg *pkg, struct err *e) MUST;

/* Is this a tar header block (a good checksum, or the magic)? */
bool tar_is_header(const unsigned char *block, size_t len);
/* The first block of a tar, compressed or not, from the file's first bytes; false: it is none. */
bool tar_first_block(const unsigned char *head, size_t len, unsigned char ret[512]);
/* Formats that are tars with entries of certain names, told by the first entry; what is wrapped otherwise is none. */
enum tar_kind { TAR_NONE, TAR_PLAIN, TAR_APK, TAR_PACMAN, TAR_IPK, TAR_FREEBSD, TAR_XBPS };
/* src: its name is a claim that is held against the content (a ".pkg.tar.zst" without .PKGINFO is a broken package, no archive); may be NULL. */
enum tar_kind tar_kind_of(const struct source *src, const unsigned char *head, size_t len);
