/* test_keys.c - the organisation's own keys over time: a rotation that every client follows, warnings, a key that is revoked, and what a stolen one is still
 * good for. A real apt reads what is served. */
#include "base/proc.h"
#include "channel_world.h"
#include "release/channel/pull.h"

static struct world world;
static char *tree, *old_key, *next_key, *site;
static json_t *trust_old, *trust_both;
static int versions;

static json_t *trust_now(void)
{
	struct err e = { 0 };
	json_t *trust = NULL;

	OK(release_trust(world.r, &trust, &e));
	return trust;
}

static void let_out(void)
{
	AUTO_FREE char *version = mem_printf("%d.0", ++versions);

	release_version(&world, version);
}

static int set_up(void **state)
{
	if (world_open(&world))
		return -1;
	tree = channel_tree(world.r->store, "production");
	site = fs_join(world.dir, "site");
	trust_old = trust_now();
	old_key = mem_strdup(json_string_value(json_array_get(json_list(trust_old, "release_keys"), 0)));
	let_out();
	return 0;
}

static int tear_down(void **state)
{
	json_decref(trust_old);
	json_decref(trust_both);
	free(tree);
	free(site);
	free(old_key);
	free(next_key);
	world_close(&world);
	return 0;
}

/* A policy whose own release keys are these. */
static void own(const char *first, const char *second)
{
	static int edition; /* the same bytes are no new policy */
	AUTO_FREE char *more = mem_printf("own-keys: {release: [\"openpgp:%s\"%s%s%s]} # %d\n", first,
		second ? ", \"openpgp:" : "", second ? second : "", second ? "\"" : "", ++edition);
	AUTO_FREE char *path = write_policy(&world, "policy.yaml", "[carl]", world.keys[CARL], more);

	replace_policy(&world, path);
}

static void believed(const json_t *trust)
{
	AUTO_JSON *told = NULL;
	struct err e = { 0 };

	OK(channel_verify(tree, trust, when_now(), &told, &e));
}

static void not_believed(const json_t *trust, const char *code)
{
	AUTO_JSON *told = NULL;
	struct err e = { 0 };

	assert_int_equal(channel_verify(tree, trust, when_now(), &told, &e), -1);
	if (!e.code || strcmp(e.code, code) != 0)
		fail_msg("%s is meant, not %s: %s", code, e.code ? e.code : "(none)", e.text);
}

static int pull(const json_t *trust, struct err *e)
{
	AUTO_JSON *told = NULL;

	return channel_pull(
		&(struct pull){ .url = tree, .into = site, .trust = trust, .keep = 3, .at = when_now() }, &told, e);
}

/* What 'channel client' hands out now. */
static char *sources(void)
{
	AUTO_FREE char *url = mem_printf("file://%s", tree);
	struct err e = { 0 };
	char *text = channel_client(
		world.r->store, world.r->id, release_policy(world.r), "production", "apt", url, NULL, &e);

	if (!text)
		fail_msg("%s", e.text);
	return text;
}

/* A real apt with a state of its own. */
static int apt_update(const char *text)
{
	static const char *const folders[] = { "lists/partial", "cache/archives/partial", "parts" };
	AUTO_FREE char *apt = fs_join(world.dir, "apt"), *file = fs_join(apt, "parts/x.sources");
	AUTO_FREE char *parts = mem_printf("Dir::Etc::SourceParts=%s/parts", apt),
		       *lists = mem_printf("Dir::State::Lists=%s/lists", apt),
		       *cache = mem_printf("Dir::Cache=%s/cache", apt);
	const char *const arguments[] = { "apt-get", "-q", "-o", "Dir::Etc::SourceList=/dev/null", "-o", parts, "-o",
		lists, "-o", cache, "-o", "APT::Sandbox::User=", "-o", "Dir::Etc::Trusted=/dev/null", "-o",
		"Dir::Etc::TrustedParts=/dev/null", "-o", "APT::Architecture=amd64", "-o", "APT::Architectures=amd64",
		"-o", "Acquire::Languages=none", "--error-on=any", "update", NULL };
	struct err e = { 0 };

	fs_remove_tree(apt, &e);
	for (size_t i = 0; i < COUNT(folders); i++) {
		AUTO_FREE char *folder = fs_join(apt, folders[i]);

		OK(fs_mkdirs(folder, 0755, &e));
	}
	OK(fs_write_file(file, text, strlen(text), 0644, &e));
	return proc_must(arguments, &e);
}

