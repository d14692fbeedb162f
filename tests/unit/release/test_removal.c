/* test_removal.c - a package taken out of a channel: who votes, what goes, what the tree says then, what brings it back and what does not. */
#include "channel_world.h"
#include "one_world.h"

static int remove_as(int who, const char *name, const char *channel, const char *type, char ret_id[32], struct err *e)
{
	struct actor actor = as(&world, who);

	*e = (struct err){ 0 };
	return rfc_open(world.r, &actor,
		json_pack("{s:[], s:s, s:s, s:s, s:s, s:s, s:s}", "candidates", "remove", name, "from-channel", channel,
			"reason", "nobody mends it any more", "urgency", "high", "impact", "minor", "type", type),
		ret_id, NULL, e);
}

static int release_as(int who, const char *rfc, json_t **ret, struct err *e)
{
	struct actor actor = as(&world, who);

	*e = (struct err){ 0 };
	return release_to(world.r, &actor, rfc, "production", channel_publish, ret, e);
}

static json_t *current(void)
{
	json_t *release = NULL;
	struct err e = { 0 };

	OK(release_current(world.r, "production", &release, &e));
	return release;
}

static void tree_is_good(void)
{
	AUTO_FREE char *tree = channel_tree(world.r->store, "production");
	AUTO_JSON *trust = NULL, *told = NULL, *audit = NULL;
	struct err e = { 0 };

	OK(release_trust(world.r, &trust, &e));
	OK(channel_verify(tree, trust, when_now(), &told, &e));
	OK(audit_store(world.r->store, &audit, &e));
	assert_true(json_flag(audit, "ok"));
}

static void what_can_be_asked(void **state)
{
	struct actor pat = as(&world, PAT);
	char id[32], candidate[32];
	struct err e = { 0 };

	(void)state;
	assert_int_equal(remove_as(PAT, "org-acme", "production", "normal", id, &e), -1);
	assert_non_null(strstr(e.text, "serves no package"));
	release_version(&world, "1.0");
	assert_int_equal(remove_as(PAT, "org-acme", "elsewhere", "normal", id, &e), -1);
	assert_int_equal(remove_as(PAT, "org-acm", "production", "normal", id, &e), -1);
	assert_int_equal(remove_as(PAT, "org-acme", "", "normal", id, &e), -1);
	assert_int_equal(e.class, ERR_USAGE);
	/* A template approves updates. */
	assert_int_equal(remove_as(PAT, "org-acme", "production", "standard", id, &e), -1);
	add_candidate(&world, "1.5", "pass", candidate);
	e = (struct err){ 0 };
	assert_int_equal(
		rfc_open(world.r, &pat,
			json_pack("{s:[s], s:s, s:s, s:s, s:s, s:s}", "candidates", candidate, "remove", "org-acme",
				"from-channel", "production", "reason", "x", "urgency", "low", "impact", "minor"),
			id, NULL, &e),
		-1);
	assert_non_null(strstr(e.text, "brings no candidates"));
}

static void taken_out(void **state)
{
	AUTO_JSON *answer = NULL, *refused = NULL, *back = NULL, *after = NULL, *shown = NULL, *told = NULL,
		  *edited = NULL, *once_more = NULL;
	struct actor pat = as(&world, PAT);
	const json_t *entry;
	char id[32];
	struct err e;

	(void)state;
	OK(remove_as(PAT, "org-acme", "production", "normal", id, &e));
	assert_int_equal(release_as(TRIAL, id, &refused, &e), -1);
	assert_non_null(json_find(json_list(refused, "reasons"), "rule", "votes"));
	assert_int_equal(rfc_edit(world.r, &pat, id, json_pack("{s:s}", "remove", "org-other"), &edited, &e), -1);
	e = (struct err){ 0 };
	OK(vote(&world, CARL, id, "change-manager", "approve", &e));
	OK(release_as(TRIAL, id, &answer, &e));
	after = current();
	assert_int_equal(json_array_size(json_list(after, "packages")), 0);
	entry = json_find(json_list(after, "releases"), "rfc", id);
	assert_string_equal(json_text(json_array_get(json_list(entry, "removes"), 0), "version"), "1.0");
	/* Clients of the suite hear of it: its index is there, and empty. */
	assert_non_null(json_find(json_list(after, "indexes"), "path", "deb/dists/production/InRelease"));
	tree_is_good();
	/* As after a kill: it goes on. */
	OK(release_as(TRIAL, id, &once_more, &e));
	OK(rfc_show(world.r, id, &shown, &e));
	assert_string_equal(json_text(json_array_get(json_list(shown, "removes"), 0), "name"), "org-acme");
	/* What was taken out is not rolled back, and nothing more is there to take out. */
	assert_int_equal(release_rollback(world.r, &pat, id, "production", "oh", channel_publish, &back, &e), -1);
	assert_non_null(json_find(json_list(back, "reasons"), "rule", "back"));
	OK(channel_history(world.r, "production", 1, &told, &e));
	assert_string_equal(json_text(json_array_get(json_list(told, "history"), 0), "what"), "removal");
}

