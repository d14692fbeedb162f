/* test_profile.c - which profile packages need, the plan of a booted root beside the plain one, and a live boot of this machine's copy. */
#include "base/fs.h"
#include "tests/unit/sandbox/live_root.h"
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void what_packages_need(void **state)
{
	static const struct {
		const char *listing;
		enum profile_need need;
	} cases[] = {
		{ "", NO_UNITS },
		{ "-rw-r--r-- root/root 9 2023-01-01 00:00 ./lib/systemd/system/a.service\n", UNITS_ALONE },
		{ "-rw-r--r-- root/root 9 2023-01-01 00:00 ./lib/systemd/system/a.service\n"
		  "-rwxr-xr-x root/root 9 2023-01-01 00:00 ./etc/init.d/a\n",
			UNITS_WITH_SCRIPTS },
		{ "-rw-r--r-- root/root 9 2023-01-01 00:00 ./lib/systemd/system/a.service\n"
		  "-rwxr-xr-x root/root 9 2023-01-01 00:00 ./etc/init.d/b\n",
			UNITS_ALONE },
		{ "/usr/lib/systemd/system/a.service\n/etc/rc.d/init.d/a\n", UNITS_WITH_SCRIPTS },
		{ "/usr/lib/systemd/system/a.timer\n", UNITS_ALONE },
		{ "/usr/lib/systemd/system/a.socket\n/etc/init.d/a\n", UNITS_WITH_SCRIPTS },
		{ "/usr/lib/systemd/system/a@.service\n", NO_UNITS },
		{ "/usr/lib/systemd/system/a.target\n/usr/lib/systemd/system/a.slice\n", NO_UNITS },
		{ "/usr/lib/systemd/system/a.service.d/b.conf\n", NO_UNITS },
		{ "/usr/lib/systemd/user/a.service\n", NO_UNITS },
		{ "lrwxrwxrwx root/root 0 2023-01-01 00:00 ./lib/systemd/system/a.service -> b.service\n",
			UNITS_ALONE },
		{ "lrwxrwxrwx root/root 0 2023-01-01 00:00 ./etc/init.d/a -> /lib/systemd/system/x.service\n",
			NO_UNITS },
		{ "nonsense\n\n/\n//etc/init.d/\n", NO_UNITS },
		{ "/etc/systemd/system/a.path", UNITS_ALONE },
	};

	for (size_t i = 0; i < COUNT(cases); i++)
		if (profile_need(cases[i].listing) != cases[i].need)
			fail_msg("case %zu: %s", i, cases[i].listing);
	assert_true(profile_known("auto"));
	assert_false(profile_known("systemdx"));
}

/* The lines that only one of two texts has, with - or + in front. */
static char *difference(const char *old, const char *new)
{
	const char *const sides[2][3] = { { old, new, "-" }, { new, old, "+" } };
	struct text out = { 0 };

	for (int i = 0; i < 2; i++) {
		struct slice rest = slice_of(sides[i][0]), line;
		AUTO_FREE char *other = mem_printf("\n%s", sides[i][1]);

		while (slice_cut(&rest, '\n', &line)) {
			AUTO_FREE char *whole = mem_printf("\n%.*s\n", (int)line.len, line.at);

			if (!strstr(other, whole))
				text_add(&out, "%s%.*s\n", sides[i][2], (int)line.len, line.at);
		}
	}
	return text_take(&out);
}

static void the_plan_of_a_booted_root(void **state)
{
	char tree[] = "/srv/root", name[] = "r", origin[] = "o";
	const struct root root = { name, tree, origin, false };
	const struct plan_inputs inputs = { 0 };
	const struct test_limits limits = { 0 };
	struct plan plain, booted;

	plan_for_test(&root, &inputs, &limits, &plain);
	plan_for_boot(&root, "/lib/systemd/systemd", &inputs, &limits, &booted);
	AUTO_FREE char *old = plan_text(&plain), *new = plan_text(&booted), *both = difference(old, new);
	/* Word by word: what the booted plan has beyond the plain one is all there is. */
	static const char want[] =
		"-plan test\n"
		"-capabilities cap_setuid cap_setpcap cap_net_bind_service cap_sys_chroot cap_sys_ptrace cap_sys_nice\n"
		"-capabilities cap_audit_write cap_setfcap\n";
	if (!text_starts(both, want))
		fail_msg("%s", both);
	for (const char *const *line = (const char *const[]){ "+plan systemd\n",
		     "+mount tmpfs /sys (size=64k,mode=0755)\n+mount tmpfs /sys/fs/cgroup (size=4k,mode=0755)\n",
		     "+mount freeze /sys\n+mount cgroups /sys/fs/cgroup\n",
		     "+boot /lib/systemd/systemd --unit=multi-user.target --show-status=no systemd.mask=",
		     "+boot namespaces pid mount cgroup\n+boot 90 seconds, power-off 20 seconds\n",
		     "+boot environment container=sluice\n", NULL };
		*line; line++)
		if (!strstr(both, *line))
			fail_msg("%s is not among\n%s", *line, both);
	plan_done(&plain);
	plan_done(&booted);
}

