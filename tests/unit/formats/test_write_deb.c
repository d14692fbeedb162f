/* test_write_deb.c - a deb of ours as the real dpkg sees it: read, unpacked, installed into an empty root, verified. */
#include "base/fs.h"
#include "base/proc.h"
#include "formats/relation.h"
#include "formats/write_deb.h"
#include <fcntl.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define LONG                                                                                                           \
	"a-name-of-more-than-one-hundred-bytes-which-the-old-header-has-no-room-for-so-that-it-goes-first-in-an-L-"    \
	"member"

static struct pkg sample(void)
{
	struct pkg p;
	struct err e = { 0 };
	struct script *s;
	static const char body[] = "#!/bin/sh\nexit 0\n";

	pkg_init(&p, MIB(4));
	p.name = "org-acme";
	p.epoch = 2;
	p.version = "1.0~rc1";
	p.release = "3";
	p.architecture = "x86_64";
	p.summary = "Sch\xc3\xb6ne Sache\nInjected: yes";
	p.description = "First line.\n\n  indented\n.\nlast\n\n";
	p.maintainer = "A <a@example.org>";
	p.homepage = "https://example.org/\nEvil: 1";
	p.license = "MIT";
	p.build_time = 1700000000;
	assert_int_equal(relations_parse_deb(&p, REL_REQUIRES, "libc6 (>= 2.36), a | b", 22, &e), 0);
	assert_int_equal(relation_parse_any(&p, REL_OBSOLETES, "old < 2", &e), 0);
	assert_int_equal(relation_parse_any(&p, REL_PROVIDES, "virt = 1", &e), 0);
	s = pkg_add_script(&p);
	s->source = "postinst";
	s->body = body;
	s->len = sizeof body - 1;
	pkg_add_trigger(&p)->text = "interest-noawait /usr/share/x";
	return p;
}

static void put(struct sink *s, struct entry *entry, const char *content)
{
	struct err e = { 0 };

	entry->size = content ? strlen(content) : 0;
	if (sink_entry_begin(s, entry, &e) || (content && sink_data(s, content, strlen(content), &e)) ||
		sink_entry_end(s, &e))
		fail_msg("%s: %s", entry->path, e.text);
}

static struct entry make(const char *path, enum entry_type type, uint32_t mode)
{
	struct entry entry;

	entry_init(&entry);
	entry.path = path;
	entry.type = type;
	entry.mode = mode;
	entry.owner = entry.group = "root";
	entry.mtime = 1600000000;
	return entry;
}

static void put_all(struct sink *s)
{
	struct err e = { 0 };
	struct entry entry = make("/opt/acme/bin/tool", ENTRY_FILE, 04755);
	const char *links[] = { "/opt/acme/late/tool2", "/opt/acme/bin/tool3" };

	entry.links = links;
	entry.links_len = 2;
	put(s, &entry, "#!/bin/sh\n");
	entry = make("/opt/acme/late", ENTRY_DIR, 0750);
	put(s, &entry, NULL);
	entry = make("/opt/acme/" LONG, ENTRY_FILE, 0644);
	entry.mtime = -5;
	entry.mtime_ns = 7;
	put(s, &entry, "long");
	entry = make("/opt/acme/link", ENTRY_SYMLINK, 0777);
	entry.target = "../acme/" LONG;
	put(s, &entry, NULL);
	entry = make("/etc/acme.conf", ENTRY_FILE, 0640);
	entry.flags = ENTRY_CONFIG | ENTRY_NOREPLACE;
	entry.group = "adm";
	entry.gid = 4;
	put(s, &entry, "x = 1\n");
	entry = make("/opt/acme/ping", ENTRY_FILE, 0755);
	entry.capabilities = "cap_net_raw=ep";
	entry.selinux = "system_u:object_r:bin_t:s0";
	put(s, &entry, "p");
	entry = make("/var/log/acme.log", ENTRY_FILE, 0644);
	entry.flags = ENTRY_GHOST;
	put(s, &entry, NULL);
	entry = make("/opt/acme/hole", ENTRY_FILE, 0644);
	entry.size = 3000;
	assert_int_equal(sink_entry_begin(s, &entry, &e), 0);
	assert_int_equal(sink_data(s, "ab", 2, &e), 0);
	assert_int_equal(sink_data(s, NULL, 2998, &e), 0);
	assert_int_equal(sink_entry_end(s, &e), 0);
	entry = make("/var/spool/acme", ENTRY_DIR, 01777);
	entry.owner = "nobody-has-this";
	put(s, &entry, NULL);
}

