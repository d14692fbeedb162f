/* test_ways_round_time.c - ways round what time and people's limits say: a blackout emptied, a debt unpaid, a deputy of one's own, a waiver that ran out. */
#include "ways_round.h"
#include <unistd.h>

static char *in_world(const char *name, const char *text)
{
	char *path = mem_printf("%s/%s", world.dir, name);
	struct err e = { 0 };

	OK(fs_write_file(path, text, strlen(text), 0644, &e));
	return path;
}

static void policy_of(const char *more)
{
	AUTO_FREE char *name = mem_printf("time-%u.yaml", versions++), *all = mem_printf("# %s\n%s", name, more),
		       *path = NULL;

	path = write_policy(
		&world, name, "[carl], emergency-cab: [carl], department/finance: [carl]", world.keys[CARL], all);
	replace_policy(&world, path);
}

static void approved(char ret_rfc[32])
{
	struct err e = { 0 };

	new_rfc(ret_rfc);
	OK(vote(&world, CARL, ret_rfc, "change-manager", "approve", &e));
	OK(vote(&world, CARL, ret_rfc, "department/finance", "approve", &e));
}

#define EMPTY "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//T//EN\r\nEND:VCALENDAR\r\n"
#define ALWAYS                                                                                                         \
	"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//T//EN\r\nBEGIN:VEVENT\r\nUID:1\r\nSUMMARY:report\r\n"             \
	"DTSTART:20200101T000000Z\r\nDTEND:20990101T000000Z\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"

/* On disk, by somebody who does not own it, and in the store's own bytes. */
static void a_blackout_emptied(void **state)
{
	AUTO_FREE char *file = in_world("busy.ics", ALWAYS), *sig = NULL, *blob = NULL;
	struct actor pat = as(&world, PAT);
	AUTO_JSON *answer = NULL, *reasons = NULL;
	struct policy_replacement o = { .signatures_len = 1 };
	char rfc[32], digest[65];
	struct err e = { 0 };

	policy_of("services: {agent: {packages: [\"org-acme*\"]}}\n"
		  "processes: {reporting: {department: finance, services: [agent], blackouts: busy.ics}}\n");
	approved(rfc);
	refused_to(rfc, "production", "blackout");
	free(file);
	file = in_world("busy.ics", EMPTY);
	refused_to(rfc, "production", "blackout");
	sig = sign_file(&world, PAT, file);
	o.file = file;
	o.signatures = &sig;
	assert_int_equal(policy_replace(world.r, &pat, &o, &answer, &e), -1);
	assert_int_equal(e.class, ERR_VERDICT);
	refused_to(rfc, "production", "blackout");
	sha256_hex(ALWAYS, strlen(ALWAYS), digest);
	blob = blob_path(world.r->store->blobs, digest);
	e = (struct err){ 0 };
	OK(fs_write_file(blob, EMPTY, strlen(EMPTY), 0600, &e));
	assert_int_equal(release_it(rfc, &e), -1);
	e = (struct err){ 0 };
	assert_int_equal(ask_signer(rfc, &reasons, &e), -1);
	assert_string_equal(e.code, "E_DIGEST");
}

/* The approval that an emergency owes does not come from who asked for it, and a release that keeps quiet about it does not hide it. */
static void a_debt_unpaid(void **state)
{
	AUTO_JSON *answer = NULL;
	struct actor pat = as(&world, PAT), trial = as(&world, TRIAL);
	char candidate[32], emergency[32], normal[32];
	struct err e = { 0 };

	policy_of("emergency: {votes: [{role: emergency-cab, count: 1}], post-approval-within: 0s}\n");
	add_candidate(&world, "0.7", "pass", candidate);
	OK(rfc_open(world.r, &pat,
		json_pack("{s:[s], s:s, s:s, s:s, s:s}", "candidates", candidate, "reason", "a hole", "urgency", "high",
			"impact", "minor", "type", "emergency"),
		emergency, NULL, &e));
	OK(vote(&world, CARL, emergency, "emergency-cab", "approve", &e));
	OK(release_to(world.r, &trial, emergency, "production", publisher, &answer, &e));
	/* pat holds the role, and asked for it */
	assert_int_equal(vote(&world, PAT, emergency, "change-manager", "approve", &e), -1);
	new_rfc(normal);
	e = (struct err){ 0 };
	OK(vote(&world, CARL, normal, "change-manager", "approve", &e));
	/* its time is over with the next second */
	for (int64_t let_out = when_now(); when_now() <= let_out;)
		usleep(50000);
	refused_to(normal, "production", "debt");
	OK(vote(&world, CARL, emergency, "change-manager", "approve", &e));
	OK(release_it(normal, &e));
}

