/* test_due.c - what time asks for: a due release is its own people's, made once; reminders are written once. */
#include "release/channel/channel.h"
#include "world.h"

static struct world world;

static int setup(void **state)
{
	AUTO_FREE char *policy = NULL;

	if (world_open(&world))
		return -1;
	policy = write_policy(&world, "due.yaml", "[carl]", world.keys[CARL],
		"emergency: {votes: [{role: security-officer, count: 1}], post-approval-within: 72h}\n"
		"standard-changes: {old: {packages: [\"*\"], expires: 2020-01-01}}\n");
	replace_policy(&world, policy);
	return 0;
}

static int teardown(void **state)
{
	world_close(&world);
	return 0;
}

static json_t *run_due(int who)
{
	struct actor actor = as(&world, who);
	json_t *done = NULL;
	struct err e = { 0 };

	OK(release_run_due(world.r, &actor, channel_publish, &done, &e));
	return done;
}

/* The item of that kind and subject, or NULL. */
static const json_t *item_of(const json_t *done, const char *what, const char *subject)
{
	size_t i;
	json_t *item;

	json_array_foreach(json_list(done, "items"), i, item)
		if (strcmp(json_text(item, "what"), what) == 0 && strcmp(json_text(item, "subject"), subject) == 0)
			return item;
	return NULL;
}

static void plan(int who, const char *rfc)
{
	struct actor actor = as(&world, who);
	struct schedule_wish wish = { .at = "now" };
	AUTO_JSON *done = NULL;
	struct err e = { 0 };

	OK(rfc_schedule(world.r, &actor, rfc, &wish, &done, &e));
}

static void due_releases(void **state)
{
	AUTO_JSON *unvoted = NULL, *others = NULL, *own = NULL, *again = NULL;
	AUTO_FREE char *subject = NULL;
	struct err e = { 0 };
	char candidate[32], rfc[32];

	add_candidate(&world, "1.0", "pass", candidate);
	open_rfc(&world, PAT, candidate, rfc);
	subject = mem_printf("%s production", rfc);
	plan(PAT, rfc);
	unvoted = run_due(PAT);
	assert_string_equal(json_text(item_of(unvoted, "release", subject), "state"), "waiting");
	assert_non_null(
		strstr(json_text(item_of(unvoted, "release", subject), "text"), "the gate does not let it out"));
	OK(vote(&world, CARL, rfc, "change-manager", "approve", &e));
	others = run_due(TRIAL);
	assert_string_equal(json_text(item_of(others, "release", subject), "state"), "waiting");
	assert_non_null(strstr(json_text(item_of(others, "release", subject), "text"), "pat"));
	own = run_due(PAT);
	assert_string_equal(json_text(item_of(own, "release", subject), "state"), "done");
	again = run_due(PAT);
	assert_null(item_of(again, "release", subject));
}

static void reminders_once(void **state)
{
	AUTO_JSON *first = run_due(PAT), *second = run_due(PAT), *rows = NULL;
	struct err e = { 0 };

	assert_string_equal(json_text(item_of(first, "template", "old"), "state"), "reminder");
	assert_false(json_flag(item_of(second, "template", "old"), "new"));
	rows = db_rows(world.r->store->db, "SELECT seq FROM log WHERE action = 'due-template'", NULL, 0, &e);
	assert_int_equal(json_array_size(rows), 1);
}

static void an_emergency_is_reminded_of(void **state)
{
	struct actor pat = as(&world, PAT), trial = as(&world, TRIAL);
	AUTO_JSON *answer = NULL, *owed = NULL, *paid = NULL;
	AUTO_FREE char *subject = NULL;
	struct err e = { 0 };
	char candidate[32], rfc[32];

	add_candidate(&world, "2.0", "pass", candidate);
	OK(rfc_open(world.r, &pat,
		json_pack("{s:[s], s:s, s:s, s:s, s:s, s:s}", "candidates", candidate, "reason", "a hole", "urgency",
			"high", "impact", "minor", "type", "emergency", "evaluation-date", "2020-01-01"),
		rfc, NULL, &e));
	OK(vote(&world, CARL, rfc, "security-officer", "approve", &e));
	OK(release_to(world.r, &trial, rfc, "production", channel_publish, &answer, &e));
	subject = mem_printf("%s production", rfc);
	owed = run_due(PAT);
	assert_string_equal(json_text(item_of(owed, "debt", subject), "state"), "reminder");
	assert_non_null(item_of(owed, "review", rfc));
	OK(vote(&world, CARL, rfc, "change-manager", "approve", &e));
	paid = run_due(PAT);
	assert_null(item_of(paid, "debt", subject));
}

