/* test_deb_sig.c - a signed deb in the eyes of debsig-verify, dpkg-deb and gpg; damaged shells are refused. */
#include "base/fs.h"
#include "base/proc.h"
#include "formats/pkgsig.h"
#include "formats/write_deb.h"
#include <fcntl.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char *dir;

static char *in_dir(const char *name)
{
	return fs_join(dir, name);
}

static void make_deb(const char *path)
{
	struct writer_options options = { .codec = CODEC_XZ, .mtime_max = -1, .target = "deb", .level = 1 };
	struct writer_result result = { 0 };
	struct err e = { 0 };
	struct writer_job *job = writer_deb.open(&options, &e);
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	struct pkg p;

	pkg_init(&p, 0);
	p.name = "acme";
	p.version = "1";
	p.architecture = "noarch";
	assert_non_null(job);
	assert_true(fd >= 0);
	if (sink_close(writer_deb.sink(job), &e) || writer_deb.finish(job, &p, fd, &result, &e))
		fail_msg("%s", e.text);
	free(result.control);
	writer_deb.drop(job);
	pkg_done(&p);
	(void)close(fd);
}

/* Runs under our own GNUPGHOME; its output (malloc), or NULL when it failed. */
static char *run(const char *const *argv)
{
	AUTO_FREE char *home = mem_printf("GNUPGHOME=%s", dir);
	const char *env[] = { "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8", home, NULL };
	struct proc proc = { .argv = argv, .env = env, .stdin_fd = -1, .stdout_fd = -1 };
	struct proc_result result = { 0 };
	struct err e = { 0 };
	char *output = NULL;

	if (proc_run(&proc, &result, &e))
		fail_msg("%s", e.text);
	if (result.exit == 0)
		output = mem_strdup(result.output ? result.output : "");
	else
		print_message("%s: %s\n", argv[0], result.errors ? result.errors : "");
	proc_result_done(&result);
	return output;
}

/* The covered bytes as one file, as the signer would see them. */
static void write_covered(const char *deb, const char *to)
{
	AUTO(arena) arena = { 0 };
	AUTO_FD int fd = open(deb, O_RDONLY | O_CLOEXEC),
		    out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	struct extent *ranges;
	const char *format;
	struct err e = { 0 };
	size_t len;

	assert_int_equal(pkgsig_ranges(fd, &arena, &format, &ranges, &len, &e), 0);
	assert_string_equal(format, "deb");
	assert_int_equal(len, 3);
	for (size_t i = 0; i < len; i++)
		assert_int_equal(fs_copy_range(fd, ranges[i].at, out, ranges[i].len, &e), 0);
}