/* pat asked for it and holds the role; the deputy's word is pat's. */
static void a_deputy_of_ones_own(void **state)
{
	struct actor pat = as(&world, PAT), trial = as(&world, TRIAL);
	AUTO_JSON *named = NULL, *answer = NULL;
	char rfc[32];
	char *ids[] = { rfc };
	struct err e = { 0 };
	int said;

	policy_of("");
	new_rfc(rfc);
	OK(deputy_add(world.r, &pat, "change-manager", "trial", when_now() - 5, when_now() + 86400, &named, &e));
	trial.stands_for = "pat";
	said = rfc_vote(world.r, &trial, ids, 1, "change-manager", "approve", "", NULL, &answer, &e);
	assert_true(said == 0 || e.class == ERR_VERDICT);
	refused_to(rfc, "production", "votes");
}

/* Signed by who may, for the right finding, until a day that is over: no program of ours would make it. */
static void an_expired_waiver(void **state)
{
	AUTO_JSON *found = NULL;
	AUTO_FREE char *version = mem_printf("8.%u", versions++);
	char candidate[32], rfc[32];
	const char *finding;
	struct err e = { 0 };

	add_candidate_with(&world, version, "pass",
		json_pack("{s:[{s:s, s:s, s:s, s:s, s:s, s:s, s:s}]}", "findings", "check", "log-crash", "severity",
			"high", "where", "/var/log/x", "old", "", "new", "", "text", "it crashed", "remedy", ""),
		candidate);
	OK(rfc_open(world.r, &(struct actor){ world_names[PAT], world.homes[PAT], NULL },
		json_pack("{s:[s], s:s, s:s, s:s, s:s, s:s, s:s}", "candidates", candidate, "reason", "a hole",
			"urgency", "high", "impact", "significant", "risks", "few", "plan", "tonight", "back-out",
			"none"),
		rfc, NULL, &e));
	OK(finding_list(world.r, candidate, &found, &e));
	finding = json_text(json_array_get(json_list(found, "findings"), 0), "digest");
	signed_act(CARL, "accept", candidate,
		json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "candidate", candidate, "finding", finding,
			"check", "log-crash", "role", "change-manager", "reason", "ok", "until", "2026-01-01T00:00:00Z",
			"scope", "rfc", "product", "acme"));
	refused_to(rfc, "production", "findings");
}

/* A pilot ring before production. */
static void ring_policy(const char *soak)
{
	AUTO_FREE char *name = mem_printf("ring-%u.yaml", versions++), *all = mem_printf("# %s\n", name),
		       *path = write_policy(&world, name, "[carl]", world.keys[CARL], all), *text = NULL,
		       *changed = NULL;
	struct err e = { 0 };
	size_t len;
	char *at;

	OK(fs_read_file(path, 1 << 20, &text, &len, &e));
	at = strstr(text, "channels: {");
	changed = mem_printf("%.*schannels: {pilot: {targets: [deb], valid-for: 7d}, production: {targets: [deb], "
			     "valid-for: 7d, after: pilot, soak: %s}}\n",
		(int)(at - text), text, soak);
	OK(fs_write_file(path, changed, strlen(changed), 0644, &e));
	replace_policy(&world, path);
}

static json_t *release_body(const char *rfc, const char *revision, const char *channel, const char *type)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:s}", "rfc", rfc, "revision", revision, "channel", channel, "type",
		type, "template", "");
}

