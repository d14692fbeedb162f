/* signer_serve.c - the signer's process: holds the keys, takes bytes from its line, gives back signatures. It never looks into the bytes. */
#include "base/when.h"
#include "sign/agent.h"
#include "sign/armor.h"
#include "sign/clear.h"
#include "sign/gpg.h"
#include "sign/keyring.h"
#include "sign/plain_key.h"
#include "sign/signer.h"
#include <errno.h>
#include <string.h>
#include <strings.h>

struct server {
	struct framer framer;
	const char *folder; /* as it was named */
	const struct signer_keys *wanted;
	gpgme_ctx_t ctx; /* NULL: gpg was not needed yet */
	struct gpg_home home;
	char fingerprint[65], signing[65]; /* of the key, and of the part of it that gpg signed with last */
	int algorithm;
	unsigned keys; /* how many sign */
	struct agent_signer agent;
	struct plain_key plain;
	struct signing *hand; /* one of both; NULL: gpg signs */
};

/* The bytes of one message as GPGME reads them off the line. */
struct feed {
	struct framer *framer;
	struct frame frame;
	size_t used;
	bool ended, cancelled, broken;
};

static void feed_next(struct feed *f)
{
	struct err ignored = { 0 };

	f->used = 0;
	f->frame = (struct frame){ 0 };
	if (frame_read(f->framer, -1, &f->frame, &ignored) <= 0)
		f->broken = f->ended = true;
	else if (f->frame.type == SIGNER_END || f->frame.type == SIGNER_CANCEL)
		f->ended = true;
	else if (f->frame.type != SIGNER_DATA)
		f->broken = f->ended = true;
	f->cancelled = f->ended && f->frame.type != SIGNER_END;
}

static ssize_t feed_read(void *handle, void *buf, size_t size)
{
	struct feed *f = handle;
	size_t left;

	while (!f->ended && f->used == f->frame.len)
		feed_next(f);
	if (f->cancelled) {
		errno = ECANCELED;
		return -1;
	}
	if (f->ended)
		return 0;
	left = f->frame.len - f->used;
	size = size < left ? size : left;
	memcpy(buf, f->frame.at + f->used, size);
	f->used += size;
	return (ssize_t)size;
}

static int tell_failure(struct server *s, const struct err *failure)
{
	struct pack p = { 0 };
	struct err ignored = { 0 };
	int rc;

	pack_u8(&p, (uint8_t)failure->class);
	pack_str(&p, failure->code);
	pack_str(&p, failure->text);
	pack_str(&p, failure->hint);
	rc = frame_write(s->framer.fd, SIGNER_FAILED, p.at, p.len, &ignored);
	pack_done(&p);
	return rc;
}

static int detach_by_hand(struct server *s, struct feed *feed, char **ret_sig, size_t *ret_len, struct err *e);
static int armored_by_hand(struct server *s, struct feed *feed, char **ret_sig, size_t *ret_len, struct err *e);
static int clear_by_hand(struct server *s, struct feed *feed, char **ret_sig, size_t *ret_len, struct err *e);

static const struct {
	gpgme_sig_mode_t mode;
	int armor;
	int (*by_hand)(struct server *s, struct feed *feed, char **ret_sig, size_t *ret_len, struct err *e);
} modes[] = {
	[SIGN_DETACHED_ARMOR] = { GPGME_SIG_MODE_DETACH, 1, armored_by_hand },
	[SIGN_DETACHED_BINARY] = { GPGME_SIG_MODE_DETACH, 0, detach_by_hand },
	[SIGN_CLEAR] = { GPGME_SIG_MODE_CLEAR, 1, clear_by_hand },
};

/* GPGME numbers the elliptic ones in a way of its own. */
static int openpgp_id(gpgme_pubkey_algo_t algorithm)
{
	switch (algorithm) {
	case GPGME_PK_ECDSA:
		return 19;
	case GPGME_PK_EDDSA:
		return 22;
	default:
		return (int)algorithm;
	}
}

