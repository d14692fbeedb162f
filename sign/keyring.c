/* keyring.c - certificates to judge by, in a short 0700 GNUPGHOME of their own: offline, without agent, without a web of trust.
 * Which key may vouch for what is the policy's business; here every certificate is only one that can be checked with. */
#include "base/digest.h"
#include "base/fs.h"
#include "sign/armor.h"
#include "sign/key_facts.h"
#include "sign/packets.h"
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

enum { CERTS_MAX = 16 << 20 };

struct keyring_part {
	char *certs;
	size_t len;
};

/* "direct" and not "always": with the latter gpg 2.2 cannot import a revocation (no trustdb). Trust is the policy's business either way. */
static const char configuration[] =
	"no-greeting\nbatch\nno-tty\nno-autostart\ndisable-dirmngr\nno-auto-key-retrieve\nno-auto-key-locate\n"
	"no-auto-check-trustdb\ntrust-model direct\nlock-never\nweak-digest SHA1\nweak-digest MD5\nweak-digest "
	"RIPEMD160\n";

/* Not made durable: it lives as long as we do. */
static int write_configuration(const struct keyring *k, const char *text, struct err *e)
{
	AUTO_FREE char *path = fs_join(k->home, "gpg.conf");
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0)
		return err_sys(e, "%s", path);
	if (fd_write(fd, text, strlen(text), e)) {
		close(fd);
		return -1;
	}
	return close(fd) ? err_sys(e, "%s", path) : 0;
}

static int configure(const struct keyring *k, int64_t at, struct err *e)
{
	AUTO_FREE char *text = NULL;
	char stamp[64] = "";
	time_t t = (time_t)at;
	struct tm tm;

	if (at != 0 && gmtime_r(&t, &tm))
		strftime(stamp, sizeof stamp, "faked-system-time %Y%m%dT%H%M%S!\n", &tm);
	text = mem_printf("%s%s", configuration, stamp);
	return write_configuration(k, text, e);
}

int keyring_set_time(struct keyring *k, int64_t at, struct err *e)
{
	if (k->judged == at)
		return 0;
	if (k->home && configure(k, at, e))
		return -1;
	keyring_forget(k);
	k->judged = at;
	return 0;
}

/* Its folder is made when gpg is first shown something; most commands ask gpg nothing. */
static int settle(struct keyring *k, struct err *e)
{
	if (k->home)
		return 0;
	if (fs_temp_dir("keys", &k->home, e))
		return -1;
	return configure(k, k->judged, e);
}

static int own_context(struct keyring *k, gpgme_ctx_t *ret, struct err *e)
{
	gpgme_ctx_t made = NULL;

	if (settle(k, e))
		return -1;
	if (!k->context && gpg_context(k->home, &made, e))
		return -1;
	if (made)
		k->context = made;
	*ret = k->context;
	return 0;
}

int keyring_open(struct keyring *k, struct err *e)
{
	(void)e; /* what can fail comes with the first use */
	*k = (struct keyring){ .is_open = true };
	return 0;
}

void keyring_forget(struct keyring *k)
{
	gpgme_key_t *keys = k->keys;

	for (size_t i = 0; i < k->keys_len; i++)
		gpgme_key_unref(keys[i]);
	free(keys);
	k->keys = NULL;
	k->keys_len = 0;
	k->is_listed = false;
}

void keyring_done(struct keyring *k)
{
	if (!*k->content || k->is_spoilt || !rings_keep(k))
		keyring_remove(k);
	*k = (struct keyring){ 0 };
}

static void forget_later(struct keyring *k)
{
	for (size_t i = 0; i < k->later_len; i++)
		free(k->later[i].certs);
	free(k->later);
	k->later = NULL;
	k->later_len = 0;
}

void keyring_remove(struct keyring *k)
{
	struct err ignored = { 0 };

	keyring_forget(k);
	if (k->context)
		gpgme_release(k->context);
	if (k->home) {
		gpg_sockets_remove(k->home);
		fs_remove_tree(k->home, &ignored);
	}
	forget_later(k);
	key_facts_done(k);
	free(k->home);
	*k = (struct keyring){ 0 };
}

