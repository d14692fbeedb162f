/* test_release.c - a store from init to release, and every way round the gate that we could think of. */
#include "one_world.h"
#include <sys/stat.h>

static int published;

static int publisher(struct store *s, const char *channel, const struct signer_answer *answer, struct err *e)
{
	assert_string_equal(channel, "production");
	assert_non_null(answer->release);
	published++;
	return 0;
}

static json_t *audited(void)
{
	struct err e = { 0 };
	json_t *answer = NULL;

	OK(audit_store(world.r->store, &answer, &e));
	return answer;
}

static void assert_sound(void)
{
	AUTO_JSON *answer = audited();
	AUTO_FREE char *text = json_dumps(answer, JSON_INDENT(1));

	if (!json_flag(answer, "ok"))
		fail_msg("%s", text);
}

static void assert_found(const char *what, const char *where)
{
	AUTO_JSON *answer = audited();
	AUTO_FREE char *text = json_dumps(answer, JSON_INDENT(1));
	size_t i;
	json_t *item;

	json_array_foreach(json_list(answer, "findings"), i, item)
		if (strcmp(json_text(item, "what"), what) == 0 && strstr(json_text(item, "where"), where))
			return;
	fail_msg("no finding %s %s in %s", what, where, text);
}

static bool refuses_by(const char *rfc, const char *rule)
{
	AUTO_JSON *answer = NULL;
	struct err e = { 0 };
	size_t i;
	json_t *reason;

	OK(release_gate(world.r, rfc, "production", when_now(), &answer, &e));
	json_array_foreach(json_list(answer, "reasons"), i, reason)
		if (strcmp(json_text(reason, "rule"), rule) == 0)
			return true;
	return false;
}

static int release_it(const char *rfc, json_t **ret, struct err *e)
{
	struct actor trial = as(&world, TRIAL);

	return release_to(world.r, &trial, rfc, "production", publisher, ret, e);
}

static void the_whole_way(void **state)
{
	AUTO_JSON *answer = NULL, *shown = NULL, *reasons = NULL, *current = NULL;
	struct err e = { 0 };
	char candidate[32], rfc[32];

	add_candidate(&world, "1.0", "pass", candidate);
	assert_string_equal(candidate, "C-1");
	open_rfc(&world, PAT, candidate, rfc);
	assert_string_equal(rfc, "R-1");
	OK(rfc_show(world.r, rfc, &shown, &e));
	assert_string_equal(json_text(shown, "state"), "voting");
	assert_string_equal(json_text(shown, "priority"), "medium");
	assert_true(refuses_by(rfc, "votes"));
	assert_int_equal(release_it(rfc, &answer, &e), -1);
	assert_string_equal(e.code, "E_GATE");
	assert_true(json_array_size(json_list(answer, "reasons")) > 0);
	json_decref(answer);
	answer = NULL;

	/* The signer, called directly, refuses with the gate's reasons. */
	assert_int_equal(ask_signer(rfc, &reasons, &e), -1);
	assert_string_equal(json_text(json_array_get(reasons, 0), "rule"), "votes");

	OK(vote(&world, CARL, rfc, "change-manager", "approve", &e));
	json_decref(shown);
	shown = NULL;
	OK(rfc_show(world.r, rfc, &shown, &e));
	assert_string_equal(json_text(shown, "state"), "authorised");
	assert_string_equal(json_text(json_array_get(json_list(shown, "votes"), 0), "comment_text"), "looks fine");

	/* Authorised, but nobody signed the release: the signer will not. */
	assert_int_equal(ask_signer(rfc, NULL, &e), -1);
	assert_non_null(strstr(e.text, "nobody signed"));

	OK(release_it(rfc, &answer, &e));
	assert_int_equal(published, 1);
	assert_int_equal(json_int(answer, "serial"), 1);
	OK(release_current(world.r, "production", &current, &e));
	assert_string_equal(json_text(json_array_get(json_list(current, "packages"), 0), "path"),
		"deb/pool/a/org-acme_1.0_amd64.deb");
	assert_sound();
}

