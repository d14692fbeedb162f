/* test_hostile.c - somebody who may write the catalogue and the signer's folder, or who hands in records that no program made. */
#include "hostile.h"

/* A no is followed by the same person's earlier yes, copied behind it. */
static void an_old_yes_behind_a_no(void **state)
{
	AUTO_JSON *rows = NULL;
	struct db *db;
	const json_t *yes;
	struct err e = { 0 };
	char rfc[32];

	new_rfc(rfc);
	OK(vote(&world, CARL, rfc, "change-manager", "approve", &e));
	OK(vote(&world, CARL, rfc, "change-manager", "reject", &e));
	OK(sql("DROP INDEX log_record")); /* it keeps honest programs from it, not him */
	db = world.r->store->db;
	rows = db_rows(db, "SELECT * FROM log WHERE action = 'vote' ORDER BY seq", NULL, 0, &e);
	yes = json_array_get(rows, 0);
	OK(db->ops->begin(db, &e));
	OK(log_append(
		world.r->store, "carl", "vote", rfc, "ok", json_text(yes, "record"), json_text(yes, "signature"), &e));
	OK(db->ops->commit(db, &e));
	assert_int_equal(release_it(rfc, &e), -1);
	assert_string_equal(e.code, "E_MISMATCH");
	assert_int_equal(ask_signer(rfc, NULL, &e), -1);
	assert_string_equal(e.code, "E_MISMATCH");
	OK(sql("DELETE FROM log WHERE seq = (SELECT MAX(seq) FROM log WHERE action = 'vote')"));
	chain_anew();
}

/* A no, taken out of the log, and the chain made to fit: no snapshot was signed since, but the signer was told. */
static void a_no_taken_out(void **state)
{
	struct err e = { 0 };
	char rfc[32];

	new_rfc(rfc);
	OK(vote(&world, CARL, rfc, "change-manager", "approve", &e));
	OK(vote(&world, CARL, rfc, "change-manager", "reject", &e));
	OK(sql("CREATE TABLE kept AS SELECT * FROM log"));
	OK(sql("DELETE FROM log WHERE seq = (SELECT MAX(seq) FROM log WHERE action = 'vote')"));
	chain_anew();
	assert_int_equal(release_it(rfc, &e), -1);
	assert_string_equal(e.code, "E_ROLLBACK");
	assert_int_equal(ask_signer(rfc, NULL, &e), -1);
	assert_string_equal(e.code, "E_ROLLBACK");
	OK(sql("DELETE FROM log; INSERT INTO log SELECT * FROM kept; DROP TABLE kept"));
}

/* The same by somebody who makes the signer forget: whoever acted after the no has seen it. */
static void a_no_that_others_saw(void **state)
{
	AUTO_FREE char *path = NULL;
	struct actor pat = as(&world, PAT);
	AUTO_JSON *answer = NULL;
	struct err e = { 0 };
	char rfc[32], other[32];

	json_decref(remembered("head", &path)); /* where it is */
	new_rfc(rfc);
	OK(vote(&world, CARL, rfc, "change-manager", "reject", &e));
	OK(rfc_edit(world.r, &pat, rfc, json_pack("{s:s}", "notes", "he said no"), &answer, &e));
	OK(sql("CREATE TABLE kept AS SELECT * FROM log"));
	OK(sql("DELETE FROM log WHERE seq = (SELECT MAX(seq) FROM log WHERE action = 'vote')"));
	chain_anew();
	OK(fs_remove_tree(path, &e));
	assert_int_equal(ask_signer(rfc, NULL, &e), -1);
	assert_string_equal(e.code, "E_ROLLBACK");
	assert_non_null(strstr(e.text, "not there any more"));
	OK(sql("DELETE FROM log; INSERT INTO log SELECT * FROM kept; DROP TABLE kept"));
	new_rfc(other);
}

