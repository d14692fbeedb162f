/* test_identity.c - names, versions, suffixes and architectures of a package in every family's words. */
#include "formats/arch.h"
#include "repackager/identity.h"
#include "wire_help.h"

static const struct writer writer_of[] = { { .name = "deb" }, { .name = "rpm" }, { .name = "pacman" },
	{ .name = "apk" }, { .name = "tar.zst" } };

static int apply(
	enum family from, enum family into, struct identity id, const char *suffix, struct pkg *to, struct err *e)
{
	const char **const texts[] = { &id.name, &id.version, &id.release, &id.architecture, &id.summary,
		&id.description, &id.license, &id.maintainer, &id.homepage, &id.section, &id.vendor_name };
	struct target target = { .name = "t", .suffix = suffix, .writer = &writer_of[into] };

	for (size_t i = 0; i < COUNT(texts); i++)
		if (!*texts[i])
			*texts[i] = "";
	id.family = from;
	pkg_init(to, 0);
	return identity_apply(&id, &target, to, e);
}

static void names(void **state)
{
	static const struct {
		enum family into;
		const char *name, *want;
	} table[] = {
		{ FAMILY_DEB, "NetworkManager_x", "networkmanager-x" },
		{ FAMILY_DEB, "gtk+@3", "gtk+-3" },
		{ FAMILY_PACMAN, "NetworkManager_x", "networkmanager_x" },
		{ FAMILY_PACMAN, "-.lib@1", "lib@1" },
		{ FAMILY_APK, "Net_x+1", "Net_x+1" },
		{ FAMILY_APK, ".a b", "a-b" },
		{ FAMILY_RPM, "a@b", "a-b" },
		{ FAMILY_NONE, "A@b", "A@b" },
	};
	AUTO(arena) arena = { 0 };

	for (size_t i = 0; i < COUNT(table); i++)
		assert_string_equal(name_in(table[i].into, &arena, table[i].name), table[i].want);
}

static void renamed_is_told(void **state)
{
	struct identity id = { .name = "Acme_X", .version = "1.0", .release = "1", .architecture = "x86_64" };
	struct err e = { 0 };
	struct pkg to;

	assert_int_equal(apply(FAMILY_RPM, FAMILY_PACMAN, id, "", &to, &e), 0);
	assert_string_equal(to.name, "acme_x");
	assert_int_equal(to.lost.len, 1);
	assert_string_equal(to.lost.at[0].what, "name:Acme_X");
	pkg_done(&to);
	id.is_renamed = true; /* on purpose: the writer judges it */
	assert_int_equal(apply(FAMILY_RPM, FAMILY_PACMAN, id, "", &to, &e), 0);
	assert_string_equal(to.name, "Acme_X");
	assert_int_equal(to.lost.len, 0);
	pkg_done(&to);
}

static void versions(void **state)
{
	static const struct {
		enum family from, into;
		int epoch;
		const char *version, *release, *suffix, *want_version, *want_release, *want_architecture;
	} table[] = {
		{ FAMILY_DEB, FAMILY_PACMAN, 2, "1.0~rc1", "1", "", "1.0rc1", "1", "x86_64" },
		{ FAMILY_DEB, FAMILY_APK, 0, "1.0~rc1", "1", "", "1.0_rc1_p1", "r0", "x86_64" },
		{ FAMILY_DEB, FAMILY_APK, 0, "1.2.3", "", "_p1", "1.2.3_p1", "r0", "x86_64" },
		{ FAMILY_DEB, FAMILY_RPM, 0, "1.2.3", "", ".el9", "1.2.3", "0.el9", "x86_64" },
		{ FAMILY_RPM, FAMILY_PACMAN, 0, "1.0", "4.el9", ".house", "1.0", "4.el9.house", "x86_64" },
		{ FAMILY_PACMAN, FAMILY_DEB, 1, "1.0rc1", "1", "", "1.0~rc1", "1", "amd64" },
		{ FAMILY_APK, FAMILY_RPM, 0, "1.0_rc1", "r4", "", "1.0~rc1", "4", "x86_64" },
		{ FAMILY_APK, FAMILY_RPM, 0, "1.0", "", "", "1.0", "0~", "x86_64" },
		{ FAMILY_APK, FAMILY_RPM, 0, "1.0", "7", "", "1.0", "7", "x86_64" },
		{ FAMILY_APK, FAMILY_APK, 0, "1.0", "r4", "_p2", "1.0_p2", "r4", "x86_64" },
		{ FAMILY_RPM, FAMILY_NONE, 0, "1.0^a", "4.el9", "", "1.0^a", "4.el9", "x86_64" },
	};

	for (size_t i = 0; i < COUNT(table); i++) {
		struct identity id = { .name = "acme",
			.version = table[i].version,
			.release = table[i].release,
			.architecture = "x86_64",
			.epoch = table[i].epoch };
		struct err e = { 0 };
		struct pkg to;

		if (apply(table[i].from, table[i].into, id, table[i].suffix, &to, &e))
			fail_msg("row %zu: %s", i, e.text);
		assert_string_equal(to.version, table[i].want_version);
		assert_string_equal(to.release, table[i].want_release);
		assert_string_equal(to.architecture, "x86_64");
		assert_string_equal(to.architecture_native, table[i].want_architecture);
		assert_int_equal(to.epoch, table[i].epoch);
		pkg_done(&to);
	}
}

