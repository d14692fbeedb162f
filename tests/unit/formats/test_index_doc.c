/* test_index_doc.c - a document made from the one before is, byte for byte, the one made from all entries; what is damaged or does not fit is refused. */
#include "base/arena.h"
#include "base/codec.h"
#include "base/fs.h"
#include "base/text.h"
#include "formats/index_doc.h"
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { ENTRIES = 700 };

static char *folder;
static char keys[ENTRIES][32], digests[ENTRIES][SHA256_HEX];
static const struct doc_form form = { "<all n=\"%zu\">\n", "</all>\n", true };

static int setup(void **state)
{
	struct err e = { 0 };

	for (int i = 0; i < ENTRIES; i++) {
		snprintf(keys[i], sizeof keys[i], "pool/p%04d", i);
		sha256_hex(keys[i], strlen(keys[i]), digests[i]);
	}
	return fs_temp_dir("doc", &folder, &e);
}

static int teardown(void **state)
{
	struct err e = { 0 };
	int failed = fs_remove_tree(folder, &e);

	free(folder);
	return failed;
}

static char *in_folder(const char *name)
{
	return fs_join(folder, name);
}

static int load(void *context, const struct doc_entry *entry, char **ret, size_t *ret_len, struct err *e)
{
	if (context && strcmp(context, entry->key) == 0)
		return err_verdict(e, "E_MISMATCH", "not this one");
	*ret = mem_printf("entry %s %s\n", entry->key, (const char *)entry->from);
	*ret_len = strlen(*ret);
	return 0;
}

/* The entries whose place in the set is true, each with the text of its version. */
static int write_set(const char *name, const bool *set, const char *version, struct doc *ret, struct err *e)
{
	AUTO_FREE char *path = in_folder(name);
	struct doc_entry entries[ENTRIES];
	struct doc_change change = { .added = entries, .load = load };

	for (int i = 0; i < ENTRIES; i++)
		if (set[i])
			entries[change.added_len++] = (struct doc_entry){ keys[i], digests[i], version };
	return index_doc_write(NULL, path, &form, &change, ret, e);
}

static int write_next(const char *before, const char *name, const bool *old, const bool *new, const char *version,
	struct doc *ret, struct err *e)
{
	AUTO_FREE char *from = in_folder(before), *path = in_folder(name);
	struct doc_entry entries[ENTRIES];
	const char *removed[ENTRIES];
	struct doc_change change = { .added = entries, .removed = removed, .load = load };

	for (int i = 0; i < ENTRIES; i++) {
		if (new[i] && !old[i])
			entries[change.added_len++] = (struct doc_entry){ keys[i], digests[i], version };
		if (old[i] && !new[i])
			removed[change.removed_len++] = keys[i];
	}
	return index_doc_write(from, path, &form, &change, ret, e);
}

static void same_file(const char *a, const char *b, const char *suffix)
{
	AUTO_FREE char *one = mem_printf("%s/%s%s", folder, a, suffix),
		       *other = mem_printf("%s/%s%s", folder, b, suffix), *x = NULL, *y = NULL;
	size_t x_len, y_len;
	struct err e = { 0 };

	assert_int_equal(fs_read_file(one, MIB(8), &x, &x_len, &e), 0);
	assert_int_equal(fs_read_file(other, MIB(8), &y, &y_len, &e), 0);
	assert_int_equal(x_len, y_len);
	assert_memory_equal(x, y, x_len);
}

static void same_document(const char *a, const char *b, const struct doc *x, const struct doc *y)
{
	same_file(a, b, "");
	same_file(a, b, ".gz");
	same_file(a, b, ".lz4");
	same_file(a, b, ".pieces");
	assert_string_equal(x->sha256, y->sha256);
	assert_string_equal(x->open_sha256, y->open_sha256);
	assert_int_equal(x->size, y->size);
	assert_int_equal(x->open_size, y->open_size);
	assert_int_equal(x->entries, y->entries);
}

/* A long way of changes, small and large, at the ends and in the middle, to nothing and back. */
static void the_set_alone_decides(void **state)
{
	bool old[ENTRIES] = { 0 }, new[ENTRIES];
	struct err e = { 0 };
	struct doc next = { 0 }, whole = { 0 };
	unsigned seed = 7;

	assert_int_equal(write_set("d0", old, "1", &next, &e), 0);
	for (int round = 1; round <= 60; round++) {
		AUTO_FREE char *before = mem_printf("d%d", round - 1), *name = mem_printf("d%d", round),
			       *all = mem_printf("w%d", round);
		int changes = round % 10 == 0 ? ENTRIES : 1 + (int)(rand_r(&seed) % 9);

		memcpy(new, old, sizeof new);
		for (int i = 0; i < changes; i++) {
			int at = (int)(rand_r(&seed) % ENTRIES);

			new[at] = round % 20 == 0 ? false : round < 12 || !new[at];
		}
		if (round == 30)
			memset(new, 0, sizeof new);
		if (write_next(before, name, old, new, "1", &next, &e) || write_set(all, new, "1", &whole, &e))
			fail_msg("round %d: %s", round, e.text);
		same_document(name, all, &next, &whole);
		memcpy(old, new, sizeof old);
	}
}

