/* codec_lzop.c - lzop files, read: a header, then blocks of LZO1X with checksums, until a length of zero. Concatenation is allowed.
 *
 * Source: the layout that lzop(1) writes, versions 0.9 to 1.04, as file(1)'s database and tests against lzop(1) itself confirm. */
#include "base/codec_impl.h"
#include "base/lzo.h"
#include <string.h>
#include <zlib.h>

enum flag {
	ADLER_PLAIN = 1,
	ADLER_PACKED = 2,
	EXTRA_FIELD = 0x40,
	CRC_PLAIN = 0x100,
	CRC_PACKED = 0x200,
	MULTIPART = 0x400,
	FILTER = 0x800,
	CRC_HEADER = 0x1000
};
enum { MAGIC = 9, VERSION_LEVEL = 0x940, BLOCK_MOST = 64 << 20, HEADER_MOST = 512, EXTRA_MOST = 64 << 10 };
static const unsigned char magic[MAGIC + 1] = "\x89LZO\0\r\n\x1a\n";

/* What is awaited next; each waits for `want` bytes in `kept` (the last two: in `packed`, and room in the caller's buffer). */
enum stage { HEAD, NAME, EXTRA, EXTRA_SKIP, LENGTHS, PACKED, GIVE };

struct lzop {
	enum stage stage;
	uint64_t memory;
	uint32_t flags;
	unsigned char kept[HEADER_MOST];
	size_t len, want, skip;
	size_t fields;                            /* HEAD: bytes up to the name's length, that one included */
	uint32_t plain_size, packed_size, sum[4]; /* of the block: adler and crc of plain, of packed */
	unsigned char *packed, *plain;
	size_t packed_len, given;
};

static uint32_t be16(const unsigned char *at)
{
	return (uint32_t)at[0] << 8 | at[1];
}

static uint32_t be32(const unsigned char *at)
{
	return be16(at) << 16 | be16(at + 2);
}

static bool is_next(const unsigned char *head, size_t len)
{
	return len >= MAGIC && memcmp(head, magic, MAGIC) == 0;
}

static void await(struct lzop *s, enum stage stage, size_t want)
{
	s->stage = stage;
	s->want = want;
}

static int decode_next(void *state, struct err *e)
{
	struct lzop *s = state;

	s->len = s->skip = 0;
	await(s, HEAD, MAGIC + 2);
	return 0;
}

static void *decode_open(uint64_t memory, struct err *e)
{
	struct lzop *s = mem_alloc(sizeof *s);

	s->memory = memory;
	decode_next(s, e);
	return s;
}

/* The header grows by what its first fields say; each time as much more is awaited. */
static int take_head(struct lzop *s, struct err *e)
{
	uint32_t version = be16(s->kept + MAGIC);
	bool has_level = version >= VERSION_LEVEL;
	size_t at = MAGIC + (has_level ? 6 : 4); /* of the method */

	if (memcmp(s->kept, magic, MAGIC) != 0 || version < 0x900)
		return err_input(e, "E_CORRUPT", "no lzop header");
	s->fields = at + (has_level ? 2 : 1) + 4;
	if (s->len < s->fields)
		return await(s, HEAD, s->fields), 0;
	if (s->kept[at] < 1 || s->kept[at] > 3)
		return err_input(e, "E_UNSUPPORTED", "lzop method %u", s->kept[at]);
	s->flags = be32(s->kept + s->fields - 4);
	if (s->flags & (FILTER | MULTIPART))
		return err_input(e, "E_UNSUPPORTED", "%s", s->flags & FILTER ? "a filter" : "one part of several");
	s->fields += 8 + (has_level ? 4 : 0) + 1; /* mode, times, the name's length */
	return await(s, NAME, s->fields), 0;
}

static int take_name(struct lzop *s, struct err *e)
{
	size_t whole = s->fields + s->kept[s->fields - 1] + 4;
	uint32_t sum;

	if (s->len < whole)
		return await(s, NAME, whole), 0;
	if (s->flags & CRC_HEADER)
		sum = (uint32_t)crc32_z(0, s->kept + MAGIC, whole - 4 - MAGIC);
	else
		sum = (uint32_t)adler32_z(1, s->kept + MAGIC, whole - 4 - MAGIC);
	if (sum != be32(s->kept + whole - 4))
		return err_input(e, "E_CORRUPT", "the header's checksum does not fit");
	s->len = 0;
	if (s->flags & EXTRA_FIELD)
		await(s, EXTRA, 4);
	else
		await(s, LENGTHS, 4);
	return 0;
}

static int take_extra(struct lzop *s, struct err *e)
{
	uint32_t size = be32(s->kept);

	if (size > EXTRA_MOST)
		return err_input(e, "E_LIMIT_METADATA", "an extra field of %u bytes", size);
	s->skip = size + 4; /* with its checksum */
	s->len = 0;
	return await(s, EXTRA_SKIP, 0), 0;
}

static unsigned char *grow(unsigned char *at, size_t size)
{
	return mem_resize(at, size ? size : 1);
}

