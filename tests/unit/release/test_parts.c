/* test_parts.c - what belongs to a target: whole indexes with their packages; and the note that says what was left out. */
#include "base/fs.h"
#include "release/channel/parts.h"
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* Two deb targets share a suite, a third has one whose name begins alike; two rpm targets, one below the other. */
static const struct {
	const char *format, *target, *suite, *base, *path;
} packages[] = {
	{ "deb", "deb12", "bookworm", "deb", "deb/pool/a.deb" },
	{ "deb", "deb12-extra", "bookworm", "deb", "deb/pool/b.deb" },
	{ "deb", "later", "bookworm/next", "deb", "deb/pool/c.deb" },
	{ "deb", "later", "bookworm/next", "deb", "deb/pool/a.deb" },
	{ "rpm", "el", "", "rpm", "rpm/a.rpm" },
	{ "rpm", "el9", "", "rpm/el9", "rpm/el9/a.rpm" },
};

static json_t *package_of(size_t i)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:s}", "format", packages[i].format, "target", packages[i].target,
		"suite", packages[i].suite, "base", packages[i].base, "path", packages[i].path);
}

static json_t *layout_of(void)
{
	json_t *layout = json_object();

	for (size_t i = 0; i < COUNT(packages); i++) {
		AUTO_JSON *package = package_of(i);

		parts_see(layout, package);
	}
	return layout;
}

/* A file that two targets have is held when one of them is. */
static bool holds_package(const struct parts *p, const char *path)
{
	bool is_held = false;

	for (size_t i = 0; i < COUNT(packages); i++) {
		AUTO_JSON *package = package_of(i);

		is_held = is_held || (strcmp(packages[i].path, path) == 0 && parts_hold(p, "packages", package));
	}
	return is_held;
}

static bool holds_index(const struct parts *p, const char *path)
{
	AUTO_JSON *item = json_pack("{s:s}", "path", path);

	return parts_hold(p, "indexes", item);
}

static void lists(const struct parts *p, bool is_held, const char *expected)
{
	AUTO_JSON *names = parts_targets(p, is_held);
	AUTO_FREE char *text = json_join(names, "none");

	assert_string_equal(text, expected);
}

static void whole(void **state)
{
	AUTO_JSON *layout = layout_of();
	AUTO_PARTS p = { 0 };

	(void)state;
	parts_of(layout, NULL, &p);
	assert_true(holds_package(&p, "rpm/el9/a.rpm"));
	assert_true(holds_index(&p, "deb/dists/bookworm/Release"));
	lists(&p, false, "none");
}

static void together(void **state)
{
	AUTO_JSON *layout = layout_of(), *targets = json_pack("[s]", "deb12");
	AUTO_PARTS p = { 0 };

	(void)state;
	parts_of(layout, targets, &p);
	lists(&p, true, "deb12, deb12-extra");
	lists(&p, false, "later, el, el9");
	assert_true(holds_package(&p, "deb/pool/b.deb"));
	assert_false(holds_package(&p, "deb/pool/c.deb"));
	assert_true(holds_index(&p, "deb/dists/bookworm/main/binary-amd64/Packages"));
	assert_false(holds_index(&p, "deb/dists/bookworm/next/main/binary-amd64/Packages"));
	assert_false(holds_index(&p, "rpm/el9/repodata/repomd.xml"));
	assert_true(holds_index(&p, "deb/dists/empty/Release"));
}

static void the_longer_name(void **state)
{
	AUTO_JSON *layout = layout_of(), *targets = json_pack("[s, s]", "later", "el9");
	AUTO_PARTS p = { 0 };

	(void)state;
	parts_of(layout, targets, &p);
	lists(&p, true, "later, el9");
	assert_false(holds_index(&p, "deb/dists/bookworm/Release"));
	assert_true(holds_index(&p, "deb/dists/bookworm/next/Release"));
	assert_true(holds_package(&p, "deb/pool/a.deb")); /* the same file for both */
	assert_false(holds_index(&p, "rpm/repodata/repomd.xml"));
	assert_true(holds_index(&p, "rpm/el9/repodata/repomd.xml"));
}

static void note(void **state)
{
	static const char *const bad[] = { "", "[]", "{}", "{\"type\":\"sluice-targets\",\"version\":1,\"targets\":[]}",
		"{\"type\":\"sluice-targets\",\"version\":1,\"targets\":[1]}",
		"{\"type\":\"sluice-targets\",\"version\":1,\"targets\":[\"\"]}",
		"{\"type\":\"sluice-targets\",\"version\":2,\"targets\":[\"deb\"]}",
		"{\"type\":\"sluice-receipt\",\"version\":1,\"targets\":[\"deb\"]}" };
	char dir[] = "/tmp/sluice-parts-XXXXXX";
	AUTO_JSON *targets = json_pack("[s, s]", "deb12", "el9"), *back = NULL, *none = NULL;
	struct err e = { 0 };

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		e = (struct err){ 0 };
		if (parts_parse(bad[i], strlen(bad[i]), &e))
			fail_msg("taken: %s", bad[i]);
		assert_int_equal(e.class, ERR_INPUT);
	}
	assert_non_null(mkdtemp(dir));
	e = (struct err){ 0 };
	assert_int_equal(parts_read(dir, &none, &e), 0);
	assert_null(none);
	assert_int_equal(parts_write(dir, targets, &e), 0);
	assert_int_equal(parts_read(dir, &back, &e), 0);
	assert_true(json_equal(back, targets));
	assert_int_equal(fs_remove_tree(dir, &e), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(whole), cmocka_unit_test(together),
		cmocka_unit_test(the_longer_name), cmocka_unit_test(note) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
