/* record.c - making, signing, checking an act. */
#include "release/gate/record.h"
#include "base/digest.h"
#include "base/when.h"
#include "release/gate/memory.h"
#include <string.h>

json_t *record_make(const char *type, int64_t time, const char *person, const char *key, const char *policy,
	const char *after, json_t *body)
{
	char when[32];

	when_utc(time, when);
	return json_pack("{s:s, s:i, s:s, s:s, s:s, s:s, s:s, s:o}", "type", type, "version", 1, "time", when, "person",
		person, "key", key, "policy", policy, "after", after, "body", body);
}

int record_sign(const json_t *record, struct signer *signer, char **ret_bytes, size_t *ret_len, char **ret_sig,
	size_t *ret_sig_len, struct err *e)
{
	AUTO_FREE char *bytes = NULL;
	struct sig_data data = { .fd = -1 };
	size_t len;

	if (json_canonical(record, &bytes, &len, e))
		return -1;
	data.bytes = bytes;
	data.len = len;
	if (signer_sign(signer, SIGN_DETACHED_ARMOR, &data, ret_sig, ret_sig_len, e))
		return err_wrap(e, "signing the %s", json_text(record, "type"));
	*ret_bytes = bytes;
	*ret_len = len;
	bytes = NULL;
	return 0;
}

int64_t record_time(const json_t *record)
{
	struct err ignored = { 0 };
	int64_t time;

	return when_parse(json_text(record, "time"), "UTC", &time, &ignored) ? 0 : time;
}

int record_parse(const char *bytes, size_t len, json_t **ret, struct err *e)
{
	static const char *const members[] = { "type", "time", "person", "key", "policy", "after" };
	AUTO_JSON *json = json_parse(bytes, len, "record", e);
	AUTO_FREE char *canonical = NULL;
	size_t canonical_len;

	if (!json)
		return -1;
	for (size_t i = 0; i < COUNT(members); i++)
		if (!json_is_string(json_object_get(json, members[i])))
			return err_input(e, "E_METADATA", "record: '%s' is missing", members[i]);
	if (!json_map(json, "body") || json_int(json, "version") != 1 || json_object_size(json) != COUNT(members) + 2 ||
		record_time(json) <= 0)
		return err_input(e, "E_METADATA", "record: not of the form that is known here");
	if (json_canonical(json, &canonical, &canonical_len, e))
		return -1;
	if (canonical_len != len || memcmp(canonical, bytes, len) != 0)
		return err_input(e, "E_METADATA", "record: not canonical JSON");
	*ret = json_incref(json);
	return 0;
}

static int verify(
	struct policies *chain, const struct memory_of *what, int64_t at, struct sig_verdict *ret, struct err *e)
{
	const char *pinned[] = { what->fingerprint };
	struct sig_data data = { .fd = -1, .bytes = what->bytes, .len = what->len };

	memory_ring(chain);
	return sig_verify_detached(&chain->keyring, &data, what->sig, what->sig_len, pinned, 1, at, ret, e);
}

/* Good now; or the key has expired since, and was good when the act was done. A statement may have been carried to its key for a while. */
static int was_good(struct policies *chain, const struct memory_of *what, int64_t time, bool is_fresh,
	struct sig_verdict *ret, struct err *e)
{
	static const int64_t later[] = { 0, 600, 86400 };

	if (verify(chain, what, 0, ret, e) == 0)
		return 0;
	for (size_t i = 0; !is_fresh && e->code && strcmp(e->code, "E_SIG_KEY_EXPIRED") == 0 && i < COUNT(later); i++) {
		struct err again = { 0 };

		if (verify(chain, what, time + later[i], ret, &again) == 0)
			return 0;
	}
	return -1;
}

int record_verify(const char *bytes, size_t len, const char *sig, size_t sig_len, struct policies *chain,
	const struct policy *policy, const json_t *record, bool is_fresh, struct err *e)
{
	const char *key = json_text(record, "key"), *person = json_text(record, "person");
	const struct memory_of what = { bytes, len, sig, sig_len, key, 0 };
	struct sig_verdict verdict = { .time = 0 };
	char name[MEMORY_NAME];

	if (!policy_key_of(policy->json, person, key))
		return err_verdict(e, "E_SIG_UNTRUSTED", "%s: %s is no key of '%s' in the policy it names",
			json_text(record, "type"), key, person);
	/* A good signature over the same bytes by the same key stays good, unless it says itself until when. */
	memory_of_signature(chain, "record", &what, name);
	if (!is_fresh && memory_has(chain, name))
		return 0;
	if (was_good(chain, &what, record_time(record), is_fresh, &verdict, e))
		return err_wrap(e, "%s by %s", json_text(record, "type"), person);
	if (!verdict.expires)
		memory_note(chain, name);
	return 0;
}

void record_done(struct record *r)
{
	json_decref(r->json);
	memset(r, 0, sizeof *r);
}

void records_done(struct records *r)
{
	for (size_t i = 0; i < r->len; i++)
		record_done(&r->at[i]);
	LIST_DONE(r);
}

static int believed(struct record_source *s, const char *bytes, size_t len, const char *signature,
	struct policies *chain, const json_t *json, struct err *e)
{
	const struct policy *policy = policies_by_digest(chain, json_text(json, "policy"));
	AUTO_FREE char *sig = NULL;
	size_t sig_len;

	if (!policy)
		return err_verdict(e, "E_SIG_UNTRUSTED", "it names a policy that was never in force");
	if (source_get(s, signature, &sig, &sig_len, e))
		return err_wrap(e, "its signature");
	return record_verify(bytes, len, sig, sig_len, chain, policy, json, false, e);
}

int record_load(struct record_source *s, const char *digest, const char *signature, struct policies *chain,
	bool is_trusting, struct record *ret, struct err *e)
{
	AUTO_FREE char *bytes = NULL;
	AUTO_JSON *json = NULL;
	size_t len;

	if (source_get(s, digest, &bytes, &len, e) || record_parse(bytes, len, &json, e) ||
		(!is_trusting && believed(s, bytes, len, signature, chain, json, e)))
		return err_wrap(e, "record %.16s", digest);
	*ret = (struct record){ .time = record_time(json),
		.json = json_incref(json),
		.body = json_map(json, "body"),
		.type = json_text(json, "type"),
		.person = json_text(json, "person"),
		.key = json_text(json, "key"),
		.policy = json_text(json, "policy") };
	snprintf(ret->digest, sizeof ret->digest, "%s", digest);
	snprintf(ret->signature, sizeof ret->signature, "%s", signature);
	return 0;
}
