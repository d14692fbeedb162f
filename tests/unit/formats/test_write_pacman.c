/* test_write_pacman.c - packages for pacman: read back whole, refused where pacman would refuse, told where it cannot hold something. */
#include "tests/unit/formats/arch_sample.h"

static const struct writer_options options = { .codec = CODEC_ZSTD, .threads = 1, .mtime_max = -1, .target = "pacman" };
static const char install[] = "post_install() {\n\techo \"$1\"\n}\n";

static struct pkg arch_pkg(void)
{
	struct pkg p = made_pkg();

	p.epoch = 2;
	p.version = "1.0rc1";
	p.release = "3";
	p.changelog = "first\nsecond\n";
	made_relation(&p, REL_REQUIRES, "glibc", OP_GE, "2.38", "libc6 (>= 2.38)");
	made_relation(&p, REL_SUGGESTS, "acme-doc", OP_NONE, "", "acme-doc: to read: more");
	made_relation(&p, REL_PROVIDES, "acme-api", OP_EQ, "2:1.0", "");
	made_relation(&p, REL_CONFLICTS, "acme-old", OP_LT, "2", "");
	made_relation(&p, REL_OBSOLETES, "acme-older", OP_NONE, "", "");
	made_script(&p, EVENT_POST_INSTALL, ".INSTALL", install);
	return p;
}

static void all_comes_back(void **state)
{
	struct pkg p = arch_pkg();
	AUTO_FREE char *path = made_write(&writer_pacman, &p, made_entries, &options, "all.pkg.tar.zst");
	AUTO_FREE char *name = writer_pacman.file_name(&p);
	struct sample k;
	struct err e = { 0 };

	if (sample_read(&k, path, &e))
		fail_msg("%s", e.text);
	assert_string_equal(name, "org-acme-2:1.0rc1-3-x86_64.pkg.tar.zst");
	assert_string_equal(k.pkg.format, "pacman");
	assert_int_equal(k.pkg.epoch, 2);
	assert_string_equal(k.pkg.version, "1.0rc1");
	assert_string_equal(k.pkg.release, "3");
	assert_string_equal(k.pkg.architecture_native, "x86_64");
	assert_string_equal(k.pkg.summary, "Sch\xc3\xb6ne Sache & $(mehr) und %{weiter}");
	assert_string_equal(k.pkg.maintainer, "A <a@example.org>");
	assert_string_equal(k.pkg.changelog, "first\nsecond\n");
	assert_int_equal(k.pkg.build_time, SAMPLE_TIME);
	assert_string_equal(made_find(&k.pkg, REL_REQUIRES, "glibc")->version, "2.38");
	assert_string_equal(made_find(&k.pkg, REL_SUGGESTS, "acme-doc")->text, "acme-doc: to read: more");
	assert_string_equal(made_find(&k.pkg, REL_PROVIDES, "acme-api")->version, "2:1.0");
	assert_int_equal(made_find(&k.pkg, REL_CONFLICTS, "acme-old")->op, OP_LT);
	assert_int_equal(made_find(&k.pkg, REL_OBSOLETES, "acme-older")->op, OP_NONE);
	assert_int_equal(k.pkg.scripts.len, 1);
	assert_string_equal(k.pkg.scripts.at[0].body, install);
	assert_int_equal(sample_get(&k, "/etc/acme/acme.conf")->flags, ENTRY_CONFIG | ENTRY_NOREPLACE);
	made_compare(&k);
	/* .MTREE said the same of everything, and promised every file's digest */
	for (size_t i = 0; i < k.pkg.warnings.len; i++)
		assert_string_not_equal(k.pkg.warnings.at[i].code, "E_MISMATCH");
	for (size_t i = 0; i < k.pkg.entries.len; i++)
		if (k.pkg.entries.at[i].type == ENTRY_FILE)
			assert_string_equal(k.pkg.entries.at[i].want_digest, k.pkg.entries.at[i].sha256);
	assert_true(made_lost(&p, "acl:1 entry: /opt/acme/acl"));
	sample_done(&k);
	pkg_done(&p);
}

static void odd_ones(struct sink *s)
{
	static struct extent extents[] = { { 4096, 5 }, { 1 << 20, 3 } };
	static const char *links[] = { "/sbin/tool" };
	struct entry x = made_entry("/bin/tool", ENTRY_FILE, 0755);
	struct err e = { 0 };

	x.links = links;
	x.links_len = 1;
	made_put(s, &x, "tool", 4);
	x = made_entry("/lib/systemd/system/a.service", ENTRY_FILE, 0644);
	x.flags = ENTRY_CONFIG;
	made_put(s, &x, "[Unit]\n", 7);
	x = made_entry("/.hidden", ENTRY_FILE, 0644);
	made_put(s, &x, "x", 1);
	x = made_entry("/etc/blank ", ENTRY_FILE, 0644);
	x.flags = ENTRY_CONFIG | ENTRY_NOREPLACE;
	made_put(s, &x, "x", 1);
	x = made_entry("/var/log/acme.log", ENTRY_FILE, 0644);
	x.flags = ENTRY_GHOST;
	made_put(s, &x, NULL, 0);
	x = made_entry("/opt/a/f", ENTRY_FILE, 0644);
	x.mtime_ns = 5;
	x.mtime = -7;
	x.flags = ENTRY_DOC;
	made_put(s, &x, "x", 1);
	x = made_entry("/opt/a", ENTRY_DIR, 0700);
	made_put(s, &x, NULL, 0);
	x = made_entry("/opt/sparse", ENTRY_FILE, 0644);
	x.mtime_ns = 5;
	x.extents = extents;
	x.extents_len = 2;
	x.size = 2 << 20;
	if (sink_entry_begin(s, &x, &e) || sink_data(s, NULL, 4096, &e) || sink_data(s, "12345", 5, &e) ||
		sink_data(s, NULL, (1 << 20) - 4101, &e) || sink_data(s, "678", 3, &e) ||
		sink_data(s, NULL, (1 << 20) - 3, &e) || sink_entry_end(s, &e))
		fail_msg("%s", e.text);
}