/* What is let out, without what is new each time: the signed indexes say when they were made. */
static json_t *let_out(void)
{
	AUTO_JSON *current = NULL;
	struct err e = { 0 };
	json_t *same = json_array(), *item;
	size_t i;

	OK(release_current(world.r, "production", &current, &e));
	json_array_append(same, json_list(current, "packages"));
	json_array_append(same, json_list(current, "releases"));
	json_array_foreach(json_list(current, "indexes"), i, item) {
		const char *path = json_text(item, "path");

		if (!strstr(path, "Release") && !strstr(path, "repomd.xml"))
			json_array_append(same, item);
	}
	return same;
}

static int64_t serial(void)
{
	AUTO_JSON *current = NULL;
	struct err e = { 0 };

	OK(release_current(world.r, "production", &current, &e));
	return json_int(current, "serial");
}

/* From now on validity is longer, so what is signed ends too soon. */
static void live_longer(const char *valid_for)
{
	AUTO_FREE char *text = NULL, *longer = NULL, *path = fs_join(world.dir, "longer.yaml");
	char *at;
	size_t len;
	struct err e = { 0 };

	OK(policy_show(world.r, &text, &len, NULL, &e));
	at = strstr(text, "valid-for: ");
	assert_non_null(at);
	longer = mem_printf("%.*svalid-for: %s%s", (int)(at - text), text, valid_for, at + strcspn(at, ",}\n"));
	OK(fs_write_file(path, longer, strlen(longer), 0600, &e));
	replace_policy(&world, path);
}

static void a_quiet_channel(void **state)
{
	AUTO_JSON *before = let_out(), *early = run_due(CARL), *done = NULL, *again = NULL, *after = NULL;
	int64_t first = serial();

	assert_null(item_of(early, "resign", "production"));
	live_longer("30d");
	done = run_due(CARL); /* who is nobody's implementer: no vote, no role is asked */
	assert_string_equal(json_text(item_of(done, "resign", "production"), "state"), "done");
	assert_int_equal(serial(), first + 1);
	again = run_due(CARL);
	assert_null(item_of(again, "resign", "production"));
	assert_int_equal(serial(), first + 1);
	after = let_out();
	assert_true(json_array_size(json_array_get(after, 0)) > 0 && json_array_size(after) > 2);
	assert_true(json_equal(before, after));
}

/* Stopped: it is signed again all the same, and says so. */
static void a_stopped_channel(void **state)
{
	struct actor carl = as(&world, CARL);
	AUTO_JSON *stopped = NULL, *before = NULL, *done = NULL, *after = NULL, *current = NULL;
	struct err e = { 0 };

	OK(channel_stop(world.r, &carl, "production", "a test", channel_publish, &stopped, &e));
	before = let_out();
	live_longer("120d");
	done = run_due(CARL);
	assert_string_equal(json_text(item_of(done, "resign", "production"), "state"), "done");
	after = let_out();
	assert_true(json_equal(before, after));
	OK(release_current(world.r, "production", &current, &e));
	assert_int_equal(json_array_size(json_list(current, "stopped")), 1);
}

static void without_the_key(void **state)
{
	AUTO_FREE char *home = release_key_home(world.r, "release"), *secrets = fs_join(home, "private-keys-v1.d"),
		       *away = fs_join(world.dir, "away");
	AUTO_JSON *done = NULL, *back = NULL;
	int64_t first = serial();

	live_longer("360d");
	assert_int_equal(rename(secrets, away), 0);
	done = run_due(CARL);
	assert_string_equal(json_text(item_of(done, "resign", "production"), "state"), "waiting");
	assert_int_equal(serial(), first);
	assert_int_equal(rename(away, secrets), 0);
	back = run_due(CARL);
	assert_string_equal(json_text(item_of(back, "resign", "production"), "state"), "done");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(due_releases),
		cmocka_unit_test(reminders_once),
		cmocka_unit_test(an_emergency_is_reminded_of),
		cmocka_unit_test(a_quiet_channel),
		cmocka_unit_test(a_stopped_channel),
		cmocka_unit_test(without_the_key),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
