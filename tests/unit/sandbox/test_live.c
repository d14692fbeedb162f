/* test_live.c - a live test root over this machine: what works inside, what cannot be reached, and that nothing is left behind. */
#include "base/fs.h"
#include "base/proc.h"
#include "tests/unit/sandbox/live_root.h"
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static int start(void **state)
{
	static const struct test_limits limits = {
		.memory = MIB(512), .processes = 100, .disk = MIB(128), .seconds = 20, .output = MIB(1)
	};

	return live_start(state, &limits, false);
}

static void commands_run(void **state)
{
	expect(*state, "echo out; echo err >&2; exit 3", 3, "out\nerr\n");
	expect(*state, "id -u; hostname; echo $$ | grep -c .", 0, "0\nsandbox\n1\n");
	expect(*state, "kill -TERM $$", 128 + SIGTERM, "");
	expect(*state, "no-such-tool-here", 127, NULL);
	expect(*state, "echo kept > /etc/kept; mv /etc/kept /etc/moved", 0, "");
	expect(*state, "cat /etc/moved", 0, "kept\n");
	expect(*state, "su nobody -s /bin/sh -c 'id -u'", 0, "65534\n");
}

static void the_machine_is_out_of_reach(void **state)
{
	expect(*state, "ls /root /home /run /run/lock /tmp /mnt | grep -v -e : -e ^lock | tr -d '\\n'", 0, "");
	expect(*state, "mount -t tmpfs none /mnt 2>/dev/null", 32, NULL);
	expect(*state, "umount /proc 2>/dev/null", 32, NULL);
	expect(*state, "unshare -r true 2>/dev/null", 1, "");
	expect(*state, "ls /proc/1/root 2>/dev/null", 2, "");
	expect(*state, "cat /proc/1/environ 2>/dev/null", 1, "");
	expect(*state, "readlink /proc/1/exe", 1, "");
	expect(*state, "echo 1 2>/dev/null > /proc/sys/kernel/sysrq", 2, NULL);
	expect(*state, "kill -9 1; sleep 0; echo alive", 0, "alive\n");
	expect(*state, "mknod /dev/mem c 1 1 2>/dev/null || mknod /root/mem c 1 1 2>/dev/null", 1, "");
	expect(*state, "sed -n 's/^ *\\([a-z0-9]*\\):.*/\\1/p' /proc/net/dev | grep -v -x -e lo -e net0", 1, "");
	expect(*state, "grep CapBnd /proc/self/status | tr -d '\\n'", 0, "CapBnd:\t00000000a08c05ff");
}

static void files_go_in_and_out(void **state)
{
	struct live *l = *state;
	struct path_status st;
	struct err e = { 0 };
	char *bytes = NULL;
	size_t len = 0;

	assert_int_equal(sandbox_write(l->sandbox, "/opt/new/deep/file", "hello", 5, 0640, &e), 0);
	assert_int_equal(sandbox_read(l->sandbox, "/opt/new/deep/file", 100, &bytes, &len, &e), 0);
	assert_string_equal(bytes, "hello");
	free(bytes);
	assert_int_equal(sandbox_status(l->sandbox, "/opt/new/deep/file", &st, &e), 0);
	assert_true(st.is_there);
	assert_int_equal(st.mode, 0100640);
	assert_int_equal(st.uid, 0);
	expect(l,
		"ln -s /proc/1/root/etc/hostname /opt/out; mkfifo /opt/fifo; ln -s ../../../../etc/moved2 /opt/in; "
		"echo x > /etc/moved2",
		0, "");
	assert_int_equal(sandbox_read(l->sandbox, "/opt/out", 100, &bytes, &len, &e), 0);
	assert_null(bytes);
	assert_int_equal(sandbox_read(l->sandbox, "/opt/fifo", 100, &bytes, &len, &e), 0);
	assert_null(bytes);
	assert_int_equal(sandbox_read(l->sandbox, "/opt/in", 100, &bytes, &len, &e), 0);
	assert_string_equal(bytes, "x\n");
	free(bytes);
}

/* What the changes are, one a line: kind, path, mode, owner, group. */
static void told_changes(struct live *l, struct text *ret)
{
	struct changes c = { 0 };
	struct err e = { 0 };

	assert_int_equal(sandbox_changes(l->sandbox, &c, &e), 0);
	for (size_t i = 0; i < c.len; i++)
		text_add(ret, "%c%s %o %u:%u\n", c.at[i].kind, c.at[i].path, c.at[i].mode, c.at[i].uid, c.at[i].gid);
	changes_done(&c);
}

