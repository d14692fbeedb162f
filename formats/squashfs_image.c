/* squashfs_image.c - a squashfs image's superblock, checked before anything else believes it; its tables and its compressor. */
#include "base/fs.h"
#include "formats/squashfs_private.h"
#include <sqfs/error.h>
#include <string.h>

enum { MAGIC = 0x73717368, BLOCK_LEAST = 4096, BLOCK_MOST = 1 << 20, PIECE = 64 << 10 };

uint16_t squash_u16(const unsigned char *at)
{
	return (uint16_t)(at[0] | at[1] << 8);
}

uint32_t squash_u32(const unsigned char *at)
{
	return squash_u16(at) | (uint32_t)squash_u16(at + 2) << 16;
}

uint64_t squash_u64(const unsigned char *at)
{
	return squash_u32(at) | (uint64_t)squash_u32(at + 4) << 32;
}

int squash_failed(int code, const char *what, struct err *e)
{
	switch (code) {
	case SQFS_ERROR_ALLOC:
		return err_input(e, "E_LIMIT_MEMORY", "%s: takes too much memory", what);
	case SQFS_ERROR_UNSUPPORTED:
		return err_input(e, "E_UNSUPPORTED", "%s: of a kind that is not known", what);
	case SQFS_ERROR_IO:
		return err_env(e, "%s: cannot be read", what);
	case SQFS_ERROR_OUT_OF_BOUNDS:
		return err_input(e, "E_CORRUPT", "%s: points outside its table", what);
	default:
		return err_input(e, "E_CORRUPT", "%s: is damaged", what);
	}
}

int squash_seek(sqfs_meta_reader_t *m, uint64_t block, size_t at, const char *what, struct err *e)
{
	int code = sqfs_meta_reader_seek(m, block, at);

	return code ? squash_failed(code, what, e) : 0;
}

int squash_meta(sqfs_meta_reader_t *m, void *to, size_t len, const char *what, struct err *e)
{
	int code = sqfs_meta_reader_read(m, to, len);

	return code ? squash_failed(code, what, e) : 0;
}

int squash_raw(const struct squashfs *q, void *to, size_t len, uint64_t at, struct err *e)
{
	if (at > q->size || len > q->size - at)
		return err_input(e, "E_CORRUPT", "something points outside the image");
	return fd_pread(q->file.fd, to, len, q->file.at + at, e);
}

/* ---- what libsquashfs asks us for */

static int file_read(sqfs_file_t *base, sqfs_u64 at, void *buffer, size_t len)
{
	struct squash_file *f = (struct squash_file *)base;
	struct err e;

	if (at > f->size || len > f->size - at)
		return SQFS_ERROR_OUT_OF_BOUNDS;
	return fd_pread(f->fd, buffer, len, f->at + at, &e) ? SQFS_ERROR_IO : 0;
}

static sqfs_u64 file_size(const sqfs_file_t *base)
{
	return ((const struct squash_file *)base)->size;
}

static void destroy_nothing(sqfs_object_t *o)
{
	(void)o; /* a part of struct squashfs */
}

/* ---- the superblock */

static const char *const codecs[] = { NULL, "gzip", "lzma", "lzo", "xz", "lz4", "zstd" };

uint64_t squashfs_size(const struct squashfs *q)
{
	return q->size;
}

/* Tables stand in one order, each behind the one before; one that is not there is all ones. */
static int check_tables(const struct squashfs *q, uint64_t export_table, struct err *e)
{
	const struct {
		const char *name;
		uint64_t at;
		bool may_miss;
	} tables[] = { { "inode table", q->inode_table, false }, { "directory table", q->dir_table, false },
		{ "fragment table", q->fragment_table, q->fragments == 0 }, { "export table", export_table, true },
		{ "id table", q->id_table, false }, { "xattr table", q->xattr_table, true } };
	uint64_t last = SQUASH_SUPER;

	for (size_t i = 0; i < COUNT(tables); i++) {
		if (tables[i].at == SQUASH_NONE64 && tables[i].may_miss)
			continue;
		if (tables[i].at < last || tables[i].at >= q->size)
			return err_input(e, "E_CORRUPT", "the %s stands at %llu, outside the image or before %llu",
				tables[i].name, (unsigned long long)tables[i].at, (unsigned long long)last);
		last = tables[i].at;
	}
	return 0;
}

