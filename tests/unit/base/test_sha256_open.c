/* test_sha256_open.c - however it is cut, and whoever goes on with it: the digest of the whole. */
#include "base/digest.h"
#include "base/sha256_open.h"
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { LEN = 300 };

static void fill(unsigned char *bytes)
{
	for (size_t i = 0; i < LEN; i++)
		bytes[i] = (unsigned char)(i * 7 + i / 64);
}

static void must_be_whole(const struct sha256_open *o, const unsigned char *bytes, size_t len)
{
	unsigned char raw[32];
	char hex[SHA256_HEX], whole[SHA256_HEX];

	sha256_open_end(o, raw);
	hex_of(raw, sizeof raw, hex);
	sha256_hex(bytes, len, whole);
	assert_string_equal(hex, whole);
}

static void wherever_it_is_cut(void **state)
{
	unsigned char bytes[LEN];

	fill(bytes);
	for (size_t cut = 0; cut <= LEN; cut++) {
		struct sha256_open first, other;

		sha256_open_init(&first);
		sha256_open_add(&first, bytes, cut);
		must_be_whole(&first, bytes, cut);
		other = first;
		sha256_open_add(&other, bytes + cut, LEN - cut);
		must_be_whole(&other, bytes, LEN);
		must_be_whole(&first, bytes, cut); /* ending it changed nothing */
	}
}

static void byte_by_byte(void **state)
{
	unsigned char bytes[LEN];
	struct sha256_open o;

	fill(bytes);
	sha256_open_init(&o);
	for (size_t i = 0; i < LEN; i++)
		sha256_open_add(&o, bytes + i, 1);
	sha256_open_add(&o, "", 0);
	assert_int_equal(o.count, LEN);
	must_be_whole(&o, bytes, LEN);
}

/* More than 2^29 bytes: the count of bits has two words. */
static void a_long_message(void **state)
{
	enum { BLOCKS = 600 };
	static unsigned char bytes[1 << 20];
	struct digest whole;
	struct sha256_open o;
	unsigned char raw[32], other[DIGEST_MAX];

	digest_init(&whole, DIGEST_SHA256);
	sha256_open_init(&o);
	for (size_t i = 0; i < BLOCKS; i++) {
		digest_add(&whole, bytes, sizeof bytes);
		sha256_open_add(&o, bytes, sizeof bytes);
	}
	sha256_open_end(&o, raw);
	assert_int_equal(digest_end(&whole, other), 32);
	assert_memory_equal(raw, other, 32);
	digest_done(&whole);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wherever_it_is_cut),
		cmocka_unit_test(byte_by_byte),
		cmocka_unit_test(a_long_message),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
