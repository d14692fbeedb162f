/* test_ways_round.c - ways round the gate that somebody with the store in their hands might try. Each is refused by the command and by the signer, asked
 * directly, with the rule that says no; what decides nothing but was changed, the audit finds. More of them: test_hostile.c, test_finding.c, tests/data/gate. */
#include "ways_round.h"
#include <unistd.h>

static void refused(const char *rfc, const char *rule)
{
	refused_to(rfc, "production", rule);
}

static void voted(char ret_rfc[32])
{
	struct err e = { 0 };

	new_rfc(ret_rfc);
	OK(vote(&world, CARL, ret_rfc, "change-manager", "approve", &e));
}

/* The catalogue as it is now, kept and put back: what one test breaks, the next does not see. */
static char *kept_catalogue(void)
{
	AUTO_FREE char *from = fs_join(world.store, "catalogue.db");
	char *to = mem_printf("%s/kept.%u.db", world.dir, versions++);
	struct err e = { 0 };

	store_pause(world.r->store);
	OK(fs_copy_file(from, to, 0600, &e));
	OK(store_resume(world.r->store, &e));
	return to;
}

static void put_back(const char *from)
{
	AUTO_FREE char *to = fs_join(world.store, "catalogue.db");
	struct err e = { 0 };

	store_pause(world.r->store);
	unlink(to);
	OK(fs_copy_file(from, to, 0600, &e));
	OK(store_resume(world.r->store, &e));
}

static char *copy_of(const char *path)
{
	char *to = mem_printf("%s/kept.%u", world.dir, versions++);
	struct err e = { 0 };

	OK(fs_copy_file(path, to, 0600, &e));
	return to;
}

static void restore(const char *from, const char *path)
{
	struct err e = { 0 };

	unlink(path);
	OK(fs_copy_file(from, path, 0600, &e));
}

static void spoil(const char *digest)
{
	AUTO_FREE char *path = blob_path(world.r->store->blobs, digest), *bytes = NULL;
	struct err e = { 0 };
	size_t len;

	OK(fs_read_file(path, 1 << 20, &bytes, &len, &e));
	bytes[len / 2] ^= 1;
	unlink(path);
	OK(fs_write_file(path, bytes, len, 0600, &e));
}

static json_t *submit_of(const char *rfc)
{
	AUTO_JSON *shown = NULL, *candidate = NULL;
	struct err e = { 0 };

	OK(rfc_show(world.r, rfc, &shown, &e));
	OK(candidate_show(world.r, json_text(json_array_get(json_list(shown, "candidates"), 0), "id"), &candidate, &e));
	return json_incref(json_map(candidate, "submit"));
}

/* ---- the catalogue */
static bool audit_finds(void)
{
	AUTO_JSON *told = NULL;
	struct err e = { 0 };

	return audit_store(world.r->store, &told, &e) || !json_flag(told, "ok");
}

static bool is_other_table(char **last, const char *name)
{
	bool is_other = !*last || strcmp(*last, name) != 0;

	free(*last);
	*last = mem_strdup(name);
	return is_other;
}

/* Every cell of every table: each change is found, and lets nothing out. */
static void every_table_edited(void **state)
{
	AUTO_JSON *cells = NULL;
	AUTO_FREE char *kept = NULL, *table = NULL;
	struct err e = { 0 };
	char rfc[32], out[32];
	size_t i;
	json_t *cell;

	voted(out);
	OK(release_it(out, &e));
	new_rfc(rfc);
	assert_false(audit_finds());
	cells = db_rows(world.r->store->db,
		"SELECT m.name AS t, c.name AS c FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = "
		"'table' "
		"AND m.name <> 'schema_version'",
		NULL, 0, &e);
	assert_true(json_array_size(cells) > 20);
	kept = kept_catalogue();
	json_array_foreach(cells, i, cell) {
		AUTO_FREE char *change = mem_printf(
			"UPDATE %s SET %s = CASE typeof(%s) WHEN 'integer' THEN %s + 7 ELSE "
			"'approved' || substr(%s, 9) END WHERE rowid = (SELECT MAX(rowid) FROM %s)",
			json_text(cell, "t"), json_text(cell, "c"), json_text(cell, "c"), json_text(cell, "c"),
			json_text(cell, "c"), json_text(cell, "t"));

		OK(sql(change));
		if (!audit_finds())
			fail_msg("nobody noticed: %s", change);
		if (is_other_table(&table, json_text(cell, "t"))) {
			e = (struct err){ 0 };
			if (release_it(rfc, &e) == 0 || ask_signer(rfc, NULL, &e) == 0)
				fail_msg("let out by: %s", change);
		}
		put_back(kept);
	}
	assert_false(audit_finds());
}