/* A stricter policy cannot be taken back by cutting the log. */
static void a_policy_taken_out(void **state)
{
	AUTO_FREE char *strict = write_policy(
			       &world, "s.yaml", "[carl]", world.keys[CARL], "external: {required: true}\n"),
		       *loose = NULL;
	struct release *again = NULL;
	struct err e = { 0 };
	char rfc[32];

	new_rfc(rfc);
	OK(vote(&world, CARL, rfc, "change-manager", "approve", &e));
	replace_policy(&world, strict);
	OK(sql("CREATE TABLE kept AS SELECT * FROM log"));
	OK(sql("DELETE FROM log WHERE seq >= (SELECT MAX(seq) FROM log WHERE action = 'policy')"));
	assert_int_equal(ask_signer(rfc, NULL, &e), -1);
	assert_string_equal(e.code, "E_ROLLBACK");
	OK(release_open(world.store, &again, &e));
	release_close(again);
	OK(sql("DELETE FROM log; INSERT INTO log SELECT * FROM kept; DROP TABLE kept"));
	loose = write_policy(&world, "l.yaml", "[carl]", world.keys[CARL], "# loose again\n");
	replace_policy(&world, loose);
}

/* ---- fragments: what the submitter's hand could put into an index */
static json_t *submit_with(const char *name, const char *location, const char *stanza, const char *package)
{
	char digest[65], source[65], fragment[65], vendor[65], test[65];

	sha256_hex("other source", 12, source);
	put(&world, package, digest);
	put(&world, stanza, fragment);
	put_evidence(&world, "vendor-signature", source, "pass",
		json_pack("{s:s, s:s}", "vendor", "acme", "fingerprint", world.keys[TRIAL]), vendor);
	put_evidence(&world, "test", digest, "pass", json_object(), test);
	return json_pack(
		"{s:s, s:s, s:s, s:{s:s, s:i, s:s}, s:s, s:s, s:s, s:[{s:s, s:s, s:s, s:s, s:s, s:s, s:i, s:s, "
		"s:s, s:s, s:s}], s:[s, s], s:s, s:[]}",
		"product", name, "vendor", "acme", "version", "9", "source", "name", "x.tar", "size", 1, "sha256",
		source, "recipe", "", "house", "", "as_is", "", "packages", "target", "deb", "format", "deb", "name",
		name, "version", "9", "architecture", "amd64", "sha256", digest, "size", (int)strlen(package),
		"location", location, "fragment", fragment, "suite", "", "path", "", "evidence", vendor, test, "facts",
		"", "reports");
}

static int let_out(const char *name, const char *location, const char *stanza, const char *package, struct err *e)
{
	struct actor pat = as(&world, PAT);
	char candidate[32], rfc[32];

	assert_int_equal(candidate_add(world.r, &pat, submit_with(name, location, stanza, package), candidate, e), 0);
	open_rfc(&world, PAT, candidate, rfc);
	if (vote(&world, CARL, rfc, "change-manager", "approve", e))
		return -1;
	return release_it(rfc, e);
}

static void fragments(void **state)
{
	static const char good[] =
		"Package: evil\nVersion: 9\nArchitecture: amd64\nFilename: pool/e/evil.deb\nSize: 4\n"
		"SHA256: %s\n\n";
	static const struct {
		const char *from, *to; /* what is changed in a good one */
	} cases[] = {
		{ "\n\n", "\n\nPackage: openssl\nVersion: 9\nFilename: pool/o.deb\nSHA256: 00\n\n" },
		{ "\n\n", "\n \nPackage: openssl\n\n" },
		{ "\n\n", "\nSHA512: 00\n\n" },
		{ "\n\n", "\nFilename: pool/o/other.deb\n\n" },
		{ "Size: 4", "Size: 5" },
		{ "evil.deb", "../evil.deb" },
		{ "Package: evil", "Package: openssl" },
		{ "SHA256: ", "SHA256: 00" },
		{ "Version: 9", "Version: 10" },
	};
	AUTO_FREE char *stanza = NULL;
	char digest[65];
	struct err e = { 0 };

	sha256_hex("evil", 4, digest);
	stanza = mem_printf(good, digest);
	for (size_t i = 0; i < COUNT(cases); i++) {
		char *at = strstr(stanza, cases[i].from);
		AUTO_FREE char *bad = mem_printf(
			"%.*s%s%s", (int)(at - stanza), stanza, cases[i].to, at + strlen(cases[i].from));

		if (let_out("evil", "pool/e/evil.deb", bad, "evil", &e) == 0)
			fail_msg("let out: %s", bad);
		if (!e.code || strcmp(e.code, "E_MISMATCH") != 0)
			fail_msg("%zu: %s", i, e.text);
		e = (struct err){ 0 };
	}
	OK(let_out("evil", "pool/e/evil.deb", stanza, "evil", &e));
}

