/* pax_out.h - pax archives, member by member: POSIX pax(1), with the keys that GNU tar and libarchive write for what POSIX leaves out
 * (SCHILY.xattr, SCHILY.acl, RHT.security.selinux, GNU.sparse 1.0). An extended header stands only where a plain one does not do. */
#pragma once
#include "base/stream.h"
#include "formats/pkg.h"

/* The bytes after it: `stored` of data, then tar_out_pad. */
struct pax_member {
	const char *path; /* without a leading '/', folders with one behind */
	const char *target;
	char type; /* as in tar_out.h */
	int64_t mtime;
	uint32_t mtime_ns;
	uint64_t size;        /* of the data that follows; a sparse file's map is not counted */
	const char *apk_sha1; /* hex, for apk: of a file\'s content, a symlink\'s target; NULL: none */
};
/* Mode, owner, attributes are the entry's. A sparse entry (extents, type '0') brings its map. E_METADATA: capabilities that the kernel's form cannot say. */
int pax_out_member(struct out *out, const struct pax_member *m, const struct entry *entry, struct err *e) MUST;
/* A header for the whole archive with one comment, which every tar reads past. */
int pax_out_comment(struct out *out, const char *comment, size_t len, struct err *e) MUST;
