/* test_snapshot_text.c - release.json in lines: what is written is read again, one that was written whole is read the same way. */
#include "base/fs.h"
#include "base/text.h"
#include "formats/index.h"
#include "release/gate/snapshot_text.h"
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define DIGEST_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define DIGEST_B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

static char *folder, *path;

static int setup(void **state)
{
	struct err e = { 0 };

	if (fs_temp_dir("text", &folder, &e))
		return -1;
	path = fs_join(folder, "release.json");
	return 0;
}

static int teardown(void **state)
{
	struct err e = { 0 };
	int failed = fs_remove_tree(folder, &e);

	free(folder);
	free(path);
	return failed;
}

static void put(struct snap_writer *w, enum snap_list list, json_t *item)
{
	struct err e = { 0 };

	assert_int_equal(snap_put_json(w, list, item, &e), 0);
	json_decref(item);
}

static void check_lists(void)
{
	AUTO_SNAP_READER reader = { 0 };
	struct snap_item item;
	struct err e = { 0 };
	char product[16];

	assert_int_equal(snap_open(&reader, path, &e), 0);
	assert_int_equal(snap_next(&reader, &item, &e), 1);
	assert_int_equal(item.list, SNAP_PACKAGES);
	assert_true(snap_item_says(&item, "path", "a"));
	assert_false(snap_item_says(&item, "path", "ab"));
	assert_false(snap_item_says(&item, "path", ""));
	assert_true(snap_item_says(&item, "product", "x"));
	assert_int_equal(snap_next(&reader, &item, &e), 1);
	assert_true(snap_item_says(&item, "path", "b"));
	snap_item_member(&item, "product", product, 4);
	assert_string_equal(product, "lon"); /* cut off, never past its room */
	snap_item_member(&item, "nothing", product, sizeof product);
	assert_string_equal(product, "");
	assert_int_equal(snap_next(&reader, &item, &e), 1);
	assert_int_equal(item.list, SNAP_RECORDS);
	assert_int_equal(item.len, 66);
	assert_memory_equal(item.at, "\"" DIGEST_A "\"", 66);
	assert_int_equal(snap_next(&reader, &item, &e), 1);
	assert_int_equal(snap_next(&reader, &item, &e), 0);
}

static void written_and_read(void **state)
{
	AUTO_JSON *head = json_pack("{s:i, s:s, s:[]}", "serial", 7, "channel", "c", "indexes"), *read = NULL,
		  *whole = NULL;
	AUTO_FREE char *bytes = NULL;
	struct snap_writer w = { .fd = -1 };
	char sha256[SHA256_HEX], found[SHA256_HEX];
	struct err e = { 0 };
	uint64_t size;
	size_t len;

	assert_int_equal(snap_create(&w, path, &e), 0);
	/* a name in another's text is no member */
	put(&w, SNAP_PACKAGES,
		json_pack("{s:s, s:s, s:s}", "note", "\"product\":\"y\"\n", "path", "a", "product", "x"));
	put(&w, SNAP_PACKAGES, json_pack("{s:s, s:s}", "path", "b", "product", "longer"));
	put(&w, SNAP_RECORDS, json_string(DIGEST_A));
	put(&w, SNAP_RECORDS, json_string(DIGEST_B));
	assert_int_equal(snap_finish(&w, head, sha256, &size, &e), 0);
	assert_int_equal(w.counts[SNAP_PACKAGES], 2);
	snap_abandon(&w);
	check_lists();
	read = snap_head(path, &e);
	assert_true(json_equal(read, head));
	assert_int_equal(fs_read_file(path, MIB(1), &bytes, &len, &e), 0);
	assert_int_equal(len, size);
	sha256_hex(bytes, len, found);
	assert_string_equal(found, sha256);
	whole = json_parse(bytes, len, "release.json", &e); /* JSON for everybody else */
	assert_int_equal(json_array_size(json_list(whole, "packages")), 2);
	assert_int_equal(json_array_size(json_list(whole, "records")), 2);
	assert_int_equal(json_array_size(json_list(whole, "releases")), 0);
	assert_int_equal(json_int(whole, "serial"), 7);
}

