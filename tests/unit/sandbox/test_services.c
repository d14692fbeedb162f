/* test_services.c - what systemd says about a unit, as a state and what caused it; what init scripts did; ports that are another number. */
#include "sandbox/accounts.h"
#include "sandbox/services_private.h"
#include <setjmp.h>
#include <string.h>

#include <cmocka.h>

static void units_are_judged(void **state)
{
	static const struct {
		const char *show;
		enum service_state state;
	} cases[] = {
		{ "LoadState=loaded\nActiveState=active\nSubState=running\nType=notify\nInactiveExitTimestampMonotonic="
		  "9\n",
			SERVICE_RUNNING },
		{ "LoadState=loaded\nActiveState=active\nSubState=exited\nType=forking\n", SERVICE_DONE },
		{ "LoadState=loaded\nActiveState=active\nSubState=exited\nType=oneshot\n", SERVICE_DONE },
		{ "LoadState=loaded\nActiveState=active\nSubState=listening\n", SERVICE_RUNNING },
		{ "LoadState=loaded\nActiveState=inactive\nSubState=dead\nType=oneshot\nInactiveExitTimestampMonotonic="
		  "9\n",
			SERVICE_DONE },
		{ "LoadState=loaded\nActiveState=inactive\nSubState=dead\nType=oneshot\nInactiveExitTimestampMonotonic="
		  "0\n",
			SERVICE_STOPPED },
		{ "LoadState=loaded\nActiveState=inactive\nSubState=dead\nType=simple\nInactiveExitTimestampMonotonic="
		  "9\n",
			SERVICE_STOPPED },
		{ "LoadState=loaded\nActiveState=inactive\nConditionResult=no\nConditionTimestampMonotonic=5\n",
			SERVICE_SKIPPED },
		{ "LoadState=loaded\nActiveState=inactive\nConditionResult=no\nConditionTimestampMonotonic=0\n",
			SERVICE_STOPPED },
		{ "LoadState=loaded\nActiveState=failed\nSubState=failed\nResult=exit-code\n", SERVICE_FAILED },
		{ "LoadState=loaded\nActiveState=activating\nSubState=auto-restart\nNRestarts=3\n", SERVICE_FAILED },
		{ "LoadState=loaded\nActiveState=activating\nSubState=start\n", SERVICE_STARTING },
		{ "LoadState=not-found\nActiveState=inactive\n", SERVICE_ABSENT },
		{ "LoadState=not-found\nActiveState=active\nSubState=running\n", SERVICE_RUNNING },
	};
	struct service_facts f;

	for (size_t i = 0; i < COUNT(cases); i++) {
		service_facts(cases[i].show, &f);
		if (f.state != cases[i].state)
			fail_msg("%s: %s", cases[i].show, service_state_word(f.state));
	}
	service_facts("ActiveState=failed\nResult=exit-code\nExecMainStatus=201\nNRestarts=2\nTriggeredBy=a.socket\n"
		      "UnitFileState=enabled\nInactiveExitTimestampMonotonic=7",
		&f);
	assert_true(f.is_root_limit && f.is_triggered && f.is_enabled && f.was_started);
	assert_int_equal(f.restarts, 2);
	assert_string_equal(f.result, "exit-code");
	service_facts("ActiveState=active\nExecMainStatus=201\nTriggeredBy=\nUnitFileState=disabled\n", &f);
	assert_false(f.is_root_limit || f.is_triggered || f.is_enabled || f.was_started);
}

static json_t *call(const char *what, const char *const *words)
{
	json_t *c = json_object(), *list = json_array();

	json_set_str(c, "kind", "exec");
	json_set_str(c, "what", what);
	for (; *words; words++)
		json_array_append_new(list, json_string(*words));
	json_object_set_new(c, "arguments", list);
	return c;
}