/* 1: the end of the member. */
static int take_lengths(struct lzop *s, struct err *e)
{
	const uint32_t kinds[] = { ADLER_PLAIN, CRC_PLAIN, ADLER_PACKED, CRC_PACKED };
	size_t at = 8;

	s->plain_size = be32(s->kept);
	if (s->plain_size == 0)
		return 1;
	if (s->len < 8)
		return await(s, LENGTHS, 8), 0;
	s->packed_size = be32(s->kept + 4);
	if (s->packed_size == 0 || s->packed_size > s->plain_size || s->plain_size > BLOCK_MOST)
		return err_input(e, "E_CORRUPT", "a block of %u bytes packed as %u", s->plain_size, s->packed_size);
	if (2ull * s->plain_size > s->memory)
		return err_input(e, "E_LIMIT_MEMORY", "a block of %u bytes", s->plain_size);
	for (size_t i = 0; i < COUNT(kinds); i++)
		if ((i < 2 || s->packed_size < s->plain_size) && s->flags & kinds[i]) {
			if (s->len >= at + 4)
				s->sum[i] = be32(s->kept + at);
			at += 4;
		}
	if (s->len < at)
		return await(s, LENGTHS, at), 0;
	s->packed = grow(s->packed, s->packed_size);
	s->len = s->packed_len = 0;
	return await(s, PACKED, 0), 0;
}

static int check_sums(const struct lzop *s, const unsigned char *bytes, size_t len, unsigned from, struct err *e)
{
	static const uint32_t adlers[] = { ADLER_PLAIN, ADLER_PACKED }, crcs[] = { CRC_PLAIN, CRC_PACKED };

	if ((s->flags & adlers[from] && (uint32_t)adler32_z(1, bytes, len) != s->sum[2 * from]) ||
		(s->flags & crcs[from] && (uint32_t)crc32_z(0, bytes, len) != s->sum[2 * from + 1]))
		return err_input(e, "E_CORRUPT", "a block's checksum does not fit");
	return 0;
}

static int take_block(struct lzop *s, struct err *e)
{
	bool is_stored = s->packed_size == s->plain_size;
	size_t len = s->plain_size;

	if (!is_stored && check_sums(s, s->packed, s->packed_size, 1, e))
		return -1;
	s->plain = grow(s->plain, s->plain_size);
	if (is_stored)
		memcpy(s->plain, s->packed, s->plain_size);
	else if (lzo1x_decode(s->packed, s->packed_size, s->plain, s->plain_size, &len, e))
		return -1;
	if (len != s->plain_size)
		return err_input(e, "E_CORRUPT", "LZO block: its length is not what its header says");
	s->given = 0;
	await(s, GIVE, 0);
	return check_sums(s, s->plain, s->plain_size, 0, e);
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

static void take(struct codec_io *io, unsigned char *to, size_t len)
{
	if (to && len)
		memcpy(to, io->in, len);
	io->in += len;
	io->in_len -= len;
}

/* Bytes of the input to where the stage wants them. false: not enough yet. */
static bool gather(struct lzop *s, struct codec_io *io)
{
	size_t len;

	if (s->stage == PACKED) {
		len = least(io->in_len, s->packed_size - s->packed_len);
		take(io, s->packed + s->packed_len, len);
		s->packed_len += len;
		return s->packed_len == s->packed_size;
	}
	if (s->stage == EXTRA_SKIP) {
		len = least(io->in_len, s->skip);
		take(io, NULL, len);
		s->skip -= len;
		return s->skip == 0;
	}
	len = least(io->in_len, s->want - s->len);
	take(io, s->kept + s->len, len);
	s->len += len;
	return s->len == s->want;
}

/* false: no room left. */
static bool give(struct lzop *s, struct codec_io *io)
{
	size_t len = least(io->out_len, s->plain_size - s->given);

	memcpy(io->out, s->plain + s->given, len);
	io->out += len;
	io->out_len -= len;
	s->given += len;
	if (s->given < s->plain_size)
		return false;
	s->len = 0;
	await(s, LENGTHS, 4);
	return true;
}

static int step(struct lzop *s, struct err *e)
{
	switch (s->stage) {
	case HEAD:
		return take_head(s, e);
	case NAME:
		return take_name(s, e);
	case EXTRA:
		return take_extra(s, e);
	case EXTRA_SKIP:
		return await(s, LENGTHS, 4), 0;
	case LENGTHS:
		return take_lengths(s, e);
	default:
		return take_block(s, e);
	}
}

static enum codec_step decode(void *state, struct codec_io *io, struct err *e)
{
	struct lzop *s = state;

	for (;;) {
		int done;

		if (s->stage == GIVE) {
			if (!give(s, io))
				return CODEC_MORE;
			continue;
		}
		if (!gather(s, io))
			return CODEC_MORE;
		done = step(s, e);
		if (done)
			return done > 0 ? CODEC_END : CODEC_FAILED;
	}
}

static void decode_close(void *state)
{
	struct lzop *s = state;

	free(s->packed);
	free(s->plain);
	free(s);
}

const struct codec_ops codec_lzop = {
	.codec = CODEC_LZOP,
	.name = "lzop",
	.other_name = "lzo",
	.decode_open = decode_open,
	.decode = decode,
	.decode_next = decode_next,
	.decode_close = decode_close,
	.is_next = is_next,
};
