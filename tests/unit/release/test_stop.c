/* test_stop.c - a stopped channel: who may, what the gate and the signer say then, what starts it again and what does not. */
#include "channel_world.h"
#include "one_world.h"

static int set_up(void **state)
{
	if (setup(state))
		return -1;
	release_version(&world, "1.0");
	return 0;
}

static int stop_as(int who, const char *channel, const char *reason, json_t **ret, struct err *e)
{
	struct actor actor = as(&world, who);

	*e = (struct err){ 0 };
	return channel_stop(world.r, &actor, channel, reason, channel_publish, ret, e);
}

static void resume_rfc(int who, char ret_id[32])
{
	struct actor actor = as(&world, who);
	struct err e = { 0 };

	OK(rfc_open(world.r, &actor,
		json_pack("{s:[], s:s, s:s, s:s, s:s}", "candidates", "resume", "production", "reason", "looked at",
			"urgency", "high", "impact", "minor"),
		ret_id, NULL, &e));
}

static size_t stops(void)
{
	AUTO_JSON *list = NULL;
	struct err e = { 0 };

	OK(release_stops(world.r, "production", &list, &e));
	return json_array_size(list);
}

static bool refused_by(const char *rfc, const char *rule)
{
	AUTO_JSON *answer = NULL;
	struct err e = { 0 };

	OK(release_gate(world.r, rfc, "production", when_now(), &answer, &e));
	return json_find(json_list(answer, "reasons"), "rule", rule) != NULL;
}

static json_t *current(void)
{
	json_t *release = NULL;
	struct err e = { 0 };

	OK(release_current(world.r, "production", &release, &e));
	return release;
}

static void test_who(void **state)
{
	AUTO_JSON *done = NULL;
	struct err e;

	(void)state;
	assert_int_equal(stop_as(TRIAL, "production", "no role", &done, &e), -1);
	assert_int_equal(e.class, ERR_VERDICT);
	assert_int_equal(stop_as(PAT, "elsewhere", "x", &done, &e), -1);
	assert_int_equal(e.class, ERR_USAGE);
	assert_int_equal(stop_as(PAT, "production", "", &done, &e), -1);
	assert_int_equal(e.class, ERR_USAGE);
	assert_int_equal(stops(), 0);
	{
		struct actor actor = as(&world, PAT);
		char id[32];

		e = (struct err){ 0 };
		assert_int_equal(rfc_open(world.r, &actor,
					 json_pack("{s:[], s:s, s:s, s:s, s:s}", "candidates", "resume", "production",
						 "reason", "x", "urgency", "low", "impact", "minor"),
					 id, NULL, &e),
			-1);
		assert_non_null(strstr(e.text, "not stopped"));
	}
}

/* Stopped by one, started again by two; what is served says so meanwhile. */
static void test_stop_and_resume(void **state)
{
	AUTO_JSON *done = NULL, *marked = NULL, *answer = NULL, *after = NULL, *shown = NULL;
	struct actor trial = as(&world, TRIAL);
	char candidate[32], rfc[32], resume[32];
	struct err e;

	(void)state;
	assert_int_equal(stop_as(PAT, "production", "machines hang", &done, &e), 0);
	marked = current();
	assert_int_equal(json_int(marked, "serial"), 2);
	assert_string_equal(json_text(json_array_get(json_list(marked, "stopped"), 0), "reason"), "machines hang");
	assert_int_equal(json_array_size(json_list(marked, "packages")), 1);
	add_candidate(&world, "2.0", "pass", candidate);
	open_rfc(&world, PAT, candidate, rfc);
	OK(vote(&world, CARL, rfc, "change-manager", "approve", &e));
	assert_true(refused_by(rfc, "stop"));
	resume_rfc(PAT, resume);
	assert_true(refused_by(rfc, "stop"));
	/* Who asked for it does not vote on it; and it has nothing to release. */
	assert_int_equal(vote(&world, PAT, resume, "change-manager", "approve", &e), -1);
	e = (struct err){ 0 };
	assert_int_equal(stops(), 1);
	assert_true(refused_by(resume, "channel"));
	OK(vote(&world, CARL, resume, "change-manager", "approve", &e));
	assert_int_equal(stops(), 0);
	assert_false(refused_by(rfc, "stop"));
	OK(rfc_show(world.r, resume, &shown, &e));
	assert_string_equal(json_text(shown, "state"), "authorised");
	e = (struct err){ 0 };
	OK(release_to(world.r, &trial, rfc, "production", channel_publish, &answer, &e));
	after = current();
	assert_null(json_list(after, "stopped"));
}