void keyring_content_with(const struct keyring *k, const void *certs, size_t len, char ret[65])
{
	char both[2 * SHA256_HEX];

	memcpy(both, k->content, sizeof k->content);
	sha256_hex(certs, len, both + strlen(both));
	sha256_hex(both, strlen(both), ret);
}

/* One that was made earlier takes the place of this one, at the same time of judgement. */
static bool take_earlier(struct keyring *k, const char *content)
{
	struct keyring earlier;
	struct err ignored = { 0 };

	if (k->is_spoilt || !rings_take(content, &earlier))
		return false;
	if (keyring_set_time(&earlier, k->judged, &ignored)) {
		keyring_remove(&earlier);
		return false;
	}
	keyring_done(k);
	*k = earlier;
	return true;
}

static int refuse_secrets(const unsigned char *bytes, size_t len, struct err *e)
{
	struct packet p;
	size_t at = 0;
	int rc;

	while ((rc = packet_next(bytes, len, &at, &p)) > 0)
		if (p.tag == PACKET_SECRET_KEY || p.tag == PACKET_SECRET_SUBKEY)
			return err_usage(e, "it holds a SECRET key; only the public part (gpg --export) belongs here");
	if (rc < 0)
		return err_usage(e, "it holds no OpenPGP certificate: byte %zu begins no packet", at);
	return 0;
}

/* *ret_usable: how many certificates were taken (or were there already); *ret_considered: looked at. */
static int import(struct keyring *k, const unsigned char *bytes, size_t len, unsigned *ret_usable,
	unsigned *ret_considered, struct err *e)
{
	AUTO_GPG_DATA data = NULL;
	gpgme_ctx_t ctx;
	gpgme_import_result_t r;
	gpgme_error_t error;

	if (own_context(k, &ctx, e) || gpg_data_mem(bytes, len, &data, e))
		return -1;
	error = gpgme_op_import(ctx, data);
	r = gpgme_op_import_result(ctx);
	if (r == NULL || (error && r->considered == 0))
		return gpg_failed(e, error, "cannot read the certificates");
	*ret_usable = (unsigned)(r->imported + r->unchanged + r->new_user_ids + r->new_signatures + r->new_sub_keys +
		r->new_revocations);
	*ret_considered = (unsigned)r->considered;
	return 0;
}

/* Blocks of certificates, as bytes, one behind the other. */
struct blocks {
	unsigned char *at;
	size_t len;
	LIST(size_t) ends;
	bool is_odd; /* one of them does not begin with a certificate */
};

static void blocks_done(struct blocks *b)
{
	free(b->at);
	LIST_DONE(&b->ends);
}

static int add_block(struct blocks *b, const unsigned char *bytes, size_t len, struct err *e)
{
	struct packet first;
	size_t at = 0;

	if (refuse_secrets(bytes, len, e))
		return -1;
	b->is_odd = b->is_odd || packet_next(bytes, len, &at, &first) <= 0 || first.tag != PACKET_PUBLIC_KEY;
	b->at = mem_resize(b->at, b->len + len + 1);
	memcpy(b->at + b->len, bytes, len);
	b->len += len;
	*LIST_ADD(&b->ends) = b->len;
	return 0;
}

/* People append certificates to one another, with remarks between them. */
static int read_armored(struct blocks *b, const char *text, size_t len, struct err *e)
{
	size_t at = 0, size = 0;

	for (;;) {
		AUTO_FREE unsigned char *bytes = NULL;
		int rc = armor_next(text, len, &at, "PUBLIC KEY BLOCK", NULL, &bytes, &size, e);

		if (rc <= 0)
			return rc;
		if (add_block(b, bytes, size, e))
			return -1;
	}
}

/* All in one start of gpg where it looked at one certificate of each block at least; else, so that the bad one is told, one by one. */
static int import_blocks(struct keyring *k, const struct blocks *b, unsigned *ret_usable, struct err *e)
{
	struct err whole = { 0 };
	unsigned usable = 0, considered = 0;
	size_t from = 0;

	if (b->ends.len > 0 && !b->is_odd && import(k, b->at, b->len, &usable, &considered, &whole) == 0 &&
		considered >= b->ends.len) {
		*ret_usable = usable;
		return 0;
	}
	*ret_usable = 0;
	for (size_t i = 0; i < b->ends.len; from = b->ends.at[i++]) {
		if (import(k, b->at + from, b->ends.at[i] - from, &usable, &considered, e))
			return -1;
		*ret_usable += usable;
	}
	return 0;
}

