/* test_pkginfo.c - .PKGINFO of both families, and .MTREE: what is taken, and what is refused. */
#include "formats/mtree.h"
#include "formats/pkginfo.h"
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static int parse(struct pkg *p, enum family family, const char *text, struct pkginfo *info, struct err *e)
{
	pkg_init(p, MIB(4));
	*info = (struct pkginfo){ 0 };
	return pkginfo_parse(p, family, text, strlen(text), info, e);
}

static const struct relation *relation_of(const struct pkg *p, enum rel_kind kind, const char *name)
{
	for (size_t i = 0; i < p->relations.len; i++)
		if (p->relations.at[i].kind == kind && strcmp(p->relations.at[i].name, name) == 0)
			return &p->relations.at[i];
	fail_msg("no %s %s", rel_kind_name(kind), name);
	return NULL;
}

static void pacman_says_all(void **state)
{
	struct pkg p;
	struct pkginfo info;
	struct err e = { 0 };

	if (parse(&p, FAMILY_PACMAN,
		    "# made\npkgname = acme\npkgbase = acme-base\npkgver = 2:1.0rc1-3.1\npkgdesc = one = two\nurl = u\n"
		    "builddate = 1700000000\npackager = A <a@b>\nsize = 17\narch = armv7h\nlicense = MIT\nlicense = "
		    "GPL\n"
		    "depend = glibc>=2.38\ndepend = libz.so=1-64\noptdepend = x>1: for y: z\nprovides = acme-api=2:1\n"
		    "conflict = old<2\nreplaces = older\nbackup = etc/a\nbackup = ./etc//b\ngroup = g\nmakedepend = "
		    "gcc\n",
		    &info, &e))
		fail_msg("%s", e.text);
	assert_string_equal(p.name, "acme");
	assert_int_equal(p.epoch, 2);
	assert_string_equal(p.version, "1.0rc1");
	assert_string_equal(p.release, "3.1");
	assert_string_equal(p.architecture, "armv7hl");
	assert_string_equal(p.architecture_native, "armv7h");
	assert_string_equal(p.summary, "one = two");
	assert_string_equal(p.maintainer, "A <a@b>");
	assert_string_equal(p.license, "MIT AND GPL");
	assert_int_equal(p.build_time, 1700000000);
	assert_int_equal(relation_of(&p, REL_REQUIRES, "glibc")->op, OP_GE);
	assert_string_equal(relation_of(&p, REL_REQUIRES, "libz.so")->version, "1-64");
	assert_string_equal(relation_of(&p, REL_SUGGESTS, "x")->text, "x>1: for y: z");
	assert_string_equal(relation_of(&p, REL_PROVIDES, "acme-api")->version, "2:1");
	assert_int_equal(relation_of(&p, REL_CONFLICTS, "old")->op, OP_LT);
	assert_int_equal(relation_of(&p, REL_OBSOLETES, "older")->op, OP_NONE);
	assert_int_equal(info.backups.len, 2);
	assert_string_equal(info.backups.at[1], "/etc/b");
	assert_string_equal(pkg_field_get(&p, "group"), "g");
	assert_string_equal(pkg_field_get(&p, "makedepend"), "gcc");
	pkginfo_done(&info);
	pkg_done(&p);
}

static void apk_says_all(void **state)
{
	struct pkg p;
	struct pkginfo info;
	struct err e = { 0 };

	if (parse(&p, FAMILY_APK,
		    "pkgname = acme\npkgver = 1.2.3_rc1-r4\narch = x86\nurl = \nmaintainer = M\npackager = P\n"
		    "depend = so:libc.musl-x86.so.1 !bad cmd:x>=1 fuzzy~1.2\nprovides = pc:acme=1\nreplaces = r\n"
		    "install_if = a=1-r0 b\ntriggers = /usr/lib/x /usr/y\nreplaces_priority = 5\n",
		    &info, &e))
		fail_msg("%s", e.text);
	assert_string_equal(p.version, "1.2.3_rc1");
	assert_string_equal(p.release, "r4");
	assert_string_equal(p.architecture, "i686");
	assert_string_equal(p.maintainer, "M");
	assert_string_equal(pkg_field_get(&p, "packager"), "P");
	assert_string_equal(pkg_field_get(&p, "replaces_priority"), "5");
	assert_string_equal(relation_of(&p, REL_REQUIRES, "so:libc.musl-x86.so.1")->version, "");
	assert_string_equal(relation_of(&p, REL_CONFLICTS, "bad")->text, "!bad");
	assert_int_equal(relation_of(&p, REL_REQUIRES, "fuzzy")->op, OP_GE);
	assert_string_equal(relation_of(&p, REL_REQUIRES, "fuzzy")->text, "fuzzy~1.2");
	assert_int_equal(relation_of(&p, REL_REPLACES, "r")->op, OP_NONE);
	assert_int_equal(relation_of(&p, REL_SUPPLEMENTS, "")->tree, REL_AND);
	assert_int_equal(relation_of(&p, REL_SUPPLEMENTS, "")->parts_len, 2);
	assert_string_equal(info.triggers, "/usr/lib/x /usr/y");
	assert_null(info.datahash);
	pkginfo_done(&info);
	pkg_done(&p);
}

