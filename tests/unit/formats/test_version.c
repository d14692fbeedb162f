/* test_version.c - the orders against dpkg, librpm and libalpm; translation into every family keeps order, over a table and over random
 * versions. apk has no library to ask on Debian: its rows in the table are the specification. */
#include "base/fs.h"
#include "formats/version.h"
#include <dlfcn.h>
#include <rpm/rpmver.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

typedef int vercmp_fn(const char *a, const char *b);

static enum family family_named(const char *name)
{
	for (int f = 0; f < FAMILY_NONE; f++)
		if (strcmp(family_name((enum family)f), name) == 0)
			return (enum family)f;
	fail_msg("no family %s", name);
	return FAMILY_NONE;
}

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

/* libalpm's own, which is what vercmp(8) calls */
static int alpm_compare(const char *a, const char *b)
{
	static vercmp_fn *vercmp;
	int order;

	if (!vercmp) {
		void *library = dlopen("libalpm.so.13", RTLD_NOW);
		assert_non_null(library);
		*(void **)&vercmp = dlsym(library, "alpm_pkg_vercmp");
		assert_non_null(vercmp);
	}
	order = vercmp(a, b);
	return (order > 0) - (order < 0);
}

static bool is_valid(enum family f, const char *text)
{
	return f == FAMILY_DEB       ? version_deb_valid(text)
		: f == FAMILY_PACMAN ? version_pacman_valid(text)
				     : f != FAMILY_APK || version_apk_valid(text);
}

static void expect_translated_into(
	enum family from, enum family into, struct arena *arena, const char *x, const char *y, int order)
{
	struct err e = { 0 };
	struct evr a = parse(arena, x), b = parse(arena, y), ta, tb;
	char *textA, *textB;

	if (version_into(from, into, arena, &a, &ta, &e) || version_into(from, into, arena, &b, &tb, &e))
		fail_msg("%s, %s: %s", x, y, e.text);
	textA = evr_text(arena, &ta);
	textB = evr_text(arena, &tb);
	if (!is_valid(into, textA) || !is_valid(into, textB))
		fail_msg("%s or %s is no version for %s", textA, textB, family_name(into));
	if (version_compare(into, &ta, &tb) != order)
		fail_msg("%s ? %s is %d, but in %s %s ? %s is not", x, y, order, family_name(into), textA, textB);
	if (into == FAMILY_PACMAN && alpm_compare(textA, textB) != order)
		fail_msg("%s ? %s is %d, but to libalpm %s ? %s is not", x, y, order, textA, textB);
}

