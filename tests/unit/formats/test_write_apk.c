/* test_write_apk.c - packages for apk: read back whole with every checksum, refused where apk would refuse, told where it cannot hold something. */
#include "tests/unit/formats/arch_sample.h"

static const struct writer_options options = {
	.codec = CODEC_GZIP, .level = 6, .threads = 1, .mtime_max = -1, .target = "apk"
};

static struct pkg alpine_pkg(void)
{
	struct pkg p = made_pkg();

	p.version = "1.0_rc1";
	p.release = "r4";
	made_relation(&p, REL_REQUIRES, "so:libc.musl-x86_64.so.1", OP_NONE, "", "");
	made_relation(&p, REL_REQUIRES, "musl", OP_GE, "1.2", "musl~1.2");
	made_relation(&p, REL_REQUIRES, "zlib", OP_GE, "1.2", "zlib (>= 1.2)");
	made_relation(&p, REL_CONFLICTS, "acme-old", OP_LT, "2", "");
	made_relation(&p, REL_PROVIDES, "cmd:acme", OP_EQ, "1.0_rc1-r4", "");
	made_relation(&p, REL_REPLACES, "acme-older", OP_NONE, "", "");
	made_relation(&p, REL_SUPPLEMENTS, "acme-base", OP_NONE, "", "");
	made_script(&p, EVENT_PRE_INSTALL, ".pre-install", "#!/bin/sh\necho pre\n");
	made_script(&p, EVENT_POST_REMOVE, ".post-deinstall", "#!/bin/sh\necho gone\n");
	made_script(&p, EVENT_TRIGGER, ".trigger", "#!/bin/sh\necho \"$@\"\n");
	p.scripts.at[2].trigger = "/usr/lib/acme /opt/acme/*";
	return p;
}

static void all_comes_back(void **state)
{
	struct pkg p = alpine_pkg();
	AUTO_FREE char *path = made_write(&writer_apk, &p, made_entries, &options, "all.apk");
	AUTO_FREE char *name = writer_apk.file_name(&p);
	struct sample k;
	struct err e = { 0 };

	if (sample_read(&k, path, &e))
		fail_msg("%s", e.text);
	assert_string_equal(name, "org-acme-1.0_rc1-r4.apk");
	assert_string_equal(k.pkg.format, "apk");
	assert_string_equal(k.pkg.version, "1.0_rc1");
	assert_string_equal(k.pkg.release, "r4");
	assert_int_equal(k.pkg.signatures.len, 0);
	for (size_t i = 0; i < k.pkg.warnings.len;
		i++) /* setuid, a capability, a name that is not UTF-8: nothing about the package's shape */
		if (strncmp(k.pkg.warnings.at[i].code, "E_POLICY_", 9) != 0 &&
			strcmp(k.pkg.warnings.at[i].code, "E_NAME_ENCODING") != 0 &&
			strcmp(k.pkg.warnings.at[i].where, ".trigger") != 0 &&
			strcmp(k.pkg.warnings.at[i].where, "musl~1.2") != 0)
			fail_msg("%s: %s", k.pkg.warnings.at[i].where, k.pkg.warnings.at[i].text);
	assert_string_equal(made_find(&k.pkg, REL_REQUIRES, "musl")->text, "musl~1.2");
	assert_string_equal(made_find(&k.pkg, REL_REQUIRES, "zlib")->text, "zlib>=1.2");
	assert_string_equal(made_find(&k.pkg, REL_CONFLICTS, "acme-old")->text, "!acme-old<2");
	assert_string_equal(made_find(&k.pkg, REL_PROVIDES, "cmd:acme")->version, "1.0_rc1-r4");
	assert_int_equal(made_find(&k.pkg, REL_REPLACES, "acme-older")->op, OP_NONE);
	assert_int_equal(made_find(&k.pkg, REL_SUPPLEMENTS, "acme-base")->op, OP_NONE);
	assert_int_equal(k.pkg.scripts.len, 3);
	for (size_t i = 0; i < 3; i++) {
		assert_string_equal(k.pkg.scripts.at[i].source, p.scripts.at[i].source);
		assert_string_equal(k.pkg.scripts.at[i].body, p.scripts.at[i].body);
		assert_int_equal(k.pkg.scripts.at[i].event, p.scripts.at[i].event);
	}
	assert_string_equal(k.pkg.scripts.at[2].trigger, "/usr/lib/acme /opt/acme/*");
	made_compare(&k);
	for (size_t i = 0; i < k.pkg.entries.len; i++)
		if (k.pkg.entries.at[i].type == ENTRY_FILE)
			assert_int_equal(strlen(k.pkg.entries.at[i].want_digest), 40);
	sample_done(&k);
	pkg_done(&p);
}

