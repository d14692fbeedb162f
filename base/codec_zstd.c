/* codec_zstd.c - zstd (RFC 8878), skippable frames included.
 *
 * Always with at least one worker: none and some write different bytes, one and many the same. */
#include "base/codec_impl.h"
#include <string.h>
#include <zstd.h>
#include <zstd_errors.h>

static bool is_next(const unsigned char *head, size_t len)
{
	if (len < 4)
		return false;
	return memcmp(head, "\x28\xb5\x2f\xfd", 4) == 0 ||
		((head[0] & 0xf0) == 0x50 && memcmp(head + 1, "\x2a\x4d\x18", 3) == 0);
}

static void *decode_open(uint64_t memory, struct err *e)
{
	ZSTD_DCtx *d = ZSTD_createDCtx();
	int window = 10; /* the least that zstd knows */

	while (window < 31 && (uint64_t)2 << window <= memory)
		window++;
	if (d && !ZSTD_isError(ZSTD_DCtx_setParameter(d, ZSTD_d_windowLogMax, window)))
		return d;
	ZSTD_freeDCtx(d);
	err_env(e, "libzstd cannot start");
	return NULL;
}

static enum codec_step failed(size_t rc, struct err *e)
{
	const char *why = ZSTD_getErrorName(rc);

	switch (ZSTD_getErrorCode(rc)) {
	case ZSTD_error_frameParameter_windowTooLarge:
		err_input(e, "E_LIMIT_MEMORY", "%s", why);
		break;
	case ZSTD_error_memory_allocation:
		err_env(e, "out of memory");
		break;
	case ZSTD_error_version_unsupported:
	case ZSTD_error_frameParameter_unsupported:
	case ZSTD_error_dictionary_wrong:
		err_input(e, "E_UNSUPPORTED", "%s", why);
		break;
	default:
		err_input(e, "E_CORRUPT", "%s", why);
	}
	return CODEC_FAILED;
}

static enum codec_step decode(void *state, struct codec_io *io, struct err *e)
{
	ZSTD_inBuffer in = { io->in, io->in_len, 0 };
	ZSTD_outBuffer out = { io->out, io->out_len, 0 };
	size_t rc = ZSTD_decompressStream(state, &out, &in);

	codec_advance(io, in.pos, out.pos);
	if (ZSTD_isError(rc))
		return failed(rc, e);
	return rc == 0 ? CODEC_END : CODEC_MORE;
}

static int decode_next(void *state, struct err *e)
{
	return 0; /* a decoder that has ended a frame is ready for the next */
}

static void decode_close(void *state)
{
	ZSTD_freeDCtx(state);
}

static void *encode_open(int level, unsigned threads, struct err *e)
{
	const struct {
		ZSTD_cParameter what;
		int value;
	} settings[] = {
		{ ZSTD_c_compressionLevel, level },
		{ ZSTD_c_checksumFlag, 1 },
		{ ZSTD_c_nbWorkers, (int)threads },
	};
	ZSTD_CCtx *c = ZSTD_createCCtx();

	for (size_t i = 0; c && i < COUNT(settings); i++)
		if (ZSTD_isError(ZSTD_CCtx_setParameter(c, settings[i].what, settings[i].value))) {
			ZSTD_freeCCtx(c);
			c = NULL;
		}
	if (c == NULL)
		err_env(e, "libzstd cannot start (was it built without threads?)");
	return c;
}

static enum codec_step encode(void *state, struct codec_io *io, bool is_last, struct err *e)
{
	ZSTD_inBuffer in = { io->in, io->in_len, 0 };
	ZSTD_outBuffer out = { io->out, io->out_len, 0 };
	size_t rc = ZSTD_compressStream2(state, &out, &in, is_last ? ZSTD_e_end : ZSTD_e_continue);

	codec_advance(io, in.pos, out.pos);
	if (ZSTD_isError(rc)) {
		err_env(e, "%s", ZSTD_getErrorName(rc));
		return CODEC_FAILED;
	}
	return is_last && rc == 0 ? CODEC_END : CODEC_MORE;
}

static void encode_close(void *state)
{
	ZSTD_freeCCtx(state);
}

const struct codec_ops codec_zstd = {
	.codec = CODEC_ZSTD,
	.name = "zstd",
	.other_name = "zst",
	.decode_open = decode_open,
	.decode = decode,
	.decode_next = decode_next,
	.decode_close = decode_close,
	.is_next = is_next,
	.encode_open = encode_open,
	.encode = encode,
	.encode_close = encode_close,
	.level_default = 3, /* as zstd(1): higher ones take minutes for what big updates hold */
	.level_least = 1,
	.level_most = 19,
};
