/* test_findings.c - from two packages to findings, through facts written and read again. The cases are tests/data/inspect/findings.txt. */
#include "base/fs.h"
#include "base/text.h"
#include "inspect/inspect.h"
#include "inspect/recipe_changed.h"
#include "inspect/signer_changed.h"
#include "tests/unit/inspect/build_side.h"
#include <stdio.h>
#include <string.h>

static char *lines_of(const json_t *old, const json_t *new)
{
	return finding_lines(old, new, false);
}

static bool run_case(const char *name, struct side sides[2], const char *want)
{
	AUTO_JSON *old = sides[0].is_there ? side_end(&sides[0]) : NULL, *new = side_end(&sides[1]);
	AUTO_FREE char *got = lines_of(old, new);

	memset(sides, 0, 2 * sizeof *sides);
	if (strcmp(got, want) == 0)
		return true;
	fprintf(stderr, "case %s\nwant:\n%sgot:\n%s", name, want, got);
	return false;
}

static void every_case_of(const char *file, unsigned least)
{
	AUTO_FREE char *text = NULL, *name = NULL, *want = mem_strdup("");
	struct side sides[2] = { 0 }, *side = NULL;
	struct err e = { 0 };
	size_t len = 0;
	unsigned cases = 0, wrong = 0;

	assert_int_equal(fs_read_file(file, MIB(1), &text, &len, &e), 0);
	for (char *rest = text, *line; (line = strsep(&rest, "\n")) != NULL;) {
		if (line[0] == '#' || line[0] == 0)
			continue;
		if (strncmp(line, "stub ", 5) == 0) {
			char *names = strchr(line + 5, ' ');

			assert_non_null(names);
			*names++ = 0;
			assert_int_equal(build_stub(line + 5, names), 0);
		} else if (strncmp(line, "case ", 5) == 0) {
			if (name)
				wrong += !run_case(name, sides, want);
			free(name);
			free(want);
			name = mem_strdup(line + 5);
			want = mem_strdup("");
			cases++;
		} else if (strcmp(line, "old") == 0 || strcmp(line, "new") == 0) {
			side = &sides[line[0] == 'n'];
			side_begin(side);
		} else if (strcmp(line, "want") == 0) {
			side = NULL;
		} else if (side) {
			add_line(side, line);
		} else {
			char *more = mem_printf("%s%s\n", want, line);

			free(want);
			want = more;
		}
	}
	wrong += !run_case(name, sides, want);
	assert_true(cases >= least);
	assert_int_equal(wrong, 0);
}

static void every_case(void **state)
{
	every_case_of(TEST_DATA "/inspect/findings.txt", 15);
}

/* Nothing that a file holds behind much else is left out unsaid. */
static void every_cut(void **state)
{
	every_case_of(TEST_DATA "/inspect/cuts.txt", 15);
}

static void every_program(void **state)
{
	every_case_of(TEST_DATA "/inspect/programs.txt", 20);
	build_end();
}

/* Facts that are missing on a side are findings at each check's worst severity. */
static void missing_facts(void **state)
{
	AUTO_JSON *nothing = json_object();
	AUTO_FREE char *both = lines_of(nothing, nothing), *first = lines_of(NULL, nothing),
		       *start = mem_printf("\n%s", both);
	size_t lines = 0, wanted = 0;

	for (const char *at = both; *at; at++)
		lines += *at == '\n';
	for (size_t i = 0; checks[i]; i++) {
		AUTO_FREE char *line = mem_printf("\n%s %s \n", checks[i]->id, severity_name(checks[i]->severity));

		if (checks[i]->compare == NULL)
			continue;
		assert_non_null(strstr(start, line));
		wanted++;
	}
	assert_int_equal(lines, wanted);
	assert_string_equal(both, first);
}

/* Half a million setuid files: bounded facts, bounded findings, and a finding that says so. */
static void bounded(void **state)
{
	AUTO(pkg) pkg = { 0 };
	AUTO(arena) arena = { 0 };
	struct findings found = { 0 };
	struct err e = { 0 };
	AUTO_JSON *seen = json_pack("{s:{}}", "setuid-new"), *old = NULL, *new = NULL;
	AUTO_FREE char *text = NULL;
	size_t len = 0;
	bool is_told = false;

	pkg_init(&pkg, 0);
	old = facts_of(&pkg, seen);
	for (unsigned i = 0; i < 500000; i++) {
		struct entry *at = pkg_add_entry(&pkg);

		at->path = arena_printf(&pkg.arena, "/usr/bin/%06u", i);
		at->mode = 06757;
	}
	new = facts_of(&pkg, seen);
	assert_int_equal(json_canonical(new, &text, &len, &e), 0);
	assert_true(len < 2000000);
	arena_init(&arena, MIB(16));
	assert_int_equal(facts_compare(old, new, &arena, &found, &e), 0);
	assert_true(found.len < 2000);
	for (size_t i = 0; i < found.len; i++)
		is_told |= strcmp(found.at[i].check, "setuid-new") == 0 && strstr(found.at[i].text, "more findings");
	assert_true(is_told);
	LIST_DONE(&found);
	arena_done(&arena);
	arena_init(&arena, 4096);
	assert_int_equal(facts_compare(old, new, &arena, &found, &e), -1);
	assert_string_equal(e.code, "E_LIMIT_MEMORY");
	LIST_DONE(&found);
}

