/* test_tar.c - one tree written by GNU tar in every format it knows must read alike, from the tar and from the directory itself. */
#include "base/proc.h"
#include "formats/ar.h"
#include "tests/unit/formats/read_sample.h"
#include <stdio.h>

enum { SPARSE_SIZE = 3 << 20 };

static char *folder; /* holds "tree" and the archives */

static void put(int dir, const char *name, const char *text, mode_t mode)
{
	struct err e = { 0 };
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_CLOEXEC, mode);

	assert_true(fd >= 0);
	assert_int_equal(fd_write(fd, text, strlen(text), &e), 0);
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

static const char long_name[] =
	"a-name-that-is-longer-than-the-hundred-bytes-a-tar-header-has-for-it/"
	"and-goes-on-for-quite-a-while-beneath-that-folder/until-nobody-could-take-it-for-a-short-one";

static int make_tree(void **state)
{
	static const unsigned char piece[4096] = { 1, 2, 3 };
	struct timespec times[2] = { { 1700000000, 0 }, { 1700000000, 123456789 } };
	struct err e = { 0 };
	AUTO_FREE char *tree = NULL, *deep = NULL;
	int dir, fd;

	if (fs_temp_dir("tar-test", &folder, &e))
		fail_msg("%s", e.text);
	tree = fs_join(folder, "tree");
	deep = mem_printf("%s/%s", tree, long_name);
	assert_int_equal(fs_mkdirs(deep, 0755, &e), 0);
	dir = open(tree, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	put(dir, "file", "hello\n", 0640);
	put(dir, "tool", "#!/bin/sh\nexit 0\n", 0755);
	put(dir, "caf\xc3\xa9", "", 0644);
	assert_int_equal(linkat(dir, "file", dir, "twin", 0), 0);
	assert_int_equal(symlinkat("file", dir, "link"), 0);
	assert_int_equal(mkdirat(dir, "empty", 0711), 0);
	fd = openat(dir, "sparse", O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	assert_int_equal(ftruncate(fd, SPARSE_SIZE), 0);
	for (int at = 0; at < 12; at++)
		assert_int_equal(pwrite(fd, piece, sizeof piece, 65536 * (2 * at + 1)), sizeof piece);
	close(fd);
	assert_int_equal(utimensat(dir, "file", times, 0), 0);
	close(dir);
	return 0;
}

static int drop_tree(void **state)
{
	struct err e;

	fs_remove_tree(folder, &e);
	free(folder);
	return 0;
}

/* Fields that every format keeps; ns says whether this one keeps parts of seconds, holes whether it tells holes. */
static void compare(const struct sample *a, const struct sample *b, bool ns)
{
	assert_int_equal(a->pkg.entries.len, b->pkg.entries.len);
	for (size_t i = 0; i < a->pkg.entries.len; i++) {
		const struct entry *x = &a->pkg.entries.at[i], *y = sample_get(b, x->path);

		assert_int_equal(x->type, y->type);
		assert_int_equal(x->mode, y->mode);
		assert_int_equal(x->uid, y->uid);
		assert_int_equal(x->gid, y->gid);
		assert_int_equal(x->size, y->size);
		assert_int_equal(x->mtime, y->mtime);
		if (ns)
			assert_int_equal(x->mtime_ns, y->mtime_ns);
		assert_string_equal(x->target, y->target);
		assert_string_equal(x->sha256, y->sha256);
	}
}

/* Not every file system does. */
static bool tells_holes(const char *tree)
{
	AUTO_FREE char *path = fs_join(tree, "sparse");
	AUTO_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;

	return fd >= 0 && fstat(fd, &st) == 0 && st.st_blocks * 512 < st.st_size && lseek(fd, 0, SEEK_DATA) == 65536;
}

static void every_tar_tells_the_same(void **state)
{
	static const struct {
		const char *options[4];
		bool ns, holes;
	} kinds[] = {
		{ { "--format=gnu" }, false, false },
		{ { "--format=gnu", "--sparse" }, false, true },
		{ { "--format=oldgnu", "--sparse" }, false, true },
		{ { "--format=ustar" }, false, false },
		{ { "--format=posix" }, true, false },
		{ { "--format=posix", "--sparse" }, true, true },
		{ { "--format=posix", "--sparse", "--sparse-version=0.0" }, true, true },
		{ { "--format=posix", "--sparse", "--sparse-version=0.1" }, true, true },
		{ { "--format=posix", "--gzip" }, true, false },
		{ { "--format=gnu", "--bzip2" }, false, false },
		{ { "--format=gnu", "--xz" }, false, false },
		{ { "--format=gnu", "--lzma" }, false, false },
		{ { "--format=gnu", "--zstd" }, false, false },
	};
	AUTO_FREE char *tree = fs_join(folder, "tree"), *archive = fs_join(folder, "x.tar");
	struct sample home, read;
	struct err e = { 0 };

	assert_int_equal(sample_read(&home, tree, &e), 0);
	assert_string_equal(home.pkg.format, "dir");
	assert_int_equal(home.pkg.entries.len, 10);
	if (tells_holes(tree))
		assert_true(home.holes > SPARSE_SIZE / 2);
	for (size_t i = 0; i < COUNT(kinds); i++) {
		const char *argv[12] = { "tar", "-C", tree, "--sort=name", "-cf", archive };
		size_t len = 6;

		for (size_t k = 0; kinds[i].options[k]; k++)
			argv[len++] = kinds[i].options[k];
		argv[len] = ".";
		if (proc_must(argv, &e) || sample_read(&read, archive, &e))
			fail_msg("%s %s: %s", argv[6], argv[7], e.text);
		compare(&home, &read, kinds[i].ns);
		if (kinds[i].holes)
			assert_true(read.holes > SPARSE_SIZE / 2);
		assert_int_equal(sample_get(&read, "/sparse")->extents_len > 0, kinds[i].holes);
		assert_string_equal(sample_get(&read, "/twin")->target, "/file");
		sample_done(&read);
	}
	sample_done(&home);
}

/* A header of our own making; `at` and `bytes` change it before its checksum is made. */
static int read_header(const char *name, char type, const char *size, size_t at, const char *bytes, size_t len,
	struct sample *k, struct err *e)
{
	AUTO_FREE char *path = fs_join(folder, "made.tar");
	char block[4 * 512] = "";
	unsigned sum = 0;

	snprintf(block, 100, "%s", name);
	memcpy(block + 100,
		"0000644\0"
		"0000000\0"
		"0000000\0",
		24);
	snprintf(block + 124, 12, "%s", size);
	memcpy(block + 136, "00000000001", 12);
	block[156] = type;
	memcpy(block + 257,
		"ustar\0"
		"00",
		8);
	memcpy(block + at, bytes, len);
	memset(block + 148, ' ', 8);
	for (int i = 0; i < 512; i++)
		sum += (unsigned char)block[i];
	snprintf(block + 148, 8, "%06o", sum);
	assert_int_equal(fs_write_file(path, block, sizeof block, 0644, e), 0);
	return sample_read(k, path, e);
}

static void odd_headers_end_in_their_code(void **state)
{
	static const struct {
		const char *name;
		char type;
		const char *size, *code; /* NULL: read */
		size_t at;
		const char *bytes;
		size_t len;
	} cases[] = {
		{ "a", '0', "00000000001", NULL, 0, "", 0 },
		{ "a", '0', "1", NULL, 0, "", 0 },
		{ "a/", '0', "0", NULL, 0, "", 0 },
		{ "a", '0', "0000000000x", "E_CORRUPT", 0, "", 0 },
		{ "a", '0', "77777777777", "E_TRUNCATED", 0, "", 0 },
		{ "a", '0', "0", "E_CORRUPT", 124, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 12 },
		{ "a", '0', "0", NULL, 136, "\x80\0\0\0\0\0\0\1\0\0\0\0", 12 },
		{ "a", '0', "0", "E_CORRUPT", 108, "\xff\xff\xff\xff\xff\xff\xff\xff", 8 },
		{ "a", '5', "00000000001", "E_AMBIGUOUS", 0, "", 0 },
		{ "a", '2', "00000000001", "E_AMBIGUOUS", 157, "b", 1 },
		{ "a", '2', "0", "E_LINK_TARGET_MISSING", 0, "", 0 },
		{ "a", 'Q', "0", "E_UNSUPPORTED", 0, "", 0 },
		{ "a", 'M', "0", "E_MULTIVOLUME", 0, "", 0 },
		{ "a", 'L', "77777777777", "E_LIMIT_METADATA", 0, "", 0 },
		{ "a", '6', "0", "E_SPECIAL_FILE", 0, "", 0 },
		{ "", '0', "0", "E_NAME_EMPTY", 0, "", 0 },
		{ "/a", '0', "0", "E_PATH_ABSOLUTE", 0, "", 0 },
		{ "a", '0', "0", "E_PATH_ESCAPE", 345, "..", 2 },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct err e = { 0 };
		struct sample k;
		int done = read_header(
			cases[i].name, cases[i].type, cases[i].size, cases[i].at, cases[i].bytes, cases[i].len, &k, &e);

		if (cases[i].code == NULL && done)
			fail_msg("case %zu: %s", i, e.text);
		if (cases[i].code && (done == 0 || strcmp(e.code, cases[i].code) != 0))
			fail_msg("case %zu: %s, not %s", i, done ? e.code : "read", cases[i].code);
		sample_done(&k);
	}
}

static void ar_headers_are_strict(void **state)
{
	static const struct {
		const char *head, *code;
	} cases[] = {
		{ "debian-binary   1700000000  0     0     100644  4         `\n", NULL },
		{ "debian-binary/  1700000000  0     0     100644  4         `\n", NULL },
		{ "debian-binary   1700000000  0     0     100644  4         \n`", "E_CORRUPT" },
		{ "debian-binary   1700000000  0     0     100644  4x        `\n", "E_CORRUPT" },
		{ "debian-binary   1700000000  0     0     100644            `\n", "E_CORRUPT" },
		{ "debian-binary   1700000000  0     0     100644  -4        `\n", "E_CORRUPT" },
		{ "#1/16           1700000000  0     0     100644  20        `\n", "E_STRUCTURE" },
		{ "/12             1700000000  0     0     100644  20        `\n", "E_STRUCTURE" },
		{ "../x            1700000000  0     0     100644  20        `\n", "E_STRUCTURE" },
		{ "a\tb             1700000000  0     0     100644  20        `\n", "E_STRUCTURE" },
		{ "                1700000000  0     0     100644  20        `\n", "E_STRUCTURE" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct ar_member m = { 0 };
		struct err e = { 0 };

		assert_int_equal(strlen(cases[i].head), AR_HEADER);
		if (ar_member_parse(cases[i].head, &m, &e)) {
			assert_non_null(cases[i].code);
			assert_string_equal(e.code, cases[i].code);
			continue;
		}
		assert_null(cases[i].code);
		assert_string_equal(m.name, "debian-binary");
		assert_int_equal(m.size, 4);
		assert_int_equal(m.time, 1700000000);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(every_tar_tells_the_same),
		cmocka_unit_test(odd_headers_end_in_their_code), cmocka_unit_test(ar_headers_are_strict) };

	return cmocka_run_group_tests(tests, make_tree, drop_tree);
}
