/* test_relations.c - one family's relations in every other's words, from tests/data/relations-across.txt. */
#include "base/fs.h"
#include "formats/relation.h"
#include "formats/version.h"
#include "repackager/relations.h"
#include "wire_help.h"

static const char house_text[] = "map:\n"
				 "  - {deb: acme-lib, rpm: acme-libs}\n"
				 "  - {deb: \"acme-v (>= {v})\", rpm: \"acme-versioned >= {v}\"}\n"
				 "  - {deb: \"acme-all (>= {v})\", pacman: \"acme-p>={v}\", apk: \"acme-k>={v}\"}\n"
				 "  - {rpm: \"acme-not-there\", deb: \"\"}\n"
				 "  - {rpm: \"libacme.so.1()(64bit)\", deb: acme-lib}\n";

static void parse_house(struct document *house)
{
	struct err e = { 0 };

	assert_int_equal(yaml_parse(house_text, strlen(house_text), "house", &house_schema, &house->json, &e), 0);
}

static enum family family_named(const char *name)
{
	for (int f = 0; f < FAMILIES; f++)
		if (strcmp(family_name((enum family)f), name) == 0)
			return (enum family)f;
	fail_msg("no family %s", name);
	return FAMILY_NONE;
}

/* As the writers need it: only its name is looked at. */
static const struct writer writer_of[FAMILIES] = { { .name = "deb" }, { .name = "rpm" }, { .name = "pacman" },
	{ .name = "apk" }, { .name = "tar.zst" } };

static int parse(enum family f, struct pkg *p, enum rel_kind kind, const char *text, struct err *e)
{
	if (f == FAMILY_DEB)
		return relations_parse_deb(p, kind, text, strlen(text), e);
	if (f == FAMILY_RPM)
		return relation_parse_rpm(p, kind, text, e);
	/* pacman and apk: "name>=version" */
	static const char *const signs[] = {
		[OP_LT] = "<", [OP_LE] = "<=", [OP_EQ] = "=", [OP_GE] = ">=", [OP_GT] = ">"
	};
	struct relation *r = pkg_add_relation(p);
	size_t name = strcspn(text, "<=>"), sign = strspn(text + name, "<=>");

	r->kind = kind;
	r->name = arena_copy(&p->arena, text, name);
	r->text = arena_str(&p->arena, text);
	r->version = arena_str(&p->arena, text + name + sign);
	for (int op = OP_LT; op <= OP_GT; op++)
		if (strlen(signs[op]) == sign && memcmp(signs[op], text + name, sign) == 0)
			r->op = (enum rel_op)op;
	return 0;
}

/* What the notes begin with, sorted out of `lost`: "mapped, changed". */
static void told(const struct pkg *to, struct text *ret)
{
	for (size_t i = 0; i < to->lost.len; i++) {
		const struct loss *l = &to->lost.at[i];
		size_t len = strcspn(l->why, ":");
		static const char *const words[] = { "mapped", "guessed", "changed", "dropped" };
		bool is_known = false;

		assert_true(text_starts(l->what, "relation:"));
		assert_int_equal(l->class, LOSS_NOTE);
		for (size_t w = 0; w < COUNT(words); w++)
			is_known |= strlen(words[w]) == len && memcmp(words[w], l->why, len) == 0;
		if (!is_known)
			fail_msg("'%s' does not say first whether it was mapped, guessed, changed or dropped", l->why);
		text_add(ret, "%s%.*s", i ? ", " : "", (int)len, l->why);
	}
}

static size_t failures;

static void check(const char *line, enum family from, enum family into, enum rel_kind kind, const char *text,
	const char *want, const char *want_told)
{
	struct document none = { 0 }, house = { 0 };
	struct pkg meta, to;
	struct err e = { 0 };
	AUTO(text) got = { 0 };
	AUTO(text) got_told = { 0 };
	struct target target = { .name = "t", .suffix = ".s", .writer = &writer_of[into] };
	struct identity id = { .name = "acme" };
	struct relations_job job = { &none, &house, &id, &target, &meta };

	parse_house(&house);
	pkg_init(&meta, 0);
	pkg_init(&to, 0);
	meta.format = writer_of[from].name;
	meta.name = to.name = "acme";
	meta.version = to.version = "1.0";
	meta.release = from == FAMILY_APK ? "r1" : "1";
	to.release = "1.s";
	to.architecture = "x86_64";
	if (parse(from, &meta, kind, text, &e) || relations_build(&job, &to, &e))
		fail_msg("%s: %s", line, e.text);
	for (size_t i = 0; i < to.relations.len; i++)
		text_add(&got, "%s%s: %s", i ? "; " : "", rel_kind_name(to.relations.at[i].kind),
			to.relations.at[i].text);
	told(&to, &got_told);
	if (strcmp(got.len ? got.at : "-", want) != 0) {
		print_error("%s\n  gives: %s\n", line, got.len ? got.at : "-");
		failures++;
	}
	if (want_told && strcmp(got_told.len ? got_told.at : "-", want_told) != 0) {
		print_error("%s\n  tells: %s\n", line, got_told.len ? got_told.at : "-");
		failures++;
	}
	/* nothing goes silently, but what the target says of itself anyway */
	if (got.len == 0 && kind != REL_PROVIDES && to.lost.len == 0) {
		print_error("%s: nothing tells it\n", line);
		failures++;
	}
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
		char *tells = strstr(copy, "  told  "), *arrow;
		assert_true(kind && relation && want);
		*kind++ = *relation = *want = '\0';
		if (tells)
			*tells = '\0';
		arrow = strchr(copy, '>');
		if (arrow)
			*arrow++ = '\0';
		enum family from = family_named(copy);
		enum family into = arrow ? family_named(arrow) : from == FAMILY_DEB ? FAMILY_RPM : FAMILY_DEB;
		check(line, from, into, (enum rel_kind)rel_kind_parse(kind), relation + 2, want + 6,
			tells ? tells + 8 : NULL);
		lines++;
	}
	assert_true(lines > 100);
	assert_int_equal(failures, 0);
}

