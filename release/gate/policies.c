/* policies.c - the chain of policy versions: each one signed, over its exact bytes, by a threshold of the owners of the one before. */
#include "release/gate/policy.h"
#include "release/gate/record.h"
#include <string.h>

enum { SIGNATURES_MAX = 64, GRACE_S = 600 };

void policies_done(struct policies *p)
{
	for (size_t i = 0; i < p->len; i++) {
		json_decref(p->at[i].json);
		json_decref(p->at[i].keyring);
		json_decref(p->at[i].signatures);
		free(p->at[i].text);
	}
	LIST_DONE(p);
	json_decref(p->verified);
	if (p->keyring.home)
		keyring_done(&p->keyring);
	memset(p, 0, sizeof *p);
}

const struct policy *policies_now(const struct policies *p)
{
	return p->len ? &p->at[p->len - 1] : NULL;
}

const struct policy *policies_by_digest(const struct policies *p, const char *digest)
{
	for (size_t i = p->len; i-- > 0;)
		if (strcmp(p->at[i].digest, digest) == 0)
			return &p->at[i];
	return NULL;
}

const struct policy *policies_at(const struct policies *p, int64_t seq)
{
	const struct policy *found = NULL;

	for (size_t i = 0; i < p->len && p->at[i].seq < seq; i++)
		found = &p->at[i];
	return found;
}

/* The owner whose key made this signature, or NULL. at: judged as of then; 0: now. */
static const char *owner_of(struct policies *p, const json_t *policy, const struct sig_data *data, const char *sig,
	size_t sig_len, int64_t at)
{
	size_t i, k;
	json_t *owner, *key;

	json_array_foreach(json_list(json_map(policy, "owners"), "people"), i, owner) {
		const json_t *person = policy_person(policy, json_string_value(owner));

		json_array_foreach(json_list(person, "keys"), k, key) {
			AUTO_FREE char *fingerprint = fingerprint_of(json_string_value(key));
			const char *pinned[] = { fingerprint };
			struct sig_verdict verdict;
			struct err ignored = { 0 };

			if (fingerprint &&
				sig_verify_detached(
					&p->keyring, data, sig, sig_len, pinned, 1, at, &verdict, &ignored) == 0)
				return json_string_value(owner);
		}
	}
	return NULL;
}

static int judge(struct policies *p, const json_t *owners_of, const struct sig_data *data, char *const *signatures,
	const size_t *lens, size_t count, int64_t at, struct err *e)
{
	AUTO_JSON *signers = json_object();
	int64_t threshold = json_int(json_map(owners_of, "owners"), "threshold");

	for (size_t i = 0; i < count && i < SIGNATURES_MAX; i++) {
		const char *owner = owner_of(p, owners_of, data, signatures[i], lens[i], at);

		if (owner)
			json_object_set_new(signers, owner, json_true());
	}
	if (threshold < 1 || (int64_t)json_object_size(signers) < threshold)
		return err_verdict(e, "E_SIG_UNTRUSTED",
			"the policy is signed by %zu of its present owners; %lld must sign its exact bytes",
			json_object_size(signers), (long long)threshold);
	return 0;
}

static int is_new(const struct policies *p, const char *text, size_t len, struct err *e)
{
	char digest[SHA256_HEX];

	sha256_hex(text, len, digest);
	if (policies_by_digest(p, digest))
		return err_verdict(e, "E_ROLLBACK",
			"these exact bytes were in force before; an old signature must not bring them back (change a "
			"comment to return to them)");
	return 0;
}

int policies_judge(struct policies *p, const char *text, size_t len, const json_t *json, char *const *signatures,
	const size_t *lens, size_t count, struct err *e)
{
	const struct policy *now = policies_now(p);
	struct sig_data data = { .fd = -1, .bytes = text, .len = len };

	return is_new(p, text, len, e) || judge(p, now ? now->json : json, &data, signatures, lens, count, 0, e) ? -1
														 : 0;
}

