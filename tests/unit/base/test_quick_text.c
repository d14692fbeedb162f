/* test_quick_text.c - there and back, one behind another; of another size or damaged is refused, never read beyond. */
#include "base/quick_text.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void there_and_back(void **state)
{
	static const char *const texts[] = { "first", "", "hello, hello, hello, hello, hello, hello, hello", "x" };
	struct text packed = { 0 };
	size_t at = 0;
	struct err e = { 0 };

	for (size_t i = 0; i < COUNT(texts); i++) {
		size_t want = strlen(texts[i]);
		AUTO_FREE char *text = mem_alloc(want + 1);

		assert_int_equal(quick_text_pack(&packed, texts[i], want, &e), 0);
		assert_int_equal(quick_text_unpack(packed.at + at, packed.len - at, text, want, &e), 0);
		text[want] = '\0';
		assert_string_equal(text, texts[i]);
		at = packed.len;
	}
	text_done(&packed);
}

static void refused(const char *bytes, size_t len, size_t want)
{
	AUTO_FREE char *exact = mem_alloc(len + 1), *text = mem_alloc(want + 1);
	struct err e = { 0 };

	memcpy(exact, bytes, len);
	assert_int_equal(quick_text_unpack(exact, len, text, want, &e), -1);
	assert_string_equal(e.code, "E_CORRUPT");
}

static void what_is_of_another_size(void **state)
{
	struct text packed = { 0 };
	struct err e = { 0 };
	char text[1000];

	for (size_t i = 0; i < sizeof text; i++)
		text[i] = (char)('a' + i % 7);
	assert_int_equal(quick_text_pack(&packed, text, sizeof text, &e), 0);
	assert_true(packed.len < sizeof text / 4);
	refused(packed.at, packed.len, sizeof text - 1);
	refused(packed.at, packed.len, sizeof text + 1);
	refused(packed.at, packed.len - 1, sizeof text);
	refused(packed.at, 0, sizeof text);
	refused(packed.at, packed.len, (size_t)QUICK_TEXT_MAX + 1);
	assert_int_equal(quick_text_pack(&packed, text, (size_t)QUICK_TEXT_MAX + 1, &e), -1);
	assert_string_equal(e.code, "E_LIMIT_SIZE");
	text_done(&packed);
}

/* The check value of CRC-32 (ISO 3309). */
static void the_sum_goes_on(void **state)
{
	assert_int_equal(quick_text_sum(0, "123456789", 9), 0xcbf43926);
	assert_int_equal(quick_text_sum(quick_text_sum(0, "1234", 4), "56789", 5), 0xcbf43926);
	assert_int_equal(quick_text_sum(0, "", 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(there_and_back),
		cmocka_unit_test(what_is_of_another_size),
		cmocka_unit_test(the_sum_goes_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