static void what_makes_no_sense_is_refused(void **state)
{
	static const char *const cases[] = { "", "pkgname = a\npkgver = 1-1\n", "pkgname = a\narch = any\n",
		"pkgver = 1-1\narch = any\n", "pkgname = ../a\npkgver = 1-1\narch = any\n",
		"pkgname = -a\npkgver = 1-1\narch = any\n", "pkgname = a\npkgver = 1\narch = any\n",
		"pkgname = a\npkgver = 1-2-3\narch = any\n", "pkgname = a\npkgver = 1/2-3\narch = any\n",
		"pkgname = a\npkgver = x:1-3\narch = any\n", "pkgname = a\npkgver = 1-1\narch = ../x\n",
		"pkgname = a\npkgname = b\npkgver = 1-1\narch = any\n",
		"pkgname = a\npkgver = 1-1\narch = any\nnonsense\n",
		"pkgname = a\npkgver = 1-1\narch = any\npkgdesc = a\x1b[0m\n",
		"pkgname = a\npkgver = 1-1\narch = any\n= x\n", "pkgname = a\npkgver = 1-1\narch = any\ndepend = >=1\n",
		"pkgname = a\npkgver = 1-1\narch = any\ndepend = a>=\n",
		"pkgname = a\npkgver = 1-1\narch = any\ndepend = a b\n",
		"pkgname = a\npkgver = 1-1\narch = any\nbackup = ../x\n",
		"pkgname = a\npkgver = 1-1\narch = any\nbackup = /\n" };

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct pkg p;
		struct pkginfo info;
		struct err e = { 0 };

		if (parse(&p, FAMILY_PACMAN, cases[i], &info, &e) != -1)
			fail_msg("taken: %s", cases[i]);
		assert_string_equal(e.code, "E_METADATA");
		pkginfo_done(&info);
		pkg_done(&p);
	}
}

static void versions_are_the_managers(void **state)
{
	static const struct {
		enum family family;
		const char *text;
		bool is_good;
	} cases[] = { { FAMILY_APK, "1.2.3_rc1-r4", true }, { FAMILY_APK, "1a_git20200101-r0", true },
		{ FAMILY_APK, "1.0_p-r12", true }, { FAMILY_APK, "1.0", false }, { FAMILY_APK, "1.0-4", false },
		{ FAMILY_APK, "v1.0-r0", false }, { FAMILY_APK, "1.0ab-r0", false }, { FAMILY_APK, "1..0-r0", false },
		{ FAMILY_APK, "1.0_foo-r0", false }, { FAMILY_APK, "1.0-r", false },
		{ FAMILY_PACMAN, "1:2.0.r5.gabc-1", true }, { FAMILY_PACMAN, "1.0-1.2", true },
		{ FAMILY_PACMAN, "1.0-r1", true }, { FAMILY_PACMAN, "1.0-1:2", false },
		{ FAMILY_PACMAN, "1 0-1", false }, { FAMILY_PACMAN, "-1", false } };

	for (size_t i = 0; i < COUNT(cases); i++)
		if (pkginfo_version_valid(cases[i].family, cases[i].text) != cases[i].is_good)
			fail_msg("%s", cases[i].text);
}

static void mtree_reads_what_bsdtar_writes(void **state)
{
	static const char text[] = "#mtree\n/set type=file uid=0 gid=0 mode=644\n"
				   "./a\\040b time=1700000000.5 size=3 md5digest=00000000000000000000000000000000\n"
				   "./d time=1.0 mode=755 type=dir\n/set mode=755\n/unset uid\n"
				   "./l type=link link=x\\040y time=1.0 mode=777\n";
	struct mtree m;
	struct pkg p;
	struct err e = { 0 };

	pkg_init(&p, MIB(1));
	mtree_init(&m, NULL, &p, &limits_default);
	if (mtree_parse(&m, text, sizeof text - 1, &e))
		fail_msg("%s", e.text);
	assert_int_equal(m.marks.len, 3);
	assert_int_equal(mtree_find(&m, "/a b")->mode, 0644);
	assert_int_equal(mtree_find(&m, "/a b")->size, 3);
	assert_true(mtree_find(&m, "/a b")->has_uid);
	assert_string_equal(mtree_find(&m, "/l")->link, "x y");
	assert_false(mtree_find(&m, "/l")->has_uid);
	assert_int_equal(mtree_find(&m, "/d")->type, ENTRY_DIR);
	mtree_done(&m);
	pkg_done(&p);
}

static void broken_mtree_is_refused(void **state)
{
	static const char *const cases[] = { "", "./a mode=644\n", "#mtree\n./../a\n", "#mtree\n./a\n./a\n",
		"#mtree\n./a mode=9\n", "#mtree\n./a size=-1\n", "#mtree\n./a type=what\n", "#mtree\n./a\\0\n",
		"#mtree\n./a md5digest=12\n", "#mtree\n..\n", "#mtree\n./a\\000\n", "#mtree\n./a link=\\9\n" };

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct mtree m;
		struct pkg p;
		struct err e = { 0 };

		pkg_init(&p, MIB(1));
		mtree_init(&m, NULL, &p, &limits_default);
		if (mtree_parse(&m, cases[i], strlen(cases[i]), &e) != -1)
			fail_msg("taken: %s", cases[i]);
		assert_string_equal(e.code, "E_METADATA");
		mtree_done(&m);
		pkg_done(&p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(pacman_says_all), cmocka_unit_test(apk_says_all),
		cmocka_unit_test(what_makes_no_sense_is_refused), cmocka_unit_test(versions_are_the_managers),
		cmocka_unit_test(mtree_reads_what_bsdtar_writes), cmocka_unit_test(broken_mtree_is_refused) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
