/* test_relations.c - one family's relations in the other's words, from tests/data/relations-across.txt. */
#include "base/fs.h"
#include "formats/relation.h"
#include "repackager/relations.h"
#include "wire_help.h"

static const char house_text[] = "map:\n  - {deb: acme-lib, rpm: acme-libs}\n"
				 "  - {deb: \"acme-v (>= {v})\", rpm: \"acme-versioned >= {v}\"}\n";

static void parse_house(struct document *house)
{
	struct err e = { 0 };

	assert_int_equal(yaml_parse(house_text, strlen(house_text), "house", &house_schema, &house->json, &e), 0);
}

static void check(const char *line, const char *family, enum rel_kind kind, const char *text, const char *want)
{
	bool is_deb = strcmp(family, "deb") == 0;
	struct document none = { 0 }, house = { 0 };
	struct pkg meta, to;
	struct err e = { 0 };
	AUTO(text) got = { 0 };
	struct target target = { .name = "t", .suffix = "", .writer = writer_named(is_deb ? "rpm" : "deb") };
	struct identity id = { .name = "acme" };
	struct relations_job job = { &none, &house, &id, &target, &meta };

	parse_house(&house);
	pkg_init(&meta, 0);
	pkg_init(&to, 0);
	meta.format = is_deb ? "deb" : "rpm";
	meta.name = "acme";
	meta.version = "1.0";
	meta.release = "1";
	int parsed = is_deb ? relations_parse_deb(&meta, kind, text, strlen(text), &e)
			    : relation_parse_rpm(&meta, kind, text, &e);
	if (parsed || relations_build(&job, &to, &e))
		fail_msg("%s: %s", line, e.text);
	for (size_t i = 0; i < to.relations.len; i++)
		text_add(&got, "%s%s: %s", i ? "; " : "", rel_kind_name(to.relations.at[i].kind),
			to.relations.at[i].text);
	if (strcmp(got.len ? got.at : "-", want) != 0)
		fail_msg("%s\n  gives: %s", line, got.len ? got.at : "-");
	if (got.len == 0 && !text_starts(want, "-"))
		fail_msg("%s: lost", line);
	/* nothing goes silently, but what the target says of itself anyway */
	if (got.len == 0 && kind != REL_PROVIDES)
		assert_true(to.lost.len > 0);
	json_decref(house.json);
	pkg_done(&meta);
	pkg_done(&to);
}

static void table(void **state)
{
	AUTO_FREE char *text = NULL;
	size_t len, lines = 0;
	struct err e = { 0 };
	char *next;

	assert_int_equal(fs_read_file(TEST_DATA "/relations-across.txt", 1 << 20, &text, &len, &e), 0);
	for (char *line = text; line && *line; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		if (line[0] == '#')
			continue;
		AUTO_FREE char *copy = mem_strdup(line);
		char *kind = strchr(copy, ' '), *relation = strstr(copy, ": "), *want = strstr(copy, "  =>  ");
		assert_true(kind && relation && want);
		*kind++ = *relation = *want = '\0';
		check(line, copy, (enum rel_kind)rel_kind_parse(kind), relation + 2, want + 6);
		lines++;
	}
	assert_true(lines > 30);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(table) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
