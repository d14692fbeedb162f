/* codec_gzip.c - gzip (RFC 1952) through zlib: header and trailer are checked, the written header has no name and no time. */
#include "base/codec_impl.h"
#include <string.h>
#include <zlib.h>

enum { WINDOW = 15, GZIP = 16 };

static bool is_next(const unsigned char *head, size_t len)
{
	return len >= 3 && head[0] == 0x1f && head[1] == 0x8b && head[2] == 8;
}

static void *decode_open(uint64_t memory, struct err *e)
{
	z_stream *z = mem_alloc(sizeof *z);

	if (inflateInit2(z, WINDOW + GZIP) == Z_OK)
		return z;
	err_env(e, "zlib cannot start");
	free(z);
	return NULL;
}

static void give(z_stream *z, const struct codec_io *io)
{
	z->next_in = (Bytef *)io->in;
	z->avail_in = codec_bounded(io->in_len);
	z->next_out = io->out;
	z->avail_out = codec_bounded(io->out_len);
}

static void taken(const z_stream *z, struct codec_io *io)
{
	codec_advance(io, (size_t)(z->next_in - io->in), (size_t)(z->next_out - io->out));
}

static enum codec_step decode(void *state, struct codec_io *io, struct err *e)
{
	z_stream *z = state;
	int rc;

	give(z, io);
	rc = inflate(z, Z_NO_FLUSH);
	taken(z, io);
	if (rc == Z_STREAM_END)
		return CODEC_END;
	if (rc == Z_OK || rc == Z_BUF_ERROR)
		return CODEC_MORE;
	err_input(e, "E_CORRUPT", "%s", z->msg ? z->msg : "is damaged");
	return CODEC_FAILED;
}

static int decode_next(void *state, struct err *e)
{
	return inflateReset(state) == Z_OK ? 0 : err_env(e, "zlib cannot start again");
}

static void decode_close(void *state)
{
	inflateEnd(state);
	free(state);
}

static void *encode_open(int level, unsigned threads, struct err *e)
{
	z_stream *z = mem_alloc(sizeof *z);

	if (deflateInit2(z, level, Z_DEFLATED, WINDOW + GZIP, 8, Z_DEFAULT_STRATEGY) == Z_OK)
		return z;
	err_env(e, "zlib cannot start");
	free(z);
	return NULL;
}

static enum codec_step encode(void *state, struct codec_io *io, bool is_last, struct err *e)
{
	z_stream *z = state;
	int rc;

	give(z, io);
	rc = deflate(z, is_last ? Z_FINISH : Z_NO_FLUSH);
	taken(z, io);
	if (rc == Z_STREAM_END)
		return CODEC_END;
	if (rc == Z_OK || rc == Z_BUF_ERROR)
		return CODEC_MORE;
	err_env(e, "zlib failed (%d)", rc);
	return CODEC_FAILED;
}

static void encode_close(void *state)
{
	deflateEnd(state);
	free(state);
}

const struct codec_ops codec_gzip = {
	.codec = CODEC_GZIP,
	.name = "gzip",
	.other_name = "gz",
	.decode_open = decode_open,
	.decode = decode,
	.decode_next = decode_next,
	.decode_close = decode_close,
	.is_next = is_next,
	.encode_open = encode_open,
	.encode = encode,
	.encode_close = encode_close,
	.level_default = 9,
	.level_least = 1,
	.level_most = 9,
};
