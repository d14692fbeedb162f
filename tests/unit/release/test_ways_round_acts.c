/* test_ways_round_acts.c - ways round by acts that no command of ours would make: dated ahead, for another, with words that are not known, by cheaper kinds of change. */
#include "base/proc.h"
#include "ways_round.h"

enum { DAY = 86400 };

static void policy_of(const char *more)
{
	AUTO_FREE char *name = mem_printf("acts-%u.yaml", versions++), *all = mem_printf("# %s\n%s", name, more),
		       *path = NULL;

	path = write_policy(&world, name,
		"[carl], emergency-cab: [carl], helpdesk: [trial], department/finance: [carl]", world.keys[CARL], all);
	replace_policy(&world, path);
}

static char *revision_of(const char *rfc)
{
	AUTO_JSON *shown = NULL;
	struct err e = { 0 };

	OK(rfc_show(world.r, rfc, &shown, &e));
	return mem_strdup(json_text(shown, "revision"));
}

static json_t *yes_to(const char *rfc, const char *role)
{
	AUTO_FREE char *revision = revision_of(rfc);

	return json_pack("{s:[{s:s, s:s}], s:s, s:s, s:s, s:s}", "votes", "rfc", rfc, "revision", revision, "role",
		role, "decision", "approve", "condition", "", "comment", "");
}

/* The number that the next RfC gets. */
static void next_id(char ret[32])
{
	struct err e = { 0 };

	OK(release_next(world.r, "rfc-open", "R", ret, &e));
}

static json_t *when_json(int64_t at)
{
	char text[32];

	when_utc(at, text);
	return json_string(text);
}

/* Newer than what any test before it let out. */
static void next_candidate(char ret[32])
{
	AUTO_FREE char *version = mem_printf("%u.0", 10 + versions++);

	add_candidate(&world, version, "pass", ret);
}

static void next_rfc(char ret_rfc[32])
{
	char candidate[32];

	next_candidate(candidate);
	open_rfc(&world, PAT, candidate, ret_rfc);
}

/* ---- a cheaper kind of change */
#define TEMPLATE                                                                                                       \
	"standard-changes: {agent-updates: {packages: [\"org-acme*\"], max-finding: low, expires: 2099-01-01, "        \
	"consent: []}}\n"                                                                                              \
	"emergency: {votes: [{role: emergency-cab, count: 1}], post-approval-within: 3d}\n"

/* A channel that was stopped, started again without anybody's vote (a template), or by the few of an emergency. */
static void a_cheap_restart(void **state)
{
	static const char *const kinds[] = { "standard", "emergency" };
	struct actor pat = as(&world, PAT);
	AUTO_JSON *stopped = NULL;
	char rfc[32], restart[32];
	struct err e = { 0 };

	(void)state;
	policy_of(TEMPLATE);
	next_rfc(rfc);
	OK(vote(&world, CARL, rfc, "change-manager", "approve", &e));
	OK(channel_stop(world.r, &pat, "production", "something is wrong", publisher, &stopped, &e));
	for (size_t i = 0; i < COUNT(kinds); i++) {
		AUTO_FREE char *subject = NULL;

		next_id(restart);
		subject = mem_printf("%s resume/production", restart);
		by_hand(PAT, when_now(), "rfc-open", subject,
			json_pack("{s:s, s:{s:[], s:s, s:s, s:s, s:s, s:s, s:s}}", "rfc", restart, "request",
				"candidates", "resume", "production", "type", kinds[i], "template", "agent-updates",
				"reason", "let us go on", "urgency", "high", "impact", "minor"));
		if (i)
			OK(vote(&world, CARL, restart, "emergency-cab", "approve", &e));
		refused_to(rfc, "production", "stop");
	}
	OK(rfc_open(world.r, &pat,
		json_pack("{s:[], s:s, s:s, s:s, s:s}", "candidates", "resume", "production", "reason", "mended",
			"urgency", "high", "impact", "minor"),
		restart, NULL, &e));
	OK(vote(&world, CARL, restart, "change-manager", "approve", &e));
	OK(release_it(rfc, &e));
}

