/* codec_lz4.c - lz4 frames through liblz4. Source: lz4's doc/lz4_Frame_format.md, version 1.6. */
#include "base/codec_impl.h"
#include <lz4frame.h>
#include <string.h>

enum { MAGIC = 4, BLOCK_MOST = 4 << 20, WINDOW = 128 << 10, HAS_DICTIONARY = 1 };

struct lz4 {
	LZ4F_dctx *d;
	bool is_begun;
};

static bool is_next(const unsigned char *head, size_t len)
{
	if (len < MAGIC)
		return false;
	return memcmp(head, "\x04\x22\x4d\x18", MAGIC) == 0 ||
		((head[0] & 0xf0) == 0x50 && memcmp(head + 1, "\x2a\x4d\x18", 3) == 0);
}

static void *decode_open(uint64_t memory, struct err *e)
{
	struct lz4 *s = mem_alloc(sizeof *s);

	if (memory < 2 * BLOCK_MOST + WINDOW)
		err_input(e, "E_LIMIT_MEMORY", "lz4 needs %d KiB", (2 * BLOCK_MOST + WINDOW) >> 10);
	else if (LZ4F_isError(LZ4F_createDecompressionContext(&s->d, LZ4F_VERSION)))
		err_env(e, "liblz4 cannot start");
	else
		return s;
	free(s);
	return NULL;
}

/* The descriptor's flags stand behind the magic. A dictionary is a file that no package brings. */
static int check_frame(struct lz4 *s, const struct codec_io *io, struct err *e)
{
	if (s->is_begun || io->in_len <= MAGIC)
		return 0;
	s->is_begun = true;
	if (io->in[0] == 0x04 && io->in[MAGIC] & HAS_DICTIONARY)
		return err_input(e, "E_UNSUPPORTED", "needs a dictionary");
	return 0;
}

static enum codec_step decode(void *state, struct codec_io *io, struct err *e)
{
	struct lz4 *s = state;
	size_t used = io->in_len, made = io->out_len, rc;

	if (check_frame(s, io, e))
		return CODEC_FAILED;
	rc = LZ4F_decompress(s->d, io->out, &made, io->in, &used, NULL);
	if (LZ4F_isError(rc)) {
		err_input(e, "E_CORRUPT", "%s", LZ4F_getErrorName(rc));
		return CODEC_FAILED;
	}
	codec_advance(io, used, made);
	return rc == 0 ? CODEC_END : CODEC_MORE;
}

static int decode_next(void *state, struct err *e)
{
	struct lz4 *s = state;

	LZ4F_resetDecompressionContext(s->d);
	s->is_begun = false;
	return 0;
}

static void decode_close(void *state)
{
	struct lz4 *s = state;

	LZ4F_freeDecompressionContext(s->d);
	free(s);
}

const struct codec_ops codec_lz4 = {
	.codec = CODEC_LZ4,
	.name = "lz4",
	.other_name = "lz4",
	.decode_open = decode_open,
	.decode = decode,
	.decode_next = decode_next,
	.decode_close = decode_close,
	.is_next = is_next,
};
