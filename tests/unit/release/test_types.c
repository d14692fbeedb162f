/* test_types.c - emergencies with what is owed for them, and standard changes with their templates: from signed records to the signer's answer. */
#include "release/channel/channel.h"
#include "release/gate/rows.h"
#include "world.h"

static struct world world;

static void policy_of(const char *more)
{
	static int version = 0;
	AUTO_FREE char *name = mem_printf("types-%d.yaml", version++), *path = NULL;
	AUTO_FREE char *all = mem_printf("# version %d\n"
					 "services: {agent: {packages: [\"org-acme*\"]}}\n"
					 "processes: {reporting: {department: finance, services: [agent]}}\n%s",
		version, more);

	path = write_policy(&world, name,
		"[carl], emergency-cab: [carl], management: [trial], department/finance: [carl]", world.keys[CARL],
		all);
	replace_policy(&world, path);
}

#define EMERGENCY                                                                                                      \
	"emergency: {votes: [{role: emergency-cab, count: 1}], post-approval-within: 1h, in-blackout: [management]}\n"

static int setup(void **state)
{
	return world_open(&world);
}

static int teardown(void **state)
{
	world_close(&world);
	return 0;
}

static int open_typed(const char *version, const char *type, const char *template, char ret[32], struct err *e)
{
	struct actor pat = as(&world, PAT);
	char candidate[32];
	json_t *request;

	add_candidate(&world, version, "pass", candidate);
	request = json_pack("{s:[s], s:s, s:s, s:s, s:s}", "candidates", candidate, "reason", "a hole", "urgency",
		"high", "impact", "minor", "type", type);
	if (template)
		json_set_str(request, "template", template);
	return rfc_open(world.r, &pat, request, ret, NULL, e);
}

static int release_as(int who, const char *rfc, struct err *e)
{
	struct actor actor = as(&world, who);
	AUTO_JSON *answer = NULL;

	return release_to(world.r, &actor, rfc, "production", channel_publish, &answer, e);
}

/* Does a rule say no (with that text) in so many hours? */
static bool refuses(const char *rfc, const char *rule, const char *text, int hours)
{
	AUTO_JSON *answer = NULL;
	struct err e = { 0 };
	size_t i;
	json_t *reason;
	bool found = false;

	OK(release_gate(world.r, rfc, "production", when_now() + (int64_t)hours * 3600, &answer, &e));
	json_array_foreach(json_list(answer, "reasons"), i, reason)
		found = found ||
			(strcmp(json_text(reason, "rule"), rule) == 0 && strstr(json_text(reason, "text"), text));
	return found;
}

static void an_emergency_is_owed_its_approval(void **state)
{
	struct err e = { 0 };
	char first[32], normal[32], second[32];
	AUTO_JSON *found = NULL;

	policy_of("");
	assert_int_equal(open_typed("1.0", "emergency", NULL, first, &e), -1);
	assert_non_null(strstr(e.text, "knows no emergencies"));
	policy_of(EMERGENCY);
	OK(open_typed("1.1", "emergency", NULL, first, &e));
	assert_true(refuses(first, "emergency", "emergency-cab", 0));
	OK(vote(&world, CARL, first, "department/finance", "approve", &e));
	OK(vote(&world, CARL, first, "emergency-cab", "approve", &e));
	OK(release_as(TRIAL, first, &e));

	OK(open_typed("1.2", "normal", NULL, normal, &e));
	OK(vote(&world, CARL, normal, "department/finance", "approve", &e));
	OK(vote(&world, CARL, normal, "change-manager", "approve", &e));
	assert_false(refuses(normal, "debt", "", 0));
	assert_true(refuses(normal, "debt", first, 2));
	OK(open_typed("1.3", "emergency", NULL, second, &e));
	assert_false(refuses(second, "debt", "", 2));
	/* A normal change's votes for the emergency itself pay. */
	OK(vote(&world, CARL, first, "change-manager", "approve", &e));
	assert_false(refuses(normal, "debt", "", 2));
	/* A word taken back is owed again. */
	OK(vote(&world, CARL, first, "change-manager", "abstain", &e));
	assert_true(refuses(normal, "debt", first, 2));
	OK(vote(&world, CARL, first, "change-manager", "approve", &e));
	OK(release_as(TRIAL, normal, &e));
	OK(audit_store(world.r->store, &found, &e));
	if (!json_flag(found, "ok"))
		fail_msg("%s", json_dumps(found, JSON_INDENT(1)));
}