/* A second emergency for the same candidate pays nothing of the first one's debt. */
static void an_emergency_twice(void **state)
{
	struct actor pat = as(&world, PAT);
	char candidate[32], first[32], second[32], normal[32];
	struct err e = { 0 };

	(void)state;
	policy_of("emergency: {votes: [{role: emergency-cab, count: 1}], post-approval-within: 0s}\n");
	next_candidate(candidate);
	for (int i = 0; i < 2; i++) {
		char *id = i ? second : first;

		OK(rfc_open(world.r, &pat,
			json_pack("{s:[s], s:s, s:s, s:s, s:s}", "candidates", candidate, "reason", "a hole", "urgency",
				"high", "impact", "minor", "type", "emergency"),
			id, NULL, &e));
		OK(vote(&world, CARL, id, "emergency-cab", "approve", &e));
		OK(release_it(id, &e));
	}
	OK(vote(&world, CARL, second, "change-manager", "approve", &e));
	for (int64_t let_out = when_now(); when_now() <= let_out;)
		;
	next_candidate(candidate);
	open_rfc(&world, PAT, candidate, normal);
	OK(vote(&world, CARL, normal, "change-manager", "approve", &e));
	refused_to(normal, "production", "debt");
	OK(vote(&world, CARL, first, "change-manager", "approve", &e));
	OK(release_it(normal, &e));
}

/* ---- old votes */
/* Authorised long ago, let out when something newer is there; or let out once more when something else took its place. */
static void yesterdays_version(void **state)
{
	char old[32], new[32], candidate[32];
	struct err e = { 0 };

	(void)state;
	policy_of("");
	next_candidate(candidate);
	open_rfc(&world, PAT, candidate, old);
	OK(vote(&world, CARL, old, "change-manager", "approve", &e));
	next_candidate(candidate);
	open_rfc(&world, PAT, candidate, new);
	OK(vote(&world, CARL, new, "change-manager", "approve", &e));
	OK(release_it(new, &e));
	assert_int_equal(release_it(old, &e), -1);
	assert_string_equal(e.code, "E_GATE");
	assert_non_null(strstr(e.text, "is older than"));
	e = (struct err){ 0 };
	next_candidate(candidate);
	open_rfc(&world, PAT, candidate, old);
	OK(vote(&world, CARL, old, "change-manager", "approve", &e));
	OK(release_it(old, &e));
	assert_int_equal(release_it(new, &e), -1);
	assert_string_equal(e.code, "E_GATE");
	assert_non_null(strstr(e.text, "released there before"));
}

/* ---- dates */
static void a_yes_from_tomorrow(void **state)
{
	AUTO_JSON *record = NULL, *answer = NULL;
	AUTO_FREE char *bytes = NULL, *sig = NULL;
	AUTO(signer) signer = { .fd = -1 };
	struct log_head head;
	size_t len, sig_len;
	char candidate[32], rfc[32];
	struct err e = { 0 };

	(void)state;
	policy_of("");
	next_candidate(candidate);
	open_rfc(&world, PAT, candidate, rfc);
	/* brought as a statement from elsewhere */
	OK(log_head(world.r->store, &head, &e));
	record = record_make("vote", when_now() + DAY, "carl", world.keys[CARL], policies_now(&world.r->chain)->digest,
		head.hash, yes_to(rfc, "change-manager"));
	OK(signer_open(&signer, world.homes[CARL], world.keys[CARL], &e));
	OK(record_sign(record, &signer, &bytes, &len, &sig, &sig_len, &e));
	assert_int_equal(rfc_vote_signed(world.r, bytes, len, sig, sig_len, &answer, &e), -1);
	assert_string_equal(e.code, "E_SIG_TIME");
	/* into the log by hand: the gate does not hear it yet, the signer refuses it altogether */
	by_hand(CARL, when_now() + DAY, "vote", rfc, yes_to(rfc, "change-manager"));
	e = (struct err){ 0 };
	assert_int_equal(release_it(rfc, &e), -1);
	assert_string_equal(e.code, "E_GATE");
	e = (struct err){ 0 };
	assert_int_equal(ask_signer(rfc, NULL, &e), -1);
	assert_string_equal(e.code, "E_SIG_TIME");
}