static int make_signature(
	struct server *s, enum sign_mode mode, gpgme_data_t plain, char **ret_sig, size_t *ret_len, struct err *e)
{
	AUTO_GPG_DATA sig = NULL;
	gpgme_error_t error = gpgme_data_new(&sig);
	gpgme_sign_result_t result;
	unsigned made = 0;
	bool is_weak = false;

	gpgme_set_armor(s->ctx, modes[mode].armor);
	if (error == 0)
		error = gpgme_op_sign(s->ctx, plain, sig, modes[mode].mode);
	if (error)
		return gpg_failed(e, error, "cannot sign with gpg");
	result = gpgme_op_sign_result(s->ctx);
	for (gpgme_new_signature_t one = result ? result->signatures : NULL; one; one = one->next) {
		made++;
		is_weak = is_weak || one->hash_algo == GPGME_MD_SHA1 || one->hash_algo == GPGME_MD_MD5;
	}
	if (result == NULL || result->signatures == NULL || result->invalid_signers || made != s->keys)
		return err_env(e, "cannot sign with gpg: it made %u signatures where %u are meant, the first by %s",
			made, s->keys, s->fingerprint);
	if (is_weak)
		return err_env(e, "the key folder's gpg.conf asks for a weak digest");
	s->algorithm = openpgp_id(result->signatures->pubkey_algo);
	snprintf(s->signing, sizeof s->signing, "%s", result->signatures->fpr ? result->signatures->fpr : "");
	*ret_sig = gpg_data_take(&sig, ret_len);
	return 0;
}

static bool names_key(gpgme_key_t key, const char *wanted)
{
	if (strncasecmp(wanted, "0x", 2) == 0)
		wanted += 2;
	for (gpgme_subkey_t k = key->subkeys; k; k = k->next)
		if (k->fpr && strcasecmp(k->fpr, wanted) == 0)
			return true;
	return false;
}

static int find_key(struct server *s, const char *wanted, gpgme_key_t *ret, struct err *e)
{
	gpgme_key_t key, found = NULL;
	unsigned count = 0;
	gpgme_error_t error;

	for (error = gpgme_op_keylist_start(s->ctx, NULL, 1); error == 0;) {
		error = gpgme_op_keylist_next(s->ctx, &key);
		if (error)
			break;
		if ((wanted == NULL || names_key(key, wanted)) && count++ == 0)
			found = key;
		else
			gpgme_key_unref(key);
	}
	if (gpgme_err_code(error) != GPG_ERR_EOF)
		gpg_failed(e, error, "cannot list the keys");
	else if (count == 0 && wanted)
		err_usage(e, "no secret key %s there", wanted);
	else if (count == 0)
		err_usage(e, "no secret key there");
	else if (count > 1)
		err_usage(e, "%u secret keys there: say which", count);
	else {
		*ret = found;
		return 0;
	}
	gpgme_key_unref(found);
	return -1;
}

static int choose_key(struct server *s, gpgme_key_t key, struct err *e)
{
	const char *fingerprint = key->subkeys ? key->subkeys->fpr : NULL;
	gpgme_error_t error;

	if (fingerprint == NULL || strlen(fingerprint) >= sizeof s->fingerprint)
		return err_env(e, "cannot read the key");
	if (key->revoked)
		return err_verdict(e, "E_SIG_KEY_REVOKED", "the key %s was revoked", fingerprint);
	if (key->expired)
		return err_verdict(e, "E_SIG_KEY_EXPIRED", "the key %s has expired", fingerprint);
	if (!key->can_sign)
		return err_usage(e, "the key %s cannot sign", fingerprint);
	error = gpgme_signers_add(s->ctx, key);
	if (error)
		return gpg_failed(e, error, "cannot use the key");
	if (s->keys++ == 0)
		memcpy(s->fingerprint, fingerprint, strlen(fingerprint) + 1);
	return 0;
}

