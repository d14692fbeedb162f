/* test_index_apt.c - Packages and Release: content, order, hashes; the same set gives the same bytes. */
#include "base/codec.h"
#include "base/digest.h"
#include "formats/index.h"
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const char *const architectures[] = { "amd64", "arm64" };
static const struct apt_release release = { .origin = "Example\nEvil: 1",
	.label = "Example",
	.suite = "bookworm",
	.codename = "bookworm",
	.component = "main",
	.date = 1700000000,
	.valid_until = 1700604800,
	.architectures = architectures,
	.architectures_len = 2 };

static char *stanza(const char *name, const char *version, const char *architecture)
{
	AUTO_FREE char *control = mem_printf(
		"Package: %s\nVersion: %s\nArchitecture: %s\nDescription: x\n more\n", name, version, architecture);
	struct index_file file = { .location = "pool/a/a.deb", .sha256 = "ab12", .size = 42 };

	return apt_fragment(control, &file);
}

static const struct index_item *find(const struct index_set *set, const char *path)
{
	for (size_t i = 0; i < set->len; i++)
		if (strcmp(set->at[i].path, path) == 0)
			return &set->at[i];
	fail_msg("%s is missing", path);
	return NULL;
}

static void fragment(void **state)
{
	AUTO_FREE char *text = stanza("a", "1", "amd64");

	assert_string_equal(text,
		"Package: a\nVersion: 1\nArchitecture: amd64\nDescription: x\n more\n"
		"Filename: pool/a/a.deb\nSize: 42\nSHA256: ab12\n\n");
}

static void tree(void **state)
{
	AUTO_FREE char *a10 = stanza("a", "1.10", "amd64"), *a9 = stanza("a", "1.9", "amd64"),
		       *all = stanza("b", "1", "all"), *arm = stanza("0c", "1", "arm64"), *amd = NULL, *line = NULL,
		       *unpacked = NULL;
	struct apt_stanza one[] = { { "amd64", a10 }, { "all", all }, { "arm64", arm }, { "amd64", a9 } };
	struct apt_stanza other[] = { one[3], one[2], one[1], one[0] };
	AUTO(index_set) first = { 0 };
	AUTO(index_set) second = { 0 };
	const struct index_item *packages, *packed, *last;
	struct err e = { 0 };
	struct out *out;
	size_t len;

	assert_int_equal(apt_index(&release, one, 4, &first, &e), 0);
	assert_int_equal(apt_index(&release, other, 4, &second, &e), 0);
	assert_int_equal(first.len, second.len);
	for (size_t i = 0; i < first.len; i++)
		assert_string_equal(first.at[i].sha256, second.at[i].sha256);
	packages = find(&first, "dists/bookworm/main/binary-amd64/Packages");
	amd = mem_printf("%s%s%s", a9, a10, all);
	assert_string_equal(packages->bytes, amd);
	packed = find(&first, "dists/bookworm/main/binary-amd64/Packages.xz");
	AUTO_IN *in = in_codec(in_mem(packed->bytes, packed->len), CODEC_XZ, &(struct codec_limits){ 0 });
	out = out_mem(MIB(1), &unpacked, &len);
	for (char buf[512]; (len = (size_t)in_read(in, buf, sizeof buf, &e)) > 0 && (long)len > 0;)
		assert_int_equal(out_write(out, buf, len, &e), 0);
	assert_int_equal(out_close(out, &e), 0);
	assert_string_equal(unpacked, amd);
	last = &first.at[first.len - 1];
	assert_string_equal(last->path, "dists/bookworm/Release");
	assert_non_null(strstr(last->bytes, "Origin: Example Evil: 1\n"));
	assert_non_null(strstr(last->bytes, "Date: Tue, 14 Nov 2023 22:13:20 "));
	assert_non_null(strstr(last->bytes, "Valid-Until: Tue, 21 Nov 2023 22:13:20 "));
	assert_non_null(strstr(last->bytes, "Acquire-By-Hash: yes\n"));
	line = mem_printf("\n %s %zu main/binary-amd64/Packages\n", packages->sha256, packages->len);
	assert_non_null(strstr(last->bytes, line));
	free(line);
	line = mem_printf("dists/bookworm/main/binary-amd64/by-hash/SHA256/%s", packed->sha256);
	assert_int_equal(find(&first, line)->len, packed->len);
}

static void empty_and_broken(void **state)
{
	AUTO(index_set) set = { 0 };
	struct apt_stanza bad = { "amd64", "Package: a\nVersion: -\n\n" };
	struct err e = { 0 };

	assert_int_equal(apt_index(&release, NULL, 0, &set, &e), 0);
	assert_int_equal(find(&set, "dists/bookworm/main/binary-arm64/Packages")->len, 0);
	assert_int_equal(apt_index(&release, &bad, 1, &set, &e), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fragment),
		cmocka_unit_test(tree),
		cmocka_unit_test(empty_and_broken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
