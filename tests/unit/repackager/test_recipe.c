/* test_recipe.c - recipe and house: what is read, where an error is, templates, --set, the digest. Files: tests/data/recipe/README. */
#include "base/fs.h"
#include "repackager/identity.h"
#include "wire_help.h"
#include <dirent.h>
#include <stdlib.h>

static void good(const char *path)
{
	struct document d = { 0 };
	struct err e = { 0 };

	if (strstr(path, "house") ? house_load(path, &d, &e) : recipe_load(path, &d, &e))
		fail_msg("%s", e.text);
	document_done(&d);
}

/* The first line says "LINE:COLUMN TEXT". */
static void bad(const char *path)
{
	struct document d = { 0 };
	struct err e = { 0 };
	AUTO_FREE char *text = NULL;
	size_t len;

	assert_int_equal(fs_read_file(path, 1 << 16, &text, &len, &e), 0);
	text[strcspn(text, "\n")] = '\0';
	char *place = text + 2, *words = strchr(place, ' ');
	*words++ = '\0';
	if (!(strstr(path, "house") ? house_load(path, &d, &e) : recipe_load(path, &d, &e)))
		fail_msg("%s was read", path);
	AUTO_FREE char *want = mem_printf("%s:%s: ", path, place);
	if (e.class != ERR_USAGE || !strstr(e.text, want) || !strstr(e.text, words))
		fail_msg("wants '%s...%s', got '%s'", want, words, e.text);
}

static void files(void **state)
{
	struct dirent **list;
	int len = scandir(TEST_DATA "/recipe", &list, NULL, alphasort);

	assert_true(len > 10);
	for (int i = 0; i < len; i++) {
		AUTO_FREE char *path = fs_join(TEST_DATA "/recipe", list[i]->d_name);
		if (text_starts(list[i]->d_name, "good-"))
			good(path);
		if (text_starts(list[i]->d_name, "bad-"))
			bad(path);
		free(list[i]);
	}
	free(list);
}

static void templates(void **state)
{
	struct words w = { 0 };
	struct arena a = { 0 };
	struct err e = { 0 };

	words_add(&w, "product", "acme");
	words_add(&w, "vendor.version", "1.2");
	assert_string_equal(words_fill(&w, &a, "org-{product}-{vendor.version}!", &e), "org-acme-1.2!");
	assert_string_equal(words_fill(&w, &a, "", &e), "");
	assert_null(words_fill(&w, &a, "{vendor}", &e));
	assert_non_null(strstr(e.text, "{vendor.version}"));
	assert_null(words_fill(&w, &a, "{product", &e));
	assert_string_equal(match_first(&a, "acme-([0-9][0-9.]*)[.]run", "acme-4.2.run", &e), "4.2");
	assert_null(match_first(&a, "acme-([0-9]+)$", "acme", &e));
	assert_null(match_first(&a, "acme", "acme", &e));
	assert_null(match_first(&a, "a(", "acme", &e));
	assert_int_equal(e.class, ERR_USAGE);
	arena_done(&a);
}

static void settings(void **state)
{
	struct settings s;
	struct err e = { 0 };

	assert_int_equal(settings_parse((const char *[]){ "name=a=b", "epoch=" }, 2, &s, &e), 0);
	assert_string_equal(s.at[SET_NAME], "a=b");
	assert_string_equal(s.at[SET_EPOCH], "");
	assert_null(s.at[SET_VERSION]);
	assert_int_equal(settings_parse((const char *[]){ "nme=a" }, 1, &s, &e), -1);
	assert_int_equal(settings_parse((const char *[]){ "name" }, 1, &s, &e), -1);
	assert_int_equal(e.class, ERR_USAGE);
}

static const struct {
	const char *file, *name, *version, *architecture;
} names[] = {
	{ "acme-agent-4.2.0-linux-x86_64.tar.gz", "acme-agent", "4.2.0", "x86_64" },
	{ "acme-agent_1.0_amd64.tgz", "acme-agent", "1.0", "x86_64" },
	{ "acme-v2.3.zip", "acme", "2.3", "" },
	{ "Acme_Tool-2.3-rc1.tar.xz", "acme-tool", "2.3-rc1", "" },
	{ "acme.tar.zst", "acme", "", "" },
	{ "acme-1.0-noarch.tar", "acme", "1.0", "noarch" },
	{ "acme-1.0.aarch64.tar.bz2", "acme", "1.0", "aarch64" },
	{ "lib2to3-3.1.tar.gz", "lib2to3", "3.1", "" },
};

static void guesses(void **state)
{
	for (size_t i = 0; i < COUNT(names); i++) {
		struct arena a = { 0 };
		const char *name, *version, *architecture;

		identity_guess(&a, names[i].file, &name, &version, &architecture);
		assert_string_equal(name, names[i].name);
		assert_string_equal(version, names[i].version);
		assert_string_equal(architecture, names[i].architecture);
		arena_done(&a);
	}
}

static void put(const char *dir, const char *name, const char *text)
{
	AUTO_FREE char *path = fs_join(dir, name);
	struct err e = { 0 };

	assert_int_equal(fs_write_file(path, text, strlen(text), 0644, &e), 0);
}

static void digest_of(const char *dir, char ret[65])
{
	AUTO_FREE char *path = fs_join(dir, "r.yaml"), *house_path = house_find(path);
	struct document recipe = { 0 }, house = { 0 };
	struct err e = { 0 };

	assert_int_equal(recipe_load(path, &recipe, &e), 0);
	assert_non_null(house_path);
	assert_int_equal(house_load(house_path, &house, &e), 0);
	assert_int_equal(recipe_digest(&recipe, &house, ret, &e), 0);
	document_done(&recipe);
	document_done(&house);
}

/* It changes with each file that is named, and with nothing else. */
static void digest(void **state)
{
	AUTO_FREE char *dir = NULL;
	struct err e = { 0 };
	char one[65], two[65];

	assert_int_equal(fs_temp_dir("digest", &dir, &e), 0);
	AUTO_FREE char *sub = fs_join(dir, "sub"), *tree = fs_join(sub, "tree");
	assert_int_equal(fs_mkdirs(tree, 0755, &e), 0);
	put(dir, "house.yaml", "rules: {add-scripts: {after: {post-install: log.sh}}}\n");
	put(dir, "log.sh", "log");
	put(sub, "r.yaml",
		"product: a\nfiles: [{add: tree, as: /x}]\nscripts: {before: {purge: p.sh}}\nexpect: e.yaml\n");
	put(sub, "p.sh", "p");
	put(sub, "e.yaml", "e");
	put(tree, "t", "t");
	digest_of(sub, one);
	put(sub, "other", "x");
	digest_of(sub, two);
	assert_string_equal(one, two);
	static const char *const named[] = { "house.yaml", "log.sh", "sub/p.sh", "sub/e.yaml", "sub/tree/t",
		"sub/tree/new" };
	for (size_t i = 0; i < COUNT(named); i++) {
		put(dir, named[i],
			i ? "changed" : "organisation: x\nrules: {add-scripts: {after: {post-install: log.sh}}}\n");
		digest_of(sub, two);
		assert_string_not_equal(one, two);
		memcpy(one, two, sizeof one);
	}
	assert_int_equal(fs_remove_tree(dir, &e), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(files), cmocka_unit_test(templates),
		cmocka_unit_test(settings), cmocka_unit_test(guesses), cmocka_unit_test(digest) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