/* line: its beginning */
static unsigned count_lines(const struct text *t, const char *line)
{
	AUTO_FREE char *all = mem_printf("\n%s", t->at), *want = mem_printf("\n%s", line);
	unsigned count = 0;

	for (const char *at = all; (at = strstr(at, want)) != NULL; at++)
		count++;
	return count;
}

static void changes_are_told(void **state)
{
	struct live *l = *state;
	AUTO(text) t = { 0 };

	expect(l,
		"mkdir -p /opt/c/d && echo 1 > /opt/c/d/f && chmod 4755 /opt/c/d/f && rm /etc/issue && echo x >> "
		"/etc/hosts.allow && "
		"touch /etc/passwd && chown 7:8 /opt/c && rm -r /etc/skel",
		0, "");
	told_changes(l, &t);
	for (const char *const *want = (const char *const[]){ "+/opt/c 40755 7:8\n", "+/opt/c/d/f 104755 0:0\n",
		     "-/etc/issue 100644 0:0\n", "-/etc/skel 40755 0:0\n", NULL };
		*want; want++)
		if (!strstr(t.at, *want))
			fail_msg("%s is not among\n%s", *want, t.at);
	assert_null(strstr(t.at, "/etc/passwd"));
}

/* A folder that was taken away and made again hides what it had; one that stays hides only what was taken out of it. All of it is told, once. */
static void what_went_is_told_once(void **state)
{
	static const char *const want[] = { "-/etc/skel/.profile ", "-/etc/skel/.bashrc ", "+/etc/skel/mine ",
		"-/etc/cron.daily/dpkg ", "+/etc/cron.daily/mine ", "-/usr/bin/true " };
	struct live *l = *state;
	AUTO(text) t = { 0 };

	expect(l,
		"rm -r /etc/skel && mkdir /etc/skel && echo > /etc/skel/mine && rm /etc/cron.daily/dpkg && "
		"echo > /etc/cron.daily/mine && rm /usr/bin/true",
		0, "");
	told_changes(l, &t);
	for (size_t i = 0; i < COUNT(want); i++)
		if (count_lines(&t, want[i]) != 1)
			fail_msg("%s: %u times in\n%s", want[i], count_lines(&t, want[i]), t.at);
	assert_int_equal(count_lines(&t, "-/etc/skel "), 0);
	assert_int_equal(count_lines(&t, "-/usr/bin/"), 1);
	assert_int_equal(count_lines(&t, "-/etc/cron.daily/"), 1);
}

/* A folder that was renamed to where another stood shows its own content there: what the other had is gone. */
static void what_stood_there_is_told(void **state)
{
	static const char *const want[] = { "-/etc/skel/.profile ", "-/etc/skel/.bashrc ", "-/etc/cron.daily ",
		"-/etc/cron.daily/dpkg " };
	struct live *l = *state;
	AUTO(text) t = { 0 };

	expect(l, "rm -r /etc/skel && mv /etc/cron.daily /etc/skel && ls /etc/skel/dpkg", 0, "/etc/skel/dpkg\n");
	told_changes(l, &t);
	for (size_t i = 0; i < COUNT(want); i++)
		if (count_lines(&t, want[i]) != 1)
			fail_msg("%s: %u times in\n%s", want[i], count_lines(&t, want[i]), t.at);
}

/* An attribute that gives nothing is none. */
static void capabilities_are_told(void **state)
{
	struct live *l = *state;
	struct changes c = { 0 };
	struct err e = { 0 };
	struct text t = { 0 };

	expect(l,
		"mkdir /opt/caps && cd /opt/caps && perl -e 'for ([none => 0, 0], [some => 1 << 5, 0], [passed => 0, "
		"1]) "
		"{ my ($p, $n) = ($_->[0], \"security.capability\"); open(my $f, \">\", $p); "
		"my $v = pack(\"V5\", 0x02000000, $_->[1], $_->[2], 0, 0); syscall(188, $p, $n, $v, 20, 0) }'",
		0, "");
	assert_int_equal(sandbox_changes(l->sandbox, &c, &e), 0);
	for (size_t i = 0; i < c.len; i++)
		if (strstr(c.at[i].path, "/caps/"))
			text_add(&t, "%s '%s'\n", c.at[i].path, c.at[i].capability);
	assert_string_equal(t.at, "/opt/caps/none ''\n/opt/caps/passed 'cap_chown=i'\n/opt/caps/some 'cap_kill=p'\n");
	text_done(&t);
	changes_done(&c);
}