static void rows_taken_out(void **state)
{
	static const char *const statements[] = { "DELETE FROM candidate", "DELETE FROM rfc", "DELETE FROM snapshot",
		"DELETE FROM log WHERE seq = 2", "DELETE FROM log WHERE seq = (SELECT MAX(seq) FROM log)" };
	AUTO_FREE char *kept = kept_catalogue();

	for (size_t i = 0; i < COUNT(statements); i++) {
		struct err e = { 0 };

		OK(sql(statements[i]));
		/* the last row is the signer's to miss: its own memory of the log */
		if (!audit_finds() && ask_signer("", NULL, &e) == 0)
			fail_msg("nobody noticed: %s", statements[i]);
		put_back(kept);
	}
}

/* From before the no. */
static void a_backup_put_back(void **state)
{
	AUTO_FREE char *kept = NULL, *now = NULL;
	struct err e = { 0 };
	char rfc[32];

	voted(rfc);
	kept = kept_catalogue();
	OK(vote(&world, CARL, rfc, "change-manager", "reject", &e));
	now = kept_catalogue();
	put_back(kept);
	refused(rfc, "E_ROLLBACK");
	put_back(now);
	refused(rfc, "reject");
}

/* ---- votes */
static void a_yes_to_another_revision(void **state)
{
	struct actor pat = as(&world, PAT);
	AUTO_JSON *answer = NULL;
	struct err e = { 0 };
	char rfc[32];

	voted(rfc);
	OK(rfc_edit(world.r, &pat, rfc, json_pack("{s:s}", "plan", "by day, too"), &answer, &e));
	assert_true(json_flag(answer, "new_revision"));
	refused(rfc, "votes");
}

/* The row of a yes to one RfC, written again for another one. */
static void a_yes_to_another_rfc(void **state)
{
	AUTO_FREE char *kept = NULL;
	struct db *db = world.r->store->db;
	struct err e = { 0 };
	char rfc[32], other[32];

	voted(rfc);
	new_rfc(other);
	kept = kept_catalogue();
	db = world.r->store->db;
	AUTO_JSON *rows = db_rows(db, "SELECT * FROM log WHERE action = 'vote' ORDER BY seq DESC", NULL, 0, &e);
	const json_t *yes = json_array_get(rows, 0);
	OK(sql("DROP INDEX log_record"));
	OK(db->ops->begin(db, &e));
	OK(log_append(world.r->store, "carl", "vote", other, "ok", json_text(yes, "record"),
		json_text(yes, "signature"), &e));
	OK(db->ops->commit(db, &e));
	refused(other, "votes");
	assert_true(audit_finds());
	put_back(kept);
}

static json_t *vote_for(const char *rfc, const char *role)
{
	AUTO_JSON *shown = NULL;
	struct err e = { 0 };

	OK(rfc_show(world.r, rfc, &shown, &e));
	return json_pack("{s:[{s:s, s:s}], s:s, s:s, s:s, s:s}", "votes", "rfc", rfc, "revision",
		json_text(shown, "revision"), "role", role, "decision", "approve", "condition", "", "comment", "");
}

/* Signed well, by people whose word it is not: no role, the requester, who built it. */
static void the_wrong_people(void **state)
{
	char rfc[32];

	new_rfc(rfc);
	signed_act(TRIAL, "vote", rfc, vote_for(rfc, "change-manager"));
	refused(rfc, "votes");
	signed_act(PAT, "vote", rfc, vote_for(rfc, "change-manager"));
	refused(rfc, "separation");
}

