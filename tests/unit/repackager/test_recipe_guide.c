/* test_recipe_guide.c - docs/recipes.md tells every key of the schemas, and no other: its tables are compared with the tables. */
#include "base/fs.h"
#include "repackager/recipe.h"
#include "wire_help.h"

struct names {
	char **at;
	size_t len, room;
};

static void add(struct names *n, const char *name)
{
	for (size_t i = 0; i < n->len; i++)
		if (strcmp(n->at[i], name) == 0)
			return;
	*LIST_ADD(n) = mem_strdup(name);
}

static bool has(const struct names *n, const char *name)
{
	for (size_t i = 0; i < n->len; i++)
		if (strcmp(n->at[i], name) == 0)
			return true;
	return false;
}

static void names_done(struct names *n)
{
	for (size_t i = 0; i < n->len; i++)
		free(n->at[i]);
	LIST_DONE(n);
}

/* "files.move", "targets.*.format": a list adds nothing to a path, a free key is a star. */
static void walk(const struct yaml_schema *s, const char *path, struct names *ret)
{
	AUTO_FREE char *star = mem_printf("%s.*", path);

	if (s->kind == YAML_LIST)
		walk(s->of, path, ret);
	if (s->kind == YAML_DICT)
		walk(s->of, star, ret);
	for (size_t i = 0; s->kind == YAML_EITHER && s->either[i]; i++)
		walk(s->either[i], path, ret);
	for (size_t i = 0; s->kind == YAML_MAP && s->fields[i].key; i++) {
		AUTO_FREE char *below = mem_printf("%s%s%s", path, path[0] ? "." : "", s->fields[i].key);
		if (strchr(s->fields[i].key, ',')) /* the words of an error, no key */
			continue;
		add(ret, below);
		walk(s->fields[i].schema, below, ret);
	}
}

/* Rows "| `key` | what it does |" of one section. */
static void rows(const char *text, const char *heading, struct names *ret)
{
	const char *at = strstr(text, heading), *end = at ? strstr(at + 1, "\n## ") : NULL;

	assert_non_null(at);
	while ((at = strstr(at, "\n| `")) && (!end || at < end)) {
		at += 4;
		size_t len = strcspn(at, "`");
		AUTO_FREE char *name = mem_printf("%.*s", (int)len, at);
		if (strlen(at + len) < 8 || strncmp(at + len, "` | ", 4) != 0 || strchr("|\n ", at[len + 4]))
			fail_msg("%s: nothing is said about it", name);
		add(ret, name);
	}
}

static void compare(const char *text, const char *heading, const struct yaml_schema *schema)
{
	struct names real = { 0 }, told = { 0 };
	AUTO(text) wrong = { 0 };

	walk(schema, "", &real);
	rows(text, heading, &told);
	for (size_t i = 0; i < real.len; i++)
		if (!has(&told, real.at[i]))
			text_add(&wrong, "not told: %s\n", real.at[i]);
	for (size_t i = 0; i < told.len; i++)
		if (!has(&real, told.at[i]))
			text_add(&wrong, "there is no such key: %s\n", told.at[i]);
	assert_true(real.len > 20);
	names_done(&real);
	names_done(&told);
	if (wrong.len > 0)
		fail_msg("docs/recipes.md, %s:\n%s", heading, wrong.at);
}

static void guide(void **state)
{
	AUTO_FREE char *text = NULL;
	struct err e = { 0 };
	size_t len;

	assert_int_equal(fs_read_file(TEST_DATA "/../../docs/recipes.md", 1 << 20, &text, &len, &e), 0);
	compare(text, "\n## Every key of a recipe", &recipe_schema);
	compare(text, "\n## Every key of a house", &house_schema);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(guide) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