/* The last one that signs stays referenced in *ret. */
static int choose_keys(struct server *s, const struct signer_keys *keys, gpgme_key_t *ret, struct err *e)
{
	for (size_t i = 0; i < (keys->len ? keys->len : 1); i++) {
		struct err why = { 0 };
		gpgme_key_t key = NULL;

		if (find_key(s, keys->len ? keys->at[i] : NULL, &key, &why) == 0 && choose_key(s, key, &why) == 0) {
			gpgme_key_unref(*ret);
			*ret = key;
			continue;
		}
		gpgme_key_unref(key);
		if (e->class == ERR_NONE || why.class == ERR_VERDICT)
			*e = why;
		if (!keys->is_any || why.class == ERR_ENV)
			return -1;
	}
	if (s->keys == 0)
		return -1;
	*e = (struct err){ 0 };
	return 0;
}

/* The only part of the key that may sign now, which is the one that gpg takes; NULL: there are several, and gpg is to say. */
static const char *only_signing(gpgme_key_t key)
{
	const char *found = NULL;

	for (gpgme_subkey_t k = key->subkeys; k; k = k->next) {
		if (!k->can_sign || k->revoked || k->expired || k->invalid || k->disabled)
			continue;
		if (found || !k->secret || !k->fpr || strlen(k->fpr) >= sizeof((struct server *)0)->signing)
			return NULL;
		found = k->fpr;
	}
	return found;
}

/* A signature over nothing. */
static int prove(struct signing *hand, struct err *e)
{
	struct digest nothing = { 0 };
	AUTO_FREE char *proof = NULL;
	size_t len;
	int rc;

	digest_init(&nothing, signature_digest(hand->algorithm));
	rc = signature_make(hand, SIGNATURE_OVER_BYTES, &nothing, when_now(), &proof, &len, e);
	digest_done(&nothing);
	return rc;
}

static void take_agent(struct server *s, gpgme_key_t key, const char *which)
{
	agent_signer_open(&s->agent, s->home.path, key, which);
	s->hand = s->agent.fd >= 0 ? &s->agent.signing : NULL;
}

/* False: gpg is to prove that the key can be used. */
static bool prove_by_agent(struct server *s, gpgme_key_t key)
{
	const char *which = only_signing(key);
	struct err ignored = { 0 };

	if (!which)
		return false;
	take_agent(s, key, which);
	if (s->hand && prove(s->hand, &ignored)) {
		agent_signer_done(&s->agent);
		s->hand = NULL;
	}
	if (s->hand)
		s->algorithm = s->hand->algorithm;
	return s->hand != NULL;
}

static int prove_by_gpg(struct server *s, gpgme_key_t key, struct err *e)
{
	AUTO_GPG_DATA nothing = NULL;
	AUTO_FREE char *proof = NULL;
	size_t len = 0;

	if (gpg_data_mem("", 0, &nothing, e) || make_signature(s, SIGN_DETACHED_BINARY, nothing, &proof, &len, e))
		return -1;
	if (s->keys == 1)
		take_agent(s, key, s->signing);
	return 0;
}

static int serve_by_gpg(struct server *s, struct err *e)
{
	gpgme_key_t key = NULL;
	int rc;

	if (gpg_home_open(&s->home, s->folder, e))
		return -1;
	setenv("GNUPGHOME", s->home.path,
		1); /* of this process alone; a context told so would start gpg once more, to ask its version */
	if (gpg_context(NULL, &s->ctx, e) || choose_keys(s, s->wanted, &key, e))
		return -1;
	if (!key)
		return err_usage(e, "no secret key there");
	rc = 0;
	if (s->keys > 1 || !prove_by_agent(s, key)) /* several at once are gpg's work */
		rc = prove_by_gpg(s, key, e);
	gpgme_key_unref(key);
	return rc;
}

