/* test_codec_read.c - codecs that are only read, against the tools that write them: lz4, compress, lzop, lzip. */
#include "base/codec.h"
#include "base/fs.h"
#include "base/proc.h"
#include <setjmp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { MOST = 2 << 20 };

/* How one tool writes from its standard input to its standard output. */
static const struct way {
	enum codec codec;
	const char *argv[8];
} ways[] = {
	{ CODEC_LZ4, { "lz4", "-q", "-c", "-1" } },
	{ CODEC_LZ4, { "lz4", "-q", "-c", "-9", "-B4", "-BD" } },
	{ CODEC_LZ4, { "lz4", "-q", "-c", "-B7", "-BX", "--no-frame-crc", "--content-size" } },
	{ CODEC_COMPRESS, { "compress", "-c", "-f" } },
	{ CODEC_COMPRESS, { "compress", "-c", "-f", "-b", "10" } },
	{ CODEC_COMPRESS, { "compress", "-c", "-f", "-b", "12" } },
	{ CODEC_COMPRESS, { "compress", "-c", "-f", "-b", "15" } },
	{ CODEC_LZOP, { "lzop", "-q", "-c", "-1" } },
	{ CODEC_LZOP, { "lzop", "-q", "-c", "-3", "--crc32" } },
	{ CODEC_LZOP, { "lzop", "-q", "-c", "-9", "-C" } },
	{ CODEC_LZOP, { "lzop", "-q", "-c", "-1", "-F" } },
	{ CODEC_LZIP, { "lzip", "-q", "-c", "-1" } },
};

static const struct {
	const char *name;
	size_t len;
} samples[] = { { "text", 0 }, { "text", 1 }, { "text", 100 }, { "text", 300000 }, { "text", MOST }, { "noise", 70000 },
	{ "mixed", MOST }, { "runs", MOST } };

static char *sample(const char *name, size_t len)
{
	char *bytes = mem_alloc(len + 1);
	uint32_t seed = 7;
	bool all_noise = strcmp(name, "noise") == 0, mixed = strcmp(name, "mixed") == 0,
	     runs = strcmp(name, "runs") == 0;

	for (size_t i = 0; i < len; i++) {
		seed = seed * 1103515245 + 12345;
		bool noise = all_noise || (mixed && i >> 17 & 1);

		bytes[i] = noise ? (char)(seed >> 16)
			: runs   ? (char)(i >> 13 & 0x7f)
				 : (char)("abcdefghijklmnopqrstuvwxyz"[(seed >> 20) % (2 + i / 100000 % 24)]);
	}
	return bytes;
}

static char *packed(const struct way *w, const char *bytes, size_t len, size_t *ret_len)
{
	struct err e = { 0 };
	AUTO_FD int in = fs_temp_file(&e), out = fs_temp_file(&e);
	struct proc p = { .argv = w->argv, .stdin_fd = in, .stdout_fd = out };
	struct proc_result r = { 0 };
	char *result = NULL;

	assert_true(in >= 0 && out >= 0);
	assert_int_equal(fd_write(in, bytes, len, &e), 0);
	assert_int_equal(lseek(in, 0, SEEK_SET), 0);
	if (proc_run(&p, &r, &e))
		fail_msg("%s", e.text);
	if (r.exit != 0 && w->codec != CODEC_COMPRESS) /* compress says 2 when it grew */
		fail_msg("%s: exit %d: %s", w->argv[0], r.exit, r.errors);
	proc_result_done(&r);
	assert_int_equal(lseek(out, 0, SEEK_SET), 0);
	if (fs_read_fd(out, 2 * MOST, &result, ret_len, &e))
		fail_msg("%s", e.text);
	return result;
}

/* Unpacks in pieces of the given size; the error's code, or NULL. */
static const char *unpacked(
	enum codec c, const char *bytes, size_t len, size_t piece, char *to, size_t *ret_len, uint64_t *ret_trailing)
{
	struct err e = { 0 };
	AUTO_IN *in = in_codec(in_mem(bytes, len), c, NULL);
	size_t at = 0;
	long got;

	while ((got = in_some(in, to + at, at + piece > MOST + 1 ? MOST + 1 - at : piece, &e)) > 0)
		at += (size_t)got;
	*ret_len = at;
	*ret_trailing = in_codec_trailing(in);
	return got < 0 ? e.code ? e.code : "no code" : NULL;
}

static void what_tools_write(void **state)
{
	AUTO_FREE char *back = mem_alloc(MOST + 1);

	for (size_t i = 0; i < COUNT(ways) * COUNT(samples); i++) {
		const struct way *w = &ways[i / COUNT(samples)];
		size_t want = samples[i % COUNT(samples)].len, len = 0, back_len = 0;
		AUTO_FREE char *bytes = sample(samples[i % COUNT(samples)].name, want),
			       *small = packed(w, bytes, want, &len);
		uint64_t trailing = 0;

		assert_int_equal(codec_of(small, len), w->codec);
		for (size_t piece = 777; piece < MOST; piece *= 1000) {
			const char *code = unpacked(w->codec, small, len, piece, back, &back_len, &trailing);

			if (code || back_len != want || memcmp(back, bytes, want) != 0)
				fail_msg("%s %s, %zu bytes: %s, %zu came", w->argv[0], w->argv[3] ? w->argv[3] : "",
					want, code ? code : "no error", back_len);
			assert_int_equal(trailing, 0);
		}
	}
}