static void daemons_stay_until_told_otherwise(void **state)
{
	struct live *l = *state;
	struct processes p = { 0 };
	struct err e = { 0 };

	expect(l, "sleep 1000 & until grep -q sleep /proc/$!/comm; do :; done; echo started", 0, "started\n");
	assert_int_equal(sandbox_processes(l->sandbox, &p, &e), 0);
	assert_int_equal(p.len, 1);
	assert_string_equal(p.at[0].name, "sleep");
	assert_string_equal(p.at[0].command, "sleep 1000");
	processes_done(&p);
}

static void ports_that_listen_are_told(void **state)
{
	static const struct open_port want[] = {
		{ false, false, { 127, 0, 0, 1 }, 8443 },
		{ false, true, { 0 }, 8444 },
		{ true, false, { 0 }, 53 },
	};
	struct live *l = *state;
	struct open_ports now = { 0 };
	struct err e = { 0 };

	assert_int_equal(sandbox_listening(l->sandbox, &now, &e), 0);
	assert_int_equal(now.len, 0);
	expect(l,
		"perl -MSocket=:DEFAULT,IN6ADDR_ANY -e 'socket(A, AF_INET, SOCK_STREAM, 0); bind(A, "
		"pack_sockaddr_in(8443, "
		"INADDR_LOOPBACK)); listen(A, 1);"
		"socket(B, AF_INET6, SOCK_STREAM, 0); bind(B, pack_sockaddr_in6(8444, IN6ADDR_ANY)); listen(B, 1);"
		"socket(C, AF_INET, SOCK_DGRAM, 0); bind(C, pack_sockaddr_in(53, INADDR_ANY));"
		"socket(D, AF_INET, SOCK_STREAM, 0); bind(D, pack_sockaddr_in(8445, INADDR_ANY));" /* does not listen */
		"print \"open\\n\"; $| = 1; sleep 1000 unless fork'",
		0, "open\n");
	assert_int_equal(sandbox_listening(l->sandbox, &now, &e), 0);
	assert_int_equal(now.len, COUNT(want));
	for (size_t i = 0; i < COUNT(want); i++) {
		assert_int_equal(now.at[i].is_udp, want[i].is_udp);
		assert_int_equal(now.at[i].is_v6, want[i].is_v6);
		assert_int_equal(now.at[i].port, want[i].port);
		assert_memory_equal(now.at[i].address, want[i].address, 16);
	}
	LIST_DONE(&now);
}

static void limits_hold(void **state)
{
	struct live *l = *state;
	struct command_result r = shell(l, "while :; do :; done", 1);

	assert_true(r.is_timeout);
	assert_int_equal(r.exit, 128 + SIGKILL);
	command_result_done(&r);
	r = shell(l, "yes", 1);
	assert_true(r.is_cut);
	assert_int_equal(r.len, MIB(1));
	command_result_done(&r);
	r = shell(l, "b() { b | b & }; b 2>/dev/null; while :; do :; done", 2);
	assert_true(r.is_timeout);
	command_result_done(&r);
	expect(l,
		"for i in 1 2 3 4; do head -c 100m /dev/zero; done | split -b 50m - /opt/part 2>/dev/null; "
		"test $(cat /opt/part* | wc -c) -lt 135000000 && echo bounded; rm -f /opt/part*",
		0, "bounded\n");
	if (!(l->missing & LAYER(MEMORY_GROUP))) {
		r = shell(l, "x=$(head -c 2000m /dev/zero | tr '\\0' x); echo $x", 10);
		assert_int_not_equal(r.exit, 0);
		command_result_done(&r);
	}
	expect(l, "echo still here", 0, "still here\n");
}

/* The first child of a process; 0: none. */
static pid_t child_of(pid_t pid)
{
	AUTO_FREE char *path = mem_printf("/proc/%d/task/%d/children", (int)pid, (int)pid), *text = NULL;
	struct err ignored = { 0 };
	size_t len = 0;

	return fs_read_file(path, 4096, &text, &len, &ignored) ? 0 : atoi(text);
}

/* Every namespace that this kernel has is another one inside. */
static void namespaces_are_its_own(void **state)
{
	static const char *const names[] = { "user", "mnt", "pid", "net", "ipc", "uts", "cgroup", "time" };
	struct live *l = *state;

	for (size_t i = 0; i < COUNT(names); i++) {
		AUTO_FREE char *file = mem_printf("/proc/self/ns/%s", names[i]),
			       *line = mem_printf("readlink %s", file);
		char here[128];
		ssize_t len = readlink(file, here, sizeof here - 1);

		if (len < 0)
			continue;
		here[len] = '\0';
		struct command_result r = shell(l, line, 0);
		assert_int_equal(r.exit, 0);
		assert_int_equal(strncmp(r.output, names[i], strlen(names[i])), 0);
		assert_int_not_equal(strncmp(r.output, here, strlen(here)), 0);
		command_result_done(&r);
	}
}

