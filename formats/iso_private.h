/* iso_private.h - what the files of the ISO 9660 reader share. ECMA-119; Joliet's specification; IEEE P1281 (SUSP) and P1282 (Rock Ridge).
 *
 * An image may tell its tree twice or thrice: plain names, Joliet's, Rock Ridge's. One view is read, the others are held against it. */
#pragma once
#include "formats/guard.h"

enum { ISO_SECTOR = 2048, ISO_RECORD = 34, ISO_DESCRIPTORS_FROM = 16 };

/* A directory record as it stands. Slices borrow the sector. */
struct iso_record {
	uint32_t block, size; /* of the data, behind its extended attributes */
	uint8_t flags;
	int64_t mtime;
	struct slice name, system; /* system: what SUSP uses */
};
enum iso_flag { ISO_DIR = 2, ISO_ASSOCIATED = 4, ISO_MORE = 0x80 };

/* What Rock Ridge says about a record. */
struct iso_rock {
	bool has_name, has_mode, has_time, is_moved /* RE: its place is elsewhere */, has_zisofs, is_sparse /* SF */,
		has_more /* AAIP */;
	char *name, *target;                 /* malloc; target: of a symlink, NULL: none */
	char zisofs_kind[2];                 /* "pz": version 1, "PZ": version 2 */
	uint8_t zisofs_header, zisofs_block; /* a fourth of the header's bytes; the power of two of a block */
	uint32_t zisofs_size;                /* of the file, unpacked */
	uint32_t mode, links, uid, gid, serial, child /* CL: the folder's block */, dev_major, dev_minor;
	int64_t mtime;
};

struct iso_node {
	const char *path; /* raw, without a leading '/' */
	const char *target;
	enum entry_type type;
	uint32_t mode, links, serial, dev_major, dev_minor;
	int64_t uid, gid, mtime;
	uint64_t size, stored;  /* stored: bytes in the image, which are others where it is compressed */
	uint8_t zisofs_block;   /* 0: not compressed; else a block's power of two */
	struct extent *extents; /* in bytes of the image */
	size_t extents_len;
	size_t same_as; /* index + 1 of the node whose further name it is; 0: none */
};
enum iso_view { ISO_PLAIN, ISO_JOLIET, ISO_ROCK };
struct iso_tree {
	enum iso_view view;
	LIST(struct iso_node) nodes;
};

struct iso {
	int fd;
	uint64_t size;
	const struct limits *limits;
	struct pkg *pkg;
	struct arena arena;
	uint32_t root, root_size, joliet_root, joliet_size; /* joliet_root 0: no such view */
	unsigned skip;                                      /* bytes before SUSP's fields in each system area */
	bool has_rock;
	uint64_t volume;      /* bytes that the volume says it has */
	struct iso_tree tree; /* the view that is read */
};

int iso_read_at(const struct iso *iso, void *to, size_t len, uint64_t at, struct err *e) MUST;
uint32_t iso_le32(const unsigned char *at);
/* A number in both byte orders, 8 bytes; E_CORRUPT where they differ. */
int iso_both32(const unsigned char *at, const char *what, uint32_t *ret, struct err *e) MUST;
/* Bytes of a file as they are stored, `at` from its beginning; E_TRUNCATED past its end. */
int iso_read_file(const struct iso *iso, const struct iso_node *n, void *to, size_t len, uint64_t at, struct err *e)
	MUST;
/* The content of a file in zisofs (version 1), unpacked: n->size bytes to the sink, or an error. */
int iso_zisofs_pass(const struct iso *iso, const struct iso_node *n, struct sink *sink, struct err *e) MUST;
/* Volume descriptors up to the terminator: roots and size. */
int iso_volume(struct iso *iso, struct err *e) MUST;
/* at: the record's first byte; left: of the sector. */
int iso_record_parse(const unsigned char *at, size_t left, struct iso_record *ret, struct err *e) MUST;
int64_t iso_time7(const unsigned char *at);
/* The root's own record says whether SUSP is used. */
int iso_rock_begin(struct iso *iso, const struct iso_record *root, struct err *e) MUST;
int iso_rock_parse(const struct iso *iso, const struct iso_record *r, struct iso_rock *ret, struct err *e) MUST;
void iso_rock_done(struct iso_rock *r);
/* The whole tree in one view; folders before what they hold. */
int iso_walk(struct iso *iso, enum iso_view view, struct iso_tree *ret, struct err *e) MUST;
/* E_MISMATCH: a file is in one view only, or has another name there. */
int iso_compare(const struct iso_tree *main, const struct iso_tree *other, struct err *e) MUST;
