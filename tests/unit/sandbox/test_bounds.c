/* test_bounds.c - how much of a scenario is told, when a package makes as much as it likes: findings, scripts, the result as a whole. */
#include "sandbox/session.h"
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const struct test nobody_looks;

static struct trial begin(void)
{
	return (struct trial){ .test = &nobody_looks, .findings = json_array(), .scripts = json_array() };
}

static void end(struct trial *t)
{
	json_decref(t->findings);
	json_decref(t->scripts);
}

static size_t count(const struct trial *t, const char *check)
{
	size_t i, found = 0;
	json_t *f;

	json_array_foreach(t->findings, i, f)
		found += strcmp(json_text(f, "check"), check) == 0;
	return found;
}

static void findings_are_bounded_by_number(void **state)
{
	struct trial t = begin();

	for (int i = 0; i < FINDINGS_MAX * 3; i++)
		trial_find(&t, SEVERITY_LOW, "file-left", "/etc/x", "left behind");
	assert_int_equal(count(&t, "file-left"), FINDINGS_MAX);
	assert_int_equal(count(&t, "findings-cut"), 1);
	assert_false(t.is_failed);
	/* many small ones in front do not hide what fails the scenario */
	for (int i = 0; i < FINDINGS_MAX * 3; i++)
		trial_find(&t, SEVERITY_HIGH, "port-left", "tcp/1", "still listens");
	assert_true(t.is_failed);
	assert_int_equal(count(&t, "port-left"), FINDINGS_MAX - 1);
	/* and those that found no room weigh as much: who decides on the listed ones has not seen all */
	assert_int_equal(count(&t, "findings-cut"), 2);
	const json_t *last = json_array_get(t.findings, json_array_size(t.findings) - 1);
	assert_string_equal(json_text(last, "check"), "findings-cut");
	assert_string_equal(json_text(last, "severity"), "high");
	end(&t);
}

/* Its name is shown as four bytes each; the bound is on those. */
static void findings_are_bounded_by_their_words(void **state)
{
	struct trial t = begin();
	char where[4096];

	memset(where, '\1', sizeof where);
	where[sizeof where - 1] = '\0';
	for (int i = 0; i < FINDINGS_MAX; i++)
		trial_find(&t, SEVERITY_MEDIUM, "setuid-file", where, "x");
	assert_int_equal(count(&t, "setuid-file"), FINDINGS_BYTES / (4 * (sizeof where - 1) + 1));
	assert_int_equal(count(&t, "findings-cut"), 1);
	trial_find(&t, SEVERITY_HIGH, "crash", where, "x");
	assert_int_equal(count(&t, "crash"), 1);
	assert_true(t.told.findings <= 2 * FINDINGS_BYTES);
	end(&t);
}

static void scripts_are_bounded(void **state)
{
	struct trial t = begin();

	for (int i = 0; i < SCRIPTS_TOLD + 5; i++)
		trial_script(&t, "post-install", "postinst", "acme", "configure", 0, 0, 1);
	assert_int_equal(json_array_size(t.scripts), SCRIPTS_TOLD);
	assert_int_equal(count(&t, "scripts-cut"), 1);
	assert_true(t.is_failed);
	end(&t);
}

static void names_of_ids(void **state)
{
	static const char table[] = "root:x:0:0::/:/bin/sh\nshort\nacme:x:104:104::/:/bin/false\nodd:y:x:1\n:x:7:7";
	static const struct {
		unsigned id;
		const char *name;
	} cases[] = { { 0, "root" }, { 104, "acme" }, { 1, "1" }, { 7, "" }, { 99, "99" } };

	for (size_t i = 0; i < COUNT(cases); i++) {
		AUTO_FREE char *name = trial_name_of(table, cases[i].id);

		assert_string_equal(name, cases[i].name);
	}
	AUTO_FREE char *none = trial_name_of(NULL, 5);
	assert_string_equal(none, "5");
}

/* What is too large loses its lists and not its verdict. */
static void a_result_always_fits(void **state)
{
	json_t *result = json_pack("{s:s, s:s, s:[s, s], s:[]}", "name", "install", "verdict", "pass", "entries",
		"aaaa", "bbbb", "findings");
	AUTO_FREE char *whole = result_text(result, 4096), *small = NULL;
	struct err e = { 0 };

	assert_non_null(strstr(whole, "bbbb"));
	small = result_text(result, 20);
	json_decref(result);
	result = json_parse(small, strlen(small), "small", &e);
	assert_string_equal(json_text(result, "name"), "install");
	assert_string_equal(json_text(result, "verdict"), "fail");
	assert_null(json_object_get(result, "entries"));
	assert_string_equal(json_text(json_array_get(json_list(result, "findings"), 0), "check"), "result-cut");
	/* one that could not be carried out stays an error */
	json_set_str(result, "verdict", "error");
	AUTO_FREE char *failed = result_text(result, 20);
	assert_non_null(strstr(failed, "\"verdict\":\"error\""));
	json_decref(result);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(findings_are_bounded_by_number),
		cmocka_unit_test(findings_are_bounded_by_their_words),
		cmocka_unit_test(scripts_are_bounded),
		cmocka_unit_test(names_of_ids),
		cmocka_unit_test(a_result_always_fits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