/* Everything the plain plan refuses, in the booted one: refused still, or named here. */
static void what_a_booted_root_may_call(void **state)
{
	static const char *const nesting = " mount umount2 pivot_root move_mount open_tree fsopen fsconfig fsmount "
					   "fspick mount_setattr unshare setns clone name_to_handle_at ";
	static const char *const shut[] = { "keyctl", "add_key", "request_key", "bpf", "perf_event_open",
		"io_uring_setup", "open_by_handle_at", "userfaultfd", "kexec_load", "reboot", "init_module", "ptrace",
		"process_vm_writev", "clock_settime", "clone3", "pidfd_getfd" };
	char tree[] = "/srv/root", name[] = "r", origin[] = "o";
	const struct root root = { name, tree, origin, false };
	const struct plan_inputs inputs = { 0 };
	const struct test_limits limits = { 0 };
	struct plan plain, booted;

	plan_for_test(&root, &inputs, &limits, &plain);
	plan_for_boot(&root, "/lib/systemd/systemd", &inputs, &limits, &booted);
	for (unsigned t = 0; t < plain.calls_len; t++)
		for (const struct plan_call *c = plain.calls[t].at; c->name; c++) {
			AUTO_FREE char *word = mem_printf(" %s ", c->name);
			bool refused = false;

			for (unsigned b = 0; b < booted.calls_len; b++)
				for (const struct plan_call *d = booted.calls[b].at; d->name; d++)
					refused |= strcmp(c->name, d->name) == 0 && d->action == c->action &&
						d->when == c->when && d->value == c->value;
			if (!refused && !strstr(nesting, word))
				fail_msg("%s changed its treatment", c->name);
		}
	for (size_t i = 0; i < COUNT(shut); i++) {
		bool refused = false;

		for (unsigned b = 0; b < booted.calls_len; b++)
			for (const struct plan_call *d = booted.calls[b].at; d->name; d++)
				refused |= strcmp(shut[i], d->name) == 0 && d->action == CALL_REFUSE;
		if (!refused)
			fail_msg("%s is open", shut[i]);
	}
	assert_int_equal(booted.capabilities >> 12 & 3, 0); /* CAP_NET_ADMIN, CAP_NET_RAW */
	plan_done(&plain);
	plan_done(&booted);
}

/* ---- live */
static int start(void **state)
{
	static const struct test_limits limits = {
		.memory = GIB(1), .processes = 400, .disk = MIB(256), .seconds = 60
	};

	return live_start(state, &limits, true);
}

static void a_system_runs(void **state)
{
	struct live *l = *state;
	struct processes p = { 0 };
	struct err e = { 0 };
	bool found = false, clean = false;
	int64_t ms = 0;

	expect(l, "systemctl is-system-running | grep -cE 'running|degraded'", 0, "1\n");
	expect(l, "systemd-run -q --unit=given sleep 1000 && systemctl is-active given", 0, "active\n");
	expect(l, "exit 7", 7, "");
	expect(l, "kill -TERM $$", 128 + SIGTERM, "");
	assert_int_equal(sandbox_processes(l->sandbox, &p, &e), 0);
	for (size_t i = 0; i < p.len; i++)
		found |= strstr(p.at[i].command, "sleep 1000") != NULL;
	assert_true(found);
	processes_done(&p);
	assert_int_equal(sandbox_power_off(l->sandbox, &clean, &ms, &e), 0);
	assert_true(clean);
	expect(l, "echo never", 125, "sandbox: the booted system has ended\n");
	assert_int_equal(sandbox_boot(l->sandbox, &ms, &e), 0);
	expect(l, "echo again", 0, "again\n");
}