/* A command that keeps quiet about what it releases finds no signer. */
static void an_emergency_cannot_pass_as_normal(void **state)
{
	AUTO_JSON *body = NULL, *reasons = NULL, *shown = NULL;
	struct actor trial = as(&world, TRIAL);
	struct signer_answer answer = { 0 };
	struct err e = { 0 };
	char rfc[32], record[65];
	AUTO_FREE char *subject = NULL;
	struct act act = { "release", NULL, NULL, NULL, NULL };

	OK(open_typed("2.0", "emergency", NULL, rfc, &e));
	OK(vote(&world, CARL, rfc, "department/finance", "approve", &e));
	OK(vote(&world, CARL, rfc, "emergency-cab", "approve", &e));
	OK(rfc_show(world.r, rfc, &shown, &e));
	body = json_pack("{s:s, s:s, s:s, s:s, s:s}", "rfc", rfc, "revision", json_text(shown, "revision"), "channel",
		"production", "type", "normal", "template", "");
	subject = mem_printf("%s production", rfc);
	act.body = body;
	act.subject = subject;
	OK(release_act(world.r, &trial, &act, record, &e));
	store_pause(world.r->store);
	assert_int_equal(index_signer_ask(world.store, "production", rfc, &answer, &reasons, &e), -1);
	OK(store_resume(world.r->store, &e));
	assert_string_equal(e.code, "E_GATE");
	assert_non_null(strstr(e.text, "does not say that it is 'emergency"));
}

static void standard_changes(void **state)
{
	struct actor carl = as(&world, CARL), trial = as(&world, TRIAL), pat = as(&world, PAT);
	AUTO_JSON *done = NULL, *edited = NULL, *third_done = NULL;
	struct err e = { 0 };
	char first[32], second[32];

	policy_of("standard-changes: {monthly: {packages: [\"org-acme\"], max-finding: low, consent: "
		  "[department/finance], "
		  "max-per-month: 1, expires: 2099-06-30}, old: {packages: [\"*\"], expires: 2020-01-01}, "
		  "other: {packages: [\"org-other\"]}}\n");
	assert_int_equal(open_typed("3.0", "standard", NULL, first, &e), -1);
	assert_int_equal(open_typed("3.1", "standard", "none", first, &e), -1);
	OK(open_typed("3.2", "standard", "monthly", first, &e));
	assert_true(refuses(first, "standard", "department/finance did not consent", 0));
	assert_true(refuses(first, "department", "", 0));
	assert_int_equal(template_consent(world.r, &trial, "monthly", "department/finance", "approve", &done, &e), -1);
	assert_non_null(strstr(e.text, "does not hold"));
	OK(template_consent(world.r, &carl, "monthly", "department/finance", "approve", &done, &e));
	assert_false(refuses(first, "standard", "", 0));
	assert_false(refuses(first, "department", "", 0));
	assert_false(refuses(first, "votes", "", 0));
	OK(release_as(TRIAL, first, &e));
	/* That was this month's. */
	OK(open_typed("3.3", "standard", "monthly", second, &e));
	assert_true(refuses(second, "standard", "1 times this month", 0));
	assert_false(refuses(second, "standard", "", 24 * 32));
	assert_int_equal(release_as(TRIAL, second, &e), -1);
	OK(rfc_edit(world.r, &pat, second, json_pack("{s:s}", "type", "normal"), &edited, &e));
	assert_false(refuses(second, "standard", "", 0));
	assert_true(refuses(second, "votes", "change-manager", 0));
	/* Taken back, expired, out of scope, changed. */
	OK(open_typed("3.4", "standard", "old", second, &e));
	assert_true(refuses(second, "standard", "has expired", 0));
	OK(open_typed("3.5", "standard", "other", second, &e));
	assert_true(refuses(second, "standard", "outside the scope", 0));
	OK(open_typed("3.6", "standard", "monthly", second, &e));
	OK(template_consent(world.r, &carl, "monthly", "department/finance", "reject", &third_done, &e));
	assert_true(refuses(second, "standard", "did not consent", 24 * 32));
	policy_of("standard-changes: {monthly: {packages: [\"org-*\"], consent: [department/finance]}}\n");
	assert_true(refuses(second, "standard", "did not consent to what template 'monthly' says now", 24 * 32));
}

/* What the index finds for each RfC is what the whole log says, with the emergencies, dates and templates of the others. */
static void found_by_words(void **state)
{
	struct err e = { 0 };
	AUTO_JSON *all = store_rows(world.r->store, NULL, &e), *rfcs = NULL;
	size_t i;
	json_t *item;

	(void)state;
	OK(log_index_follow(world.r->index, world.r->store, NULL, &e));
	rfcs = log_index_rfcs(world.r->index, false, &e);
	assert_true(json_array_size(rfcs) > 3);
	json_array_foreach(rfcs, i, item) {
		AUTO_JSON *rows = rows_about(world.r->index, json_text(item, "id"), &e);
		AUTO_JSON *found = pairs_of(rows, json_text(item, "id"), 0, &e);
		AUTO_JSON *wanted = pairs_of(all, json_text(item, "id"), 0, &e);

		assert_true(json_equal(found, wanted));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_emergency_is_owed_its_approval),
		cmocka_unit_test(an_emergency_cannot_pass_as_normal),
		cmocka_unit_test(standard_changes),
		cmocka_unit_test(found_by_words),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