static int read_blocks(struct blocks *b, const void *certs, size_t len, struct err *e)
{
	bool is_binary = len > 0 && (*(const unsigned char *)certs & 0x80);

	return is_binary ? add_block(b, certs, len, e) : read_armored(b, certs, len, e);
}

static void note_blocks(struct keyring *k, const struct blocks *b)
{
	size_t from = 0;

	for (size_t i = 0; i < b->ends.len; from = b->ends.at[i++])
		key_facts_take(k, b->at + from, b->ends.at[i] - from);
}

static int add(struct keyring *k, const void *certs, size_t len, struct err *e)
{
	__attribute__((cleanup(blocks_done))) struct blocks blocks = { .len = 0 };
	unsigned usable = 0;

	if (read_blocks(&blocks, certs, len, e) || import_blocks(k, &blocks, &usable, e))
		return -1;
	if (usable == 0)
		return err_usage(
			e, "it holds no usable certificate (none there, or its self-signature is missing or weak)");
	note_blocks(k, &blocks);
	return 0;
}

/* Shows gpg what waits. */
static int catch_up(struct keyring *k, struct err *e)
{
	__attribute__((cleanup(blocks_done))) struct blocks blocks = { .len = 0 };
	unsigned usable = 0;
	int rc = 0;

	if (k->later_len == 0)
		return 0;
	keyring_forget(k);
	for (size_t i = 0; i < k->later_len && rc == 0; i++)
		rc = read_blocks(&blocks, k->later[i].certs, k->later[i].len, e);
	if (rc == 0)
		rc = import_blocks(k, &blocks, &usable, e);
	if (rc == 0 && usable == 0)
		rc = err_env(e, "gpg takes none of the certificates that it took before");
	k->is_spoilt = k->is_spoilt || rc;
	if (rc == 0)
		forget_later(k);
	return rc;
}

int keyring_context(struct keyring *k, gpgme_ctx_t *ret, struct err *e)
{
	return catch_up(k, e) || own_context(k, ret, e) ? -1 : 0;
}

int keyring_home(struct keyring *k, const char **ret, struct err *e)
{
	if (catch_up(k, e) || settle(k, e))
		return -1;
	*ret = k->home;
	return 0;
}

int keyring_add_later(struct keyring *k, const void *certs, size_t len, struct err *e)
{
	char content[SHA256_HEX];
	__attribute__((cleanup(blocks_done))) struct blocks blocks = { .len = 0 };
	struct keyring_part *part;
	struct err later = { 0 };

	if (k->is_spoilt)
		return keyring_add(k, certs, len, e);
	keyring_content_with(k, certs, len, content);
	if (take_earlier(k, content))
		return 0;
	keyring_forget(k);
	if (read_blocks(&blocks, certs, len, &later) == 0) /* else that is told when gpg is asked */
		note_blocks(k, &blocks);
	k->later = mem_resize(k->later, (k->later_len + 1) * sizeof *k->later);
	part = &k->later[k->later_len++];
	*part = (struct keyring_part){ mem_alloc(len + 1), len };
	memcpy(part->certs, certs, len);
	memcpy(k->content, content, sizeof content);
	return 0;
}

int keyring_add(struct keyring *k, const void *certs, size_t len, struct err *e)
{
	char content[SHA256_HEX];

	if (len > CERTS_MAX)
		return err_usage(e, "certificates: larger than %d MiB", CERTS_MAX >> 20);
	if (memmem(certs, len, "-----BEGIN PGP PRIVATE KEY", 26))
		return err_usage(e, "it holds a SECRET key; only the public part (gpg --export) belongs here");
	keyring_content_with(k, certs, len, content);
	if (take_earlier(k, content))
		return 0;
	if (catch_up(k, e))
		return -1;
	keyring_forget(k);
	if (add(k, certs, len, e)) { /* some of it may be in by now */
		k->is_spoilt = true;
		return -1;
	}
	memcpy(k->content, content, sizeof content);
	return 0;
}