static void a_second_version_takes_its_place(void **state)
{
	AUTO_JSON *answer = NULL, *current = NULL, *old = NULL, *status = NULL;
	struct err e = { 0 };
	char candidate[32], rfc[32];

	add_candidate(&world, "1.1", "pass", candidate);
	open_rfc(&world, PAT, candidate, rfc);
	OK(candidate_released(world.r, "acme", &old, &e));
	assert_string_equal(json_text(old, "version"), "1.0");
	OK(vote(&world, CARL, rfc, "change-manager", "approve", &e));
	OK(release_it(rfc, &answer, &e));
	assert_int_equal(json_int(answer, "serial"), 2);
	OK(release_current(world.r, "production", &current, &e));
	assert_int_equal(json_array_size(json_list(current, "packages")), 1);
	assert_int_equal(json_array_size(json_list(current, "releases")), 1);
	assert_string_equal(json_text(json_array_get(json_list(current, "packages"), 0), "version"), "1.1");
	OK(release_status(world.r, &status, &e));
	assert_int_equal(json_int(json_map(status, "rfcs"), "released"), 2);
}

static int add_item(void *context, const struct snap_item *line, struct err *e)
{
	AUTO_JSON *package = snap_item_json(line, e);

	audit_items_add(context, line, package, true);
	return 0;
}

/* What audit_snapshot finds in that release.json, with nothing but blobs. */
static json_t *asked_again(const json_t *release, struct policies *chain)
{
	AUTO(audit_items) items = { 0 };
	AUTO_FREE char *path = fs_join(world.dir, "asked.json"), *bytes = NULL;
	AUTO_FD int fd = -1;
	json_t *findings = json_array();
	struct err e = { 0 };
	size_t len;

	OK(json_canonical(release, &bytes, &len, &e));
	OK(fs_write_file(path, bytes, len, 0600, &e));
	fd = snap_lines(fs_open_file(path, &e), path, &e);
	OK(audit_items_open(&items, fd, NULL, &e));
	OK(snap_each_fd(fd, SNAP_PACKAGES, add_item, &items, &e));
	OK(audit_snapshot(&(struct audit_asked){ &world.r->source.source, chain, json_text(release, "channel"), &items,
				  findings },
		&e));
	return findings;
}

static void a_snapshot_is_asked_again(void **state)
{
	AUTO_JSON *current = NULL, *good = NULL, *stranger = NULL, *other = NULL, *unvoted = NULL;
	struct policies chain;
	struct err e = { 0 };

	OK(release_current(world.r, "production", &current, &e));
	OK(audit_policies(&world.r->source.source, current, world.r->chain.at[0].digest, &chain, &e));
	good = asked_again(current, &chain);
	assert_int_equal(json_array_size(good), 0);
	/* a package that nobody let in */
	json_array_append_new(
		json_list(current, "packages"), json_pack("{s:s, s:s}", "rfc", "R-77", "path", "deb/pool/x.deb"));
	stranger = asked_again(current, &chain);
	assert_int_equal(json_array_size(stranger), 1);
	assert_string_equal(json_text(json_array_get(stranger, 0), "where"), "deb/pool/x.deb");
	/* one that goes by the name of an RfC that was about something else */
	json_set_str(json_array_get(json_list(current, "packages"), 1), "rfc",
		json_text(json_array_get(json_list(current, "releases"), 0), "rfc"));
	other = asked_again(current, &chain);
	assert_int_equal(json_array_size(other), 1);
	assert_non_null(strstr(json_text(json_array_get(other, 0), "text"), "none of those"));
	/* a vote taken out of the published records */
	json_array_remove(json_list(current, "packages"), 1);
	json_array_remove(json_list(json_array_get(json_list(current, "releases"), 0), "records"), 2);
	unvoted = asked_again(current, &chain);
	assert_string_equal(json_text(json_array_get(unvoted, 0), "what"), "gate");
	policies_done(&chain);
	assert_int_equal(audit_policies(&world.r->source.source, current,
				 "0000000000000000000000000000000000000000000000000000000000000000", &chain, &e),
		-1);
}

