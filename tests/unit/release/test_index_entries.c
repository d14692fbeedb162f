/* test_index_entries.c - a document of an index is cut where its entries end, wherever its reading stops; what is too much is refused. */
#include "base/codec.h"
#include "base/fs.h"
#include "release/channel/index_entries.h"
#include <setjmp.h>
#include <string.h>

#include <cmocka.h>

static char *dir, *path;

static int set_up(void **state)
{
	struct err e = { 0 };

	(void)state;
	if (fs_temp_dir("entries", &dir, &e))
		return -1;
	path = fs_join(dir, "document");
	return 0;
}

static int tear_down(void **state)
{
	struct err e = { 0 };
	int status = fs_remove_tree(dir, &e);

	(void)state;
	free(dir);
	free(path);
	return status;
}

static void write_document(const struct text *t, bool is_packed)
{
	AUTO_FREE char *bytes = NULL;
	struct err e = { 0 };
	size_t len;
	struct out *out = is_packed ? out_codec(out_mem(MIB(16), &bytes, &len), CODEC_GZIP, 1, 1, &e)
				    : out_mem(MIB(16), &bytes, &len);

	assert_int_equal(out_write(out, t->at, t->len, &e), 0);
	assert_int_equal(out_close(out, &e), 0);
	assert_int_equal(fs_write_file(path, bytes, len, 0644, &e), 0);
}

/* Entries of every length around the size of one reading, so that each place of the stop falls between two. */
static void cuts(void **state)
{
	static const size_t around[] = { 1, 2, 1000, 65533, 65534, 65535, 65536, 65537, 131071, 0 };
	AUTO(text) all = { 0 };
	char wanted[SHA256_HEX], found[SHA256_HEX];
	struct err e = { 0 };
	uint64_t size;

	(void)state;
	for (size_t i = 0; i < COUNT(around); i++) {
		AUTO_FREE char *filler = mem_alloc(around[i] + 1);

		memset(filler, 'a' + (int)i, around[i]);
		text_add(&all, "%s<stop>", filler);
	}
	text_add(&all, "the tail");
	sha256_hex(all.at, all.len, wanted);
	for (int is_packed = 0; is_packed < 2; is_packed++) {
		AUTO_ENTRIES x = { .in = NULL };
		struct slice part;

		write_document(&all, is_packed);
		assert_int_equal(entries_open(&x, path, is_packed, 0, &e), 0);
		for (size_t i = 0; i < COUNT(around); i++) {
			assert_int_equal(entries_next(&x, "<stop>", &part, &e), 1);
			assert_int_equal(part.len, around[i] + 6);
			if (around[i])
				assert_true(part.at[0] == 'a' + (int)i && part.at[around[i] - 1] == 'a' + (int)i);
		}
		assert_int_equal(entries_next(&x, "<stop>", &part, &e), 0);
		assert_true(slice_is(part, "the tail"));
		assert_int_equal(entries_next(&x, "<stop>", &part, &e), 0);
		assert_int_equal(part.len, 0);
		assert_int_equal(entries_end(&x, found, &size, &e), 0);
		assert_string_equal(found, wanted);
		assert_int_equal(size, all.len);
	}
}

/* Nobody asks for the entries: the digest is of all of it. */
static void whole(void **state)
{
	AUTO(text) all = { 0 };
	char wanted[SHA256_HEX], found[SHA256_HEX];
	AUTO_ENTRIES x = { .in = NULL }, bounded = { .in = NULL };
	struct err e = { 0 };
	struct slice part;
	uint64_t size;

	(void)state;
	for (int i = 0; i < 100000; i++)
		text_add(&all, "%d\n", i);
	sha256_hex(all.at, all.len, wanted);
	write_document(&all, true);
	assert_int_equal(entries_open(&x, path, true, all.len, &e), 0);
	assert_int_equal(entries_next(&x, "\n", &part, &e), 1);
	assert_int_equal(entries_end(&x, found, &size, &e), 0);
	assert_string_equal(found, wanted);
	assert_int_equal(entries_open(&bounded, path, true, all.len - 1, &e), 0);
	assert_int_equal(entries_end(&bounded, found, &size, &e), -1);
	assert_string_equal(e.code, "E_LIMIT_SIZE");
}

static void damaged(void **state)
{
	AUTO(text) all = { 0 };
	AUTO_ENTRIES x = { .in = NULL }, none = { .in = NULL };
	struct err e = { 0 };
	struct slice part;

	(void)state;
	text_add(&all, "no gzip at all");
	write_document(&all, false);
	assert_int_equal(entries_open(&x, path, true, 0, &e), 0);
	assert_int_equal(entries_next(&x, "\n", &part, &e), -1);
	assert_int_equal(e.class, ERR_INPUT);
	e = (struct err){ 0 };
	assert_int_equal(entries_open(&none, "/nonexistent/x", false, 0, &e), -1);
	assert_int_equal(e.class, ERR_ENV);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(cuts), cmocka_unit_test(whole),
		cmocka_unit_test(damaged) };

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
