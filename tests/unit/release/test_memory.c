/* test_memory.c - what gpg found good is not asked again, by whom it may be believed, and by whom it never is. */
#include "base/proc.h"
#include "channel_world.h"
#include "release/gate/memory.h"
#include "starts.h"

static struct world world;

static int setup(void **state)
{
	(void)state;
	starts_open();
	if (world_open(&world))
		return -1;
	release_version(&world, "1.0");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	world_close(&world);
	starts_close();
	return 0;
}

/* As the next command does. */
static void open_again(void)
{
	struct err e = { 0 };

	release_close(world.r);
	world.r = NULL;
	OK(release_open(world.store, &world.r, &e));
}

static void nothing_is_asked_twice(void **state)
{
	AUTO_JSON *shown = NULL;
	struct err e = { 0 };

	(void)state;
	open_again();
	OK(rfc_show(world.r, "R-1", &shown, &e));
	starts_seen(NULL);
	open_again();
	json_decref(shown);
	OK(rfc_show(world.r, "R-1", &shown, &e));
	assert_int_equal(starts_seen(NULL), 0);
}

static size_t findings(void)
{
	AUTO_JSON *found = NULL;
	struct err e = { 0 };

	OK(audit_store(world.r->store, &found, &e));
	return json_array_size(json_list(found, "findings"));
}

/* The audit and whoever verifies a tree ask gpg about the keys, each time, and take no word of an earlier process. */
static void the_audit_asks_anew(void **state)
{
	AUTO_FREE char *tree = channel_tree(world.r->store, "production");
	AUTO_JSON *trust = NULL, *result = NULL;
	struct err e = { 0 };

	(void)state;
	OK(release_trust(world.r, &trust, &e));
	starts_seen(NULL);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(findings(), 0);
		assert_true(starts_seen("--list-keys") >= 1); /* and the arithmetic of each signature is done again */
	}
	OK(channel_verify(tree, trust, 0, &result, &e));
	assert_true(starts_seen("--list-keys") >= 1);
}

/* Carl's vote on that RfC, as bytes. */
static json_t *vote_for(const char *rfc, char **ret_bytes, size_t *ret_len)
{
	AUTO_JSON *shown = NULL, *record = NULL;
	struct log_head head;
	struct err e = { 0 };

	OK(rfc_show(world.r, rfc, &shown, &e));
	OK(log_head(world.r->store, &head, &e));
	record = record_make("vote", when_now(), "carl", world.keys[CARL], policies_now(&world.r->chain)->digest,
		head.hash,
		json_pack("{s:[{s:s, s:s}], s:s, s:s, s:s, s:s}", "votes", "rfc", rfc, "revision",
			json_text(shown, "revision"), "role", "change-manager", "decision", "approve", "condition", "",
			"comment", ""));
	OK(json_canonical(record, ret_bytes, ret_len, &e));
	return json_incref(record);
}

/* Whoever may write the command's cache can make the command believe a signature that is none: the name is no secret. */
static void forge(const char *bytes, size_t len, const char *sig, size_t sig_len)
{
	const struct memory_of what = { bytes, len, sig, sig_len, world.keys[CARL], 0 };
	char name[MEMORY_NAME];
	AUTO_JSON *names = NULL;
	struct err e = { 0 };

	memory_of_signature(&world.r->chain, "record", &what, name);
	assert_int_equal(strlen(name), 64);
	names = json_pack("[s]", name);
	OK(log_index_note_good(world.r->index, names, &e));
}

