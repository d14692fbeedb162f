/* test_policy.c - the policy's schema against tests/data/policy (bad.txt: one mistake a line), and what a policy answers. */
#include "base/fs.h"
#include "base/text.h"
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

static json_t *good(void)
{
	AUTO_FREE char *text = text_of("good.yaml");
	struct err e = { 0 };
	json_t *policy = NULL;

	if (policy_parse(text, strlen(text), "good.yaml", &policy, &e))
		fail_msg("%s", e.text);
	return policy;
}

/* Cuts "a => b => c" in place. */
static bool cut(char *line, char *parts[3])
{
	for (int i = 0; i < 3; i++) {
		char *arrow = strstr(line, " => ");

		parts[i] = line;
		if (i == 2)
			return true;
		if (!arrow)
			return false;
		*arrow = '\0';
		line = arrow + 4;
	}
	return false;
}

static void mistakes(void **state)
{
	AUTO_FREE char *text = text_of("good.yaml"), *table = text_of("bad.txt");
	char *rest = table, *line;
	size_t asked = 0;

	while ((line = strsep(&rest, "\n"))) {
		char none[] = "", *parts[3] = { none, none, none };
		AUTO_FREE char *bad = NULL;
		AUTO_JSON *policy = NULL;
		struct err e = { 0 };
		char *at = NULL;

		if (!*line || *line == '#')
			continue;
		if (!cut(line, parts) || !(at = strstr(text, parts[0])))
			fail_msg("bad.txt: '%s' does not stand in good.yaml", line);
		bad = mem_printf("%.*s%s%s", (int)(at - text), text, parts[1], at + strlen(parts[0]));
		if (policy_parse(bad, strlen(bad), "policy.yaml", &policy, &e) == 0)
			fail_msg("'%s' instead of '%s' was taken", parts[1], parts[0]);
		assert_int_equal(e.class, ERR_USAGE);
		if (!strstr(e.text, parts[2]) || !text_starts(e.text, "policy.yaml"))
			fail_msg("'%s': the error is '%s', not '%s'", parts[1], e.text, parts[2]);
		asked++;
	}
	assert_true(asked > 20);
}

static void answers(void **state)
{
	AUTO_JSON *policy = good(), *names = json_pack("[s, s]", "org-acme-report", "other"),
		  *affected = policy_affected(policy, names);
	AUTO_JSON *extract = policy_extract(policy, "far-reaching", affected);

	assert_true(policy_holds(policy, "fina", "department/finance"));
	assert_false(policy_holds(policy, "carl", "department/finance"));
	assert_true(policy_key_of(
		policy, "carl", "1123456789abcdef0123456789abcdef01234567")); /* spelling does not matter */
	assert_false(policy_key_of(policy, "olga", "1123456789ABCDEF0123456789ABCDEF01234567"));
	assert_string_equal(policy_person_of(policy, "4123456789ABCDEF0123456789ABCDEF01234567"), "fina");
	assert_null(policy_person_of(policy, "6123456789ABCDEF0123456789ABCDEF01234567"));
	assert_string_equal(policy_vendor_of(policy, "6123456789ABCDEF0123456789ABCDEF01234567"), "acme");
	assert_string_equal(policy_priority(policy, "high", "far-reaching"), "critical");
	assert_string_equal(policy_priority(policy, "never", "minor"), "");
	assert_string_equal(
		json_string_value(json_array_get(policy_acceptors(policy, "tls-dropped"), 0)), "security-officer");
	assert_string_equal(
		json_string_value(json_array_get(policy_acceptors(policy, "setuid-new"), 0)), "change-manager");
	assert_string_equal(json_string_value(json_array_get(json_list(affected, "departments"), 0)), "finance");
	assert_string_equal(json_string_value(json_array_get(json_list(affected, "unmapped"), 0)), "other");
	assert_int_equal(json_array_size(json_list(extract, "votes")), 2);
}

static int one_more(void *context, const char *path, char **ret, size_t *ret_len, struct err *e)
{
	assert_string_equal(path, "people.yaml");
	if (context)
		return 1;
	*ret = mem_strdup("newt: {keys: [\"openpgp:7123456789ABCDEF0123456789ABCDEF01234567\"]}\n");
	*ret_len = strlen(*ret);
	return 0;
}

static int none(void *context, const char *path, char **ret, size_t *ret_len, struct err *e)
{
	return 1;
}

static void later_parts(void **state)
{
	AUTO_FREE char *text = text_of("good.yaml"), *more = NULL;
	AUTO_JSON *policy = NULL, *gaps = NULL, *later = NULL, *without = NULL;
	AUTO_FREE char *lost = mem_printf("%sinclude: {services: {file: s.yaml}}\n", text);
	struct err e = { 0 };

	more = mem_printf("%swindows: calendars/w.ics\ninclude: {people: {file: people.yaml}}\n", text);
	assert_int_equal(policy_parse_with(more, strlen(more), "more.yaml", one_more, NULL, &policy, &e), 0);
	assert_true(policy_key_of(policy, "newt", "7123456789ABCDEF0123456789ABCDEF01234567"));
	/* people who all stand in the policy itself; a section that is nowhere else must be there */
	assert_int_equal(policy_parse_with(more, strlen(more), "more.yaml", one_more, &e, &without, &e), 0);
	assert_null(policy_person(without, "newt"));
	assert_int_equal(policy_parse_with(lost, strlen(lost), "lost.yaml", none, NULL, &without, &e), -1);
	assert_non_null(strstr(e.text, "there is no s.yaml"));
	gaps = policy_gaps(policy);
	later = policy_later(policy);
	assert_int_equal(json_array_size(gaps), 0);
	assert_int_equal(json_array_size(later), 0);
}

/* It parses, since another machine may know the zone; put in force it would stop whatever asks for a local time. */
static void unknown_zone(void **state)
{
	AUTO_FREE char *text = text_of("good.yaml");
	char *zone = strstr(text, "\ntimezone: Europe/Berlin");
	AUTO_JSON *policy = NULL, *gaps = NULL;
	struct err e = { 0 };

	(void)state;
	assert_non_null(zone);
	zone[strlen("\ntimezone: Europe/Berlin") - 1] = 'x';
	assert_int_equal(policy_parse(text, strlen(text), "zone.yaml", &policy, &e), 0);
	gaps = policy_gaps(policy);
	assert_int_equal(json_array_size(gaps), 1);
	assert_non_null(
		strstr(json_string_value(json_array_get(gaps, 0)), "timezone: unknown time zone 'Europe/Berlix'"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mistakes),
		cmocka_unit_test(answers),
		cmocka_unit_test(later_parts),
		cmocka_unit_test(unknown_zone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
