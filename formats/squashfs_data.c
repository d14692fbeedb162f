/* squashfs_data.c - the contents of files in a squashfs image: blocks, holes, and tails that several files share in a fragment. */
#include "formats/squashfs_private.h"
#include <string.h>

enum { FRAGMENTS_A_BLOCK = 512 };

/* A walk over the sizes of a file's blocks, which stand behind its inode. */
struct blocks {
	struct squashfs *q;
	uint64_t count, done, left; /* left: bytes of the file these blocks hold */
	uint64_t at;                /* where the next block stands in the image */
};

static int blocks_start(struct squashfs *q, const struct squash_inode *i, struct blocks *b, struct err *e)
{
	bool has_tail = i->fragment != SQUASH_NONE32;
	uint64_t tail = has_tail ? i->size % q->block_size : 0;

	*b = (struct blocks){ .q = q, .left = i->size - tail, .at = i->blocks_at };
	b->count = (b->left + q->block_size - 1) / q->block_size;
	return squash_seek(q->inode_meta, i->list_block, i->list_at, "a file's blocks", e);
}

struct block {
	uint64_t at;
	uint32_t packed, len; /* packed 0: a hole of len bytes */
	bool is_raw;
};

static int check_place(const struct squashfs *q, uint64_t at, uint32_t packed, struct err *e)
{
	if (packed > q->block_size)
		return err_input(e, "E_CORRUPT", "a block of %u bytes, more than blocks have", packed);
	if (packed && (at < SQUASH_SUPER || at > q->inode_table || packed > q->inode_table - at))
		return err_input(e, "E_CORRUPT", "a block outside the image's data");
	return 0;
}

static int blocks_next(struct blocks *b, struct block *ret, struct err *e)
{
	unsigned char word[4];
	uint32_t size;

	if (squash_meta(b->q->inode_meta, word, 4, "a file's blocks", e))
		return -1;
	size = squash_u32(word);
	ret->at = b->at;
	ret->packed = size & (SQUASH_BLOCK_RAW - 1);
	ret->is_raw = size & SQUASH_BLOCK_RAW;
	ret->len = b->left < b->q->block_size ? (uint32_t)b->left : b->q->block_size;
	if (size & ~(uint32_t)(2 * SQUASH_BLOCK_RAW - 1))
		return err_input(e, "E_CORRUPT", "a block whose size makes no sense");
	if (check_place(b->q, ret->at, ret->packed, e))
		return -1;
	b->at += ret->packed;
	b->left -= ret->len;
	b->done++;
	return 0;
}

/* Decoded bytes of a block into to, which has room for block_size. */
static int unpack(struct squashfs *q, const struct block *b, unsigned char *to, uint32_t *ret_len, struct err *e)
{
	sqfs_s32 got;

	if (squash_raw(q, b->is_raw ? to : q->packed, b->packed, b->at, e))
		return -1;
	if (b->is_raw) {
		*ret_len = b->packed;
		return 0;
	}
	got = q->compressor->do_block(q->compressor, q->packed, b->packed, to, q->block_size);
	if (got <= 0 || (uint32_t)got > q->block_size)
		return got < 0 ? squash_failed(got, "a block", e) : err_input(e, "E_CORRUPT", "a block: is damaged");
	*ret_len = (uint32_t)got;
	return 0;
}

static int load_fragment(struct squashfs *q, uint32_t index, struct err *e)
{
	unsigned char place[8], entry[16];
	struct block b;

	if (q->fragment_index == index)
		return 0;
	if (squash_raw(q, place, 8, q->fragment_table + 8 * (uint64_t)(index / FRAGMENTS_A_BLOCK), e) ||
		squash_seek(q->fragment_meta, squash_u64(place), 16 * (size_t)(index % FRAGMENTS_A_BLOCK),
			"the fragment table", e) ||
		squash_meta(q->fragment_meta, entry, 16, "the fragment table", e))
		return -1;
	b = (struct block){ .at = squash_u64(entry),
		.packed = squash_u32(entry + 8) & (SQUASH_BLOCK_RAW - 1),
		.is_raw = squash_u32(entry + 8) & SQUASH_BLOCK_RAW };
	q->fragment_index = SQUASH_NONE32;
	if (b.packed == 0)
		return err_input(e, "E_CORRUPT", "an empty fragment");
	if (check_place(q, b.at, b.packed, e) || unpack(q, &b, q->fragment, &q->fragment_len, e))
		return -1;
	q->fragment_index = index;
	return 0;
}

static int pass_tail(struct squashfs *q, const struct squash_inode *i, struct sink *sink, struct err *e)
{
	uint32_t len = (uint32_t)(i->size % q->block_size);

	if (i->fragment == SQUASH_NONE32 || len == 0)
		return 0;
	if (load_fragment(q, i->fragment, e))
		return -1;
	if (i->fragment_at > q->fragment_len || len > q->fragment_len - i->fragment_at)
		return err_input(e, "E_CORRUPT", "a file's end lies outside its fragment");
	return sink_data(sink, q->fragment + i->fragment_at, len, e);
}

int squash_data(struct squashfs *q, const struct squash_inode *i, struct sink *sink, struct err *e)
{
	struct blocks b;

	if (blocks_start(q, i, &b, e))
		return -1;
	while (b.done < b.count) {
		struct block one;
		uint32_t len = 0;

		if (blocks_next(&b, &one, e))
			return -1;
		if (one.packed && unpack(q, &one, q->block, &len, e))
			return -1;
		if (one.packed && len != one.len)
			return err_input(e, "E_CORRUPT", "a block of %u bytes where %u belong", len, one.len);
		if (sink_data(sink, one.packed ? q->block : NULL, one.len, e))
			return -1;
	}
	return pass_tail(q, i, sink, e);
}

/* ---- where there is data */

struct map {
	LIST(struct extent) at;
	bool has_holes;
};

static void map_add(struct map *m, uint64_t at, uint64_t len)
{
	struct extent *last = m->at.len ? &m->at.at[m->at.len - 1] : NULL;

	if (last && last->at + last->len == at)
		last->len += len;
	else
		*LIST_ADD(&m->at) = (struct extent){ at, len };
}

static int map_blocks(struct squashfs *q, const struct squash_inode *i, struct map *m, struct err *e)
{
	struct blocks b;
	uint64_t at = 0;

	if (blocks_start(q, i, &b, e))
		return -1;
	while (b.done < b.count) {
		struct block one;

		if (blocks_next(&b, &one, e))
			return -1;
		if (one.packed)
			map_add(m, at, one.len);
		else
			m->has_holes = true;
		at += one.len;
	}
	if (at < i->size)
		map_add(m, at, i->size - at);
	return 0;
}

int squash_extents(struct squashfs *q, const struct squash_inode *i, struct entry *en, struct arena *a, struct err *e)
{
	struct map m = { 0 };
	int done = map_blocks(q, i, &m, e);

	if (done == 0 && m.has_holes) {
		en->extents = arena_alloc(a, (m.at.len + 1) * sizeof *en->extents);
		if (en->extents == NULL)
			done = err_input(e, "E_LIMIT_MEMORY", "a sparse map takes too much memory");
		else if (m.at.len)
			memcpy(en->extents, m.at.at, m.at.len * sizeof *en->extents);
		en->extents_len = m.at.len;
	}
	LIST_DONE(&m.at);
	return done;
}