/* What the kernel tells of the own network is for the own root to read; what it tells is the own network's. */
static void tables_of_the_network_are_its_own(void **state)
{
	expect(*state, "stat -L -c %u:%g /proc/net/dev /proc/net/ip_tables_names 2>/dev/null | sort -u", 0, "0:0\n");
	expect(*state, "! test -e /proc/net/nf_conntrack || cat /proc/net/nf_conntrack > /dev/null", 0, "");
}

/* A writer that never rests; the walk meets one moment of it, and it goes on afterwards. */
static void writers_stand_still_while_looked_at(void **state)
{
	struct live *l = *state;
	struct changes changes = { 0 };
	struct err e = { 0 };

	if (l->missing & LAYER(KILL_GROUP))
		skip();
	struct command_result r = shell(l,
		"touch /opt/one; (while :; do mv /opt/one /opt/two; mv /opt/two /opt/one; done) >/dev/null 2>&1 & echo "
		"started",
		0);
	assert_string_equal(r.output, "started\n");
	command_result_done(&r);
	for (int i = 0; i < 20; i++) {
		size_t found = 0;

		assert_int_equal(sandbox_changes(l->sandbox, &changes, &e), 0);
		for (size_t k = 0; k < changes.len; k++)
			found += strcmp(changes.at[k].path, "/opt/one") == 0 ||
				strcmp(changes.at[k].path, "/opt/two") == 0;
		assert_int_equal(found, 1);
		changes_done(&changes);
	}
	/* It went on: the time of the last move changes. */
	r = shell(l,
		"at() { stat -c %z /opt; }; was=$(at); for i in $(seq 50); do [ \"$(at)\" = \"$was\" ] || break; sleep "
		"0.1; done; "
		"[ \"$(at)\" != \"$was\" ] && echo moved",
		0);
	assert_string_equal(r.output, "moved\n");
	command_result_done(&r);
}

static bool is_gone(pid_t pid)
{
	for (int i = 0; i < 2000; i++) {
		if (kill(pid, 0) && errno == ESRCH)
			return true;
		usleep(5000);
	}
	return false;
}

static void a_killed_supervisor_leaves_nothing(void **state)
{
	struct proc_result groups = { 0 };
	struct err e = { 0 };
	int told[2];
	char byte;

	assert_int_equal(pipe(told), 0);
	pid_t child = fork();
	if (child == 0) {
		void *own = NULL;

		start(&own);
		if (write(told[1], "x", 1) != 1)
			_exit(1);
		pause();
		_exit(0);
	}
	close(told[1]);
	assert_int_equal(read(told[0], &byte, 1), 1);
	close(told[0]);
	pid_t keeper = child_of(child), first = child_of(keeper);
	assert_true(keeper > 1 && first > 1);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	assert_true(is_gone(first));
	assert_true(is_gone(keeper));
	AUTO_FREE char *name = mem_printf("sluice-%d-*", (int)keeper);
	const char *const argv[] = { "find", "/sys/fs/cgroup", "-name", name, NULL };
	struct proc p = { .argv = argv, .stdin_fd = -1, .stdout_fd = -1 };
	assert_int_equal(proc_run(&p, &groups, &e), 0);
	assert_string_equal(groups.output, "");
	proc_result_done(&groups);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(commands_run, start, live_stop),
		cmocka_unit_test_setup_teardown(the_machine_is_out_of_reach, start, live_stop),
		cmocka_unit_test_setup_teardown(files_go_in_and_out, start, live_stop),
		cmocka_unit_test_setup_teardown(changes_are_told, start, live_stop),
		cmocka_unit_test_setup_teardown(what_went_is_told_once, start, live_stop),
		cmocka_unit_test_setup_teardown(what_stood_there_is_told, start, live_stop),
		cmocka_unit_test_setup_teardown(capabilities_are_told, start, live_stop),
		cmocka_unit_test_setup_teardown(daemons_stay_until_told_otherwise, start, live_stop),
		cmocka_unit_test_setup_teardown(ports_that_listen_are_told, start, live_stop),
		cmocka_unit_test_setup_teardown(limits_hold, start, live_stop),
		cmocka_unit_test_setup_teardown(namespaces_are_its_own, start, live_stop),
		cmocka_unit_test_setup_teardown(tables_of_the_network_are_its_own, start, live_stop),
		cmocka_unit_test_setup_teardown(writers_stand_still_while_looked_at, start, live_stop),
		cmocka_unit_test(a_killed_supervisor_leaves_nothing),
	};

	if (geteuid() != 0)
		return 0; /* a copy of this machine needs root */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