static void odd_ones(struct sink *s)
{
	static struct extent extents[] = { { 4096, 5 } };
	struct entry x = made_entry("/.hidden", ENTRY_FILE, 0644);
	struct err e = { 0 };

	made_put(s, &x, "x", 1);
	x = made_entry("/.folder", ENTRY_DIR, 0755);
	made_put(s, &x, NULL, 0);
	x = made_entry("/opt/.keep_this", ENTRY_FILE, 0644);
	made_put(s, &x, "x", 1);
	x = made_entry("/opt/a/f", ENTRY_FILE, 0644);
	x.mtime_ns = 5;
	x.mtime = -7;
	x.uid = 3000000;
	x.owner = "";
	x.flags = ENTRY_DOC | ENTRY_CONFIG;
	x.acl = "user::rw-,user:bob:r--,group::r--,mask::r--,other::---";
	x.selinux = "system_u:object_r:etc_t:s0";
	made_put(s, &x, "x", 1);
	x = made_entry("/opt/a", ENTRY_DIR, 0700);
	made_put(s, &x, NULL, 0);
	x = made_entry("/opt/sparse", ENTRY_FILE, 0644);
	x.extents = extents;
	x.extents_len = 1;
	x.size = 2 << 20;
	if (sink_entry_begin(s, &x, &e) || sink_data(s, NULL, 4096, &e) || sink_data(s, "12345", 5, &e) ||
		sink_data(s, NULL, (2 << 20) - 4101, &e) || sink_entry_end(s, &e))
		fail_msg("%s", e.text);
	x.size = UINT32_MAX + UINT64_C(1);
	x.path = "/opt/huge";
	assert_int_equal(sink_entry_begin(s, &x, &e), -1);
	assert_string_equal(e.code, "E_LIMIT_SIZE");
}

static void what_it_cannot_is_told(void **state)
{
	static const char *const told[] = { "dot-name:1 entry: /.hidden", "keep-name:1 entry: /opt/.keep_this",
		"flag:doc:", "flag:config:1 entry: /opt/a/f", "late-folder:1 entry: /opt/a", "script:%post",
		"changelog:", "acl:1 entry", "sparse:", "mtime-nanoseconds:", "mtime:1 entry: /opt/a/f",
		"owner:1 entry: /opt/a/f" };
	struct pkg p = alpine_pkg();
	AUTO_FREE char *path = NULL;
	struct sample k;
	struct err e = { 0 };

	p.changelog = "x\n";
	made_script(&p, EVENT_POST_INSTALL, "%post", "x");
	path = made_write(&writer_apk, &p, odd_ones, &options, "odd.apk");
	for (size_t i = 0; i < COUNT(told); i++)
		if (!made_lost(&p, told[i]))
			fail_msg("not told: %s", told[i]);
	if (sample_read(&k, path, &e))
		fail_msg("%s", e.text);
	assert_int_equal(sample_get(&k, "/opt/a/f")->mtime, 0);
	assert_int_equal(sample_get(&k, "/opt/a/f")->uid, 65534);
	assert_string_equal(sample_get(&k, "/opt/a/f")->selinux, "system_u:object_r:etc_t:s0");
	assert_int_equal(sample_get(&k, "/opt/sparse")->size, 2 << 20);
	sample_done(&k);
	pkg_done(&p);
}

static void what_apk_refuses_is_refused(void **state)
{
	static const struct {
		const char *name, *version, *release, *architecture;
	} cases[] = { { "-acme", "1", "r1", "noarch" }, { "a/b", "1", "r1", "noarch" }, { "acme", "1", "1", "noarch" },
		{ "acme", "1", "", "noarch" }, { "acme", "v1", "r1", "noarch" }, { "acme", "1~rc", "r1", "noarch" },
		{ "acme", "1", "r1", "vax" } };

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct pkg p = made_pkg();
		struct err e = { 0 };

		p.name = cases[i].name;
		p.version = cases[i].version;
		p.release = cases[i].release;
		p.architecture = cases[i].architecture;
		if (writer_apk.check(&p, &e) != -1)
			fail_msg("taken: %s %s %s", p.name, p.version, p.release);
		assert_string_equal(e.code, "E_METADATA");
		pkg_done(&p);
	}
}

static void scripts_are_checked(void **state)
{
	struct pkg p = alpine_pkg();
	struct err e = { 0 };

	p.scripts.at[2].trigger = "usr/lib";
	assert_int_equal(writer_apk.check(&p, &e), -1);
	p.scripts.at[2].trigger = "";
	assert_int_equal(writer_apk.check(&p, &e), -1);
	p.scripts.at[2].trigger = "/usr/lib";
	assert_int_equal(writer_apk.check(&p, &e), 0);
	made_script(&p, EVENT_PRE_INSTALL, ".pre-install", "#!/bin/sh\n");
	assert_int_equal(writer_apk.check(&p, &e), -1);
	assert_string_equal(e.code, "E_METADATA");
	pkg_done(&p);
}

static void only_gzip(void **state)
{
	struct writer_options other = options;
	struct err e = { 0 };

	other.codec = CODEC_ZSTD;
	assert_null(writer_apk.open(&other, &e));
	assert_int_equal(e.class, ERR_USAGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(all_comes_back), cmocka_unit_test(what_it_cannot_is_told),
		cmocka_unit_test(what_apk_refuses_is_refused), cmocka_unit_test(scripts_are_checked),
		cmocka_unit_test(only_gzip) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