static void what_it_cannot_is_told(void **state)
{
	static const char *const told[] = { "usr-merge:", "dot-name:1 entry: /.hidden",
		"ghost:", "flag:doc:", "flag:config-replace:", "late-folder:1 entry: /opt/a", "script:%post",
		"trigger:", "description:", "section:", "mtime-nanoseconds:", "flag:config:1 entry: /etc/blank " };
	struct pkg p = arch_pkg();
	AUTO_FREE char *path = NULL;
	struct sample k;
	struct err e = { 0 };

	p.description = "more\nlines\n";
	p.section = "net";
	made_script(&p, EVENT_POST_INSTALL, "%post", "x");
	pkg_add_trigger(&p)->text = "interest /x";
	path = made_write(&writer_pacman, &p, odd_ones, &options, "odd.pkg.tar.zst");
	for (size_t i = 0; i < COUNT(told); i++)
		if (!made_lost(&p, told[i]))
			fail_msg("not told: %s", told[i]);
	if (sample_read(&k, path, &e))
		fail_msg("%s", e.text);
	assert_int_equal(sample_get(&k, "/usr/bin/tool")->type, ENTRY_FILE);
	assert_int_equal(sample_get(&k, "/usr/lib/systemd/system/a.service")->flags, ENTRY_CONFIG | ENTRY_NOREPLACE);
	assert_int_equal(sample_get(&k, "/opt/a/f")->mtime, -7);
	assert_int_equal(sample_get(&k, "/opt/sparse")->mtime_ns, 5);
	assert_int_equal(sample_get(&k, "/opt/a")->mode, 0755);
	assert_int_equal(sample_get(&k, "/opt/sparse")->extents[0].at, 4096);
	assert_int_equal(sample_get(&k, "/opt/sparse")->extents[1].len, 3);
	assert_int_equal(k.holes, (2 << 20) - 8);
	for (size_t i = 0; i < k.pkg.entries.len; i++)
		assert_string_not_equal(k.pkg.entries.at[i].path, "/.hidden");
	sample_done(&k);
	pkg_done(&p);
}

static void collide(struct sink *s)
{
	struct entry x = made_entry("/bin/x", ENTRY_FILE, 0755);
	struct err e = { 0 };

	made_put(s, &x, "1", 1);
	x = made_entry("/usr/sbin/x", ENTRY_FILE, 0755);
	assert_int_equal(sink_entry_begin(s, &x, &e), -1);
	assert_string_equal(e.code, "E_NAME_COLLISION");
}

static void nothing(struct sink *s)
{
}

static void small_things(void **state)
{
	struct pkg p = arch_pkg();
	struct err e = { 0 };
	AUTO_FREE char *path = made_write(&writer_pacman, &p, nothing, &options, "none.pkg.tar.zst");
	struct writer_options other = options;
	struct writer_job *job = writer_pacman.open(&options, &e);
	struct sample k;

	assert_int_equal(sample_read(&k, path, &e), 0);
	assert_int_equal(k.pkg.entries.len, 0);
	sample_done(&k);
	collide(writer_pacman.sink(job));
	writer_pacman.drop(job);
	other.codec = CODEC_BZIP2;
	assert_null(writer_pacman.open(&other, &e));
	assert_int_equal(e.class, ERR_USAGE);
	pkg_done(&p);
}

static void what_pacman_refuses_is_refused(void **state)
{
	static const struct {
		const char *name, *version, *release, *architecture;
	} cases[] = { { "-acme", "1", "1", "noarch" }, { "a/b", "1", "1", "noarch" }, { "a b", "1", "1", "noarch" },
		{ "acme", "1-2", "1", "noarch" }, { "acme", "1", "", "noarch" }, { "acme", "1:2", "1", "noarch" },
		{ "acme", "1/2", "1", "noarch" }, { "acme", "1", "1>2", "noarch" }, { "acme", "1", "1", "vax" } };

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct pkg p = made_pkg();
		struct err e = { 0 };

		p.name = cases[i].name;
		p.version = cases[i].version;
		p.release = cases[i].release;
		p.architecture = cases[i].architecture;
		if (writer_pacman.check(&p, &e) != -1)
			fail_msg("taken: %s %s %s", p.name, p.version, p.release);
		assert_string_equal(e.code, "E_METADATA");
		pkg_done(&p);
	}
}

static void relations_pacman_lacks_are_refused(void **state)
{
	struct pkg p = arch_pkg();
	struct err e = { 0 };

	made_relation(&p, REL_ENHANCES, "x", OP_NONE, "", "x");
	assert_int_equal(writer_pacman.check(&p, &e), -1);
	assert_string_equal(e.code, "E_METADATA");
	pkg_done(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(all_comes_back), cmocka_unit_test(what_it_cannot_is_told),
		cmocka_unit_test(small_things), cmocka_unit_test(what_pacman_refuses_is_refused),
		cmocka_unit_test(relations_pacman_lacks_are_refused) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