/* Appointed from tomorrow on, or until yesterday: a date that the deputy writes helps neither. */
static void a_deputy_out_of_dates(void **state)
{
	char rfc[32];
	json_t *body;

	(void)state;
	next_rfc(rfc);
	body = json_pack("{s:s, s:s, s:o, s:o}", "role", "change-manager", "deputy", "trial", "from",
		when_json(when_now() + DAY), "until", when_json(when_now() + 2 * DAY));
	by_hand(CARL, when_now(), "deputy", "deputy trial", body);
	body = yes_to(rfc, "change-manager");
	json_set_str(body, "for", "carl");
	by_hand(TRIAL, when_now() + DAY + 60, "vote", rfc, body);
	{
		struct err e = { 0 };

		assert_int_equal(release_it(rfc, &e), -1);
		assert_string_equal(e.code, "E_GATE");
	}
}

/* Signed within the appointment, as its date says, and behind what was signed when it was over. */
static void a_deputy_who_writes_an_old_date(void **state)
{
	char rfc[32];
	json_t *body;

	(void)state;
	body = json_pack("{s:s, s:s, s:o, s:o}", "role", "change-manager", "deputy", "trial", "from",
		when_json(when_now() - 2 * 3600), "until", when_json(when_now() - 3600));
	by_hand(CARL, when_now() - 2 * 3600, "deputy", "deputy trial", body);
	next_rfc(rfc);
	body = yes_to(rfc, "change-manager");
	json_set_str(body, "for", "carl");
	by_hand(TRIAL, when_now() - 5400, "vote", rfc, body);
	{
		struct err e = { 0 };

		assert_int_equal(release_it(rfc, &e), -1);
		assert_string_equal(e.code, "E_GATE");
	}
}

/* Who holds the role by somebody's leave leaves it to nobody else. */
static void a_deputys_deputy(void **state)
{
	struct actor carl = as(&world, CARL);
	AUTO_JSON *named = NULL;
	char rfc[32];
	json_t *body;
	struct err e = { 0 };

	(void)state;
	policy_of("");
	next_rfc(rfc);
	OK(deputy_add(world.r, &carl, "change-manager", "trial", when_now() - 5, when_now() + DAY, &named, &e));
	body = json_pack("{s:s, s:s, s:o, s:o}", "role", "change-manager", "deputy", "pat", "from",
		when_json(when_now() - 5), "until", when_json(when_now() + DAY));
	by_hand(TRIAL, when_now(), "deputy", "deputy pat", body);
	body = yes_to(rfc, "change-manager");
	json_set_str(body, "for", "trial");
	by_hand(PAT, when_now(), "vote", rfc, body);
	assert_int_equal(release_it(rfc, &e), -1);
	assert_string_equal(e.code, "E_GATE");
}