static void the_text_is_whole(void **state)
{
	AUTO_FREE char *plain_path = in_folder("all"), *packed_path = in_folder("all.gz"), *plain = NULL,
		       *packed = NULL, *unpacked = NULL;
	bool set[ENTRIES];
	size_t plain_len, packed_len, len;
	char sha256[SHA256_HEX];
	struct err e = { 0 };
	struct doc doc;
	struct in *in;

	memset(set, 1, sizeof set);
	assert_int_equal(write_set("all", set, "1", &doc, &e), 0);
	assert_int_equal(fs_read_file(plain_path, MIB(8), &plain, &plain_len, &e), 0);
	assert_int_equal(fs_read_file(packed_path, MIB(8), &packed, &packed_len, &e), 0);
	assert_true(text_starts(plain, "<all n=\"700\">\nentry pool/p0000 1\nentry pool/p0001 1\n"));
	assert_true(text_ends(plain, "entry pool/p0699 1\n</all>\n"));
	sha256_hex(packed, packed_len, sha256);
	assert_string_equal(sha256, doc.sha256);
	sha256_hex(plain, plain_len, sha256);
	assert_string_equal(sha256, doc.open_sha256);
	in = in_codec(in_mem(packed, packed_len), CODEC_GZIP, NULL);
	unpacked = mem_alloc(plain_len + 1);
	len = (size_t)in_read(in, unpacked, plain_len + 1, &e);
	assert_true(in_codec_members(in) > 3);
	assert_int_equal(in_close(in, &e), 0);
	assert_int_equal(len, plain_len);
	assert_memory_equal(unpacked, plain, len);
}

static void a_replaced_entry(void **state)
{
	AUTO_FREE char *from = in_folder("r0"), *to = in_folder("r1"), *plain = NULL;
	bool set[ENTRIES];
	const char *removed[] = { keys[300] };
	struct doc_entry added = { keys[300], digests[300], "2" };
	struct doc_change change = { &added, 1, removed, 1, load, NULL };
	struct err e = { 0 };
	struct doc doc;
	size_t len;

	memset(set, 1, sizeof set);
	assert_int_equal(write_set("r0", set, "1", &doc, &e), 0);
	assert_int_equal(index_doc_write(from, to, &form, &change, &doc, &e), 0);
	assert_int_equal(doc.entries, ENTRIES);
	assert_int_equal(fs_read_file(to, MIB(8), &plain, &len, &e), 0);
	assert_non_null(strstr(plain, "entry pool/p0299 1\nentry pool/p0300 2\nentry pool/p0301 1\n"));
}

static void what_does_not_fit(void **state)
{
	bool old[ENTRIES] = { 0 }, lied[ENTRIES], new[ENTRIES];
	AUTO_FREE char *from = in_folder("f0"), *to = in_folder("f1"), *packed = in_folder("f0.gz"), *bytes = NULL;
	struct doc_entry twice = { keys[10], digests[10], "1" };
	struct doc_change change = { .added = &twice, .added_len = 1, .load = load };
	struct err e = { 0 };
	struct doc doc;
	size_t len;

	for (int i = 0; i < 200; i++)
		old[i] = true;
	assert_int_equal(write_set("f0", old, "1", &doc, &e), 0);
	memcpy(new, old, sizeof new);
	memcpy(lied, old, sizeof lied);
	lied[650] = true; /* to be removed, and it was never there */
	assert_int_equal(write_next("f0", "f1", lied, new, "1", &doc, &e), -1);
	assert_int_equal(
		index_doc_write(from, to, &form, &change, &doc, &e), -1); /* the files of the attempt are there */
	assert_int_equal(index_doc_write(from, "/nonexistent/f", &form, &change, &doc, &e), -1);
	free(to);
	to = in_folder("f2");
	assert_int_equal(index_doc_write(from, to, &form, &change, &doc, &e), -1); /* it is there already */
	free(to);
	to = in_folder("f3");
	change.added = &(struct doc_entry){ keys[600], digests[600], "1" };
	change.context = keys[600];
	assert_int_equal(index_doc_write(from, to, &form, &change, &doc, &e), -1); /* its text is refused */
	assert_string_equal(e.code, "E_MISMATCH");
	assert_int_equal(fs_read_file(packed, MIB(8), &bytes, &len, &e), 0);
	bytes[len / 2] ^= 0x55;
	assert_int_equal(fs_write_file(packed, bytes, len, 0644, &e), 0);
	new[199] = false;
	assert_int_equal(write_next("f0", "f4", old, new, "1", &doc, &e), -1); /* a piece is damaged */
	assert_int_equal(fs_write_file(packed, bytes, len / 3, 0644, &e), 0);
	assert_int_equal(write_next("f0", "f5", old, new, "1", &doc, &e), -1);
}

