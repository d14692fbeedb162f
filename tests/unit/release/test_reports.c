/* test_reports.c - how it went on the machines of one channel opens the next: what counts, who may say so, and that the signer counts for itself. */
#include "release/channel/channel.h"
#include "ways_round.h"

static void policy_wants(const char *reports)
{
	AUTO_FREE char *name = mem_printf("reports-%u.yaml", versions++),
		       *path = write_policy(&world, name, "[carl, trial]", world.keys[CARL], ""), *text = NULL,
		       *changed = NULL;
	struct err e = { 0 };
	size_t len;
	char *at;

	OK(fs_read_file(path, 1 << 20, &text, &len, &e));
	at = strstr(text, "channels: {");
	changed = mem_printf(
		"# %s\n%.*schannels: {pilot: {targets: [deb], valid-for: 7d}, production: {targets: [deb], "
		"valid-for: 7d, after: pilot, reports: %s}}\n",
		name, (int)(at - text), text, reports);
	OK(fs_write_file(path, changed, strlen(changed), 0644, &e));
	replace_policy(&world, path);
}

static void to(const char *rfc, const char *channel)
{
	struct actor trial = as(&world, TRIAL);
	AUTO_JSON *answer = NULL;
	struct err e = { 0 };

	OK(release_to(world.r, &trial, rfc, channel, channel_publish, &answer, &e));
}

static void in_pilot(char ret_rfc[32])
{
	struct err e = { 0 };

	new_rfc(ret_rfc);
	OK(vote(&world, CARL, ret_rfc, "change-manager", "approve", &e));
	to(ret_rfc, "pilot");
}

static void says_of(int who, const char *machine, const char *status)
{
	struct actor actor = as(&world, who);
	const struct report_wish wish = { "pilot", "", machine, status, "" };
	AUTO_JSON *report = NULL, *done = NULL;
	struct err e = { 0 };

	OK(report_make(world.r, &wish, &report, &e));
	OK(report_say(world.r, &actor, report, channel_publish, &done, &e));
}

/* What the record that let it into production says of the pilot. */
static json_t *said(const char *rfc)
{
	AUTO_JSON *release = NULL, *record = NULL;
	struct err e = { 0 };

	OK(release_current(world.r, "production", &release, &e));
	record = source_json(&world.r->source.source,
		json_text(json_find(json_list(release, "releases"), "rfc", rfc), "record"), &e);
	return json_incref(json_map(json_map(record, "body"), "ring"));
}

/* Nobody yet, then one, then the one who brought it, who does not count; a stranger's tree proves the rest without a single report in it. */
static void enough(void **state)
{
	AUTO_FREE char *tree = NULL;
	AUTO_JSON *ring = NULL, *trust = NULL, *told = NULL, *release = NULL;
	char rfc[32];
	struct err e = { 0 };
	size_t i;
	json_t *pair;

	(void)state;
	policy_wants("{ok: 2}");
	in_pilot(rfc);
	refused_to(rfc, "production", "reports");
	says_of(CARL, "m1", "ok");
	says_of(CARL, "m1", "ok");
	says_of(PAT, "m2", "ok");
	refused_to(rfc, "production", "reports");
	says_of(TRIAL, "m2", "ok");
	to(rfc, "production");
	ring = said(rfc);
	assert_string_equal(json_text(ring, "channel"), "pilot");
	assert_int_equal(json_int(ring, "ok"), 2);
	assert_int_equal(json_int(ring, "failed"), 0);
	tree = channel_tree(world.r->store, "production");
	OK(release_trust(world.r, &trust, &e));
	OK(channel_verify(tree, trust, when_now(), &told, &e));
	OK(release_current(world.r, "production", &release, &e));
	json_array_foreach(json_list(json_find(json_list(release, "releases"), "rfc", rfc), "records"), i, pair)
		assert_string_not_equal(json_text(pair, "type"), "report");
	json_decref(told);
	told = NULL;
	OK(audit_store(world.r->store, &told, &e));
	assert_true(json_flag(told, "ok"));
}

/* One of three is over 30 %; a machine that was put right counts as well. Without a share none may have failed. */
static void failures(void **state)
{
	char rfc[32];

	(void)state;
	policy_wants("{ok: 1, failed: 30%}");
	in_pilot(rfc);
	says_of(CARL, "m1", "ok");
	says_of(CARL, "m2", "ok");
	says_of(PAT, "m3", "failed");
	refused_to(rfc, "production", "reports");
	says_of(CARL, "m4", "ok");
	to(rfc, "production");
	policy_wants("{ok: 1}");
	in_pilot(rfc);
	says_of(CARL, "m1", "ok");
	says_of(CARL, "m2", "failed");
	refused_to(rfc, "production", "reports");
	says_of(PAT, "m2", "ok");
	refused_to(rfc, "production", "reports");
	says_of(CARL, "m2", "ok");
	to(rfc, "production");
}

