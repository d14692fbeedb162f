/* test_deb_index.c - folders of debs as an index: what dpkg-deb says of each package stands there, and nothing else. */
#include "base/digest.h"
#include "base/fs.h"
#include "base/proc.h"
#include "sandbox/deb_index.h"
#include <fcntl.h>
#include <setjmp.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char *dir;

/* FOLDER/FILE, of a package of that name; more: further lines of its control file. The digest is that of the file. */
static void build(const char *folder, const char *file, const char *name, const char *compression, const char *more,
	char ret_digest[SHA256_HEX], uint64_t *ret_size)
{
	AUTO_FREE char *top = mem_printf("%s/build-%s", dir, name), *debian = mem_printf("%s/DEBIAN", top),
		       *control = mem_printf("%s/control", debian), *deb = mem_printf("%s/%s", folder, file);
	AUTO_FREE char *text = mem_printf("Package: %s\nVersion: 1\nArchitecture: all\nMaintainer: T <t@example.org>\n"
					  "%sDescription: test\n more of it\n",
		name, more);
	const char *const argv[] = { "dpkg-deb", compression, "--root-owner-group", "-b", top, deb, NULL };
	struct err e = { 0 };

	if (fs_mkdirs(debian, 0755, &e) || fs_write_file(control, text, strlen(text), 0644, &e) || proc_must(argv, &e))
		fail_msg("%s", e.text);
	AUTO_FD int fd = open(deb, O_RDONLY | O_CLOEXEC);
	assert_int_equal(sha256_fd(fd, ret_digest, ret_size, &e), 0);
}

static char *folder_of(const char *name)
{
	char *path = mem_printf("%s/%s", dir, name);
	struct err e = { 0 };

	assert_int_equal(fs_mkdirs(path, 0755, &e), 0);
	return path;
}

static void expect_stanza(const struct text *index, const char *name, const char *more, const char *location,
	const char *digest, uint64_t size)
{
	AUTO_FREE char *want = mem_printf(
		"Package: %s\nVersion: 1\nArchitecture: all\nMaintainer: T <t@example.org>\n%sDescription: test\n more "
		"of it\nFilename: %s\nSize: %llu\nSHA256: %s\n\n",
		name, more, location, (unsigned long long)size, digest);

	if (!strstr(index->at, want))
		fail_msg("%s is not in\n%s", want, index->at);
}

static size_t count(const struct text *index, const char *what)
{
	size_t n = 0;

	for (const char *at = index->at; at && (at = strstr(at, what)) != NULL; at++)
		n++;
	return n;
}

static void each_is_there(void **state)
{
	static const char *const compressions[] = { "-Zgzip", "-Zxz", "-Zzstd", "-Znone" };
	static const char relations[] = "Depends: libc6 (>= 2), a | b\n";
	AUTO_FREE char *folder = folder_of("each"), *deep = folder_of("each/deep/er");
	char digests[COUNT(compressions)][SHA256_HEX], digest[SHA256_HEX];
	uint64_t sizes[COUNT(compressions)], size;
	AUTO(text) index = { 0 };
	struct err e = { 0 };

	for (size_t i = 0; i < COUNT(compressions); i++) {
		AUTO_FREE char *name = mem_printf("one%zu", i), *file = mem_printf("%s.deb", name);

		build(folder, file, name, compressions[i], relations, digests[i], &sizes[i]);
	}
	build(deep, "two words.deb", "two", "-Zgzip", "", digest, &size);
	text_add(&index, "before\n\n");
	assert_int_equal(deb_index_add(&index, folder, "./with/0", MIB(1), &e), 0);
	for (size_t i = 0; i < COUNT(compressions); i++) {
		AUTO_FREE char *name = mem_printf("one%zu", i), *at = mem_printf("./with/0/%s.deb", name);

		expect_stanza(&index, name, relations, at, digests[i], sizes[i]);
	}
	expect_stanza(&index, "two", "", "./with/0/deep/er/two words.deb", digest, size);
	assert_int_equal(count(&index, "Package: "), COUNT(compressions) + 1);
	assert_memory_equal(index.at, "before\n\n", 8);
}

/* Damaged files, links, other files, names that would be lines: the good one among them is there all the same. */
static void nothing_else_is(void **state)
{
	AUTO_FREE char *folder = folder_of("else"), *outside = folder_of("outside");
	AUTO_FREE char *good = mem_printf("%s/good.deb", folder), *cut = mem_printf("%s/cut.deb", folder),
		       *link = mem_printf("%s/link.deb", folder), *line = mem_printf("%s/a\nPackage: b.deb", folder),
		       *text = mem_printf("%s/text.deb", folder), *other = mem_printf("%s/good.txt", folder),
		       *target = mem_printf("%s/good.deb", outside), *sub = mem_printf("%s/sub.deb", folder);
	char digest[SHA256_HEX], ignored[SHA256_HEX];
	AUTO(text) index = { 0 };
	struct err e = { 0 };
	uint64_t size;

	build(outside, "good.deb", "outside", "-Zgzip", "", ignored, &size);
	build(folder, "cut.deb", "cut", "-Zgzip", "", ignored, &size);
	build(folder, "good.deb", "good", "-Zgzip", "", digest, &size);
	assert_int_equal(truncate(cut, 150), 0);
	assert_int_equal(symlink(target, link), 0);
	const char *const copies[] = { line, other };
	for (size_t i = 0; i < COUNT(copies); i++)
		assert_int_equal(linkat(AT_FDCWD, good, AT_FDCWD, copies[i], 0), 0);
	assert_int_equal(fs_write_file(text, "no package\n", 11, 0644, &e), 0);
	assert_int_equal(mkdir(sub, 0755), 0);
	assert_int_equal(deb_index_add(&index, folder, ".", MIB(1), &e), 0);
	expect_stanza(&index, "good", "", "./good.deb", digest, size);
	assert_int_equal(count(&index, "Package: "), 1);
}

static void bounds_and_mistakes(void **state)
{
	AUTO_FREE char *folder = folder_of("bounds"), *missing = mem_printf("%s/missing", dir);
	char digest[SHA256_HEX];
	AUTO(text) index = { 0 };
	struct err e = { 0 };
	uint64_t size;

	assert_int_equal(deb_index_add(&index, folder, ".", 0, &e), 0);
	assert_int_equal(index.len, 0);
	build(folder, "one.deb", "bounded", "-Zgzip", "", digest, &size);
	assert_int_equal(deb_index_add(&index, folder, ".", 100, &e), -1);
	assert_non_null(strstr(e.text, "too many packages"));
	e = (struct err){ 0 };
	assert_int_equal(deb_index_add(&index, missing, ".", MIB(1), &e), -1);
	assert_non_null(strstr(e.text, missing));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_is_there),
		cmocka_unit_test(nothing_else_is),
		cmocka_unit_test(bounds_and_mistakes),
	};
	struct err e = { 0 };
	int failed;

	if (fs_temp_dir("deb-index", &dir, &e))
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	fs_remove_tree(dir, &e);
	free(dir);
	return failed;
}
