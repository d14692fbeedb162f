/* test_trial.c - whole tests of real packages on a throw-away copy of this machine: a well-behaved daemon, one that leaves things behind,
 * an upgrade over edited configuration, hostile scripts. Packages are built here with dpkg-deb. */
#include "base/fs.h"
#include "base/proc.h"
#include "base/text.h"
#include "sandbox/test.h"
#include <setjmp.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char *dir;

struct file {
	const char *path, *bytes;
	mode_t mode;
};

static void put(const char *top, const struct file *f)
{
	AUTO_FREE char *path = mem_printf("%s%s", top, f->path), *folder = mem_strdup(path);
	struct err e = { 0 };

	*strrchr(folder, '/') = '\0';
	if (fs_mkdirs(folder, 0755, &e) || fs_write_file(path, f->bytes, strlen(f->bytes), f->mode, &e))
		fail_msg("%s", e.text);
}

/* Builds DIR/NAME_VERSION.deb from these files; malloc. */
static char *build(const char *name, const char *version, const struct file *files)
{
	AUTO_FREE char *top = mem_printf("%s/build-%s-%s", dir, name, version), *control = NULL,
		       *debian = mem_printf("%s/DEBIAN", top);
	char *deb = mem_printf("%s/%s_%s_all.deb", dir, name, version);
	struct err e = { 0 };
	const char *const argv[] = { "dpkg-deb", "-Zgzip", "--root-owner-group", "-b", top, deb, NULL };

	control = mem_printf(
		"Package: %s\nVersion: %s\nArchitecture: all\nMaintainer: T <t@example.org>\nDescription: test\n", name,
		version);
	put(top, &(struct file){ "/DEBIAN/control", control, 0644 });
	for (; files->path; files++)
		put(top, files);
	chmod(debian, 0755);
	if (proc_must(argv, &e))
		fail_msg("%s", e.text);
	return deb;
}

static json_t *run(struct test *t)
{
	json_t *report = NULL;
	struct err e = { 0 };

	if (test_run(t, &report, &e))
		fail_msg("%s", e.text);
	return report;
}

static json_t *scenario(json_t *report, const char *name)
{
	size_t i;
	json_t *s;

	json_array_foreach(json_list(json_array_get(json_list(report, "runs"), 0), "scenarios"), i, s)
		if (strcmp(json_text(s, "name"), name) == 0)
			return s;
	fail_msg("no scenario %s", name);
	return NULL;
}

static void expect_verdict(json_t *report, const char *want)
{
	if (strcmp(json_text(report, "verdict"), want) != 0) {
		AUTO_FREE char *text = json_dumps(json_array_get(json_list(report, "runs"), 0), JSON_COMPACT);

		fputs(text, stderr);
		fail_msg("verdict %s, expected %s", json_text(report, "verdict"), want);
	}
}

static bool lists(json_t *object, const char *key, const char *text)
{
	size_t i;
	json_t *one;

	json_array_foreach(json_list(object, key), i, one)
		if (json_is_string(one) && strcmp(json_string_value(one), text) == 0)
			return true;
	return false;
}

static bool finds(json_t *s, const char *check, const char *where)
{
	size_t i;
	json_t *f;

	json_array_foreach(json_list(s, "findings"), i, f)
		if (strcmp(json_text(f, "check"), check) == 0 && (!where || strcmp(json_text(f, "where"), where) == 0))
			return true;
	return false;
}

/* A small service in perl (every Debian has perl-base): listens, and stops by its pid file. */
static const char daemon_script[] =
	"#!/bin/sh\ncase $1 in\nstart) start-stop-daemon --start --background --make-pidfile --pidfile "
	"/run/acme.pid --exec /usr/bin/perl -- /opt/acme/server ;;\n"
	"stop) start-stop-daemon --stop --retry 5 --pidfile /run/acme.pid --remove-pidfile --oknodo ;;\nesac\n";
static const char server[] =
	"use IO::Socket::INET; my $s = IO::Socket::INET->new(LocalPort => 8443, Listen => 5, ReuseAddr => 1) or "
	"die; open(my $l, '>>', '/var/log/acme.log'); print $l \"ready\\nreload failed 12\\n\"; "
	"close $l; while (my $c = $s->accept) { close $c }\n";