/* ---- other people's changes */
/* Room made for one's own change: another one's date moved, or the change withdrawn, by a helpdesk's signature. */
static void anothers_date(void **state)
{
	static const char *const acts[] = { "rfc-schedule", "rfc-withdraw", "rfc-not-installed" };
	struct actor carl = as(&world, CARL);
	AUTO_FREE char *at = NULL;
	AUTO_JSON *done = NULL;
	struct schedule_wish wish = { .length = "2h" };
	char mine[32], theirs[32], when[32];
	struct err e = { 0 };

	(void)state;
	policy_of("services: {agent: {packages: [\"org-acme*\"]}}\n"
		  "processes: {reporting: {department: finance, services: [agent], expected-downtime: 20m}}\n");
	next_rfc(theirs);
	next_rfc(mine);
	OK(vote(&world, CARL, mine, "change-manager", "approve", &e));
	OK(vote(&world, CARL, mine, "department/finance", "approve", &e));
	when_utc(when_now() + 300, when);
	wish.at = when;
	OK(rfc_schedule(world.r, &carl, theirs, &wish, &done, &e));
	refused_to(mine, "production", "conflict");
	for (size_t i = 0; i < COUNT(acts); i++) {
		json_t *body = i ? json_pack("{s:s, s:s}", "rfc", theirs, "reason", "mine is more important")
				 : json_pack("{s:s, s:s, s:s, s:s, s:s, s:[]}", "rfc", theirs, "revision", "", "at", "",
					   "until", "", "channel", "", "processes");

		by_hand(TRIAL, when_now(), acts[i], theirs, body);
		refused_to(mine, "production", "conflict");
	}
	/* and a date of one's own is none where a change manager gives them */
	policy_of("schedule: required\n");
	at = mem_strdup(when);
	by_hand(TRIAL, when_now(), "rfc-schedule", mine,
		json_pack("{s:s, s:s, s:s, s:s, s:s, s:[]}", "rfc", mine, "revision", "", "at", at, "until", at,
			"channel", "", "processes"));
	refused_to(mine, "production", "schedule");
}

/* ---- words that are not known */
static void a_yes_with_more_in_it(void **state)
{
	char rfc[32];
	json_t *body;
	struct err e = { 0 };

	(void)state;
	policy_of("");
	next_rfc(rfc);
	body = yes_to(rfc, "change-manager");
	json_set_str(body, "unless", "the board says no");
	by_hand(CARL, when_now(), "vote", rfc, body);
	refused_to(rfc, "production", "votes");
	OK(vote(&world, CARL, rfc, "change-manager", "approve", &e));
	OK(release_it(rfc, &e));
}

static void a_request_with_more_in_it(void **state)
{
	AUTO_FREE char *subject = NULL;
	AUTO_JSON *shown = NULL;
	char candidate[32], id[32];
	struct err e = { 0 };

	(void)state;
	next_candidate(candidate);
	next_id(id);
	subject = mem_printf("%s %s", id, candidate);
	by_hand(PAT, when_now(), "rfc-open", subject,
		json_pack("{s:s, s:{s:[s], s:s, s:s, s:s, s:s}}", "rfc", id, "request", "candidates", candidate,
			"reason", "x", "urgency", "low", "impact", "minor", "embargo", "2099-01-01"));
	assert_int_equal(rfc_show(world.r, id, &shown, &e), -1);
	assert_string_equal(e.code, "E_MISMATCH");
}

/* ---- signatures */
static void write_file(const char *name, const char *bytes, size_t len, char **ret_path)
{
	struct err e = { 0 };

	*ret_path = mem_printf("%s/%s", world.dir, name);
	OK(fs_write_file(*ret_path, bytes, len, 0600, &e));
}

static char *gpg_signs(const char *file, const char *const *how, size_t *ret_len)
{
	AUTO_FREE char *out = mem_printf("%s.gpg", file);
	const char *argv[24] = { "gpg", "--batch", "--yes", "--homedir", world.homes[CARL], "--output", out };
	struct proc_result done = { 0 };
	struct proc p = { .argv = argv, .stdin_fd = -1, .stdout_fd = -1, .output_limit = 64 << 10, .timeout_s = 60 };
	struct err e = { 0 };
	char *bytes = NULL;
	size_t at = 7;

	while (*how && at < COUNT(argv) - 2)
		argv[at++] = *how++;
	argv[at] = file;
	OK(proc_run(&p, &done, &e));
	assert_int_equal(done.exit, 0);
	proc_result_done(&done);
	OK(fs_read_file(out, 1 << 20, &bytes, ret_len, &e));
	return bytes;
}