/* False: gpg is to be asked, which says what is wrong if something is. */
static bool serve_plain(struct server *s)
{
	struct err ignored = { 0 };

	if (s->wanted->len > 1 ||
		!plain_key_open(s->folder, s->wanted->len ? s->wanted->at[0] : NULL, when_now(), &s->plain))
		return false;
	if (prove(&s->plain.signing, &ignored)) {
		plain_key_done(&s->plain);
		return false;
	}
	memcpy(s->fingerprint, s->plain.fingerprint, sizeof s->plain.fingerprint);
	s->hand = &s->plain.signing;
	s->algorithm = s->hand->algorithm;
	return true;
}

/* Ends with a signature over nothing: a key that cannot sign (a passphrase unknown, a token absent) is told now, not after hours of work. */
static int serve_open(struct server *s, struct err *e)
{
	return serve_plain(s) ? 0 : serve_by_gpg(s, e);
}

static int detach_by_hand(struct server *s, struct feed *feed, char **ret_sig, size_t *ret_len, struct err *e)
{
	AUTO_FREE char *buf = mem_alloc(SIGNER_CHUNK);
	struct digest message = { 0 };
	ssize_t got;
	int rc;

	digest_init(&message, signature_digest(s->hand->algorithm));
	while ((got = feed_read(feed, buf, SIGNER_CHUNK)) > 0)
		digest_add(&message, buf, (size_t)got);
	rc = feed->cancelled ? err_env(e, "called off")
			     : signature_make(s->hand, SIGNATURE_OVER_BYTES, &message, when_now(), ret_sig, ret_len, e);
	digest_done(&message);
	return rc;
}

static int armored_by_hand(struct server *s, struct feed *feed, char **ret_sig, size_t *ret_len, struct err *e)
{
	AUTO_FREE char *sig = NULL;
	size_t len;

	if (detach_by_hand(s, feed, &sig, &len, e))
		return -1;
	*ret_sig = armor_encode((const unsigned char *)sig, len, "SIGNATURE", ret_len);
	return 0;
}

/* The answer holds the text, so its limit is the text's. */
static int read_text(struct feed *feed, char **ret, size_t *ret_len, struct err *e)
{
	char *text = mem_alloc(SIGNER_LIMIT);
	size_t len = 0;
	ssize_t got;

	while (len < SIGNER_LIMIT && (got = feed_read(feed, text + len, SIGNER_LIMIT - len)) > 0)
		len += (size_t)got;
	if (feed->cancelled || len == SIGNER_LIMIT) {
		free(text);
		return feed->cancelled
			? err_env(e, "called off")
			: err_input(e, "E_LIMIT_SIZE", "a text to sign larger than %d KiB", SIGNER_LIMIT >> 10);
	}
	*ret = text;
	*ret_len = len;
	return 0;
}

static int clear_by_hand(struct server *s, struct feed *feed, char **ret_sig, size_t *ret_len, struct err *e)
{
	AUTO_FREE char *text = NULL, *sig = NULL, *armored = NULL;
	struct digest message = { 0 };
	size_t len, sig_len, armored_len;
	int rc;

	if (read_text(feed, &text, &len, e))
		return -1;
	if (!clear_fits(text, len)) {
		AUTO_GPG_DATA plain = NULL;

		return (!s->ctx && serve_by_gpg(s, e)) || gpg_data_mem(text, len, &plain, e) ||
				make_signature(s, SIGN_CLEAR, plain, ret_sig, ret_len, e)
			? -1
			: 0;
	}
	digest_init(&message, DIGEST_SHA512);
	clear_cover(text, len, &message);
	rc = signature_make(s->hand, SIGNATURE_OVER_TEXT, &message, when_now(), &sig, &sig_len, e);
	digest_done(&message);
	if (rc)
		return -1;
	armored = armor_encode((const unsigned char *)sig, sig_len, "SIGNATURE", &armored_len);
	*ret_sig = clear_write(text, len, armored, armored_len, ret_len);
	return 0;
}

