/* test_pairs.c - one file of an old and a new version, and the finding that must come of it: every spelling of a weakening that we know of, and beside
 * them changes that look alike and are none. The pairs are tests/data/inspect/weakened.txt. */
#include "base/fs.h"
#include "tests/unit/inspect/build_side.h"

struct pair {
	char *where, *old, *new;
};

/* The pair's file, alone in a package; where: a path, or "script SOURCE". */
static json_t *facts_with(const char *where, const char *content)
{
	struct side side = { 0 };
	AUTO_FREE char *line = strncmp(where, "script ", 7) == 0
		? mem_printf("%s %s", where, content)
		: mem_printf("file %s 0644 root root %s", where, content);

	side_begin(&side);
	add_line(&side, line);
	return side_end(&side);
}

/* Is there a finding "CHECK SEVERITY"? "nothing": none of high or critical. */
static bool is_as_wanted(const char *lines, const char *want)
{
	AUTO_FREE char *all = mem_printf("\n%s", lines), *one = mem_printf("\n%s ", want);

	if (strcmp(want, "nothing") == 0)
		return strstr(all, " high ") == NULL && strstr(all, " critical ") == NULL;
	return strstr(all, one) != NULL;
}

static bool is_found(const struct pair *p, const char *want)
{
	AUTO_JSON *old = facts_with(p->where, p->old), *new = facts_with(p->where, p->new);
	AUTO_FREE char *lines = finding_lines(old, new, false), *same = finding_lines(old, old, false);

	if (is_as_wanted(lines, want) && *same == 0)
		return true;
	fprintf(stderr, "%s\n- %s\n+ %s\n= %s, but got:\n%s", p->where, p->old, p->new, want, lines);
	if (*same)
		fprintf(stderr, "and between equal ones:\n%s", same);
	return false;
}

static void every_pair(void **state)
{
	AUTO_FREE char *text = NULL;
	struct pair pair = { 0 };
	struct err e = { 0 };
	unsigned pairs = 0, wrong = 0;
	size_t len = 0;

	assert_int_equal(fs_read_file(TEST_DATA "/inspect/weakened.txt", MIB(1), &text, &len, &e), 0);
	for (char *rest = text, *line; (line = strsep(&rest, "\n")) != NULL;) {
		if (line[0] == '#' || line[0] == 0)
			continue;
		if (line[0] == '/' || strncmp(line, "script ", 7) == 0) {
			pair = (struct pair){ .where = line };
		} else if (line[0] == '-' && line[1] == ' ') {
			pair.old = line + 2;
		} else if (line[0] == '+' && line[1] == ' ') {
			pair.new = line + 2;
		} else if (line[0] == '=' && line[1] == ' ' && pair.where && pair.old && pair.new) {
			wrong += !is_found(&pair, line + 2);
			pairs++;
		} else {
			fail_msg("what is '%s'?", line);
		}
	}
	assert_true(pairs > 100);
	assert_int_equal(wrong, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_pair),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
