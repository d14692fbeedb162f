/* test_read_deb.c - control stanzas, attributes, and a deb that dpkg-deb built from a small tree. */
#include "base/proc.h"
#include "formats/deb822.h"
#include "formats/deb_private.h"
#include "formats/posix_attrs.h"
#include "tests/unit/formats/read_sample.h"
#include <stdio.h>

static void stanzas_parse_or_say_why(void **state)
{
	static const struct {
		const char *text;
		int fields; /* -1: E_METADATA */
	} cases[] = {
		{ "A: 1\n", 1 },
		{ "A: 1", 1 },
		{ "A:1\nB:  2 \n", 2 },
		{ "A: 1\n more\n .\n end\nB: 2\n", 2 },
		{ "A:\n one\n two\n", 1 },
		{ "\nA: 1\n\n", 1 },
		{ "A: 1\r\n", 1 },
		{ "A: 1\na: 2\n", -1 },
		{ "A: 1\n\nB: 2\n", -1 },
		{ " A: 1\n", -1 },
		{ "no field\n", -1 },
		{ ": 1\n", -1 },
		{ "A B: 1\n", -1 },
		{ "-A: 1\n", -1 },
		{ "#A: 1\n", -1 },
		{ "A: \x1b[31m\n", -1 },
		{ "", -1 },
		{ "\n\n", -1 },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		AUTO(deb822) d = { 0 };
		AUTO(arena) a = { 0 };
		struct err e = { 0 };

		if (deb822_parse(&a, cases[i].text, strlen(cases[i].text), &d, &e)) {
			if (cases[i].fields != -1)
				fail_msg("case %zu: %s", i, e.text);
			assert_string_equal(e.code, "E_METADATA");
			continue;
		}
		if (cases[i].fields != (int)d.len)
			fail_msg("case %zu: %zu fields", i, d.len);
	}
}

static void control_fields_fill_the_package(void **state)
{
	static const char text[] =
		"Package: acme-agent\nVersion: 1:2.3~rc1-4\nArchitecture: amd64\nMaintainer: A <a@x.test>\n"
		"Depends: libc6 (>= 2.36), a | b\nSection: net\nHomepage: https://x.test/\nMulti-Arch: same\n"
		"Installed-Size: 12\nDescription: short words\n first line\n .\n  indented\n last\n";
	struct err e = { 0 };
	struct pkg p;

	pkg_init(&p, 0);
	if (deb_control_fields(&p, text, strlen(text), &e))
		fail_msg("%s", e.text);
	assert_string_equal(p.name, "acme-agent");
	assert_int_equal(p.epoch, 1);
	assert_string_equal(p.version, "2.3~rc1");
	assert_string_equal(p.release, "4");
	assert_string_equal(p.architecture, "x86_64");
	assert_string_equal(p.architecture_native, "amd64");
	assert_string_equal(p.summary, "short words");
	assert_string_equal(p.description, "first line\n\n indented\nlast");
	assert_string_equal(p.section, "net");
	assert_string_equal(pkg_field_get(&p, "Multi-Arch"), "same");
	assert_int_equal(p.relations.len, 2);
	assert_int_equal(p.relations.at[1].tree, REL_OR);
	assert_int_equal(p.warnings.len, 0);
	pkg_done(&p);
}

static void control_fields_are_refused(void **state)
{
	static const char *const cases[] = {
		"Package: a b\nVersion: 1\nArchitecture: all\n",
		"Package: ../x\nVersion: 1\nArchitecture: all\n",
		"Package: a\nVersion: 1$(id)\nArchitecture: all\n",
		"Package: a\nVersion:\nArchitecture: all\n",
		"Package: a\nVersion: 1\n",
		"Package: a\nVersion: 1\nArchitecture: a/b\n",
		"Package: a\nVersion: 1\nArchitecture: all\nDepends: a (>> \n",
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct err e = { 0 };
		struct pkg p;

		pkg_init(&p, 0);
		assert_int_equal(deb_control_fields(&p, cases[i], strlen(cases[i]), &e), -1);
		assert_string_equal(e.code, "E_METADATA");
		pkg_done(&p);
	}
}