static void write_sample(const char *path, struct pkg *p, enum codec codec, struct writer_result *ret)
{
	struct writer_options options = {
		.codec = codec, .mtime_max = 1650000000, .target = "deb", .level = 1, .threads = 2
	};
	struct err e = { 0 };
	struct writer_job *job = writer_deb.open(&options, &e);
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	assert_non_null(job);
	assert_true(fd >= 0);
	put_all(writer_deb.sink(job));
	if (sink_close(writer_deb.sink(job), &e) || writer_deb.finish(job, p, fd, ret, &e))
		fail_msg("%s", e.text);
	writer_deb.drop(job);
	(void)close(fd);
}

/* Runs and gives what it printed; malloc. */
static char *run(const char *const *argv)
{
	struct proc proc = { .argv = argv, .stdin_fd = -1, .stdout_fd = -1 };
	struct proc_result result = { 0 };
	struct err e = { 0 };
	char *output;

	if (proc_run(&proc, &result, &e))
		fail_msg("%s", e.text);
	if (result.exit)
		fail_msg("%s %s: %s", argv[0], argv[1], result.errors);
	output = mem_strdup(result.output ? result.output : "");
	proc_result_done(&result);
	return output;
}

static int set_up(void **state)
{
	struct err e = { 0 };

	return fs_temp_dir("deb", (char **)state, &e);
}

static int tear_down(void **state)
{
	struct err e = { 0 };
	int status = fs_remove_tree(*state, &e);

	free(*state);
	return status;
}

static void control(void **state)
{
	AUTO_FREE char *path = fs_join(*state, "a.deb");
	struct pkg p = sample();
	struct writer_result result = { 0 };
	AUTO_FREE char *shown = NULL;

	write_sample(path, &p, CODEC_ZSTD, &result);
	shown = run((const char *const[]){ "dpkg-deb", "-f", path, NULL });
	assert_string_equal(shown, result.control);
	assert_string_equal(shown,
		"Package: org-acme\nVersion: 2:1.0~rc1-3\nArchitecture: amd64\nMaintainer: A <a@example.org>\n"
		"Installed-Size: 17\nDepends: libc6 (>= 2.36), a | b\nConflicts: old (<< 2)\nReplaces: old (<< 2)\n"
		"Provides: virt (= 1)\nSection: misc\nPriority: optional\nHomepage: https://example.org/ Evil: 1\n"
		"License: MIT\nDescription: Sch\xc3\xb6ne Sache Injected: yes\n First line.\n .\n   indented\n .\n "
		"last\n");
	free(result.control);
	free(shown);
	shown = run((const char *const[]){ "dpkg-deb", "-I", path, "conffiles", "triggers", "postinst", NULL });
	assert_string_equal(shown, "/etc/acme.conf\ninterest-noawait /usr/share/x\n#!/bin/sh\nexit 0\n");
	pkg_done(&p);
}

static void colons_are_no_epoch(void **state)
{
	AUTO_FREE char *path = fs_join(*state, "colon.deb");
	AUTO_FREE char *shown = NULL;
	struct pkg p = sample();
	struct writer_result result = { 0 };

	p.epoch = 0;
	p.version = "1:2";
	write_sample(path, &p, CODEC_ZSTD, &result);
	shown = run((const char *const[]){ "dpkg-deb", "-f", path, "Version", NULL });
	assert_string_equal(shown, "0:1:2-3\n");
	free(result.control);
	pkg_done(&p);
}

static bool has_loss(const struct pkg *p, const char *what, enum loss_class class)
{
	for (size_t i = 0; i < p->lost.len; i++)
		if (strcmp(p->lost.at[i].what, what) == 0 && p->lost.at[i].class == class)
			return true;
	return false;
}

static void losses(void **state)
{
	AUTO_FREE char *path = fs_join(*state, "l.deb");
	struct pkg p = sample();
	struct writer_result result = { 0 };

	write_sample(path, &p, CODEC_NONE, &result);
	assert_true(has_loss(&p, "capabilities:1 entry: /opt/acme/ping", LOSS_BEHAVIOUR));
	assert_true(has_loss(&p, "selinux:1 entry: /opt/acme/ping", LOSS_NOTE));
	assert_true(has_loss(&p, "ghost:1 entry: /var/log/acme.log", LOSS_NOTE));
	assert_true(has_loss(&p, "mtime-nanoseconds:1 entry: /opt/acme/" LONG, LOSS_NOTE));
	assert_int_equal(p.lost.len, 4);
	free(result.control);
	p.lost.len = 0;
	assert_int_equal(pkg_field(&p, "deb:capabilities-handled", "1"), 0);
	write_sample(path, &p, CODEC_NONE, &result);
	assert_int_equal(p.lost.len, 3);
	free(result.control);
	pkg_done(&p);
}