static void sign_into(const char *from, const char *to, const void *sig, size_t len)
{
	AUTO_FD int fd = open(from, O_RDONLY | O_CLOEXEC), out = open(to, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	struct err e = { 0 };

	if (pkgsig_splice(fd, out, sig, len, 22, &e))
		fail_msg("%s", e.text);
}

static char *fingerprint(void)
{
	char *listed = run((const char *const[]){ "gpg", "--batch", "--with-colons", "-K", NULL }), *at;

	assert_non_null(listed);
	at = strstr(listed, "fpr:::::::::");
	assert_non_null(at);
	memmove(listed, at + 12, 40);
	listed[40] = '\0';
	return listed;
}

static void signed_deb(void **state)
{
	AUTO_FREE char *deb = in_dir("a.deb"), *one = in_dir("one.deb"), *two = in_dir("two.deb"),
		       *covered = in_dir("covered");
	AUTO_FREE char *sig_path = in_dir("sig"), *ring = in_dir("ring.gpg"), *policies = in_dir("policies");
	AUTO_FREE char *keyrings = in_dir("keyrings"), *fpr = NULL, *out = NULL, *sig = NULL, *policy = NULL,
		       *path = NULL;
	AUTO_FREE char *folder = NULL, *ring_folder = NULL, *ring_at = NULL;
	struct err e = { 0 };
	size_t len;

	make_deb(deb);
	write_covered(deb, covered);
	out = run((const char *const[]){ "gpg", "--batch", "--passphrase", "", "--quick-gen-key", "t <t@example.org>",
		"ed25519", "sign", "never", NULL });
	assert_non_null(out);
	fpr = fingerprint();
	free(out);
	out = run((const char *const[]){ "gpg", "--batch", "-o", sig_path, "--detach-sign", covered, NULL });
	assert_non_null(out);
	assert_int_equal(fs_read_file(sig_path, 4096, &sig, &len, &e), 0);
	sign_into(deb, one, sig, len);
	sign_into(one, two, sig, len); /* replaces the first */
	free(out);
	out = run((const char *const[]){ "cmp", one, two, NULL });
	assert_non_null(out);
	free(out);
	out = run((const char *const[]){ "dpkg-deb", "--info", one, NULL });
	assert_non_null(out);
	folder = mem_printf("%s/%s", policies, fpr + 24);
	ring_folder = mem_printf("%s/%s", keyrings, fpr + 24);
	assert_int_equal(fs_mkdirs(folder, 0755, &e) || fs_mkdirs(ring_folder, 0755, &e), 0);
	free(out);
	out = run((const char *const[]){ "gpg", "--batch", "-o", ring, "--export", fpr, NULL });
	assert_non_null(out);
	ring_at = fs_join(ring_folder, "ring.gpg");
	assert_int_equal(fs_copy_file(ring, ring_at, 0644, &e), 0);
	path = fs_join(folder, "acme.pol");
	policy = mem_printf(
		"<?xml version=\"1.0\"?>\n<!DOCTYPE Policy SYSTEM \"https://www.debian.org/debsig/1.0/policy.dtd\">\n"
		"<Policy xmlns=\"https://www.debian.org/debsig/1.0/\"><Origin Name=\"t\" id=\"%s\" "
		"Description=\"t\"/><Selection><Required Type=\"origin\" File=\"ring.gpg\" id=\"%s\"/></Selection>"
		"<Verification MinOptional=\"0\"><Required Type=\"origin\" File=\"ring.gpg\" id=\"%s\"/>"
		"</Verification></Policy>\n",
		fpr + 24, fpr + 24, fpr + 24);
	assert_int_equal(fs_write_file(path, policy, strlen(policy), 0644, &e), 0);
	free(out);
	out = run((const char *const[]){
		"debsig-verify", "--policies-dir", policies, "--keyrings-dir", keyrings, one, NULL });
	assert_non_null(out);
	/* unsigned is not accepted by the same policy */
	free(out);
	out = run((const char *const[]){
		"debsig-verify", "--policies-dir", policies, "--keyrings-dir", keyrings, deb, NULL });
	assert_null(out);
}

/* A copy of the deb with one change, and the code it must be refused with. */
static void refused(void **state)
{
	static const struct {
		size_t at;
		const char *bytes, *code;
		long cut;
	} table[] = {
		{ 0, "!<arch>\nnot-a-deb", "E_UNKNOWN_FORMAT", 0 },
		{ 66, "xx", "E_CORRUPT", 0 },           /* end mark */
		{ 56, "-1        ", "E_CORRUPT", 0 },   /* size */
		{ 56, "99999999  ", "E_TRUNCATED", 0 }, /* size */
		{ 72, "conTrol", "E_STRUCTURE", 0 },    /* second member's name */
		{ 0, "", "E_TRUNCATED", -10 },          /* data.tar cut short */
		{ 0, "", "E_TRAILING_DATA", 7 },
	};
	AUTO_FREE char *deb = in_dir("r.deb"), *bytes = NULL, *bad = in_dir("bad.deb");
	struct err e = { 0 };
	size_t len;

	make_deb(deb);
	assert_int_equal(fs_read_file(deb, MIB(1), &bytes, &len, &e), 0);
	for (size_t i = 0; i < COUNT(table); i++) {
		AUTO(arena) arena = { 0 };
		size_t now = (size_t)((long)len + table[i].cut);
		AUTO_FREE char *copy = mem_alloc(len + 16);
		struct extent *ranges;
		const char *format;

		memcpy(copy, bytes, len);
		memcpy(copy + table[i].at, table[i].bytes, strlen(table[i].bytes));
		assert_int_equal(fs_write_file(bad, copy, now, 0644, &e), 0);
		AUTO_FD int fd = open(bad, O_RDONLY | O_CLOEXEC);
		e = (struct err){ 0 };
		assert_int_equal(pkgsig_ranges(fd, &arena, &format, &ranges, &len, &e), -1);
		if (strcmp(e.code, table[i].code) != 0)
			fail_msg("row %zu: %s, not %s", i, e.text, table[i].code);
	}
}

static int set_up(void **state)
{
	struct err e = { 0 };

	return fs_temp_dir("debsig", &dir, &e);
}

static int tear_down(void **state)
{
	struct err e = { 0 };
	free(run((const char *const[]){ "gpgconf", "--kill", "all", NULL }));
	int status = fs_remove_tree(dir, &e);

	free(dir);
	return status;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(signed_deb),
		cmocka_unit_test(refused),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
