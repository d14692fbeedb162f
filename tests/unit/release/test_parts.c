/* test_parts.c - what belongs to a target: whole indexes with their packages; and the note that says what was left out. */
#include "base/fs.h"
#include "release/channel/parts.h"
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* Two deb targets share a suite, a third has one whose name begins alike; two rpm targets, one below the other. */
static json_t *release_of(void)
{
	static const char *const rows[][5] = {
		{ "deb", "deb12", "bookworm", "deb", "deb/pool/a.deb" },
		{ "deb", "deb12-extra", "bookworm", "deb", "deb/pool/b.deb" },
		{ "deb", "later", "bookworm/next", "deb", "deb/pool/c.deb" },
		{ "deb", "later", "bookworm/next", "deb", "deb/pool/a.deb" },
		{ "rpm", "el", "", "rpm", "rpm/a.rpm" },
		{ "rpm", "el9", "", "rpm/el9", "rpm/el9/a.rpm" },
	};
	json_t *packages = json_array();

	for (size_t i = 0; i < COUNT(rows); i++)
		json_array_append_new(packages,
			json_pack("{s:s, s:s, s:s, s:s, s:s}", "format", rows[i][0], "target", rows[i][1], "suite",
				rows[i][2], "base", rows[i][3], "path", rows[i][4]));
	return json_pack("{s:o}", "packages", packages);
}

static bool holds(const struct parts *p, const char *list, const char *path)
{
	AUTO_JSON *item = json_pack("{s:s}", "path", path);

	return parts_hold(p, list, item);
}

static void lists(const struct parts *p, const json_t *release, bool is_held, const char *expected)
{
	AUTO_JSON *names = parts_targets(p, release, is_held);
	AUTO_FREE char *text = json_join(names, "none");

	assert_string_equal(text, expected);
}

static void whole(void **state)
{
	AUTO_JSON *release = release_of();
	AUTO_PARTS p = { 0 };

	(void)state;
	parts_of(release, NULL, &p);
	assert_true(holds(&p, "packages", "rpm/el9/a.rpm"));
	assert_true(holds(&p, "indexes", "deb/dists/bookworm/Release"));
	lists(&p, release, false, "none");
}

static void together(void **state)
{
	AUTO_JSON *release = release_of(), *targets = json_pack("[s]", "deb12");
	AUTO_PARTS p = { 0 };

	(void)state;
	parts_of(release, targets, &p);
	lists(&p, release, true, "deb12, deb12-extra");
	lists(&p, release, false, "later, el, el9");
	assert_true(holds(&p, "packages", "deb/pool/b.deb"));
	assert_false(holds(&p, "packages", "deb/pool/c.deb"));
	assert_true(holds(&p, "indexes", "deb/dists/bookworm/main/binary-amd64/Packages"));
	assert_false(holds(&p, "indexes", "deb/dists/bookworm/next/main/binary-amd64/Packages"));
	assert_false(holds(&p, "indexes", "rpm/el9/repodata/repomd.xml"));
	assert_true(holds(&p, "indexes", "deb/dists/empty/Release"));
}

static void the_longer_name(void **state)
{
	AUTO_JSON *release = release_of(), *targets = json_pack("[s, s]", "later", "el9");
	AUTO_PARTS p = { 0 };

	(void)state;
	parts_of(release, targets, &p);
	lists(&p, release, true, "later, el9");
	assert_false(holds(&p, "indexes", "deb/dists/bookworm/Release"));
	assert_true(holds(&p, "indexes", "deb/dists/bookworm/next/Release"));
	assert_true(holds(&p, "packages", "deb/pool/a.deb")); /* the same file for both */
	assert_false(holds(&p, "indexes", "rpm/repodata/repomd.xml"));
	assert_true(holds(&p, "indexes", "rpm/el9/repodata/repomd.xml"));
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
