/* test_advisory.c - advisories in a store: who brings them, which released packages they mean, which RfC answers, until when. */
#include "one_world.h"
#include "release/advisory.h"
#include "release/channel/channel.h"

static char *advisory_file(const char *id, const char *version, const char *publisher, const char *range)
{
	char *path = mem_printf("%s/%s-%s.json", world.dir, id, version);
	AUTO_FREE char *text = mem_printf(
		"{\"document\": {\"csaf_version\": \"2.0\", \"title\": \"T\", \"aggregate_severity\": {\"text\": "
		"\"high\"}, \"publisher\": {\"name\": \"P\", \"namespace\": \"%s\"}, "
		"\"tracking\": {\"id\": \"%s\", \"status\": \"final\", \"version\": \"%s\", \"current_release_date\": "
		"\"2026-11-20T09:00:00Z\"}}, \"product_tree\": {\"branches\": "
		"[{\"category\": \"product_name\", \"name\": \"acme\", \"branches\": [{\"category\": "
		"\"product_version_range\", \"name\": \"%s\", \"product\": {\"product_id\": \"a\", "
		"\"name\": \"A\"}}]}]}, \"vulnerabilities\": [{\"cve\": \"CVE-2026-%s\", \"product_status\": "
		"{\"known_affected\": [\"a\"]}}]}",
		publisher, id, version, range, id + 2);
	struct err e = { 0 };

	OK(fs_write_file(path, text, strlen(text), 0644, &e));
	return path;
}

static int import(int who, const char *id, const char *version, const char *publisher, const char *range, json_t **ret,
	struct err *e)
{
	AUTO_FREE char *path = advisory_file(id, version, publisher, range);
	struct actor actor = as(&world, who);

	memset(e, 0, sizeof *e);
	return advisory_import(world.r, &actor, path, ret, e);
}

static json_t *listed(const char *id)
{
	AUTO_JSON *list = NULL;
	struct err e = { 0 };

	OK(advisory_list(world.r, false, &list, &e));
	return json_incref(json_find(json_list(list, "advisories"), "id", id));
}

static void assert_state(const char *id, const char *state)
{
	AUTO_JSON *item = listed(id);

	assert_string_equal(json_text(item, "state"), state);
}

static void let_out(const char *version, const char *cve, char ret_rfc[32])
{
	char candidate[32];
	struct actor pat = as(&world, PAT);
	AUTO_JSON *done = NULL;
	struct err e = { 0 };

	add_candidate(&world, version, "pass", candidate);
	OK(rfc_open(world.r, &pat,
		json_pack("{s:[s], s:s, s:s, s:s, s:s}", "candidates", candidate, "reason", "a hole", "urgency", "high",
			"impact", "minor", "cve", cve),
		ret_rfc, NULL, &e));
	OK(vote(&world, CARL, ret_rfc, "change-manager", "approve", &e));
	OK(release_to(world.r, &pat, ret_rfc, "production", channel_publish, &done, &e));
}

/* The policy says how long each severity may take; the word "late" needs that. */
static void deadlines(const char *more)
{
	AUTO_FREE char *name = mem_printf("policy-%zu.yaml", strlen(more)),
		       *policy = write_policy(&world, name, "[carl]", world.keys[CARL], more);

	replace_policy(&world, policy);
}

/* What the signed release.json tells whoever looks for updates; advisory NULL: nothing of one. */
static void assert_told(const char *rfc, const char *advisory, const char *cve)
{
	AUTO_JSON *current = NULL;
	const json_t *notice, *one;
	struct err e = { 0 };

	OK(release_current(world.r, "production", &current, &e));
	notice = json_map(json_find(json_list(current, "releases"), "rfc", rfc), "notice");
	one = json_array_get(json_list(notice, "advisories"), 0);
	if (!advisory) {
		assert_null(one);
		return;
	}
	assert_string_equal(json_text(notice, "severity"), "Important");
	assert_string_equal(json_text(one, "id"), advisory);
	assert_true(json_array_size(json_list(one, "cves")) == 1 && json_lists(json_list(one, "cves"), cve));
}