static void rows_decide_nothing(void **state)
{
	AUTO_JSON *answer = NULL;
	AUTO_FREE char *found = NULL;
	struct err e = { 0 };
	char candidate[32], rfc[32], *statement;

	add_candidate(&world, "1.2", "pass", candidate);
	open_rfc(&world, PAT, candidate, rfc);
	statement = mem_printf("UPDATE rfc SET state = 'authorised' WHERE id = '%s'", rfc);
	assert_int_equal(sql(statement), 0);
	free(statement);
	found = state_of(&world, rfc);
	assert_string_equal(found, "voting");
	assert_int_equal(release_it(rfc, &answer, &e), -1);
	assert_string_equal(e.code, "E_GATE");
	assert_int_equal(ask_signer(rfc, NULL, &e), -1);
	assert_found("catalogue", rfc);
	statement = mem_printf("UPDATE rfc SET state = 'voting' WHERE id = '%s'", rfc);
	assert_int_equal(sql(statement), 0);
	free(statement);
	assert_sound();
}

/* A record written into the log without its maker's signature. */
static void a_forged_vote(void **state)
{
	AUTO_JSON *body = NULL, *record = NULL, *shown = NULL, *answer = NULL;
	AUTO_FREE char *bytes = NULL;
	struct db *db;
	struct log_head head;
	struct err e = { 0 };
	char candidate[32], rfc[32], digest[65], signature[65];
	size_t len;

	add_candidate(&world, "1.3", "pass", candidate);
	open_rfc(&world, PAT, candidate, rfc);
	OK(rfc_show(world.r, rfc, &shown, &e));
	body = json_pack("{s:[{s:s, s:s}], s:s, s:s, s:s, s:s}", "votes", "rfc", rfc, "revision",
		json_text(shown, "revision"), "role", "change-manager", "decision", "approve", "condition", "",
		"comment", "");
	OK(log_head(world.r->store, &head, &e));
	record = record_make("vote", when_now(), "carl", world.keys[CARL], policies_now(&world.r->chain)->digest,
		head.hash, json_incref(body));
	OK(json_canonical(record, &bytes, &len, &e));
	put(&world, bytes, digest);
	put(&world, "no signature", signature);
	db = world.r->store->db; /* another one since the acts above: the signer was told of them meanwhile */
	OK(db->ops->begin(db, &e));
	OK(log_append(world.r->store, "carl", "vote", rfc, "ok", digest, signature, &e));
	OK(db->ops->commit(db, &e));
	assert_int_equal(release_it(rfc, &answer, &e), -1);
	assert_int_equal(ask_signer(rfc, NULL, &e), -1);
	assert_found("record", rfc);
	/* taking the row out again breaks nothing that was signed, since no snapshot was made meanwhile */
	assert_int_equal(sql("DELETE FROM log WHERE seq = (SELECT MAX(seq) FROM log)"), 0);
	assert_sound();
}

static void a_changed_log(void **state)
{
	struct err e = { 0 };

	assert_int_equal(sql("UPDATE log SET person = 'carl' WHERE action = 'submit' AND subject = 'C-1'"), 0);
	assert_found("log", "log");
	assert_int_equal(ask_signer("R-1", NULL, &e), -1);
	assert_int_equal(sql("UPDATE log SET person = 'pat' WHERE action = 'submit' AND subject = 'C-1'"), 0);
	assert_sound();
}