static void a_forged_memory(void **state)
{
	static const char nothing[] = "no signature";
	struct actor trial = as(&world, TRIAL);
	AUTO_JSON *record = NULL, *answer = NULL;
	AUTO_FREE char *bytes = NULL, *after = NULL;
	struct db *db;
	struct err e = { 0 }, why = { 0 };
	char candidate[32], rfc[32], digest[65], signature[65];
	size_t len;

	(void)state;
	add_candidate(&world, "1.1", "pass", candidate);
	open_rfc(&world, PAT, candidate, rfc);
	record = vote_for(rfc, &bytes, &len);
	put(&world, bytes, digest);
	put(&world, nothing, signature);
	db = world.r->store->db;
	OK(db->ops->begin(db, &e));
	OK(log_append(world.r->store, "carl", "vote", rfc, "ok", digest, signature, &e));
	OK(db->ops->commit(db, &e));
	assert_int_equal(rfc_show(world.r, rfc, &answer, &why), -1);
	forge(bytes, len, nothing, strlen(nothing));
	open_again();
	after = state_of(&world, rfc);
	assert_string_equal(after, "authorised"); /* the command is fooled, by its own cache */
	/* An act is made now: its signature is never taken from memory. */
	assert_int_equal(record_verify(bytes, len, nothing, strlen(nothing), &world.r->chain,
				 policies_now(&world.r->chain), record, false, &e),
		0);
	assert_int_equal(record_verify(bytes, len, nothing, strlen(nothing), &world.r->chain,
				 policies_now(&world.r->chain), record, true, &why),
		-1);
	/* The signer, who has a memory of its own, is not; nor is the audit. */
	why = (struct err){ 0 };
	assert_int_equal(release_to(world.r, &trial, rfc, "production", channel_publish, &answer, &why), -1);
	assert_non_null(strstr(why.text, "signer"));
	assert_true(findings() > 0);
}

/* Other certificates (one of them may hold a revocation), other bytes, another key, another day: another name. */
static void a_name_covers_all(void **state)
{
	struct memory_of what = { "bytes", 5, "sig", 3, world.keys[CARL], 0 };
	struct policies other = world.r->chain;
	char name[MEMORY_NAME], again[MEMORY_NAME];

	(void)state;
	memory_of_signature(&world.r->chain, "record", &what, name);
	memory_of_signature(&world.r->chain, "record", &what, again);
	assert_string_equal(name, again);
	memory_of_signature(&world.r->chain, "policy", &what, again);
	assert_string_not_equal(name, again);
	what.len = 4;
	memory_of_signature(&world.r->chain, "record", &what, again);
	assert_string_not_equal(name, again);
	what.len = 5;
	what.sig_len = 2;
	memory_of_signature(&world.r->chain, "record", &what, again);
	assert_string_not_equal(name, again);
	what.sig_len = 3;
	what.at = 1;
	memory_of_signature(&world.r->chain, "record", &what, again);
	assert_string_not_equal(name, again);
	what.at = 0;
	what.fingerprint = world.keys[PAT];
	memory_of_signature(&world.r->chain, "record", &what, again);
	assert_string_not_equal(name, again);
	what.fingerprint = world.keys[CARL];
	keyring_content_with(&world.r->chain.keyring, "x", 1, other.keyring.content);
	memory_of_signature(&other, "record", &what, again);
	assert_string_not_equal(name, again);
	other.keyring.is_spoilt = true; /* nobody knows what is in it */
	memory_of_signature(&other, "record", &what, again);
	assert_string_equal(again, "");
	assert_false(memory_has(&world.r->chain, ""));
}

/* A signature that says itself until when it is good is asked about each time. */
static void one_that_ends(void **state)
{
	AUTO_FREE char *file = fs_join(world.dir, "record"), *sig_file = fs_join(world.dir, "record.sig"),
		       *bytes = NULL, *sig = NULL;
	AUTO_JSON *record = vote_for("R-1", &bytes, &(size_t){ 0 });
	struct memory_of what = { .bytes = bytes, .len = strlen(bytes), .fingerprint = world.keys[CARL] };
	char name[MEMORY_NAME];
	struct err e = { 0 };

	(void)state;
	OK(fs_write_file(file, bytes, strlen(bytes), 0600, &e));
	OK(proc_must((const char *const[]){ "gpg", "--homedir", world.homes[CARL], "--batch", "--default-sig-expire",
			     "2d", "--output", sig_file, "--detach-sign", file, NULL },
		&e));
	OK(fs_read_file(sig_file, 1 << 16, &sig, &what.sig_len, &e));
	what.sig = sig;
	for (int i = 0; i < 2; i++) {
		starts_seen(NULL);
		OK(record_verify(bytes, what.len, sig, what.sig_len, &world.r->chain, policies_now(&world.r->chain),
			record, false, &e));
		assert_int_equal(starts_seen("--verify"), 1);
	}
	memory_of_signature(&world.r->chain, "record", &what, name);
	assert_false(memory_has(&world.r->chain, name));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_asked_twice), cmocka_unit_test(the_audit_asks_anew),
		cmocka_unit_test(a_name_covers_all), cmocka_unit_test(one_that_ends),
		cmocka_unit_test(a_forged_memory), /* leaves the store spoilt */
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