static const char postinst[] =
	"#!/bin/sh\nset -e\nif [ \"$1\" = configure ]; then\n"
	"getent passwd acme >/dev/null || useradd -r -M -d /nonexistent -s /usr/sbin/nologin acme\n"
	"mkdir -p /var/lib/acme; invoke-rc.d acme start || /etc/init.d/acme start\n"
	"for i in 1 2 3 4 5 6 7 8 9 10; do grep -q ':20FB' /proc/net/tcp && break; sleep 0.2; done\nfi\n";
static const char prerm[] = "#!/bin/sh\nset -e\n/etc/init.d/acme stop\n";
static const char postrm[] =
	"#!/bin/sh\nset -e\nif [ \"$1\" = purge ]; then rm -rf /var/lib/acme /var/log/acme.log; userdel acme; fi\n";
static const struct file good_files[] = {
	{ "/DEBIAN/postinst", postinst, 0755 },
	{ "/DEBIAN/prerm", prerm, 0755 },
	{ "/DEBIAN/postrm", postrm, 0755 },
	{ "/DEBIAN/conffiles", "/etc/acme.conf\n/etc/init.d/acme\n", 0644 },
	{ "/etc/acme.conf", "port = 8443\n", 0644 },
	{ "/etc/init.d/acme", daemon_script, 0755 },
	{ "/opt/acme/server", server, 0644 },
	{ "/opt/acme/bin/agent", "#!/bin/sh\necho agent 4.2.0\n", 0755 },
	{ NULL },
};
static const char expectations[] =
	"- file: /opt/acme/bin/agent\n  mode: \"0755\"\n  type: file\n  owner: root\n"
	"- run: [/opt/acme/bin/agent, --version]\n  stdout: \"4.2\"\n- listens: tcp/8443\n- user: acme\n"
	"- log: {file: /var/log/acme.log, contains: ready}\n- setup: [/bin/true]\n";

static void a_good_package_passes(void **state)
{
	AUTO_FREE char *deb = build("acme", "4.2", good_files), *expect = fs_join(dir, "expect.yaml"),
		       *out = fs_join(dir, "report"), *page = fs_join(out, "report.html"),
		       *log = fs_join(out, "logs/install.log");
	const char *files[] = { deb };
	struct test t = { .files = files, .files_len = 1, .expect = expect, .report_dir = out };
	struct err e = { 0 };
	struct stat st;

	assert_int_equal(fs_write_file(expect, expectations, strlen(expectations), 0644, &e), 0);
	AUTO_JSON *report = run(&t);
	expect_verdict(report, "pass");
	assert_int_equal(json_array_size(json_list(report, "expectations")), 10);
	json_t *install = scenario(report, "install"), *purge = scenario(report, "purge");
	assert_true(lists(json_map(install, "changes"), "added", "/opt/acme/bin/agent"));
	assert_true(lists(install, "users_added", "acme"));
	assert_true(lists(install, "listening", "tcp/8443"));
	assert_true(lists(install, "units", "acme"));
	assert_true(finds(install, "log-words", "/var/log/acme.log"));
	assert_int_equal(json_array_size(json_list(purge, "processes_left")), 0);
	assert_false(finds(purge, "file-left", NULL));
	assert_int_equal(json_array_size(json_list(purge, "scripts")), 4);
	json_t *first = json_array_get(json_list(install, "scripts"), 0);
	assert_string_equal(json_text(first, "event"), "post-install");
	assert_string_equal(json_text(first, "source"), "postinst");
	assert_string_equal(json_string_value(json_array_get(json_list(first, "arguments"), 0)), "configure");
	json_t *package = json_array_get(json_list(report, "packages"), 0);
	assert_string_equal(json_text(package, "name"), "acme");
	assert_string_equal(json_text(package, "version"), "4.2");
	assert_int_equal(stat(page, &st), 0);
	assert_int_equal(stat(log, &st), 0);
}