/* ---- the signer asked past the command: let out, and nobody wrote it down */
static void an_emergency_nobody_logged(void **state)
{
	AUTO_FREE char *row = NULL, *version = NULL;
	AUTO_JSON *shown = NULL, *answer = NULL, *told = NULL;
	struct actor pat = as(&world, PAT), trial = as(&world, TRIAL);
	char candidate[32], emergency[32], normal[32];
	struct err e = { 0 };

	(void)state;
	policy_of("emergency: {votes: [{role: emergency-cab, count: 1}], post-approval-within: 0s}\n");
	version = mem_printf("1.%u", versions++);
	add_candidate(&world, version, "pass", candidate);
	OK(rfc_open(world.r, &pat,
		json_pack("{s:[s], s:s, s:s, s:s, s:s}", "candidates", candidate, "reason", "a hole", "urgency", "high",
			"impact", "minor", "type", "emergency"),
		emergency, NULL, &e));
	OK(vote(&world, CARL, emergency, "emergency-cab", "approve", &e));
	OK(rfc_show(world.r, emergency, &shown, &e));
	row = mem_printf("%s production emergency", emergency);
	by_hand(TRIAL, when_now() - 2, "release", row,
		release_body(emergency, json_text(shown, "revision"), "production", "emergency"));
	OK(ask_signer(emergency, NULL, &e));
	new_rfc(normal);
	OK(vote(&world, CARL, normal, "change-manager", "approve", &e));
	/* the command does not know of it */
	assert_int_equal(release_to(world.r, &trial, normal, "production", publisher, &answer, &e), -1);
	assert_string_equal(e.code, "E_GATE");
	assert_true(lists_rule(json_list(answer, "reasons"), "debt"));
	e = (struct err){ 0 };
	OK(vote(&world, CARL, emergency, "change-manager", "approve", &e));
	OK(release_it(normal, &e));
	OK(audit_store(world.r->store, &told, &e));
	assert_true(json_flag(told, "ok"));
}

/* It was meant for the pilot nine minutes ago and was not let out; a row says that it was. */
static void a_soak_by_hand(void **state)
{
	AUTO_FREE char *row = NULL, *revision = NULL;
	AUTO_JSON *shown = NULL, *reasons = NULL;
	struct db *db;
	char rfc[32], blob[65];
	struct err e = { 0 };

	(void)state;
	ring_policy("8m");
	new_rfc(rfc);
	OK(vote(&world, CARL, rfc, "change-manager", "approve", &e));
	OK(rfc_show(world.r, rfc, &shown, &e));
	revision = mem_strdup(json_text(shown, "revision"));
	row = mem_printf("%s pilot", rfc);
	by_hand(TRIAL, when_now() - 540, "release", row, release_body(rfc, revision, "pilot", "normal"));
	put(&world, "{\"serial\":0}", blob);
	db = world.r->store->db;
	OK(db->ops->begin(db, &e));
	OK(log_append(world.r->store, "signer", "snapshot", row, "ok", blob, blob, &e));
	OK(db->ops->commit(db, &e));
	free(row);
	row = mem_printf("%s production", rfc);
	by_hand(TRIAL, when_now(), "release", row, release_body(rfc, revision, "production", "normal"));
	assert_int_equal(ask_signer(rfc, &reasons, &e), -1);
	assert_true(lists_rule(reasons, "soak"));
}

/* Asked without a channel the gate speaks of the one that is next, with its windows and its soak. */
static void asked_without_a_channel(void **state)
{
	AUTO_JSON *first = NULL, *second = NULL, *done = NULL;
	struct actor trial = as(&world, TRIAL);
	char rfc[32];
	struct err e = { 0 };

	(void)state;
	ring_policy("7m");
	new_rfc(rfc);
	OK(vote(&world, CARL, rfc, "change-manager", "approve", &e));
	OK(release_gate(world.r, rfc, NULL, when_now(), &first, &e));
	assert_true(json_flag(first, "allow"));
	assert_string_equal(json_text(first, "channel"), "pilot");
	OK(release_to(world.r, &trial, rfc, "pilot", publisher, &done, &e));
	OK(release_gate(world.r, rfc, NULL, when_now(), &second, &e));
	assert_false(json_flag(second, "allow"));
	assert_string_equal(json_text(second, "channel"), "production");
	assert_true(lists_rule(json_list(second, "reasons"), "soak"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_debt_unpaid),
		cmocka_unit_test(a_deputy_of_ones_own),
		cmocka_unit_test(an_expired_waiver),
		cmocka_unit_test(an_emergency_nobody_logged),
		cmocka_unit_test(asked_without_a_channel),
		cmocka_unit_test(a_soak_by_hand),
		cmocka_unit_test(a_blackout_emptied),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