/* A later stop is not taken back by an earlier yes; a later no to the resumption stops again. */
static void test_later(void **state)
{
	AUTO_JSON *done = NULL, *again = NULL;
	char resume[32];
	struct err e;

	(void)state;
	assert_int_equal(stop_as(CARL, "production", "again", &done, &e), 0);
	assert_int_equal(stops(), 1);
	resume_rfc(PAT, resume);
	assert_int_equal(stop_as(PAT, "production", "and once more", &again, &e), 0);
	OK(vote(&world, CARL, resume, "change-manager", "approve", &e));
	assert_int_equal(stops(), 1);
	resume_rfc(PAT, resume);
	OK(vote(&world, CARL, resume, "change-manager", "approve", &e));
	assert_int_equal(stops(), 0);
	OK(vote(&world, CARL, resume, "change-manager", "reject", &e));
	assert_int_equal(stops(), 1);
	OK(vote(&world, CARL, resume, "change-manager", "approve", &e));
	assert_int_equal(stops(), 0);
}

/* Signed by somebody without a role, past the command: nothing is stopped. Packages and a resumption do not go together. */
static void test_around(void **state)
{
	AUTO_JSON *body = json_pack("{s:s, s:s}", "channel", "production", "reason", "x");
	struct actor trial = as(&world, TRIAL), pat = as(&world, PAT);
	struct act act = { "stop", "production", body, NULL, NULL };
	char record[65], candidate[32], id[32];
	struct err e = { 0 };

	(void)state;
	OK(release_act(world.r, &trial, &act, record, &e));
	assert_int_equal(stops(), 0);
	add_candidate(&world, "3.0", "pass", candidate);
	assert_int_equal(rfc_open(world.r, &pat,
				 json_pack("{s:[s], s:s, s:s, s:s, s:s}", "candidates", candidate, "resume",
					 "production", "reason", "x", "urgency", "low", "impact", "minor"),
				 id, NULL, &e),
		-1);
}

/* Voters that leave later stop nothing again, and the published tree proves the whole of it. */
static void test_policy_changes(void **state)
{
	AUTO_JSON *done = NULL, *trust = NULL, *told = NULL;
	AUTO_FREE char *policy = NULL, *tree = channel_tree(world.r->store, "production");
	char resume[32];
	struct err e;

	(void)state;
	assert_int_equal(stop_as(PAT, "production", "third time", &done, &e), 0);
	resume_rfc(PAT, resume);
	OK(vote(&world, CARL, resume, "change-manager", "approve", &e));
	release_version(&world, "4.0");
	OK(release_trust(world.r, &trust, &e));
	OK(channel_verify(tree, trust, when_now(), &told, &e));
	policy = write_policy(&world, "strict.yaml", "[carl]", world.keys[CARL],
		"separation: {requester-may-vote: false}\nschedule: required\n");
	replace_policy(&world, policy);
	assert_int_equal(stops(), 0);
}

static void test_history(void **state)
{
	AUTO_JSON *told = NULL, *few = NULL, *diff = NULL;
	struct err e = { 0 };
	const json_t *first, *line;

	(void)state;
	OK(channel_history(world.r, "production", 0, &told, &e));
	first = json_array_get(json_list(told, "history"), 0);
	assert_string_equal(json_text(first, "what"), "release");
	assert_string_equal(json_text(first, "rfc"), "R-1");
	assert_string_equal(json_text(first, "person"), "trial");
	assert_string_equal(json_text(json_array_get(json_list(told, "history"), 1), "what"), "stop");
	assert_string_equal(json_text(json_array_get(json_list(told, "history"), 2), "what"), "signed-again");
	assert_non_null(json_find(json_list(told, "history"), "what", "resume"));
	OK(channel_history(world.r, "production", 2, &few, &e));
	assert_int_equal(json_array_size(json_list(few, "history")), 2);
	OK(channel_diff(world.r, "production", 1, 3, &diff, &e));
	line = json_array_get(json_list(diff, "changed"), 0);
	assert_string_equal(json_text(line, "from"), "1.0");
	assert_string_equal(json_text(line, "to"), "2.0");
	assert_string_equal(json_text(line, "rfc"), "R-2");
	assert_int_equal(json_array_size(json_list(diff, "came")) + json_array_size(json_list(diff, "went")), 0);
	assert_int_equal(channel_diff(world.r, "production", 1, 99, &diff, &e), -1);
	assert_int_equal(e.class, ERR_USAGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_who), cmocka_unit_test(test_stop_and_resume),
		cmocka_unit_test(test_later), cmocka_unit_test(test_around), cmocka_unit_test(test_policy_changes),
		cmocka_unit_test(test_history) };

	return cmocka_run_group_tests(tests, set_up, teardown);
}
