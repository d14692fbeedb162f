/* test_snapshot_table.c - the table of a release.json's packages says what the file says, however often it was carried over; one that does not fit is made again. */
#include "base/fs.h"
#include "release/gate/signer_impl.h"
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { PRODUCTS = 40, ROUNDS = 60 };

static char *folder, *noted, *none;

static int setup(void **state)
{
	struct err e = { 0 };

	if (fs_temp_dir("table", &folder, &e))
		return -1;
	noted = fs_join(folder, "places");
	none = fs_join(folder, "none");
	return 0;
}

static int teardown(void **state)
{
	struct err e = { 0 };
	int failed = fs_remove_tree(folder, &e);

	free(folder);
	free(noted);
	free(none);
	return failed;
}

static json_t *package(int product, int round, int number)
{
	bool is_deb = number % 2;

	return json_pack("{s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:s, s:s}", "architecture",
		product % 3 ? "amd64" : "arm64", "base", is_deb ? "deb" : "rpm", "component",
		product % 5 ? "main" : "extra", "format", is_deb ? "deb" : "rpm", "name", json_sprintf("n%d", product),
		"path", json_sprintf("%s/p%d-%d-%d", is_deb ? "deb" : "rpm", product, number, round % 7), "product",
		json_sprintf("product %d", product), "rfc", json_sprintf("R-%d", round), "sha256", "x", "suite", "s");
}

static int by_path(const void *a, const void *b)
{
	return strcmp(json_text(*(json_t *const *)a, "path"), json_text(*(json_t *const *)b, "path"));
}

static void begin(struct snapshot *s, int round)
{
	json_t **objects[] = { &s->suites, &s->bases, &s->components, &s->leaving, &s->stale, &s->products };
	json_t **arrays[] = { &s->removed, &s->fresh, &s->gone, &s->indexes };
	AUTO_JSON *added = json_array();
	json_t *products = json_array();

	*s = (struct snapshot){ .channel = "c" };
	for (size_t i = 0; i < COUNT(objects); i++)
		*objects[i] = json_object();
	for (size_t i = 0; i < COUNT(arrays); i++)
		*arrays[i] = json_array();
	for (int i = 0; i < 1 + round % 4; i++) { /* several at a time, and the first ones again and again */
		int product = (round * (i + 3) + i) % PRODUCTS;

		json_array_append_new(products, json_sprintf("product %d", product));
		for (int number = 0; number < (round + i) % 4; number++)
			json_array_append_new(added, package(product, round, number));
	}
	s->entry = json_pack("{s:o, s:o}", "rfc", json_sprintf("R-%d", round), "products", products);
	s->added = json_sorted(added, by_path, false);
}

static bool is_of_entry(const json_t *products, const json_t *one)
{
	return json_lists(products, json_text(one, "product"));
}

/* What the set is after it. */
static json_t *next_set(const json_t *set, const struct snapshot *s)
{
	AUTO_JSON *next = json_array();
	json_t *one;
	size_t i;

	json_array_foreach(set, i, one)
		if (!is_of_entry(json_list(s->entry, "products"), one))
			json_array_append(next, one);
	json_array_extend(next, s->added);
	return json_sorted(next, by_path, false);
}

static void same_tables(const struct snap_table *a, const struct snap_table *b)
{
	assert_int_equal(a->list.len, b->list.len);
	if (a->list.len)
		assert_memory_equal(a->list.at, b->list.at, a->list.len * sizeof *a->list.at);
}

/* The file's packages are those, and the table, made anew, says where. */
static void check(const char *path, const json_t *set, const struct snap_table *carried)
{
	struct snap_table made = { 0 };
	struct snap_item item;
	struct err e = { 0 };

	assert_int_equal(snap_table_open(&made, path, none, "", &e), 0);
	same_tables(&made, carried);
	assert_int_equal(made.list.len, json_array_size(set));
	for (size_t i = 0; i < made.list.len; i++) {
		AUTO_JSON *one = NULL;

		assert_int_equal(snap_table_item(&made, i, &item, &e), 0);
		one = snap_item_json(&item, &e);
		assert_true(json_equal(one, json_array_get(set, i)));
	}
	snap_table_done(&made);
}