static void written_whole(void **state)
{
	static const char text[] = "{\"channel\":\"c\",\"packages\":[{\"path\":\"b\",\"product\":\"longer\"},{\"path\":"
				   "\"a\",\"product\":\"x\"}],"
				   "\"records\":[\"" DIGEST_B "\",\"" DIGEST_A "\"],\"releases\":[],\"serial\":7}";
	AUTO_JSON *head = NULL;
	struct err e = { 0 };

	assert_int_equal(fs_write_file(path, text, strlen(text), 0644, &e), 0);
	check_lists();
	head = snap_head(path, &e);
	assert_int_equal(json_int(head, "serial"), 7);
	assert_null(json_object_get(head, "packages"));
}

/* Several members in one pass: texts, what is no text, and none of what only looks like one. */
static void members_of(void **state)
{
	static const struct {
		const char *item, *a, *m, *z;
	} cases[] = {
		{ "{\"a\":\"1\",\"m\":\"2\",\"z\":\"3\"}", "1", "2", "3" },
		{ "{\"m\":true,\"o\":{\"z\":\"no\",\"l\":[{\"z\":\"]}\"},1]},\"z\":-12}", "", "true", "-12" },
		{ "{\"a\":\"say \\\"m\\\":\",\"az\":\"no\",\"zz\":\"no\"}", "say \\\"m\\\":", "", "" },
		{ "{\"a\":\"\\\\\",\"m\":\"\",\"z\":[]}", "\\\\", "", "[]" },
		{ "{}", "", "", "" },
		{ "", "", "", "" },
		{ "{\"a\":\"without an end", "", "", "" },
		{ "{\"a\"", "", "", "" },
		{ "{\"a\":", "", "", "" },
		{ "{\"a\":\"1\",\"m\":[\"2\"", "1", "", "" },
		{ "{\"a\":\"1\",}", "1", "", "" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct snap_item item = { .at = cases[i].item, .len = strlen(cases[i].item) };
		struct snap_member m[] = { { .name = "a" }, { .name = "m" }, { .name = "z" } };
		const char *wanted[] = { cases[i].a, cases[i].m, cases[i].z };

		snap_item_members(&item, m, COUNT(m));
		for (size_t k = 0; k < COUNT(m); k++)
			if (m[k].len != strlen(wanted[k]) || (m[k].len && memcmp(m[k].at, wanted[k], m[k].len) != 0))
				fail_msg("%s: %s is not '%s'", cases[i].item, m[k].name, wanted[k]);
	}
}

/* A name with a zero in it is a name, and another one than what stands before the zero. */
static void a_zero_in_a_name(void **state)
{
	static const char text[] = "{\"a\0\377\":\"1\",\"z\":\"3\"}";
	struct snap_item item = { .at = text, .len = sizeof text - 1 };
	struct snap_member m[] = { { .name = "a" }, { .name = "z" } };

	(void)state;
	snap_item_members(&item, m, COUNT(m));
	assert_int_equal(m[0].len, 0);
	assert_int_equal(m[1].len, 1);
	assert_memory_equal(m[1].at, "3", 1);
}

/* Lines longer than what is read at once, and the releases found from the end wherever they begin. */
static void long_ones(void **state)
{
	for (size_t filler = 0; filler < 200000; filler += filler ? 49999 : 17) {
		AUTO_FREE char *long_text = mem_alloc(600000), *tail = mem_alloc(filler + 1);
		AUTO_JSON *nothing = json_object();
		struct snap_writer w = { .fd = -1 };
		AUTO_SNAP_READER all = { 0 };
		AUTO_SNAP_READER releases = { 0 };
		struct snap_item item;
		char sha256[SHA256_HEX];
		struct err e = { 0 };
		uint64_t size;

		memset(long_text, 'x', 599999);
		memset(tail, 'y', filler);
		assert_int_equal(snap_create(&w, path, &e), 0);
		put(&w, SNAP_PACKAGES, json_pack("{s:s}", "path", long_text));
		put(&w, SNAP_PACKAGES, json_pack("{s:s}", "path", "b"));
		put(&w, SNAP_RELEASES, json_pack("{s:s}", "rfc", "R-1"));
		put(&w, SNAP_RELEASES, json_pack("{s:s, s:s}", "rfc", "R-2", "text", tail));
		assert_int_equal(snap_finish(&w, nothing, sha256, &size, &e), 0);
		snap_abandon(&w);
		assert_int_equal(snap_open(&all, path, &e), 0);
		assert_int_equal(snap_next(&all, &item, &e), 1);
		assert_true(snap_item_says(&item, "path", long_text));
		assert_int_equal(item.number, 0);
		assert_int_equal(snap_next(&all, &item, &e), 1);
		assert_int_equal(item.number, 1);
		assert_int_equal(snap_open_releases(&releases, path, &e), 0);
		assert_int_equal(snap_next(&releases, &item, &e), 1);
		assert_int_equal(item.list, SNAP_RELEASES);
		assert_true(snap_item_says(&item, "rfc", "R-1"));
		assert_int_equal(snap_next(&releases, &item, &e), 1);
		assert_true(snap_item_says(&item, "rfc", "R-2"));
		assert_int_equal(snap_next(&releases, &item, &e), 0);
	}
}

/* Packages, one of them with a bracket, without one and with one more of another length; and records. */
static char *many(const char *name, int without, int with)
{
	char *file = fs_join(folder, name), sha256[SHA256_HEX];
	AUTO_JSON *head = json_object();
	struct snap_writer w = { .fd = -1 };
	struct err e = { 0 };
	uint64_t size;

	assert_int_equal(snap_create(&w, file, &e), 0);
	for (int i = 0; i < 4000; i++) {
		if (i != without)
			put(&w, SNAP_PACKAGES,
				json_pack(i == 2000 ? "{s:o, s:[i]}" : "{s:o, s:i}", "path", json_sprintf("p%05d", i),
					"size", i));
		if (i == with)
			put(&w, SNAP_PACKAGES, json_pack("{s:o}", "path", json_sprintf("p%05d and more", i)));
	}
	for (int i = 0; i < 500; i++)
		put(&w, SNAP_RECORDS, json_sprintf("%064d", i));
	assert_int_equal(snap_finish(&w, head, sha256, &size, &e), 0);
	snap_abandon(&w);
	return file;
}

static bool is_same(const struct snap_item *a, const struct snap_item *b)
{
	return a->list == b->list && a->len == b->len && memcmp(a->at, b->at, a->len) == 0;
}

/* Both to the first line that differs; how many lines were looked at. */
static int to_difference(struct snap_reader *a, struct snap_reader *b, struct snap_item *one, struct snap_item *other)
{
	struct err e = { 0 };
	int seen = 0;

	for (;;) {
		int got = snap_next(a, one, &e), also = snap_next(b, other, &e);

		assert_true(got >= 0 && also >= 0);
		if (got == 0 || also == 0 || !is_same(one, other)) {
			one->len = got ? one->len : 0;
			other->len = also ? other->len : 0;
			return seen;
		}
		seen++;
		assert_int_equal(snap_pass_same(a, b, &e), 0);
	}
}

static void what_is_the_same_is_passed(void **state)
{
	AUTO_FREE char *first = many("first", 3000, -1), *second = many("second", -1, 1000);
	AUTO_SNAP_READER a = { 0 };
	AUTO_SNAP_READER b = { 0 };
	struct snap_item one, other;
	struct err e = { 0 };

	assert_int_equal(snap_open(&a, first, &e), 0);
	assert_int_equal(snap_open(&b, second, &e), 0);
	assert_true(to_difference(&a, &b, &one, &other) < 20);
	assert_true(snap_item_says(&one, "path", "p01001"));
	assert_true(snap_item_says(&other, "path", "p01000 and more"));
	assert_int_equal(snap_next(&b, &other, &e), 1); /* where the other one is */
	assert_true(is_same(&one, &other));
	assert_true(
		to_difference(&a, &b, &one, &other) < 20 + 1000); /* one by one up to the bracket, if it was in sight */
	assert_true(snap_item_says(&one, "path", "p03001"));
	assert_true(snap_item_says(&other, "path", "p03000"));
	assert_int_equal(snap_next(&b, &other, &e), 1);
	(void)to_difference(&a, &b, &one, &other); /* all records were the same */
	assert_int_equal(one.len + other.len, 0);
}

/* Nothing is passed that a list's end is among: whoever looks at the lines sees it. */
static void lists_are_not_passed(void **state)
{
	AUTO_FREE char *first = many("alike", -1, -1), *second = many("alike too", -1, -1);
	AUTO_SNAP_READER a = { 0 };
	AUTO_SNAP_READER b = { 0 };
	struct snap_item one, other;
	struct err e = { 0 };
	bool has_records = false;
	int seen = 0;

	assert_int_equal(snap_open(&a, first, &e), 0);
	assert_int_equal(snap_open(&b, second, &e), 0);
	while (snap_next(&a, &one, &e) > 0 && snap_next(&b, &other, &e) > 0) {
		assert_true(is_same(&one, &other));
		has_records = has_records || one.list == SNAP_RECORDS;
		if (one.list == SNAP_RECORDS)
			seen++;
		assert_int_equal(snap_pass_same(&a, &b, &e), 0);
	}
	assert_int_equal(e.class, ERR_NONE);
	assert_true(has_records && seen < 20);
}

static void empty(void **state)
{
	AUTO_JSON *nothing = json_object(), *head = NULL;
	struct snap_writer w = { .fd = -1 };
	AUTO_SNAP_READER reader = { 0 };
	struct snap_item item;
	char sha256[SHA256_HEX];
	struct err e = { 0 };
	uint64_t size;

	assert_int_equal(snap_create(&w, path, &e), 0);
	assert_int_equal(snap_finish(&w, nothing, sha256, &size, &e), 0);
	snap_abandon(&w);
	assert_int_equal(snap_open(&reader, path, &e), 0);
	assert_int_equal(snap_next(&reader, &item, &e), 0);
	head = snap_head(path, &e);
	assert_true(json_equal(head, nothing));
}

static void broken(void **state)
{
	static const char *const texts[] = { "", "x", "{\"packages\":[\n", "{\"packages\":[\n{\"path\":\"a\"},\n",
		"{\"packages\":[\n{\"path\":\"a\"}" };

	for (size_t i = 0; i < COUNT(texts); i++) {
		AUTO_SNAP_READER reader = { 0 };
		struct snap_item item;
		struct err e = { 0 };
		int got;

		assert_int_equal(fs_write_file(path, texts[i], strlen(texts[i]), 0644, &e), 0);
		got = snap_open(&reader, path, &e) ? -1 : 1;
		while (got > 0)
			got = snap_next(&reader, &item, &e);
		assert_int_equal(got, -1);
		assert_null(snap_head(path, &e));
		snap_close(&reader);
		assert_int_equal(snap_open_releases(&reader, path, &e), -1);
	}
}

/* What a reader of JSON would see otherwise, or not take at all, is refused. */
static void odd_lines(void **state)
{
	static const char *const texts[] = {
		"{\"packages\":[\n],\"releases\":[\n],\"records\":[\n]}\n",
		"{\"packages\":[\n{}\n{}\n],\"records\":[\n],\"releases\":[\n]}\n",
		"{\"packages\":[\n{},\n],\"records\":[\n],\"releases\":[\n]}\n",
		"{\"packages\":[\n],\"records\":[\n],\"releases\":[\n]}\n]}\n",
	};
	static const char twice[] = "{\"packages\":[\n],\"records\":[\n],\"releases\":[\n],\"packages\":[{}]}\n";
	struct err e = { 0 };

	for (size_t i = 0; i < COUNT(texts); i++) {
		AUTO_SNAP_READER reader = { 0 };
		struct snap_item item;
		int got;

		e = (struct err){ 0 };
		assert_int_equal(fs_write_file(path, texts[i], strlen(texts[i]), 0644, &e), 0);
		assert_int_equal(snap_open(&reader, path, &e), 0);
		while ((got = snap_next(&reader, &item, &e)) > 0)
			continue;
		assert_int_equal(got, -1);
		assert_string_equal(e.code, "E_STRUCTURE");
	}
	assert_int_equal(fs_write_file(path, twice, strlen(twice), 0644, &e), 0);
	assert_null(snap_head(path, &e));
	assert_string_equal(e.code, "E_STRUCTURE");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(odd_lines),
		cmocka_unit_test(written_and_read),
		cmocka_unit_test(written_whole),
		cmocka_unit_test(members_of),
		cmocka_unit_test(a_zero_in_a_name),
		cmocka_unit_test(long_ones),
		cmocka_unit_test(what_is_the_same_is_passed),
		cmocka_unit_test(lists_are_not_passed),
		cmocka_unit_test(empty),
		cmocka_unit_test(broken),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