static int sign_by_gpg(
	struct server *s, enum sign_mode mode, struct feed *feed, char **ret_sig, size_t *ret_len, struct err *e)
{
	static struct gpgme_data_cbs callbacks = { .read = feed_read };
	AUTO_GPG_DATA plain = NULL;
	gpgme_error_t error = gpgme_data_new_from_cbs(&plain, &callbacks, feed);

	return error ? gpg_failed(e, error, "cannot hold the data")
		     : make_signature(s, mode, plain, ret_sig, ret_len, e);
}

/* False: the line cannot be used any more. */
static bool serve_one(struct server *s, enum sign_mode mode)
{
	struct feed feed = { .framer = &s->framer };
	AUTO_FREE char *sig = NULL;
	struct err e = { 0 };
	size_t len = 0;
	int rc = s->hand ? modes[mode].by_hand(s, &feed, &sig, &len, &e) : sign_by_gpg(s, mode, &feed, &sig, &len, &e);

	while (!feed.ended)
		feed_next(&feed);
	if (feed.broken)
		return false;
	if (rc == 0 && feed.cancelled)
		rc = err_env(&e, "called off");
	if (rc)
		return tell_failure(s, &e) == 0;
	return frame_write(s->framer.fd, SIGNER_SIGNATURE, sig, len, &e) == 0;
}

static int sign_hashed(
	struct server *s, const struct signer_hashed *hashed, char **ret_sig, size_t *ret_len, struct err *e)
{
	AUTO_FREE char *sig = NULL;
	size_t len;

	if (signature_make_hashed(s->hand, &hashed->digest, when_now(), &sig, &len, e))
		return -1;
	*ret_sig = armor_encode((const unsigned char *)sig, len, "SIGNATURE", ret_len);
	return 0;
}

/* False: the line cannot be used any more. */
static bool serve_hashed(struct server *s, const struct frame *f)
{
	struct signer_hashed hashed;
	AUTO_FREE char *sig = NULL;
	struct err e = { 0 };
	size_t len = 0;

	if (f->len != sizeof hashed)
		return false;
	memcpy(&hashed, f->at, sizeof hashed);
	if (!s->hand || signature_digest(s->hand->algorithm) != DIGEST_SHA256 || hashed.mode != SIGN_DETACHED_ARMOR)
		return frame_write(s->framer.fd, SIGNER_UNHASHED, NULL, 0, &e) == 0;
	if (sign_hashed(s, &hashed, &sig, &len, &e))
		return tell_failure(s, &e) == 0;
	return frame_write(s->framer.fd, SIGNER_SIGNATURE, sig, len, &e) == 0;
}

static bool tell_ready(struct server *s)
{
	struct pack p = { 0 };
	struct err ignored = { 0 };
	int rc;

	pack_str(&p, s->fingerprint);
	pack_u32(&p, (uint32_t)s->algorithm);
	rc = frame_write(s->framer.fd, SIGNER_READY, p.at, p.len, &ignored);
	pack_done(&p);
	return rc == 0;
}

void signer_serve(int fd, const char *home, const struct signer_keys *keys)
{
	struct server s = { .folder = home, .wanted = keys, .agent.fd = -1 };
	struct err e = { 0 };
	struct frame f;
	bool is_open;

	framer_init(&s.framer, fd, SIGNER_LIMIT);
	is_open = serve_open(&s, &e) == 0;
	if (is_open)
		is_open = tell_ready(&s);
	else
		tell_failure(&s, &e);
	while (is_open && frame_read(&s.framer, -1, &f, &e) > 0)
		is_open = f.type == SIGNER_HASHED
			? serve_hashed(&s, &f)
			: f.type == SIGNER_BEGIN && f.len == 1 && f.at[0] < COUNT(modes) && serve_one(&s, f.at[0]);
	agent_signer_done(&s.agent);
	plain_key_done(&s.plain);
	gpg_context_done(&s.ctx);
	gpg_home_done(&s.home);
	framer_done(&s.framer);
}
