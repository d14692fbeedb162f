/* verify.c - the acceptance rule for signatures (sign.h).
 *
 * GPGME's pitfalls, each met here: an inline message in a detached signature's place succeeds with zero signatures (packets.c looks first, and
 * every packet must be judged); `summary` of a good one is 0, so status decides; SHA-1, RSA-1024 and signatures from the future have status 0;
 * the fingerprint reported is the signing subkey's, and pins name primary keys. */
#include "base/when.h"
#include "sign/armor.h"
#include "sign/clear.h"
#include "sign/key_facts.h"
#include "sign/packets.h"
#include <string.h>
#include <strings.h>

enum { CLEAR_MAX = 64 << 20 };

struct judge {
	struct keyring *ring;
	gpgme_ctx_t ctx;
	const char *const *pinned;
	size_t pinned_len;
	int64_t at;
	unsigned good, other, seen;
	char other_key[65];
	char unknown_key[65];
	struct sig_verdict verdict;
};

static bool is_pinned(const struct judge *j, const char *primary)
{
	if (j->pinned == NULL)
		return true;
	for (size_t i = 0; i < j->pinned_len; i++)
		if (strcasecmp(j->pinned[i], primary) == 0)
			return true;
	return false;
}

static bool is_sha2(gpgme_hash_algo_t hash)
{
	return hash == GPGME_MD_SHA256 || hash == GPGME_MD_SHA384 || hash == GPGME_MD_SHA512 || hash == GPGME_MD_SHA224;
}

static bool is_strong(gpgme_subkey_t key)
{
	switch (key->pubkey_algo) {
	case GPGME_PK_RSA:
	case GPGME_PK_RSA_S:
		return key->length >= 2048;
	case GPGME_PK_ECDSA:
	case GPGME_PK_EDDSA:
		return key->length >= 255;
	default: /* DSA and whatever else there is */
		return false;
	}
}

/* The subkey a signature names by fingerprint or, when gpg could not tell more, by key id. */
static gpgme_subkey_t subkey_of(gpgme_key_t key, const char *name)
{
	for (gpgme_subkey_t s = key->subkeys; s; s = s->next) {
		if (s->fpr && strcasecmp(s->fpr, name) == 0)
			return s;
		if (s->keyid && strcasecmp(s->keyid, name) == 0)
			return s;
	}
	return NULL;
}

/* What gpg itself says about a signature by a key that we know. */
static int judge_status(gpgme_signature_t s, struct err *e)
{
	static const struct {
		gpgme_err_code_t status;
		const char *code, *text;
	} known[] = {
		{ GPG_ERR_SIG_EXPIRED, "E_SIG_EXPIRED", "has expired" },
		{ GPG_ERR_KEY_EXPIRED, "E_SIG_KEY_EXPIRED", "is by a key that has expired" },
		{ GPG_ERR_CERT_REVOKED, "E_SIG_KEY_REVOKED", "is by a key that was revoked" },
		{ GPG_ERR_TIME_CONFLICT, "E_SIG_TIME", "is older than its key" },
		{ GPG_ERR_DIGEST_ALGO, "E_SIG_WEAK", "uses a digest that is not to be trusted" },
		{ GPG_ERR_NO_ERROR, NULL, NULL },
	};

	for (size_t i = 0; i < COUNT(known); i++) {
		if (gpgme_err_code(s->status) != known[i].status)
			continue;
		if (known[i].code == NULL)
			return 0;
		return err_verdict(e, known[i].code, "the signature by %s %s", s->fpr, known[i].text);
	}
	return err_verdict(e, "E_SIG_BAD", "the signature by %s is not valid: %s", s->fpr, gpgme_strerror(s->status));
}

static int judge_key(const struct judge *j, gpgme_signature_t s, gpgme_key_t key, gpgme_subkey_t sub, struct err *e)
{
	if (key->revoked || sub->revoked)
		return err_verdict(e, "E_SIG_KEY_REVOKED", "the signature's key %s was revoked", s->fpr);
	if (key->expired || sub->expired)
		return err_verdict(e, "E_SIG_KEY_EXPIRED", "the signature's key %s has expired", s->fpr);
	if (key->invalid || key->disabled || sub->invalid || sub->disabled || !sub->can_sign)
		return err_verdict(e, "E_SIG_BAD", "the signature's key %s is not one that may sign", s->fpr);
	if (!is_strong(sub))
		return err_verdict(e, "E_SIG_WEAK", "the signature's key %s is too weak: %s with %u bits", s->fpr,
			gpg_pubkey_name((int)sub->pubkey_algo), sub->length);
	if ((int64_t)s->timestamp < (int64_t)sub->timestamp)
		return err_verdict(e, "E_SIG_TIME", "the signature by %s is older than its key", s->fpr);
	return 0;
}

