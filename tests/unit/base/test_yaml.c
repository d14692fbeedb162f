/* test_yaml.c - what the schema lets through and exactly how the rest is refused. */
#include "base/fs.h"
#include "base/yaml.h"
#include <setjmp.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const struct yaml_schema text = { .kind = YAML_STRING };
static const struct yaml_schema number = { .kind = YAML_INT, .min = 1, .max = 9 };
static const struct yaml_schema flag = { .kind = YAML_BOOL };
static const struct yaml_schema choice = { .kind = YAML_CHOICE, .words = (const char *const[]){ "low", "high", NULL } };
static const struct yaml_schema duration = {
	.kind = YAML_STRING, .pattern = "^[0-9]+[smhdw]$", .what = "a duration such as 24h"
};
static const struct yaml_schema texts = { .kind = YAML_LIST, .of = &text };
static const struct yaml_schema dict = { .kind = YAML_DICT, .of = &number, .pattern = "^[a-z/]+$" };
static const struct yaml_schema either = { .kind = YAML_EITHER,
	.either = (const struct yaml_schema *const[]){ &flag, &number, &text, &texts, NULL } };
static const struct yaml_schema any = { .kind = YAML_ANY };
static const struct yaml_schema inner = { .kind = YAML_MAP,
	.fields = (const struct yaml_field[]){ { "must", &text, true }, { "may", &number }, { 0 } } };
static const struct yaml_schema inners = { .kind = YAML_LIST, .of = &inner };
static const struct yaml_schema root = { .kind = YAML_MAP,
	.fields = (const struct yaml_field[]){
		{ "text", &text },
		{ "number", &number },
		{ "flag", &flag },
		{ "choice", &choice },
		{ "for", &duration },
		{ "list", &texts },
		{ "dict", &dict },
		{ "either", &either },
		{ "any", &any },
		{ "inners", &inners },
		{ 0 },
	} };

static void good(void **state)
{
	static const struct {
		const char *in, *out;
	} table[] = {
		{ "", "{}" },
		{ "# only a comment\n", "{}" },
		{ "text: 1.0\n", "{\"text\":\"1.0\"}" },
		{ "text: true # a word\n", "{\"text\":\"true\"}" },
		{ "text:\n", "{\"text\":\"\"}" },
		{ "text: |\n  a\n  b\n", "{\"text\":\"a\\nb\\n\"}" },
		{ "text: \"\\u00e4\"\n", "{\"text\":\"\xc3\xa4\"}" },
		{ "number: 9\nflag: true\nchoice: high\nfor: 24h\n",
			"{\"choice\":\"high\",\"flag\":true,\"for\":\"24h\",\"number\":9}" },
		{ "list: [a, \"b c\"]\n", "{\"list\":[\"a\",\"b c\"]}" },
		{ "list:\n", "{\"list\":[]}" },
		{ "dict: {a/b: 1, c: 2}\n", "{\"dict\":{\"a/b\":1,\"c\":2}}" },
		{ "either: false\n", "{\"either\":false}" },
		{ "either: 7\n", "{\"either\":7}" },
		{ "either: 77\n", "{\"either\":\"77\"}" },
		{ "either: [x]\n", "{\"either\":[\"x\"]}" },
		{ "any: {a: [1, {b: ~}]}\n", "{\"any\":{\"a\":[\"1\",{\"b\":\"~\"}]}}" },
		{ "inners:\n  - {must: x}\n  - must: y\n    may: 3\n",
			"{\"inners\":[{\"must\":\"x\"},{\"may\":3,\"must\":\"y\"}]}" },
	};

	for (size_t i = 0; i < COUNT(table); i++) {
		struct err e = { 0 };
		AUTO_JSON *value = NULL;
		AUTO_FREE char *bytes = NULL;

		if (yaml_parse(table[i].in, strlen(table[i].in), "f.yaml", &root, &value, &e))
			fail_msg("%zu: %s", i, e.text);
		assert_int_equal(json_canonical(value, &bytes, NULL, &e), 0);
		assert_string_equal(bytes, table[i].out);
	}
}

