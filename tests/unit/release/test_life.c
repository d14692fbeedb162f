/* test_life.c - the acts that are no votes: who may, when, what the gate says then, and that a record made around the command changes nothing. */
#include "one_world.h"
#include "release/gate/states.h"

static const char roles[] = "roles: {packager: [pat], change-manager: [carl], cab: [carl], security-officer: [carl], "
			    "management: [trial]}\n";

/* The world's policy with a role that decides on disputes, and carl alone as change manager. */
static void with_management(void)
{
	AUTO_FREE char *path = write_policy(&world, "managed.yaml", "[carl]", world.keys[CARL], ""), *text = NULL;
	struct text out = { 0 };
	struct err e = { 0 };
	size_t len;
	char *from, *until;

	OK(fs_read_file(path, 1 << 20, &text, &len, &e));
	from = strstr(text, "roles:");
	until = strchr(from, '\n') + 1;
	text_bytes(&out, text, (size_t)(from - text));
	text_add(&out, "%s%s", roles, until);
	OK(fs_write_file(path, out.at, out.len, 0644, &e));
	text_done(&out);
	replace_policy(&world, path);
}

static int act(int who, const char *id, const char *type, json_t *words, struct err *e)
{
	struct actor actor = as(&world, who);
	AUTO_JSON *done = NULL;

	*e = (struct err){ 0 };
	return rfc_life(world.r, &actor, id, type, words, &done, e);
}

static json_t *because(const char *reason)
{
	return json_pack("{s:s}", "reason", reason);
}

/* Past the command: whatever somebody signs. */
static void record_anyway(int who, const char *id, const char *type, json_t *words)
{
	AUTO_JSON *body = words;
	struct actor actor = as(&world, who);
	struct act made = { type, id, body, NULL, NULL };
	struct err e = { 0 };
	char record[65];

	json_set_str(body, "rfc", id);
	OK(release_act(world.r, &actor, &made, record, &e));
}

static void assert_state(const char *id, const char *state)
{
	AUTO_FREE char *is = state_of(&world, id);

	assert_string_equal(is, state);
}

/* The rules that refuse, as one text. */
static char *refusals(const char *id)
{
	AUTO_JSON *answer = NULL;
	struct text t = { 0 };
	struct err e = { 0 };
	size_t i;
	json_t *reason;

	OK(release_gate(world.r, id, "production", when_now(), &answer, &e));
	text_add(&t, "%s", "");
	json_array_foreach(json_list(answer, "reasons"), i, reason)
		text_add(&t, "%s%s", i ? " " : "", json_text(reason, "rule"));
	return text_take(&t);
}

static void assert_refused_by(const char *id, const char *rules)
{
	AUTO_FREE char *got = refusals(id);

	assert_string_equal(got, rules);
}

static void assert_sound(void)
{
	AUTO_JSON *told = NULL;
	struct err e = { 0 };

	OK(audit_store(world.r->store, &told, &e));
	if (!json_flag(told, "ok"))
		fail_msg("%s", json_text(json_array_get(json_list(told, "findings"), 0), "text"));
}

static void new_rfc(const char *version, char ret[32])
{
	char candidate[32];

	add_candidate(&world, version, "pass", candidate);
	open_rfc(&world, PAT, candidate, ret);
}

static void rejected_and_asked_anew(void **state)
{
	struct err e = { 0 };
	char id[32];

	(void)state;
	new_rfc("1.0", id);
	OK(vote(&world, CARL, id, "change-manager", "approve", &e));
	assert_state(id, "authorised");

	assert_int_equal(act(TRIAL, id, "rfc-reject", because("mine"), &e), -1);
	assert_int_equal(e.class, ERR_VERDICT);
	assert_non_null(strstr(e.text, "not for trial"));
	assert_int_equal(act(CARL, id, "rfc-reject", because(""), &e), -1);
	assert_int_equal(e.class, ERR_USAGE);
	OK(act(CARL, id, "rfc-reject", because("not now"), &e));
	assert_state(id, "rejected");
	assert_refused_by(id, "rejected");
	assert_int_equal(vote(&world, CARL, id, "change-manager", "approve", &e), -1);
	assert_non_null(strstr(e.text, "was rejected"));
	e = (struct err){ 0 };

	/* Asked anew it is another revision: yesterday's yes is gone. */
	assert_int_equal(act(CARL, id, "rfc-resubmit", because("?"), &e), -1);
	OK(act(PAT, id, "rfc-resubmit", because("the hole is used"), &e));
	assert_state(id, "voting");
	assert_refused_by(id, "votes");
	OK(vote(&world, CARL, id, "change-manager", "approve", &e));
	assert_state(id, "authorised");
	assert_int_equal(act(PAT, id, "rfc-resubmit", because("again"), &e), -1);
	assert_non_null(strstr(e.text, "is authorised"));
	assert_sound();
}