/* Whichever byte of what is remembered has changed: nothing is made of it, or what is made is what would have been made. */
static void damaged_anywhere(void **state)
{
	static const char *const suffixes[] = { ".gz", ".lz4", ".pieces" };
	bool old[ENTRIES] = { 0 }, new[ENTRIES];
	struct doc doc, good;
	struct err e = { 0 };

	for (int i = 0; i < 30; i++)
		old[i] = true;
	memcpy(new, old, sizeof new);
	new[20] = false;
	assert_int_equal(write_set("g0", old, "1", &doc, &e), 0);
	assert_int_equal(write_next("g0", "good", old, new, "1", &good, &e), 0);
	for (size_t k = 0; k < COUNT(suffixes); k++) {
		AUTO_FREE char *path = mem_printf("%s/g0%s", folder, suffixes[k]), *bytes = NULL;
		size_t len, refused = 0;

		assert_int_equal(fs_read_file(path, MIB(8), &bytes, &len, &e), 0);
		for (size_t i = 0; i < len; i += 7) {
			AUTO_FREE char *name = mem_printf("g%zu-%zu", k, i);

			bytes[i] ^= 0x04;
			assert_int_equal(fs_write_file(path, bytes, len, 0644, &e), 0);
			bytes[i] ^= 0x04;
			if (write_next("g0", name, old, new, "1", &doc, &e))
				refused++;
			else
				same_document("good", name, &good, &doc);
		}
		assert_true(refused > 10);
		assert_int_equal(fs_write_file(path, bytes, len, 0644, &e), 0);
	}
}

/* The longest run of entries without an end of a piece, in the table of pieces. */
static size_t longest_piece(const char *name)
{
	AUTO_FREE char *path = mem_printf("%s/%s.pieces", folder, name), *text = NULL;
	size_t len, run = 0, longest = 0;
	struct slice rest, line;
	struct err e = { 0 };

	assert_int_equal(fs_read_file(path, MIB(8), &text, &len, &e), 0);
	rest = slice_of(text);
	assert_true(slice_cut(&rest, '\n', &line));
	while (slice_cut(&rest, '\n', &line)) {
		run = *line.at == '=' ? 0 : run + 1;
		longest = run > longest ? run : longest;
	}
	return longest;
}

/* Paths of packages that begin with their digest's first digits: their order is that of the digests, and pieces are as short all the same. */
static void keys_in_the_order_of_digests(void **state)
{
	static char own_digests[ENTRIES][SHA256_HEX], own_keys[ENTRIES][32];
	AUTO_FREE char *path = in_folder("ordered");
	struct doc_entry entries[ENTRIES];
	struct doc_change change = { .added = entries, .added_len = ENTRIES, .load = load };
	struct err e = { 0 };
	struct doc doc;

	for (int i = 0; i < ENTRIES; i++) {
		memcpy(own_digests[i], digests[i], SHA256_HEX);
		snprintf(own_digests[i], 9, "%08x", 0x01000000u + (unsigned)i * (0x3e000000u / ENTRIES));
		own_digests[i][8] = digests[i][8];
		snprintf(own_keys[i], sizeof own_keys[i], "pool/%.12s", own_digests[i]);
		entries[i] = (struct doc_entry){ own_keys[i], own_digests[i], "1" };
	}
	assert_int_equal(index_doc_write(NULL, path, &form, &change, &doc, &e), 0);
	assert_int_equal(doc.entries, ENTRIES);
	assert_true(longest_piece("ordered") < ENTRIES / 2);
}

static int load_large(void *context, const struct doc_entry *entry, char **ret, size_t *ret_len, struct err *e)
{
	*ret_len = strcmp(entry->key, context) == 0 ? KIB(200) : 10;
	*ret = mem_alloc(*ret_len + 1);
	memset(*ret, 'x', *ret_len);
	return 0;
}

/* What is added behind an entry that is large on its own does not compress it again. */
static void a_large_entry_ends_its_piece(void **state)
{
	AUTO_FREE char *path = in_folder("large"), *table = in_folder("large.pieces"), *text = NULL;
	struct doc_entry entries[] = { { "a", "11", NULL }, { "b", "11", NULL }, { "c", "11", NULL } };
	struct doc_change change = { .added = entries, .added_len = 3, .load = load_large, .context = (char[]){ "b" } };
	struct err e = { 0 };
	struct doc doc;
	size_t len;

	assert_int_equal(index_doc_write(NULL, path, &form, &change, &doc, &e), 0);
	assert_int_equal(fs_read_file(table, MIB(1), &text, &len, &e), 0);
	assert_non_null(strstr(text, " 1 2 204810 14\n10 a\n204800 b\n="));
	assert_true(text_ends(text, " 0 1 10 5\n10 c\n")); /* what comes next joins c */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_set_alone_decides),
		cmocka_unit_test(the_text_is_whole),
		cmocka_unit_test(a_replaced_entry),
		cmocka_unit_test(what_does_not_fit),
		cmocka_unit_test(damaged_anywhere),
		cmocka_unit_test(keys_in_the_order_of_digests),
		cmocka_unit_test(a_large_entry_ends_its_piece),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
