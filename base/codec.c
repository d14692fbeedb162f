/* codec.c - the table of compression formats and the two streams that drive them: limits, members, trailing bytes. */
#include "base/codec_impl.h"
#include <string.h>
#include <unistd.h>

enum { BUF = 128 << 10, THREADS_MOST = 8 };
static const uint64_t memory_default = MIB(128), ratio_from = MIB(8);

static const struct codec_ops *const table[] = { &codec_gzip, &codec_bzip2, &codec_xz, &codec_lzma, &codec_lzip,
	&codec_zstd, &codec_lz4, &codec_compress, &codec_lzop };

static const struct codec_ops *ops_of(enum codec c)
{
	for (size_t i = 0; i < COUNT(table); i++)
		if (table[i]->codec == c)
			return table[i];
	return NULL;
}

enum codec codec_of(const void *head, size_t len)
{
	for (size_t i = 0; i < COUNT(table); i++)
		if (table[i]->is_next(head, len))
			return table[i]->codec;
	return CODEC_NONE;
}

int codec_level_default(enum codec c)
{
	const struct codec_ops *ops = ops_of(c);

	return ops ? ops->level_default : 0;
}

const char *codec_name(enum codec c)
{
	const struct codec_ops *ops = ops_of(c);

	return ops ? ops->name : "none";
}

int codec_by_name(const char *name)
{
	for (size_t i = 0; i < COUNT(table); i++)
		if (table[i]->encode_open &&
			(strcmp(table[i]->name, name) == 0 || strcmp(table[i]->other_name, name) == 0))
			return (int)table[i]->codec;
	return strcmp(name, "none") == 0 ? (int)CODEC_NONE : CODEC_UNKNOWN;
}

/* --- decoding --- */

enum phase { MEMBER, BETWEEN, END };

struct in_codec {
	struct in in;
	const struct codec_ops *ops;
	struct codec_limits limits;
	void *state;
	enum phase phase;
	bool is_below_done;
	uint64_t consumed, made, trailing;
	unsigned members;
	size_t at, len;         /* of what is left in buf */
	size_t out_at, out_len; /* of what is left in small */
	unsigned char *small;   /* output for callers that ask for little; made when one comes */
	unsigned char buf[BUF];
};

/* Reads until want bytes are there or the input ends. */
static int fill(struct in_codec *c, size_t want, struct err *e)
{
	if (c->at > 0 && BUF - c->at < want) {
		memmove(c->buf, c->buf + c->at, c->len);
		c->at = 0;
	}
	if (c->len == 0)
		c->at = 0;
	while (c->len < want && !c->is_below_done) {
		long got = in_some(c->in.below, c->buf + c->at + c->len, BUF - c->at - c->len, e);

		if (got < 0)
			return -1;
		c->is_below_done = got == 0;
		c->len += (size_t)got;
	}
	return 0;
}

static void take(struct in_codec *c, size_t size)
{
	c->at += size;
	c->len -= size;
}

/* What is behind the last member is counted to its end; nothing of it is kept. */
static int drain(struct in_codec *c, struct err *e)
{
	c->phase = END;
	do {
		c->trailing += c->len;
		take(c, c->len);
		if (fill(c, 1, e))
			return -1;
	} while (c->len > 0);
	return 0;
}

/* Zeros between members, in whole groups and followed by a member or by the end, are padding; else they belong to what is trailing. */
static int skip_padding(struct in_codec *c, struct err *e)
{
	uint64_t zeros = 0;

	do {
		size_t run = 0;

		if (fill(c, CODEC_HEAD, e))
			return -1;
		while (run < c->len && c->buf[c->at + run] == 0)
			run++;
		take(c, run);
		zeros += run;
		if (run == 0)
			break;
	} while (c->len == 0 && !c->is_below_done);
	if (fill(c, CODEC_HEAD, e))
		return -1;
	if (zeros % c->ops->padding || (c->len > 0 && !c->ops->is_next(c->buf + c->at, c->len)))
		c->trailing = zeros;
	else
		c->consumed += zeros;
	return 0;
}

/* Behind a member: another one, padding, or the end. */
static int next_member(struct in_codec *c, struct err *e)
{
	if (c->limits.is_single || c->ops->decode_next == NULL) {
		c->phase = END;
		return c->limits.is_single ? 0 : drain(c, e);
	}
	if (c->ops->padding && skip_padding(c, e))
		return -1;
	if (fill(c, CODEC_HEAD, e))
		return -1;
	if (c->trailing || c->len == 0 || !c->ops->is_next(c->buf + c->at, c->len))
		return drain(c, e);
	c->phase = MEMBER;
	return c->ops->decode_next(c->state, e);
}

static int within_limits(const struct in_codec *c, struct err *e)
{
	if (c->limits.output && c->made > c->limits.output)
		return err_input(e, "E_LIMIT_SIZE", "%s data grows beyond %llu bytes", c->ops->name,
			(unsigned long long)c->limits.output);
	if (c->limits.ratio && c->made > ratio_from && c->made / c->limits.ratio > c->consumed)
		return err_input(e, "E_LIMIT_RATIO", "%s data grows to more than %u times its size", c->ops->name,
			c->limits.ratio);
	return 0;
}

