/* test_lists.c - checksum lists, times of Release files, and Debian's chain over the corpus' repositories (tests/data/sign/apt-chain.txt). */
#include "base/digest.h"
#include "sign/apt_chain.h"
#include "sign/rfc2822.h"
#include "sign/sign.h"
#include "tests/unit/sign/corpus_help.h"
#include <fcntl.h>
#include <glob.h>
#include <setjmp.h>
#include <unistd.h>

#include <cmocka.h>

/* Digests of "hello\n". */
#define SHA256 "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03"
#define OTHER256 "0000b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03"
#define MD5 "b1946ac92492d2347c6235b4d2611184"
#define SHA1 "f572d396fae9206628714fb2ce00f72e94f2258f"
#define SHA512                                                                                                         \
	"e7c22b994c59d9cf2b48e549b1e24666636045930d3da7c1acb299d1c3b7f931f94aae41edda2c2b207a36e10f8bcb8d45223e54878f" \
	"5b316e7ce3b6bc019629"

static void checksum_lists(void **state)
{
	static const struct {
		const char *list, *want;
	} cases[] = {
		{ SHA256 "  a.run\n", "good" },
		{ SHA256 " *a.run\n", "good" },
		{ SHA256 " a.run\n", "good" },
		{ SHA256 "  ./a.run\r\n", "good" },
		{ SHA256 "  files/a.run\n", "good" },
		{ "SHA256 (a.run) = " SHA256 "\n", "good" },
		{ "SHA512 (a.run) = " SHA512 "\n", "good" },
		{ SHA512 "  a.run", "good" },
		{ MD5 "  a.run\n" SHA256 "  a.run\n", "good" },
		{ "# a remark\n\n" OTHER256 "  b.run\n" SHA256 "  a.run\n", "good" },
		{ OTHER256 "  old/a.run\n" SHA256 "  a.run\n", "good" },
		{ OTHER256 "  a.run\n", "E_DIGEST" },
		{ SHA256 "  a.run\n" OTHER256 "  a.run\n", "E_DIGEST" },
		{ OTHER256 "  one/a.run\n" SHA256 "  two/a.run\n", "E_DIGEST" },
		{ "SHA256 (a.run) = " OTHER256 "\n", "E_DIGEST" },
		{ MD5 "  a.run\n", "E_DIGEST_WEAK" },
		{ SHA1 "  a.run\n", "E_DIGEST_WEAK" },
		{ "MD5 (a.run) = " MD5 "\n", "E_DIGEST_WEAK" },
		{ SHA256 "  b.run\n", "E_SIG_MISSING" },
		{ SHA256 "  a.run.asc\n", "E_SIG_MISSING" },
		{ "", "E_SIG_MISSING" },
		{ SHA256 "\n", "E_SIG_MISSING" },
		{ "a.run " SHA256 "\n", "E_SIG_MISSING" },
	};
	struct err e = { 0 };
	AUTO_FD int fd = fs_temp_file(&e);

	assert_int_equal(fd_write(fd, "hello\n", 6, &e), 0);
	for (size_t i = 0; i < COUNT(cases); i++) {
		int rc;

		e = (struct err){ 0 };
		rc = checksums_verify(cases[i].list, strlen(cases[i].list), "a.run", fd, &e);
		if (strcmp(rc ? e.code : "good", cases[i].want) != 0 || (rc && e.class != ERR_VERDICT))
			fail_msg("case %zu: want %s, got %s", i, cases[i].want, rc ? e.code : "good");
	}
}

static void release_times(void **state)
{
	static const struct {
		const char *text;
		int64_t want;
	} cases[] = {
		{ "Sat, 21 Nov 2026 22:10:22 UTC", 1795299022 },
		{ "Sat, 21 Nov 2026 22:10:22 +0000", 1795299022 },
		{ "Sat, 21 Nov 2026 23:10:22 +0100", 1795299022 },
		{ "21 Nov 2026 22:10:22 GMT", 1795299022 },
		{ "Sat, 21 Nov 2026 22:10:22", -1 },
		{ "Sat, 41 Nov 2026 22:10:22 UTC", -1 },
		{ "Sat, 21 Foo 2026 22:10:22 UTC", -1 },
		{ "Sat, 21 Nov 2026 22:10:22 UTC evil", -1 },
		{ "", -1 },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		int64_t t = -1;
		int rc = rfc2822_parse(cases[i].text, strlen(cases[i].text), &t);

		assert_int_equal(rc, cases[i].want < 0 ? -1 : 0);
		assert_int_equal(t, cases[i].want);
	}
}