/* compress has no end mark: there only a cut in the middle of a code can be seen. */
static void short_and_long_ones(void **state)
{
	AUTO_FREE char *bytes = sample("text", 300000), *back = mem_alloc(MOST + 1);

	for (size_t i = 0; i < COUNT(ways); i++) {
		size_t len = 0, back_len = 0;
		AUTO_FREE char *small = packed(&ways[i], bytes, 300000, &len), *more = mem_alloc(2 * len + 1);
		uint64_t trailing = 0;

		for (size_t cut = 0; cut < len && ways[i].codec != CODEC_COMPRESS; cut += len / 23 + 1)
			assert_string_equal(
				unpacked(ways[i].codec, small, cut, 9999, back, &back_len, &trailing), "E_TRUNCATED");
		memcpy(more, small, len);
		memcpy(more + len, small, len);
		if (ways[i].codec != CODEC_COMPRESS) { /* a second member */
			assert_null(unpacked(ways[i].codec, more, 2 * len, 9999, back, &back_len, &trailing));
			assert_int_equal(back_len, 600000);
			more[len] = 'x';
			assert_null(unpacked(ways[i].codec, more, len + 1, 9999, back, &back_len, &trailing));
			assert_int_equal(trailing, 1);
			assert_int_equal(back_len, 300000);
		}
	}
}

/* Told, or without effect: a copy from another place may bring the same bytes. */
static void damage(void **state)
{
	static const struct way checked[] = { { CODEC_LZ4, { "lz4", "-q", "-c", "-1" } },
		{ CODEC_LZOP, { "lzop", "-q", "-c", "-1" } } };
	AUTO_FREE char *bytes = sample("text", 20000), *back = mem_alloc(MOST + 1);

	for (size_t i = 0; i < COUNT(checked); i++) {
		size_t len = 0, back_len = 0;
		AUTO_FREE char *small = packed(&checked[i], bytes, 20000, &len);
		uint64_t trailing = 0;

		for (size_t at = 0; at < len; at++) {
			const char *code;

			small[at] ^= 0x41;
			code = unpacked(checked[i].codec, small, len, 9999, back, &back_len, &trailing);
			small[at] ^= 0x41;
			if (code == NULL && trailing == 0 && (back_len != 20000 || memcmp(back, bytes, 20000) != 0))
				fail_msg("%s: byte %zu of %zu", checked[i].argv[0], at, len);
		}
	}
}

static void hostile(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
		enum codec codec;
		const char *code;
	} table[] = {
		{ "\x1f\x9d\x90\x01\x03", 5, CODEC_COMPRESS, "E_CORRUPT" },     /* first code over 255 */
		{ "\x1f\x9d\x90\x41\x08\x02", 6, CODEC_COMPRESS, "E_CORRUPT" }, /* code 260 when 257 is next */
		{ "\x1f\x9d\x91", 3, CODEC_COMPRESS, "E_CORRUPT" },             /* codes of 17 bits */
		{ "\x1f\x9d", 2, CODEC_COMPRESS, "E_TRUNCATED" },
		{ "\x1f\x9d\x90\x41", 4, CODEC_COMPRESS, "E_TRUNCATED" },
		{ "\x04\x22\x4d\x18\x65\x40\x01\x02\x03\x04\x05", 11, CODEC_LZ4, "E_UNSUPPORTED" },
		{ "\x89LZO\0\r\n\x1a\n\x10\x40", 11, CODEC_LZOP, "E_TRUNCATED" },
	};
	AUTO_FREE char *back = mem_alloc(MOST + 1);

	for (size_t i = 0; i < COUNT(table); i++) {
		size_t len = 0;
		uint64_t trailing = 0;
		const char *code = unpacked(table[i].codec, table[i].bytes, table[i].len, 100, back, &len, &trailing);

		if (code == NULL || strcmp(code, table[i].code) != 0)
			fail_msg("row %zu: %s, not %s", i, code ? code : "no error", table[i].code);
	}
}

static void never_written(void **state)
{
	static const enum codec read_only[] = { CODEC_LZIP, CODEC_LZ4, CODEC_COMPRESS, CODEC_LZOP };

	for (size_t i = 0; i < COUNT(read_only); i++) {
		struct err e = { 0 };

		assert_int_equal(codec_by_name(codec_name(read_only[i])), CODEC_UNKNOWN);
		assert_null(out_codec(out_null(), read_only[i], 0, 1, &e));
		assert_int_equal(e.class, ERR_USAGE);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(what_tools_write), cmocka_unit_test(short_and_long_ones),
		cmocka_unit_test(damage), cmocka_unit_test(hostile), cmocka_unit_test(never_written) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
