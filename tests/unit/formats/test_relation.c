/* test_relation.c - the parsers and printers of relations over tests/data/relations.txt; architecture names. */
#include "base/text.h"
#include "formats/relation.h"
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { COLUMNS = 5 };

/* "a | b \| c" into trimmed columns; "\|" is a bar of the text. */
static int split(char *line, char *ret[COLUMNS])
{
	int columns = 0;
	char *to = line;

	ret[columns++] = to;
	for (char *from = line; *from && *from != '\n'; from++) {
		if (*from == '\\' && from[1] == '|') {
			*to++ = *++from;
		} else if (*from == '|') {
			*to++ = '\0';
			if (columns == COLUMNS)
				break;
			ret[columns++] = to;
		} else {
			*to++ = *from;
		}
	}
	*to = '\0';
	for (int i = 0; i < columns; i++) {
		while (*ret[i] == ' ')
			ret[i]++;
		for (char *end = ret[i] + strlen(ret[i]); end > ret[i] && end[-1] == ' ';)
			*--end = '\0';
	}
	return columns;
}

static int parse(struct pkg *p, const char *parser, const char *kind, const char *text, struct err *e)
{
	enum rel_kind k = (enum rel_kind)rel_kind_parse(kind);

	if (strcmp(parser, "deb") == 0)
		return relations_parse_deb(p, k, text, strlen(text), e);
	return (strcmp(parser, "rpm") == 0 ? relation_parse_rpm : relation_parse_any)(p, k, text, e);
}

static void check_row(int columns, char **column)
{
	struct pkg p;
	struct err e = { 0 };
	char *deb, *rpm;

	pkg_init(&p, MIB(1));
	if (columns == 4) {
		assert_int_equal(parse(&p, column[0], column[1], column[2], &e), -1);
		if (strcmp(e.code, column[3]) != 0)
			fail_msg("%s: %s %s", column[2], e.code, e.text);
	} else {
		if (parse(&p, column[0], column[1], column[2], &e))
			fail_msg("%s: %s", column[2], e.text);
		assert_int_equal(p.relations.len, 1);
		deb = relation_deb_text(&p.arena, &p.relations.at[0]);
		rpm = relation_rpm_text(&p.arena, &p.relations.at[0]);
		if (strcmp(deb ? deb : "-", column[3]) != 0 || strcmp(rpm ? rpm : "-", column[4]) != 0)
			fail_msg("%s: deb %s, rpm %s", column[2], deb, rpm);
		if (strchr(column[2], '(') != column[2] || column[2][1] != '(')
			assert_string_equal(p.relations.at[0].text, column[2]);
	}
	pkg_done(&p);
}

static void table(void **state)
{
	FILE *f = fopen(TEST_DATA "/relations.txt", "re");
	char line[1024], *column[COLUMNS];
	int rows = 0;

	assert_non_null(f);
	while (fgets(line, sizeof line, f)) {
		int columns = *line == '#' ? 0 : split(line, column);

		if (columns < 4)
			continue;
		check_row(columns, column);
		rows++;
	}
	(void)fclose(f);
	assert_true(rows > 50);
}

static void deb_field(void **state)
{
	static const char field[] = "libc6 (>= 2.14), default-mta | mail-transport-agent,\n python3:any";
	struct pkg p;
	struct err e = { 0 };

	pkg_init(&p, 0);
	assert_int_equal(relations_parse_deb(&p, REL_REQUIRES, field, strlen(field), &e), 0);
	assert_int_equal(p.relations.len, 3);
	assert_string_equal(p.relations.at[0].version, "2.14");
	assert_int_equal(p.relations.at[0].op, OP_GE);
	assert_int_equal(p.relations.at[1].tree, REL_OR);
	assert_int_equal(p.relations.at[1].parts_len, 2);
	assert_string_equal(p.relations.at[1].parts[1].name, "mail-transport-agent");
	assert_string_equal(p.relations.at[2].arch, ":any");
	assert_int_equal(relations_parse_deb(&p, REL_REQUIRES, " \n", 2, &e), 0);
	assert_int_equal(relations_parse_deb(&p, REL_REQUIRES, "a\0b", 3, &e), -1);
	pkg_done(&p);
}

static void rich_else(void **state)
{
	struct pkg p;
	struct err e = { 0 };
	const struct relation *r;

	pkg_init(&p, 0);
	assert_int_equal(relation_parse_rpm(&p, REL_REQUIRES, "(a if (b or c) else d = 1)", &e), 0);
	r = &p.relations.at[0];
	assert_int_equal(r->tree, REL_IF);
	assert_int_equal(r->parts_len, 2);
	assert_int_equal(r->parts[1].tree, REL_ELSE);
	assert_int_equal(r->parts[1].parts[0].tree, REL_OR);
	assert_string_equal(r->parts[1].parts[1].version, "1");
	assert_string_equal(r->text, "(a if (b or c) else d = 1)");
	pkg_done(&p);
}

static void architectures(void **state)
{
	assert_string_equal(arch_to_rpm("amd64"), "x86_64");
	assert_string_equal(arch_to_rpm("i386"), "i686");
	assert_string_equal(arch_to_rpm("all"), "noarch");
	assert_string_equal(arch_to_deb("i386"), "i386");
	assert_string_equal(arch_to_deb("aarch64"), "arm64");
	assert_null(arch_to_rpm("vax"));
	assert_null(arch_to_deb("src"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(table),
		cmocka_unit_test(deb_field),
		cmocka_unit_test(rich_else),
		cmocka_unit_test(architectures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
