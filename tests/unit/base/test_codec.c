/* test_codec.c - every codec: there and back, limits, damage, members, trailing bytes, same bytes whatever the threads and pieces. */
#include "base/codec.h"
#include "base/digest.h"
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const enum codec all[] = { CODEC_GZIP, CODEC_BZIP2, CODEC_XZ, CODEC_LZMA, CODEC_ZSTD };

/* Text-like bytes that pack, the same every time. */
static char *sample(size_t len)
{
	char *bytes = mem_alloc(len + 1);
	uint32_t seed = 1;

	for (size_t i = 0; i < len; i++) {
		seed = seed * 1103515245 + 12345;
		bytes[i] = i % 64 < 40 ? (char)('a' + i % 23) : (char)('a' + (seed >> 16) % 26);
	}
	return bytes;
}

static char *packed(
	enum codec c, const void *bytes, size_t len, size_t piece, int level, unsigned threads, size_t *ret_len)
{
	struct err e = { 0 };
	char *to = NULL;
	struct out *out = out_codec(out_mem(1 << 28, &to, ret_len), c, level, threads, &e);

	assert_non_null(out);
	for (size_t i = 0; i < len; i += piece)
		assert_int_equal(out_write(out, (const char *)bytes + i, len - i < piece ? len - i : piece, &e), 0);
	if (out_close(out, &e))
		fail_msg("%s", e.text);
	return to;
}

/* Unpacks all; *ret_code is the error's code, NULL for none. */
static char *unpacked(enum codec c, const void *bytes, size_t len, const struct codec_limits *limits, size_t *ret_len,
	uint64_t *ret_trailing, unsigned *ret_members, const char **ret_code)
{
	struct err e = { 0 };
	AUTO_IN *in = in_codec(in_mem(bytes, len), c, limits);
	static char room[64 << 20]; /* one for all: 64 MiB anew for each damaged byte is most of the time */
	long got = in_read(in, room, sizeof room, &e);

	*ret_code = got < 0 ? e.code ? e.code : "no code" : NULL;
	*ret_len = got < 0 ? 0 : (size_t)got;
	*ret_trailing = in_codec_trailing(in);
	*ret_members = in_codec_members(in);
	char *to = mem_alloc(*ret_len + 1);
	memcpy(to, room, *ret_len);
	return to;
}

static void there_and_back(void **state)
{
	static const size_t sizes[] = { 0, 1, 1000, 3 << 20 };

	for (size_t i = 0; i < COUNT(all) * COUNT(sizes); i++) {
		enum codec c = all[i / COUNT(sizes)];
		size_t size = sizes[i % COUNT(sizes)], len = 0, back_len = 0;
		AUTO_FREE char *bytes = sample(size), *small = packed(c, bytes, size, 10000, 1, 1, &len), *back = NULL;
		const char *code = NULL;
		uint64_t trailing = 9;
		unsigned members = 0;

		assert_int_equal(codec_of(small, len), c);
		back = unpacked(c, small, len, NULL, &back_len, &trailing, &members, &code);
		assert_null(code);
		assert_int_equal(back_len, size);
		assert_memory_equal(back, bytes, size);
		assert_int_equal(trailing, 0);
		assert_int_equal(members, 1);
	}
}

static void small_reads(void **state)
{
	AUTO_FREE char *bytes = sample(300000);

	for (size_t i = 0; i < COUNT(all); i++) {
		struct err e = { 0 };
		size_t len = 0;
		AUTO_FREE char *small = packed(all[i], bytes, 300000, 777, 1, 1, &len);
		AUTO_IN *in = in_codec(in_mem(small, len), all[i], NULL);
		char buf[777];

		for (size_t at = 0; at < 300000; at += 500) {
			assert_int_equal(in_exact(in, buf, 500, &e), 0);
			assert_memory_equal(buf, bytes + at, 500);
		}
		assert_int_equal(in_some(in, buf, 1, &e), 0);
		assert_int_equal(in_close(in, &e), 0);
		in = NULL;
	}
}

static void same_bytes(void **state)
{
	AUTO_FREE char *bytes = sample(9 << 20);

	for (size_t i = 0; i < COUNT(all); i++) {
		size_t a_len = 0, b_len = 0;
		AUTO_FREE char *a = packed(all[i], bytes, 9 << 20, 9 << 20, 1, 1, &a_len),
			       *b = packed(all[i], bytes, 9 << 20, 12345, 1, 3, &b_len);

		assert_int_equal(a_len, b_len);
		assert_memory_equal(a, b, a_len);
	}
}