/* Ten thousand packages of one update: bounded, and told. */
static void joined(void **state)
{
	AUTO_JSON *all = json_object(), *one = json_pack("{s:{s:{s:[]}}}", "setuid-new", "files", "items");
	json_t *items = json_object_get(json_object_get(json_object_get(one, "setuid-new"), "files"), "items");
	AUTO(arena) arena = { 0 };
	struct findings found = { 0 };
	struct err e = { 0 };
	bool is_told = false;

	for (unsigned i = 0; i < 500; i++)
		json_array_append_new(items, json_pack("{s:s, s:s}", "path", "/usr/bin/a", "mode", "4755"));
	for (unsigned i = 0; i < 10000; i++)
		facts_join(all, one);
	assert_true(json_array_size(json_object_get(
			    json_object_get(json_object_get(all, "setuid-new"), "files"), "items")) <= 65536);
	arena_init(&arena, MIB(16));
	assert_int_equal(facts_compare(all, all, &arena, &found, &e), 0);
	for (size_t i = 0; i < found.len; i++)
		is_told |= strcmp(found.at[i].check, "setuid-new") == 0 && strstr(found.at[i].text, "more together");
	assert_true(is_told);
	LIST_DONE(&found);
}

/* What other released products need of a library decides how bad its loss is. */
static void others_need(void **state)
{
	static const struct {
		const char *others, *want;
		bool is_unsure;
	} cases[] = {
		{ "{}", "info" },
		{ "{'other': {'abi-broken': {'bytes': {'imports': {'kept': true}, 'needs': {'liba.so.1': true}}}}}",
			"info" },
		{ "{'other': {'abi-broken': {'bytes': {'imports': {'gone': true}}}}}", "medium" },
		{ "{'other': {'abi-broken': []}, 'x': 1}", "info" },
		{ "{'other': {'abi-broken': {'unread': true}}}", "info", true },
		{ "{'other': {'abi-broken': {'bytes': {'imports': {'kept': true}, 'wants-more': 3}}}}", "info", true },
	};
	AUTO_JSON *old = json_loads(
		"{\"abi-broken\": {\"bytes\": {\"libraries\": {\"items\": [{\"path\": \"/usr/lib/liba.so.1\", "
		"\"soname\": \"liba.so.1\", \"symbols\": [\"gone\", \"kept\"]}]}}}}",
		0, NULL);
	AUTO_JSON *new = json_deep_copy(old);

	json_array_remove(
		json_object_get(
			json_array_get(
				json_object_get(
					json_object_get(json_object_get(json_object_get(new, "abi-broken"), "bytes"),
						"libraries"),
					"items"),
				0),
			"symbols"),
		0);
	for (size_t i = 0; i < COUNT(cases); i++) {
		AUTO_FREE char *text = mem_strdup(cases[i].others);
		AUTO(arena) arena = { 0 };
		struct findings found = { 0 };
		struct err e = { 0 };

		for (char *at = text; *at; at++)
			*at = *at == '\'' ? '"' : *at;
		AUTO_JSON *others = json_loads(text, 0, NULL);
		assert_non_null(others);
		arena_init(&arena, MIB(1));
		assert_int_equal(facts_compare_among(others, old, new, &arena, &found, &e), 0);
		bool is_unsure = false;
		for (size_t k = 0; k < found.len; k++) {
			if (strcmp(found.at[k].where, "/usr/lib/liba.so.1") == 0)
				assert_string_equal(severity_name(found.at[k].severity), cases[i].want);
			is_unsure |= strcmp(found.at[k].where, "other") == 0 && found.at[k].severity == SEVERITY_MEDIUM;
		}
		assert_int_equal(is_unsure, cases[i].is_unsure);
		assert_true(found.len > 0 && strcmp(found.at[0].check, "abi-broken") == 0);
		LIST_DONE(&found);
	}
}