/* Another product's package at the place of one that was let out before. */
static void another_product_at_its_place(void **state)
{
	AUTO_FREE char *stanza = NULL;
	char digest[65];
	struct err e = { 0 };

	sha256_hex("worse", 5, digest);
	stanza = mem_printf("Package: worse\nVersion: 9\nArchitecture: amd64\nFilename: pool/e/evil.deb\nSize: 5\n"
			    "SHA256: %s\n\n",
		digest);
	assert_int_equal(let_out("worse", "pool/e/evil.deb", stanza, "worse", &e), -1);
	assert_string_equal(e.code, "E_NAME_COLLISION");
}

/* A failed test, and somebody's own "test: pass" after it; the same for a revision that everybody votes for. */
static void a_test_passed_by_hand(void **state)
{
	AUTO_JSON *shown = NULL, *body = NULL, *answer = NULL;
	struct actor carl = as(&world, CARL);
	struct act act = { "evidence", NULL, NULL, NULL, NULL };
	struct err e = { 0 };
	char candidate[32], rfc[32], record[65], evidence[65];
	bool is_refused = false;
	size_t i;
	json_t *reason;

	add_candidate(&world, "0.9", "fail", candidate);
	open_rfc(&world, PAT, candidate, rfc);
	OK(candidate_show(world.r, candidate, &shown, &e));
	put_evidence(&world, "test",
		json_text(json_array_get(json_list(json_map(shown, "submit"), "packages"), 0), "sha256"), "pass",
		json_object(), evidence);
	body = json_pack("{s:s, s:s}", "candidate", candidate, "evidence", evidence);
	act.subject = candidate;
	act.body = body;
	OK(release_act(world.r, &carl, &act, record, &e));
	OK(release_gate(world.r, rfc, "production", when_now(), &answer, &e));
	json_array_foreach(json_list(answer, "reasons"), i, reason)
		is_refused = is_refused || strcmp(json_text(reason, "rule"), "evidence") == 0;
	assert_true(is_refused);
	assert_int_equal(evidence_add(world.r, &carl, candidate, "test", "pass", "/dev/null", &e), -1);
	assert_int_equal(e.class, ERR_USAGE);
}

static bool evidence_refuses(const char *rfc)
{
	AUTO_JSON *answer = NULL;
	struct err e = { 0 };
	bool refused = false;
	size_t i;
	json_t *reason;

	OK(release_gate(world.r, rfc, "production", when_now(), &answer, &e));
	json_array_foreach(json_list(answer, "reasons"), i, reason)
		refused = refused || strcmp(json_text(reason, "rule"), "evidence") == 0;
	return refused;
}

static void say_test(size_t person, const char *candidate, const char *sha256, const char *verdict)
{
	AUTO_JSON *evidence = evidence_json("test", json_pack("[s]", sha256), verdict, when_now(), json_object());
	struct actor actor = as(&world, person);
	struct err e = { 0 };
	char digest[65];

	OK(evidence_record(world.r, &actor, candidate, evidence, digest, &e));
}

/* Who submitted may test again, as who submits anew may; somebody else's no stands whatever the submitter says after it. */
static void a_test_again(void **state)
{
	AUTO_JSON *shown = NULL;
	AUTO_FREE char *sha = NULL;
	struct err e = { 0 };
	char candidate[32], rfc[32];

	add_candidate(&world, "0.8", "fail", candidate);
	open_rfc(&world, PAT, candidate, rfc);
	OK(candidate_show(world.r, candidate, &shown, &e));
	sha = mem_strdup(json_text(json_array_get(json_list(json_map(shown, "submit"), "packages"), 0), "sha256"));
	assert_true(evidence_refuses(rfc));
	say_test(CARL, candidate, sha, "pass");
	assert_true(evidence_refuses(rfc));
	say_test(PAT, candidate, sha, "pass");
	assert_false(evidence_refuses(rfc));
	say_test(PAT, candidate, sha, "error");
	assert_true(evidence_refuses(rfc));
	say_test(PAT, candidate, sha, "pass");
	assert_false(evidence_refuses(rfc));
	say_test(CARL, candidate, sha, "fail");
	assert_true(evidence_refuses(rfc));
	say_test(PAT, candidate, sha, "pass");
	assert_true(evidence_refuses(rfc));
}

