/* test_squashfs.c - images of the real mksquashfs: everything in them comes out; damaged anywhere they are refused or read, never worse. */
#include "base/proc.h"
#include "formats/squashfs.h"
#include "tests/unit/formats/read_sample.h"
#include <stdio.h>
#include <sys/mman.h>
#include <sys/xattr.h>

static char *folder; /* holds "tree" and the images */
static bool has_xattrs;

static void put(const char *name, const char *text, mode_t mode)
{
	AUTO_FREE char *path = mem_printf("%s/tree/%s", folder, name);
	struct err e = { 0 };

	assert_int_equal(fs_write_file(path, text, strlen(text), mode, &e), 0);
}

static int make_tree(void **state)
{
	struct err e = { 0 };
	AUTO_FREE char *deep = NULL, *big = NULL, *sparse = NULL, *twin = NULL, *file = NULL, *link = NULL, *cap = NULL;
	unsigned char block[4096];
	int fd;

	if (fs_temp_dir("squashfs-test", &folder, &e))
		fail_msg("%s", e.text);
	deep = mem_printf("%s/tree/a/b/c", folder);
	assert_int_equal(fs_mkdirs(deep, 0755, &e), 0);
	put("a/file", "hello\n", 0640);
	put("a/b/c/tool", "#!/bin/sh\nexit 0\n", 0755);
	put("z", "", 0600);
	file = mem_printf("%s/tree/a/file", folder);
	twin = mem_printf("%s/tree/a/b/twin", folder);
	link = mem_printf("%s/tree/link", folder);
	big = mem_printf("%s/tree/big", folder);
	sparse = mem_printf("%s/tree/sparse", folder);
	cap = mem_printf("%s/tree/a/b/c/tool", folder);
	assert_int_equal(link[0] && symlink("a/file", link), 0);
	assert_int_equal(linkat(AT_FDCWD, file, AT_FDCWD, twin, 0), 0);
	fd = open(big, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	for (unsigned i = 0; i < 100; i++) {
		for (size_t k = 0; k < sizeof block; k++)
			block[k] = (unsigned char)(i * 31 + k * k);
		assert_int_equal(fd_write(fd, block, i < 99 ? sizeof block : 1234, &e), 0);
	}
	close(fd);
	fd = open(sparse, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	assert_int_equal(pwrite(fd, block, sizeof block, 1 << 20), sizeof block);
	assert_int_equal(ftruncate(fd, 3 << 20), 0);
	close(fd);
	has_xattrs = setxattr(file, "user.note", "va\0lue", 6, 0) == 0;
	return 0;
}

static int drop_tree(void **state)
{
	struct err e;

	fs_remove_tree(folder, &e);
	free(folder);
	return 0;
}

/* Arguments beyond the codec's name end with NULL. */
static char *image(const char *codec, const char *extra)
{
	char *path = mem_printf("%s/%s%s.squashfs", folder, codec, extra ? extra : "");
	AUTO_FREE char *tree = mem_printf("%s/tree", folder);
	const char *argv[] = { "mksquashfs", tree, path, "-quiet", "-noappend", "-no-progress", "-b", "4096", "-comp",
		codec, extra, NULL };
	struct err e = { 0 };

	if (proc_must(argv, &e))
		fail_msg("%s", e.text);
	return path;
}

static void check_whole(const char *path)
{
	AUTO_FREE char *big = mem_printf("%s/tree/big", folder);
	struct sample k;
	struct err e = { 0 };
	const struct entry *en;
	char want[65];
	int fd = open(big, O_RDONLY | O_CLOEXEC);

	assert_int_equal(sha256_fd(fd, want, NULL, &e), 0);
	close(fd);
	if (sample_read(&k, path, &e))
		fail_msg("%s: %s", path, e.text);
	assert_string_equal(k.reader->name, "squashfs");
	assert_int_equal(k.pkg.warnings.len, 0);
	assert_int_equal(k.pkg.entries.len, 10);
	assert_string_equal(sample_get(&k, "/big")->sha256, want);
	assert_int_equal(sample_get(&k, "/big")->size, 99 * 4096 + 1234);
	assert_null(sample_get(&k, "/big")->extents);
	en = sample_get(&k, "/sparse");
	assert_int_equal(en->size, 3 << 20);
	assert_int_equal(en->extents_len, 1);
	assert_int_equal(en->extents[0].at, 1 << 20);
	assert_int_equal(en->extents[0].len, 4096);
	assert_true(k.holes >= (3 << 20) - 2 * 4096);
	assert_string_equal(sample_get(&k, "/link")->target, "a/file");
	assert_int_equal(sample_get(&k, "/a/b/c/tool")->mode, 0755);
	assert_int_equal(sample_get(&k, "/z")->size, 0);
	assert_int_equal(sample_get(&k, "/a/file")->uid, (int64_t)getuid());
	/* One of the two names carries the data; it comes first. */
	assert_int_equal(sample_get(&k, "/a/b/twin")->type, ENTRY_FILE);
	assert_int_equal(sample_get(&k, "/a/file")->type, ENTRY_HARDLINK);
	assert_string_equal(sample_get(&k, "/a/file")->target, "/a/b/twin");
	if (has_xattrs) {
		assert_int_equal(sample_get(&k, "/a/b/twin")->xattrs_len, 1);
		assert_string_equal(sample_get(&k, "/a/b/twin")->xattrs[0].name, "user.note");
		assert_int_equal(sample_get(&k, "/a/b/twin")->xattrs[0].len, 6);
		assert_memory_equal(sample_get(&k, "/a/b/twin")->xattrs[0].value, "va\0lue", 6);
	}
	sample_done(&k);
}

static void images_of_every_codec_read_alike(void **state)
{
	static const char *const codecs[] = { "gzip", "lzma", "lzo", "xz", "lz4", "zstd" };
	static const char *const shapes[] = { NULL, "-no-fragments", "-always-use-fragments", "-noI", "-noD",
		"-no-exports" };

	for (size_t i = 0; i < COUNT(codecs); i++)
		for (size_t k = 0; k < COUNT(shapes); k++) {
			AUTO_FREE char *path = image(codecs[i], shapes[k]);

			check_whole(path);
		}
}

/* ---- damage */

static int silent(struct sink *s, const struct entry *entry, struct err *e)
{
	return 0;
}

static int silent_data(struct sink *s, const void *bytes, size_t len, struct err *e)
{
	static volatile unsigned char seen;

	for (size_t i = 0; bytes && i < len; i += 97)
		seen = (unsigned char)(seen ^ ((const unsigned char *)bytes)[i]);
	return 0;
}

static int silent_end(struct sink *s, struct err *e)
{
	return 0;
}

/* The outcome of reading these bytes: 0, or -1 with a code. */
static int outcome(const void *bytes, size_t len, struct err *e)
{
	static const struct sink_ops ops = { NULL, silent, silent_data, silent_end, NULL, NULL };
	extern const struct reader read_squashfs;
	struct source src = { .fd = memfd_create("image", MFD_CLOEXEC), .size = len, .name = "image" };
	struct limits limits = limits_default;
	struct sink sink = { &ops };
	struct pkg pkg;
	int done;

	limits.output = MIB(64);
	assert_int_equal(fd_write(src.fd, bytes, len, e), 0);
	pkg_init(&pkg, 0);
	done = read_squashfs.read(&src, &limits, &sink, &pkg, e);
	if (done)
		assert_non_null(e->code);
	pkg_done(&pkg);
	close(src.fd);
	return done;
}

static void damage_is_refused_or_harmless(void **state)
{
	AUTO_FREE char *path = image(
		"gzip", "-noI"); /* inodes and directories stand uncompressed: damage reaches their fields */
	AUTO_FREE char *bytes = NULL;
	size_t len = 0, refused = 0, super_refused = 0;
	struct err e = { 0 };

	assert_int_equal(fs_read_file(path, 16 << 20, &bytes, &len, &e), 0);
	for (size_t at = 0; at < len; at += at < 96 || at > len - 8192 ? 1 : 257)
		for (unsigned bit = 0x01; bit <= 0x80; bit <<= 7) {
			bytes[at] = (char)(bytes[at] ^ bit);
			e = (struct err){ 0 };
			if (outcome(bytes, len, &e)) {
				refused++;
				super_refused += at < 96;
			}
			bytes[at] = (char)(bytes[at] ^ bit);
		}
	assert_true(refused > 500);
	assert_true(super_refused > 90);
	for (size_t cut = 0; cut < len; cut += 1 + len / 199) {
		e = (struct err){ 0 };
		if (cut < len - 4096)
			assert_int_equal(outcome(bytes, cut, &e), -1);
	}
	e = (struct err){ 0 };
	assert_int_equal(outcome(bytes, len, &e), 0);
}

/* A directory whose entry leads back to the root. With -noI the tables stand as they are: a header (count, block, number), then entries. */
static void a_directory_in_itself_is_a_loop(void **state)
{
	AUTO_FREE char *path = image("gzip", "-noI");
	AUTO_FREE char *bytes = NULL;
	size_t len = 0;
	unsigned patched = 0;
	struct err e = { 0 };
	const unsigned char *super;

	assert_int_equal(fs_read_file(path, 16 << 20, &bytes, &len, &e), 0);
	super = (const unsigned char *)bytes;
	/* The entry of "c" in /a/b: offset 2, difference 2, type 1, length 0, name. */
	for (size_t i = 0; i + 9 < len; i++)
		if (memcmp(bytes + i + 4, "\1\0\0\0c", 5) == 0) {
			bytes[i] = (char)super[32]; /* root's offset; all inodes share one block */
			bytes[i + 1] = (char)super[33];
			patched++;
		}
	assert_int_equal(patched, 1);
	assert_int_equal(outcome(bytes, len, &e), -1);
	assert_string_equal(e.code, "E_LOOP");
}

static void one_file_is_found_by_its_name(void **state)
{
	AUTO_FREE char *path = image("zstd", NULL);
	AUTO_FREE char *text = NULL, *none = NULL, *linked = NULL;
	AUTO_SQUASHFS *q = NULL;
	struct err e = { 0 };
	struct stat st;
	size_t len = 0;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(squashfs_open(fd, 0, (uint64_t)st.st_size, &limits_default, &q, &e), 0);
	assert_int_equal(squashfs_file(q, "a/b/*/t??l", 100, &text, &len, &e), 0);
	assert_string_equal(text, "#!/bin/sh\nexit 0\n");
	assert_int_equal(len, 17);
	assert_int_equal(squashfs_file(q, "link", 100, &linked, &len, &e), 0);
	assert_string_equal(linked, "hello\n");
	assert_int_equal(squashfs_file(q, "a/b/nothing", 100, &none, &len, &e), 0);
	assert_null(none);
	assert_int_equal(squashfs_file(q, "a/b", 100, &none, &len, &e), 0);
	assert_null(none);
	assert_int_equal(squashfs_file(q, "big", 100, &none, &len, &e), -1);
	assert_string_equal(e.code, "E_LIMIT_METADATA");
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(images_of_every_codec_read_alike),
		cmocka_unit_test(damage_is_refused_or_harmless), cmocka_unit_test(a_directory_in_itself_is_a_loop),
		cmocka_unit_test(one_file_is_found_by_its_name) };

	return cmocka_run_group_tests(tests, make_tree, drop_tree);
}