static void a_replayed_vote(void **state)
{
	AUTO_JSON *edited = NULL, *noted = NULL, *answer = NULL, *voted = NULL;
	AUTO_FREE char *statement = NULL, *found = NULL, *path = fs_join(world.dir, "statement"), *sig_path = NULL,
		       *sig = NULL;
	struct actor carl = as(&world, CARL), pat = as(&world, PAT);
	struct err e = { 0 };
	char candidate[32], rfc[32];
	char *ids[] = { rfc };
	size_t len, sig_len;

	add_candidate(&world, "1.4", "pass", candidate);
	open_rfc(&world, PAT, candidate, rfc);
	OK(rfc_statement(world.r, &carl, ids, 1, "change-manager", "approve", "from home", NULL, &statement, &len, &e));
	OK(fs_write_file(path, statement, len, 0644, &e));
	sig_path = sign_file(&world, CARL, path);
	OK(fs_read_file(sig_path, 1 << 20, &sig, &sig_len, &e));
	/* a note binds no vote */
	OK(rfc_edit(world.r, &pat, rfc, json_pack("{s:s}", "notes", "called carl"), &noted, &e));
	assert_false(json_flag(noted, "new_revision"));
	OK(rfc_vote_signed(world.r, statement, len, sig, sig_len, &voted, &e));
	found = state_of(&world, rfc);
	assert_string_equal(found, "authorised");
	/* the same statement twice, and on another revision */
	assert_int_equal(rfc_vote_signed(world.r, statement, len, sig, sig_len, &answer, &e), -1);
	OK(rfc_edit(world.r, &pat, rfc, json_pack("{s:s}", "risks", "more than we thought"), &edited, &e));
	assert_true(json_flag(edited, "new_revision"));
	assert_string_equal(json_string_value(json_array_get(json_list(edited, "changed"), 0)), "risks");
	assert_string_equal(json_text(edited, "state"), "voting");
	assert_int_equal(rfc_vote_signed(world.r, statement, len, sig, sig_len, &answer, &e), -1);
	assert_string_equal(e.code, "E_MISMATCH");
	/* a statement that was changed after it was signed */
	statement[len - 2] ^= 1;
	assert_int_equal(rfc_vote_signed(world.r, statement, len, sig, sig_len, &answer, &e), -1);
}

/* The same vote made by hand: signed by its maker, put into the log as the program would. */
static void cast_anyway(int who, const char *rfc)
{
	AUTO_JSON *shown = NULL, *body = NULL;
	struct actor actor = as(&world, who);
	struct err e = { 0 };
	struct act act = { "vote", rfc, NULL, NULL, NULL };
	char record[65];

	OK(rfc_show(world.r, rfc, &shown, &e));
	body = json_pack("{s:[{s:s, s:s}], s:s, s:s, s:s, s:s}", "votes", "rfc", rfc, "revision",
		json_text(shown, "revision"), "role", "change-manager", "decision", "approve", "condition", "",
		"comment", "");
	act.body = body;
	OK(release_act(world.r, &actor, &act, record, &e));
}

static void votes_that_do_not_count(void **state)
{
	AUTO_JSON *answer = NULL;
	struct err e = { 0 };
	char candidate[32], rfc[32];

	add_candidate(&world, "1.5", "pass", candidate);
	open_rfc(&world, PAT, candidate, rfc);
	/* requester and submitter, though in the role */
	assert_int_equal(vote(&world, PAT, rfc, "change-manager", "approve", &e), -1);
	assert_int_equal(e.class, ERR_VERDICT);
	cast_anyway(PAT, rfc);
	assert_true(refuses_by(rfc, "separation"));
	assert_int_equal(vote(&world, TRIAL, rfc, "change-manager", "approve", &e), -1); /* not in the role */
	OK(vote(&world, CARL, rfc, "change-manager", "reject", &e));
	assert_true(refuses_by(rfc, "reject"));
	OK(vote(&world, CARL, rfc, "change-manager", "approve", &e));
	OK(release_it(rfc, &answer, &e));
}

