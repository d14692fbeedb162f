/* test_finding.c - accepting findings: who may, until when, for which candidates; evidence that people add. */
#include "one_world.h"

static unsigned versions;

static json_t *body_with(const char *check, const char *severity, const char *where)
{
	return json_pack("{s:[{s:s, s:s, s:s, s:s, s:s, s:s, s:s}]}", "findings", "check", check, "severity", severity,
		"where", where, "old", "", "new", "", "text", "it crashed", "remedy", "");
}

/* A candidate with one finding of severity high, and an RfC for it. The finding is the same for the same place. */
static void found_candidate(const char *where, char ret_candidate[32], char ret_rfc[32], char ret_finding[65])
{
	AUTO_FREE char *version = mem_printf("3.%u", versions++);
	AUTO_JSON *list = NULL, *request = NULL;
	struct actor pat = as(&world, PAT);
	struct err e = { 0 };
	const json_t *first;

	add_candidate_with(&world, version, "pass", body_with("log-crash", "high", where), ret_candidate);
	request = json_pack("{s:[s], s:s, s:s, s:s, s:s, s:s, s:s}", "candidates", ret_candidate, "reason", "a hole",
		"urgency", "high", "impact", "significant", "risks", "few", "plan", "tonight", "back-out", "none");
	OK(rfc_open(world.r, &pat, json_incref(request), ret_rfc, NULL, &e));
	OK(finding_list(world.r, ret_candidate, &list, &e));
	first = json_array_get(json_list(list, "findings"), 0);
	snprintf(ret_finding, 65, "%s", json_text(first, "digest"));
}

static char *status_of(const char *candidate)
{
	AUTO_JSON *list = NULL;
	struct err e = { 0 };

	OK(finding_list(world.r, candidate, &list, &e));
	return mem_strdup(json_text(json_array_get(json_list(list, "findings"), 0), "status"));
}

static void assert_status(const char *candidate, const char *want)
{
	AUTO_FREE char *got = status_of(candidate);

	assert_string_equal(got, want);
}

/* Is there a reason of that rule whose text has these words? "" for any. */
static bool refuses(const char *rfc, int64_t at, const char *rule, const char *words)
{
	AUTO_JSON *answer = NULL;
	struct err e = { 0 };
	size_t i;
	json_t *reason;

	OK(release_gate(world.r, rfc, "production", at, &answer, &e));
	json_array_foreach(json_list(answer, "reasons"), i, reason)
		if (strcmp(json_text(reason, "rule"), rule) == 0 && strstr(json_text(reason, "text"), words))
			return true;
	return false;
}

static int accept_as(int who, const char *candidate, const char *finding, const char *role, int64_t until,
	const char *scope, struct err *e)
{
	struct actor actor = as(&world, who);

	memset(e, 0, sizeof *e);
	return finding_accept(world.r, &actor, candidate, finding, role, "known", until, scope, e);
}

static void who_may(void **state)
{
	char candidate[32], rfc[32], finding[65];
	struct err e = { 0 };

	found_candidate("/var/log/one", candidate, rfc, finding);
	assert_status(candidate, "open");
	/* the submitter, though pat holds the role; a role carl does not hold; a role that may not; a finding that is not there */
	assert_int_equal(accept_as(PAT, candidate, finding, "change-manager", 0, "rfc", &e), -1);
	assert_int_equal(e.class, ERR_VERDICT);
	assert_non_null(strstr(e.text, "submitted it"));
	assert_int_equal(accept_as(CARL, candidate, finding, "packager", 0, "rfc", &e), -1);
	assert_non_null(strstr(e.text, "does not hold"));
	assert_int_equal(accept_as(CARL, candidate, finding, "security-officer", 0, "rfc", &e), -1);
	assert_non_null(strstr(e.text, "change-manager may"));
	assert_int_equal(accept_as(CARL, candidate, "0123456789abcdef", "change-manager", 0, "rfc", &e), -1);
	assert_int_equal(e.class, ERR_USAGE);
	assert_int_equal(accept_as(CARL, candidate, finding, "change-manager", when_now() - 5, "rfc", &e), -1);
	assert_int_equal(accept_as(CARL, candidate, finding, "change-manager", 0, "everything", &e), -1);
	assert_int_equal(accept_as(CARL, candidate, finding, "change-manager", 0, "product", &e), -1);
	assert_status(candidate, "open");
	assert_true(refuses(rfc, when_now(), "findings", "log-crash"));
	OK(accept_as(CARL, candidate, finding, "change-manager", when_now() + 3600, "rfc", &e));
	assert_status(candidate, "accepted");
	assert_false(refuses(rfc, when_now(), "findings", ""));
	/* its time is over */
	assert_true(refuses(rfc, when_now() + 7200, "findings", "log-crash"));
}