static void keep(char to[65], const char *from)
{
	size_t len = from ? strnlen(from, 64) : 0;

	if (len)
		memcpy(to, from, len);
	to[len] = 0;
}

static void note_good(struct judge *j, gpgme_signature_t s, gpgme_key_t key)
{
	if (j->good++ > 0)
		return;
	keep(j->verdict.fingerprint, key->subkeys->fpr);
	keep(j->verdict.subkey, s->fpr);
	j->verdict.time = (int64_t)s->timestamp;
	j->verdict.expires = (int64_t)s->exp_timestamp;
	j->verdict.hash = gpg_hash_name((int)s->hash_algo);
	j->verdict.algorithm = gpg_pubkey_name((int)s->pubkey_algo);
}

static int judge_known(struct judge *j, gpgme_signature_t s, gpgme_key_t key, struct err *e)
{
	gpgme_subkey_t sub = subkey_of(key, s->fpr);

	if (sub == NULL)
		return err_verdict(e, "E_SIG_BAD", "gpg names no key for a signature");
	if (!is_pinned(j, key->subkeys->fpr)) {
		j->other++;
		keep(j->other_key, key->subkeys->fpr);
		return 0;
	}
	if (!is_sha2(s->hash_algo))
		return err_verdict(e, "E_SIG_WEAK", "the signature by %s uses %s, which can be forged", s->fpr,
			gpg_hash_name((int)s->hash_algo));
	if ((int64_t)s->timestamp <= 0 || (int64_t)s->timestamp > j->at + CLOCK_SLACK)
		return err_verdict(e, "E_SIG_TIME", "the signature by %s was made in the future", s->fpr);
	if (judge_status(s, e) || judge_key(j, s, key, sub, e))
		return -1;
	note_good(j, s, key);
	key_facts_prove(j->ring, s->fpr);
	return 0;
}

static int judge_one(struct judge *j, gpgme_signature_t s, struct err *e)
{
	gpgme_key_t key = NULL;

	j->seen++;
	if (s->fpr == NULL)
		return err_verdict(e, "E_SIG_BAD", "gpg names no key for a signature");
	if (gpgme_err_code(s->status) == GPG_ERR_NO_PUBKEY) {
		j->verdict.unknown++;
		keep(j->unknown_key, s->fpr);
		return 0;
	}
	if (gpgme_err_code(s->status) == GPG_ERR_BAD_SIGNATURE)
		return err_verdict(e, "E_SIG_BAD", "the signature by %s does not fit these bytes", s->fpr);
	if (keyring_key(j->ring, s->fpr, &key, e))
		return -1;
	if (key == NULL)
		return err_verdict(e, "E_SIG_BAD", "the signature by %s cannot be judged: no one key is it", s->fpr);
	return judge_known(j, s, key, e);
}

/* Is there a key that may vouch but whose certificate we do not hold? Then an unknown signature may be its (a subkey's, say): nobody can tell.
 * Otherwise an unknown key is simply none of those that may. */
static bool lacks_certificate(struct judge *j)
{
	struct err ignored = { 0 };
	gpgme_key_t key;

	if (j->pinned == NULL)
		return keyring_key(j->ring, "", &key, &ignored) || j->ring->keys_len == 0;
	for (size_t i = 0; i < j->pinned_len; i++)
		if (keyring_key(j->ring, j->pinned[i], &key, &ignored) || key == NULL)
			return true;
	return false;
}

/* packets: how many signatures we saw ourselves. */
static int judge_all(struct judge *j, unsigned packets, struct err *e)
{
	gpgme_verify_result_t result = gpgme_op_verify_result(j->ctx);
	gpgme_signature_t signatures = result ? result->signatures : NULL;

	gpgme_result_ref(result); /* listing keys on the same context would free it */
	for (gpgme_signature_t s = signatures; s; s = s->next)
		if (judge_one(j, s, e)) {
			gpgme_result_unref(result);
			return -1;
		}
	gpgme_result_unref(result);
	if (j->seen != packets)
		return err_verdict(e, "E_SIG_BAD", "gpg judged %u of %u signatures", j->seen, packets);
	if (j->good > 0)
		return 0;
	if (j->other > 0)
		return err_verdict(
			e, "E_SIG_UNTRUSTED", "signed by %s, which is not a key that may vouch for this", j->other_key);
	if (j->verdict.unknown > 0 && !lacks_certificate(j))
		return err_verdict(e, "E_SIG_UNTRUSTED", "signed by %s, which is not a key that may vouch for this",
			j->unknown_key);
	if (j->verdict.unknown > 0)
		return err_verdict(e, "E_SIG_KEY_MISSING", "signed by %s, whose certificate is not in the keyring",
			j->unknown_key);
	return err_verdict(e, "E_SIG_MISSING", "there is no signature that can be judged");
}