/* In carl's name; another's key perhaps, said or not. */
static void as_carl(const char *key, int signs, const char *type, const char *subject, json_t *body)
{
	log_by_hand(&(struct by_hand){ "carl", key, when_now(), signs }, type, subject, body);
}

/* In another's name: the record says carl, the signature is pat's, under its own name and under carl's. */
static void a_forged_yes(void **state)
{
	AUTO_FREE char *kept = NULL;
	char rfc[32];

	new_rfc(rfc);
	kept = kept_catalogue();
	for (int named = 0; named < 2; named++) {
		struct err e = { 0 };

		as_carl(world.keys[named ? CARL : PAT], PAT, "vote", rfc, vote_for(rfc, "change-manager"));
		assert_int_equal(release_it(rfc, &e), -1);
		assert_int_equal(strncmp(e.code, "E_SIG_", 6), 0);
		e = (struct err){ 0 };
		assert_int_equal(ask_signer(rfc, NULL, &e), -1);
		assert_int_equal(strncmp(e.code, "E_SIG_", 6), 0);
		assert_true(audit_finds());
		put_back(kept);
	}
}

static int try_policy(int who, const char *file, char *signature, struct err *e)
{
	struct actor actor = as(&world, who);
	struct policy_replacement o = { .file = file, .signatures = &signature, .signatures_len = 1 };
	AUTO_JSON *answer = NULL;

	return policy_replace(world.r, &actor, &o, &answer, e);
}

/* A second key is the same person; one key for two people is no policy. */
static void a_second_key(void **state)
{
	AUTO_FREE char *home = fs_join(world.dir, "pat-second"), *armor = NULL, *policy = NULL, *ring = NULL,
		       *text = NULL, *changed = NULL, *keyring = fs_join(world.dir, "keyring.asc"), *was = NULL;
	struct actor second = { "pat", home, NULL };
	char key[65], rfc[32], *at;
	struct err e = { 0 };
	size_t len;

	OK(key_generate(home, "pat again", "ed25519", 0, key, &e));
	OK(key_export(home, key, &armor, &len, &e));
	OK(fs_read_file(keyring, 1 << 20, &ring, &len, &e));
	was = mem_strdup(ring);
	text = mem_printf("%s%s", ring, armor);
	OK(fs_write_file(keyring, text, strlen(text), 0644, &e));
	policy = write_policy(&world, "second.yaml", "[carl]", world.keys[CARL], "");
	free(text);
	OK(fs_read_file(policy, 1 << 20, &text, &len, &e));
	at = strstr(text, world.keys[PAT]) + strlen(world.keys[PAT]);
	changed = mem_printf("%.*s\", \"openpgp:%s%s", (int)(at - text), text, key, at);
	OK(fs_write_file(policy, changed, strlen(changed), 0644, &e));
	replace_policy(&world, policy);
	new_rfc(rfc);
	{
		struct act act = { "vote", rfc, vote_for(rfc, "change-manager"), NULL, NULL };
		char record[65];

		OK(release_act(world.r, &second, &act, record, &e));
		json_decref((json_t *)act.body);
	}
	refused(rfc, "separation");
	AUTO_FREE char *shared = write_policy(&world, "shared.yaml", "[carl]", world.keys[PAT], "");
	AUTO_FREE char *sig = sign_file(&world, TRIAL, shared);
	assert_int_equal(try_policy(TRIAL, shared, sig, &e), -1);
	assert_non_null(strstr(e.text, "nobody shares one"));
	AUTO_FREE char *back = write_policy(&world, "back.yaml", "[carl]", world.keys[CARL], "# back\n");
	OK(fs_write_file(keyring, was, strlen(was), 0644, &e));
	replace_policy(&world, back);
}