/* The old key, both, the new one: whoever knows one of them at a time goes on, and each step refuses nobody who took the one before. */
static void a_rotation(void **state)
{
	AUTO_FREE char *first = sources(), *both = NULL, *last = NULL;
	AUTO_JSON *trust_new = NULL, *audit = NULL, *idle = NULL, *put_away = NULL;
	struct err e = { 0 };
	char next[65];

	believed(trust_old);
	assert_int_equal(apt_update(first), 0);
	OK(pull(trust_old, &e));
	OK(keys_new(world.r, "release", "ed25519", next, &e));
	next_key = mem_strdup(next);
	OK(keys_idle(world.r, &idle, &e));
	assert_int_equal(json_array_size(idle), 1);
	assert_string_equal(json_text(json_array_get(idle, 0), "fingerprint"), next_key);
	assert_string_equal(json_text(json_array_get(idle, 0), "key"), "release");
	let_out(); /* a further key alone changes nothing */
	believed(trust_old);
	own(old_key, next_key);
	let_out();
	trust_both = trust_now();
	assert_int_equal(json_array_size(json_list(trust_both, "release_keys")), 2);
	believed(trust_old);
	believed(trust_both);
	both = sources();
	assert_int_equal(apt_update(first), 0);
	assert_int_equal(apt_update(both), 0);
	OK(pull(trust_old, &e));
	own(next_key, NULL);
	OK(keys_idle(world.r, &put_away, &e));
	assert_string_equal(json_text(json_array_get(put_away, 0), "fingerprint"), old_key);
	let_out();
	trust_new = trust_now();
	assert_int_equal(json_array_size(json_list(trust_new, "release_keys")), 1);
	believed(trust_both);
	believed(trust_new);
	last = sources();
	assert_int_equal(apt_update(both), 0);
	assert_int_equal(apt_update(last), 0);
	assert_int_not_equal(apt_update(first), 0);
	not_believed(trust_old, "E_SIG_UNTRUSTED");
	OK(pull(trust_both, &e));
	OK(audit_store(world.r->store, &audit, &e));
	assert_true(json_flag(audit, "ok"));
}

/* Somebody has the old key, and signs a snapshot of the time before it was put away with a higher serial. */
static void a_stolen_key(void **state)
{
	AUTO_FREE char *release = fs_join(tree, "release.json"), *signature = fs_join(tree, "release.json.asc"),
		       *home = release_key_home(world.r, "release"), *bytes = NULL, *kept_signature = NULL,
		       *forged = NULL, *made = NULL;
	AUTO_JSON *json = NULL;
	AUTO(signer) thief = { .fd = -1 };
	struct sig_data data = { .fd = -1 };
	struct err e = { 0 };
	size_t len, signature_len, made_len;

	OK(fs_read_file(release, MIB(4), &bytes, &len, &e));
	OK(fs_read_file(signature, MIB(1), &kept_signature, &signature_len, &e));
	json = json_parse(bytes, len, release, &e);
	json_object_set_new(json, "serial", json_integer(json_int(json, "serial") + 100));
	OK(json_canonical(json, &forged, &data.len, &e));
	data.bytes = forged;
	OK(signer_open(&thief, home, old_key, &e));
	OK(signer_sign(&thief, SIGN_DETACHED_ARMOR, &data, &made, &made_len, &e));
	OK(fs_write_file(release, forged, data.len, 0644, &e));
	OK(fs_write_file(signature, made, made_len, 0644, &e));
	not_believed(trust_both, "E_SIG_UNTRUSTED"); /* its own chain of policies says that this key signs nothing */
	assert_int_equal(pull(trust_both, &e), -1);
	/* and one that leaves that policy out */
	json_array_remove(json_list(json, "policies"), json_array_size(json_list(json, "policies")) - 1);
	json_set_str(json, "policy",
		json_text(json_array_get(json_list(json, "policies"), json_array_size(json_list(json, "policies")) - 1),
			"policy"));
	free(forged);
	free(made);
	forged = made = NULL;
	OK(json_canonical(json, &forged, &data.len, &e));
	data.bytes = forged;
	OK(signer_sign(&thief, SIGN_DETACHED_ARMOR, &data, &made, &made_len, &e));
	OK(fs_write_file(release, forged, data.len, 0644, &e));
	OK(fs_write_file(signature, made, made_len, 0644, &e));
	e = (struct err){ 0 };
	assert_int_equal(pull(trust_both, &e), -1);
	assert_string_equal(e.code, "E_ROLLBACK");
	OK(fs_write_file(release, bytes, len, 0644, &e));
	OK(fs_write_file(signature, kept_signature, signature_len, 0644, &e));
	OK(pull(trust_both, &e));
}

static const json_t *status_key(const json_t *status, const char *fingerprint)
{
	const json_t *key = json_find(json_list(status, "keys"), "fingerprint", fingerprint);

	if (!key)
		fail_msg("status does not know %s", fingerprint);
	return key;
}