/* gpg's failure as a whole: what the bytes cause is a verdict, the rest the environment's. */
static int verify_failed(gpgme_error_t error, struct err *e)
{
	switch (gpgme_err_code(error)) {
	case GPG_ERR_NO_DATA:
	case GPG_ERR_BAD_DATA:
	case GPG_ERR_INV_PACKET:
	case GPG_ERR_UNEXPECTED:
	case GPG_ERR_BAD_SIGNATURE:
	case GPG_ERR_DECRYPT_FAILED:
		return err_verdict(e, "E_SIG_BAD", "gpg takes it for no signature: %s", gpgme_strerror(error));
	default:
		return gpg_failed(e, error, "cannot verify with gpg");
	}
}

static int judge_open(
	struct judge *j, struct keyring *k, const char *const *pinned, size_t pinned_len, int64_t at, struct err *e)
{
	*j = (struct judge){ .ring = k, .pinned = pinned, .pinned_len = pinned_len, .at = at ? at : when_now() };
	if (keyring_set_time(k, at, e))
		return -1;
	return keyring_context(k, &j->ctx, e);
}

static int verify_packets(
	struct judge *j, const struct sig_data *data, const struct sig_packets *packets, struct err *e)
{
	struct range_reader reader = { .data = data };
	AUTO_GPG_DATA sig = NULL, covered = NULL;
	gpgme_error_t error;

	if (packets->known == 0)
		return err_verdict(
			e, "E_SIG_KEY_MISSING", "%u signatures of a version that gpg does not know", packets->foreign);
	if (gpg_data_mem(packets->at, packets->len, &sig, e) || gpg_data_ranges(&reader, &covered, e))
		return -1;
	error = gpgme_op_verify(j->ctx, sig, covered, NULL);
	if (reader.failed) {
		*e = reader.err;
		return -1;
	}
	if (error)
		return verify_failed(error, e);
	j->verdict.unknown = packets->foreign;
	return judge_all(j, packets->known, e);
}

int sig_verify_detached(struct keyring *k, const struct sig_data *data, const void *sig, size_t len,
	const char *const *pinned, size_t pinned_len, int64_t at, struct sig_verdict *ret, struct err *e)
{
	struct sig_packets packets = { 0 };
	AUTO_FREE unsigned char *decoded = NULL;
	struct judge j = { 0 };
	int rc = -1;

	if (armor_looks_like(sig, len)) {
		if (armor_decode(sig, len, "SIGNATURE", &decoded, &len, e))
			return -1;
		sig = decoded;
	}
	if (sig_packets_read(sig, len, false, &packets, e))
		return -1;
	if (verify_here(k, data, &packets, pinned, pinned_len, at, &j.verdict))
		rc = 0;
	else if (judge_open(&j, k, pinned, pinned_len, at, e) == 0)
		rc = verify_packets(&j, data, &packets, e);
	sig_packets_done(&packets);
	if (rc == 0)
		*ret = j.verdict;
	return rc;
}

/* Verifies the message from its head line to its tail line; *ret_text is what gpg gives back as signed. */
static int verify_clear(
	struct judge *j, const void *message, const struct clear *c, gpgme_data_t *ret_text, struct err *e)
{
	AUTO_GPG_DATA whole = NULL;
	gpgme_error_t error;

	if (gpg_data_mem(message, c->end, &whole, e))
		return -1;
	error = gpgme_data_new(ret_text);
	if (error)
		return gpg_failed(e, error, "cannot hold the data");
	error = gpgme_op_verify(j->ctx, whole, NULL, *ret_text);
	if (error)
		return verify_failed(error, e);
	return judge_all(j, c->packets, e);
}

int sig_verify_clear(struct keyring *k, const void *message, size_t len, const char *const *pinned, size_t pinned_len,
	int64_t at, char **ret_text, size_t *ret_len, struct sig_verdict *ret, struct err *e)
{
	AUTO_GPG_DATA text = NULL;
	struct clear clear;
	struct judge j = { 0 };
	int rc = -1;

	if (len > CLEAR_MAX)
		return err_input(e, "E_LIMIT_SIZE", "a signed text larger than %d MiB", CLEAR_MAX >> 20);
	if (clear_read(message, len, &clear, e))
		return -1;
	if (judge_open(&j, k, pinned, pinned_len, at, e) == 0)
		rc = verify_clear(&j, message, &clear, &text, e);
	if (rc == 0) {
		*ret_text = gpg_data_take(&text, ret_len);
		*ret = j.verdict;
	}
	return rc;
}