static void same_bytes(void **state)
{
	static const enum codec codecs[] = { CODEC_NONE, CODEC_GZIP, CODEC_XZ, CODEC_ZSTD, CODEC_BZIP2 };

	for (size_t i = 0; i < COUNT(codecs); i++) {
		AUTO_FREE char *first = fs_join(*state, "1.deb"), *second = fs_join(*state, "2.deb"), *out = NULL;
		struct pkg p = sample();
		struct writer_result result = { 0 };

		write_sample(first, &p, codecs[i], &result);
		free(result.control);
		write_sample(second, &p, codecs[i], &result);
		free(result.control);
		out = run((const char *const[]){ "cmp", first, second, NULL });
		free(out);
		out = run((const char *const[]){ "dpkg-deb", "--contents", first, NULL });
		assert_non_null(strstr(out, " ./opt/acme/" LONG "\n"));
		assert_non_null(strstr(out, "link -> ../acme/" LONG "\n"));
		assert_non_null(strstr(out, "drwxrwxrwt nobody-has-this/root"));
		assert_non_null(strstr(out, "-rw-r----- root/adm"));
		pkg_done(&p);
	}
}

static struct stat look(const char *root, const char *path)
{
	AUTO_FREE char *whole = mem_printf("%s%s", root, path);
	struct stat st;

	if (lstat(whole, &st))
		fail_msg("%s is missing", whole);
	return st;
}

static void unpacked(void **state)
{
	AUTO_FREE char *path = fs_join(*state, "u.deb"), *root = fs_join(*state, "unpacked"), *out = NULL;
	struct pkg p = sample();
	struct writer_result result = { 0 };

	write_sample(path, &p, CODEC_XZ, &result);
	free(result.control);
	pkg_done(&p);
	out = run((const char *const[]){ "dpkg-deb", "-x", path, root, NULL });
	assert_int_equal(look(root, "/opt/acme/bin/tool").st_ino, look(root, "/opt/acme/late/tool2").st_ino);
	assert_int_equal(look(root, "/opt/acme/bin/tool").st_ino, look(root, "/opt/acme/bin/tool3").st_ino);
	assert_int_equal(look(root, "/opt/acme/late").st_mode & 07777, 0750);
	assert_int_equal(look(root, "/opt/acme/hole").st_size, 3000);
	assert_int_equal(look(root, "/opt/acme/" LONG).st_mtime, -5);
	assert_int_equal(look(root, "/opt/acme/bin/tool").st_mtime, 1600000000);
	assert_int_equal(look(root, "/var/spool/acme").st_mode & 07777, 01777);
}

/* A list of md5 sums only when every file came with one: dpkg makes its own otherwise. */
static void md5sums(void **state)
{
	static const char *const given[] = { "d41d8cd98f00b204e9800998ecf8427e", "" };

	for (size_t i = 0; i < COUNT(given); i++) {
		AUTO_FREE char *path = fs_join(*state, "m.deb"), *out = NULL;
		struct writer_options options = { .codec = CODEC_NONE, .mtime_max = -1, .target = "deb" };
		struct err e = { 0 };
		struct writer_job *job = writer_deb.open(&options, &e);
		int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
		struct writer_result result = { 0 };
		struct entry entry = make("/b", ENTRY_FILE, 0644);
		const char *links[] = { "/a" };
		struct pkg p = sample();

		entry.links = links;
		entry.links_len = 1;
		entry.want_digest = given[0];
		put(writer_deb.sink(job), &entry, "");
		entry = make("/c", ENTRY_FILE, 0644);
		entry.want_digest = given[i];
		put(writer_deb.sink(job), &entry, "");
		assert_int_equal(
			sink_close(writer_deb.sink(job), &e) || writer_deb.finish(job, &p, fd, &result, &e), 0);
		writer_deb.drop(job);
		(void)close(fd);
		free(result.control);
		pkg_done(&p);
		out = run((const char *const[]){ "dpkg-deb", "-I", path, NULL });
		assert_int_equal(strstr(out, "md5sums") != NULL, i == 0);
		if (i == 0) {
			free(out);
			out = run((const char *const[]){ "dpkg-deb", "-I", path, "md5sums", NULL });
			assert_string_equal(out,
				"d41d8cd98f00b204e9800998ecf8427e  a\nd41d8cd98f00b204e9800998ecf8427e  b\n"
				"d41d8cd98f00b204e9800998ecf8427e  c\n");
		}
	}
}

