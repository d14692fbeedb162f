/* test_json.c - canonical JSON and its short cuts. */
#include "base/json.h"
#include <setjmp.h>
#include <string.h>

#include <cmocka.h>

static void canonical(void **state)
{
	static const struct {
		const char *in, *out;
	} table[] = {
		{ "{ \"b\" : 1 , \"a\" : [ true , null , false ] }", "{\"a\":[true,null,false],\"b\":1}" },
		/* RFC 8785, 3.2.3: sorted by UTF-16 code units */
		{ "{\"\\u20ac\":\"Euro Sign\",\"\\r\":\"Carriage Return\",\"\\ufb33\":\"Hebrew Letter Dalet With "
		  "Dagesh\",\"1\":\"One\","
		  "\"\\ud83d\\ude00\":\"Emoji: Grinning Face\",\"\\u0080\":\"Control\",\"\\u00f6\":\"Latin Small "
		  "Letter O With Diaeresis\"}",
			"{\"\\r\":\"Carriage Return\",\"1\":\"One\",\"\xc2\x80\":\"Control\",\"\xc3\xb6\":\"Latin "
			"Small Letter O With Diaeresis\","
			"\"\xe2\x82\xac\":\"Euro Sign\",\"\xf0\x9f\x98\x80\":\"Emoji: Grinning "
			"Face\",\"\xef\xac\xb3\":\"Hebrew Letter Dalet With Dagesh\"}" },
		{ "[\"\\u20ac$\\u000f\\nA'B\\\"\\\\\\\\\\\"\\/\\u007f\"]",
			"[\"\xe2\x82\xac$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\x7f\"]" },
		{ "[9007199254740992,-9007199254740992,0,-0]", "[9007199254740992,-9007199254740992,0,0]" },
		{ "{\"aa\":1,\"a\":2,\"\":3}", "{\"\":3,\"a\":2,\"aa\":1}" },
		{ "[]", "[]" },
		{ "{}", "{}" },
		{ "[9007199254740993]", NULL },
		{ "[1.5]", NULL },
		{ "{\"a\":{\"b\":1e3}}", NULL },
	};

	for (size_t i = 0; i < COUNT(table); i++) {
		struct err e = { 0 };
		AUTO_FREE char *bytes = NULL;
		AUTO_JSON *value = json_parse(table[i].in, strlen(table[i].in), "table", &e);
		size_t len = 0;

		assert_non_null(value);
		if (table[i].out) {
			assert_int_equal(json_canonical(value, &bytes, &len, &e), 0);
			assert_string_equal(bytes, table[i].out);
			assert_int_equal(len, strlen(bytes));
		} else {
			assert_int_equal(json_canonical(value, &bytes, &len, &e), -1);
			assert_int_equal(e.class, ERR_INPUT);
			assert_null(bytes);
		}
	}
}

static void digest(void **state)
{
	struct err e = { 0 };
	AUTO_JSON *value = json_object();
	char hex[65];

	assert_int_equal(json_digest(value, hex, &e), 0);
	assert_string_equal(hex, "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"); /* of "{}" */
}

static void too_deep(void **state)
{
	struct err e = { 0 };
	AUTO_FREE char *bytes = NULL;
	AUTO_JSON *value = json_array();

	for (int i = 0; i < 1000; i++) {
		json_t *outer = json_array();

		json_array_append_new(outer, value);
		value = outer;
	}
	assert_int_equal(json_canonical(value, &bytes, NULL, &e), -1);
	assert_string_equal(e.code, "E_LIMIT_DEPTH");
	assert_int_equal(json_canonical(NULL, &bytes, NULL, &e), -1);
}

static void refused(void **state)
{
	static const char *const table[] = { "{\"a\":1,\"a\":2}", "{", "[1]x", "[\"\xff\"]", "[\"\\u0000\"]", "", "7" };

	for (size_t i = 0; i < COUNT(table); i++) {
		struct err e = { 0 };

		assert_null(json_parse(table[i], strlen(table[i]), "file.json", &e));
		assert_int_equal(e.class, ERR_INPUT);
		assert_memory_equal(e.text, "file.json:", 10);
	}
}

static void reading(void **state)
{
	struct err e = { 0 };
	const char text[] = "{\"s\":\"x\",\"i\":5,\"t\":true,\"l\":[1],\"m\":{}}";
	AUTO_JSON *value = json_parse(text, strlen(text), "x", &e);

	assert_string_equal(json_text(value, "s"), "x");
	assert_string_equal(json_text(value, "i"), "");
	assert_string_equal(json_text(NULL, "i"), "");
	assert_int_equal(json_int(value, "i"), 5);
	assert_int_equal(json_int(value, "s"), 0);
	assert_true(json_flag(value, "t") && !json_flag(value, "i"));
	assert_non_null(json_list(value, "l"));
	assert_null(json_list(value, "m"));
	assert_non_null(json_map(value, "m"));
	assert_null(json_map(value, "none"));
}

static void bytes(void **state)
{
	AUTO_JSON *o = json_object();

	json_set_bytes(o, "good", "\xc3\xa4", 2);
	json_set_bytes(o, "bad", "\xc3\xa4\xff\x80z", 5);
	json_set_bytes(o, "nul", "a\0b", 3);
	json_set_str(o, "none", NULL);
	assert_string_equal(json_text(o, "good"), "\xc3\xa4");
	assert_null(json_object_get(o, "bad"));
	assert_string_equal(json_text(o, "bad_raw"), "\xc3\xa4\xc3\xbf\xc2\x80z");
	assert_int_equal(json_string_length(json_object_get(o, "nul")), 3);
	assert_string_equal(json_text(o, "none"), "");
}

static void an_object_is_found_by_a_member(void **state)
{
	json_t *list = json_pack("[{s:s}, s, {s:s, s:i}, {s:s}]", "k", "a", "x", "k", "b", "n", 1, "k", "b");

	assert_int_equal(json_int(json_find(list, "k", "b"), "n"), 1);
	assert_null(json_find(list, "k", "c"));
	assert_null(json_find(NULL, "k", "a"));
	json_decref(list);
}

static void texts_of_a_list(void **state)
{
	json_t *list = json_array();

	json_add_text(list, "%d of %s", 2, "three");
	json_add_once(list, "once");
	json_add_once(list, "2 of three");
	json_add_once(list, "once");
	assert_int_equal(json_array_size(list), 2);
	assert_string_equal(json_string_value(json_array_get(list, 0)), "2 of three");
	json_add_text(list, "once");
	json_add_text(list, "\xff");
	assert_int_equal(json_array_size(list), 3);
	json_decref(list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_object_is_found_by_a_member),
		cmocka_unit_test(texts_of_a_list),
		cmocka_unit_test(canonical),
		cmocka_unit_test(digest),
		cmocka_unit_test(too_deep),
		cmocka_unit_test(refused),
		cmocka_unit_test(reading),
		cmocka_unit_test(bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