/* Its votes let the first version in once; whoever releases cannot bring it back alone. Votes can. */
static void brought_back(void **state)
{
	AUTO_JSON *answer = NULL, *released = NULL, *again = NULL, *diff = NULL, *after = NULL;
	char id[32];
	struct err e;

	(void)state;
	assert_int_equal(release_as(TRIAL, "R-1", &answer, &e), -1);
	assert_string_equal(e.code, "E_GATE");
	assert_non_null(strstr(e.text, "taken out"));
	open_rfc(&world, PAT, "C-1", id);
	OK(vote(&world, CARL, id, "change-manager", "approve", &e));
	OK(release_as(TRIAL, id, &released, &e));
	after = current();
	assert_int_equal(json_array_size(json_list(after, "releases")), 1);
	tree_is_good();
	OK(channel_diff(world.r, "production", 1, 3, &diff, &e));
	assert_string_equal(json_text(json_array_get(json_list(diff, "went"), 0), "rfc"), "R-2");
	/* The removal's own votes take nothing out a second time. */
	assert_int_equal(release_as(TRIAL, "R-2", &again, &e), -1);
	assert_non_null(strstr(e.text, "carried out before"));
}

/* What is served has changed since it was asked for: older votes do not take the newer version out. */
static void changed_meanwhile(void **state)
{
	AUTO_JSON *answer = NULL;
	char id[32];
	struct err e;

	(void)state;
	release_version(&world, "1.1");
	OK(remove_as(PAT, "org-acme", "production", "normal", id, &e));
	OK(vote(&world, CARL, id, "change-manager", "approve", &e));
	release_version(&world, "1.2");
	assert_int_equal(release_as(TRIAL, id, &answer, &e), -1);
	assert_string_equal(e.code, "E_GATE");
	assert_non_null(strstr(e.text, "not what was voted on"));
}

/* Those whom the package touches are asked, and whoever asked for it is not. */
static void whom_it_touches(void **state)
{
	AUTO_FREE char *policy = write_policy(&world, "mapped.yaml", "[carl], department/finance: [carl]",
		world.keys[CARL],
		"services: {agent: {packages: [\"org-acme*\"]}}\n"
		"processes: {reporting: {department: finance, services: [agent]}}\n");
	AUTO_JSON *answer = NULL, *done = NULL;
	char id[32];
	struct err e;

	(void)state;
	replace_policy(&world, policy);
	OK(remove_as(PAT, "org-acme", "production", "normal", id, &e));
	OK(vote(&world, CARL, id, "change-manager", "approve", &e));
	assert_int_equal(release_as(TRIAL, id, &answer, &e), -1);
	assert_non_null(json_find(json_list(answer, "reasons"), "rule", "department"));
	OK(vote(&world, CARL, id, "department/finance", "approve", &e));
	assert_int_equal(release_as(CARL, id, &done, &e), -1); /* an approver is no implementer */
	json_decref(done);
	done = NULL;
	OK(release_as(TRIAL, id, &done, &e));
	tree_is_good();
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(what_can_be_asked), cmocka_unit_test(taken_out),
		cmocka_unit_test(brought_back), cmocka_unit_test(changed_meanwhile),
		cmocka_unit_test(whom_it_touches) };

	return cmocka_run_group_tests(tests, setup, teardown);
}