/* A program that cannot be held is told: critical when it became so large, medium when it was before. */
static void too_large(void **state)
{
	static const unsigned char head[4096] = { 0x7f, 'E', 'L', 'F', 2, 1, 1, [16] = 2, [18] = 62 };
	static const char zeros[65536];
	struct side sides[2] = { 0 };
	struct err e = { 0 };

	for (size_t i = 0; i < 2; i++) {
		side_begin(&sides[i]);
		for (size_t k = 0; k <= i; k++) {
			struct entry *at = pkg_add_entry(&sides[i].pkg);

			at->path = k ? "/usr/bin/new" : "/usr/bin/always";
			at->type = ENTRY_FILE;
			at->mode = 0755;
			at->size = MIB(1) + 1;
			assert_int_equal(sink_entry_begin(sides[i].sink, at, &e), 0);
			assert_int_equal(sink_data(sides[i].sink, head, sizeof head, &e), 0);
			for (size_t sent = sizeof head; sent < at->size; sent += sizeof zeros)
				assert_int_equal(
					sink_data(sides[i].sink, zeros,
						at->size - sent < sizeof zeros ? at->size - sent : sizeof zeros, &e),
					0);
			assert_int_equal(sink_entry_end(sides[i].sink, &e), 0);
		}
	}
	assert_true(run_case(
		"too large", sides, "tls-dropped critical /usr/bin/new\ntls-dropped medium /usr/bin/always\n"));
}

static void the_table(void **state)
{
	for (size_t i = 0; checks[i]; i++) {
		assert_ptr_equal(check_named(checks[i]->id), checks[i]);
		assert_true(strlen(checks[i]->about) > 20 && checks[i]->waiver);
		assert_true(checks[i]->why && strlen(checks[i]->why) > 150);
		assert_true(checks[i]->compare || strcmp(checks[i]->id, "recipe-changed") == 0);
		if (i > 0)
			assert_true(strcmp(checks[i - 1]->id, checks[i]->id) < 0);
	}
	assert_null(check_named("no-such-check"));
}

/* Of every check there is a change in the tables beside, or below, that raises it. */
static void each_is_raised(void **state)
{
	static const char *const files[] = { "findings.txt", "programs.txt", "reports.txt", "weakened.txt" };
	AUTO_FREE char *all = mem_strdup("");

	for (size_t i = 0; i < COUNT(files); i++) {
		AUTO_FREE char *path = mem_printf("%s/inspect/%s", TEST_DATA, files[i]), *text = NULL;
		struct err e = { 0 };
		char *before = all;
		size_t len;

		assert_int_equal(fs_read_file(path, MIB(1), &text, &len, &e), 0);
		all = mem_printf("%s\n%s", before, text);
		free(before);
	}
	for (size_t i = 0; checks[i]; i++) {
		AUTO_FREE char *line = mem_printf("\n%s ", checks[i]->id), *pair = mem_printf("\n= %s ", checks[i]->id);

		if (!strstr(all, line) && !strstr(all, pair) && strcmp(checks[i]->id, "recipe-changed") != 0)
			fail_msg("nothing raises %s", checks[i]->id);
	}
}

static void recipe_changes(void **state)
{
	AUTO(arena) arena = { 0 };
	struct findings found = { 0 };

	arena_init(&arena, MIB(1));
	recipe_changed_finding(&arena, &found, "recipe a.yaml", "aa", "aa");
	recipe_changed_finding(&arena, &found, "recipe a.yaml", "", "");
	assert_int_equal(found.len, 0);
	recipe_changed_finding(&arena, &found, "recipe a.yaml", "aa", "bb");
	recipe_changed_finding(&arena, &found, "script b.sh", NULL, "bb");
	assert_int_equal(found.len, 2);
	assert_string_equal(found.at[0].check, "recipe-changed");
	assert_string_equal(found.at[0].where, "recipe a.yaml");
	assert_string_equal(found.at[1].old, "");
	LIST_DONE(&found);
}

static void signer_changes(void **state)
{
	AUTO(arena) arena = { 0 };
	struct findings found = { 0 };

	arena_init(&arena, MIB(1));
	signer_changed_finding(&arena, &found, "AA", "AA");
	signer_changed_finding(&arena, &found, "", "AA");
	signer_changed_finding(&arena, &found, "AA", "");
	signer_changed_finding(&arena, &found, NULL, "AA");
	assert_int_equal(found.len, 0);
	signer_changed_finding(&arena, &found, "AA", "BB");
	assert_int_equal(found.len, 1);
	assert_string_equal(found.at[0].check, "trust-changed");
	assert_int_equal(found.at[0].severity, SEVERITY_HIGH);
	assert_non_null(strstr(found.at[0].text, "BB, before AA"));
	signer_unknown_finding(&arena, &found, "0123456789abcdef0123", "BB");
	assert_int_equal(found.len, 2);
	assert_string_equal(found.at[1].check, "trust-changed");
	assert_int_equal(found.at[1].severity, SEVERITY_HIGH);
	assert_non_null(strstr(found.at[1].text, "blob 0123456789abcdef)"));
	LIST_DONE(&found);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_case),
		cmocka_unit_test(every_cut),
		cmocka_unit_test(every_program),
		cmocka_unit_test(missing_facts),
		cmocka_unit_test(bounded),
		cmocka_unit_test(joined),
		cmocka_unit_test(others_need),
		cmocka_unit_test(too_large),
		cmocka_unit_test(the_table),
		cmocka_unit_test(each_is_raised),
		cmocka_unit_test(recipe_changes),
		cmocka_unit_test(signer_changes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