/* A machine that was well with what came before says nothing of what came now; one that takes a later snapshot has caught up. */
static void of_which_snapshot(void **state)
{
	struct actor carl = as(&world, CARL);
	const struct report_wish wish = { "pilot", "", "m1", "ok", "" };
	AUTO_JSON *old = NULL, *done = NULL;
	char first[32], second[32];
	struct err e = { 0 };

	(void)state;
	policy_wants("{ok: 1}");
	in_pilot(first);
	OK(report_make(world.r, &wish, &old, &e));
	in_pilot(second);
	OK(report_say(world.r, &carl, old, channel_publish, &done, &e));
	refused_to(second, "production", "reports");
	says_of(CARL, "m7", "ok");
	to(second, "production");
}

/* One that came along, one that failed with the new, one that stayed behind and was told of late. */
static void who_has_what(void **state)
{
	struct actor carl = as(&world, CARL);
	const struct report_wish wish = { "pilot", "", "late", "ok", "" };
	AUTO_JSON *old = NULL, *done = NULL, *list = NULL;
	const json_t *line, *machine;
	char rfc[32];
	struct err e = { 0 };
	int64_t serial, failed;

	(void)state;
	policy_wants("{ok: 1}");
	in_pilot(rfc);
	OK(report_make(world.r, &wish, &old, &e));
	OK(report_say(world.r, &carl, old, channel_publish, &done, &e));
	in_pilot(rfc);
	serial = json_int(old, "serial") + 1;
	OK(site_list(world.r, "", &list, &e));
	failed = json_int(json_find(json_list(list, "sites"), "channel", "pilot"), "failed");
	json_decref(list);
	list = NULL;
	says_of(CARL, "well", "ok");
	says_of(CARL, "ill", "failed");
	OK(site_list(world.r, "", &list, &e));
	line = json_find(json_list(list, "sites"), "channel", "pilot");
	assert_int_equal(json_array_size(json_list(list, "sites")), 1);
	assert_string_equal(json_text(line, "how"), "reports");
	assert_int_equal(json_int(line, "current"), serial);
	machine = json_find(json_list(line, "machines"), "machine", "late");
	assert_int_equal(json_int(machine, "serial"), serial - 1);
	assert_int_equal(json_int(machine, "behind"), 1);
	machine = json_find(json_list(line, "machines"), "machine", "ill");
	assert_string_equal(json_text(machine, "status"), "failed");
	assert_int_equal(json_int(machine, "behind"), 0);
	assert_int_equal(json_int(line, "failed"), failed + 1);
	machine = json_array_get(json_list(line, "serials"), 0);
	assert_int_equal(json_int(machine, "serial"), serial);
	assert_int_equal(json_int(machine, "ok"), 1);
	assert_int_equal(json_int(machine, "failed"), 1);
	assert_int_equal(json_int(line, "known"), json_array_size(json_list(line, "machines")));
	assert_int_equal(json_int(line, "late"), json_int(line, "known") - 2);
	/* what was said before and arrives later takes nothing back */
	json_set_str(old, "machine", "well");
	json_set_str(old, "time", "2020-01-01T00:00:00Z");
	json_decref(done);
	done = NULL;
	OK(report_say(world.r, &carl, old, channel_publish, &done, &e));
	json_decref(list);
	list = NULL;
	OK(site_list(world.r, "", &list, &e));
	line = json_find(json_list(list, "sites"), "channel", "pilot");
	machine = json_find(json_list(line, "machines"), "machine", "well");
	assert_int_equal(json_int(machine, "serial"), serial);
}

/* The act of releasing by hand, with so many machines of the pilot that are well. */
static void act_says(const char *rfc, const char *revision, int ok)
{
	AUTO_FREE char *row = mem_printf("%s production", rfc);

	by_hand(TRIAL, when_now(), "release", row,
		json_pack("{s:s, s:s, s:s, s:s, s:s, s:{s:s, s:i, s:i}}", "rfc", rfc, "revision", revision, "channel",
			"production", "type", "normal", "template", "", "ring", "channel", "pilot", "ok", ok, "failed",
			0));
}

/* Past the command: the act says what nobody reported, or less than what was. */
static void counted_by_hand(void **state)
{
	AUTO_FREE char *revision = NULL;
	AUTO_JSON *shown = NULL, *reasons = NULL;
	char rfc[32];
	struct err e = { 0 };

	(void)state;
	policy_wants("{ok: 2}");
	in_pilot(rfc);
	OK(rfc_show(world.r, rfc, &shown, &e));
	revision = mem_strdup(json_text(shown, "revision"));
	act_says(rfc, revision, 2);
	assert_int_equal(ask_signer(rfc, &reasons, &e), -1);
	assert_true(lists_rule(reasons, "reports"));
	says_of(CARL, "m1", "ok");
	says_of(CARL, "m2", "ok");
	/* what was reported behind the act is none of it */
	json_decref(reasons);
	reasons = NULL;
	assert_int_equal(ask_signer(rfc, &reasons, &e), -1);
	assert_true(lists_rule(reasons, "reports"));
	act_says(rfc, revision, 3);
	e = (struct err){ 0 };
	assert_int_equal(ask_signer(rfc, NULL, &e), -1);
	assert_string_equal(e.code, "E_GATE");
	assert_non_null(strstr(e.text, "how it went"));
	to(rfc, "production");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(enough),
		cmocka_unit_test(failures),
		cmocka_unit_test(of_which_snapshot),
		cmocka_unit_test(who_has_what),
		cmocka_unit_test(counted_by_hand),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
