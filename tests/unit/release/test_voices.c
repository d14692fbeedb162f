/* test_voices.c - words in the store: deputies, words taken back, conditions, one signature over several RfCs, here and from elsewhere. */
#include "one_world.h"

enum { DAY = 86400 };

static void must_be(const char *rfc, const char *wanted)
{
	AUTO_FREE char *now = state_of(&world, rfc);

	if (strcmp(now, wanted) != 0)
		fail_msg("%s is %s, not %s", rfc, now, wanted);
}

/* What refuses it, as one text. */
static char *reasons_of(const char *rfc)
{
	AUTO_JSON *answer = NULL;
	struct err e = { 0 };

	OK(release_gate(world.r, rfc, "production", when_now(), &answer, &e));
	return json_dumps(json_list(answer, "reasons"), 0);
}

static void must_refuse(int result, struct err *e, const char *why)
{
	assert_int_equal(result, -1);
	if (!strstr(e->text, why))
		fail_msg("'%s' instead of '%s'", e->text, why);
	*e = (struct err){ 0 };
}

static int deputy(int holder, const char *person, int64_t until, struct err *e)
{
	struct actor actor = as(&world, holder);
	AUTO_JSON *answer = NULL;

	return deputy_add(world.r, &actor, "change-manager", person, when_now() - 5, until, &answer, e);
}

static void new_rfc(const char *version, char ret[32])
{
	char candidate[32];

	add_candidate(&world, version, "pass", candidate);
	open_rfc(&world, PAT, candidate, ret);
}

static void deputies(void **state)
{
	char rfc[32];
	struct actor carl = as(&world, CARL), trial = as(&world, TRIAL);
	AUTO_JSON *ended = NULL, *answer = NULL;
	AUTO_FREE char *id = NULL;
	struct err e = { 0 };

	new_rfc("1.0", rfc);
	must_refuse(vote(&world, TRIAL, rfc, "change-manager", "approve", &e), &e, "nobody's deputy");
	must_refuse(deputy(TRIAL, "carl", when_now() + DAY, &e), &e, "does not hold the role");
	must_refuse(deputy(CARL, "carl", when_now() + DAY, &e), &e, "their own deputy");
	must_refuse(deputy(CARL, "trial", when_now() + 400 * (int64_t)DAY, &e), &e, "a year at most");
	must_refuse(deputy(CARL, "trial", when_now() - 1, &e), &e, "later than now");
	OK(deputy(CARL, "trial", when_now() + DAY, &e));
	OK(vote(&world, TRIAL, rfc, "change-manager", "approve", &e));
	must_be(rfc, "authorised");
	/* the holder's own word goes before, whenever the deputy speaks */
	OK(vote(&world, CARL, rfc, "change-manager", "reject", &e));
	must_be(rfc, "rejected");
	OK(vote(&world, TRIAL, rfc, "change-manager", "approve", &e));
	must_be(rfc, "rejected");
	OK(vote(&world, CARL, rfc, "change-manager", "withdraw", &e));
	must_be(rfc, "voting");
	OK(vote(&world, TRIAL, rfc, "change-manager", "approve", &e));
	must_be(rfc, "authorised");
	/* ended: what was said stands, nothing new is said */
	OK(deputy_end(world.r, &carl, "change-manager", "trial", &ended, &e));
	must_be(rfc, "authorised");
	must_refuse(vote(&world, TRIAL, rfc, "change-manager", "reject", &e), &e, "nobody's deputy");
	/* the requester's deputy has no voice */
	OK(deputy(PAT, "trial", when_now() + DAY, &e));
	id = mem_strdup(rfc);
	must_refuse(rfc_vote(world.r, &trial, &id, 1, "change-manager", "approve", NULL, NULL, &answer, &e), &e,
		"pat asked for it");
}

static void conditions(void **state)
{
	char rfc[32];
	struct actor carl = as(&world, CARL), pat = as(&world, PAT);
	AUTO_JSON *answer = NULL, *met = NULL;
	AUTO_FREE char *id = NULL, *why = NULL, *later = NULL;
	struct err e = { 0 };

	new_rfc("2.0", rfc);
	id = mem_strdup(rfc);
	must_refuse(rfc_vote(world.r, &carl, &id, 1, "change-manager", "reject", NULL, "a backup", &answer, &e), &e,
		"only a yes can have a condition");
	OK(rfc_vote(world.r, &carl, &id, 1, "change-manager", "approve", NULL, "a backup was made", &answer, &e));
	must_be(rfc, "voting");
	why = reasons_of(rfc);
	assert_non_null(strstr(why, "carl says yes on a condition: a backup was made"));
	must_refuse(rfc_condition_met(world.r, &pat, rfc, "carl", NULL, &met, &e), &e, "pat asked for the change");
	must_refuse(rfc_condition_met(world.r, &carl, rfc, "trial", NULL, &met, &e), &e, "no yes with a condition");
	OK(rfc_condition_met(world.r, &carl, rfc, "carl", NULL, &met, &e));
	must_be(rfc, "authorised");
	later = reasons_of(rfc);
	assert_null(strstr(later, "condition"));
}

/* One signature, several RfCs: made here, and as a statement that was signed elsewhere. */
static void several(void **state)
{
	char first[32], second[32];
	struct actor carl = as(&world, CARL);
	AUTO_JSON *answer = NULL, *again = NULL;
	AUTO_FREE char *statement = NULL, *sig = NULL;
	AUTO(signer) key = { .fd = -1 };
	struct sig_data data = { .fd = -1 };
	struct err e = { 0 };
	size_t len, sig_len;

	new_rfc("3.0", first);
	new_rfc("3.1", second);
	char *ids[] = { first, second };
	OK(rfc_statement(world.r, &carl, ids, 2, "change-manager", "approve", "both fine", NULL, &statement, &len, &e));
	data.bytes = statement;
	data.len = len;
	OK(signer_open(&key, world.homes[CARL], world.keys[CARL], &e));
	OK(signer_sign(&key, SIGN_DETACHED_ARMOR, &data, &sig, &sig_len, &e));
	OK(rfc_vote_signed(world.r, statement, len, sig, sig_len, &answer, &e));
	must_be(first, "authorised");
	must_be(second, "authorised");
	must_refuse(rfc_vote_signed(world.r, statement, len, sig, sig_len, &again, &e), &e, "recorded already");
	OK(rfc_vote(world.r, &carl, ids, 2, "change-manager", "withdraw", NULL, NULL, &again, &e));
	must_be(first, "voting");
	must_be(second, "voting");
}

static void all_of_it_stands(void **state)
{
	AUTO_JSON *audit = NULL;
	struct err e = { 0 };

	OK(audit_store(world.r->store, &audit, &e));
	if (!json_flag(audit, "ok"))
		fail_msg("%s", json_dumps(json_list(audit, "findings"), 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(deputies),
		cmocka_unit_test(conditions),
		cmocka_unit_test(several),
		cmocka_unit_test(all_of_it_stands),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