static void bad(void **state)
{
	static const struct {
		const char *in, *error; /* how the text begins */
	} table[] = {
		{ "text: a\nnope: b\n", "f.yaml:2:1: unknown key 'nope' (known here: text number flag" },
		{ "text: a\ntext: b\n", "f.yaml:2:1: " },
		{ "number: ten\n", "f.yaml:1:9: 'ten' is not a whole number from 1 to 9" },
		{ "number: 10\n", "f.yaml:1:9: '10' is not a whole number from 1 to 9" },
		{ "number: 99999999999999999999\n", "f.yaml:1:9: " },
		{ "flag: yes\n", "f.yaml:1:7: 'yes' is not true or false" },
		{ "choice: middle\n", "f.yaml:1:9: 'middle' is not low or high" },
		{ "for: 24\n", "f.yaml:1:6: '24' is not a duration such as 24h" },
		{ "list: a\n", "f.yaml:1:7: wants a list" },
		{ "text: [a]\n", "f.yaml:1:8: wants text" },
		{ "text: {}\n", "f.yaml:1:1: wants text" },
		{ "dict: {A: 1}\n", "f.yaml:1:8: 'A' cannot be a key here" },
		{ "dict: {a: x}\n", "f.yaml:1:11: 'x' is not a whole number" },
		{ "either: {a: b}\n", "f.yaml:1:10: wants true or false or a whole number or text or a list" },
		{ "inners:\n  - may: 3\n", "f.yaml:2:5: the key 'must' is missing" },
		{ "any: &a x\n", "f.yaml:1:9: anchors" },
		{ "any: *a\n", "f.yaml:1:" },
		{ "any: !!str x\n", "f.yaml:1:12: tags" },
		{ "any: {<<: {a: b}, *a : c}\n", "f.yaml:1:" },
		{ "any: {? [a] : b}\n", "f.yaml:1:10: a key must be plain text" },
		{ "any: \"a\\0b\"\n", "f.yaml:1:6: a NUL character" },
		{ "text: a\n---\ntext: b\n", "f.yaml:1:1: more than one document" },
		{ "text: [a\n", "f.yaml:" },
		{ "\ttext: a\n", "f.yaml:1:" },
		{ "text: a\n b: c\n", "f.yaml:1:7: invalid multiline" },
		{ "text: \xff\n", "f.yaml:1:7: is not UTF-8" },
		{ "- a\n", "f.yaml:1:3: wants a map" },
		{ "just text\n", "f.yaml:1:1: wants a map" },
	};

	for (size_t i = 0; i < COUNT(table); i++) {
		struct err e = { 0 };
		AUTO_JSON *value = NULL;

		assert_int_equal(yaml_parse(table[i].in, strlen(table[i].in), "f.yaml", &root, &value, &e), -1);
		assert_null(value);
		assert_int_equal(e.class, ERR_USAGE);
		if (strncmp(e.text, table[i].error, strlen(table[i].error)) != 0)
			fail_msg("%s: %s", table[i].in, e.text);
	}
}

static void too_much(void **state)
{
	struct err e = { 0 };
	AUTO_FREE char *big = mem_alloc((1 << 20) + 2), *deep = mem_alloc(600);
	AUTO_JSON *value = NULL;

	memset(big, '#', (1 << 20) + 1);
	assert_int_equal(yaml_parse(big, (1 << 20) + 1, "f", &root, &value, &e), -1);
	assert_string_equal(e.text, "f:1:1: more than 1048576 bytes");
	memset(deep, '[', 200);
	memset(deep + 200, ']', 200);
	assert_int_equal(yaml_parse(deep, 400, "f", &any, &value, &e), -1);
	assert_int_equal(e.class, ERR_USAGE);
}

static void where(void **state)
{
	static const char in[] = "text: a\nfiles:\n  - {match: x,\n     mode: y}\n  - match: z\nroles:\n  "
				 "department/finance: [fina]\n  empty:\n";
	static const struct {
		const char *path, *where;
	} table[] = {
		{ "text", "f:1:7" },
		{ "files/0/mode", "f:4:12" },
		{ "files/1/match", "f:5:12" },
		{ "files/1/nope", "f:5:5" },
		{ "files/9", "f:3:6" },
		{ "roles/department/finance/0", "f:7:24" },
		{ "roles/empty", "f:8:3" },
		{ "", "f:1:1" },
	};
	AUTO_FREE char *broken = yaml_where("[", 1, "f", "text");

	for (size_t i = 0; i < COUNT(table); i++) {
		AUTO_FREE char *at = yaml_where(in, strlen(in), "f", table[i].path);

		assert_string_equal(at, table[i].where);
	}
	assert_string_equal(broken, "f");
}

static void loading(void **state)
{
	struct err e = { 0 };
	AUTO_JSON *value = NULL;
	AUTO_FREE char *dir = NULL, *path = NULL;

	assert_int_equal(fs_temp_dir("yaml", &dir, &e), 0);
	path = fs_join(dir, "a.yaml");
	assert_int_equal(yaml_load(path, &root, &value, &e), -1);
	assert_int_equal(e.class, ERR_USAGE);
	assert_int_equal(fs_write_file(path, "text: b", 7, 0600, &e), 0);
	assert_int_equal(yaml_load(path, &root, &value, &e), 0);
	assert_string_equal(json_text(value, "text"), "b");
	assert_int_equal(fs_remove_tree(dir, &e), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good),
		cmocka_unit_test(bad),
		cmocka_unit_test(too_much),
		cmocka_unit_test(where),
		cmocka_unit_test(loading),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
