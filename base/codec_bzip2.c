/* codec_bzip2.c - bzip2 through libbz2; files of several streams (pbzip2 writes them) are decoded to their end. */
#include "base/codec_impl.h"
#include <bzlib.h>
#include <string.h>

static bool is_next(const unsigned char *head, size_t len)
{
	static const unsigned char block[] = { 0x31, 0x41, 0x59, 0x26, 0x53, 0x59 },
				   end[] = { 0x17, 0x72, 0x45, 0x38, 0x50, 0x90 };

	if (len < 4 || memcmp(head, "BZh", 3) != 0 || head[3] < '1' || head[3] > '9')
		return false;
	return len < 10 || memcmp(head + 4, block, 6) == 0 || memcmp(head + 4, end, 6) == 0;
}

static void *decode_open(uint64_t memory, struct err *e)
{
	bz_stream *b = mem_alloc(sizeof *b);

	if (BZ2_bzDecompressInit(b, 0, 0) == BZ_OK)
		return b;
	err_env(e, "libbz2 cannot start");
	free(b);
	return NULL;
}

static void give(bz_stream *b, const struct codec_io *io)
{
	b->next_in = (char *)io->in;
	b->avail_in = codec_bounded(io->in_len);
	b->next_out = (char *)io->out;
	b->avail_out = codec_bounded(io->out_len);
}

static void taken(const bz_stream *b, struct codec_io *io)
{
	codec_advance(
		io, (size_t)((unsigned char *)b->next_in - io->in), (size_t)((unsigned char *)b->next_out - io->out));
}

static enum codec_step decode(void *state, struct codec_io *io, struct err *e)
{
	bz_stream *b = state;
	int rc;

	give(b, io);
	rc = BZ2_bzDecompress(b);
	taken(b, io);
	if (rc == BZ_STREAM_END)
		return CODEC_END;
	if (rc == BZ_OK)
		return CODEC_MORE;
	if (rc == BZ_MEM_ERROR)
		err_env(e, "out of memory");
	else
		err_input(e, "E_CORRUPT", "is damaged");
	return CODEC_FAILED;
}

static int decode_next(void *state, struct err *e)
{
	bz_stream *b = state;

	BZ2_bzDecompressEnd(b);
	*b = (bz_stream){ 0 };
	return BZ2_bzDecompressInit(b, 0, 0) == BZ_OK ? 0 : err_env(e, "libbz2 cannot start again");
}

static void decode_close(void *state)
{
	BZ2_bzDecompressEnd(state);
	free(state);
}

static void *encode_open(int level, unsigned threads, struct err *e)
{
	bz_stream *b = mem_alloc(sizeof *b);

	if (BZ2_bzCompressInit(b, level, 0, 0) == BZ_OK)
		return b;
	err_env(e, "libbz2 cannot start");
	free(b);
	return NULL;
}

static enum codec_step encode(void *state, struct codec_io *io, bool is_last, struct err *e)
{
	bz_stream *b = state;
	int rc;

	if (io->in_len == 0 && !is_last)
		return CODEC_MORE;
	give(b, io);
	rc = BZ2_bzCompress(b, is_last ? BZ_FINISH : BZ_RUN);
	taken(b, io);
	if (rc == BZ_STREAM_END)
		return CODEC_END;
	if (rc == BZ_RUN_OK || rc == BZ_FINISH_OK)
		return CODEC_MORE;
	err_env(e, "libbz2 failed (%d)", rc);
	return CODEC_FAILED;
}

static void encode_close(void *state)
{
	BZ2_bzCompressEnd(state);
	free(state);
}

const struct codec_ops codec_bzip2 = {
	.codec = CODEC_BZIP2,
	.name = "bzip2",
	.other_name = "bz2",
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
