/* test_rpm_sig.c - a signature spliced into an rpm: accepted by the real rpmkeys with everything required, in place, replaceable. */
#include "formats/pkgsig.h"
#include "rpm_sample.h"

static char *folder, *home;

/* ---- keys */

static void gpg(const char *const *args)
{
	const char *argv[32] = { "gpg", "--homedir", home, "--batch", "--no-tty", "--quiet", "--passphrase", "",
		"--pinentry-mode", "loopback" };
	size_t len = 10;

	for (size_t i = 0; args[i]; i++)
		argv[len++] = args[i];
	argv[len] = NULL;
	free(run_tool(argv, 0));
}

static char *in_folder(const char *name)
{
	return fs_join(folder, name);
}

static void make_key(const char *name, const char *algorithm)
{
	char *key = mem_printf("%s/%s.asc", folder, name);

	gpg((const char *[]){ "--quick-generate-key", name, algorithm, "sign", "never", NULL });
	gpg((const char *[]){ "--yes", "--armor", "--output", key, "--export", name, NULL });
	free(key);
}

/* ---- signing as the key process does: bytes in, packets out */

static char *sign_ranges(const char *rpm, const char *key, size_t *ret_len)
{
	AUTO(arena) a = { 0 };
	struct err e = { 0 };
	int fd = open(rpm, O_RDONLY | O_CLOEXEC);
	const char *format;
	struct extent *ranges;
	size_t len;
	char *bytes, *sig, *message = in_folder("message"), *output = in_folder("message.sig");

	if (pkgsig_ranges(fd, &a, &format, &ranges, &len, &e))
		fail_msg("%s", e.text);
	assert_string_equal(format, "rpm");
	assert_int_equal(len, 1);
	bytes = mem_alloc(ranges[0].len);
	assert_int_equal(fd_pread(fd, bytes, ranges[0].len, ranges[0].at, &e), 0);
	close(fd);
	assert_int_equal(fs_write_file(message, bytes, ranges[0].len, 0600, &e), 0);
	gpg((const char *[]){ "--yes", "--digest-algo", "SHA256", "--local-user", key, "--output", output,
		"--detach-sign", message, NULL });
	assert_int_equal(fs_read_file(output, 65536, &sig, ret_len, &e), 0);
	free(bytes);
	free(message);
	free(output);
	return sig;
}

static void splice_file(const char *from, const char *to, const char *sig, size_t len, int algorithm)
{
	struct err e = { 0 };
	int in = open(from, O_RDONLY | O_CLOEXEC), out = open(to, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	if (pkgsig_splice(in, out, (const unsigned char *)sig, len, algorithm, &e))
		fail_msg("%s", e.text);
	close(in);
	close(out);
}

static char *rpmkeys(const char *key, const char *rpm, int want)
{
	char *db = mem_printf("%s/db-%s", folder, key), *asc = mem_printf("%s/%s.asc", folder, key), *out;

	free(run_tool((const char *[]){ "rpmkeys", "--dbpath", db, "--import", asc, NULL }, 0));
	out = run_tool(
		(const char *[]){ "rpmkeys", "--dbpath", db, "--define", "_pkgverify_level all", "-Kv", rpm, NULL },
		want);
	free(db);
	free(asc);
	return out;
}

static off_t size_of(const char *path)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	return st.st_size;
}

static char *unsigned_sample(void)
{
	struct writer_result r;
	struct pkg p;
	char *path = in_folder("unsigned.rpm");

	close(sample_write(&sample_options, path, &p, &r));
	pkg_done(&p);
	return path;
}

static void check_key(const char *key, int algorithm, const char *expected)
{
	char *from = unsigned_sample(), *to = in_folder("signed.rpm"), *sig, *out;
	size_t len;

	sig = sign_ranges(from, key, &len);
	splice_file(from, to, sig, len, algorithm);
	out = rpmkeys(key, to, 0);
	wants(out, expected);
	wants(out, "Payload SHA256 digest: OK");
	free(out);
	assert_int_equal(size_of(from), size_of(to)); /* the reserved space took it */
	free(sig);
	free(from);
	free(to);
}

static void ed25519(void **state)
{
	check_key("ed", 22, "Header V4 EdDSA/SHA256 Signature");
}

static void rsa(void **state)
{
	check_key("rsa", 1, "Header V4 RSA/SHA256 Signature");
}

static void a_second_signature_replaces_the_first(void **state)
{
	char *from = unsigned_sample(), *one = in_folder("one.rpm"), *two = in_folder("two.rpm"), *sig, *out;
	size_t len;

	sig = sign_ranges(from, "ed", &len);
	splice_file(from, one, sig, len, 22);
	free(sig);
	sig = sign_ranges(one, "rsa", &len);
	splice_file(one, two, sig, len, 1);
	free(sig);
	out = rpmkeys("rsa", two, 0);
	if (strstr(out, "EdDSA"))
		fail_msg("the first is still there: %s", out);
	free(out);
	assert_int_equal(size_of(from), size_of(two));
	free(from);
	free(one);
	free(two);
}

static void a_foreign_signature_is_bad(void **state)
{
	char *from = unsigned_sample(), *to = in_folder("bad.rpm"), *out;
	char *message = in_folder("message"), *output = in_folder("message.sig"), *sig;
	struct err e = { 0 };
	size_t len;

	assert_int_equal(fs_write_file(message, "other", 5, 0600, &e), 0);
	gpg((const char *[]){ "--yes", "--local-user", "ed", "--output", output, "--detach-sign", message, NULL });
	assert_int_equal(fs_read_file(output, 65536, &sig, &len, &e), 0);
	splice_file(from, to, sig, len, 22);
	out = rpmkeys("ed", to, -1);
	wants(out, "BAD");
	free(out);
	free(sig);
	free(message);
	free(output);
	free(from);
	free(to);
}

static int setup(void **state)
{
	struct err e = { 0 };

	if (fs_temp_dir("rpmsig", &folder, &e) || fs_temp_dir("gpg", &home, &e))
		return -1;
	make_key("ed", "ed25519");
	make_key("rsa", "rsa3072");
	return 0;
}

static int teardown(void **state)
{
	struct err e = { 0 };
	int failed;

	free(run_tool((const char *[]){ "gpgconf", "--homedir", home, "--kill", "all", NULL }, -1));
	failed = fs_remove_tree(folder, &e) || fs_remove_tree(home, &e);
	free(folder);
	free(home);
	return failed;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ed25519),
		cmocka_unit_test(rsa),
		cmocka_unit_test(a_second_signature_replaces_the_first),
		cmocka_unit_test(a_foreign_signature_is_bad),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