/* An acceptance for the product reaches the next candidate's same finding, not another, and not another product's. */
static void for_a_product(void **state)
{
	char candidate[32], rfc[32], finding[65], next[32], next_rfc[32], same[65], other[32], other_rfc[32],
		differs[65];
	struct err e = { 0 };

	found_candidate("/var/log/two", candidate, rfc, finding);
	OK(accept_as(CARL, candidate, finding, "change-manager", when_now() + 3600, "product", &e));
	assert_status(candidate, "accepted");
	found_candidate("/var/log/two", next, next_rfc, same);
	assert_string_equal(finding, same);
	assert_status(next, "accepted");
	assert_false(refuses(next_rfc, when_now(), "findings", ""));
	assert_true(refuses(next_rfc, when_now() + 7200, "findings", "log-crash"));
	found_candidate("/var/log/three", other, other_rfc, differs);
	assert_status(other, "open");
	assert_true(refuses(other_rfc, when_now(), "findings", "log-crash"));
}

/* What came later and changes nothing makes no new revision: votes stay. */
static void no_new_revision(void **state)
{
	char candidate[32], rfc[32], finding[65], next[32], next_rfc[32];
	AUTO_JSON *before = NULL, *after = NULL;
	struct err e = { 0 };

	found_candidate("/var/log/four", candidate, rfc, finding);
	OK(accept_as(CARL, candidate, finding, "change-manager", when_now() + 3600, "rfc", &e));
	OK(vote(&world, CARL, rfc, "cab", "approve", &e));
	OK(rfc_show(world.r, rfc, &before, &e));
	found_candidate("/var/log/four", next, next_rfc, finding);
	OK(accept_as(CARL, next, finding, "change-manager", when_now() + 3600, "product", &e));
	OK(rfc_show(world.r, rfc, &after, &e));
	assert_string_equal(json_text(before, "revision"), json_text(after, "revision"));
	assert_string_equal(json_text(after, "state"), "authorised");
	assert_false(refuses(next_rfc, when_now(), "findings", ""));
}

/* A record that no program of ours made: its person does not hold the role it claims. */
static void without_the_role(void **state)
{
	char candidate[32], rfc[32], finding[65], record[65];
	struct actor trial = as(&world, TRIAL);
	struct err e = { 0 };
	AUTO_JSON *body = NULL;
	struct act act = { "accept", NULL, NULL, NULL, NULL };

	found_candidate("/var/log/five", candidate, rfc, finding);
	for (int i = 0; i < 2; i++) {
		AUTO_FREE char *subject = mem_printf("%s%s", candidate, i ? " product" : "");

		json_decref(body);
		body = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "candidate", candidate, "finding", finding,
			"check", "log-crash", "role", "change-manager", "reason", "because", "until", "", "scope",
			i ? "product" : "rfc", "product", "acme");
		act.subject = subject;
		act.body = body;
		OK(release_act(world.r, &trial, &act, record, &e));
	}
	assert_status(candidate, "open");
	assert_true(refuses(rfc, when_now(), "findings", "log-crash"));
}

/* ---- evidence by people */
static void people_say(void **state)
{
	AUTO_FREE char *file = fs_join(world.dir, "sums"), *source = NULL, *text = NULL;
	char candidate[32], rfc[32], digest[65];
	struct actor carl = as(&world, CARL), trial = as(&world, TRIAL), pat = as(&world, PAT);
	AUTO_JSON *shown = NULL;
	struct err e = { 0 };

	add_candidate(&world, "4.0", "pass", candidate);
	open_rfc(&world, PAT, candidate, rfc);
	OK(vote(&world, CARL, rfc, "change-manager", "approve", &e));
	OK(fs_write_file(file, "d0\n", 3, 0644, &e));
	/* a second source that does not name these bytes */
	assert_int_equal(evidence_add(world.r, &carl, candidate, "vendor-checksum", "pass", file, &e), -1);
	assert_string_equal(e.code, "E_DIGEST");
	OK(candidate_show(world.r, candidate, &shown, &e));
	source = mem_strdup(json_text(json_map(json_map(shown, "submit"), "source"), "sha256"));
	text = mem_printf("SHA256 (acme.tar) = %s\n", source);
	OK(fs_write_file(file, text, strlen(text), 0644, &e));
	OK(evidence_add(world.r, &carl, candidate, "vendor-checksum", "pass", file, &e));
	/* longer hex is another digest */
	text[strlen(text) - 1] = '0';
	OK(fs_write_file(file, text, strlen(text), 0644, &e));
	assert_int_equal(evidence_add(world.r, &carl, candidate, "vendor-checksum", "pass", file, &e), -1);
	/* who holds no role has no word */
	assert_int_equal(evidence_add(world.r, &trial, candidate, "acceptance", "fail", file, &e), -1);
	assert_non_null(strstr(e.text, "no role"));
	assert_int_equal(evidence_add(world.r, &carl, candidate, "acceptance", "perhaps", file, &e), -1);
	assert_int_equal(evidence_add(world.r, &carl, candidate, "test", "pass", file, &e), -1);
	/* a no stands until who said it takes it back, and each word asks the voters again */
	OK(evidence_add(world.r, &carl, candidate, "acceptance", "fail", file, &e));
	assert_true(refuses(rfc, when_now(), "evidence", "carl says no"));
	OK(evidence_add(world.r, &pat, candidate, "acceptance", "pass", file, &e));
	assert_true(refuses(rfc, when_now(), "evidence", "carl says no"));
	OK(evidence_add(world.r, &carl, candidate, "acceptance", "pass", file, &e));
	assert_false(refuses(rfc, when_now(), "evidence", ""));
	assert_true(refuses(rfc, when_now(), "votes", "0 of 1"));
	sha256_hex(text, strlen(text), digest);
	assert_true(blob_has(world.r->store->blobs, digest));
}

