/* test_inventory.c - lists of what is installed: the forms that tools print, and lines that are none. */
#include "release/inventory.h"
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void read_forms(void **state)
{
	static const struct {
		const char *text, *name, *version, *machine;
	} cases[] = {
		{ "acme-agent\t1.0-1\n", "acme-agent", "1.0-1", "" },
		{ "# what is there\n\nlibc6:amd64\t2.36-9+deb12u4\r\n", "libc6", "2.36-9+deb12u4", "" },
		{ "acme-agent 2:1.0-1 amd64", "acme-agent", "2:1.0-1", "" },
		{ "acme-agent-1.0-1.x86_64\n", "acme-agent", "1.0-1", "" },
		{ "java-17-openjdk-17.0.9.0.9-2.el9.x86_64\n", "java-17-openjdk", "17.0.9.0.9-2.el9", "" },
		{ "[{\"name\": \"a\", \"version\": \"1\", \"machine\": \"m1\"}]", "a", "1", "m1" },
		{ " {\"packages\": [{\"name\": \"a\", \"version\": \"1\"}]}", "a", "1", "" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		AUTO_JSON *list = NULL;
		struct err e = { 0 };
		const json_t *one;

		if (inventory_parse(cases[i].text, strlen(cases[i].text), "inv", &list, &e))
			fail_msg("%s: %s", cases[i].text, e.text);
		assert_int_equal(json_array_size(list), 1);
		one = json_array_get(list, 0);
		assert_string_equal(json_text(one, "name"), cases[i].name);
		assert_string_equal(json_text(one, "version"), cases[i].version);
		assert_string_equal(json_text(one, "machine"), cases[i].machine);
	}
}

static void refuse_others(void **state)
{
	static const char *const cases[] = { "bash\n", "a-b\n", "-1-2\n", "[1]", "{\"a\": 1}", "[{\"name\": \"x\"}]",
		"[", "{\"a\":1,\"a\":2}" };

	for (size_t i = 0; i < COUNT(cases); i++) {
		json_t *list = NULL;
		struct err e = { 0 };

		if (inventory_parse(cases[i], strlen(cases[i]), "inv", &list, &e) == 0)
			fail_msg("taken: %s", cases[i]);
		assert_int_equal(e.class, ERR_INPUT);
		assert_null(list);
	}
	struct err e = { 0 };
	json_t *list = NULL;
	assert_int_equal(inventory_parse("a 1\nb\n", 6, "inv", &list, &e), -1);
	assert_non_null(strstr(e.text, "inv:2"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(read_forms),
		cmocka_unit_test(refuse_others),
	};

	return cmocka_run_group_tests_name("inventory", tests, NULL, NULL);
}
