/* test_snap.c - meta/snap.yaml: what becomes metadata, what is refused. */
#include "formats/squashfs.h"
#include <setjmp.h>
#include <string.h>

#include <cmocka.h>

static const struct {
	const char *yaml, *code; /* NULL: taken */
} cases[] = {
	{ "name: tool\nversion: 1.0\n", NULL },
	{ "name: tool\nversion: '1.0+git5~x'\narchitectures: [amd64]\n", NULL },
	{ "name: ../../x\nversion: 1\n", "E_METADATA" },
	{ "name: -x\nversion: 1\n", "E_METADATA" },
	{ "name: a--b\nversion: 1\n", "E_METADATA" },
	{ "name: '12'\nversion: 1\n", "E_METADATA" },
	{ "name: tool\n", "E_METADATA" },
	{ "version: 1\n", "E_METADATA" },
	{ "name: tool\nversion: '1 0'\n", "E_METADATA" },
	{ "name: tool\nversion: [1]\n", "E_METADATA" },
	{ "name: tool\nversion: 1\napps: [x]\n", "E_METADATA" },
	{ "name: tool\nversion: 1\napps: {a/b: {command: x}}\n", "E_METADATA" },
	{ "name: tool\nname: tool\nversion: 1\n", "E_METADATA" },
	{ "- name\n", "E_METADATA" },
	{ "name: [\n", "E_METADATA" },
	{ "", "E_METADATA" },
	{ "a: &a x\nname: tool\nversion: 1\nb: [*a, *a]\n", "E_LIMIT_METADATA" },
};

static void each_text_ends_as_it_should(void **state)
{
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct err e = { 0 };
		AUTO(pkg) p;
		int done;

		pkg_init(&p, 0);
		done = snap_metadata(cases[i].yaml, strlen(cases[i].yaml), &p, &e);
		if (done != (cases[i].code ? -1 : 0) || (done && strcmp(e.code, cases[i].code) != 0))
			fail_msg("case %zu: %s", i, done ? e.text : "taken");
		assert_int_equal(p.has_metadata, done == 0);
	}
}

static void everything_it_says_is_kept(void **state)
{
	static const char yaml[] =
		"name: acme-agent\nversion: 2.1\nsummary: An agent\ndescription: |\n  Does things.\n  Well.\n"
		"license: MIT\nwebsite: https://example.org\narchitectures: [arm64]\nbase: core22\nconfinement: "
		"strict\n"
		"apps:\n  agent:\n    command: bin/agent --now\n    daemon: simple\n    plugs: [network]\n  ctl: "
		"{command: bin/ctl}\n";
	struct err e = { 0 };
	AUTO(pkg) p;

	pkg_init(&p, 0);
	assert_int_equal(snap_metadata(yaml, strlen(yaml), &p, &e), 0);
	assert_string_equal(p.name, "acme-agent");
	assert_string_equal(p.version, "2.1");
	assert_string_equal(p.summary, "An agent");
	assert_string_equal(p.description, "Does things.\nWell.\n");
	assert_string_equal(p.license, "MIT");
	assert_string_equal(p.homepage, "https://example.org");
	assert_string_equal(p.architecture, "aarch64");
	assert_string_equal(p.architecture_native, "arm64");
	assert_string_equal(pkg_field_get(&p, "app:agent"), "bin/agent --now (daemon: simple)");
	assert_string_equal(pkg_field_get(&p, "app:ctl"), "bin/ctl");
	assert_string_equal(pkg_field_get(&p, "base"), "core22");
	assert_int_equal(p.lost.len, 3); /* confinement, base, apps */
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(each_text_ends_as_it_should),
		cmocka_unit_test(everything_it_says_is_kept) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
