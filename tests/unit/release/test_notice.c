/* test_notice.c - what the act of releasing may say of advisories: as it is made, within bounds, and nothing else. */
#include "release/gate/notice.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static json_t *parsed(const char *text)
{
	json_t *value = json_loads(text, 0, NULL);

	if (!value)
		fail_msg("%s", text);
	return value;
}

static void what_is_taken(void **state)
{
	static const struct {
		const char *act;
		int want;
	} cases[] = {
		{ "{}", 0 },
		{ "{\"advisories\": []}", 0 },
		{ "{\"advisories\": [{\"id\": \"A-1\", \"severity\": \"low\", \"url\": \"\", \"cves\": []}]}", 0 },
		{ "{\"advisories\": [{\"id\": \"A-1\", \"severity\": \"critical\", \"url\": \"https://a.example/\", "
		  "\"cves\": [\"CVE-2026-0001\"]}]}",
			0 },
		{ "{\"advisories\": {}}", -1 },
		{ "{\"advisories\": \"A-1\"}", -1 },
		{ "{\"advisories\": [\"A-1\"]}", -1 },
		{ "{\"advisories\": [{\"id\": \"\", \"severity\": \"low\", \"url\": \"\", \"cves\": []}]}", -1 },
		{ "{\"advisories\": [{\"id\": 1, \"severity\": \"low\", \"url\": \"\", \"cves\": []}]}", -1 },
		{ "{\"advisories\": [{\"id\": \"A-1\", \"severity\": \"worst\", \"url\": \"\", \"cves\": []}]}", -1 },
		{ "{\"advisories\": [{\"id\": \"A-1\", \"severity\": \"low\", \"url\": \"javascript:x\", \"cves\": "
		  "[]}]}",
			-1 },
		{ "{\"advisories\": [{\"id\": \"A-1\", \"severity\": \"low\", \"url\": \"\"}]}", -1 },
		{ "{\"advisories\": [{\"id\": \"A-1\", \"severity\": \"low\", \"url\": \"\", \"cves\": [1]}]}", -1 },
		{ "{\"advisories\": [{\"id\": \"A-1\", \"severity\": \"low\", \"url\": \"\", \"cves\": [\"x\"]}]}",
			-1 },
		{ "{\"advisories\": [{\"id\": \"A-1\", \"severity\": \"low\", \"url\": \"\", \"cves\": [], \"more\": "
		  "1}]}",
			-1 },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		AUTO_JSON *act = parsed(cases[i].act);
		struct err e = { 0 };

		if (notice_check("R-1", act, &e) != cases[i].want)
			fail_msg("%s", cases[i].act);
		assert_true(cases[i].want == 0 || (e.class == ERR_VERDICT && strcmp(e.code, "E_GATE") == 0));
	}
}

/* However many there are, what is said is what is taken. */
static void bounds(void **state)
{
	AUTO_JSON *about = json_array(), *cves = json_array(), *act = json_object(), *long_id = NULL;
	struct err e = { 0 };
	char word[600];

	for (int i = 0; i < 300; i++) {
		snprintf(word, sizeof word, "CVE-2026-%04d", i);
		json_array_append_new(cves, json_string(word));
	}
	json_array_append_new(about,
		json_pack("{s:s, s:s, s:b, s:s, s:O}", "id", "no answer", "severity", "high", "answers", 0, "url", "",
			"cves", cves));
	for (int i = 0; i < 70; i++) {
		snprintf(word, sizeof word, "A-%d", i);
		json_array_append_new(about,
			json_pack("{s:s, s:s, s:b, s:s, s:O, s:s}", "id", word, "severity", "high", "answers", 1, "url",
				"", "cves", cves, "why", "because"));
	}
	json_object_set_new(act, "advisories", notice_advisories(about));
	assert_int_equal(json_array_size(json_list(act, "advisories")), 64);
	assert_string_equal(json_text(json_array_get(json_list(act, "advisories"), 0), "id"), "A-0");
	assert_int_equal(notice_check("R-1", act, &e), 0);

	memset(word, 'x', sizeof word - 1);
	word[sizeof word - 1] = '\0';
	long_id = json_pack(
		"{s:[{s:s, s:s, s:s, s:[]}]}", "advisories", "id", word, "severity", "low", "url", "", "cves");
	assert_int_equal(notice_check("R-1", long_id, &e), -1);
	json_array_append_new(json_list(act, "advisories"),
		json_pack("{s:s, s:s, s:s, s:[]}", "id", "one more", "severity", "low", "url", "", "cves"));
	assert_int_equal(notice_check("R-1", act, &e), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_taken),
		cmocka_unit_test(bounds),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
