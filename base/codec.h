/* codec.h - compression as streams: gzip, bzip2, xz, lzma, zstd; lzip, lz4, compress and lzop are only read.
 *
 * Decoders are strict: a damaged stream is E_CORRUPT, a short one E_TRUNCATED, a window or dictionary over `memory` is E_LIMIT_MEMORY,
 * more output than ratio x input (once past 8 MiB of output) is E_LIMIT_RATIO, more than `output` is E_LIMIT_SIZE.
 * Bytes behind the last stream are told by in_codec_trailing after the end. Further members of gzip/bzip2/xz/zstd are decoded (their
 * formats or tools define concatenation) and counted. Encoders are deterministic: same bytes whatever the machine's processors:
 * zstd always with at least one worker, xz always the multi-threaded encoder with a fixed block size, gzip with no name and time. */
#pragma once
#include "base/stream.h"

enum codec {
	CODEC_NONE,
	CODEC_GZIP,
	CODEC_BZIP2,
	CODEC_XZ,
	CODEC_LZMA,
	CODEC_ZSTD,
	CODEC_LZIP /* from here on: reading only */,
	CODEC_LZ4,
	CODEC_COMPRESS,
	CODEC_LZOP
};
#define CODEC_UNKNOWN (-1)

struct codec_limits {
	uint64_t memory, output;
	unsigned ratio;
	bool is_single; /* end after the first member; what follows is neither read as a member nor counted as trailing */
};                      /* 0: 128 MiB, no limit, no limit, all members */

/* By magic: CODEC_NONE when it is none of them. lzma-alone has no real magic and is recognised by its properties byte and sizes. */
enum codec codec_of(const void *head, size_t len);
const char *codec_name(enum codec c); /* "gzip", "bzip2", "xz", "lzma", "zstd", "none" */
int codec_by_name(const char *name);  /* also "gz", "bz2", "zst"; of those that can be written; CODEC_UNKNOWN */

/* Decodes what below gives; owns below. */
struct in *in_codec(struct in *below, enum codec c, const struct codec_limits *limits);
/* After the end: bytes behind the last stream (0: none), and how many concatenated members there were. */
uint64_t in_codec_trailing(const struct in *in);
unsigned in_codec_members(const struct in *in);
/* Compressed bytes of the members so far: where the next one (apk has three) or what is trailing begins. */
uint64_t in_codec_consumed(const struct in *in);

int codec_level_default(enum codec c); /* 0 for CODEC_NONE */
/* level 0: the format's default (gzip 9, bzip2 9, xz 6, zstd 3); threads 0: one per processor, at most 8. Owns below (dropped when this fails). */
struct out *out_codec(struct out *below, enum codec c, int level, unsigned threads, struct err *e);
