/* test_write_rpm.c - an rpm of ours as the real rpm sees it: digests, queries, installed into an empty root, verified; and as our reader sees it. */
#include "formats/reader.h"
#include "rpm_sample.h"

static char *folder;

static char *sample_file(const char *name, enum codec codec)
{
	struct writer_options o = sample_options;
	struct writer_result r;
	struct pkg p;
	char *path = fs_join(folder, name);

	o.codec = codec;
	close(sample_write(&o, path, &p, &r));
	pkg_done(&p);
	return path;
}

/* ---- the bytes */

static char *bytes_of(unsigned threads, size_t *ret_len)
{
	struct writer_options o = sample_options;
	struct writer_result r;
	struct pkg p;
	struct err e = { 0 };
	char *bytes;
	int fd;

	o.threads = threads;
	fd = sample_write(&o, NULL, &p, &r);
	assert_int_equal(fs_read_fd(fd, MIB(1), &bytes, ret_len, &e), 0);
	close(fd);
	pkg_done(&p);
	return bytes;
}

static void same_bytes_twice(void **state)
{
	size_t a_len, b_len;
	char *a = bytes_of(1, &a_len), *b = bytes_of(3, &b_len);

	assert_int_equal(a_len, b_len);
	assert_memory_equal(a, b, a_len);
	free(a);
	free(b);
}

static void losses_are_told(void **state)
{
	struct writer_result r;
	struct pkg p;
	bool xattr = false, time = false, folder_lost = false;

	close(sample_write(&sample_options, NULL, &p, &r));
	for (size_t i = 0; i < p.lost.len; i++) {
		xattr = xattr || strcmp(p.lost.at[i].what, "xattr:1: /opt/acme/bin/ping") == 0;
		folder_lost = folder_lost || strcmp(p.lost.at[i].what, "directory:1: /usr/lib") == 0;
		time = time || strcmp(p.lost.at[i].what, "mtime-ns:1: /opt/acme/empty") == 0;
	}
	assert_true(xattr);
	assert_true(time);
	assert_true(folder_lost);
	assert_int_equal(p.lost.len, 3);
	assert_int_equal(r.installed_size, 35 + 6 + 20 + 4 + 8);
	pkg_done(&p);
}

/* ---- our reader */

static void our_reader_takes_every_codec(void **state)
{
	static const enum codec codecs[] = { CODEC_NONE, CODEC_GZIP, CODEC_BZIP2, CODEC_XZ, CODEC_ZSTD };

	for (size_t i = 0; i < COUNT(codecs); i++) {
		char *path = sample_file("codec.rpm", codecs[i]);
		int fd = open(path, O_RDONLY | O_CLOEXEC);
		struct stat st;
		struct err e = { 0 };
		struct pkg p;
		struct source src = { .fd = fd, .name = path };

		fstat(fd, &st);
		src.size = (uint64_t)st.st_size;
		pkg_init(&p, MIB(64));
		if (reader_named("rpm")->read(&src, &limits_default, NULL, &p, &e))
			fail_msg("%s: %s", codec_name(codecs[i]), e.text);
		assert_string_equal(p.name, "org-acme");
		assert_int_equal(p.epoch, 2);
		assert_int_equal(p.scripts.len, 5);
		assert_string_equal(p.scripts.at[3].trigger, "bash >= 4, zsh");
		wants(p.changelog, "- second\n- more\n\n* Mon Nov 13 2023");
		pkg_done(&p);
		close(fd);
		free(path);
	}
}

/* ---- the real rpm */

static void rpm_checks_and_queries(void **state)
{
	char *path = sample_file("q.rpm", CODEC_ZSTD), *out;

	out = run_tool((const char *[]){ "rpm", "-Kv", "--nosignature", path, NULL }, 0);
	wants(out, "Header SHA256 digest: OK");
	wants(out, "Payload SHA256 digest: OK");
	free(out);
	out = run_tool((const char *[]){ "rpm", "-qp", "--nosignature", "--qf",
			       "%{NEVRA}|%{LICENSE}|%{SOURCERPM}|%{BUILDHOST}|%{BUILDTIME}|%{PAYLOADCOMPRESSOR}|%{"
			       "PAYLOADFLAGS}|%{"
			       "SIZE}\n%{DESCRIPTION}",
			       path, NULL },
		0);
	wants(out, "org-acme-2:1.0~rc1-3.x86_64|MIT|org-acme-1.0~rc1-3.src.rpm|sluice|1700000000|zstd|3|73\n");
	wants(out, "%{never} %(expanded)");
	free(out);
	out = run_tool((const char *[]){ "rpm", "-qp", "--nosignature", "--scripts", "--triggers", "--filetriggers",
			       "-R", "-P", "--conflicts", "--recommends", "--changelog", path, NULL },
		0);
	wants(out, "echo %{pre} \"$1\"");
	wants(out, "(using /bin/bash -e)");
	wants(out, "postuninstall program: /sbin/ldconfig");
	wants(out, "triggerin scriptlet (using /bin/sh) -- bash >= 4, zsh");
	wants(out, "transfiletriggerin scriptlet (using /bin/sh) -- /usr/lib/acme");
	wants(out, "(foo or bar >= 2)");
	wants(out, "org-acme(x86-64) = 2:1.0~rc1-3");
	wants(out, "config(org-acme) = 2:1.0~rc1-3");
	wants(out, "rpmlib(PayloadIsZstd)");
	wants(out, "rpmlib(FileCaps)");
	wants(out, "acme-old < 2");
	wants(out, "- second\n- more");
	free(out);
	out = run_tool((const char *[]){ "rpm", "-qp", "--nosignature", "--dump", path, NULL }, 0);
	wants(out, "/etc/acme/acme.conf 6 1700000000");
	wants(out, "0100640 root root 1 0 0 X\n");
	assert_null(strstr(out, "/usr/lib "));
	wants(out,
		"/opt/acme/current 10 1700000000 0000000000000000000000000000000000000000000000000000000000000000 "
		"0120777 root "
		"root 0 0 0 bin/../bin\n");
	free(out);
	free(path);
}