static const char *verify_repository(const char *dir, const char *packages_name, const char *certificate, struct err *e)
{
	AUTO(keyring) k = { 0 };
	AUTO_FREE char *inrelease = mem_printf("%s/dists/stable/InRelease", dir), *message = NULL, *text = NULL;
	AUTO_FREE char *packages = mem_printf("%s/dists/stable/main/binary-amd64/%s", dir, packages_name), *list = NULL;
	AUTO_FREE char *pattern = mem_printf("%s/pool/main/*.deb", dir);
	struct sig_verdict v;
	size_t len = 0, text_len = 0, list_len = 0;
	glob_t found = { 0 };
	int fd, rc;

	assert_int_equal(glob(pattern, 0, NULL, &found), 0);
	fd = open(found.gl_pathv[0], O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	if (keyring_open(&k, e) || keyring_add_file(&k, certificate, e) ||
		fs_read_file(inrelease, MIB(1), &message, &len, e) ||
		fs_read_file(packages, MIB(1), &list, &list_len, e))
		fail_msg("%s", e->text);
	rc = sig_verify_clear(&k, message, len, NULL, 0, 0, &text, &text_len, &v, e);
	if (rc == 0)
		rc = apt_chain_verify_named(
			text, text_len, list, list_len, fd, strrchr(found.gl_pathv[0], '/') + 1, 0, e);
	globfree(&found);
	close(fd);
	return rc == 0 ? "good" : e->code ? e->code : "an error without code";
}

static void repositories(void **state)
{
	const char *corpus = *state;
	FILE *f = fopen(TEST_DATA "/sign/apt-chain.txt", "re");
	char line[512], dir[128], packages[32], key[32], want[32];
	unsigned wrong = 0, lines = 0;

	assert_non_null(f);
	if (corpus == NULL) {
		fclose(f);
		skip();
	}
	while (fgets(line, sizeof line, f)) {
		struct err e = { 0 };
		const char *got;

		if (line[0] == '#' || sscanf(line, "%127s %31s %31s %31s", dir, packages, key, want) != 4)
			continue;
		AUTO_FREE char *path = fs_join(corpus, dir), *certificate = mem_printf("%s/keys/%s.asc", corpus, key);
		got = verify_repository(path, packages, certificate, &e);
		lines++;
		if (strcmp(got, want) != 0) {
			fprintf(stderr, "%s: want %s, got %s (%s)\n", dir, want, got, e.text);
			wrong++;
		}
	}
	fclose(f);
	assert_true(lines >= 12);
	assert_int_equal(wrong, 0);
}

/* The chain's links without signatures: what each link must refuse. */
static void chain_links(void **state)
{
	static const char stanza[] = "Package: a\nSize: 6\nSHA256: " SHA256 "\nFilename: pool/a.deb\n\n";
	static const struct {
		const char *release, *packages, *want;
	} cases[] = {
		{ "SHA256:\n %s %zu main/binary-amd64/Packages\n", stanza, "good" },
		{ "Suite: x\nSHA256:\n 00 1 a\n %s %zu main/binary-amd64/Packages\n", stanza, "good" },
		{ "SHA256:\n %s %zu main/Contents\n", stanza, "E_DIGEST" },
		{ "SHA256:\n 00%s %zu main/binary-amd64/Packages\n", stanza, "E_DIGEST" },
		{ "SHA256:\n %s 9%zu main/binary-amd64/Packages\n", stanza, "E_DIGEST" },
		{ "MD5Sum:\n %s %zu main/binary-amd64/Packages\n", stanza, "E_DIGEST_WEAK" },
		{ "Origin: %s %zu\n", stanza, "E_SIG_PARTIAL" },
		{ "Valid-Until: Sat, 21 Nov 2020 22:10:22 UTC\nSHA256:\n %s %zu Packages\n", stanza, "E_FREEZE" },
		{ "Date: Sat, 21 Nov 2099 22:10:22 UTC\nSHA256:\n %s %zu Packages\n", stanza, "E_SIG_TIME" },
		{ "Valid-Until: soon\nSHA256:\n %s %zu Packages\n", stanza, "E_METADATA" },
		{ "SHA256:\n %s %zu Packages\n", "Package: b\nSize: 6\nSHA256: 00\n", "E_SIG_PARTIAL" },
		{ "SHA256:\n %s %zu Packages\n", "Package: b\nSize: 6\nSHA256: 00\nFilename: p/a.deb\n", "E_DIGEST" },
		{ "SHA256:\n %s %zu Packages\n", "Package: b\nSize: 6\nMD5sum: 00\nFilename: p/a.deb\n",
			"E_DIGEST_WEAK" },
		{ "SHA256:\n %s %zu Packages\n", "Package: a\nSize: 7\nSHA256: " SHA256 "\n", "E_DIGEST" },
		{ "SHA256:\n %s %zu Packages\n", "Package: a\nSHA256: " SHA256 "\n", "E_DIGEST" },
		{ "SHA256:\n %s %zu Packages\n", "", "E_SIG_PARTIAL" },
	};
	struct err e = { 0 };
	AUTO_FD int fd = fs_temp_file(&e);

	assert_int_equal(fd_write(fd, "hello\n", 6, &e), 0);
	for (size_t i = 0; i < COUNT(cases); i++) {
		char sha256[SHA256_HEX], release[512];
		size_t len = strlen(cases[i].packages);
		int rc;

		e = (struct err){ 0 };
		sha256_hex(cases[i].packages, len, sha256);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		snprintf(release, sizeof release, cases[i].release, sha256, len);
#pragma GCC diagnostic pop
		rc = apt_chain_verify_named(release, strlen(release), cases[i].packages, len, fd, "a.deb", 0, &e);
		if (strcmp(rc ? e.code : "good", cases[i].want) != 0)
			fail_msg("case %zu: want %s, got %s", i, cases[i].want, rc ? e.code : "good");
	}
}

int main(void)
{
	const char *corpus = corpus_open();
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(checksum_lists),
		cmocka_unit_test(release_times),
		cmocka_unit_test(chain_links),
		cmocka_unit_test_prestate(repositories, (void *)(uintptr_t)corpus),
	};
	int rc = cmocka_run_group_tests(tests, NULL, NULL);

	corpus_close();
	return rc;
}
