/* keyring.c - certificates to judge by, in a short 0700 GNUPGHOME of their own: offline, without agent, without a web of trust.
 * Which key may vouch for what is the policy's business; here every certificate is only one that can be checked with. */
#include "sign/keyring.h"
#include "base/fs.h"
#include "sign/armor.h"
#include "sign/packets.h"
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { CERTS_MAX = 16 << 20 };

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
	if (configure(k, at, e))
		return -1;
	k->judged = at;
	return 0;
}

int keyring_context(struct keyring *k, gpgme_ctx_t *ret, struct err *e)
{
	gpgme_ctx_t made = NULL;

	if (!k->context && gpg_context(k->home, &made, e))
		return -1;
	if (made)
		k->context = made;
	*ret = k->context;
	return 0;
}

int keyring_open(struct keyring *k, struct err *e)
{
	struct keyring made = { 0 };

	if (fs_temp_dir("keys", &made.home, e))
		return -1;
	if (configure(&made, 0, e)) {
		keyring_done(&made);
		return -1;
	}
	*k = made;
	return 0;
}

void keyring_done(struct keyring *k)
{
	struct err ignored = { 0 };

	if (k->context)
		gpgme_release(k->context);
	if (k->home)
		fs_remove_tree(k->home, &ignored);
	free(k->home);
	*k = (struct keyring){ 0 };
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

/* Adds to *usable how many certificates were taken (or were there already). */
static int import(struct keyring *k, const unsigned char *bytes, size_t len, unsigned *usable, struct err *e)
{
	AUTO_GPG_DATA data = NULL;
	gpgme_ctx_t ctx;
	gpgme_import_result_t r;
	gpgme_error_t error;

	if (refuse_secrets(bytes, len, e) || keyring_context(k, &ctx, e) || gpg_data_mem(bytes, len, &data, e))
		return -1;
	error = gpgme_op_import(ctx, data);
	r = gpgme_op_import_result(ctx);
	if (r == NULL || (error && r->considered == 0))
		return gpg_failed(e, error, "cannot read the certificates");
	*usable += (unsigned)(r->imported + r->unchanged + r->new_user_ids + r->new_signatures + r->new_sub_keys +
		r->new_revocations);
	return 0;
}

/* People append certificates to one another, with remarks between them. */
static int import_armored(struct keyring *k, const char *text, size_t len, unsigned *usable, struct err *e)
{
	size_t at = 0, size = 0;

	for (;;) {
		AUTO_FREE unsigned char *bytes = NULL;
		int rc = armor_next(text, len, &at, "PUBLIC KEY BLOCK", NULL, &bytes, &size, e);

		if (rc <= 0)
			return rc;
		if (import(k, bytes, size, usable, e))
			return -1;
	}
}

int keyring_add(struct keyring *k, const void *certs, size_t len, struct err *e)
{
	bool is_binary = len > 0 && (*(const unsigned char *)certs & 0x80);
	unsigned usable = 0;

	if (len > CERTS_MAX)
		return err_usage(e, "certificates: larger than %d MiB", CERTS_MAX >> 20);
	if (memmem(certs, len, "-----BEGIN PGP PRIVATE KEY", 26))
		return err_usage(e, "it holds a SECRET key; only the public part (gpg --export) belongs here");
	if (is_binary ? import(k, certs, len, &usable, e) : import_armored(k, certs, len, &usable, e))
		return -1;
	if (usable == 0)
		return err_usage(
			e, "it holds no usable certificate (none there, or its self-signature is missing or weak)");
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

int fingerprints_list(gpgme_ctx_t ctx, bool is_secret, char ***ret, size_t *ret_len, struct err *e)
{
	LIST(char *) list = { 0 };
	gpgme_key_t key;
	gpgme_error_t error;

	for (error = gpgme_op_keylist_start(ctx, NULL, is_secret); error == 0;) {
		error = gpgme_op_keylist_next(ctx, &key);
		if (error)
			break;
		if (key->fpr)
			*LIST_ADD(&list) = mem_strdup(key->fpr);
		gpgme_key_unref(key);
	}
	if (gpgme_err_code(error) != GPG_ERR_EOF) {
		fingerprints_free(list.at, list.len);
		return gpg_failed(e, error, "cannot list the keys");
	}
	*ret = list.at;
	*ret_len = list.len;
	return 0;
}

int keyring_fingerprints(struct keyring *k, char ***ret, size_t *ret_len, struct err *e)
{
	gpgme_ctx_t ctx;

	return keyring_context(k, &ctx, e) ? -1 : fingerprints_list(ctx, false, ret, ret_len, e);
}

int keyring_expiry(struct keyring *k, const char *fingerprint, int64_t *ret, struct err *e)
{
	gpgme_ctx_t ctx;
	gpgme_key_t key;
	gpgme_error_t error;

	if (keyring_context(k, &ctx, e))
		return -1;
	error = gpgme_get_key(ctx, fingerprint, &key, 0);
	if (error)
		return err_usage(e, "there is no certificate of %s: %s", fingerprint, gpgme_strerror(error));
	*ret = (int64_t)key->subkeys->expires;
	gpgme_key_unref(key);
	return 0;
}