/* ---- policy */
static void a_policy_nobody_signed(void **state)
{
	AUTO_FREE char *path = write_policy(&world, "mine.yaml", "[pat]", world.keys[CARL], "# mine\n"),
		       *sig = sign_file(&world, PAT, path), *kept = NULL;
	struct err e = { 0 };

	assert_int_equal(try_policy(PAT, path, sig, &e), -1);
	assert_int_equal(e.class, ERR_VERDICT);
	/* the bytes of the one in force, edited in the store */
	kept = blob_path(world.r->store->blobs, policies_now(&world.r->chain)->digest);
	AUTO_FREE char *good = copy_of(kept);
	struct release *again = NULL;
	spoil(policies_now(&world.r->chain)->digest);
	assert_int_equal(release_open(world.store, &again, &e), -1);
	assert_string_equal(e.code, "E_DIGEST");
	e = (struct err){ 0 };
	assert_int_equal(ask_signer("", NULL, &e), -1);
	assert_string_equal(e.code, "E_DIGEST");
	restore(good, kept);
}

/* Carl said yes, and left: the role, or the key. */
static void the_voter_left(void **state)
{
	AUTO_FREE char *roleless = write_policy(&world, "roleless.yaml", "[carl]", world.keys[CARL], ""), *text = NULL,
		       *changed = NULL, *back = NULL, *stranger = NULL;
	static const char from[] = "change-manager: [carl, pat]";
	char key[65], rfc[32];
	struct err e = { 0 };
	size_t len;
	char *at;

	voted(rfc);
	OK(fs_read_file(roleless, 1 << 20, &text, &len, &e));
	at = strstr(text, from);
	changed = mem_printf("%.*schange-manager: [pat]%s", (int)(at - text), text, at + strlen(from));
	OK(fs_write_file(roleless, changed, strlen(changed), 0644, &e));
	replace_policy(&world, roleless);
	refused(rfc, "votes");
	memset(key, 'A', 40);
	key[40] = '\0';
	stranger = write_policy(&world, "stranger.yaml", "[carl]", key, "# another key of carl's\n");
	replace_policy(&world, stranger);
	refused(rfc, "votes");
	back = write_policy(&world, "back2.yaml", "[carl]", world.keys[CARL], "# back again\n");
	replace_policy(&world, back);
}

/* The vendor's key was pinned in the policy; the recipe's word for it is nothing. */
static void another_vendor_key(void **state)
{
	struct actor pat = as(&world, PAT);
	char candidate[32], rfc[32], vendor[65];
	struct err e = { 0 };
	AUTO_JSON *submit = NULL;

	voted(rfc);
	submit = submit_of(rfc);
	put_evidence(&world, "vendor-signature", json_text(json_map(submit, "source"), "sha256"), "pass",
		json_pack("{s:s, s:s}", "vendor", "acme", "fingerprint", world.keys[PAT]), vendor);
	json_array_set_new(json_list(submit, "evidence"), 0, json_string(vendor));
	OK(candidate_add(world.r, &pat, json_incref(submit), candidate, &e));
	open_rfc(&world, PAT, candidate, rfc);
	refused(rfc, "vendor");
}

/* ---- what was tested is what is let out */
static void bytes_swapped(void **state)
{
	AUTO_JSON *submit = NULL;
	AUTO_FREE char *good = NULL, *path = NULL;
	const char *digest;
	char rfc[32];

	voted(rfc);
	submit = submit_of(rfc);
	digest = json_text(json_array_get(json_list(submit, "packages"), 0), "sha256");
	path = blob_path(world.r->store->blobs, digest);
	good = copy_of(path);
	spoil(digest);
	refused(rfc, "package");
	unlink(path);
	refused(rfc, "package");
	restore(good, path);
}

static void evidence_rewritten(void **state)
{
	AUTO_JSON *submit = NULL;
	AUTO_FREE char *good = NULL, *path = NULL;
	const char *digest;
	char rfc[32];

	voted(rfc);
	submit = submit_of(rfc);
	digest = json_string_value(json_array_get(json_list(submit, "evidence"), 1));
	path = blob_path(world.r->store->blobs, digest);
	good = copy_of(path);
	spoil(digest);
	refused(rfc, "E_DIGEST");
	restore(good, path);
}