static void a_key_that_the_policy_dropped(void **state)
{
	AUTO_FREE char *home = fs_join(world.dir, "carl2"), *with = NULL, *back = NULL,
		       *certs = fs_join(world.dir, "keyring.asc");
	AUTO_FREE char *armor = NULL;
	AUTO_JSON *answer = NULL;
	struct err e = { 0 };
	char candidate[32], rfc[32], key[65];
	size_t len;

	add_candidate(&world, "1.6", "pass", candidate);
	open_rfc(&world, PAT, candidate, rfc);
	OK(vote(&world, CARL, rfc, "change-manager", "approve", &e));
	assert_false(refuses_by(rfc, "votes"));
	OK(key_generate(home, "carl again", "ed25519", 0, key, &e));
	OK(key_export(home, key, &armor, &len, &e));
	OK(fs_write_file(certs, armor, len, 0644, &e));
	with = write_policy(&world, "policy2.yaml", "[carl]", key, "");
	replace_policy(&world, with);
	assert_true(refuses_by(rfc, "votes"));
	assert_int_equal(release_it(rfc, &answer, &e), -1);
	assert_int_equal(vote(&world, CARL, rfc, "change-manager", "approve", &e), -1); /* with the old key */
	assert_sound(); /* what was released before stands as it was judged then */

	/* the old bytes, though signed once, do not come back; with another comment they do */
	back = write_policy(&world, "policy.yaml", "[carl]", world.keys[CARL], "");
	{
		AUTO_FREE char *sig = sign_file(&world, TRIAL, back);
		struct actor owner = as(&world, TRIAL);

		assert_int_equal(
			policy_replace(world.r, &owner,
				&(struct policy_replacement){ .file = back, .signatures = &sig, .signatures_len = 1 },
				&answer, &e),
			-1);
		assert_string_equal(e.code, "E_ROLLBACK");
	}
	free(back);
	back = write_policy(&world, "policy.yaml", "[carl]", world.keys[CARL], "# again\n");
	replace_policy(&world, back);
	assert_false(refuses_by(rfc, "votes"));
	assert_sound();
}

static void a_policy_needs_its_owner(void **state)
{
	AUTO_FREE char *path = write_policy(&world, "mine.yaml", "[pat]", world.keys[CARL], "# mine\n"),
		       *sig = sign_file(&world, PAT, path);
	AUTO_JSON *answer = NULL;
	struct actor pat = as(&world, PAT);
	struct err e = { 0 };
	struct release *again;

	assert_int_equal(policy_replace(world.r, &pat,
				 &(struct policy_replacement){ .file = path, .signatures = &sig, .signatures_len = 1 },
				 &answer, &e),
		-1);
	assert_string_equal(e.code, "E_SIG_UNTRUSTED");
	OK(release_open(world.store, &again, &e));
	assert_string_equal(policies_now(&again->chain)->digest, policies_now(&world.r->chain)->digest);
	release_close(again);
}

static void a_stricter_policy_bites(void **state)
{
	AUTO_FREE char *strict = NULL, *loose = NULL;
	struct err e = { 0 };
	char candidate[32], rfc[32];

	add_candidate(&world, "1.7", "pass", candidate);
	open_rfc(&world, PAT, candidate, rfc);
	OK(vote(&world, CARL, rfc, "change-manager", "approve", &e));
	assert_false(refuses_by(rfc, "external"));
	strict = write_policy(&world, "strict.yaml", "[carl]", world.keys[CARL], "external: {required: true}\n");
	replace_policy(&world, strict);
	assert_true(refuses_by(rfc, "external"));
	loose = write_policy(&world, "loose.yaml", "[carl]", world.keys[CARL], "# loose\n");
	replace_policy(&world, loose);
}

