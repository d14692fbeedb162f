/* test_version.c - both orders against dpkg and librpm; translation keeps order, over a table and over random versions. */
#include "base/fs.h"
#include "formats/version.h"
#include <rpm/rpmver.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

typedef int compare_fn(const struct evr *a, const struct evr *b);
typedef int translate_fn(struct arena *a, const struct evr *from, struct evr *ret, struct err *e);

static struct evr parse(struct arena *a, const char *text)
{
	struct err e = { 0 };
	struct evr v = { 0 };

	if (evr_parse(a, text, &v, &e))
		fail_msg("%s: %s", text, e.text);
	return v;
}

/* dpkg's own word on it */
static bool dpkg_says(const char *a, const char *op, const char *b)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		execlp("dpkg", "dpkg", "--compare-versions", a, op, b, (char *)NULL);
		_exit(127);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) <= 1);
	return WEXITSTATUS(status) == 0;
}

static int dpkg_compare(const char *a, const char *b)
{
	return dpkg_says(a, "lt", b) ? -1 : dpkg_says(a, "gt", b) ? 1 : 0;
}

static int rpm_compare(const char *a, const char *b)
{
	rpmver x = rpmverParse(a), y = rpmverParse(b);
	int order = rpmverCmp(x, y);

	rpmverFree(x);
	rpmverFree(y);
	return order;
}

static void expect_translated(bool is_deb, const char *x, const char *y, int order)
{
	AUTO(arena) arena = { 0 };
	struct err e = { 0 };
	struct evr a = parse(&arena, x), b = parse(&arena, y), ta, tb;
	translate_fn *translate = is_deb ? version_to_rpm : version_to_deb;
	char *textA, *textB;

	assert_int_equal(translate(&arena, &a, &ta, &e), 0);
	assert_int_equal(translate(&arena, &b, &tb, &e), 0);
	textA = evr_text(&arena, &ta);
	textB = evr_text(&arena, &tb);
	if (!is_deb && (!version_deb_valid(textA) || !version_deb_valid(textB)))
		fail_msg("%s or %s is no version for dpkg", textA, textB);
	if ((is_deb ? version_compare_rpm(&ta, &tb) : version_compare_deb(&ta, &tb)) != order)
		fail_msg("%s ? %s is %d, but translated %s ? %s is not", x, y, order, textA, textB);
}

static FILE *open_table(const char *name)
{
	char path[512];
	FILE *f;

	(void)snprintf(path, sizeof path, TEST_DATA "/%s", name);
	f = fopen(path, "re");
	assert_non_null(f);
	return f;
}

static void table(void **state)
{
	FILE *f = open_table("version-order.txt");
	char line[512], family[8], x[160], op[4], y[160];
	int rows = 0;

	while (fgets(line, sizeof line, f)) {
		AUTO(arena) arena = { 0 };
		struct evr a, b;
		int order;
		bool is_deb;

		if (*line == '#' || sscanf(line, "%7s %159s %3s %159s", family, x, op, y) != 4)
			continue;
		is_deb = strcmp(family, "deb") == 0;
		order = *op == '<' ? -1 : *op == '>';
		a = parse(&arena, x);
		b = parse(&arena, y);
		if ((is_deb ? version_compare_deb : version_compare_rpm)(&a, &b) != order)
			fail_msg("ours: %s", line);
		if ((is_deb ? dpkg_compare(x, y) : rpm_compare(x, y)) != order)
			fail_msg("theirs: %s", line);
		expect_translated(is_deb, x, y, order);
		expect_translated(is_deb, y, x, -order);
		rows++;
	}
	(void)fclose(f);
	assert_true(rows > 50);
}

static void spelling(void **state)
{
	FILE *f = open_table("version-translate.txt");
	char line[512], family[8], x[160], y[160];
	int rows = 0;

	while (fgets(line, sizeof line, f)) {
		AUTO(arena) arena = { 0 };
		struct err e = { 0 };
		struct evr a, b;

		if (*line == '#' || sscanf(line, "%7s %159s %159s", family, x, y) != 3)
			continue;
		a = parse(&arena, x);
		assert_int_equal((strcmp(family, "deb") == 0 ? version_to_rpm : version_to_deb)(&arena, &a, &b, &e), 0);
		assert_string_equal(evr_text(&arena, &b), y);
		rows++;
	}
	(void)fclose(f);
	assert_true(rows > 10);
}

/* A small repeatable generator: failures can be run again. */
static uint32_t next_random(uint32_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 17;
	*seed ^= *seed << 5;
	return *seed;
}

static void random_part(char *ret, const char *alphabet, size_t longest, uint32_t *seed)
{
	size_t len = 1 + next_random(seed) % longest;

	for (size_t i = 0; i < len; i++)
		ret[i] = alphabet[next_random(seed) % strlen(alphabet)];
	ret[len] = '\0';
}

static void random_version(char *ret, size_t room, bool is_deb, uint32_t *seed)
{
	char version[16], release[16];

	random_part(version, is_deb ? "01aAz~+-.:" : "012aAz~^._", 6, seed);
	random_part(release, is_deb ? "01ab~+." : "01ab~^.", 3, seed);
	(void)snprintf(ret, room, "0:%s%s-%s", is_deb ? "1" : "", version, release);
}

/* Near neighbours find more than strangers: y gets x's first bytes, as far as both versions reach. */
static void share_beginning(char *y, const char *x, size_t len)
{
	for (size_t i = 0; i < len && x[i] && x[i] != '-' && y[i] && y[i] != '-'; i++)
		y[i] = x[i];
}

static void random_versions(void **state)
{
	for (int is_deb = 0; is_deb < 2; is_deb++) {
		uint32_t seed = 20261121;

		for (int i = 0; i < 300000; i++) {
			AUTO(arena) arena = { 0 };
			char x[64], y[64];
			struct evr a, b;
			int order;

			random_version(x, sizeof x, is_deb, &seed);
			random_version(y, sizeof y, is_deb, &seed);
			share_beginning(y, x, 2 + next_random(&seed) % 6);
			a = parse(&arena, x);
			b = parse(&arena, y);
			order = (is_deb ? version_compare_deb : version_compare_rpm)(&a, &b);
			if (!is_deb)
				assert_int_equal(order, rpm_compare(x, y));
			else if (i < 300)
				assert_int_equal(order, dpkg_compare(x, y));
			expect_translated(is_deb, x, y, order);
		}
	}
}

static void refused(void **state)
{
	static const char *const bad[] = { "", "1:", ":1", "x:1", "1-", "-1", "99999999999:1", "1 2", "1\t", "1\n" };
	AUTO(arena) arena = { 0 };

	for (size_t i = 0; i < COUNT(bad); i++) {
		struct err e = { 0 };
		struct evr v;

		assert_int_equal(evr_parse(&arena, bad[i], &v, &e), -1);
		assert_string_equal(e.code, "E_METADATA");
	}
	assert_true(version_deb_valid("1:1.0-rc1:2-1") && version_deb_valid("0~"));
	assert_false(version_deb_valid("a1") || version_deb_valid("1_0") || version_deb_valid("1-1^") ||
		version_deb_valid("1-") || version_deb_valid(""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(table),
		cmocka_unit_test(spelling),
		cmocka_unit_test(random_versions),
		cmocka_unit_test(refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