/* A test that passed, of another package. */
static void evidence_of_other_bytes(void **state)
{
	struct actor pat = as(&world, PAT);
	char candidate[32], rfc[32], package[65];
	struct err e = { 0 };
	AUTO_JSON *submit = NULL;

	voted(rfc);
	submit = submit_of(rfc);
	put(&world, "nobody tested this", package);
	json_set_str(json_array_get(json_list(submit, "packages"), 0), "sha256", package);
	json_object_set_new(json_array_get(json_list(submit, "packages"), 0), "size", json_integer(18));
	OK(candidate_add(world.r, &pat, json_incref(submit), candidate, &e));
	open_rfc(&world, PAT, candidate, rfc);
	refused(rfc, "evidence");
}

/* ---- the RfC */
static void withdrawn_and_changed(void **state)
{
	struct actor pat = as(&world, PAT);
	AUTO_JSON *submit = NULL, *before = NULL, *after = NULL;
	struct err e = { 0 };
	char rfc[32], other[32];

	new_rfc(rfc);
	new_rfc(other);
	OK(rfc_show(world.r, rfc, &before, &e));
	/* an edit that names other candidates, which no program makes */
	signed_act(PAT, "rfc-edit", rfc, json_pack("{s:s, s:{s:[s]}}", "rfc", rfc, "fields", "candidates", "C-1"));
	OK(rfc_show(world.r, rfc, &after, &e));
	assert_true(json_equal(json_list(before, "candidates"), json_list(after, "candidates")));
	OK(vote(&world, CARL, rfc, "change-manager", "approve", &e));
	submit = submit_of(rfc);
	OK(candidate_withdraw(
		world.r, &pat, json_text(json_array_get(json_list(after, "candidates"), 0), "id"), "bad", NULL, &e));
	refused(rfc, "withdrawn");
}

/* The impact that the findings demand, talked down in a record. */
static void an_impact_talked_down(void **state)
{
	struct actor pat = as(&world, PAT);
	char candidate[32], rfc[32];
	struct err e = { 0 };

	add_candidate_with(&world, "7.0", "pass",
		json_pack("{s:[{s:s, s:s, s:s, s:s, s:s, s:s, s:s}]}", "findings", "check", "tls-dropped", "severity",
			"critical", "where", "/usr/bin/x", "old", "", "new", "", "text", "no TLS any more", "remedy",
			""),
		candidate);
	OK(rfc_open(world.r, &pat,
		json_pack("{s:[s], s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "candidates", candidate, "reason", "new",
			"urgency", "high", "impact", "far-reaching", "risks", "few", "plan", "tonight", "back-out",
			"none", "downtime", "5m", "resources", "me"),
		rfc, NULL, &e));
	signed_act(PAT, "rfc-edit", rfc, json_pack("{s:s, s:{s:s}}", "rfc", rfc, "fields", "impact", "minor"));
	refused(rfc, "impact");
	refused(rfc, "findings");
}

/* An act of a kind that this program does not know might have said no; one whose row calls it something else, too. */
static void an_unknown_act(void **state)
{
	AUTO_FREE char *kept = kept_catalogue();
	struct err e = { 0 };
	char rfc[32];

	voted(rfc);
	free(kept);
	kept = kept_catalogue();
	OK(sql("UPDATE log SET action = 'rfc-edit' WHERE seq = (SELECT MAX(seq) FROM log WHERE action = 'vote')"));
	chain_anew();
	assert_int_equal(release_it(rfc, &e), -1);
	assert_int_equal(ask_signer(rfc, NULL, &e), -1);
	assert_true(audit_finds());
	put_back(kept);
	voted(rfc);
	as_carl(world.keys[CARL], CARL, "rfc-veto", rfc,
		json_pack("{s:s, s:s}", "rfc", rfc, "reason", "a newer program's"));
	refused(rfc, "E_MISMATCH");
}

