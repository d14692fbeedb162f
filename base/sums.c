/* sums.c - digests, cksum and base64 as streams that stand on others. */
#include "base/sums.h"
#include <pthread.h>
#include <string.h>

struct in_sum {
	struct in in;
	struct digest *digests[2];
	struct cksum *cksum;
};

static long sum_read(struct in *in, void *buf, size_t size, struct err *e)
{
	struct in_sum *s = (struct in_sum *)in;
	long got = in_some(in->below, buf, size, e);

	for (size_t i = 0; got > 0 && i < COUNT(s->digests); i++)
		if (s->digests[i])
			digest_add(s->digests[i], buf, (size_t)got);
	if (got > 0 && s->cksum)
		cksum_add(s->cksum, buf, (size_t)got);
	return got;
}

static const struct in_ops sum_ops = { sum_read, NULL };

static struct in *sum_new(struct in *below, struct digest *first, struct digest *second, struct cksum *cksum)
{
	struct in_sum *s = mem_alloc(sizeof *s);

	s->in.ops = &sum_ops;
	s->in.below = below;
	s->digests[0] = first;
	s->digests[1] = second;
	s->cksum = cksum;
	return &s->in;
}

struct in *in_digest(struct in *below, struct digest *first, struct digest *second)
{
	return sum_new(below, first, second, NULL);
}

struct in *in_cksum(struct in *below, struct cksum *c)
{
	return sum_new(below, NULL, NULL, c);
}

/* ---- cksum */

static uint32_t crc_table[256];
static pthread_once_t crc_once = PTHREAD_ONCE_INIT;

static void crc_make(void)
{
	for (uint32_t i = 0; i < 256; i++) {
		uint32_t c = i << 24;

		for (int bit = 0; bit < 8; bit++)
			c = c & 0x80000000u ? c << 1 ^ 0x04c11db7u : c << 1;
		crc_table[i] = c;
	}
}

static uint32_t crc_step(uint32_t crc, unsigned char byte)
{
	return crc << 8 ^ crc_table[crc >> 24 ^ byte];
}

void cksum_add(struct cksum *c, const void *bytes, size_t len)
{
	const unsigned char *at = bytes;

	pthread_once(&crc_once, crc_make);
	for (size_t i = 0; i < len; i++)
		c->crc = crc_step(c->crc, at[i]);
	c->len += len;
}

uint32_t cksum_end(const struct cksum *c)
{
	uint32_t crc = c->crc;

	pthread_once(&crc_once, crc_make);
	for (uint64_t len = c->len; len > 0; len >>= 8)
		crc = crc_step(crc, (unsigned char)len);
	return ~crc;
}

/* ---- base64 */

enum { BASE64_BUF = 32 << 10 };

struct in_base64 {
	struct in in;
	unsigned char buf[BASE64_BUF];
	size_t at, len;
	uint32_t bits;
	unsigned have, padding; /* digits of the group so far; '=' seen */
	unsigned char rest[3];  /* of a group that did not fit */
	size_t rest_at, rest_len;
};

static int digit_of(unsigned char c)
{
	return c >= 'A' && c <= 'Z'    ? c - 'A'
		: c >= 'a' && c <= 'z' ? c - 'a' + 26
		: c >= '0' && c <= '9' ? c - '0' + 52
		: c == '+'             ? 62
		: c == '/'             ? 63
				       : -1;
}

static int damaged(const char *what, struct err *e)
{
	return err_input(e, "E_CORRUPT", "base64: %s", what);
}

/* One character; a whole group gives up to three bytes in out, *ret of them. */
static int take(struct in_base64 *b, unsigned char c, unsigned char out[3], size_t *ret, struct err *e)
{
	int digit = digit_of(c);

	*ret = 0;
	if (c == '\n' || c == '\r' || c == ' ' || c == '\t')
		return 0;
	if (c == '=' && b->have >= 2 && b->padding < 2)
		b->padding++, digit = 0;
	else if (digit < 0)
		return damaged("a byte that is no digit", e);
	else if (b->padding > 0)
		return damaged("digits behind the end", e);
	b->bits = b->bits << 6 | (uint32_t)digit;
	if (++b->have < 4)
		return 0;
	for (size_t i = 0; i < 3u - b->padding; i++)
		out[i] = (unsigned char)(b->bits >> (16 - 8 * i));
	*ret = 3u - b->padding;
	b->have = 0;
	b->bits = 0;
	return 0;
}

/* The next group's bytes into rest; 0: the end. */
static int next_group(struct in_base64 *b, struct err *e)
{
	b->rest_at = b->rest_len = 0;
	while (b->rest_len == 0) {
		if (b->at == b->len) {
			long more = in_some(b->in.below, b->buf, sizeof b->buf, e);

			if (more < 0)
				return -1;
			if (more == 0)
				return b->have == 0
					? 0
					: err_input(e, "E_TRUNCATED", "base64: ends in the middle of a group");
			b->at = 0;
			b->len = (size_t)more;
		}
		if (take(b, b->buf[b->at++], b->rest, &b->rest_len, e))
			return -1;
	}
	return 1;
}

static long base64_read(struct in *in, void *buf, size_t size, struct err *e)
{
	struct in_base64 *b = (struct in_base64 *)in;
	unsigned char *to = buf;
	size_t done = 0;

	while (done < size) {
		int more = b->rest_at < b->rest_len ? 1 : next_group(b, e);

		if (more < 0)
			return -1;
		if (more == 0)
			break;
		to[done++] = b->rest[b->rest_at++];
	}
	return (long)done;
}

static const struct in_ops base64_ops = { base64_read, NULL };

struct in *in_base64(struct in *below)
{
	struct in_base64 *b = mem_alloc(sizeof *b);

	b->in.ops = &base64_ops;
	b->in.below = below;
	return &b->in;
}
