/* test_policy_lint.c - tests/data/policy/lint.txt: what is put into good.yaml, and which check then speaks, of what; and the policy in words. */
#include "base/fs.h"
#include "base/text.h"
#include "base/when.h"
#include "release/gate/policy.h"
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static char *text_of(const char *name)
{
	AUTO_FREE char *path = mem_printf("%s/policy/%s", TEST_DATA, name);
	struct err e = { 0 };
	char *text;
	size_t len;

	if (fs_read_file(path, 1 << 20, &text, &len, &e))
		fail_msg("%s", e.text);
	return text;
}

static json_t *parse(const char *text)
{
	struct err e = { 0 };
	json_t *policy = NULL;

	if (policy_parse(text, strlen(text), "policy.yaml", &policy, &e))
		fail_msg("%s", e.text);
	return policy;
}

static int64_t now(void)
{
	struct err e = { 0 };
	int64_t at = 0;

	assert_int_equal(when_parse("2026-11-26T12:00:00Z", "UTC", &at, &e), 0);
	return at;
}

/* Does that check speak, with that in its text? */
static bool speaks(const json_t *found, const char *check, const char *of)
{
	size_t i;
	json_t *item;

	json_array_foreach(found, i, item)
		if (strcmp(json_text(item, "check"), check) == 0 && strstr(json_text(item, "text"), of))
			return true;
	return false;
}

/* "old => new => check => text": the check is silent before and speaks after. */
static void table(void **state)
{
	AUTO_FREE char *text = text_of("good.yaml"), *lines = text_of("lint.txt");
	AUTO_JSON *good = parse(text), *before = policy_lint(good, now());
	char *rest = lines, *line;
	size_t asked = 0;

	while ((line = strsep(&rest, "\n"))) {
		char *parts[4], *at;
		AUTO_FREE char *changed = NULL;

		if (!*line || *line == '#')
			continue;
		for (int i = 0; i < 4; i++) {
			char *arrow = strstr(line, " => ");

			parts[i] = line;
			assert_true(arrow || i == 3);
			if (arrow)
				*arrow = '\0';
			line = arrow ? arrow + 4 : NULL;
		}
		at = strstr(text, parts[0]);
		if (!at)
			fail_msg("lint.txt: '%s' does not stand in good.yaml", parts[0]);
		for (char *n; (n = strstr(parts[1], "\\n")); memmove(n + 1, n + 2, strlen(n + 2) + 1))
			*n = '\n';
		changed = mem_printf("%.*s%s%s", (int)(at - text), text, parts[1], at + strlen(parts[0]));
		AUTO_JSON *policy = parse(changed), *after = policy_lint(policy, now());

		if (speaks(before, parts[2], parts[3]))
			fail_msg("%s says '%s' of the good policy already", parts[2], parts[3]);
		if (!speaks(after, parts[2], parts[3])) {
			AUTO_FREE char *said = json_dumps(after, JSON_INDENT(1));

			fail_msg("'%s': %s does not say '%s': %s", parts[1], parts[2], parts[3], said);
		}
		asked++;
	}
	assert_true(asked >= 15);
}

static void in_words(void **state)
{
	static const char *const sentences[] = {
		"This policy changes by the signatures of 1 of its owners (olga)",
		("A change of impact significant needs vendor-signature, test, comparison as evidence and 2 yes of cab "
		 "(carl, olga)."),
		"1 yes of security-officer (olga), who is asked first, then 2 yes of cab",
		"Who builds its packages has no vote on it.",
		"needs a yes of department/finance (fina)",
		"Channel production takes packages for deb12, el9, after they were in pilot for 24h",
		"There are no emergencies",
		"  tls-*: security-officer",
	};
	AUTO_FREE char *text = text_of("good.yaml"), *all = NULL;
	AUTO_JSON *policy = parse(text), *words = policy_words(policy);

	all = json_dumps(words, JSON_INDENT(1));
	for (size_t i = 0; i < COUNT(sentences); i++)
		if (!strstr(all, sentences[i]))
			fail_msg("no '%s' in %s", sentences[i], all);
}

static void key_table(void **state)
{
	size_t len;
	const struct key_kind *kinds = key_kinds(&len);
	AUTO_FREE char *openpgp = fingerprint_of("openpgp:abcdef0123456789abcdef0123456789abcdef01"),
		       *card = fingerprint_of("x509:something"), *nothing = fingerprint_of("ssh:AAAA");

	assert_true(len >= 3 && kinds[0].identity);
	assert_string_equal(openpgp, "ABCDEF0123456789ABCDEF0123456789ABCDEF01");
	assert_null(card); /* has its place, and signs nothing yet */
	assert_null(nothing);
	assert_null(key_kind_of("ssh:AAAA"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(table),
		cmocka_unit_test(in_words),
		cmocka_unit_test(key_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
