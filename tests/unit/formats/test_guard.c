/* test_guard.c - the guard against tables of names, packages and script lines in tests/data/guard. */
#include "base/arena.h"
#include "base/fs.h"
#include "formats/guard.h"
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static char *load(const char *name)
{
	AUTO_FREE char *path = mem_printf("%s/guard/%s", TEST_DATA, name);
	struct err e = { 0 };
	char *bytes = NULL;
	size_t len;

	if (fs_read_file(path, 1 << 20, &bytes, &len, &e))
		fail_msg("%s", e.text);
	return bytes;
}

/* \xNN \n \\ in place; returns the length. */
static size_t unescape(char *text)
{
	char *to = text;

	for (const char *at = text; *at; at++) {
		unsigned byte = (unsigned char)*at;

		if (*at == '\\' && at[1] == 'x' && sscanf(at + 2, "%2x", &byte) == 1)
			at += 3;
		else if (*at == '\\' && at[1] == 'n')
			byte = '\n', at++;
		else if (*at == '\\' && at[1])
			at++;
		*to++ = (char)byte;
	}
	*to = 0;
	return (size_t)(to - text);
}

static void names_get_one_form_or_a_code(void **state)
{
	AUTO_FREE char *table = load("paths.txt");
	struct limits limits = limits_default;
	unsigned cases = 0;

	for (char *save = NULL, *line = strtok_r(table, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		struct guard *g = guard_new(NULL, &limits, 0, NULL);
		struct err e = { 0 };
		const char *path = NULL;
		char raw[256], want[256];
		size_t len;

		if (line[0] == '#' || sscanf(line, "%255s %255s", raw, want) != 2) {
			guard_free(g);
			continue;
		}
		len = unescape(raw);
		unescape(want);
		if (guard_path(g, raw, len, false, &path, &e))
			assert_string_equal(e.code, want);
		else
			assert_string_equal(path, want);
		guard_free(g);
		cases++;
	}
	assert_true(cases >= 30);
}

static void long_names_have_codes(void **state)
{
	struct limits limits = limits_default;
	struct guard *g = guard_new(NULL, &limits, 0, NULL);
	static char name[5000], deep[2000];
	const char *path;
	struct err e = { 0 };

	memset(name, 'a', sizeof name);
	for (size_t i = 0; i < sizeof deep; i += 2)
		memcpy(deep + i, "d/", 2);
	assert_int_equal(guard_path(g, name, 255, false, &path, &e), 0);
	assert_int_equal(guard_path(g, name, 256, false, &path, &e), -1);
	assert_string_equal(e.code, "E_LIMIT_NAME");
	assert_int_equal(guard_path(g, name, sizeof name, false, &path, &e), -1);
	assert_string_equal(e.code, "E_LIMIT_PATH");
	assert_int_equal(guard_path(g, deep, 512, false, &path, &e), 0);
	assert_int_equal(guard_path(g, deep, 514, false, &path, &e), -1);
	assert_string_equal(e.code, "E_LIMIT_DEPTH");
	assert_int_equal(guard_path(g, "", 0, false, &path, &e), -1);
	assert_string_equal(e.code, "E_NAME_EMPTY");
	assert_int_equal(guard_path(g, "/etc", 4, true, &path, &e), 0);
	assert_string_equal(path, "/etc");
	guard_free(g);
}

/* One entry as a line of packages.txt tells it. */
static int feed(struct guard *g, char *line, struct err *e)
{
	static const char *const words[] = { "file", "dir", "symlink", "hardlink", "char", "block", "fifo", "setuid" };
	char type[16] = "", path[256] = "", target[256] = "";
	struct entry en;
	size_t kind = 0;

	entry_init(&en);
	sscanf(line, "%15s %255s %255s", type, path, target);
	while (kind < COUNT(words) && strcmp(words[kind], type) != 0)
		kind++;
	if (kind == COUNT(words))
		fail_msg("packages.txt: no such type: %s", line);
	en.type = kind == 7 ? ENTRY_FILE : (enum entry_type)kind;
	en.mode = kind == 7 ? 04755 : kind == ENTRY_DIR ? 0755 : 0644;
	en.target = target;
	en.uid = en.gid = 0;
	unescape(target);
	if (guard_path(g, path, unescape(path), true, &en.path, e))
		return -1;
	if (sink_entry_begin(guard_sink(g), &en, e))
		return -1;
	return sink_entry_end(guard_sink(g), e);
}

static bool is_warned(const struct pkg *pkg, const char *code)
{
	for (size_t i = 0; i < pkg->warnings.len; i++)
		if (strcmp(pkg->warnings.at[i].code, code) == 0)
			return true;
	return false;
}

/* The lines of one case; the last is what must come of it. */
static void judge(char **lines, size_t len)
{
	struct limits limits = limits_default;
	const char *want = lines[len - 1];
	struct err e = { 0 };
	struct guard *g;
	struct pkg pkg;
	int done = 0;

	pkg_init(&pkg, 0);
	g = guard_new(NULL, &limits, 0, &pkg);
	for (size_t i = 0; i + 1 < len && done == 0; i++) {
		if (strcmp(lines[i], "meta") == 0)
			pkg.has_metadata = true;
		else if (strcmp(lines[i], "backward") == 0)
			guard_links_backward(g);
		else
			done = feed(g, lines[i], &e);
	}
	if (done == 0)
		done = guard_finish(g, &e);
	if (strncmp(want, "E_", 2) == 0) {
		if (done == 0)
			fail_msg("%s ...: accepted, not %s", lines[0], want);
		assert_string_equal(e.code, want);
	} else if (done) {
		fail_msg("%s ...: refused, not %s: %s", lines[0], want, e.text);
	} else if (strncmp(want, "warn ", 5) == 0) {
		if (!is_warned(&pkg, want + 5))
			fail_msg("%s ...: no %s", lines[0], want);
	} else {
		assert_string_equal(want, "ok");
		if (pkg.warnings.len)
			fail_msg("%s ...: %s %s", lines[0], pkg.warnings.at[0].code, pkg.warnings.at[0].text);
	}
	guard_free(g);
	pkg_done(&pkg);
}

static void packages_end_as_the_table_says(void **state)
{
	AUTO_FREE char *table = load("packages.txt");
	char *lines[32], *rest = table, *line;
	size_t len = 0, cases = 0;

	while ((line = strsep(&rest, "\n"))) {
		if (line[0] == '#')
			continue;
		if (line[0]) {
			assert_true(len < COUNT(lines));
			lines[len++] = line;
			continue;
		}
		if (len) {
			judge(lines, len);
			cases++;
		}
		len = 0;
	}
	assert_true(cases >= 35);
}

static void scripts_are_reviewed_by_line(void **state)
{
	AUTO_FREE char *table = load("scripts.txt");
	unsigned cases = 0;

	assert_int_equal(guard_script_patterns(), 0);
	for (char *save = NULL, *line = strtok_r(table, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		bool review = strncmp(line, "review ", 7) == 0;
		const char *body = line + (review ? 7 : 5);
		struct script s = {
			.source = "postinst", .interpreter = "/bin/sh", .body = body, .len = strlen(body), .trigger = ""
		};
		struct pkg pkg;

		if (line[0] == '#')
			continue;
		pkg_init(&pkg, 0);
		guard_script(&pkg, &s);
		if (is_warned(&pkg, "E_SCRIPT_REVIEW") != review)
			fail_msg("%s", line);
		pkg_done(&pkg);
		cases++;
	}
	assert_true(cases >= 30);
}

static int put(struct guard *g, const char *path, uint64_t size, struct err *e)
{
	struct entry en;

	entry_init(&en);
	en.size = size;
	return guard_path(g, path, strlen(path), true, &en.path, e) || sink_entry_begin(guard_sink(g), &en, e) ? -1 : 0;
}

static void totals_and_sizes_are_held(void **state)
{
	static unsigned char piece[1 << 20];
	struct limits limits = limits_default;
	struct err e = { 0 };
	struct guard *g;
	int done = 0;

	g = guard_new(NULL, &limits, 1000, NULL);
	assert_int_equal(put(g, "bomb", GIB(1), &e), 0);
	for (int i = 0; i < 100 && done == 0; i++)
		done = sink_data(guard_sink(g), piece, sizeof piece, &e);
	assert_string_equal(e.code, "E_LIMIT_RATIO");
	guard_free(g);

	g = guard_new(NULL, &limits, 1000, NULL);
	assert_int_equal(put(g, "sparse", GIB(1), &e), 0);
	assert_int_equal(sink_data(guard_sink(g), NULL, (size_t)GIB(1), &e), 0);
	assert_int_equal(sink_entry_end(guard_sink(g), &e), 0);
	assert_int_equal(put(g, "short", 10, &e), 0);
	assert_int_equal(sink_data(guard_sink(g), piece, 9, &e), 0);
	assert_int_equal(sink_entry_end(guard_sink(g), &e), -1);
	assert_string_equal(e.code, "E_MISMATCH");
	guard_free(g);

	limits.output = MIB(1);
	limits.entries = 2;
	g = guard_new(NULL, &limits, 1000, NULL);
	assert_int_equal(put(g, "long", 10, &e), 0);
	assert_int_equal(sink_data(guard_sink(g), piece, 11, &e), -1);
	assert_string_equal(e.code, "E_MISMATCH");
	guard_free(g);
	g = guard_new(NULL, &limits, 1000, NULL);
	assert_int_equal(put(g, "big", MIB(2), &e), -1);
	assert_string_equal(e.code, "E_LIMIT_SIZE");
	guard_free(g);
	g = guard_new(NULL, &limits, 1000, NULL);
	assert_int_equal(put(g, "1", 0, &e) || sink_entry_end(guard_sink(g), &e) || put(g, "2", 0, &e) ||
			sink_entry_end(guard_sink(g), &e),
		0);
	assert_int_equal(put(g, "3", 0, &e), -1);
	assert_string_equal(e.code, "E_LIMIT_ENTRIES");
	guard_free(g);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(names_get_one_form_or_a_code),
		cmocka_unit_test(long_names_have_codes), cmocka_unit_test(packages_end_as_the_table_says),
		cmocka_unit_test(scripts_are_reviewed_by_line), cmocka_unit_test(totals_and_sizes_are_held) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