static void expect_translated(enum family from, const char *x, const char *y, int order)
{
	AUTO(arena) arena = { 0 };

	for (int into = 0; into < FAMILY_NONE; into++)
		expect_translated_into(from, (enum family)into, &arena, x, y, order);
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

/* What the family's own program says; apk's is not there. */
static int home_compare(enum family f, const char *x, const char *y, int if_none)
{
	return f == FAMILY_DEB       ? dpkg_compare(x, y)
		: f == FAMILY_RPM    ? rpm_compare(x, y)
		: f == FAMILY_PACMAN ? alpm_compare(x, y)
				     : if_none;
}

static void table(void **state)
{
	FILE *file = open_table("version-order.txt");
	char line[512], family[16], x[160], op[4], y[160];
	int rows = 0;

	while (fgets(line, sizeof line, file)) {
		AUTO(arena) arena = { 0 };
		struct evr a, b;
		int order;
		enum family f;

		if (*line == '#' || sscanf(line, "%15s %159s %3s %159s", family, x, op, y) != 4)
			continue;
		f = family_named(family);
		order = *op == '<' ? -1 : *op == '>';
		a = parse(&arena, x);
		b = parse(&arena, y);
		if (version_compare(f, &a, &b) != order)
			fail_msg("ours: %s", line);
		if (home_compare(f, x, y, order) != order)
			fail_msg("theirs: %s", line);
		expect_translated(f, x, y, order);
		expect_translated(f, y, x, -order);
		rows++;
	}
	(void)fclose(file);
	assert_true(rows > 50);
}

static void spelling(void **state)
{
	FILE *file = open_table("version-translate.txt");
	char line[512], family[16], into[16], x[160], y[160];
	int rows = 0;

	while (fgets(line, sizeof line, file)) {
		AUTO(arena) arena = { 0 };
		struct err e = { 0 };
		struct evr a, b;

		if (*line == '#' || sscanf(line, "%15s %15s %159s %159s", family, into, x, y) != 4)
			continue;
		a = parse(&arena, x);
		if (version_into(family_named(family), family_named(into), &arena, &a, &b, &e))
			fail_msg("%s: %s", line, e.text);
		assert_string_equal(evr_text(&arena, &b), y);
		rows++;
	}
	(void)fclose(file);
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

/* Parts of one family that say nearly anything its grammar allows. */
static void random_version(char *ret, size_t room, enum family f, uint32_t *seed)
{
	static const char *const versions[] = { "01aAz~+-.:", "012aAz~^._", "01aAzbB._+", "" },
				 *const releases[] = { "01ab~+.", "01ab~^.", "01b.", "" };
	char version[16], release[16];

	random_part(version, versions[f], 6, seed);
	random_part(release, releases[f], 3, seed);
	(void)snprintf(ret, room, "%s%s%s-%s",
		f == FAMILY_RPM && next_random(seed) % 8 == 0 ? "1:" : "0:", f == FAMILY_DEB ? "1" : "", version,
		release);
}

static size_t add(char *ret, size_t len, size_t room, const char *text, unsigned number)
{
	int more = number < 100 ? snprintf(ret + len, room - len, "%s%u", text, number)
				: snprintf(ret + len, room - len, "%s", text);

	return len + (size_t)more;
}

/* By apk's grammar: most random bytes are no version. Components may begin with zeros. */
static void random_apk(char *ret, size_t room, uint32_t *seed)
{
	static const char *const suffix[] = { "_alpha", "_beta", "_pre", "_rc", "_cvs", "_svn", "_git", "_hg", "_p" };
	static const char *const component[] = { ".", ".0", ".00", "." };
	static const char *const letter[] = { "a", "b", "y", "z" };
	size_t len = add(ret, 0, room, "", next_random(seed) % 3);

	while (next_random(seed) % 2)
		len = add(ret, len, room, component[next_random(seed) % 4],
			next_random(seed) % 3 ? next_random(seed) % 12 : 0);
	if (next_random(seed) % 3 == 0)
		len = add(ret, len, room, letter[next_random(seed) % 4], 100);
	for (int i = 0; i < 3 && next_random(seed) % 2; i++)
		len = add(ret, len, room, suffix[next_random(seed) % COUNT(suffix)],
			next_random(seed) % 2 ? next_random(seed) % 3 : 100);
	(void)add(ret, len, room, "-r", next_random(seed) % 3);
}

/* Near neighbours find more than strangers: y gets x's first bytes, as far as both versions reach. */
static void share_beginning(char *y, const char *x, size_t len)
{
	for (size_t i = 0; i < len && x[i] && x[i] != '-' && y[i] && y[i] != '-'; i++)
		y[i] = x[i];
}

/* See version.h on what pacman has no order for. */
static void end_without_sign(char *version)
{
	char *dash = strchr(version, '-');

	for (char *end = dash - 1;; end = dash + strlen(dash) - 1) {
		if (strchr("._+", *end))
			*end = '1';
		if (end > dash)
			return;
	}
}

static void random_versions(void **state)
{
	int tries = getenv("SLUICE_KILLS") ? 20000 : 100000; /* sanitized: each is five times as long */

	for (int f = 0; f < FAMILY_NONE; f++) {
		uint32_t seed = 20261121;
		int pairs = 0;

		for (int i = 0; i < tries; i++) {
			AUTO(arena) arena = { 0 };
			char x[128], y[128];
			struct evr a, b;
			int order;

			if (f == FAMILY_APK) {
				random_apk(x, sizeof x, &seed);
				random_apk(y, sizeof y, &seed);
			} else {
				random_version(x, sizeof x, (enum family)f, &seed);
				random_version(y, sizeof y, (enum family)f, &seed);
			}
			share_beginning(y, x, 2 + next_random(&seed) % 6);
			if (f == FAMILY_PACMAN) {
				end_without_sign(x);
				end_without_sign(y);
			}
			if (f == FAMILY_APK && !version_apk_valid(y))
				continue;
			a = parse(&arena, x);
			b = parse(&arena, y);
			order = version_compare((enum family)f, &a, &b);
			if (f != FAMILY_DEB || i < 300)
				assert_int_equal(order, home_compare((enum family)f, x, y, order));
			expect_translated((enum family)f, x, y, order);
			pairs++;
		}
		assert_true(pairs > tries * 3 / 10);
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
	assert_true(version_apk_valid("1.2.3b_rc1_p2-r4") && version_apk_valid("0") && version_apk_valid("1_alpha_p"));
	assert_false(version_apk_valid("a") || version_apk_valid("1.0bc") || version_apk_valid("1.0_foo1") ||
		version_apk_valid("1.") || version_apk_valid("1-4") || version_apk_valid("1-r") ||
		version_apk_valid("1:1") || version_apk_valid("") || version_apk_valid("1.0B") ||
		version_apk_valid("1.123456789012345678"));
	assert_false(version_pacman_valid("1-2-3") || version_pacman_valid("") || version_pacman_valid("1/2-1"));
}

static void refused_translations(void **state)
{
	static const struct {
		enum family from;
		const char *text;
	} bad[] = { { FAMILY_PACMAN, "1.0.-1" }, { FAMILY_PACMAN, "1-2-3" }, { FAMILY_APK, "1.0bc-r1" },
		{ FAMILY_APK, "1:1.0-r1" }, { FAMILY_APK, "1.0-1" }, { FAMILY_DEB, "1_0-1" } };
	AUTO(arena) arena = { 0 };

	for (size_t i = 0; i < COUNT(bad); i++) {
		struct err e = { 0 };
		struct evr v = parse(&arena, bad[i].text), t;

		assert_int_equal(version_into(bad[i].from, FAMILY_RPM, &arena, &v, &t, &e), -1);
		assert_string_equal(e.code, "E_METADATA");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(table),
		cmocka_unit_test(spelling),
		cmocka_unit_test(random_versions),
		cmocka_unit_test(refused),
		cmocka_unit_test(refused_translations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
