/* test_shell_words.c - the words of scripts: tests/data/inspect/shell.txt, and bounds. */
#include "base/fs.h"
#include "base/text.h"
#include "inspect/shell_words.h"
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* "LINE[ in N]: TEXT" for each command that has words. */
static char *commands_of(const char *bytes, size_t len)
{
	struct shell_words s = { 0 };
	struct text t = { 0 };

	shell_words_read(&s, bytes, len);
	for (size_t i = 0; i < s.commands.len; i++) {
		const struct shell_command *c = &s.commands.at[i];
		AUTO_FREE char *text = shell_text(&s, c);

		if (c->len == 0 && c->redirects_len == 0)
			continue;
		text_add(&t, "%u", c->line);
		if (c->inside >= 0)
			text_add(&t, " %s %s", c->is_text ? "run by" : "in",
				shell_program(&s.commands.at[c->inside], &(size_t){ 0 }));
		text_add(&t, ": %s\n", text);
	}
	shell_words_done(&s);
	return text_take(&t);
}

/* Cases are parted by lines "----"; the script and what is wanted by "====". */
static void every_script(void **state)
{
	AUTO_FREE char *text = NULL;
	struct err e = { 0 };
	size_t len = 0;
	unsigned cases = 0, wrong = 0;

	assert_int_equal(fs_read_file(TEST_DATA "/inspect/shell.txt", MIB(1), &text, &len, &e), 0);
	for (char *at = text, *next; at && *at; at = next) {
		char *wanted = strstr(at, "====\n");

		next = strstr(at, "----\n");
		assert_non_null(wanted);
		if (next) {
			*next = 0;
			next += 5;
		}
		*wanted = 0;
		wanted += 5;
		AUTO_FREE char *got = commands_of(at, strlen(at));

		if (strcmp(got, wanted) != 0) {
			wrong++;
			fprintf(stderr, "script:\n%swant:\n%sgot:\n%s", at, wanted, got);
		}
		cases++;
	}
	assert_true(cases >= 10);
	assert_int_equal(wrong, 0);
}

/* Whatever is opened and never closed ends at the bounds. */
static void hostile(void **state)
{
	static const char *const pieces[] = { "$(", "`", "${", "a|", "(", "\"$(", "<<E\n", "eval '", "sh -c \"",
		"$'\\x", "\\", "a;", "A=b ", "<(" };

	for (size_t i = 0; i < COUNT(pieces); i++) {
		struct text t = { 0 };
		struct shell_words s = { 0 };

		while (t.len < 200000)
			text_add(&t, "%s", pieces[i]);
		shell_words_read(&s, t.at, t.len);
		assert_true(s.commands.len <= SHELL_COMMANDS_MAX);
		for (size_t k = 0; k < s.commands.len; k++) {
			assert_true(s.commands.at[k].from < (int)k);
			assert_true(s.commands.at[k].inside < (int)k);
		}
		shell_words_done(&s);
		text_done(&t);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_script),
		cmocka_unit_test(hostile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