/* A vote dated years back, when a key that has expired since was good. */
static void an_old_date(void **state)
{
	AUTO_JSON *shown = NULL, *record = NULL;
	AUTO_FREE char *bytes = NULL, *sig = NULL;
	AUTO(signer) signer = { .fd = -1 };
	struct log_head head;
	struct err e = { 0 };
	char rfc[32], digest[65], signature[65];
	struct db *db;
	size_t len, sig_len;

	new_rfc(rfc);
	OK(rfc_show(world.r, rfc, &shown, &e));
	OK(log_head(world.r->store, &head, &e));
	record = record_make("vote", when_now() - 400 * 86400, "carl", world.keys[CARL],
		policies_now(&world.r->chain)->digest, head.hash,
		json_pack("{s:[{s:s, s:s}], s:s, s:s, s:s, s:s}", "votes", "rfc", rfc, "revision",
			json_text(shown, "revision"), "role", "change-manager", "decision", "approve", "condition", "",
			"comment", ""));
	OK(signer_open(&signer, world.homes[CARL], world.keys[CARL], &e));
	OK(record_sign(record, &signer, &bytes, &len, &sig, &sig_len, &e));
	OK(blob_put(world.r->store->blobs, bytes, len, digest, &e));
	OK(blob_put(world.r->store->blobs, sig, sig_len, signature, &e));
	db = world.r->store->db;
	OK(db->ops->begin(db, &e));
	OK(log_append(world.r->store, "carl", "vote", rfc, "ok", digest, signature, &e));
	OK(db->ops->commit(db, &e));
	assert_int_equal(release_it(rfc, &e), -1);
	assert_string_equal(e.code, "E_SIG_TIME");
}

/* ---- what the signer remembers */
static void a_memory_taken_away(void **state)
{
	AUTO_FREE char *path = NULL, *away = NULL;
	AUTO_JSON *last = remembered("production.json", &path);
	struct err e = { 0 };
	char rfc[32];

	assert_true(json_int(last, "serial") >= 1);
	away = mem_printf("%s.away", path);
	new_rfc(rfc);
	OK(vote(&world, CARL, rfc, "change-manager", "approve", &e));
	OK(rename(path, away));
	assert_int_equal(release_it(rfc, &e), -1);
	assert_string_equal(e.code, "E_ROLLBACK");
	OK(rename(away, path));
	OK(release_it(rfc, &e));
}

/* The clock behind what the signer knows: a window, an expired key or an old snapshot would come to life. */
static void a_clock_set_back(void **state)
{
	AUTO_FREE char *path = NULL, *text = NULL;
	AUTO_JSON *head = remembered("head", &path);
	struct err e = { 0 };
	char rfc[32];

	new_rfc(rfc);
	OK(vote(&world, CARL, rfc, "change-manager", "approve", &e));
	json_decref(head);
	free(path);
	head = remembered("head", &path);
	json_set_str(head, "time", "2099-01-01T00:00:00Z");
	text = json_dumps(head, JSON_COMPACT);
	OK(fs_write_file(path, text, strlen(text), 0600, &e));
	assert_int_equal(ask_signer(rfc, NULL, &e), -1);
	assert_string_equal(e.code, "E_SIG_TIME");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_old_yes_behind_a_no),
		cmocka_unit_test(a_no_taken_out),
		cmocka_unit_test(a_no_that_others_saw),
		cmocka_unit_test(a_policy_taken_out),
		cmocka_unit_test(fragments),
		cmocka_unit_test(another_product_at_its_place),
		cmocka_unit_test(a_test_passed_by_hand),
		cmocka_unit_test(a_test_again),
		cmocka_unit_test(an_old_date),
		cmocka_unit_test(a_memory_taken_away),
		cmocka_unit_test(a_clock_set_back),
	};

	return cmocka_run_group_tests_name("hostile", tests, setup, teardown);
}
