/* test_services.c - what systemd says about a unit, as a state and what caused it. */
#include "sandbox/services.h"
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

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(units_are_judged) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