static void changed_package_bytes(void **state)
{
	AUTO_FREE char *path = NULL;
	AUTO_JSON *shown = NULL, *answer = NULL;
	struct err e = { 0 };
	char candidate[32], rfc[32];

	add_candidate(&world, "1.8", "pass", candidate);
	open_rfc(&world, PAT, candidate, rfc);
	OK(vote(&world, CARL, rfc, "change-manager", "approve", &e));
	OK(candidate_show(world.r, candidate, &shown, &e));
	path = blob_path(world.r->store->blobs,
		json_text(json_array_get(json_list(json_map(shown, "submit"), "packages"), 0), "sha256"));
	chmod(path, 0644);
	OK(fs_write_file(path, "package 1.9", 11, 0444, &e));
	assert_true(refuses_by(rfc, "package"));
	assert_int_equal(release_it(rfc, &answer, &e), -1);
	OK(fs_write_file(path, "package 1.8", 11, 0444, &e));
	assert_false(refuses_by(rfc, "package"));
}

static void negative_evidence_is_recorded(void **state)
{
	AUTO_FREE char *found = NULL;
	struct err e = { 0 };
	char candidate[32], rfc[32];

	add_candidate(&world, "2.0", "fail", candidate);
	open_rfc(&world, PAT, candidate, rfc);
	found = state_of(&world, rfc);
	assert_string_equal(found, "draft");
	assert_int_equal(vote(&world, CARL, rfc, "change-manager", "approve", &e), -1);
	assert_true(refuses_by(rfc, "evidence"));
}

static void withdrawing(void **state)
{
	AUTO_FREE char *found = NULL;
	struct actor pat = as(&world, PAT);
	struct err e = { 0 };
	char candidate[32], rfc[32];

	add_candidate(&world, "2.1", "pass", candidate);
	open_rfc(&world, PAT, candidate, rfc);
	OK(vote(&world, CARL, rfc, "change-manager", "approve", &e));
	OK(rfc_withdraw(world.r, &pat, rfc, "not now", &e));
	found = state_of(&world, rfc);
	assert_string_equal(found, "withdrawn");
	assert_true(refuses_by(rfc, "withdrawn"));
	assert_int_equal(vote(&world, CARL, rfc, "change-manager", "approve", &e), -1);
}

/* R3 and the acceptance of findings: an impact below them is not taken, an acceptance is a new revision. */
static void findings_need_acceptance(void **state)
{
	AUTO_JSON *list = NULL, *warnings = NULL;
	AUTO_FREE char *before = NULL, *after = NULL;
	struct actor pat = as(&world, PAT), carl = as(&world, CARL);
	struct err e = { 0 };
	char candidate[32], rfc[32];
	const char *finding;

	add_candidate_with(&world, "2.5", "pass",
		json_pack("{s:[{s:s, s:s, s:s, s:s, s:s, s:s, s:s}]}", "findings", "check", "setuid-new", "severity",
			"high", "where", "/usr/bin/x", "old", "0755", "new", "4755", "text", "it became setuid",
			"remedy", ""),
		candidate);
	assert_int_equal(rfc_open(world.r, &pat,
				 json_pack("{s:[s], s:s, s:s, s:s}", "candidates", candidate, "reason", "a hole",
					 "urgency", "high", "impact", "minor"),
				 rfc, NULL, &e),
		-1);
	assert_int_equal(e.class, ERR_VERDICT);
	OK(rfc_open(world.r, &pat,
		json_pack("{s:[s], s:s, s:s, s:s, s:s, s:s, s:s}", "candidates", candidate, "reason", "a hole",
			"urgency", "high", "impact", "significant", "risks", "few", "plan", "one night", "back-out",
			"the old one"),
		rfc, &warnings, &e));
	assert_string_equal(json_text(json_array_get(warnings, 0), "rule"), "findings");
	before = state_of(&world, rfc);
	assert_string_equal(before, "draft");
	OK(finding_list(world.r, candidate, &list, &e));
	finding = json_text(json_array_get(json_list(list, "findings"), 0), "digest");
	assert_int_equal(finding_accept(world.r, &carl, candidate, finding, "packager", "known", 0, NULL, &e), -1);
	OK(finding_accept(world.r, &carl, candidate, finding, "change-manager", "known", 0, NULL, &e));
	after = state_of(&world, rfc);
	assert_string_equal(after, "voting");
}