static void not_installed_is_a_decision(void **state)
{
	AUTO_JSON *shown = NULL;
	struct err e = { 0 };
	char id[32];

	(void)state;
	new_rfc("2.0", id);
	OK(act(CARL, id, "rfc-not-installed", because("the part is not in use"), &e));
	assert_state(id, "rejected");
	OK(rfc_show(world.r, id, &shown, &e));
	assert_string_equal(json_text(json_map(json_map(shown, "life"), "rejected"), "what"), "not-installed");
	assert_string_equal(
		json_text(json_map(json_map(shown, "life"), "rejected"), "reason"), "the part is not in use");
}

static void duplicates(void **state)
{
	struct err e = { 0 };
	char id[32];

	(void)state;
	new_rfc("2.1", id);
	assert_int_equal(
		act(CARL, id, "rfc-reject", json_pack("{s:s, s:s}", "reason", "twice", "duplicate-of", id), &e), -1);
	assert_int_equal(
		act(CARL, id, "rfc-reject", json_pack("{s:s, s:s}", "reason", "twice", "duplicate-of", "R-99"), &e),
		-1);
	assert_int_equal(e.class, ERR_USAGE);
	OK(act(CARL, id, "rfc-reject", json_pack("{s:s, s:s}", "reason", "twice", "duplicate-of", "R-1"), &e));
	assert_state(id, "rejected");
}

/* R3, R8: both values stay; what management decided, a change manager does not change back. */
static void disputed_and_decided(void **state)
{
	AUTO_JSON *shown = NULL;
	const json_t *priority;
	struct err e = { 0 };
	char id[32];

	(void)state;
	new_rfc("3.0", id);
	OK(vote(&world, CARL, id, "change-manager", "approve", &e));
	assert_int_equal(act(CARL, id, "rfc-dispute",
				 json_pack("{s:s, s:s}", "about", "priority", "comment", "not that urgent"), &e),
		-1);
	assert_non_null(strstr(e.text, "management"));
	with_management();
	OK(act(CARL, id, "rfc-priority", json_pack("{s:s, s:s}", "priority", "high", "reason", "in the news"), &e));
	assert_int_equal(
		act(CARL, id, "rfc-priority", json_pack("{s:s, s:s}", "priority", "huge", "reason", "x"), &e), -1);
	OK(act(CARL, id, "rfc-dispute", json_pack("{s:s, s:s}", "about", "priority", "comment", "not that urgent"),
		&e));
	assert_state(id, "authorised");
	assert_refused_by(id, "dispute");
	assert_int_equal(act(CARL, id, "rfc-decide",
				 json_pack("{s:s, s:s, s:s}", "about", "priority", "value", "low", "reason", "x"), &e),
		-1);
	assert_non_null(strstr(e.text, "not for carl"));
	OK(act(TRIAL, id, "rfc-decide",
		json_pack("{s:s, s:s, s:s}", "about", "priority", "value", "low", "reason", "it can wait"), &e));
	assert_refused_by(id, "");
	assert_int_equal(
		act(CARL, id, "rfc-priority", json_pack("{s:s, s:s}", "priority", "high", "reason", "still"), &e), 0);
	OK(rfc_show(world.r, id, &shown, &e));
	priority = json_map(json_map(shown, "life"), "priority");
	assert_string_equal(json_text(shown, "priority"), "low");
	assert_string_equal(json_text(priority, "computed"), "medium");
	assert_string_equal(json_text(priority, "by"), "management");

	OK(act(CARL, id, "rfc-dispute", json_pack("{s:s, s:s}", "about", "date", "comment", "the reporting date"), &e));
	OK(act(TRIAL, id, "rfc-decide",
		json_pack("{s:s, s:s, s:s}", "about", "date", "value", "2999-01-01T00:00:00Z", "reason", "after it"),
		&e));
	assert_refused_by(id, "dispute");
	OK(act(CARL, id, "rfc-dispute", json_pack("{s:s, s:s}", "about", "date", "comment", "too late"), &e));
	OK(act(TRIAL, id, "rfc-decide",
		json_pack("{s:s, s:s, s:s}", "about", "date", "value", "2020-01-01T00:00:00Z", "reason", "now"), &e));
	assert_refused_by(id, "");
	assert_sound();
}

/* Who signs a record without the command gets no further. */
static void around_the_command(void **state)
{
	struct err e = { 0 };
	char id[32];

	(void)state;
	new_rfc("4.0", id);
	OK(vote(&world, CARL, id, "change-manager", "approve", &e));
	record_anyway(PAT, id, "rfc-decide",
		json_pack("{s:s, s:s, s:s}", "about", "priority", "value", "critical", "reason", "x"));
	record_anyway(PAT, id, "rfc-reject", json_pack("{s:s, s:s}", "kind", "", "reason", "pat is no change manager"));
	record_anyway(
		CARL, id, "rfc-pir", json_pack("{s:s, s:s, s:s}", "result", "failed", "comment", "", "follow-up", ""));
	assert_state(id, "authorised");
	OK(act(CARL, id, "rfc-reject", because("no"), &e));
	record_anyway(CARL, id, "rfc-resubmit", because("not by the requester"));
	assert_state(id, "rejected");
	record_anyway(TRIAL, id, "rfc-edit", json_pack("{s:{s:s}}", "fields", "reason", "another one"));
	assert_state(id, "rejected");
	assert_refused_by(id, "rejected");
}