/* 60, 30 and 7 days before; a key that lives three days is urgent at once. */
static void warnings(void **state)
{
	AUTO_FREE char *home = release_key_home(world.r, "release");
	AUTO_JSON *status = NULL;
	struct err e = { 0 };
	static const struct {
		int days;
		const char *word;
	} lives[] = { { 3, "within 7 days" }, { 20, "within 30 days" }, { 45, "within 60 days" }, { 90, "" } };

	for (size_t i = 0; i < COUNT(lives); i++) {
		char fingerprint[65];

		OK(key_add(home, "short", "ed25519", (int64_t)lives[i].days * 86400, fingerprint, &e));
		own(next_key, fingerprint);
		json_decref(status);
		status = NULL;
		OK(release_status(world.r, &status, &e));
		assert_string_equal(json_text(status_key(status, fingerprint), "warning"), lives[i].word);
	}
	own(next_key, NULL);
}

static void run_due(const char *state)
{
	AUTO_JSON *due = NULL;
	struct actor trial = as(&world, TRIAL);
	const json_t *item;
	struct err e = { 0 };

	OK(release_run_due(world.r, &trial, channel_publish, &due, &e));
	item = json_find(json_list(due, "items"), "what", "resign");
	assert_string_equal(json_text(item, "state"), state);
}

/* Two keys sign. One of them is revoked, or put away by the policy: what is served is signed again by the other, without waiting for the end of its validity. */
static void one_of_two(void **state)
{
	AUTO_JSON *answer = NULL, *before = NULL, *after = NULL, *last = NULL;
	struct err e = { 0 };
	char second[65], third[65];

	OK(keys_new(world.r, "release", "ed25519", second, &e));
	own(next_key, second);
	OK(release_resign(world.r, "production", channel_publish, &answer, &e));
	before = trust_now();
	believed(before);
	run_due("");
	OK(keys_revoke(world.r, "release", second, &e));
	after = trust_now();
	not_believed(after, "E_SIG_KEY_REVOKED");
	run_due("done");
	believed(after);
	run_due("");
	OK(keys_new(world.r, "release", "ed25519", third, &e));
	own(third, NULL);
	run_due("done");
	last = trust_now();
	believed(last);
	own(next_key, NULL);
	run_due("done");
}

/* The drill: the key that signs is revoked; the store says so, nothing is signed by it, the next one takes over, and what stands in the log still counts. */
static void a_revocation(void **state)
{
	AUTO_JSON *status = NULL, *revoked = NULL, *audit = NULL, *after = NULL, *due = NULL, *answer = NULL;
	AUTO_JSON *mended = NULL, *quiet = NULL;
	struct actor trial = as(&world, TRIAL);
	struct err e = { 0 };
	char third[65];

	OK(keys_revoke(world.r, "release", next_key, &e));
	OK(release_status(world.r, &status, &e));
	assert_string_equal(json_text(status_key(status, next_key), "warning"), "revoked");
	OK(release_run_due(world.r, &trial, channel_publish, &due, &e));
	assert_string_equal(json_text(json_find(json_list(due, "items"), "what", "resign"), "state"), "failed");
	revoked = trust_now();
	not_believed(revoked, "E_SIG_KEY_REVOKED");
	assert_int_equal(pull(revoked, &e), -1);
	e = (struct err){ 0 };
	assert_int_equal(release_resign(world.r, "production", channel_publish, &answer, &e), -1);
	assert_string_equal(e.code, "E_SIG_KEY_REVOKED");
	e = (struct err){ 0 };
	OK(audit_store(world.r->store, &audit, &e));
	assert_false(json_flag(audit, "ok")); /* nobody vouches for the last snapshot */
	OK(keys_new(world.r, "release", "ed25519", third, &e));
	own(third, NULL);
	OK(release_run_due(world.r, &trial, channel_publish, &mended, &e));
	assert_string_equal(json_text(json_find(json_list(mended, "items"), "what", "resign"), "state"), "done");
	OK(release_run_due(world.r, &trial, channel_publish, &quiet, &e));
	assert_null(json_find(json_list(quiet, "items"), "what", "resign"));
	after = trust_now();
	believed(after);
	json_decref(audit);
	audit = NULL;
	OK(audit_store(world.r->store, &audit, &e));
	assert_true(json_flag(audit, "ok"));
	assert_int_equal(keys_revoke(world.r, "vendor", third, &e), -1);
	assert_int_equal(keys_revoke(world.r, "release", "../../x", &e), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_rotation),
		cmocka_unit_test(a_stolen_key),
		cmocka_unit_test(warnings),
		cmocka_unit_test(one_of_two),
		cmocka_unit_test(a_revocation),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