static void left_overs_are_found(void **state)
{
	static const struct file files[] = {
		{ "/DEBIAN/postinst",
			"#!/bin/sh\nsetsid sleep 5000 >/dev/null 2>&1 &\necho x > /opt/stray; chmod 4755 /opt/stray; "
			"rm -f /etc/issue\n"
			"useradd -r left\nperl -MIO::Socket::INET -e "
			"'$s=IO::Socket::INET->new(LocalPort=>7777,Listen=>1); "
			"open F,\">/run/up\"; close F; sleep 5000' >/dev/null 2>&1 &\n"
			"until [ -e /run/up ]; do sleep 0.1; done\n",
			0755 },
		{ "/opt/messy/f", "x", 0644 },
		{ NULL },
	};
	AUTO_FREE char *deb = build("messy", "1", files);
	const char *names[] = { deb };
	struct test t = { .files = names, .files_len = 1, .scenarios = "purge,install" };
	AUTO_JSON *report = run(&t);
	json_t *purge = scenario(report, "purge");

	expect_verdict(report, "fail");
	assert_string_equal(json_text(scenario(report, "install"), "verdict"), "pass");
	assert_true(finds(purge, "process-left", "sleep"));
	assert_true(finds(purge, "port-left", "tcp/7777"));
	assert_true(finds(purge, "file-left", "/opt/stray"));
	assert_true(finds(purge, "file-missing", "/etc/issue"));
	assert_true(finds(purge, "user-left", "left"));
	assert_true(finds(purge, "setuid-file", "/opt/stray"));
	assert_false(finds(purge, "file-left", "/opt/messy/f"));
}

static void edited_conffiles_survive_an_upgrade(void **state)
{
	static const struct file old[] = {
		{ "/DEBIAN/conffiles", "/etc/up.conf\n", 0644 },
		{ "/etc/up.conf", "a = 1\n", 0644 },
		{ NULL },
	};
	static const struct file new[] = {
		{ "/DEBIAN/conffiles", "/etc/up.conf\n", 0644 },
		{ "/etc/up.conf", "a = 2\n", 0644 },
		{ "/DEBIAN/postinst", "#!/bin/sh\nexit 0\n", 0755 },
		{ NULL },
	};
	static const struct file rude[] = {
		{ "/DEBIAN/conffiles", "/etc/up.conf\n", 0644 },
		{ "/etc/up.conf", "a = 2\n", 0644 },
		{ "/DEBIAN/postinst", "#!/bin/sh\necho a = 3 > /etc/up.conf\n", 0755 },
		{ NULL },
	};
	AUTO_FREE char *one = build("up", "1", old), *two = build("up", "2", new), *three = build("up", "3", rude);
	const char *olds[] = { one }, *news[] = { two }, *rudes[] = { three };
	struct test t = {
		.files = news, .files_len = 1, .upgrade_from = olds, .upgrade_from_len = 1, .scenarios = "upgrade"
	};
	AUTO_JSON *report = run(&t);
	json_t *s = scenario(report, "upgrade");

	expect_verdict(report, "pass");
	assert_string_equal(json_text(json_array_get(json_list(s, "scripts"), 0), "event"), "post-upgrade");
	t.files = rudes;
	AUTO_JSON *second = run(&t);
	expect_verdict(second, "fail");
	assert_true(finds(scenario(second, "upgrade"), "conffile-lost", "/etc/up.conf"));
}

static void a_failing_script_is_told(void **state)
{
	static const struct file files[] = {
		{ "/DEBIAN/preinst", "#!/bin/sh\nprintf 'evil \\033[2J<script>alert(1)</script>\\n'; exit 7\n", 0755 },
		{ "/opt/x", "x", 0644 },
		{ NULL },
	};
	AUTO_FREE char *deb = build("failing", "1", files), *out = fs_join(dir, "failing"),
		       *page = fs_join(out, "report.html"), *text = NULL;
	const char *names[] = { deb };
	struct test t = { .files = names, .files_len = 1, .scenarios = "install", .report_dir = out };
	AUTO_JSON *report = run(&t);
	json_t *s = scenario(report, "install"), *script = json_array_get(json_list(s, "scripts"), 0);
	struct err e = { 0 };
	size_t len = 0;

	expect_verdict(report, "fail");
	assert_string_equal(json_text(script, "source"), "preinst");
	assert_int_equal(json_int(script, "exit"), 7);
	assert_int_equal(fs_read_file(page, MIB(4), &text, &len, &e), 0);
	assert_null(strstr(text, "<script>"));
	assert_non_null(strstr(text, "&lt;script&gt;"));
	assert_null(strchr(text, '\033'));
}

/* An rpm by rpmbuild, which every Debian with rpm has; malloc. */
static char *build_rpm(const char *name, const char *version, const char *rest)
{
	AUTO_FREE char *spec = mem_printf("%s/%s-%s.spec", dir, name, version), *text = NULL,
		       *top = mem_printf("_topdir %s/rpmbuild", dir);
	struct err e = { 0 };
	const char *const argv[] = { "rpmbuild", "--quiet", "--define", top, "-bb", spec, NULL };

	text = mem_printf("Name: %s\nVersion: %s\nRelease: 1\nSummary: x\nLicense: MIT\nBuildArch: noarch\n%s", name,
		version, rest);
	if (fs_write_file(spec, text, strlen(text), 0644, &e) || proc_must(argv, &e))
		fail_msg("%s", e.text);
	return mem_printf("%s/rpmbuild/RPMS/noarch/%s-%s-1.noarch.rpm", dir, name, version);
}

