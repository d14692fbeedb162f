/* codec_impl.h - what one compression format gives to codec.c: a decoder and an encoder that turn bytes into bytes. Only for codec*.c. */
#pragma once
#include "base/codec.h"

/* One step's bytes: taken from the front of in, put at the front of out; both advance. */
struct codec_io {
	const unsigned char *in;
	size_t in_len;
	unsigned char *out;
	size_t out_len;
};

/* After a step: so many bytes of in were used, so many of out were made. */
static inline void codec_advance(struct codec_io *io, size_t used, size_t made)
{
	io->in += used;
	io->in_len -= used;
	io->out += made;
	io->out_len -= made;
}

/* zlib and libbz2 count in 32 bits; our buffers are far smaller, a caller's need not be. */
static inline unsigned codec_bounded(size_t len)
{
	return len < 1u << 30 ? (unsigned)len : 1u << 30;
}

enum codec_step { CODEC_MORE, CODEC_END, CODEC_FAILED };

struct codec_ops {
	enum codec codec;
	const char *name, *other_name;

	/* Decoding. memory bounds window and dictionary. NULL: failed. */
	void *(*decode_open)(uint64_t memory, struct err *e);
	/* CODEC_END at the end of a member; CODEC_MORE when it wants more input or room. */
	enum codec_step (*decode)(void *state, struct codec_io *io, struct err *e);
	/* The input is over, and decode wants more: CODEC_END when all is well. NULL: the format has an end mark, which is missing. */
	enum codec_step (*decode_over)(void *state, struct err *e);
	/* Ready for the next member. NULL: the format has only one. */
	int (*decode_next)(void *state, struct err *e);
	void (*decode_close)(void *state);
	/* Does another member begin here? head holds what is left, at least CODEC_HEAD bytes unless the input ends. */
	bool (*is_next)(const unsigned char *head, size_t len);
	/* Between members zeros may stand in groups of this many; 0: none. */
	unsigned padding;

	void *(*encode_open)(int level, unsigned threads, struct err *e);
	/* CODEC_END when is_last and all is out. */
	enum codec_step (*encode)(void *state, struct codec_io *io, bool is_last, struct err *e);
	void (*encode_close)(void *state);
	int level_default, level_least, level_most;
};

enum { CODEC_HEAD = 16 };

extern const struct codec_ops codec_gzip, codec_bzip2, codec_xz, codec_lzma, codec_lzip, codec_zstd, codec_lz4,
	codec_compress, codec_lzop;
