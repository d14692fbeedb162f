/* test_index_apt.c - Packages and Release: content, order, hashes; the same set gives the same bytes. */
#include "formats/index.h"
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const char *const architectures[] = { "amd64", "arm64" };
static const char *const components[] = { "main", "contrib" };
static const struct apt_release release = { .origin = "Example\nEvil: 1",
	.label = "Example",
	.suite = "bookworm",
	.codename = "bookworm",
	.components = components,
	.components_len = 2,
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

static void fragment(void **state)
{
	AUTO_FREE char *text = stanza("a", "1", "amd64");

	assert_string_equal(text,
		"Package: a\nVersion: 1\nArchitecture: amd64\nDescription: x\n more\n"
		"Filename: pool/a/a.deb\nSize: 42\nSHA256: ab12\n\n");
}

static void release_file(void **state)
{
	struct apt_document documents[] = {
		{ "main/binary-amd64/Packages", { .sha256 = "aa", .open_sha256 = "bb", .size = 1, .open_size = 2 } },
		{ "main/binary-arm64/Packages", { .sha256 = "cc", .open_sha256 = "dd", .size = 3, .open_size = 4 } },
	};
	struct apt_release r = release;
	AUTO_FREE char *text = NULL;

	r.documents = documents;
	r.documents_len = 2;
	r.label = "";
	text = apt_release_text(&r);
	assert_non_null(strstr(text, "Origin: Example Evil: 1\n"));
	assert_non_null(strstr(text, "Date: Tue, 14 Nov 2023 22:13:20 "));
	assert_non_null(strstr(text, "Valid-Until: Tue, 21 Nov 2023 22:13:20 "));
	assert_non_null(strstr(text, "Acquire-By-Hash: yes\n"));
	assert_non_null(strstr(text, "Architectures: amd64 arm64\nComponents: main contrib\n"));
	assert_null(strstr(text, "Label:"));
	assert_non_null(strstr(text,
		"SHA256:\n bb 2 main/binary-amd64/Packages\n aa 1 main/binary-amd64/Packages.gz\n"
		" dd 4 main/binary-arm64/Packages\n cc 3 main/binary-arm64/Packages.gz\n"));
}

static void contents(void **state)
{
	static const char *links[] = { "/usr/bin/again" };
	AUTO_FREE char *text = NULL, *bare = NULL;
	struct entry *entry;
	struct pkg p;

	pkg_init(&p, 0);
	p.name = "acme";
	pkg_add_entry(&p)->path = "/usr/bin/with blank";
	entry = pkg_add_entry(&p);
	entry->path = "/usr/bin";
	entry->type = ENTRY_DIR;
	entry = pkg_add_entry(&p);
	entry->path = "/usr/bin/once";
	entry->links = links;
	entry->links_len = 1;
	pkg_add_entry(&p)->path = "/etc/two\nlines";
	text = apt_contents(&p, "Package: acme\nsection: non-free/admin\n");
	assert_string_equal(text,
		"usr/bin/with blank    non-free/admin/acme\nusr/bin/once    non-free/admin/acme\n"
		"usr/bin/again    non-free/admin/acme\n");
	bare = apt_contents(&p, "Package: acme\nDescription: x\n Section: y\n");
	assert_non_null(strstr(bare, "usr/bin/once    acme\n"));
	pkg_done(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fragment),
		cmocka_unit_test(release_file),
		cmocka_unit_test(contents),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
