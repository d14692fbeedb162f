/* test_rollback.c - taking a change back without a way back, by whoever: refused by the gate, and by the signer that is asked past the command. */
#include "channel_world.h"
#include "one_world.h"

static int set_up(void **state)
{
	if (setup(state))
		return -1;
	release_version(&world, "1.0");
	return 0;
}

static void test_first_version(void **state)
{
	struct actor pat = as(&world, PAT);
	AUTO_JSON *answer = NULL, *nothing = NULL;
	struct err e = { 0 };

	(void)state;
	assert_int_equal(release_rollback(world.r, &pat, "R-1", NULL, "why", channel_publish, &answer, &e), -1);
	assert_string_equal(e.code, "E_GATE");
	assert_non_null(json_find(json_list(answer, "reasons"), "rule", "target"));
	e = (struct err){ 0 };
	assert_int_equal(release_rollback(world.r, &pat, "R-1", NULL, "", channel_publish, &nothing, &e), -1);
	assert_int_equal(e.class, ERR_USAGE);
	assert_null(nothing);
}

/* The record alone, and the signer asked directly: it asks the gate itself. */
static void test_around(void **state)
{
	struct actor pat = as(&world, PAT);
	AUTO_JSON *body = json_pack("{s:s, s:s, s:s, s:s}", "rfc", "R-1", "channel", "production", "revision", "x",
			  "reason", "y"),
		  *reasons = NULL, *current = NULL;
	struct act act = { "rollback", "R-1 production", body, NULL, NULL };
	struct signer_answer signed_answer = { 0 };
	struct err e = { 0 };
	char record[65];

	(void)state;
	OK(release_act(world.r, &pat, &act, record, &e));
	store_pause(world.r->store);
	assert_int_equal(
		index_signer_back(world.r->store->path, "production", "R-1", &signed_answer, &reasons, &e), -1);
	assert_string_equal(e.code, "E_GATE");
	e = (struct err){ 0 };
	OK(store_resume(world.r->store, &e));
	OK(release_current(world.r, "production", &current, &e));
	assert_int_equal(json_int(current, "serial"), 1);
	AUTO_FREE char *state_now = state_of(&world, "R-1");
	assert_string_equal(state_now, "released");
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_first_version), cmocka_unit_test(test_around) };

	return cmocka_run_group_tests(tests, set_up, teardown);
}
