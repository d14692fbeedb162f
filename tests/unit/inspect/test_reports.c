/* test_reports.c - from two test reports to findings, through facts written and read again. The cases are tests/data/inspect/reports.txt. */
#include "base/fs.h"
#include "inspect/inspect.h"
#include "inspect/reports.h"
#include "tests/unit/inspect/finding_lines.h"
#include <stdio.h>
#include <string.h>

struct side {
	json_t *scenarios, *logs;
};
struct test_case {
	char *name, *want;
	struct side sides[2];
	struct pkg pkg; /* of the new version */
};

static void add_scenario(struct side *s, const char *text)
{
	struct err e = { 0 };
	json_t *scenario = json_parse(text, strlen(text), "a case", &e), *logs;

	if (!scenario)
		fail_msg("%s: %s", e.text, text);
	if (!s->scenarios)
		s->scenarios = json_array();
	if (!s->logs)
		s->logs = json_array();
	if (!json_object_get(scenario, "name"))
		json_set_str(scenario, "name", "install");
	if (!json_object_get(scenario, "verdict"))
		json_set_str(scenario, "verdict", "pass");
	logs = json_list(scenario, "logs");
	if (logs)
		json_array_extend(s->logs, logs);
	json_object_del(scenario, "logs");
	json_array_append_new(s->scenarios, scenario);
}

/* Facts of the package, with those of the report when there is one; written and read again, as a store does. */
static json_t *facts_of_side(struct side *s, struct pkg *pkg)
{
	struct err e = { 0 };
	AUTO_JSON *bytes = NULL;
	struct sink *sink = facts_collector(MIB(1), &bytes);
	json_t *facts;

	assert_int_equal(sink_begin(sink, pkg, &e), 0);
	assert_int_equal(sink_close(sink, &e), 0);
	sink_drop(sink);
	facts = facts_of(pkg, bytes);
	if (s->scenarios) {
		AUTO_JSON *report = json_pack("{s:[{s:o}], s:o}", "runs", "scenarios", s->scenarios, "logs", s->logs);

		facts_observe(facts, report);
	}
	return stored_facts(facts);
}

static bool run_case(struct test_case *c)
{
	struct pkg nothing = { 0 };

	pkg_init(&nothing, 0);
	AUTO_JSON *old = facts_of_side(&c->sides[0], &nothing), *new = facts_of_side(&c->sides[1], &c->pkg);
	AUTO_FREE char *got = finding_lines(old, new, true), *same = finding_lines(new, new, true);
	bool good = strcmp(got, c->want) == 0;

	if (!good)
		fprintf(stderr, "case %s\nwant:\n%sgot:\n%s", c->name, c->want, got);
	if (*same &&
		!strstr(c->name, "dropped conversations")) { /* what was cut short is told, whatever the other side */
		fprintf(stderr, "case %s: differs from itself:\n%s", c->name, same);
		good = false;
	}
	pkg_done(&c->pkg);
	pkg_done(&nothing);
	free(c->name);
	free(c->want);
	*c = (struct test_case){ .name = NULL };
	return good;
}

static void take_line(struct test_case *c, const char *line)
{
	if (strncmp(line, "old ", 4) == 0 || strncmp(line, "new ", 4) == 0) {
		add_scenario(&c->sides[line[0] == 'n'], line + 4);
	} else if (strncmp(line, "own ", 4) == 0) {
		struct entry *at = pkg_add_entry(&c->pkg);

		at->path = arena_str(&c->pkg.arena, line + 4);
		at->owner = at->group = "root";
		at->mode = 0644;
	} else if (strcmp(line, "want") != 0) {
		char *more = mem_printf("%s%s\n", c->want, line);

		free(c->want);
		c->want = more;
	}
}

static void every_case(void **state)
{
	AUTO_FREE char *text = NULL;
	struct test_case c = { .name = NULL };
	struct err e = { 0 };
	size_t len = 0;
	unsigned cases = 0, wrong = 0;

	assert_int_equal(fs_read_file(TEST_DATA "/inspect/reports.txt", MIB(1), &text, &len, &e), 0);
	for (char *rest = text, *line; (line = strsep(&rest, "\n")) != NULL;) {
		if (line[0] == '#' || line[0] == 0)
			continue;
		if (strncmp(line, "case ", 5) != 0) {
			assert_non_null(c.name);
			take_line(&c, line);
			continue;
		}
		if (c.name)
			wrong += !run_case(&c);
		c.name = mem_strdup(line + 5);
		c.want = mem_strdup("");
		pkg_init(&c.pkg, 0);
		cases++;
	}
	wrong += !run_case(&c);
	assert_true(cases > 20);
	assert_int_equal(wrong, 0);
}

/* Two reports of one update: both count. */
static void reports_are_joined(void **state)
{
	struct err e = { 0 };
	static const char one[] = "{\"runs\": [{\"scenarios\": [{\"name\": \"install\", \"verdict\": \"pass\", "
				  "\"listening\": [\"tcp/1\"]}]}]}",
			  two[] = "{\"runs\": [{\"scenarios\": [{\"name\": \"install\", \"verdict\": \"fail\", "
				  "\"listening\": [\"tcp/2\"]}]}]}";
	AUTO_JSON *a = json_parse(one, sizeof one - 1, "one", &e), *b = json_parse(two, sizeof two - 1, "two", &e);
	AUTO_JSON *facts = json_pack("{s:{}}", "listener-new");

	facts_observe(facts, a);
	facts_observe(facts, b);
	const json_t *ports = json_map(json_map(json_map(facts, "listener-new"), "report"), "ports");
	assert_int_equal(json_array_size(json_list(ports, "items")), 2);
}

static void steady_paths(void **state)
{
	static const char *const cases[][2] = { { "/var/lib/acme/state", "/var/lib/acme/state" },
		{ "/var/lib/acme/4f5a9b0c11d2", "/var/lib/acme/*" }, { "/srv/job-Xa81kQ2z/out", "/srv/job-*/out" },
		{ "/opt/acme-4.2.1/bin", "/opt/acme-#.#.#/bin" }, { "/var/lib/x/12345678", "/var/lib/x/*" },
		{ "", "" } };

	for (size_t i = 0; i < COUNT(cases); i++) {
		AUTO_FREE char *got = path_steady(cases[i][0]);

		assert_string_equal(got, cases[i][1]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_case),
		cmocka_unit_test(reports_are_joined),
		cmocka_unit_test(steady_paths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