static void refused_as(const char *code, const char *bytes, size_t len, const char *sig, size_t sig_len)
{
	AUTO_JSON *answer = NULL;
	struct err e = { 0 };

	assert_int_equal(rfc_vote_signed(world.r, bytes, len, sig, sig_len, &answer, &e), -1);
	if (!e.code || strcmp(e.code, code) != 0)
		fail_msg("want %s: %s: %s", code, e.code ? e.code : "", e.text);
}

/* The right key, and a form that is not the one: SHA-1, cleartext, bytes behind the signature, a second one that fits nothing. */
static void odd_signatures(void **state)
{
	static const char *const sha1[] = { "--detach-sign", "--digest-algo", "SHA1", "--allow-weak-digest-algos",
		NULL },
				 *const clear[] = { "--clearsign", NULL }, *const plain[] = { "--detach-sign", NULL },
				 *const whole[] = { "--sign", NULL };
	AUTO_FREE char *bytes = NULL, *file = NULL, *other = NULL, *weak = NULL, *text = NULL, *good = NULL,
		       *bad = NULL, *inside = NULL, *both = NULL;
	struct actor carl = as(&world, CARL);
	char candidate[32], rfc[32], *ids[] = { rfc };
	AUTO_JSON *answer = NULL;
	size_t len, weak_len, text_len, good_len, bad_len, inside_len;
	struct err e = { 0 };

	(void)state;
	next_candidate(candidate);
	open_rfc(&world, PAT, candidate, rfc);
	OK(rfc_statement(world.r, &carl, ids, 1, "change-manager", "approve", "", NULL, &bytes, &len, &e));
	write_file("statement", bytes, len, &file);
	write_file("another", "other bytes", 11, &other);
	weak = gpg_signs(file, sha1, &weak_len);
	refused_as("E_SIG_WEAK", bytes, len, weak, weak_len);
	text = gpg_signs(file, clear, &text_len);
	refused_as("E_SIG_BAD", bytes, len, text, text_len);
	inside = gpg_signs(file, whole, &inside_len);
	refused_as("E_SIG_BAD", bytes, len, inside, inside_len);
	good = gpg_signs(file, plain, &good_len);
	bad = gpg_signs(other, plain, &bad_len);
	both = mem_alloc(good_len + bad_len + 8);
	memcpy(both, good, good_len);
	memcpy(both + good_len, "trailing", 8);
	refused_as("E_SIG_BAD", bytes, len, both, good_len + 8);
	memcpy(both + good_len, bad, bad_len);
	refused_as("E_SIG_BAD", bytes, len, both, good_len + bad_len);
	/* one byte more in what was signed */
	bytes[len - 1] = ' ';
	refused_as("E_CORRUPT", bytes, len, good, good_len);
	bytes[len - 1] = '}';
	OK(rfc_vote_signed(world.r, bytes, len, good, good_len, &answer, &e));
}

int main(void)
{
	/* The last two leave records behind that stay in every answer. */
	const struct CMUnitTest tests[] = { cmocka_unit_test(a_cheap_restart), cmocka_unit_test(an_emergency_twice),
		cmocka_unit_test(yesterdays_version), cmocka_unit_test(a_yes_from_tomorrow),
		cmocka_unit_test(a_deputy_out_of_dates), cmocka_unit_test(a_deputys_deputy),
		cmocka_unit_test(anothers_date), cmocka_unit_test(a_yes_with_more_in_it),
		cmocka_unit_test(odd_signatures), cmocka_unit_test(a_request_with_more_in_it),
		cmocka_unit_test(a_deputy_who_writes_an_old_date) };

	return cmocka_run_group_tests(tests, setup, teardown);
}