/* A recipe that changed is cleared for what it made, by somebody else than who submitted. */
static void a_recipe_approved(void **state)
{
	static const char recipe[] = "abababababababababababababababababababababababababababababababab";
	AUTO_JSON *submit = NULL, *shown = NULL, *body = body_with("recipe-changed", "high", "recipe and house");
	struct actor pat = as(&world, PAT), carl = as(&world, CARL), trial = as(&world, TRIAL);
	char candidate[32], rfc[32], again[32], evidence[65], blob[65];
	struct err e = { 0 };

	put(&world, "the recipe's manifest", blob);
	json_set_str(json_array_get(json_list(body, "findings"), 0), "new", blob);
	add_candidate(&world, "5.0", "pass", candidate);
	OK(candidate_show(world.r, candidate, &shown, &e));
	submit = json_deep_copy(json_map(shown, "submit"));
	put_evidence(&world, "comparison", json_text(json_array_get(json_list(submit, "packages"), 0), "sha256"),
		"pass", json_incref(body), evidence);
	json_array_append_new(json_list(submit, "evidence"), json_string(evidence));
	json_set_str(submit, "recipe", blob);
	OK(candidate_add(world.r, &pat, json_incref(submit), again, &e));
	OK(rfc_open(world.r, &pat,
		json_pack("{s:[s], s:s, s:s, s:s, s:s, s:s, s:s}", "candidates", again, "reason", "a hole", "urgency",
			"high", "impact", "significant", "risks", "few", "plan", "tonight", "back-out", "none"),
		rfc, NULL, &e));
	assert_true(refuses(rfc, when_now(), "findings", "recipe-changed"));
	assert_int_equal(recipe_approve(world.r, &trial, blob, "change-manager", "read", &e), -1);
	assert_int_equal(e.class, ERR_VERDICT);
	OK(recipe_approve(world.r, &carl, recipe, "change-manager", "read another", &e));
	assert_true(refuses(rfc, when_now(), "findings", "recipe-changed"));
	OK(recipe_approve(world.r, &pat, blob, "change-manager", "my own", &e));
	assert_true(refuses(rfc, when_now(), "findings", "recipe-changed"));
	OK(recipe_approve(world.r, &carl, blob, "change-manager", "read", &e));
	assert_false(refuses(rfc, when_now(), "findings", ""));
	assert_status(again, "accepted");
}

static void the_log_knows(void **state)
{
	struct err e = { 0 };
	AUTO_JSON *told = NULL, *refused = NULL;

	refused = db_rows(world.r->store->db,
		"SELECT outcome FROM log WHERE action IN ('accept', 'evidence') AND record = ''", NULL, 0, &e);
	assert_true(json_array_size(refused) >= 5);
	OK(audit_store(world.r->store, &told, &e));
	if (!json_flag(told, "ok")) {
		AUTO_FREE char *text = json_dumps(json_list(told, "findings"), JSON_INDENT(1));

		fail_msg("%s", text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_may),
		cmocka_unit_test(for_a_product),
		cmocka_unit_test(no_new_revision),
		cmocka_unit_test(without_the_role),
		cmocka_unit_test(people_say),
		cmocka_unit_test(a_recipe_approved),
		cmocka_unit_test(the_log_knows),
	};

	return cmocka_run_group_tests_name("finding", tests, setup, teardown);
}