static void what_is_not_known_refuses(void **state)
{
	AUTO_JSON *answer = NULL;
	struct err e = { 0 };
	struct actor carl = as(&world, CARL);
	AUTO_JSON *body = json_pack("{s:s, s:s, s:s, s:s}", "rfc", "", "kind", "", "reason", "x", "only-for", "pilot");
	struct act made = { "rfc-reject", NULL, body, NULL, NULL };
	char id[32], record[65];

	(void)state;
	new_rfc("5.0", id);
	json_set_str(body, "rfc", id);
	made.subject = id;
	assert_int_equal(release_act(world.r, &carl, &made, record, &e), -1);
	assert_non_null(strstr(e.text, "not known here"));
	e = (struct err){ 0 };
	OK(release_gate(world.r, id, "production", when_now(), &answer, &e)); /* nothing of it was recorded */
}

static int publish_nowhere(struct store *s, const char *channel, const struct signer_answer *a, struct err *e)
{
	(void)s, (void)channel, (void)a, (void)e;
	return 0;
}

static void reviewed_and_closed(void **state)
{
	AUTO_JSON *answer = NULL, *again = NULL, *edited = NULL;
	struct actor trial = as(&world, TRIAL), pat = as(&world, PAT);
	struct err e = { 0 };
	char id[32];

	(void)state;
	new_rfc("6.0", id);
	OK(vote(&world, CARL, id, "change-manager", "approve", &e));
	assert_int_equal(
		act(CARL, id, "rfc-pir", json_pack("{s:s, s:s}", "result", "success", "comment", "fine"), &e), -1);
	assert_non_null(strstr(e.text, "is authorised"));
	e = (struct err){ 0 };
	OK(release_to(world.r, &trial, id, "production", publish_nowhere, &answer, &e));
	assert_state(id, "released");
	assert_int_equal(act(PAT, id, "rfc-withdraw", because("too late"), &e), -1);
	e = (struct err){ 0 };
	/* What votes cover stays; the actual time does not bind. */
	assert_int_equal(rfc_edit(world.r, &pat, id, json_pack("{s:s}", "reason", "another"), &edited, &e), -1);
	e = (struct err){ 0 };
	OK(rfc_edit(
		world.r, &pat, id, json_pack("{s:s}", "actual-time", "2026-11-26 22:10, ten minutes"), &edited, &e));
	assert_false(json_flag(edited, "new_revision"));
	assert_state(id, "implemented");
	OK(act(CARL, id, "rfc-pir", json_pack("{s:s, s:s}", "result", "failed", "comment", "the service did not start"),
		&e));
	assert_state(id, "failed");
	assert_refused_by(id, "review");
	assert_int_equal(release_to(world.r, &trial, id, "production", publish_nowhere, &again, &e), -1);
	assert_string_equal(e.code, "E_GATE");
	OK(act(CARL, id, "rfc-pir", json_pack("{s:s, s:s}", "result", "success", "comment", "put right"), &e));
	assert_state(id, "closed");
	assert_sound();
}

/* Every state can be reached and left by what the table says; acts are known to it and commands exist for each. */
static void table_is_whole(void **state)
{
	(void)state;
	for (const struct rfc_act *a = rfc_acts; a->type; a++) {
		struct slice rest = slice_of(a->states), word;

		while (slice_cut(&rest, ' ', &word)) {
			AUTO_FREE char *name = strndup(word.at, word.len);

			assert_true(rfc_is_state(name));
			assert_true(rfc_act_fits(a, name));
		}
	}
	for (const struct rfc_transition *t = rfc_transitions; t->to; t++) {
		const struct rfc_act *a = t->act ? rfc_act_named(t->act) : NULL;

		if (a)
			assert_true(rfc_act_fits(a, t->from));
		if (*t->from)
			assert_true(rfc_is_state(t->from));
	}
	assert_false(rfc_is_state(""));
	assert_false(rfc_is_state("done"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rejected_and_asked_anew),
		cmocka_unit_test(not_installed_is_a_decision),
		cmocka_unit_test(duplicates),
		cmocka_unit_test(disputed_and_decided),
		cmocka_unit_test(around_the_command),
		cmocka_unit_test(what_is_not_known_refuses),
		cmocka_unit_test(reviewed_and_closed),
		cmocka_unit_test(table_is_whole),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