static void its_life(void **state)
{
	AUTO_JSON *item = NULL, *shown = NULL, *due = NULL, *again = NULL, *status = NULL, *fixed = NULL;
	struct actor pat = as(&world, PAT);
	char old[32], new[32];
	struct err e = { 0 };

	deadlines("advisories: {critical: 7d, high: 30d}\n");
	let_out("1.0", "", old);
	OK(import(CARL, "P-7777", "1", "https://p.example", "<1.1", &item, &e));
	assert_string_equal(json_text(item, "state"), "open");
	assert_string_equal(json_text(item, "severity"), "high");
	assert_true(*json_text(item, "deadline"));
	assert_int_equal(json_array_size(json_list(item, "affected")), 1);
	assert_string_equal(json_text(json_array_get(json_list(item, "affected"), 0), "rfc"), old);
	OK(rfc_show(world.r, old, &shown, &e));
	assert_false(json_flag(json_array_get(json_list(shown, "advisories"), 0), "answers"));
	assert_non_null(strstr(json_text(json_array_get(json_list(shown, "advisories"), 0), "why"), "is affected"));
	/* a reminder, once */
	OK(release_run_due(world.r, &pat, channel_publish, &due, &e));
	assert_true(json_flag(json_find(json_list(due, "items"), "what", "advisory"), "new"));
	OK(release_run_due(world.r, &pat, channel_publish, &again, &e));
	assert_false(json_flag(json_find(json_list(again, "items"), "what", "advisory"), "new"));
	/* no time at all: late */
	deadlines("advisories: {high: 0s}\n");
	assert_state("P-7777", "late");
	OK(release_status(world.r, &status, &e));
	assert_int_equal(json_int(json_map(status, "advisories"), "late"), 1);
	/* the fixed version is answer enough, without a word on the CVE */
	let_out("1.1", "", new);
	assert_state("P-7777", "answered");
	assert_told(new, "P-7777", "CVE-2026-7777");
	assert_told(old, NULL, NULL);
	fixed = listed("P-7777");
	assert_string_equal(json_text(json_array_get(json_list(fixed, "rfcs"), 0), "rfc"), new);
	assert_int_equal(json_array_size(json_list(fixed, "affected")), 0);
}

static void by_name(void **state)
{
	AUTO_JSON *item = NULL, *other = NULL;
	char rfc[32];
	struct err e = { 0 };

	/* 88880 is not 8888 */
	let_out("2.0", "CVE-2026-88880", rfc);
	OK(import(CARL, "P-8888", "1", "https://p.example", "vers:generic/7", &item, &e));
	assert_string_equal(json_text(item, "state"), "not-affected");
	let_out("2.1", "see cve-2026-8888, please", rfc);
	assert_state("P-8888", "answered");
	other = listed("P-8888");
	assert_string_equal(json_text(json_array_get(json_list(other, "rfcs"), 0), "why"), "it names CVE-2026-8888");
}

/* An old or foreign document does not replace what is there, and who has no role brings none. */
static void replays(void **state)
{
	AUTO_JSON *item = NULL, *none = NULL;
	struct err e = { 0 };

	OK(import(CARL, "P-9999", "2", "https://p.example", "<9", &item, &e));
	assert_int_equal(import(CARL, "P-9999", "1", "https://p.example", "<1", &none, &e), -1);
	assert_string_equal(e.code, "E_ROLLBACK");
	assert_int_equal(import(CARL, "P-9999", "2", "https://p.example", "<9", &none, &e), -1);
	assert_int_equal(e.class, ERR_USAGE);
	assert_int_equal(import(CARL, "P-9999", "3", "https://q.example", "<1", &none, &e), -1);
	assert_string_equal(e.code, "E_MISMATCH");
	assert_int_equal(import(TRIAL, "P-9999", "3", "https://p.example", "<1", &none, &e), -1);
	assert_non_null(strstr(e.text, "holds no role"));
	/* 2.1 is released, which the second version means, until a third says otherwise */
	assert_state("P-9999", "late"); /* the policy gives it no time */
	OK(import(CARL, "P-9999", "10", "https://p.example", "vers:generic/7", &none, &e));
	assert_string_equal(json_text(none, "version"), "10");
	assert_state("P-9999", "not-affected");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(its_life),
		cmocka_unit_test(by_name),
		cmocka_unit_test(replays),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