static void carried_over(void **state)
{
	AUTO_JSON *set = json_array(), *needed = json_object(), *head = json_pack("{s:i}", "serial", 1);
	AUTO_FREE char *before = NULL;
	char sha256[SHA256_HEX] = "";
	struct err e = { 0 };

	for (int round = 1; round <= ROUNDS; round++) {
		AUTO_FREE char *path = mem_printf("%s/%d.json", folder, round);
		struct snap_table table = { 0 };
		struct snap_writer w = { .fd = -1 };
		struct snapshot s;
		json_t *next;
		uint64_t size;

		begin(&s, round);
		next = next_set(set, &s);
		s.before = before ? mem_strdup(before) : NULL;
		s.table = &table;
		if (before)
			assert_int_equal(snap_table_open(&table, before, noted, sha256, &e), 0);
		if (set_compare(&s, &e) || snap_create(&w, path, &e) || set_write(&s, needed, &w, &e) ||
			snap_finish(&w, head, sha256, &size, &e))
			fail_msg("%s", e.text);
		check(path, next, &s.next);
		assert_int_equal(snap_table_keep(&s.next, noted, sha256, &e), 0);
		snap_abandon(&w);
		snapshot_done(&s);
		snap_table_done(&table);
		json_decref(set);
		set = next;
		free(before);
		before = mem_strdup(path);
	}
	assert_true(json_array_size(set) > PRODUCTS / 2);
}

/* A release.json of two packages, and its table kept. */
static char *two(char sha256[SHA256_HEX])
{
	AUTO_JSON *head = json_object(), *first = package(1, 1, 0), *second = package(2, 1, 1);
	char *path = fs_join(folder, "two.json");
	struct snap_table table = { 0 };
	struct snap_writer w = { .fd = -1 };
	struct err e = { 0 };
	uint64_t size;

	assert_int_equal(snap_create(&w, path, &e) || snap_put_json(&w, SNAP_PACKAGES, first, &e) ||
			snap_put_json(&w, SNAP_PACKAGES, second, &e) || snap_finish(&w, head, sha256, &size, &e),
		0);
	snap_abandon(&w);
	assert_int_equal(snap_table_open(&table, path, none, sha256, &e), 0);
	assert_int_equal(snap_table_keep(&table, noted, sha256, &e), 0);
	snap_table_done(&table);
	return path;
}

/* Whatever became of what was kept: the table is the file's. */
static void what_does_not_fit(void **state)
{
	char sha256[SHA256_HEX], other[SHA256_HEX];
	AUTO_FREE char *path = two(sha256), *kept = NULL;
	struct snap_table made = { 0 }, table = { 0 };
	struct err e = { 0 };
	size_t len;

	sha256_hex("another", 7, other);
	assert_int_equal(snap_table_open(&made, path, none, sha256, &e), 0);
	assert_int_equal(made.list.len, 2);
	assert_int_equal(fs_read_file(noted, MIB(1), &kept, &len, &e), 0);
	for (size_t i = 0; i < len; i += 3) {
		kept[i] ^= 0x10;
		assert_int_equal(fs_write_file(noted, kept, len, 0600, &e), 0);
		assert_int_equal(snap_table_open(&table, path, noted, sha256, &e), 0);
		same_tables(&table, &made);
		snap_table_done(&table);
		kept[i] ^= 0x10;
	}
	assert_int_equal(fs_write_file(noted, kept, len - 1, 0600, &e), 0);
	assert_int_equal(snap_table_open(&table, path, noted, sha256, &e), 0);
	same_tables(&table, &made);
	snap_table_done(&table);
	made.list.at[0].product++; /* good in itself, of another release.json */
	assert_int_equal(snap_table_keep(&made, noted, other, &e), 0);
	made.list.at[0].product--;
	assert_int_equal(snap_table_open(&table, path, noted, sha256, &e), 0);
	same_tables(&table, &made);
	snap_table_done(&table);
	snap_table_done(&made);
	assert_int_equal(snap_table_open(&table, "/nonexistent", noted, sha256, &e), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(carried_over),
		cmocka_unit_test(what_does_not_fit),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
