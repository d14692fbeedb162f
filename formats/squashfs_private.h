/* squashfs_private.h - what the files of the squashfs reader share. Numbers on disk are little endian. */
#pragma once
#include "formats/squashfs.h"
#include <sqfs/compressor.h>
#include <sqfs/io.h>
#include <sqfs/meta_reader.h>

enum { SQUASH_SUPER = 96, SQUASH_NAME_MOST = 256, SQUASH_BLOCK_RAW = 1 << 24 };
#define SQUASH_NONE32 0xffffffffu
#define SQUASH_NONE64 0xffffffffffffffffull

/* Types of inodes; 8 to 14 are the same with more fields. */
enum { SQUASH_DIR = 1, SQUASH_FILE, SQUASH_SYMLINK, SQUASH_BLOCK, SQUASH_CHAR, SQUASH_FIFO, SQUASH_SOCKET };

/* The image as libsquashfs sees it: a file that ends where the superblock says. */
struct squash_file {
	sqfs_file_t base;
	int fd;
	uint64_t at, size;
};

struct squashfs {
	struct squash_file file;
	const struct limits *limits;
	uint64_t room;
	uint32_t block_size, inodes, fragments;
	uint16_t codec, ids;
	uint64_t root, size, id_table, xattr_table, inode_table, dir_table, fragment_table;
	/* the xattr table's own head */
	uint64_t xattr_keys;
	uint32_t xattr_ids;
	sqfs_compressor_t *compressor;
	sqfs_meta_reader_t *inode_meta, *dir_meta, *id_meta, *fragment_meta, *xattr_meta;
	unsigned char *packed, *block, *fragment; /* block_size each */
	uint32_t fragment_index, fragment_len;    /* of what `fragment` holds; SQUASH_NONE32: nothing */
};

/* An inode, its variable part not read yet: the inode's meta reader stands before it. */
struct squash_inode {
	unsigned type; /* SQUASH_DIR.. */
	uint32_t mode, uid, gid, mtime, number, links, xattr, device;
	uint64_t size;                  /* of a file, of a directory's listing, of a link's target */
	uint64_t blocks_at, sparse;     /* file */
	uint32_t fragment, fragment_at; /* file */
	uint32_t dir_block, dir_at;     /* directory */
	uint64_t list_block;            /* where the variable part stands: for coming back */
	size_t list_at;
};
/* ref: a place in the inode table, as directories and the superblock say it. */
int squash_inode(struct squashfs *q, uint64_t ref, struct squash_inode *ret, struct err *e) MUST;
/* A link's target; malloc. */
int squash_target(struct squashfs *q, const struct squash_inode *i, char **ret, struct err *e) MUST;
/* Extended attributes into en, in a. */
int squash_xattrs(struct squashfs *q, const struct squash_inode *i, struct entry *en, struct arena *a, struct err *e)
	MUST;

struct squash_name {
	char *name; /* malloc'ed */
	uint64_t ref;
	unsigned type;
};
struct squash_names {
	struct squash_name *at;
	size_t len, room;
};
/* The names of a directory, in order; more than `most`: E_LIMIT_ENTRIES. */
int squash_list(struct squashfs *q, const struct squash_inode *dir, uint64_t most, struct squash_names *ret,
	struct err *e) MUST;
void squash_names_done(struct squash_names *n);

/* Where a file has data, when it has holes: extents in a. */
int squash_extents(struct squashfs *q, const struct squash_inode *i, struct entry *en, struct arena *a, struct err *e)
	MUST;
/* The file's bytes to the sink, holes as holes. */
int squash_data(struct squashfs *q, const struct squash_inode *i, struct sink *sink, struct err *e) MUST;

uint16_t squash_u16(const unsigned char *at);
uint32_t squash_u32(const unsigned char *at);
uint64_t squash_u64(const unsigned char *at);
/* What libsquashfs calls to unpack a block of LZO; there is nothing to free. */
sqfs_compressor_t *squash_lzo(void);
/* An error of the library, in our words. */
int squash_failed(int code, const char *what, struct err *e);
int squash_seek(sqfs_meta_reader_t *m, uint64_t block, size_t at, const char *what, struct err *e) MUST;
int squash_meta(sqfs_meta_reader_t *m, void *to, size_t len, const char *what, struct err *e) MUST;
/* Bytes of the image as they stand; outside it: E_CORRUPT. */
int squash_raw(const struct squashfs *q, void *to, size_t len, uint64_t at, struct err *e) MUST;