static void our_first_process_is_out_of_reach(void **state)
{
	struct live *l = *state;
	char *bytes = NULL;
	size_t len = 0;
	struct err e = { 0 };

	expect(l, "cat /proc/1/comm", 0, "systemd\n");
	/* The machine's people stay hidden: these covers cannot be lifted from inside. (systemd-tmpfiles makes /root/.ssh.) */
	expect(l, "umount -l /root 2>/dev/null", 32, "");
	expect(l, "umount /home 2>/dev/null", 32, "");
	expect(l, "find /root /home -mindepth 1 ! -path /root/.ssh", 0, "");
	expect(l, "mount --bind / /mnt 2>/dev/null", 32, "");
	expect(l, "mkdir /sys/x 2>/dev/null", 1, "");
	/* What is mounted inside does not reach the answers. */
	expect(l,
		"mkdir -p /opt/m && echo below > /opt/m/f && mount -t tmpfs none /opt/m && echo lie > /opt/m/f && cat "
		"/opt/m/f",
		0, "lie\n");
	assert_int_equal(sandbox_read(l->sandbox, "/opt/m/f", 100, &bytes, &len, &e), 0);
	assert_string_equal(bytes, "below\n");
	free(bytes);
	expect(l,
		"unshare -m sh -c 'mount -t proc proc /proc && cat /proc/1/comm; umount -l /proc; umount -l /proc; ls "
		"/proc'",
		0, "systemd\n");
	expect(l,
		"grep -c . /sys/fs/cgroup/cgroup.procs; echo 9999 2>/dev/null > /sys/fs/cgroup/cgroup.max.descendants",
		2, NULL);
	expect(l, "kill -9 -1; exit 0", 0, NULL);
	expect(l, "systemctl is-active basic.target", 0, "active\n");
}

static void it_may_end_itself(void **state)
{
	struct live *l = *state;
	struct err e = { 0 };
	bool clean = true;
	int64_t ms = 0;

	const char *const argv[] = { "sleep", "60", NULL };
	struct command_result r = { 0 };

	expect(l, "systemctl poweroff", 0, NULL);
	while (r.exit != 125) {
		command_result_done(&r);
		if (sandbox_run(l->sandbox, argv, 0, &r, &e))
			fail_msg("%s", e.text);
		assert_int_not_equal(r.exit, 0);
	}
	assert_string_equal(r.output, "sandbox: the booted system has ended\n");
	command_result_done(&r);
	assert_int_equal(sandbox_power_off(l->sandbox, &clean, &ms, &e), 0);
}

/* Nobody asked to boot, and it does not come up: plain is taken, and that is told. */
static void plain_is_taken_where_nothing_boots(void **state)
{
	static const struct plan_inputs inputs;
	static const struct test_limits limits;
	static const char *const none[] = { NULL };
	struct root root;
	struct plan booted, plain;
	struct test test = { 0 };
	struct err e = { 0 };

	assert_int_equal(root_find(NULL, NULL, &root, &e), 0);
	plan_for_test(&root, &inputs, &limits, &plain);
	plan_for_boot(&root, "/bin/false", &inputs, &limits, &booted);
	const struct trial like = { .test = &test,
		.manager = &manager_deb,
		.root = &root,
		.plan = &booted,
		.plain = &plain,
		.new_files = none,
		.old_files = none };
	struct trial t = trial_like(&like), asked = trial_like(&like);

	if (trial_begin(&t, &e))
		fail_msg("%s", e.text);
	assert_false(t.is_booted);
	assert_string_equal(json_text(json_array_get(t.findings, 0), "check"), "boot-failed");
	assert_string_equal(json_text(json_array_get(t.findings, 0), "severity"), "medium");
	assert_non_null(strstr(json_text(json_array_get(t.findings, 0), "text"), "/bin/false ended while it booted"));
	trial_end(&t);
	asked.plain = NULL;
	assert_int_equal(trial_begin(&asked, &e), -1);
	trial_end(&asked);
	plan_done(&plain);
	plan_done(&booted);
	root_done(&root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_packages_need),
		cmocka_unit_test(the_plan_of_a_booted_root),
		cmocka_unit_test(what_a_booted_root_may_call),
	};
	const struct CMUnitTest live[] = {
		cmocka_unit_test_setup_teardown(a_system_runs, start, live_stop),
		cmocka_unit_test_setup_teardown(our_first_process_is_out_of_reach, start, live_stop),
		cmocka_unit_test_setup_teardown(it_may_end_itself, start, live_stop),
		cmocka_unit_test(plain_is_taken_where_nothing_boots),
	};
	const struct root machine = { .tree = (char *)"/" };
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	/* A copy of this machine needs root, and its systemd. */
	if (geteuid() != 0 || !profile_system(&machine))
		return failed;
	return failed + cmocka_run_group_tests(live, NULL, NULL);
}
