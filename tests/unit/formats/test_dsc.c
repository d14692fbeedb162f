/* test_dsc.c - texts of .dsc and .changes files: what is taken, what is refused before any file beside is looked at. */
#include "base/fs.h"
#include "formats/dsc.h"
#include <setjmp.h>
#include <string.h>

#include <cmocka.h>

#define SUM "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define MD5 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define HEAD "Format: 3.0 (native)\nSource: x\nVersion: 1\n"
#define SUMS(text) "Checksums-Sha256:\n" text
#define FILES(text) "Files:\n" text
#define GOOD HEAD SUMS(" " SUM " 4 x_1.tar.xz\n") FILES(" " MD5 " 4 x_1.tar.xz\n")
#define FRAME "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\n"
#define SEAL "-----BEGIN PGP SIGNATURE-----\n\niQ==\n-----END PGP SIGNATURE-----\n"

static const struct {
	const char *text, *code; /* NULL: taken */
} cases[] = {
	{ GOOD, NULL },
	{ FRAME GOOD SEAL, NULL },
	{ FRAME GOOD SEAL "\n", NULL },
	{ FRAME GOOD SEAL "x\n", "E_TRAILING_DATA" },
	{ FRAME GOOD, "E_TRUNCATED" },
	{ FRAME GOOD "-----BEGIN PGP SIGNATURE-----\n\niQ==\n", "E_TRUNCATED" },
	{ "-----BEGIN PGP SIGNED MESSAGE-----\nComment: x\n\n" GOOD SEAL, "E_STRUCTURE" },
	{ FRAME "-x: y\n" GOOD SEAL, "E_STRUCTURE" },
	{ FRAME "- " GOOD SEAL, NULL },
	{ HEAD FILES(" " MD5 " 4 x_1.tar.xz\n"), "E_DIGEST_WEAK" },
	{ HEAD SUMS(" " SUM " 4 x_1.tar.xz\n"), "E_UNKNOWN_FORMAT" },
	{ "Format: 1.0\nSource: x\n" SUMS(" " SUM " 4 x\n") FILES(" " MD5 " 4 x\n"), "E_UNKNOWN_FORMAT" },
	{ HEAD SUMS(" " SUM " 4 ../x\n") FILES(" " MD5 " 4 ../x\n"), "E_PATH_ESCAPE" },
	{ HEAD SUMS(" " SUM " 4 ..\n") FILES(" " MD5 " 4 ..\n"), "E_PATH_ESCAPE" },
	{ HEAD SUMS(" " SUM " 4 x\n " SUM " 4 x\n") FILES(" " MD5 " 4 x\n"), "E_DUPLICATE_NAME" },
	{ HEAD SUMS(" " SUM " 4 x\n") FILES(" " MD5 " 5 x\n"), "E_MISMATCH" },
	{ HEAD SUMS(" " SUM " 4 x\n") FILES(" " MD5 " 4 y\n"), "E_MISMATCH" },
	{ HEAD SUMS(" " SUM " 4 x\n " SUM " 4 y\n") FILES(" " MD5 " 4 x\n"), "E_MISMATCH" },
	{ HEAD SUMS(" " SUM " -4 x\n") FILES(" " MD5 " -4 x\n"), "E_METADATA" },
	{ HEAD SUMS(" " SUM " 99999999999999999999 x\n") FILES(" " MD5 " 4 x\n"), "E_METADATA" },
	{ HEAD SUMS(" short 4 x\n") FILES(" " MD5 " 4 x\n"), "E_METADATA" },
	{ HEAD SUMS(" " SUM " 4 x y\n") FILES(" " MD5 " 4 x\n"), "E_METADATA" },
	{ HEAD SUMS("\n") FILES("\n"), "E_METADATA" },
	{ GOOD "\n" GOOD, "E_METADATA" },
	{ HEAD GOOD, "E_METADATA" },
	{ "", "E_METADATA" },
};

static void each_text_ends_as_it_should(void **state)
{
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct dsc d = { 0 };
		struct err e = { 0 };
		AUTO(arena) a = { 0 };
		int done;

		arena_init(&a, 0);
		done = dsc_parse(&a, cases[i].text, strlen(cases[i].text), &d, &e);
		if (done != (cases[i].code ? -1 : 0) || (done && strcmp(e.code, cases[i].code) != 0))
			fail_msg("case %zu: %s %s", i, done ? e.code : "taken", done ? e.text : "");
		if (done == 0) {
			assert_int_equal(d.len, 1);
			assert_string_equal(d.at[0].name, "x_1.tar.xz");
			assert_int_equal(d.at[0].size, 4);
			assert_string_equal(d.at[0].sha256, SUM);
		}
		dsc_done(&d);
	}
}

static void an_upload_lists_section_and_priority(void **state)
{
	AUTO_FREE char *path = fs_join(TEST_DATA, "fuzz/dsc/signed.changes"), *text = NULL;
	struct dsc d = { 0 };
	struct err e = { 0 };
	AUTO(arena) a = { 0 };
	size_t len = 0;

	arena_init(&a, 0);
	assert_int_equal(fs_read_file(path, 1 << 20, &text, &len, &e), 0);
	if (dsc_parse(&a, text, len, &d, &e))
		fail_msg("%s", e.text);
	assert_true(d.is_changes);
	assert_true(d.is_signed);
	assert_int_equal(d.len, 1);
	dsc_done(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(each_text_ends_as_it_should),
		cmocka_unit_test(an_upload_lists_section_and_priority) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