/* Damage anywhere is told, except in what carries no meaning (gzip's header, lzma-alone has no check at all). */
static void damage(void **state)
{
	static const enum codec checked[] = { CODEC_BZIP2, CODEC_XZ, CODEC_ZSTD };
	AUTO_FREE char *bytes = sample(2000);

	for (size_t i = 0; i < COUNT(checked); i++) {
		size_t len = 0, back_len;
		AUTO_FREE char *small = packed(checked[i], bytes, 2000, 2000, 0, 1, &len);

		for (size_t at = 0; at < len; at += 7) {
			const char *code = NULL;
			uint64_t trailing;
			unsigned members;

			small[at] ^= 0x15;
			free(unpacked(checked[i], small, len, NULL, &back_len, &trailing, &members, &code));
			small[at] ^= 0x15;
			if (code == NULL && trailing == 0)
				fail_msg("%s: byte %zu", codec_name(checked[i]), at);
		}
	}
}

static void short_ones(void **state)
{
	AUTO_FREE char *bytes = sample(200000);

	for (size_t i = 0; i < COUNT(all); i++) {
		size_t len = 0, back_len;
		AUTO_FREE char *small = packed(all[i], bytes, 200000, 200000, 1, 1, &len);

		for (size_t cut = 0; cut < len; cut += len / 9 + 1) {
			const char *code = NULL;
			uint64_t trailing;
			unsigned members;

			free(unpacked(all[i], small, cut, NULL, &back_len, &trailing, &members, &code));
			assert_non_null(code);
			assert_string_equal(code, "E_TRUNCATED");
		}
	}
}

static void members_and_trailing(void **state)
{
	static const struct {
		enum codec codec;
		const char *between; /* bytes between two members */
		size_t between_len;
		unsigned members;
		uint64_t is_trailing; /* 1: the second member and what is before it count as trailing */
	} table[] = {
		{ CODEC_GZIP, "", 0, 2, 0 },
		{ CODEC_BZIP2, "", 0, 2, 0 },
		{ CODEC_XZ, "", 0, 2, 0 },
		{ CODEC_ZSTD, "", 0, 2, 0 },
		{ CODEC_LZMA, "", 0, 1, 1 },
		{ CODEC_XZ, "\0\0\0\0\0\0\0\0", 8, 2, 0 },
		{ CODEC_XZ, "\0\0\0\0\0", 5, 1, 1 },
		{ CODEC_GZIP, "x", 1, 1, 1 },
		{ CODEC_ZSTD, "\x50\x2a\x4d\x18\x03\0\0\0abc", 11, 3, 0 }, /* a skippable frame */
		{ CODEC_ZSTD, "\0", 1, 1, 1 },
	};

	for (size_t i = 0; i < COUNT(table); i++) {
		size_t a_len = 0, b_len = 0, back_len = 0;
		AUTO_FREE char *a = packed(table[i].codec, "first ", 6, 6, 0, 1, &a_len),
			       *b = packed(table[i].codec, "second", 6, 6, 0, 1, &b_len),
			       *both = mem_alloc(a_len + b_len + 100), *back = NULL;
		const char *code = NULL;
		uint64_t trailing;
		unsigned members;

		memcpy(both, a, a_len);
		memcpy(both + a_len, table[i].between, table[i].between_len);
		memcpy(both + a_len + table[i].between_len, b, b_len);
		back = unpacked(table[i].codec, both, a_len + table[i].between_len + b_len, NULL, &back_len, &trailing,
			&members, &code);
		assert_null(code);
		assert_int_equal(members, table[i].members);
		assert_int_equal(trailing, table[i].is_trailing ? table[i].between_len + b_len : 0);
		assert_int_equal(back_len, table[i].is_trailing ? 6 : 12);
		assert_memory_equal(back, "first second", back_len);
	}
}

