/* test_schedule.c - dates of changes, from signed records to the gate's answer: who gives one, what it stops, and that it cannot be taken out. */
#include "world.h"

static struct world world;

static void policy_of(const char *more)
{
	AUTO_FREE char *path = NULL, *all = NULL;
	static int version = 0;
	char name[32];

	snprintf(name, sizeof name, "time-%d.yaml", version++);
	all = mem_printf("# version %d\nservices: {agent: {packages: [\"org-acme*\"]}}\n"
			 "processes: {reporting: {department: finance, services: [agent], expected-downtime: 20m}}\n%s",
		version, more);
	path = write_policy(&world, name, "[carl], department/finance: [carl]", world.keys[CARL], all);
	replace_policy(&world, path);
}

static int setup(void **state)
{
	if (world_open(&world))
		return -1;
	policy_of("");
	return 0;
}

static int teardown(void **state)
{
	world_close(&world);
	return 0;
}

static char *hours_ahead(int hours)
{
	char when[32];

	when_utc(when_now() + (int64_t)hours * 3600, when);
	return mem_strdup(when);
}

static void new_rfc(const char *version, char ret[32])
{
	char candidate[32];

	add_candidate(&world, version, "pass", candidate);
	open_rfc(&world, PAT, candidate, ret);
}

static int plan(int who, const char *rfc, const char *at, struct err *e)
{
	struct actor actor = as(&world, who);
	struct schedule_wish wish = { .at = at };
	AUTO_JSON *done = NULL;

	return rfc_schedule(world.r, &actor, rfc, &wish, &done, e);
}

/* Is a rule among the gate's reasons for production at that time? */
static bool says(const char *rfc, const char *rule, const char *text, const char *at)
{
	AUTO_JSON *answer = NULL;
	struct err e = { 0 };
	int64_t when;
	size_t i;
	json_t *reason;
	bool found = false;

	OK(when_parse(at, "UTC", &when, &e));
	OK(release_gate(world.r, rfc, "production", when, &answer, &e));
	json_array_foreach(json_list(answer, "reasons"), i, reason)
		found = found ||
			(strcmp(json_text(reason, "rule"), rule) == 0 && strstr(json_text(reason, "text"), text));
	return found;
}

static void who_gives_dates(void **state)
{
	AUTO_FREE char *at = hours_ahead(5), *later = hours_ahead(6);
	struct err e = { 0 };
	char rfc[32];

	new_rfc("1.0", rfc);
	assert_int_equal(plan(TRIAL, rfc, at, &e), -1);
	assert_non_null(strstr(e.text, "may not give"));
	assert_int_equal(e.class, ERR_VERDICT);
	OK(plan(CARL, rfc, at, &e));
	assert_true(says(rfc, "schedule", "planned for", "now"));
	assert_false(says(rfc, "schedule", "", later));
	OK(plan(CARL, rfc, NULL, &e)); /* taken away */
	assert_false(says(rfc, "schedule", "", "now"));
	assert_int_equal(plan(CARL, rfc, NULL, &e), -1);
	assert_int_equal(plan(CARL, rfc, "2020-01-01", &e), -1);
	assert_non_null(strstr(e.text, "is over"));
}

static void a_date_is_wanted(void **state)
{
	AUTO_FREE char *at = hours_ahead(30), *later = hours_ahead(31);
	struct err e = { 0 };
	char rfc[32];

	new_rfc("2.0", rfc);
	policy_of("schedule: required\n");
	assert_true(says(rfc, "schedule", "wants a date", "now"));
	OK(plan(PAT, rfc, at, &e)); /* pat is a change manager too */
	assert_false(says(rfc, "schedule", "", later));
	policy_of("");
}

static void one_process_one_change(void **state)
{
	AUTO_FREE char *at = hours_ahead(100), *before = NULL, *within = NULL, *after = hours_ahead(102);
	struct err e = { 0 };
	char first[32], second[32];
	int64_t t;

	new_rfc("3.0", first);
	new_rfc("3.1", second);
	OK(when_parse(at, "UTC", &t, &e));
	before = mem_alloc(32);
	within = mem_alloc(32);
	when_utc(t - 600, before);
	when_utc(t + 600, within);
	OK(plan(CARL, first, at, &e));
	assert_int_equal(plan(CARL, second, within, &e), -1);
	assert_string_equal(e.code, "E_GATE");
	assert_non_null(strstr(e.text, first));
	assert_int_equal(plan(CARL, second, before, &e), -1); /* it would take twenty minutes */
	OK(plan(CARL, second, after, &e));
	assert_true(says(second, "conflict", first, within));
	assert_false(says(first, "conflict", "", within));
	/* Its date taken away, or the change withdrawn, nothing is in the way. */
	OK(plan(CARL, second, NULL, &e));
	OK(plan(CARL, first, NULL, &e));
	OK(plan(CARL, second, within, &e));
	assert_true(says(first, "conflict", second, within));
	{
		struct actor pat = as(&world, PAT);

		OK(rfc_withdraw(world.r, &pat, second, "no", &e));
	}
	assert_false(says(first, "conflict", "", within));
}

/* Whoever takes the date's row out of the log breaks its chain, or, writing the chain anew, what others saw. */
static void dates_stay(void **state)
{
	AUTO_FREE char *at = hours_ahead(200);
	struct err e = { 0 };
	char first[32], second[32];
	AUTO_JSON *answer = NULL;

	new_rfc("4.0", first);
	new_rfc("4.1", second);
	OK(plan(CARL, first, at, &e));
	OK(db_run(world.r->store->db, &e, "UPDATE log SET subject = $1 WHERE action = 'rfc-schedule'", "R-999"));
	assert_int_equal(release_gate(world.r, second, "production", when_now(), &answer, &e), -1);
	assert_string_equal(e.code, "E_CORRUPT");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_gives_dates),
		cmocka_unit_test(a_date_is_wanted),
		cmocka_unit_test(one_process_one_change),
		cmocka_unit_test(dates_stay),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