static void rpms_find_what_the_root_holds(void **state)
{
	static const char body[] = "Requires: /bin/sh, glibc >= 2.17, libc.so.6(GLIBC_2.34)(64bit), dependency >= 1, "
				   "(bash or nothing-like-it)\n%description\nx\n"
				   "%install\nmkdir -p %{buildroot}/etc %{buildroot}/opt/r\necho conf %{version} > "
				   "%{buildroot}/etc/r.conf\necho x > %{buildroot}/opt/r/x\n"
				   "%pre\ngetent passwd ruser >/dev/null || useradd -r ruser\n%post\nexit "
				   "0\n%preun\nexit 0\n%postun\nexit 0\n"
				   "%files\n%config(noreplace) /etc/r.conf\n/opt/r\n";
	AUTO_FREE char *one = build_rpm("r", "1", body), *two = build_rpm("r", "2", body),
		       *dependency = build_rpm("dependency", "1", "%description\nx\n%files\n"),
		       *with = fs_join(dir, "with"), *copy = fs_join(with, "any-name.rpm"),
		       *wrong = build_rpm(
			       "wrong", "1", "Requires: libc.so.6(GLIBC_2.99)(64bit)\n%description\nx\n%files\n");
	const char *olds[] = { one }, *news[] = { two }, *withs[] = { with }, *wrongs[] = { wrong };
	struct test t = {
		.files = news, .files_len = 1, .upgrade_from = olds, .upgrade_from_len = 1, .with = withs, .with_len = 1
	};
	struct err e = { 0 };

	assert_int_equal(fs_mkdirs(with, 0755, &e), 0);
	assert_int_equal(fs_copy_file(dependency, copy, 0644, &e), 0);
	AUTO_JSON *report = run(&t);
	expect_verdict(report, "pass");
	json_t *whole = json_array_get(json_list(report, "runs"), 0), *upgrade = scenario(report, "upgrade");
	assert_true(lists(whole, "provided", "/bin/sh"));
	assert_true(lists(whole, "provided", "libc.so.6(GLIBC_2.34)(64bit)"));
	assert_false(lists(whole, "provided", "nothing-like-it"));
	static const char *const events[] = { "pre-install", "post-install", "pre-upgrade", "post-upgrade",
		"pre-remove", "post-remove" };
	assert_int_equal(json_array_size(json_list(upgrade, "scripts")), COUNT(events));
	for (size_t i = 0; i < COUNT(events); i++)
		assert_string_equal(json_text(json_array_get(json_list(upgrade, "scripts"), i), "event"), events[i]);
	assert_true(lists(json_map(upgrade, "changes"), "added", "/etc/r.conf.rpmnew"));
	assert_true(lists(scenario(report, "install"), "users_added", "ruser"));
	t = (struct test){ .files = wrongs, .files_len = 1, .scenarios = "install" };
	AUTO_JSON *second = run(&t);
	expect_verdict(second, "fail");
}