/* Two owners of two: one alone changes nothing. */
static void a_threshold_of_owners(void **state)
{
	AUTO_FREE char *path = write_policy(&world, "two.yaml", "[carl]", world.keys[CARL], "# two\n"), *text = NULL,
		       *both = NULL;
	AUTO_FREE char *first = NULL, *second = NULL, *next = NULL;
	AUTO_JSON *answer = NULL;
	struct actor owner = as(&world, TRIAL);
	struct err e = { 0 };
	static const char from[] = "{threshold: 1, people: [trial]}", to[] = "{threshold: 2, people: [trial, carl]}";
	char *at, *sigs[2];
	size_t len;

	OK(fs_read_file(path, 1 << 20, &text, &len, &e));
	at = strstr(text, from);
	both = mem_printf("%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
	OK(fs_write_file(path, both, strlen(both), 0644, &e));
	replace_policy(&world, path);
	next = write_policy(&world, "one.yaml", "[carl]", world.keys[CARL], "# one\n");
	first = sign_file(&world, TRIAL, next);
	second = sign_file(&world, CARL, next);
	sigs[0] = first;
	sigs[1] = first; /* twice the same owner is one owner */
	assert_int_equal(policy_replace(world.r, &owner,
				 &(struct policy_replacement){ .file = next, .signatures = sigs, .signatures_len = 2 },
				 &answer, &e),
		-1);
	assert_string_equal(e.code, "E_SIG_UNTRUSTED");
	sigs[1] = second;
	OK(policy_replace(world.r, &owner,
		&(struct policy_replacement){ .file = next, .signatures = sigs, .signatures_len = 2 }, &answer, &e));
	assert_sound();
}

/* A row taken from the end of the log, below a head that was signed: the signer remembers. */
static void a_shortened_log(void **state)
{
	struct err e = { 0 };
	char *statement;
	AUTO_JSON *answer = NULL;
	char candidate[32], rfc[32];

	add_candidate(&world, "3.0", "pass", candidate);
	open_rfc(&world, PAT, candidate, rfc);
	OK(vote(&world, CARL, rfc, "change-manager", "approve", &e));
	OK(release_it(rfc, &answer, &e));
	statement = mem_strdup("DELETE FROM log WHERE seq > (SELECT MAX(seq) - 3 FROM log)");
	assert_int_equal(sql(statement), 0);
	free(statement);
	assert_int_equal(ask_signer("R-1", NULL, &e), -1);
	assert_string_equal(e.code, "E_ROLLBACK");
	assert_found("catalogue", "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_whole_way),
		cmocka_unit_test(a_second_version_takes_its_place),
		cmocka_unit_test(a_snapshot_is_asked_again),
		cmocka_unit_test(rows_decide_nothing),
		cmocka_unit_test(a_forged_vote),
		cmocka_unit_test(a_changed_log),
		cmocka_unit_test(a_replayed_vote),
		cmocka_unit_test(votes_that_do_not_count),
		cmocka_unit_test(a_key_that_the_policy_dropped),
		cmocka_unit_test(a_policy_needs_its_owner),
		cmocka_unit_test(a_stricter_policy_bites),
		cmocka_unit_test(changed_package_bytes),
		cmocka_unit_test(negative_evidence_is_recorded),
		cmocka_unit_test(withdrawing),
		cmocka_unit_test(findings_need_acceptance),
		cmocka_unit_test(a_threshold_of_owners),
		cmocka_unit_test(a_shortened_log),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