/* ---- there and back again, over random relations: kinds, operators, alternatives and the order of versions stay */

static uint32_t next_random(uint32_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 17;
	*seed ^= *seed << 5;
	return *seed;
}

static void add_random_version(struct text *out, uint32_t *seed)
{
	static const char alphabet[] = "0129az.+~";

	text_add(out, "%u", next_random(seed) % 3);
	for (uint32_t len = next_random(seed) % 5; len > 0; len--)
		text_add(out, "%c", alphabet[next_random(seed) % (sizeof alphabet - 1)]);
	text_add(out, "-%u", 1 + next_random(seed) % 3);
}

static void add_random(struct text *out, uint32_t *seed)
{
	static const char *const ops[] = { "<<", "<=", "=", ">=", ">>" };

	text_add(out, "x%c%u", 'a' + (char)(next_random(seed) % 3), next_random(seed) % 2);
	if (next_random(seed) % 4 == 0)
		return;
	text_add(out, " (%s %s", ops[next_random(seed) % COUNT(ops)], next_random(seed) % 4 ? "" : "1:");
	add_random_version(out, seed);
	text_add(out, ")");
}

static void translate(enum family from, enum family into, struct pkg *meta, struct pkg *to)
{
	struct document none = { 0 };
	struct target target = { .name = "t", .suffix = "", .writer = &writer_of[into] };
	struct identity id = { .name = "acme" };
	struct relations_job job = { &none, &none, &id, &target, meta };
	struct err e = { 0 };

	pkg_init(to, 0);
	meta->format = writer_of[from].name;
	meta->name = to->name = "acme";
	to->architecture = "x86_64";
	if (relations_build(&job, to, &e))
		fail_msg("%s: %s", family_name(into), e.text);
}

static int order_of(const char *a, const char *b)
{
	AUTO(arena) arena = { 0 };
	struct evr x, y;
	struct err e = { 0 };

	if (evr_parse(&arena, a, &x, &e) || evr_parse(&arena, b, &y, &e))
		fail_msg("%s, %s: %s", a, b, e.text);
	return version_compare_deb(&x, &y);
}

static const struct relation *part_of(const struct relation *r, size_t i)
{
	return r->tree == REL_PLAIN ? r : &r->parts[i];
}

static size_t parts_of(const struct relation *r)
{
	return r->tree == REL_PLAIN ? 1 : r->parts_len;
}

static void same(const char *text, const struct relation *a, const struct relation *b)
{
	assert_int_equal(a->kind, b->kind);
	if (parts_of(a) != parts_of(b))
		fail_msg("%s became %s", text, b->text);
	for (size_t i = 0; i < parts_of(a); i++) {
		const struct relation *x = part_of(a, i), *y = part_of(b, i);
		if (strcmp(x->name, y->name) != 0 || x->op != y->op)
			fail_msg("%s became %s", text, b->text);
	}
}

static void round_trips(void **state)
{
	static const enum rel_kind kinds[] = { REL_REQUIRES, REL_PRE_REQUIRES, REL_RECOMMENDS, REL_SUGGESTS,
		REL_CONFLICTS };
	uint32_t seed = 20261126;

	for (int round = 0; round < 20000; round++) {
		enum family over = round % 4 == 0 ? FAMILY_PACMAN : round % 4 == 1 ? FAMILY_APK : FAMILY_RPM;
		enum rel_kind kind = over == FAMILY_RPM ? kinds[(uint32_t)round / 4 % COUNT(kinds)]
			: round % 8 < 4                 ? REL_REQUIRES
							: REL_CONFLICTS;
		struct pkg home, there, back;
		struct err e = { 0 };
		AUTO(text) text = { 0 };

		add_random(&text, &seed);
		while (over == FAMILY_RPM && kind != REL_CONFLICTS && next_random(&seed) % 3 == 0) {
			text_add(&text, " | ");
			add_random(&text, &seed);
		}
		pkg_init(&home, 0);
		if (relations_parse_deb(&home, kind, text.at, text.len, &e))
			fail_msg("%s: %s", text.at, e.text);
		translate(FAMILY_DEB, over, &home, &there);
		translate(over, FAMILY_DEB, &there, &back);
		if (there.relations.len != 1 || back.relations.len != 1)
			fail_msg("%s over %s: %zu, %zu relations", text.at, family_name(over), there.relations.len,
				back.relations.len);
		same(text.at, &home.relations.at[0], &back.relations.at[0]);
		/* versions of one relation keep their order among each other */
		const struct relation *a = &home.relations.at[0], *b = &back.relations.at[0];
		for (size_t i = 1; i < parts_of(a); i++)
			if (part_of(a, i)->op && part_of(a, 0)->op &&
				order_of(part_of(a, 0)->version, part_of(a, i)->version) !=
					order_of(part_of(b, 0)->version, part_of(b, i)->version))
				fail_msg("%s became %s: another order", a->text, b->text);
		pkg_done(&home);
		pkg_done(&there);
		pkg_done(&back);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(table), cmocka_unit_test(round_trips) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