/* Decodes into buf; 0 bytes only at the end. */
static long decode(struct in_codec *c, unsigned char *buf, size_t size, struct err *e)
{
	for (;;) {
		struct codec_io io;
		enum codec_step step;
		size_t used, made;

		if (c->phase == BETWEEN && next_member(c, e))
			return -1;
		if (c->phase == END)
			return 0;
		if (fill(c, 1, e))
			return -1;
		io = (struct codec_io){ c->buf + c->at, c->len, buf, size };
		step = c->ops->decode(c->state, &io, e);
		used = c->len - io.in_len;
		made = size - io.out_len;
		take(c, used);
		c->consumed += used;
		c->made += made;
		if (step == CODEC_MORE && used + made == 0 && c->len == 0 && c->is_below_done && c->ops->decode_over)
			step = c->ops->decode_over(c->state, e);
		if (step == CODEC_FAILED) {
			err_wrap(e, "%s data", c->ops->name);
			return err_at(e, c->consumed);
		}
		if (within_limits(c, e))
			return -1;
		if (step == CODEC_END) {
			c->members++;
			c->phase = BETWEEN;
		}
		if (made > 0)
			return (long)made;
		if (step == CODEC_MORE && used == 0) {
			if (c->len == 0 && c->is_below_done)
				return err_input(e, "E_TRUNCATED", "%s data ends early", c->ops->name);
			if (c->len > 0)
				return err_input(e, "E_CORRUPT", "%s data leads nowhere", c->ops->name);
		}
	}
}

static long codec_read(struct in *in, void *buf, size_t size, struct err *e)
{
	struct in_codec *c = (struct in_codec *)in;

	if (c->out_len == 0) {
		long got;

		if (size >= BUF / 4)
			return decode(c, buf, size, e);
		if (c->small == NULL)
			c->small = mem_resize(NULL, BUF);
		got = decode(c, c->small, BUF, e);
		if (got <= 0)
			return got;
		c->out_at = 0;
		c->out_len = (size_t)got;
	}
	if (size > c->out_len)
		size = c->out_len;
	memcpy(buf, c->small + c->out_at, size);
	c->out_at += size;
	c->out_len -= size;
	return (long)size;
}

static int codec_in_close(struct in *in, struct err *e)
{
	struct in_codec *c = (struct in_codec *)in;

	if (c->state)
		c->ops->decode_close(c->state);
	free(c->small);
	return 0;
}

static const struct in_ops in_codec_ops = { codec_read, codec_in_close };

struct in *in_codec(struct in *below, enum codec codec, const struct codec_limits *limits)
{
	const struct codec_ops *ops = ops_of(codec);
	struct in_codec *c;

	if (ops == NULL)
		return below;
	c = mem_resize(NULL, sizeof *c); /* the buffer need not be cleared */
	memset(c, 0, offsetof(struct in_codec, buf));
	c->in.ops = &in_codec_ops;
	c->in.below = below;
	c->ops = ops;
	if (limits)
		c->limits = *limits;
	if (c->limits.memory == 0)
		c->limits.memory = memory_default;
	c->state = ops->decode_open(c->limits.memory, &c->in.err);
	c->in.failed = c->state == NULL;
	return &c->in;
}

static const struct in_codec *codec_in(const struct in *in)
{
	return in->ops == &in_codec_ops ? (const struct in_codec *)in : NULL;
}

uint64_t in_codec_trailing(const struct in *in)
{
	const struct in_codec *c = codec_in(in);

	return c ? c->trailing : 0;
}

unsigned in_codec_members(const struct in *in)
{
	const struct in_codec *c = codec_in(in);

	return c ? c->members : 0;
}

uint64_t in_codec_consumed(const struct in *in)
{
	const struct in_codec *c = codec_in(in);

	return c ? c->consumed : in->count;
}

/* --- encoding --- */

struct out_codec {
	struct out out;
	const struct codec_ops *ops;
	void *state;
	unsigned char buf[BUF];
};

static int encode(struct out_codec *c, const void *bytes, size_t size, bool is_last, struct err *e)
{
	struct codec_io io = { bytes, size, c->buf, BUF };
	enum codec_step step;

	do {
		io.out = c->buf;
		io.out_len = BUF;
		step = c->ops->encode(c->state, &io, is_last, e);
		if (step == CODEC_FAILED)
			return err_wrap(e, "packing with %s", c->ops->name);
		if (out_write(c->out.below, c->buf, BUF - io.out_len, e))
			return -1;
	} while (is_last ? step != CODEC_END : io.in_len > 0);
	return 0;
}

static int codec_write(struct out *out, const void *bytes, size_t size, struct err *e)
{
	return encode((struct out_codec *)out, bytes, size, false, e);
}

static int codec_out_close(struct out *out, struct err *e)
{
	struct out_codec *c = (struct out_codec *)out;
	int rc = out->failed ? 0 : encode(c, "", 0, true, e);

	c->ops->encode_close(c->state);
	return rc;
}

static const struct out_ops out_codec_ops = { codec_write, codec_out_close };

static unsigned threads_of(unsigned asked)
{
	long all = asked ? (long)asked : sysconf(_SC_NPROCESSORS_ONLN);

	if (all < 1)
		return 1;
	return all < THREADS_MOST ? (unsigned)all : THREADS_MOST; /* each holds its own window: memory stays bounded */
}

struct out *out_codec(struct out *below, enum codec codec, int level, unsigned threads, struct err *e)
{
	const struct codec_ops *ops = ops_of(codec);
	struct out_codec *c;
	void *state;

	if (ops == NULL)
		return below;
	if (ops->encode_open == NULL) {
		err_usage(e, "%s can be read, not written", ops->name);
		out_drop(&below);
		return NULL;
	}
	if (level && (level < ops->level_least || level > ops->level_most)) {
		err_usage(e, "%s has levels %d to %d, not %d", ops->name, ops->level_least, ops->level_most, level);
		out_drop(&below);
		return NULL;
	}
	state = ops->encode_open(level ? level : ops->level_default, threads_of(threads), e);
	if (state == NULL) {
		out_drop(&below);
		return NULL;
	}
	c = mem_resize(NULL, sizeof *c);
	c->out = (struct out){ .ops = &out_codec_ops, .below = below };
	c->ops = ops;
	c->state = state;
	return &c->out;
}
