/* codec_xz.c - xz, its predecessor lzma-alone, and lzip (reading only) through liblzma.
 *
 * xz is always written by the multi-threaded encoder with a block size that depends on the level only: the single-threaded
 * one writes other bytes, and the bytes must not depend on how many processors there are. */
#include "base/codec_impl.h"
#include <lzma.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

enum { THREADS_MAX = 4, BLOCKS_MEMORY = 128 << 20 };

static const uint64_t overhead = MIB(1); /* what liblzma needs beside the dictionary that the limit is about */

static bool xz_is_next(const unsigned char *head, size_t len)
{
	return len >= 6 &&
		memcmp(head,
			"\xfd"
			"7zXZ\0",
			6) == 0;
}

static uint64_t number(const unsigned char *at, size_t len)
{
	uint64_t v = 0;

	while (len-- > 0)
		v = v << 8 | at[len];
	return v;
}

/* lzma-alone has no magic: properties, a dictionary of 2^n or 2^n + 2^(n-1) bytes, a believable size, and the range coder's first byte. */
static bool lzma_is_next(const unsigned char *head, size_t len)
{
	uint64_t dictionary, size;

	if (len < 13 || head[0] >= 9 * 5 * 5)
		return false;
	dictionary = number(head + 1, 4);
	size = number(head + 5, 8);
	if (dictionary < 4096 || (size >= (uint64_t)1 << 38 && size != UINT64_MAX) || (len > 13 && head[13] != 0))
		return false;
	dictionary &= dictionary - 1; /* lowest bit off: what is left is nothing, or the one bit above it */
	return dictionary == 0 || (dictionary & (dictionary - 1)) == 0;
}

/* decode_next starts the same decoder again, so its kind is kept beside it. */
struct decoder {
	lzma_stream stream;
	uint64_t memory;
	enum codec kind;
};

static void *nothing(void *context)
{
	return context;
}

/* A confined process may have been left without threads; liblzma would take that for a lack of memory. */
static unsigned threads_available(void)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	pthread_t thread;

	if (processors < 2 || pthread_create(&thread, NULL, nothing, NULL) != 0)
		return 1;
	pthread_join(thread, NULL);
	return processors < THREADS_MAX ? (unsigned)processors : THREADS_MAX;
}

/* Blocks whose sizes stand in their headers (what xz -T and dpkg-deb write) are decoded beside one another; all others one by one. */
static lzma_ret start_xz(struct decoder *d)
{
	lzma_mt many = { .flags = LZMA_TELL_UNSUPPORTED_CHECK,
		.threads = threads_available(),
		.memlimit_threading = d->memory < BLOCKS_MEMORY ? d->memory : BLOCKS_MEMORY,
		.memlimit_stop = d->memory };

	if (many.threads < 2)
		return lzma_stream_decoder(&d->stream, d->memory, LZMA_TELL_UNSUPPORTED_CHECK);
	return lzma_stream_decoder_mt(&d->stream, &many);
}

static int start(struct decoder *d, struct err *e)
{
	lzma_ret rc = d->kind == CODEC_LZMA ? lzma_alone_decoder(&d->stream, d->memory)
		: d->kind == CODEC_LZIP     ? lzma_lzip_decoder(&d->stream, d->memory, 0)
					    : start_xz(d);

	return rc == LZMA_OK ? 0 : err_env(e, "liblzma cannot start (%d)", (int)rc);
}

static void *decode_open(uint64_t memory, enum codec kind, struct err *e)
{
	struct decoder *d = mem_alloc(sizeof *d);

	d->memory = memory < UINT64_MAX - overhead ? memory + overhead : UINT64_MAX;
	d->kind = kind;
	if (start(d, e) == 0)
		return d;
	free(d);
	return NULL;
}

static void *xz_decode_open(uint64_t memory, struct err *e)
{
	return decode_open(memory, CODEC_XZ, e);
}

static void *lzma_decode_open(uint64_t memory, struct err *e)
{
	return decode_open(memory, CODEC_LZMA, e);
}

static void *lzip_decode_open(uint64_t memory, struct err *e)
{
	return decode_open(memory, CODEC_LZIP, e);
}

static bool lzip_is_next(const unsigned char *head, size_t len)
{
	return len >= 6 && memcmp(head, "LZIP", 4) == 0 && head[4] <= 1;
}

