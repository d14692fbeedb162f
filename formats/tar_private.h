/* tar_private.h - what the files of the tar reader share. */
#pragma once
#include "formats/tar.h"

enum { TAR_BLOCK = 512 };

/* A header block as it stands. Slices borrow the block. */
struct tar_header {
	struct slice name, prefix, target, owner, group;
	uint32_t mode;
	int64_t uid, gid, mtime, dev_major, dev_minor;
	uint64_t size;
	char type;
	bool is_gnu, is_ustar;
};
bool tar_is_zero(const unsigned char *block);
/* Number field: octal with blanks or NUL around, or base 256. E_CORRUPT names the field. */
int tar_number(const unsigned char *at, size_t len, const char *what, int64_t *ret, struct err *e) MUST;
int tar_header_parse(const unsigned char block[TAR_BLOCK], struct tar_header *ret, struct err *e) MUST;

/* What extended headers said about the next entry (or, in `all`, about all that follow). Everything lives in the arena. */
struct tar_extra {
	struct arena *arena;
	struct slice path, target, owner, group; /* at NULL: not said */
	struct slice acl, acl_default, selinux, apk_digest;
	bool has_size, has_mtime, has_uid, has_gid;
	uint64_t size;
	int64_t mtime, uid, gid;
	uint32_t mtime_ns;
	LIST(struct xattr) xattrs;
	uint64_t xattrs_size;
	/* sparse */
	int sparse_major, sparse_minor; /* -1: not said */
	bool is_sparse, has_real_size;
	uint64_t real_size;
	struct slice sparse_name;
	LIST(struct extent) extents;
	uint64_t extent_at; /* GNU.sparse.offset waiting for its numbytes */
	bool has_extent_at;
};
void tar_extra_init(struct tar_extra *x, struct arena *a);
void tar_extra_done(struct tar_extra *x);
/* Records of an 'x' or 'g' header. */
int tar_pax_parse(struct tar_extra *x, const char *bytes, size_t len, bool is_global, const struct limits *limits,
	struct pkg *pkg, struct err *e) MUST;
int tar_extent_add(struct tar_extra *x, uint64_t at, uint64_t len, struct err *e) MUST;
/* The extents rise, do not meet, lie in real_size and add up to stored. */
int tar_extents_check(const struct tar_extra *x, uint64_t real_size, uint64_t stored, struct err *e) MUST;

/* Bytes of the stream in a window, so that payload goes to the sink without another copy. */
struct tar_window {
	struct in *in;
	unsigned char *buf;
	size_t at, len;
	uint64_t offset; /* in the stream, of buf[at] */
};
/* At least one byte, without copying; *ret_len 0: the end. */
int tar_window_some(struct tar_window *w, const unsigned char **ret, size_t *ret_len, struct err *e) MUST;
void tar_window_take(struct tar_window *w, size_t len);
/* Exactly len bytes into to (NULL: skipped). */
int tar_window_exact(struct tar_window *w, void *to, uint64_t len, struct err *e) MUST;
/* A whole block, in place; *ret NULL: the stream ended cleanly before it. */
int tar_window_block(struct tar_window *w, const unsigned char **ret, struct err *e) MUST;

/* GNU.sparse 1.0: the map stands before the data. *ret_used: bytes of the member it took. */
int tar_sparse_map(struct tar_window *w, struct tar_extra *x, uint64_t member, uint64_t *ret_used, struct err *e) MUST;
/* Old GNU: four extents in the header, then blocks of 21. */
int tar_sparse_old(struct tar_window *w, const unsigned char block[TAR_BLOCK], struct tar_extra *x, struct err *e) MUST;
