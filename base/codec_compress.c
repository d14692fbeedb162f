/* codec_compress.c - compress(1)'s .Z files: LZW with codes of 9 to 16 bits, read by a decoder of our own.
 *
 * Source: compress(1)'s manual and the published description of its format (magic 1f 9d, a byte with the widest code and the block
 * flag, codes from the low bit up; whenever the width changes or the table is cleared, the rest of a group of eight codes is void).
 * The format has no length, no checksum and no end mark: what is cut off between two codes cannot be noticed here. */
#include "base/codec_impl.h"
#include <string.h>

enum {
	HEADER = 3,
	BITS_LEAST = 9,
	BITS_MOST = 16,
	BLOCK_MODE = 0x80,
	RESERVED = 0x60,
	CLEAR = 256,
	GROUP = 8,
	TABLE = 1 << BITS_MOST,
	NONE = -1
};

struct lzw {
	unsigned header; /* bytes of it that came */
	unsigned bits_most, bits;
	bool is_block;
	uint32_t free;       /* the next code to be given */
	int32_t previous;    /* the code before, NONE at the start of a table */
	unsigned char first; /* the first byte of what it stood for */
	uint64_t window;     /* bits that came and are not used, low ones first */
	unsigned have, skip; /* bits in window; bits to throw away before the next code */
	unsigned in_group;   /* codes of this width since the group began, 0 to 7 */
	uint32_t left;       /* bytes on the stack, which go out from its top */
	uint16_t prefix[TABLE];
	unsigned char suffix[TABLE], stack[TABLE + 1];
};

static bool is_next(const unsigned char *head, size_t len)
{
	return len >= HEADER && head[0] == 0x1f && head[1] == 0x9d && (head[2] & RESERVED) == 0 &&
		(head[2] & 0x1f) >= BITS_LEAST && (head[2] & 0x1f) <= BITS_MOST;
}

static void begin_table(struct lzw *s)
{
	s->bits = BITS_LEAST;
	s->free = s->is_block ? CLEAR + 1 : CLEAR;
	s->previous = NONE;
}

static void *decode_open(uint64_t memory, struct err *e)
{
	if (memory < sizeof(struct lzw)) {
		err_input(e, "E_LIMIT_MEMORY", "compress needs %zu KiB", sizeof(struct lzw) >> 10);
		return NULL;
	}
	return mem_alloc(sizeof(struct lzw));
}

static int take_header(struct lzw *s, struct codec_io *io, struct err *e)
{
	for (; s->header < HEADER && io->in_len > 0; s->header++, io->in++, io->in_len--) {
		static const unsigned char magic[] = { 0x1f, 0x9d };

		if (s->header < sizeof magic && *io->in != magic[s->header])
			return err_input(e, "E_CORRUPT", "no compress header");
		if (s->header < sizeof magic)
			continue;
		s->bits_most = *io->in & 0x1f;
		s->is_block = *io->in & BLOCK_MODE;
		if (*io->in & RESERVED || s->bits_most < BITS_LEAST || s->bits_most > BITS_MOST)
			return err_input(e, "E_CORRUPT", "codes of %u bits", s->bits_most);
		begin_table(s);
	}
	return 0;
}

/* The rest of a group is void once the width of codes changes. */
static void end_group(struct lzw *s)
{
	if (s->in_group)
		s->skip = (GROUP - s->in_group) * s->bits;
	s->in_group = 0;
}

/* 1: a code; 0: more input is wanted. */
static int next_code(struct lzw *s, struct codec_io *io, uint32_t *ret)
{
	if (s->free >= 1u << s->bits && s->bits < s->bits_most) {
		end_group(s);
		s->bits++;
	}
	while (s->have < s->bits + s->skip) {
		if (s->skip && s->have) {
			unsigned drop = s->skip < s->have ? s->skip : s->have;

			s->window >>= drop;
			s->have -= drop;
			s->skip -= drop;
			continue;
		}
		if (io->in_len == 0)
			return 0;
		s->window |= (uint64_t)*io->in++ << s->have;
		io->in_len--;
		s->have += 8;
	}
	s->window >>= s->skip;
	s->have -= s->skip;
	s->skip = 0;
	*ret = (uint32_t)s->window & ((1u << s->bits) - 1);
	s->window >>= s->bits;
	s->have -= s->bits;
	s->in_group = (s->in_group + 1) % GROUP;
	return 1;
}

/* Prefixes are always smaller than what they are a prefix of: the walk ends. */
static void spell(struct lzw *s, uint32_t code)
{
	for (; code >= CLEAR; code = s->prefix[code])
		s->stack[s->left++] = s->suffix[code];
	s->first = (unsigned char)code;
	s->stack[s->left++] = s->first;
}

static int take_code(struct lzw *s, uint32_t code, struct err *e)
{
	if (s->is_block && code == CLEAR) {
		end_group(s);
		begin_table(s);
		return 0;
	}
	if (s->previous == NONE ? code > UINT8_MAX
				: code > s->free || (code == s->free && s->free >= 1u << s->bits_most))
		return err_input(e, "E_CORRUPT", "code %u, where %u are known", code, s->free);
	if (code == s->free) { /* the string before, and its first byte once more */
		s->stack[s->left++] = s->first;
		spell(s, (uint32_t)s->previous);
	} else {
		spell(s, code);
	}
	if (s->previous != NONE && s->free < 1u << s->bits_most) {
		s->prefix[s->free] = (uint16_t)s->previous;
		s->suffix[s->free++] = s->first;
	}
	s->previous = (int32_t)code;
	return 0;
}

static void give(struct lzw *s, struct codec_io *io)
{
	for (; s->left > 0 && io->out_len > 0; io->out_len--)
		*io->out++ = s->stack[--s->left];
}

static enum codec_step decode(void *state, struct codec_io *io, struct err *e)
{
	struct lzw *s = state;
	uint32_t code;

	if (s->header < HEADER && take_header(s, io, e))
		return CODEC_FAILED;
	if (s->header < HEADER)
		return CODEC_MORE;
	for (give(s, io); io->out_len > 0; give(s, io)) {
		if (!next_code(s, io, &code))
			break;
		if (take_code(s, code, e))
			return CODEC_FAILED;
	}
	return CODEC_MORE;
}

/* The last byte is filled up with zeros; more than that is half a code. */
static enum codec_step decode_over(void *state, struct err *e)
{
	struct lzw *s = state;

	if (s->header < HEADER || s->have >= 8) {
		err_input(e, "E_TRUNCATED", "ends in the middle of a code");
		return CODEC_FAILED;
	}
	if (s->window != 0 && s->skip == 0) {
		err_input(e, "E_CORRUPT", "ends with bits that are no code");
		return CODEC_FAILED;
	}
	return CODEC_END;
}

static void decode_close(void *state)
{
	free(state);
}

const struct codec_ops codec_compress = {
	.codec = CODEC_COMPRESS,
	.name = "compress",
	.other_name = "Z",
	.decode_open = decode_open,
	.decode = decode,
	.decode_over = decode_over,
	.decode_close = decode_close,
	.is_next = is_next,
};
