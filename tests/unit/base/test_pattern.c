/* test_pattern.c - which regular expressions are too dear to be compiled. */
#include "base/pattern.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void taken(void **state)
{
	static const char *const fine[] = { "", "^a+b*c?$", "(ab)+", "[0-9]{1,3}\\.[0-9]{1,3}", "a{100}", "x(y+z)+w",
		"\\+\\+\\+\\+", "error|fail(ed|ure)?", "^([0-9]+(\\.[0-9]+)*)$", "a{" };

	for (size_t i = 0; i < sizeof fine / sizeof *fine; i++)
		assert_null(pattern_too_dear(fine[i]));
}

static void refused(void **state)
{
	static const char *const dear[][2] = { { "(a)\\1", "back-references" }, { "a{101}", "100 times" },
		{ "a{1,5000}", "100 times" }, { "a{2}b{2}c{2}", "more than two" },
		{ "a+++++++++++++++++++++++++", "too often" },
		{ "((((((((((((((((((a+)+)+)+)+)+)+)+)+)+)+)+)+)+)+)+)+)+)+", "too often" },
		{ "(abcdefghijklmnopqrstuvwxyz){100}{100}", "too often" } };

	for (size_t i = 0; i < sizeof dear / sizeof *dear; i++) {
		const char *why = pattern_too_dear(dear[i][0]);

		assert_non_null(why);
		assert_non_null(strstr(why, dear[i][1]));
	}
}

/* More than are kept, twice; one that cannot be compiled matches nothing. */
static void our_own(void **state)
{
	for (int round = 0; round < 2; round++)
		for (int i = 0; i < 100; i++) {
			char pattern[32], text[32];

			snprintf(pattern, sizeof pattern, "^x{1,3}%d$", i);
			snprintf(text, sizeof text, "xx%d", i);
			assert_true(pattern_matches(pattern, text));
			assert_false(pattern_matches(pattern, text + 2));
		}
	assert_true(pattern_matches(NULL, "anything"));
	assert_false(pattern_matches("(", "("));
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(taken), cmocka_unit_test(refused),
		cmocka_unit_test(our_own) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