static void one_member_only(void **state)
{
	struct err e = { 0 };
	size_t a_len = 0;
	AUTO_FREE char *a = packed(CODEC_GZIP, "first", 5, 5, 0, 1, &a_len), *both = mem_alloc(2 * a_len);
	AUTO_IN *in = NULL;
	char buf[100];

	memcpy(both, a, a_len);
	memcpy(both + a_len, a, a_len);
	in = in_codec(in_mem(both, 2 * a_len), CODEC_GZIP, &(struct codec_limits){ .is_single = true });
	assert_int_equal(in_read(in, buf, sizeof buf, &e), 5);
	assert_int_equal(in_codec_consumed(in), a_len);
	assert_int_equal(in_codec_trailing(in), 0);
}

static void limits(void **state)
{
	AUTO_FREE char *zeros = mem_alloc(30 << 20);
	static const struct {
		enum codec codec;
		struct codec_limits limits;
		const char *code;
	} table[] = {
		{ CODEC_GZIP, { .ratio = 100 }, "E_LIMIT_RATIO" },
		{ CODEC_ZSTD, { .ratio = 1000 }, "E_LIMIT_RATIO" },
		{ CODEC_XZ, { .ratio = 1000 }, "E_LIMIT_RATIO" },
		{ CODEC_GZIP, { .ratio = 2000 }, NULL },
		{ CODEC_BZIP2, { .output = 1 << 20 }, "E_LIMIT_SIZE" },
		{ CODEC_XZ, { .output = 30 << 20 }, NULL },
		{ CODEC_XZ, { .memory = 4 << 20 }, "E_LIMIT_MEMORY" },
		{ CODEC_LZMA, { .memory = 4 << 20 }, "E_LIMIT_MEMORY" },
		{ CODEC_ZSTD, { .memory = 1 << 20 }, "E_LIMIT_MEMORY" },
		{ CODEC_ZSTD, { .memory = 8 << 20 }, NULL },
	};

	for (size_t i = 0; i < COUNT(table); i++) {
		size_t len = 0, back_len;
		AUTO_FREE char *small = packed(
			table[i].codec, zeros, 30 << 20, 1 << 20, table[i].codec == CODEC_ZSTD ? 18 : 6, 2, &len);
		const char *code = NULL;
		uint64_t trailing;
		unsigned members;

		free(unpacked(table[i].codec, small, len, &table[i].limits, &back_len, &trailing, &members, &code));
		if (table[i].code == NULL)
			assert_null(code);
		else
			assert_string_equal(code ? code : "none", table[i].code);
	}
}

static void names(void **state)
{
	struct err e = { 0 };
	AUTO_FREE char *to = NULL;
	size_t len;

	for (size_t i = 0; i < COUNT(all); i++)
		assert_int_equal(codec_by_name(codec_name(all[i])), all[i]);
	assert_int_equal(codec_by_name("zst"), CODEC_ZSTD);
	assert_int_equal(codec_by_name("none"), CODEC_NONE);
	assert_int_equal(codec_by_name("rar"), CODEC_UNKNOWN);
	assert_int_equal(codec_of("plain text, more than 16", 24), CODEC_NONE);
	assert_int_equal(codec_of("", 0), CODEC_NONE);
	assert_null(out_codec(out_mem(10, &to, &len), CODEC_GZIP, 10, 1, &e));
	assert_int_equal(e.class, ERR_USAGE);
}

static void errors_come_up(void **state)
{
	/* the stream below fails: the codec tells that, not something of its own */
	for (size_t i = 0; i < COUNT(all); i++) {
		struct err e = { 0 };
		AUTO_IN *in = in_codec(in_fd(-1), all[i], NULL);
		AUTO_FREE char *to = NULL, *bytes = sample(1 << 20);
		size_t len = 0;
		char buf[10];
		struct out *out;

		assert_int_equal(in_read(in, buf, 10, &e), -1);
		assert_int_equal(e.class, ERR_ENV);
		out = out_codec(out_mem(5, &to, &len), all[i], 1, 1, &e);
		assert_int_equal(out_write(out, bytes, 1 << 20, &e) | out_close(out, &e), -1);
		assert_string_equal(e.code, "E_LIMIT_MEMORY");
		assert_null(to);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(there_and_back),
		cmocka_unit_test(small_reads),
		cmocka_unit_test(same_bytes),
		cmocka_unit_test(damage),
		cmocka_unit_test(short_ones),
		cmocka_unit_test(members_and_trailing),
		cmocka_unit_test(one_member_only),
		cmocka_unit_test(limits),
		cmocka_unit_test(names),
		cmocka_unit_test(errors_come_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
