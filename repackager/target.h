/* target.h - what `--to` and channels name: a target of the house, or a format by itself. */
#pragma once
#include "formats/writer.h"
#include "repackager/recipe.h"

struct target {
	const char *name, *suffix; /* suffix: behind the release, "" */
	const struct writer *writer;
	enum codec codec;
	int level; /* 0: the codec's default */
};
/* Strings are in the arena. An unknown target is ERR_USAGE and names those that are known. */
int target_resolve(const char *name, const struct document *house, struct arena *a, struct target *ret, struct err *e)
	MUST;
/* "xz", "zstd:3"; -1: none of ours. */
int codec_parse(const char *text, enum codec *ret_codec, int *ret_level);
