/* test_replies.c - an installer's questions and their answers. */
#include "sandbox/replies.h"
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct replies parsed(const char *text)
{
	struct replies r = { 0 };
	struct err e = { 0 };

	if (replies_parse(text, strlen(text), "answers.txt", &r, &e))
		fail_msg("%s", e.text);
	return r;
}

static void patterns_then_lines(void **state)
{
	struct replies r = parsed("# comment\n\naccept.*licen[cs]e => yes\n 8443 \nPress Enter =>\nsecond\n");

	(void)state;
	assert_int_equal(r.len, 4);
	assert_string_equal(replies_to(&r, "Do you accept the license? "), "yes\r");
	assert_string_equal(replies_to(&r, "Port: "), "8443\r");
	assert_string_equal(replies_to(&r, "Press Enter"), "\r");
	assert_string_equal(replies_to(&r, "accept that licence, too?"), "yes\r");
	assert_string_equal(replies_to(&r, "Name: "), "second\r");
	assert_null(replies_to(&r, "More: "));
	replies_done(&r);
}

/* One that asks the same for ever comes to an end. */
static void bounded(void **state)
{
	struct replies r = parsed(". => no\n");
	unsigned given = 0;

	(void)state;
	while (replies_to(&r, "again? "))
		given++;
	assert_int_equal(given, 200);
	replies_done(&r);
}

static void broken(void **state)
{
	static const struct {
		const char *text;
		size_t len;
		const char *place;
	} cases[] = { { "a\n( => b\n", 9, "answers.txt:2: " }, { "=> b\n", 5, "answers.txt:1: " },
		{ "a\0b\n", 4, "answers.txt: " } };

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct replies r = { 0 };
		struct err e = { 0 };

		assert_int_equal(replies_parse(cases[i].text, cases[i].len, "answers.txt", &r, &e), -1);
		assert_int_equal(e.class, ERR_USAGE);
		assert_memory_equal(e.text, cases[i].place, strlen(cases[i].place));
		assert_int_equal(r.len, 0);
	}
}

static void plain_text(void **state)
{
	static const struct {
		const char *bytes, *plain;
	} cases[] = {
		{ "\033[1;31mPort\033[0m: ", "Port: " },
		{ "a\r\nb\r\n", "a\nb\n" },
		{ "\033]0;title\aName: ", "Name: " },
		{ "\033]0;title\033\\Name: ", "Name: " },
		{ "ab\bc", "ac" },
		{ "\bx", "x" },
		{ "cut \033[1", "cut " },
		{ "cut \033", "cut " },
		{ "bad \xff", "bad \\xff" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		AUTO_FREE char *plain = replies_plain(cases[i].bytes, strlen(cases[i].bytes));

		assert_string_equal(plain, cases[i].plain);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(patterns_then_lines),
		cmocka_unit_test(bounded),
		cmocka_unit_test(broken),
		cmocka_unit_test(plain_text),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