static void hostile_scripts_end_safely(void **state)
{
	static const char evil[] = "#!/bin/sh\n"
				   "cat /root/.ssh/* /root/.bashrc /home/*/.bashrc 2>/dev/null && echo LEAKED\n"
				   "grep -q '^root:[$]' /etc/shadow && echo LEAKED\n"
				   "mount -t proc proc /mnt 2>/dev/null && echo MOUNTED\n"
				   "(echo b > /proc/sysrq-trigger) 2>/dev/null && echo SYSRQ\n"
				   "kill -9 1; kill -9 -1 2>/dev/null\n"
				   "rm -rf --no-preserve-root / 2>/dev/null\n"
				   "exit 0\n";
	static const char bomb[] = "#!/bin/sh\nb() { b | b & }\nb 2>/dev/null\nwhile :; do :; done\n";
	static const char filler[] =
		"#!/bin/sh\ncat /dev/zero > /var/fill1 2>/dev/null; cat /dev/zero > /var/fill2 2>/dev/null\n"
		"i=0; while mkdir /var/d$i 2>/dev/null; do i=$((i+1)); done; yes | head -c 30000000\nexit 1\n";
	static const char network[] =
		"#!/usr/bin/perl\nuse IO::Socket::INET;\n"
		/* Nobody is at home; everywhere else only our own sink answers. */
		"print \"REACHED\\n\" if IO::Socket::INET->new(PeerAddr => '127.0.0.1:22', Timeout => 2);\n"
		"for my $h ('169.254.169.254:80','1.1.1.1:80') {\n"
		"my $s = IO::Socket::INET->new(PeerAddr => $h, Timeout => 2) or next;\n"
		"print $s \"GET / HTTP/1.0\\r\\n\\r\\n\"; my $l = <$s>; print \"REACHED\\n\" unless $l =~ /^HTTP.1.1 "
		"503 /\n}\n"
		"syscall(41, 40, 1, 0) == -1 or print \"VSOCK\\n\"; syscall(41, 17, 3, 0) == -1 or print "
		"\"PACKET\\n\";\n";
	static const struct {
		const char *name, *script, *verdict;
	} cases[] = {
		{ "evil", evil, NULL }, { "bomb", bomb, "fail" }, { "filler", filler, "fail" },
		{ "network", network, "fail" }, /* it speaks in clear text */
	};
	struct stat before, after;

	assert_int_equal(stat("/etc/passwd", &before), 0);
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct file files[] = { { "/DEBIAN/preinst", cases[i].script, 0755 }, { NULL } };
		AUTO_FREE char *deb = build(cases[i].name, "1", files), *out = fs_join(dir, cases[i].name),
			       *log = fs_join(out, "logs/install.log"), *text = NULL;
		const char *names[] = { deb };
		struct test t = { .files = names,
			.files_len = 1,
			.scenarios = "install",
			.report_dir = out,
			.limits = { .memory = MIB(512),
				.disk = MIB(100),
				.inodes = 5000,
				.processes = 60,
				.seconds = 10,
				.output = MIB(1) } };
		struct err e = { 0 };
		size_t len = 0;

		AUTO_JSON *report = run(&t);
		if (cases[i].verdict)
			expect_verdict(report, cases[i].verdict);
		else
			assert_string_not_equal(json_text(report, "verdict"), "pass");
		assert_int_equal(fs_read_file(log, MIB(32), &text, &len, &e), 0);
		static const char *const bad[] = { "LEAKED", "MOUNTED", "SYSRQ", "REACHED", "VSOCK", "PACKET" };
		for (size_t b = 0; b < COUNT(bad); b++)
			if (strstr(text, bad[b]))
				fail_msg("%s: %s\n%s", cases[i].name, bad[b], text);
	}
	assert_int_equal(stat("/etc/passwd", &after), 0);
	assert_int_equal(before.st_mtime, after.st_mtime);
	assert_int_equal(before.st_ino, after.st_ino);
}

static void mistakes_are_refused(void **state)
{
	AUTO_FREE char *bad = fs_join(dir, "no.deb");
	const char *names[] = { bad };
	struct test t = { .files = names, .files_len = 1 };
	struct err e = { 0 };
	json_t *report = NULL;

	assert_int_equal(fs_write_file(bad, "nothing", 7, 0644, &e), 0);
	assert_int_equal(test_run(&t, &report, &e), -1);
	assert_int_equal(e.class, ERR_INPUT);
	static const struct file none[] = { { NULL } };
	AUTO_FREE char *deb = build("plain", "1", none);
	names[0] = deb;
	t.root = "no-such-root";
	assert_int_equal(test_run(&t, &report, &e), -1);
	assert_int_equal(e.class, ERR_USAGE);
	t.root = NULL;
	t.scenarios = "install,magic";
	assert_int_equal(test_run(&t, &report, &e), -1);
	assert_int_equal(e.class, ERR_USAGE);
	t.scenarios = "upgrade";
	assert_int_equal(test_run(&t, &report, &e), -1);
	assert_int_equal(e.class, ERR_USAGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mistakes_are_refused),
		cmocka_unit_test(a_good_package_passes),
		cmocka_unit_test(left_overs_are_found),
		cmocka_unit_test(edited_conffiles_survive_an_upgrade),
		cmocka_unit_test(a_failing_script_is_told),
		cmocka_unit_test(rpms_find_what_the_root_holds),
		cmocka_unit_test(hostile_scripts_end_safely),
	};
	struct err e = { 0 };
	int failed;

	if (geteuid() != 0)
		return 0; /* a copy of this machine needs root */
	if (fs_temp_dir("trial", &dir, &e))
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	fs_remove_tree(dir, &e);
	free(dir);
	return failed;
}
