/* test_expect.c - what a department agreed to see tested: who may say it, when it counts, what the brief tells. */
#include "one_world.h"
#include "release/brief.h"
#include "release/expect.h"

static const char wanted[] = "- file: /opt/acme/bin/agent\n", others[] = "- file: /opt/acme/bin/other\n";

/* The department is carl's; pat asks and builds. */
static void departments(const char *more)
{
	AUTO_FREE char *name = mem_printf("expect-%zu.yaml", strlen(more)),
		       *text = mem_printf("services: {agent: {packages: [\"*acme*\"]}}\nprocesses: {fleet: "
					  "{department: finance, services: [agent]}}\n%s",
			       more),
		       *policy = write_policy(
			       &world, name, "[carl], department/finance: [carl]", world.keys[CARL], text);

	replace_policy(&world, policy);
}

static int agree(int who, const char *text, struct err *e)
{
	struct actor actor = as(&world, who);
	AUTO_JSON *done = NULL;

	memset(e, 0, sizeof *e);
	return expect_agree(world.r, &actor, "acme", "department/finance", text, text ? strlen(text) : 0, &done, e);
}

static void tested_against(const char *version, const char *text, char ret_rfc[32])
{
	char digest[65], candidate[32];

	sha256_hex(text, strlen(text), digest);
	add_candidate_with(
		&world, version, "pass", json_pack("{s:s, s:s}", "target", "deb", "expect", digest), candidate);
	open_rfc(&world, PAT, candidate, ret_rfc);
}

/* The reason of that rule; NULL: it does not refuse. */
static char *reason_of(const char *rfc)
{
	AUTO_JSON *answer = NULL;
	const json_t *found;
	struct err e = { 0 };

	OK(release_gate(world.r, rfc, NULL, when_now(), &answer, &e));
	found = json_find(json_list(answer, "reasons"), "rule", "expectations");
	return found ? mem_strdup(json_text(found, "text")) : NULL;
}

static void assert_refused(const char *rfc, const char *words)
{
	AUTO_FREE char *reason = reason_of(rfc);

	assert_non_null(reason);
	if (!strstr(reason, words))
		fail_msg("%s", reason);
}

static void assert_fine(const char *rfc)
{
	AUTO_FREE char *reason = reason_of(rfc);

	assert_null(reason);
}

static void assert_brief(const char *rfc, const char *words)
{
	AUTO_JSON *page = NULL;
	AUTO_FREE char *all = NULL;
	struct err e = { 0 };

	OK(rfc_brief(world.r, rfc, "department/finance", &page, &e));
	all = json_dumps(page, 0);
	if (!strstr(all, words))
		fail_msg("%s", all);
}

static void beforehand(void **state)
{
	char first[32], second[32], third[32];
	AUTO_JSON *list = NULL;
	struct err e;

	departments("");
	tested_against("1.0", wanted, first);
	assert_fine(first);
	assert_brief(first, "department/finance did not sign beforehand");
	/* pat built it and does not speak for the department */
	assert_int_equal(agree(PAT, wanted, &e), -1);
	assert_int_equal(e.class, ERR_VERDICT);
	OK(agree(CARL, wanted, &e));
	assert_refused(first, "agreed on the expectations only after the test");
	tested_against("1.1", wanted, second);
	assert_fine(second);
	assert_brief(second, "department/finance agreed on these expectations beforehand (carl");
	tested_against("1.2", others, third);
	assert_refused(third, "and department/finance agreed on");
	assert_brief(third, "This is not what department/finance agreed on beforehand");
	OK(expect_list(world.r, "acme", &list, &e));
	assert_int_equal(json_array_size(json_list(list, "agreements")), 1);
	assert_string_equal(json_text(json_array_get(json_list(list, "agreements"), 0), "text"), wanted);
}

static void required(void **state)
{
	char rfc[32], later[32];
	struct err e;

	OK(agree(CARL, NULL, &e));
	departments("expectations: required\n");
	tested_against("2.0", wanted, rfc);
	assert_refused(rfc, "did not agree on what is expected of 'acme'; carl can sign it");
	OK(agree(CARL, wanted, &e));
	tested_against("2.1", wanted, later);
	assert_fine(later);
	/* a later word leaves a test what it was */
	OK(agree(CARL, others, &e));
	assert_fine(later);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(beforehand),
		cmocka_unit_test(required),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