static lzma_ret run(lzma_stream *s, struct codec_io *io, lzma_action action)
{
	lzma_ret rc;

	s->next_in = io->in;
	s->avail_in = io->in_len;
	s->next_out = io->out;
	s->avail_out = io->out_len;
	rc = lzma_code(s, action);
	io->in = s->next_in;
	io->in_len = s->avail_in;
	io->out = s->next_out;
	io->out_len = s->avail_out;
	return rc;
}

static enum codec_step decode(void *state, struct codec_io *io, struct err *e)
{
	struct decoder *d = state;

	switch (run(&d->stream, io, LZMA_RUN)) {
	case LZMA_STREAM_END:
		return CODEC_END;
	case LZMA_OK:
	case LZMA_BUF_ERROR:
		return CODEC_MORE;
	case LZMA_MEMLIMIT_ERROR:
		err_input(e, "E_LIMIT_MEMORY", "needs %llu MiB to be unpacked, allowed are %llu",
			(unsigned long long)(lzma_memusage(&d->stream) >> 20), (unsigned long long)(d->memory >> 20));
		break;
	case LZMA_MEM_ERROR:
		err_env(e, "out of memory");
		break;
	case LZMA_OPTIONS_ERROR:
	case LZMA_UNSUPPORTED_CHECK:
		err_input(e, "E_UNSUPPORTED", "uses an option or check that this version does not know");
		break;
	default:
		err_input(e, "E_CORRUPT", "is damaged");
	}
	return CODEC_FAILED;
}

static int decode_next(void *state, struct err *e)
{
	return start(state, e);
}

static void decode_close(void *state)
{
	struct decoder *d = state;

	lzma_end(&d->stream);
	free(d);
}

static void *opened(lzma_stream *s, lzma_ret rc, struct err *e)
{
	if (rc == LZMA_OK)
		return s;
	err_env(e, "liblzma cannot start (%d)", (int)rc);
	lzma_end(s);
	free(s);
	return NULL;
}

static void *xz_encode_open(int level, unsigned threads, struct err *e)
{
	lzma_stream *s = mem_alloc(sizeof *s);
	lzma_options_lzma options;
	lzma_mt mt = { .threads = threads, .preset = (uint32_t)level, .check = LZMA_CHECK_CRC64 };

	lzma_lzma_preset(&options, (uint32_t)level);
	mt.block_size = 3 * (uint64_t)options.dict_size;
	if (mt.block_size < MIB(1))
		mt.block_size = MIB(1);
	return opened(s, lzma_stream_encoder_mt(s, &mt), e);
}

static void *lzma_encode_open(int level, unsigned threads, struct err *e)
{
	lzma_stream *s = mem_alloc(sizeof *s);
	lzma_options_lzma options;

	lzma_lzma_preset(&options, (uint32_t)level);
	return opened(s, lzma_alone_encoder(s, &options), e);
}

static enum codec_step encode(void *state, struct codec_io *io, bool is_last, struct err *e)
{
	lzma_ret rc = run(state, io, is_last ? LZMA_FINISH : LZMA_RUN);

	if (rc == LZMA_STREAM_END)
		return CODEC_END;
	if (rc == LZMA_OK || rc == LZMA_BUF_ERROR)
		return CODEC_MORE;
	err_env(e, rc == LZMA_MEM_ERROR ? "out of memory" : "liblzma failed (%d)", (int)rc);
	return CODEC_FAILED;
}

static void encode_close(void *state)
{
	lzma_end(state);
	free(state);
}

const struct codec_ops codec_xz = {
	.codec = CODEC_XZ,
	.name = "xz",
	.other_name = "xz",
	.decode_open = xz_decode_open,
	.decode = decode,
	.decode_next = decode_next,
	.decode_close = decode_close,
	.is_next = xz_is_next,
	.padding = 4,
	.encode_open = xz_encode_open,
	.encode = encode,
	.encode_close = encode_close,
	.level_default = 6,
	.level_least = 1,
	.level_most = 9,
};

const struct codec_ops codec_lzma = {
	.codec = CODEC_LZMA,
	.name = "lzma",
	.other_name = "lzma",
	.decode_open = lzma_decode_open,
	.decode = decode,
	.decode_close = decode_close,
	.is_next = lzma_is_next,
	.encode_open = lzma_encode_open,
	.encode = encode,
	.encode_close = encode_close,
	.level_default = 6,
	.level_least = 1,
	.level_most = 9,
};

const struct codec_ops codec_lzip = {
	.codec = CODEC_LZIP,
	.name = "lzip",
	.other_name = "lz",
	.decode_open = lzip_decode_open,
	.decode = decode,
	.decode_next = decode_next,
	.decode_close = decode_close,
	.is_next = lzip_is_next,
};