static void refused(void **state)
{
	struct identity id = { .name = "acme", .version = "1.0", .release = "1", .architecture = "s390" };
	struct err e = { 0 };
	struct pkg to;

	assert_int_equal(apply(FAMILY_RPM, FAMILY_APK, id, "", &to, &e), -1);
	assert_string_equal(e.code, "E_METADATA");
	assert_non_null(strstr(e.text, "apk"));
	pkg_done(&to);
	id.architecture = "x86_64";
	e = (struct err){ 0 };
	assert_int_equal(apply(FAMILY_RPM, FAMILY_APK, id, ".el9", &to, &e), -1);
	assert_int_equal(e.class, ERR_USAGE);
	pkg_done(&to);
}

static void epoch_for_apk(void **state)
{
	struct identity id = { .name = "acme", .version = "1.0", .release = "1", .architecture = "x86_64", .epoch = 3 };
	struct err e = { 0 };
	struct pkg to;

	assert_int_equal(apply(FAMILY_DEB, FAMILY_APK, id, "", &to, &e), 0);
	assert_string_equal(to.version, "1000000000000003.1.0_p1");
	assert_int_equal(to.epoch, 0);
	assert_int_equal(to.lost.len, 1);
	assert_string_equal(to.lost.at[0].what, "epoch:3");
	pkg_done(&to);
}

static void architectures(void **state)
{
	static const char *const rows[][4] = { { "all", "noarch", "any", "noarch" },
		{ "amd64", "x86_64", "x86_64", "x86_64" }, { "armhf", "armv7hl", "armv7h", "armv7" },
		{ "arm64", "aarch64", "aarch64", "aarch64" }, { "i386", "i686", "i686", "x86" },
		{ "ppc64el", "ppc64le", "ppc64le", "ppc64le" } };

	for (size_t i = 0; i < COUNT(rows); i++)
		for (int f = 0; f < FAMILY_NONE; f++) {
			assert_string_equal(arch_from((enum family)f, rows[i][f]), rows[i][FAMILY_RPM]);
			assert_string_equal(arch_into((enum family)f, rows[i][FAMILY_RPM]), rows[i][f]);
			if (strcmp(rows[i][f], "i386") != 0) /* a word of both deb and rpm */
				assert_string_equal(arch_from(FAMILY_NONE, rows[i][f]), rows[i][FAMILY_RPM]);
		}
	assert_null(arch_from(FAMILY_APK, "amd64"));
	assert_null(arch_into(FAMILY_APK, "s390"));
	assert_string_equal(arch_from(FAMILY_NONE, "i386"), "i386");
	assert_null(arch_from(FAMILY_NONE, "vax"));
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(names), cmocka_unit_test(renamed_is_told),
		cmocka_unit_test(versions), cmocka_unit_test(refused), cmocka_unit_test(epoch_for_apk),
		cmocka_unit_test(architectures) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
