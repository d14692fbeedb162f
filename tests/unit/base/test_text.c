/* test_text.c - printable text, quoting, patterns, paths. */
#include "base/arena.h"
#include "base/text.h"
#include <setjmp.h>
#include <string.h>

#include <cmocka.h>

static void printable(void **state)
{
	static const struct {
		const char *in, *out;
		bool keep_lines;
	} table[] = {
		{ "plain \xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", "plain \xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80" },
		{ "a\tb\nc", "a\tb\nc", true }, { "a\tb\nc\r", "a\\x09b\\x0ac\\x0d" },
		{ "\x1b]0;t\x07\x7f", "\\x1b]0;t\\x07\\x7f", true }, { "\xc0\xaf", "\\xc0\\xaf" }, /* overlong */
		{ "\xed\xa0\x80", "\\xed\\xa0\\x80" },                                             /* surrogate */
		{ "\xf5\x80\x80\x80", "\\xf5\\x80\\x80\\x80" },                                    /* too high */
		{ "\xe2\x82", "\\xe2\\x82" },                                                      /* cut off */
		{ "x\xe2\x80\xaey", "x\\u{202E}y" }, /* right-to-left override */
		{ "\xc2\x9b", "\\u{009B}" },         /* C1: CSI */
	};

	for (size_t i = 0; i < COUNT(table); i++) {
		AUTO_FREE char *out = text_printable(table[i].in, strlen(table[i].in), table[i].keep_lines);
		AUTO_FREE char *again = text_printable(out, strlen(out), table[i].keep_lines);

		assert_string_equal(out, table[i].out);
		assert_string_equal(again, out);
	}
}

static void quoting(void **state)
{
	AUTO_FREE char *html = text_html("<a href=\"x\">'&'</a>"), *word = text_shell_quote("it's; $(x)");

	assert_string_equal(html, "&lt;a href=&quot;x&quot;&gt;&#39;&amp;&#39;&lt;/a&gt;");
	assert_string_equal(word, "'it'\\''s; $(x)'");
	assert_true(text_starts("abc", "ab") && !text_starts("a", "ab"));
	assert_true(text_ends("abc", "bc") && !text_ends("c", "bc"));
}

static void glob(void **state)
{
	static const struct {
		const char *pattern, *path;
		bool match;
	} table[] = {
		{ "/opt/a", "/opt/a", true },
		{ "/opt/a", "/opt/ab", false },
		{ "/opt/*", "/opt/ab", true },
		{ "/opt/*", "/opt/a/b", false },
		{ "/opt/**", "/opt/a/b", true },
		{ "/opt/**", "/opt", false },
		{ "/opt/**/x", "/opt/x", true },
		{ "/opt/**/x", "/opt/a/b/x", true },
		{ "/opt/**/x", "/opt/a/bx", false },
		{ "**/*.so", "/usr/lib/a.so", true },
		{ "**.so", "/usr/lib/a.so", true },
		{ "**/*.so.*", "/usr/lib/a.so", false },
		{ "/a?c", "/abc", true },
		{ "/a?c", "/a/c", false },
		{ "/[a-c]x", "/bx", true },
		{ "/[!a-c]x", "/bx", false },
		{ "/[]x]", "/]", true },
		{ "/[ab", "/[ab", true },
		{ "/a[/]b", "/a/b", false },
		{ "/\\*", "/*", true },
		{ "/\\*", "/a", false },
		{ "/*a*/b*", "/xay/bz", true },
		{ "/*a*/b*", "/xy/abz", false },
		{ "/**/doc/**/*.gz", "/usr/share/doc/a/b/c.gz", true },
		{ "/**/doc/**/*.gz", "/usr/doc/share/x.txt", false },
		{ "/**/a/*c", "/a/b/a/xc", true },
		{ "", "", true },
		{ "*", "", true },
		{ "", "x", false },
		/* would take for ever in a matcher that tries every way */
		{ "/**a**a**a**a**a**a**a**a**a**b", "/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
			false },
		{ "/*a*a*a*a*a*a*a*a*a*b", "/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false },
	};

	for (size_t i = 0; i < COUNT(table); i++)
		if (text_glob(table[i].pattern, table[i].path) != table[i].match)
			fail_msg("%s against %s", table[i].pattern, table[i].path);
}

static void paths(void **state)
{
	static const struct {
		const char *in, *out;
	} table[] = {
		{ "./usr/bin/", "/usr/bin" },
		{ "/usr//bin/./x", "/usr/bin/x" },
		{ "usr", "/usr" },
		{ ".", "/" },
		{ "", "/" },
		{ "./", "/" },
		{ "a/../b", NULL },
		{ "..", NULL },
		{ "..a/b..", "/..a/b.." },
	};
	AUTO(arena) a;

	arena_init(&a, 0);
	for (size_t i = 0; i < COUNT(table); i++) {
		char *path = text_path(&a, table[i].in, strlen(table[i].in));

		if (table[i].out)
			assert_string_equal(path, table[i].out);
		else
			assert_null(path);
	}
}

static void growing(void **state)
{
	struct text t = { 0 };
	AUTO_FREE char *all = NULL, *none = NULL;

	for (int i = 0; i < 1000; i++)
		text_add(&t, "%d,", i % 10);
	assert_int_equal(t.len, 2000);
	all = text_take(&t);
	assert_int_equal(strlen(all), 2000);
	none = text_take(&t);
	assert_string_equal(none, "");
	text_bytes(&t, "x", 1);
	text_done(&t);
	assert_null(t.at);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(printable),
		cmocka_unit_test(quoting),
		cmocka_unit_test(glob),
		cmocka_unit_test(paths),
		cmocka_unit_test(growing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
