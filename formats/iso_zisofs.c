/* iso_zisofs.c - a file that an ISO 9660 image holds compressed: a header, pointers to blocks, each block a zlib stream or nothing (zeros).
 *
 * Source: libisofs's description of the zisofs format (version 1). A block at a time is in memory: at most 128 KiB, packed at most twice that. */
#include "formats/iso_private.h"
#include <string.h>
#include <zlib.h>

enum { HEADER = 16, POINTER = 4 };
static const unsigned char magic[] = { 0x37, 0xe4, 0x53, 0x96, 0xc9, 0xdb, 0xd6, 0x07 };

struct zisofs {
	const struct iso *iso;
	const struct iso_node *n;
	uint64_t blocks;
	size_t block;               /* bytes of one, unpacked */
	unsigned char *packed, *to; /* room for 2 * block, and for block */
};

/* What the header says must be what Rock Ridge said. */
static int check_header(const struct zisofs *z, struct err *e)
{
	unsigned char h[HEADER];

	if (iso_read_file(z->iso, z->n, h, sizeof h, 0, e))
		return -1;
	if (memcmp(h, magic, sizeof magic) != 0)
		return err_input(e, "E_CORRUPT", "a compressed file (zisofs) without the mark of one");
	if (iso_le32(h + 8) != z->n->size)
		return err_input(e, "E_MISMATCH", "zisofs: %u bytes in the header, %llu in Rock Ridge", iso_le32(h + 8),
			(unsigned long long)z->n->size);
	if (4 * h[12] != HEADER || h[13] != z->n->zisofs_block)
		return err_input(e, "E_MISMATCH",
			"zisofs: a header of %d bytes and blocks of 2^%d, in Rock Ridge %d and 2^%d", 4 * h[12], h[13],
			HEADER, z->n->zisofs_block);
	return 0;
}

static int pointer(const struct zisofs *z, uint64_t index, uint32_t *ret, struct err *e)
{
	unsigned char p[POINTER];

	if (iso_read_file(z->iso, z->n, p, sizeof p, HEADER + index * POINTER, e))
		return -1;
	*ret = iso_le32(p);
	return 0;
}

/* Blocks begin behind their pointers and end where the file ends. */
static int check_ends(const struct zisofs *z, struct err *e)
{
	uint64_t table_end = HEADER + (z->blocks + 1) * POINTER;
	uint32_t first, last;

	if (pointer(z, z->blocks, &last, e) || pointer(z, 0, &first, e))
		return -1;
	if (first != table_end)
		return err_input(e, "E_CORRUPT", "zisofs: the first block stands at %u, its pointers end at %llu",
			first, (unsigned long long)table_end);
	if (last > z->n->stored)
		return err_input(e, "E_TRUNCATED", "zisofs: the blocks end at %u, the file at %llu", last,
			(unsigned long long)z->n->stored);
	if (last < z->n->stored)
		return err_input(e, "E_MISMATCH", "zisofs: %llu bytes behind the last block",
			(unsigned long long)(z->n->stored - last));
	return 0;
}

static int unpack(const struct zisofs *z, size_t packed, size_t len, struct err *e)
{
	z_stream s = { .next_in = z->packed, .avail_in = (uInt)packed, .next_out = z->to, .avail_out = (uInt)len };
	int done = inflateInit(&s);

	if (done != Z_OK)
		return err_input(e, "E_LIMIT_MEMORY", "zisofs: a block takes too much memory");
	done = inflate(&s, Z_FINISH);
	inflateEnd(&s);
	if (done != Z_STREAM_END || s.avail_out || s.avail_in)
		return err_input(e, "E_CORRUPT", "zisofs: the block is damaged, or not of %zu bytes", len);
	return 0;
}

/* An empty block is zeros. They are passed as data: they count for the ratio, for nothing says that the file was sparse. */
static int pass_block(const struct zisofs *z, uint32_t from, uint32_t to, size_t len, struct sink *sink, struct err *e)
{
	if (to < from || to > z->n->stored)
		return err_input(
			e, "E_CORRUPT", "zisofs: the block ends at %u, before it begins or outside the file", to);
	if (to - from > 2 * z->block)
		return err_input(e, "E_CORRUPT", "zisofs: a block packed into %u bytes", to - from);
	if (to == from)
		memset(z->to, 0, len);
	else if (iso_read_file(z->iso, z->n, z->packed, to - from, from, e) || unpack(z, to - from, len, e))
		return -1;
	return sink_data(sink, z->to, len, e);
}

static int pass_blocks(const struct zisofs *z, struct sink *sink, struct err *e)
{
	uint64_t left = z->n->size;
	uint32_t from, to;

	if (pointer(z, 0, &from, e))
		return -1;
	for (uint64_t i = 0; i < z->blocks; i++) {
		size_t len = left < z->block ? (size_t)left : z->block;

		if (pointer(z, i + 1, &to, e) || pass_block(z, from, to, len, sink, e))
			return err_wrap(e, "block %llu", (unsigned long long)i);
		left -= len;
		from = to;
	}
	return 0;
}

int iso_zisofs_pass(const struct iso *iso, const struct iso_node *n, struct sink *sink, struct err *e)
{
	size_t block = (size_t)1 << n->zisofs_block;
	AUTO_FREE unsigned char *packed = mem_resize(NULL, 2 * block);
	AUTO_FREE unsigned char *to = mem_resize(NULL, block);
	struct zisofs z = {
		.iso = iso, .n = n, .blocks = (n->size + block - 1) / block, .block = block, .packed = packed, .to = to
	};

	return check_header(&z, e) || check_ends(&z, e) || pass_blocks(&z, sink, e) ? -1 : 0;
}