static int add_keyrings(struct policies *p, struct record_source *s, const json_t *digests, struct err *e)
{
	size_t i;
	json_t *digest;

	if (!p->keyring.home && keyring_open(&p->keyring, e))
		return -1;
	json_array_foreach(digests, i, digest) {
		AUTO_FREE char *certs = NULL;
		size_t len;

		if (source_get(s, json_string_value(digest), &certs, &len, e) ||
			keyring_add(&p->keyring, certs, len, e))
			return err_wrap(e, "keyring");
	}
	return 0;
}

/* Good now; or an owner's key has expired since, and was good when the version came into force. */
static int owners_signed(struct policies *p, struct record_source *s, const struct policy *new, struct err *e)
{
	const json_t *owners_then = p->len ? policies_now(p)->json : new->json;
	struct sig_data data = { .fd = -1, .bytes = new->text, .len = new->len };
	char *signatures[SIGNATURES_MAX] = { 0 };
	size_t lens[SIGNATURES_MAX], count = 0, i;
	json_t *digest;
	int result = is_new(p, new->text, new->len, e);

	json_array_foreach(new->signatures, i, digest)
		if (result == 0 && count < SIGNATURES_MAX) {
			result = source_get(s, json_string_value(digest), &signatures[count], &lens[count], e);
			count += result == 0;
		}
	if (result == 0) {
		struct err ignored = { 0 };

		result = judge(p, owners_then, &data, signatures, lens, count, new->since, &ignored) &&
				judge(p, owners_then, &data, signatures, lens, count, 0, e)
			? -1
			: 0;
	}
	for (i = 0; i < count; i++)
		free(signatures[i]);
	return result;
}

static void policy_done(struct policy *p)
{
	json_decref(p->json);
	json_decref(p->keyring);
	json_decref(p->signatures);
	free(p->text);
}

static int fill(struct policies *p, struct record_source *s, const json_t *body, const char *root, struct policy *new,
	struct err *e)
{
	const char *previous = p->len ? policies_now(p)->digest : "";

	snprintf(new->digest, sizeof new->digest, "%s", json_text(body, "policy"));
	new->keyring = json_incref(json_list(body, "keyring"));
	new->signatures = json_incref(json_list(body, "signatures"));
	if (strcmp(json_text(body, "previous"), previous) != 0)
		return err_verdict(e, "E_SIG_UNTRUSTED", "it does not follow the one before");
	if (p->len && new->since + GRACE_S < policies_now(p)->since)
		return err_verdict(e, "E_SIG_TIME", "it says it is older than the one before");
	if (!p->len && root && strcmp(root, new->digest) != 0)
		return err_verdict(e, "E_SIG_UNTRUSTED", "the first policy is not the pinned one (%s)", root);
	return source_get(s, new->digest, &new->text, &new->len, e) ||
			policy_parse(new->text, new->len, "policy", &new->json, e) ||
			add_keyrings(p, s, new->keyring, e) || owners_signed(p, s, new, e)
		? -1
		: 0;
}

int policies_add(struct policies *p, struct record_source *s, const char *record, const char *signature, int64_t seq,
	const char *root, struct err *e)
{
	AUTO_FREE char *bytes = NULL, *sig = NULL;
	AUTO_JSON *json = NULL;
	struct policy new = { .seq = seq };
	size_t len, sig_len;

	if (source_get(s, record, &bytes, &len, e) || source_get(s, signature, &sig, &sig_len, e) ||
		record_parse(bytes, len, &json, e) || (new.since = record_time(json), 0) ||
		fill(p, s, json_map(json, "body"), root, &new, e) ||
		record_verify(bytes, len, sig, sig_len, p, p->len ? policies_now(p) : &new, json, false, e)) {
		policy_done(&new);
		return err_wrap(e, "policy %.16s", json_text(json_map(json, "body"), "policy"));
	}
	if (strcmp(json_text(json, "type"), "policy") != 0) {
		policy_done(&new);
		return err_verdict(e, "E_SIG_UNTRUSTED", "record %.16s is no policy", record);
	}
	snprintf(new.record, sizeof new.record, "%s", record);
	snprintf(new.signature, sizeof new.signature, "%s", signature);
	*LIST_ADD(p) = new;
	return 0;
}