static int check_sizes(const struct squashfs *q, unsigned block_log, struct err *e)
{
	if (q->block_size < BLOCK_LEAST || q->block_size > BLOCK_MOST || (q->block_size & (q->block_size - 1)) ||
		block_log > 20 || 1u << block_log != q->block_size)
		return err_input(e, "E_CORRUPT", "a block size of %u bytes", q->block_size);
	if (q->size < SQUASH_SUPER)
		return err_input(e, "E_CORRUPT", "the image says it has %llu bytes", (unsigned long long)q->size);
	if (q->size > q->room)
		return err_input(e, "E_TRUNCATED", "the image says %llu bytes, %llu are there",
			(unsigned long long)q->size, (unsigned long long)q->room);
	if (q->inodes == 0 || q->ids == 0)
		return err_input(e, "E_CORRUPT", "an image without %s", q->inodes ? "owners" : "inodes");
	if (q->inodes - 1 > q->limits->entries)
		return err_input(e, "E_LIMIT_ENTRIES", "%u entries, at most %llu are read", q->inodes - 1,
			(unsigned long long)q->limits->entries);
	return 0;
}

static int read_super(struct squashfs *q, struct err *e)
{
	unsigned char s[SQUASH_SUPER];

	if (q->room < SQUASH_SUPER)
		return err_input(e, "E_TRUNCATED", "the image ends in its superblock");
	if (fd_pread(q->file.fd, s, sizeof s, q->file.at, e))
		return -1;
	if (squash_u32(s) != MAGIC)
		return err_input(e, "E_CORRUPT", "no squashfs image where one is expected");
	if (squash_u16(s + 28) != 4 || squash_u16(s + 30) != 0)
		return err_input(e, "E_UNSUPPORTED", "squashfs of version %u.%u; 4.0 is read", squash_u16(s + 28),
			squash_u16(s + 30));
	q->inodes = squash_u32(s + 4);
	q->block_size = squash_u32(s + 12);
	q->fragments = squash_u32(s + 16);
	q->codec = squash_u16(s + 20);
	q->ids = squash_u16(s + 26);
	q->root = squash_u64(s + 32);
	q->file.size = q->size = squash_u64(s + 40);
	q->id_table = squash_u64(s + 48);
	q->xattr_table = squash_u64(s + 56);
	q->inode_table = squash_u64(s + 64);
	q->dir_table = squash_u64(s + 72);
	q->fragment_table = squash_u64(s + 80);
	if (q->codec == 0 || q->codec >= COUNT(codecs))
		return err_input(e, "E_UNSUPPORTED", "compressor %u is not known", q->codec);
	return check_sizes(q, squash_u16(s + 22), e) || check_tables(q, squash_u64(s + 88), e) ? -1 : 0;
}

/* ---- opening */

static int make_compressor(struct squashfs *q, struct err *e)
{
	sqfs_compressor_config_t config;
	int code;

	if (q->codec == SQFS_COMP_LZO) {
		q->compressor = squash_lzo(); /* the library's own wants one whose licence does not go with ours */
		return 0;
	}
	code = sqfs_compressor_config_init(
		&config, (SQFS_COMPRESSOR)q->codec, q->block_size, SQFS_COMP_FLAG_UNCOMPRESS);
	if (code == 0)
		code = sqfs_compressor_create(&config, &q->compressor);
	if (code == 0)
		return 0;
	err_input(e, "E_UNSUPPORTED", "an image compressed with %s", codecs[q->codec]);
	return err_hint(e, "unpack it with unsquashfs and give the directory");
}

