/* finding_lines.h - what the tests of inspect/ share: facts as a store gives them back, and findings as lines. */
#pragma once
#include "base/text.h"
#include "inspect/inspect.h"
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* Written and read again, as a store does; takes the facts. */
static json_t *stored_facts(json_t *facts)
{
	AUTO_FREE char *text = NULL;
	struct err e = { 0 };
	json_t *again;
	size_t len = 0;

	assert_int_equal(json_canonical(facts, &text, &len, &e), 0);
	again = json_parse(text, len, "facts", &e);
	assert_non_null(again);
	json_decref(facts);
	return again;
}

/* What a department head reads: a sentence, and from medium on what to do. */
static void is_for_people(const json_t *finding)
{
	const char *text = json_text(finding, "text");

	if (strlen(text) <= 20 || !text_ends(text, ".") ||
		(text[0] >= 'a' && text[0] <= 'z' && !strpbrk(text, "./-_0123456789")))
		fail_msg("no sentence: '%s'", text);
	if (severity_parse(json_text(finding, "severity")) >= SEVERITY_MEDIUM && !*json_text(finding, "remedy"))
		fail_msg("nothing to do about it: '%s'", text);
}

/* "CHECK SEVERITY WHERE" of each finding, or of those of checks that look at reports; malloc. */
static char *finding_lines(const json_t *old, const json_t *new, bool is_of_reports)
{
	AUTO(arena) arena = { 0 };
	struct findings found = { 0 };
	struct err e = { 0 };
	struct text lines = { 0 };
	AUTO_JSON *list = NULL;
	json_t *item;
	size_t i;

	arena_init(&arena, MIB(16));
	assert_int_equal(facts_compare(old, new, &arena, &found, &e), 0);
	list = findings_json(&found);
	json_array_foreach(list, i, item) {
		const struct check *check = check_named(json_text(item, "check"));

		assert_non_null(check);
		is_for_people(item);
		if (is_of_reports && !check->observe)
			continue;
		assert_true(!is_of_reports || *json_text(item, "remedy"));
		text_add(&lines, "%s %s %s\n", check->id, json_text(item, "severity"), json_text(item, "where"));
	}
	LIST_DONE(&found);
	return text_take(&lines);
}
