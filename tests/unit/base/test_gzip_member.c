/* test_gzip_member.c - one member after another with one state: exactly one, of exactly that size, or refused. */
#include "base/codec.h"
#include "base/gzip_member.h"
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static char *packed(const char *text, size_t *ret_len)
{
	struct err e = { 0 };
	char *bytes = NULL;
	struct out *out = out_codec(out_mem(KIB(64), &bytes, ret_len), CODEC_GZIP, 6, 1, &e);

	assert_non_null(out);
	assert_int_equal(out_str(out, text, &e), 0);
	assert_int_equal(out_close(out, &e), 0);
	return bytes;
}

static void one_after_another(void **state)
{
	static const char *const texts[] = { "first", "", "second, which is longer than the first one was", "x" };
	struct gzip_members m = { 0 };
	struct err e = { 0 };

	for (size_t i = 0; i < COUNT(texts); i++) {
		size_t len, want = strlen(texts[i]);
		AUTO_FREE char *bytes = packed(texts[i], &len), *text = mem_alloc(want + 1);

		assert_int_equal(gzip_member_read(&m, bytes, len, text, want, &e), 0);
		assert_string_equal(text, texts[i]);
	}
	gzip_members_done(&m);
	gzip_members_done(&m);
}

static void refused(struct gzip_members *m, const char *bytes, size_t len, size_t want)
{
	AUTO_FREE char *text = mem_alloc(want + 1);
	struct err e = { 0 };

	assert_int_equal(gzip_member_read(m, bytes, len, text, want, &e), -1);
	assert_string_equal(e.code, "E_CORRUPT");
}

static void what_is_not_exactly_one(void **state)
{
	size_t len, want = strlen("hello, hello, hello");
	AUTO_FREE char *bytes = packed("hello, hello, hello", &len), *twice = mem_alloc(2 * len),
		       *text = mem_alloc(want + 1);
	struct gzip_members m = { 0 };
	struct err e = { 0 };

	memcpy(twice, bytes, len);
	memcpy(twice + len, bytes, len);
	refused(&m, bytes, len, want - 1);
	refused(&m, bytes, len, want + 1);
	refused(&m, bytes, len - 1, want);
	refused(&m, bytes, 0, want);
	refused(&m, twice, len + 1, want);
	refused(&m, twice, 2 * len, 2 * want);
	twice[len - 5] ^= 1; /* its checksum */
	refused(&m, twice, len, want);
	assert_int_equal(gzip_member_read(&m, bytes, len, text, want, &e), 0); /* after all that */
	assert_string_equal(text, "hello, hello, hello");
	gzip_members_done(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_after_another),
		cmocka_unit_test(what_is_not_exactly_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