static int make_meta(struct squashfs *q, sqfs_meta_reader_t **ret, uint64_t from, uint64_t to, struct err *e)
{
	*ret = sqfs_meta_reader_create(&q->file.base, q->compressor, from, to);
	return *ret ? 0 : err_input(e, "E_LIMIT_MEMORY", "the image's tables take too much memory");
}

/* The xattr table's index: where keys and values begin, and how many sets there are. */
static int open_xattrs(struct squashfs *q, struct err *e)
{
	unsigned char head[16];

	if (q->xattr_table == SQUASH_NONE64)
		return 0;
	if (squash_raw(q, head, sizeof head, q->xattr_table, e))
		return err_wrap(e, "xattr table");
	q->xattr_keys = squash_u64(head);
	q->xattr_ids = squash_u32(head + 8);
	if (q->xattr_ids == 0)
		return 0;
	if (q->xattr_keys < SQUASH_SUPER || q->xattr_keys >= q->xattr_table)
		return err_input(e, "E_CORRUPT", "the xattr table points outside the image");
	return make_meta(q, &q->xattr_meta, q->xattr_keys, q->xattr_table, e);
}

static int open_tables(struct squashfs *q, struct err *e)
{
	if (make_meta(q, &q->inode_meta, q->inode_table, q->dir_table, e) ||
		make_meta(q, &q->dir_meta, q->dir_table, q->id_table, e) ||
		make_meta(q, &q->id_meta, q->dir_table, q->id_table, e) ||
		(q->fragments && make_meta(q, &q->fragment_meta, q->dir_table, q->fragment_table, e)))
		return -1;
	return open_xattrs(q, e);
}

int squashfs_open(int fd, uint64_t at, uint64_t room, const struct limits *limits, struct squashfs **ret, struct err *e)
{
	AUTO_SQUASHFS *q = mem_alloc(sizeof *q);

	q->file = (struct squash_file){ .fd = fd, .at = at };
	q->file.base.base.destroy = destroy_nothing;
	q->file.base.read_at = file_read;
	q->file.base.get_size = file_size;
	q->limits = limits;
	q->room = room;
	q->fragment_index = SQUASH_NONE32;
	if (read_super(q, e) || make_compressor(q, e) || open_tables(q, e))
		return err_wrap(e, "squashfs");
	q->packed = mem_alloc(q->block_size);
	q->block = mem_alloc(q->block_size);
	q->fragment = mem_alloc(q->block_size);
	*ret = q;
	q = NULL;
	return 0;
}

void squashfs_close(struct squashfs *q)
{
	if (q == NULL)
		return;
	sqfs_destroy(q->inode_meta);
	sqfs_destroy(q->dir_meta);
	sqfs_destroy(q->id_meta);
	sqfs_destroy(q->fragment_meta);
	sqfs_destroy(q->xattr_meta);
	sqfs_destroy(q->compressor);
	free(q->packed);
	free(q->block);
	free(q->fragment);
	free(q);
}

void squashfs_auto(struct squashfs **q)
{
	squashfs_close(*q);
}

int squashfs_tail(const struct squashfs *q, struct pkg *pkg, struct err *e)
{
	AUTO_FREE unsigned char *buf = mem_alloc(PIECE);

	for (uint64_t at = q->size; at < q->room;) {
		size_t len = q->room - at < PIECE ? (size_t)(q->room - at) : PIECE;

		if (fd_pread(q->file.fd, buf, len, q->file.at + at, e))
			return -1;
		for (size_t i = 0; i < len; i++)
			if (buf[i]) {
				pkg_warn(pkg, "E_TRAILING_DATA", "",
					"%llu bytes after the end of the image (from byte %llu) are left alone",
					(unsigned long long)(q->room - at - i),
					(unsigned long long)(q->file.at + at + i));
				return 0;
			}
		at += len;
	}
	return 0;
}