int keyring_add_file(struct keyring *k, const char *path, struct err *e)
{
	AUTO_FREE char *bytes = NULL;
	size_t len = 0;

	if (fs_read_file(path, CERTS_MAX, &bytes, &len, e))
		return -1;
	if (keyring_add(k, bytes, len, e)) {
		err_file(e, path);
		return err_wrap(e, "%s", path);
	}
	return 0;
}

void fingerprints_free(char **list, size_t len)
{
	for (size_t i = 0; i < len; i++)
		free(list[i]);
	free(list);
}

struct keys {
	gpgme_key_t *at;
	size_t len, room;
};

static int list_keys(gpgme_ctx_t ctx, bool is_secret, struct keys *list, struct err *e)
{
	gpgme_key_t key;
	gpgme_error_t error;

	for (error = gpgme_op_keylist_start(ctx, NULL, is_secret); error == 0;) {
		error = gpgme_op_keylist_next(ctx, &key);
		if (error == 0)
			*LIST_ADD(list) = key;
	}
	return gpgme_err_code(error) == GPG_ERR_EOF ? 0 : gpg_failed(e, error, "cannot list the keys");
}

static void fingerprints_of(const struct keys *keys, char ***ret, size_t *ret_len)
{
	LIST(char *) list = { 0 };

	for (size_t i = 0; i < keys->len; i++)
		if (keys->at[i]->fpr)
			*LIST_ADD(&list) = mem_strdup(keys->at[i]->fpr);
	*ret = list.at;
	*ret_len = list.len;
}

int fingerprints_list(gpgme_ctx_t ctx, bool is_secret, char ***ret, size_t *ret_len, struct err *e)
{
	struct keys keys = { 0 };
	int status = list_keys(ctx, is_secret, &keys, e);

	if (status == 0)
		fingerprints_of(&keys, ret, ret_len);
	for (size_t i = 0; i < keys.len; i++)
		gpgme_key_unref(keys.at[i]);
	free(keys.at);
	return status;
}

static int keyring_list(struct keyring *k, struct err *e)
{
	struct keys keys = { 0 };
	gpgme_ctx_t ctx;
	int status;

	if (k->is_listed)
		return 0;
	if (keyring_context(k, &ctx, e))
		return -1;
	status = list_keys(ctx, false, &keys, e);
	k->keys = keys.at;
	k->keys_len = keys.len;
	k->is_listed = status == 0;
	if (status)
		keyring_forget(k);
	return status;
}

static bool has_name(gpgme_key_t key, const char *name)
{
	for (gpgme_subkey_t s = key->subkeys; s; s = s->next)
		if ((s->fpr && strcasecmp(s->fpr, name) == 0) || (s->keyid && strcasecmp(s->keyid, name) == 0))
			return true;
	return false;
}

int keyring_key(struct keyring *k, const char *name, gpgme_key_t *ret, struct err *e)
{
	gpgme_key_t *keys, found = NULL;

	if (keyring_list(k, e))
		return -1;
	keys = k->keys;
	for (size_t i = 0; i < k->keys_len; i++)
		if (has_name(keys[i], name)) {
			if (found) { /* a key id that two share */
				found = NULL;
				break;
			}
			found = keys[i];
		}
	*ret = found;
	return 0;
}

int keyring_fingerprints(struct keyring *k, char ***ret, size_t *ret_len, struct err *e)
{
	if (keyring_list(k, e))
		return -1;
	fingerprints_of(&(struct keys){ .at = k->keys, .len = k->keys_len }, ret, ret_len);
	return 0;
}

int keyring_expiry(struct keyring *k, const char *fingerprint, int64_t *ret, bool *ret_revoked, struct err *e)
{
	gpgme_key_t key;

	if (keyring_key(k, fingerprint, &key, e))
		return -1;
	if (!key)
		return err_usage(e, "there is no certificate of %s", fingerprint);
	*ret = (int64_t)key->subkeys->expires;
	*ret_revoked = key->revoked || key->subkeys->revoked;
	return 0;
}