static void attributes_become_text(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
		const char *text;
	} cases[] = {
		{ "\1\0\0\2\0\x20\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 20, "cap_net_raw=ep" },
		{ "\0\0\0\2\0\x24\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 20, "cap_net_bind_service,cap_net_raw=p" },
		{ "\1\0\0\2\0\x20\0\0\0\4\0\0\0\0\0\0\0\0\0\0", 20, "cap_net_raw=ep cap_net_bind_service=ei" },
		{ "\1\0\0\3\0\x20\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 24, "cap_net_raw=ep" },
		{ "\1\0\0\3\0\x20\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0", 24, NULL },
		{ "\1\0\0\2\0\x20\0\0\0\0\0\0\0\0\0\0\0\0\0", 19, NULL },
		{ "\1\0\0\2\0\0\0\0\0\0\0\0\x80\0\0\0\0\0\0\0", 20, "cap_bpf=ep" },
	};
	static const unsigned char acl[] = "\2\0\0\0"
					   "\1\0\6\0\xff\xff\xff\xff"
					   "\2\0\4\0\xe8\3\0\0"
					   "\4\0\4\0\xff\xff\xff\xff"
					   "\x10\0\4\0\xff\xff\xff\xff"
					   "\x20\0\0\0\xff\xff\xff\xff";
	AUTO(arena) a = { 0 };
	static const char star[] = "user::rw-\nuser:bob:r--:1000,group::r--,mask::r--,other:---\n";
	unsigned char bytes[16];
	size_t len;
	char name[] = "user.%41%25";

	for (size_t i = 0; i < COUNT(cases); i++) {
		char *text = posix_attr_capabilities(&a, (const unsigned char *)cases[i].bytes, cases[i].len);

		if (cases[i].text == NULL)
			assert_null(text);
		else
			assert_string_equal(text, cases[i].text);
	}
	assert_string_equal(
		posix_attr_acl(&a, acl, sizeof acl - 1), "user::rw-,user:1000:r--,group::r--,mask::r--,other::---");
	assert_null(posix_attr_acl(&a, acl, sizeof acl - 2));
	assert_string_equal(
		posix_attr_acl_text(&a, star, strlen(star)), "user::rw-,user:bob:r--,group::r--,mask::r--,other::---");
	assert_null(posix_attr_acl_text(&a, "owner@:rwx::allow", 17));
	assert_int_equal(posix_attr_base64("aGVsbG8", 7, bytes, &len), 0);
	assert_int_equal(len, 5);
	assert_memory_equal(bytes, "hello", 5);
	assert_int_equal(posix_attr_base64("a*b", 3, bytes, &len), -1);
	assert_int_equal(posix_attr_unescape(name), 0);
	assert_string_equal(name, "user.A%");
}

static void put(const char *folder, const char *name, const char *text, mode_t mode)
{
	AUTO_FREE char *path = fs_join(folder, name);
	struct err e = { 0 };

	if (fs_write_file(path, text, strlen(text), mode, &e))
		fail_msg("%s", e.text);
}

static void built_debs_read_whole(void **state)
{
	static const char *const codecs[] = { "gzip", "xz", "zstd", "none" };
	char *folder = NULL;
	struct err e = { 0 };
	AUTO_FREE char *tree = NULL, *deb = NULL, *debian = NULL, *etc = NULL;

	if (!proc_has("dpkg-deb")) {
		printf("SKIPPED: no dpkg-deb\n");
		skip();
	}
	assert_int_equal(fs_temp_dir("deb-test", &folder, &e), 0);
	tree = fs_join(folder, "tree");
	deb = fs_join(folder, "x.deb");
	debian = fs_join(tree, "DEBIAN");
	etc = fs_join(tree, "etc");
	assert_int_equal(fs_mkdirs(debian, 0755, &e), 0);
	assert_int_equal(fs_mkdirs(etc, 0755, &e), 0);
	put(debian, "control",
		"Package: acme\nVersion: 2:1.0-1\nArchitecture: all\nMaintainer: A <a@x.test>\nDescription: d\n", 0644);
	put(debian, "postinst", "#! /bin/sh -e\nexit 0\n", 0755);
	put(debian, "conffiles", "/etc/acme.conf\n", 0644);
	put(debian, "triggers", "# words\ninterest-noawait /usr/share/acme\n\nactivate ldconfig\n", 0644);
	put(debian, "md5sums", "d41d8cd98f00b204e9800998ecf8427e  etc/acme.conf\n", 0644);
	put(debian, "shlibs", "libacme 1 acme\n", 0644);
	put(etc, "acme.conf", "a=1\n", 0640);
	for (size_t i = 0; i < COUNT(codecs); i++) {
		AUTO_FREE char *codec = mem_printf("-Z%s", codecs[i]);
		const char *const argv[] = { "dpkg-deb", "--root-owner-group", codec, "-b", tree, deb, NULL };
		const struct entry *en;
		struct sample k;

		if (proc_must(argv, &e) || sample_read(&k, deb, &e))
			fail_msg("%s: %s", codecs[i], e.text);
		assert_string_equal(k.reader->name, "deb");
		assert_true(k.pkg.has_metadata);
		assert_int_equal(k.pkg.epoch, 2);
		assert_int_equal(k.pkg.scripts.len, 1);
		assert_int_equal(k.pkg.scripts.at[0].event, EVENT_POST_INSTALL);
		assert_string_equal(k.pkg.scripts.at[0].interpreter, "/bin/sh -e");
		assert_string_equal(k.pkg.scripts.at[0].body, "#! /bin/sh -e\nexit 0\n");
		assert_int_equal(k.pkg.triggers.len, 2);
		assert_string_equal(k.pkg.triggers.at[0].text, "interest-noawait /usr/share/acme");
		assert_string_equal(pkg_field_get(&k.pkg, "control-file:shlibs"), "libacme 1 acme\n");
		assert_int_equal(k.pkg.entries.len, 2);
		en = sample_get(&k, "/etc/acme.conf");
		assert_int_equal(en->flags, ENTRY_CONFIG | ENTRY_NOREPLACE);
		assert_int_equal(en->mode, 0640);
		assert_string_equal(en->owner, "root");
		assert_string_equal(en->want_digest, "d41d8cd98f00b204e9800998ecf8427e");
		sample_done(&k);
	}
	fs_remove_tree(folder, &e);
	free(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(stanzas_parse_or_say_why),
		cmocka_unit_test(control_fields_fill_the_package), cmocka_unit_test(control_fields_are_refused),
		cmocka_unit_test(attributes_become_text), cmocka_unit_test(built_debs_read_whole) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
