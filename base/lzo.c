/* lzo.c - LZO1X by a decoder of our own: the library's licence does not go with ours.
 *
 * Source: the Linux kernel's documentation, "LZO stream format" (staging/lzo.rst), version 0 of the stream. An instruction is one byte
 * and its operands; it copies from what came out before, then takes up to three literals. What 0 to 15 mean depends on how many
 * literals the instruction before took (`state`): 0 none, 1 to 3, 4: a run. */
#include "base/lzo.h"
#include <string.h>

enum { RUN = 4, FAR = 16384, FIRST_LITERALS = 17 };

struct lzo {
	const unsigned char *in, *in_end;
	unsigned char *out, *out_begin, *out_end;
	unsigned state;
};

static int damaged(struct err *e, const char *what)
{
	return err_input(e, "E_CORRUPT", "LZO block: %s", what);
}

static int byte_of(struct lzo *z, uint32_t *ret, struct err *e)
{
	if (z->in == z->in_end)
		return damaged(e, "an instruction is cut");
	*ret = *z->in++;
	return 0;
}

/* A length of zero means: it goes on in bytes of 255 each (told by zeros) and a last one. The block bounds what may come. */
static int length_of(struct lzo *z, uint32_t field, uint32_t most, size_t *ret, struct err *e)
{
	size_t length = field;

	if (field == 0) {
		uint32_t last = 0;

		for (length = most; last == 0; length += last ? last : 255)
			if (byte_of(z, &last, e))
				return -1;
	}
	*ret = length;
	return 0;
}

static int copy_literals(struct lzo *z, size_t len, struct err *e)
{
	if (len > (size_t)(z->in_end - z->in) || len > (size_t)(z->out_end - z->out))
		return damaged(e, "literals past the end");
	memcpy(z->out, z->in, len);
	z->in += len;
	z->out += len;
	return 0;
}

/* Source and place may overlap: a distance of 1 repeats one byte. */
static int copy_match(struct lzo *z, size_t distance, size_t len, unsigned literals, struct err *e)
{
	if (distance > (size_t)(z->out - z->out_begin) || len > (size_t)(z->out_end - z->out))
		return damaged(e, "a copy from or to outside");
	for (; len > 0; len--, z->out++)
		*z->out = *(z->out - distance);
	z->state = literals;
	return copy_literals(z, literals, e);
}

static int short_one(struct lzo *z, uint32_t op, struct err *e)
{
	uint32_t high;
	size_t len;

	if (z->state == 0) {
		z->state = RUN;
		return length_of(z, op, 15, &len, e) || copy_literals(z, len + 3, e) ? -1 : 0;
	}
	if (byte_of(z, &high, e))
		return -1;
	if (z->state == RUN)
		return copy_match(z, (high << 2) + (op >> 2) + 2049, 3, op & 3, e);
	return copy_match(z, (high << 2) + (op >> 2) + 1, 2, op & 3, e);
}

/* 1: that was the end of the stream. */
static int long_one(struct lzo *z, uint32_t op, struct err *e)
{
	bool is_far = op < 32;
	uint32_t low, high, both;
	size_t len, distance;

	if (length_of(z, is_far ? op & 7 : op & 31, is_far ? 7 : 31, &len, e) || byte_of(z, &low, e) ||
		byte_of(z, &high, e))
		return -1;
	both = low | high << 8;
	distance = is_far ? FAR + ((op & 8) << 11) + (both >> 2) : (both >> 2) + 1;
	if (is_far && distance == FAR)
		return len == 1 ? 1 : damaged(e, "an odd end mark");
	return copy_match(z, distance, len + 2, both & 3, e);
}

static int middle_one(struct lzo *z, uint32_t op, struct err *e)
{
	uint32_t high;
	size_t len = op < 128 ? 3 + (op >> 5 & 1) : 5 + (op >> 5 & 3);

	if (byte_of(z, &high, e))
		return -1;
	return copy_match(z, (high << 3) + (op >> 2 & 7) + 1, len, op & 3, e);
}

static int first_one(struct lzo *z, struct err *e)
{
	uint32_t literals;

	if (z->in == z->in_end || *z->in <= FIRST_LITERALS)
		return 0;
	literals = (uint32_t)*z->in++ - FIRST_LITERALS;
	z->state = literals < RUN ? literals : RUN;
	return copy_literals(z, literals, e);
}

int lzo1x_decode(
	const unsigned char *src, size_t src_len, unsigned char *dst, size_t room, size_t *ret_len, struct err *e)
{
	struct lzo z = { src, src + src_len, dst, dst, dst + room, 0 };
	int done = first_one(&z, e);

	while (done == 0) {
		uint32_t op;

		if (byte_of(&z, &op, e))
			return -1;
		done = op < 16 ? short_one(&z, op, e) : op < 64 ? long_one(&z, op, e) : middle_one(&z, op, e);
	}
	if (done < 0)
		return -1;
	if (z.in != z.in_end)
		return damaged(e, "bytes after its end");
	*ret_len = (size_t)(z.out - dst);
	return 0;
}
