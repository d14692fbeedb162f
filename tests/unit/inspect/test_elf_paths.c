/* test_elf_paths.c - search paths of ELF files: this very program's, and the same file damaged everywhere. */
#include "base/fs.h"
#include "inspect/elf_paths.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
// clang-format off
#include <cmocka.h>
// clang-format on

static void own_program(void **state)
{
	AUTO_FREE char *bytes = NULL;
	struct elf_path found[ELF_PATHS_MAX];
	struct err e = { 0 };
	size_t len, count;

	assert_int_equal(fs_read_file("/proc/self/exe", 256 << 20, &bytes, &len, &e), 0);
	count = elf_paths((unsigned char *)bytes, len, found);
	assert_true(count >= 1);
	assert_string_equal(found[0].kind, "INTERP");
	assert_int_equal(found[0].text[0], '/');
	assert_memory_equal(bytes + found[0].offset, found[0].text, strlen(found[0].text) + 1);
}

/* No byte of the tables at the front is believed: each is tried with other values, and the file with every length. */
static void damaged(void **state)
{
	AUTO_FREE char *bytes = NULL;
	struct elf_path found[ELF_PATHS_MAX];
	struct err e = { 0 };
	size_t len;

	assert_int_equal(fs_read_file("/bin/true", 16 << 20, &bytes, &len, &e), 0);
	for (size_t cut = 0; cut < len; cut += cut < 2048 ? 1 : 997) {
		AUTO_FREE unsigned char *copy = mem_alloc(cut + 1);
		memcpy(copy, bytes, cut);
		assert_true(elf_paths(copy, cut, found) <= ELF_PATHS_MAX);
	}
	for (size_t at = 0; at < 1024 && at < len; at++)
		for (int with = 0; with < 3; with++) {
			char old = bytes[at];
			bytes[at] = (char)(with == 0 ? 0 : with == 1 ? 0xff : old ^ 0x80);
			size_t count = elf_paths((unsigned char *)bytes, len, found);
			for (size_t i = 0; i < count; i++)
				assert_true(found[i].offset + strlen(found[i].text) < len);
			bytes[at] = old;
		}
}

/* The collector: an ELF file that comes in pieces, one over the limit, one that is none. */
static void feed(struct sink *s, const char *path, const char *bytes, size_t len, size_t step)
{
	struct entry entry;
	struct err e = { 0 };

	entry_init(&entry);
	entry.path = path;
	entry.type = ENTRY_FILE;
	entry.size = len;
	assert_int_equal(sink_entry_begin(s, &entry, &e), 0);
	for (size_t at = 0; at < len; at += step)
		assert_int_equal(sink_data(s, bytes + at, at + step < len ? step : len - at, &e), 0);
	assert_int_equal(sink_entry_end(s, &e), 0);
}

static void collector(void **state)
{
	AUTO_FREE char *bytes = NULL;
	json_t *facts = NULL;
	struct err e = { 0 };
	size_t len;

	assert_int_equal(fs_read_file("/bin/true", 16 << 20, &bytes, &len, &e), 0);
	struct sink *s = elf_paths_collector(len, &facts);
	feed(s, "/a", bytes, len, 1000);
	feed(s, "/text", "this is no program at all, but a text that is long enough to be one", 66, 5);
	AUTO_FREE char *large = mem_alloc(len + 1);
	memcpy(large, bytes, len);
	feed(s, "/large", large, len + 1, 4096);
	feed(s, "/b", bytes, len, len);
	assert_int_equal(sink_close(s, &e), 0);
	sink_drop(s);
	json_t *items = json_list(facts, "items");
	assert_true(json_array_size(items) >= 2);
	assert_string_equal(json_text(json_array_get(items, 0), "path"), "/a");
	assert_string_equal(json_text(json_array_get(items, json_array_size(items) - 1), "path"), "/b");
	assert_int_equal(json_int(facts, "more"), 1);
	json_decref(facts);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(own_program), cmocka_unit_test(damaged),
		cmocka_unit_test(collector) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
