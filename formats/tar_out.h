/* tar_out.h - GNU tar, as dpkg reads it: long names as L and K members, numbers too large for octal in base 256, no pax, no sparse.
 *
 * Why not libarchive's gnutar: it drops names it cannot convert in the locale, and has no base-256 mtime before 1970. */
#pragma once
#include "base/stream.h"

struct tar_item {
	const char *path;   /* as it stands in the member: "./opt/a", folders with a trailing '/' */
	const char *target; /* of a link; "" */
	char type;          /* '0' file, '1' hard link, '2' symlink, '3' char, '4' block, '5' folder, '6' fifo */
	uint32_t mode;
	int64_t uid, gid, mtime;
	uint64_t size;
	const char *owner, *group; /* at most TAR_NAME_MAX bytes */
	uint32_t dev_major, dev_minor;
};
enum { TAR_BLOCK = 512, TAR_NAME_MAX = 31 };

/* A name wins when a tar is unpacked; the number is what it falls back on when there is no such user. It must not turn a setuid file into
 * root's. */
int64_t tar_fallback_id(int64_t id, const char *name, uint32_t mode);
int tar_out_item(struct out *out, const struct tar_item *item, struct err *e) MUST;
/* Fills up to the block's end after size bytes of content. */
int tar_out_pad(struct out *out, uint64_t size, struct err *e) MUST;
int tar_out_zeros(struct out *out, uint64_t len, struct err *e) MUST;
int tar_out_end(struct out *out, struct err *e) MUST; /* two empty blocks */