/* As root of a user namespace where we are not root already. */
static char *in_root(const char *const *args, int want)
{
	const char *argv[32] = { "unshare", "--user", "--map-root-user", "--mount", "--" };
	size_t len = geteuid() == 0 ? 0 : 5;

	for (size_t i = 0; args[i]; i++)
		argv[len++] = args[i];
	argv[len] = NULL;
	return run_tool(argv, want);
}

static struct stat stat_of(const char *root, const char *path)
{
	char *full = fs_join(root, path);
	struct stat st;

	if (lstat(full, &st))
		fail_msg("%s is missing", full);
	free(full);
	return st;
}

/* Installs without running anything of the package: no scripts, no triggers. */
static void install_and_look(const char *path, const char *root)
{
	struct err e = { 0 };
	char *out;

	assert_int_equal(fs_mkdirs(root, 0755, &e), 0);
	out = in_root((const char *[]){ "rpm", "-i", "--root", root, "--dbpath", "/var/lib/rpm", "--nodeps",
			      "--noscripts", "--notriggers", "--nosignature", path, NULL },
		0);
	free(out);
	assert_int_equal(stat_of(root, "opt/acme/bin/tool").st_ino, stat_of(root, "opt/acme/bin/a-tool").st_ino);
	assert_int_equal(stat_of(root, "opt/acme/bin/tool").st_ino, stat_of(root, "opt/acme/bin/z-tool").st_ino);
	assert_int_equal(stat_of(root, "opt/acme/bin/tool").st_nlink, 3);
	assert_int_equal(stat_of(root, "opt/acme/bin/tool").st_size, 20);
	assert_int_equal(stat_of(root, "opt/acme/empty dir").st_mode, S_IFDIR | 01777);
	assert_int_equal(stat_of(root, "etc/acme/acme.conf").st_mode, S_IFREG | 0640);
	assert_int_equal(stat_of(root, "usr/lib/acme/zz").st_mtime, SAMPLE_TIME);
	out = in_root((const char *[]){ "rpm", "-V", "--nodeps", "--noscripts", "--root", root, "--dbpath",
			      "/var/lib/rpm", "org-acme", NULL },
		-1);
	if (strstr(out, "/opt") || strstr(out, "/usr") || strstr(out, "/etc"))
		fail_msg("rpm -V: %s", out);
	free(out);
}

static void rpm_installs(void **state)
{
	char *path = sample_file("i.rpm", CODEC_XZ), *root = fs_join(folder, "root");

	install_and_look(path, root);
	free(root);
	free(path);
}

/* As if they were over 4 GiB: stripped members between plain ones, a hard link set among them. */
static void rpm_installs_large_files(void **state)
{
	struct err e = { 0 };
	struct writer_job *job = writer_rpm.open(&sample_options, &e);
	struct pkg p = sample_pkg();
	struct writer_result r;
	char *path = fs_join(folder, "large.rpm"), *root = fs_join(folder, "large"), *out;
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	job->large_over = 10;
	sample_entries(writer_rpm.sink(job));
	if (sink_close(writer_rpm.sink(job), &e) || writer_rpm.finish(job, &p, fd, &r, &e))
		fail_msg("%s", e.text);
	writer_rpm.drop(job);
	pkg_done(&p);
	close(fd);
	out = run_tool((const char *[]){ "rpm", "-qp", "--nosignature", "-R", path, NULL }, 0);
	wants(out, "rpmlib(LargeFiles)");
	free(out);
	install_and_look(path, root);
	free(root);
	free(path);
}

static void names_rpm_cannot_have(void **state)
{
	static const struct {
		const char *name, *version, *architecture;
	} cases[] = { { "", "1", "noarch" }, { "-x", "1", "noarch" }, { "a b", "1", "noarch" },
		{ "a", "1-2", "noarch" }, { "a", "", "noarch" }, { "a", "1", "" }, { "a/b", "1", "noarch" } };

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct pkg p;
		struct err e = { 0 };

		pkg_init(&p, 0);
		p.name = cases[i].name;
		p.version = cases[i].version;
		p.architecture = cases[i].architecture;
		assert_int_equal(writer_rpm.check(&p, &e), -1);
		assert_string_equal(e.code, "E_METADATA");
		pkg_done(&p);
	}
}

static int setup(void **state)
{
	struct err e = { 0 };

	return fs_temp_dir("rpm", &folder, &e);
}

static int teardown(void **state)
{
	struct err e = { 0 };
	int failed = fs_remove_tree(folder, &e);

	free(folder);
	return failed;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(same_bytes_twice),
		cmocka_unit_test(losses_are_told),
		cmocka_unit_test(our_reader_takes_every_codec),
		cmocka_unit_test(rpm_checks_and_queries),
		cmocka_unit_test(rpm_installs),
		cmocka_unit_test(rpm_installs_large_files),
		cmocka_unit_test(names_rpm_cannot_have),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