/* ---- the signer */
/* Nobody signed the release, or signed it to another channel. */
static void the_signer_alone(void **state)
{
	AUTO_FREE char *two = write_policy(&world, "two.yaml", "[carl]", world.keys[CARL], ""), *text = NULL,
		       *changed = NULL;
	struct err e = { 0 };
	char rfc[32];
	char *at;
	size_t len;

	OK(fs_read_file(two, 1 << 20, &text, &len, &e));
	at = strstr(text, "channels: {");
	changed = mem_printf("%.*schannels: {pilot: {targets: [deb], valid-for: 7d}, %s", (int)(at - text), text,
		at + strlen("channels: {"));
	OK(fs_write_file(two, changed, strlen(changed), 0644, &e));
	replace_policy(&world, two);
	voted(rfc);
	assert_int_equal(ask_signer(rfc, NULL, &e), -1);
	assert_string_equal(e.code, "E_GATE");
	assert_non_null(strstr(e.text, "nobody signed its release"));
	AUTO_JSON *shown = NULL;
	OK(rfc_show(world.r, rfc, &shown, &e));
	AUTO_FREE char *subject = mem_printf("%s pilot", rfc);
	signed_act(TRIAL, "release", subject,
		json_pack("{s:s, s:s, s:s}", "rfc", rfc, "revision", json_text(shown, "revision"), "channel", "pilot"));
	e = (struct err){ 0 };
	assert_int_equal(ask_signer(rfc, NULL, &e), -1);
	assert_string_equal(e.code, "E_GATE");
	/* the right channel, an older revision */
	AUTO_FREE char *production = mem_printf("%s production", rfc);
	signed_act(TRIAL, "release", production,
		json_pack("{s:s, s:s, s:s}", "rfc", rfc, "revision", world.keys[PAT], "channel", "production"));
	e = (struct err){ 0 };
	assert_int_equal(ask_signer(rfc, NULL, &e), -1);
	assert_string_equal(e.code, "E_GATE");
	assert_non_null(strstr(e.text, "another revision"));
	AUTO_FREE char *back = write_policy(&world, "back3.yaml", "[carl]", world.keys[CARL], "# one channel\n");
	replace_policy(&world, back);
}

/* Its memory of the channel from before the last release. */
static void a_serial_set_back(void **state)
{
	AUTO_FREE char *path = NULL, *old = NULL, *now = NULL;
	struct err e = { 0 };
	char rfc[32];

	json_decref(remembered("production.json", &path));
	old = copy_of(path);
	voted(rfc);
	OK(release_it(rfc, &e));
	now = copy_of(path);
	restore(old, path);
	voted(rfc);
	e = (struct err){ 0 };
	assert_int_equal(release_it(rfc, &e), -1);
	assert_string_equal(e.code, "E_ROLLBACK");
	restore(now, path);
	OK(release_it(rfc, &e));
}

/* A stop by anybody with a role, and the stop taken out. */
static void a_stop_taken_out(void **state)
{
	AUTO_FREE char *before = NULL, *free_again = NULL;
	char rfc[32];

	voted(rfc);
	before = kept_catalogue();
	signed_act(CARL, "stop", "production",
		json_pack("{s:s, s:s}", "channel", "production", "reason", "something is wrong"));
	refused(rfc, "stop");
	free_again = kept_catalogue();
	put_back(before);
	refused(rfc, "E_ROLLBACK");
	put_back(free_again);
	refused(rfc, "stop");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_table_edited), cmocka_unit_test(rows_taken_out),
		cmocka_unit_test(a_backup_put_back), cmocka_unit_test(a_yes_to_another_revision),
		cmocka_unit_test(a_yes_to_another_rfc), cmocka_unit_test(the_wrong_people),
		cmocka_unit_test(a_forged_yes), cmocka_unit_test(a_second_key),
		cmocka_unit_test(a_policy_nobody_signed), cmocka_unit_test(the_voter_left),
		cmocka_unit_test(another_vendor_key), cmocka_unit_test(bytes_swapped),
		cmocka_unit_test(evidence_rewritten), cmocka_unit_test(evidence_of_other_bytes),
		cmocka_unit_test(withdrawn_and_changed), cmocka_unit_test(an_impact_talked_down),
		cmocka_unit_test(the_signer_alone), cmocka_unit_test(a_serial_set_back),
		cmocka_unit_test(a_stop_taken_out), cmocka_unit_test(an_unknown_act), /* last: what it writes stays */
	};

	return cmocka_run_group_tests_name("ways round", tests, setup, teardown);
}