/* An init script that was run to start something: did it? */
static void a_start_is_seen(void **state)
{
	static const struct {
		const char *what, *words[6];
		bool seen, daemon;
	} cases[] = {
		{ "/etc/init.d/a", { "/etc/init.d/a", "start" }, true, false },
		{ "/etc/init.d/a", { "/etc/init.d/a", "restart" }, true, false },
		{ "/etc/init.d/a", { "/etc/init.d/a", "status" }, false, false },
		{ "/etc/init.d/ab", { "/etc/init.d/ab", "start" }, false, false },
		{ "/sbin/start-stop-daemon", { "start-stop-daemon", "--start", "--exec", "/x" }, false, true },
		{ "/usr/sbin/start-stop-daemon", { "start-stop-daemon", "-Sqx", "/x" }, false, true },
		{ "/sbin/start-stop-daemon", { "start-stop-daemon", "--start", "--test" }, false, false },
		{ "/sbin/start-stop-daemon", { "start-stop-daemon", "--stop", "--", "--start" }, false, false },
		{ "/sbin/start-stop-daemon", { "start-stop-daemon", "--status" }, false, false },
		{ "/usr/bin/start", { "start", "--start" }, false, false },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		AUTO_JSON *calls = json_array();
		bool daemon = false;

		json_array_append_new(calls, call(cases[i].what, cases[i].words));
		if (service_start_seen(calls, "/etc/init.d/a", &daemon) != cases[i].seen || daemon != cases[i].daemon)
			fail_msg("case %zu: %s", i, cases[i].what);
	}
}

/* Ports that a daemon does not choose: another number is the same port, if there are as many. */
static void picked_ports_move(void **state)
{
	static const struct {
		const char *before[3], *now[3], *port;
		bool listens;
	} cases[] = {
		{ { "tcp/80" }, { "tcp/80" }, "tcp/80", true },
		{ { "tcp/80" }, { "tcp/81" }, "tcp/80", false },
		{ { "udp/40000" }, { "udp/50001" }, "udp/40000", true },
		{ { "udp/40000" }, { "tcp/50001" }, "udp/40000", false },
		{ { "udp/40000", "udp/40001" }, { "udp/50001" }, "udp/40000", false },
		{ { "udp/40000" }, { "udp/729" }, "udp/40000", false },
		{ { "udp/729" }, { "udp/1001" }, "udp/729", true },
		{ { "udp/599" }, { "udp/1001" }, "udp/599", false },
		{ { "udp/61000" }, { "udp/40000" }, "udp/61000", false },
		{ { "tcp/1023" }, { "tcp/1024" }, "tcp/1023", false },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		AUTO_JSON *before = json_array();
		AUTO_JSON *now = json_array();

		for (size_t k = 0; k < 3 && cases[i].before[k]; k++)
			json_array_append_new(before, json_string(cases[i].before[k]));
		for (size_t k = 0; k < 3 && cases[i].now[k]; k++)
			json_array_append_new(now, json_string(cases[i].now[k]));
		if (lasting_listens(before, now, cases[i].port) != cases[i].listens)
			fail_msg("case %zu: %s", i, cases[i].port);
	}
}

/* A user whom a daemon would run as has a reason to stay; one whose name is only mentioned has none. */
static void who_runs_as_whom(void **state)
{
	static const struct {
		const char *services, *name;
		bool is;
	} cases[] = {
		{ "[Service]\nUser=acme\n", "acme", true },
		{ "OPTIONS=\"-u acme -p /run/acme.pid\"\n", "acme", true },
		{ "start-stop-daemon --start --chuid 'acme'\n", "acme", true },
		{ "DAEMON_USER=\"acme\"", "acme", true },
		{ "User=acme2\n", "acme", false },
		{ "User=acme-web\n", "acme", false },
		{ "NAME=acme\nDAEMON=/usr/sbin/acme\n", "acme", false },
		{ "# acme: -u\nacme\n", "acme", false },
		{ "useracme\n", "acme", false },
		{ "acme", "acme", false },
		{ "", "acme", false },
		{ NULL, "acme", false },
		{ "User=", "", false },
	};

	for (size_t i = 0; i < COUNT(cases); i++)
		if (accounts_run_as(cases[i].services, cases[i].name) != cases[i].is)
			fail_msg("case %zu: %s", i, cases[i].services);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(units_are_judged), cmocka_unit_test(a_start_is_seen),
		cmocka_unit_test(picked_ports_move), cmocka_unit_test(who_runs_as_whom) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