/* Without maintainer scripts: nothing of the package runs. */
static void installed(void **state)
{
	AUTO_FREE char *path = fs_join(*state, "i.deb"), *root = fs_join(*state, "root");
	AUTO_FREE char *info = fs_join(root, "var/lib/dpkg/info"), *updates = fs_join(root, "var/lib/dpkg/updates");
	AUTO_FREE char *status = fs_join(root, "var/lib/dpkg/status"), *option = mem_printf("--root=%s", root);
	static const char *const env[] = { "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8", NULL };
	const char *const install[] = { "fakeroot", "dpkg", option, "--force-depends", "--log=/dev/null", "-i", path,
		NULL };
	const char *const verify[] = { "fakeroot", "dpkg", option, "--verify", "org-acme", NULL };
	struct pkg p = sample();
	struct writer_result result = { 0 };
	struct proc proc = { .argv = install, .env = env, .stdin_fd = -1, .stdout_fd = -1 };
	struct proc_result ran = { 0 };
	struct err e = { 0 };

	p.scripts.len = 0;
	write_sample(path, &p, CODEC_XZ, &result);
	free(result.control);
	pkg_done(&p);
	assert_int_equal(fs_mkdirs(info, 0755, &e) || fs_mkdirs(updates, 0755, &e), 0);
	assert_int_equal(fs_write_file(status, "", 0, 0644, &e), 0);
	assert_int_equal(proc_run(&proc, &ran, &e), 0);
	if (ran.exit)
		fail_msg("dpkg -i: %s", ran.errors);
	proc_result_done(&ran);
	assert_int_equal(look(root, "/opt/acme/bin/tool").st_nlink, 3);
	AUTO_FREE char *list = fs_join(info, "org-acme.md5sums");
	assert_true(fs_exists(list));
	proc.argv = verify;
	assert_int_equal(proc_run(&proc, &ran, &e), 0);
	assert_int_equal(ran.exit, 0);
	assert_string_equal(ran.output ? ran.output : "", "");
	proc_result_done(&ran);
}

static void refused(void **state)
{
	static const struct {
		const char *name, *version, *architecture;
	} bad[] = {
		{ "Upper", "1", "noarch" },
		{ "a_b", "1", "noarch" },
		{ "a", "1", "noarch" },
		{ "ab", "v1", "noarch" },
		{ "ab", "1^2", "noarch" },
		{ "ab", "1", "vax" },
	};
	struct err e = { 0 };

	for (size_t i = 0; i < COUNT(bad); i++) {
		struct pkg p;

		pkg_init(&p, 0);
		p.name = bad[i].name;
		p.version = bad[i].version;
		p.architecture = bad[i].architecture;
		assert_int_equal(writer_deb.check(&p, &e), -1);
		assert_string_equal(e.code, "E_METADATA");
		p.name = "ab";
		p.version = "1:2.0";
		p.epoch = 0;
		p.version = "2.0";
		p.release = "1";
		p.architecture = "noarch";
		assert_int_equal(writer_deb.check(&p, &e), 0);
		assert_int_equal(relation_parse_rpm(&p, REL_REQUIRES, "(a if b)", &e), 0);
		assert_int_equal(writer_deb.check(&p, &e), -1);
		AUTO_FREE char *name = writer_deb.file_name(&p);
		assert_string_equal(name, "ab_2.0-1_all.deb");
		pkg_done(&p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(control, set_up, tear_down),
		cmocka_unit_test_setup_teardown(colons_are_no_epoch, set_up, tear_down),
		cmocka_unit_test_setup_teardown(losses, set_up, tear_down),
		cmocka_unit_test_setup_teardown(same_bytes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(unpacked, set_up, tear_down),
		cmocka_unit_test_setup_teardown(md5sums, set_up, tear_down),
		cmocka_unit_test_setup_teardown(installed, set_up, tear_down),
		cmocka_unit_test(refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
