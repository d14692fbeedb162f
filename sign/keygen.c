/* keygen.c - new keys, and telling what keys there are. A key is made in a short private folder (sockets) and then moved where it belongs. */
#include "base/fs.h"
#include "sign/gpg.h"
#include "sign/keyring.h"
#include <dirent.h>
#include <string.h>
#include <sys/stat.h>

static const char *const kinds[] = { "ed25519", "rsa4096", "rsa3072" };
static const char *const parts[] = { "pubring.kbx", "gpg.conf", "gpg-agent.conf" };
static const char *const folders[] = { "private-keys-v1.d", "openpgp-revocs.d" };

static int copy_folder(const char *from, const char *to, struct err *e)
{
	DIR *dir;
	int rc = 0;

	if (fs_mkdirs(to, 0700, e))
		return -1;
	dir = opendir(from);
	if (dir == NULL)
		return err_sys(e, "cannot open %s", from);
	for (struct dirent *d; rc == 0 && (d = readdir(dir)) != NULL;) {
		AUTO_FREE char *a = fs_join(from, d->d_name), *b = fs_join(to, d->d_name);

		if (d->d_name[0] != '.')
			rc = fs_copy_file(a, b, 0600, e);
	}
	closedir(dir);
	return rc ? -1 : fs_sync_dir(to, e);
}

static int copy_home(const char *from, const char *to, struct err *e)
{
	for (size_t i = 0; i < COUNT(folders); i++) {
		AUTO_FREE char *a = fs_join(from, folders[i]), *b = fs_join(to, folders[i]);

		if (fs_exists(a) && copy_folder(a, b, e))
			return -1;
	}
	for (size_t i = 0; i < COUNT(parts); i++) {
		AUTO_FREE char *a = fs_join(from, parts[i]), *b = fs_join(to, parts[i]);

		if (fs_copy_file(a, b, 0600, e))
			return -1;
	}
	return fs_sync_dir(to, e);
}

static int generate(
	const char *home, const char *user_id, const char *kind, int64_t expire_s, char ret[65], struct err *e)
{
	unsigned flags = GPGME_CREATE_SIGN | GPGME_CREATE_CERT | GPGME_CREATE_NOPASSWD | GPGME_CREATE_FORCE;
	AUTO_GPG ctx = NULL;
	gpgme_genkey_result_t result;
	gpgme_error_t error;

	if (gpg_context(home, &ctx, e))
		return -1;
	if (expire_s == 0)
		flags |= GPGME_CREATE_NOEXPIRE;
	error = gpgme_op_createkey(ctx, user_id, kind, 0, (unsigned long)expire_s, NULL, flags);
	if (error)
		return gpg_failed(e, error, "cannot make a key");
	result = gpgme_op_genkey_result(ctx);
	if (result == NULL || result->fpr == NULL || strlen(result->fpr) > 64)
		return err_env(e, "cannot make a key: gpg names no fingerprint");
	memcpy(ret, result->fpr, strlen(result->fpr) + 1);
	return 0;
}

static int check_wish(const char *home, const char *kind, int64_t expire_s, struct err *e)
{
	AUTO_FREE char *ring = fs_join(home, parts[0]), *secrets = fs_join(home, folders[0]);
	bool is_known = false;

	for (size_t i = 0; i < COUNT(kinds); i++)
		is_known |= strcmp(kinds[i], kind) == 0;
	if (!is_known)
		return err_usage(e, "unknown kind of key '%s' (ed25519, rsa4096, rsa3072)", kind);
	if (expire_s < 0 || expire_s > UINT32_MAX)
		return err_usage(e, "a key cannot live that long");
	if (fs_exists(ring) || fs_exists(secrets))
		return err_usage(e, "%s holds keys already", home);
	return 0;
}

int key_generate(const char *home, const char *user_id, const char *kind, int64_t expire_s, char ret_fingerprint[65],
	struct err *e)
{
	struct gpg_home made = { 0 };
	char fingerprint[65] = "";
	int rc;

	if (check_wish(home, kind, expire_s, e) || gpg_home_new(&made, e))
		return -1;
	rc = generate(made.path, user_id, kind, expire_s, fingerprint, e);
	if (rc == 0)
		rc = fs_mkdirs(home, 0700, e);
	if (rc == 0 && chmod(home, 0700))
		rc = err_sys(e, "cannot close %s to others", home);
	if (rc == 0)
		rc = copy_home(made.path, home, e);
	gpg_home_done(&made);
	if (rc == 0)
		memcpy(ret_fingerprint, fingerprint, sizeof fingerprint);
	return rc;
}

int key_import(const char *home, const char *bytes, size_t len, struct err *e)
{
	AUTO_GPG ctx = NULL;
	AUTO_GPG_DATA data = NULL;
	gpgme_error_t error;

	if (gpg_context(home, &ctx, e) || gpg_data_mem(bytes, len, &data, e))
		return -1;
	error = gpgme_op_import(ctx, data);
	if (error)
		return gpg_failed(e, error, "cannot import into the key folder");
	return 0; /* gpg counts a revocation as nothing: who needs to know looks what is there then */
}

int key_add(const char *home, const char *user_id, const char *kind, int64_t expire_s, char ret_fingerprint[65],
	struct err *e)
{
	struct gpg_home made = { 0 };
	AUTO_FREE char *armored = NULL, *there = NULL;
	char fingerprint[65] = "";
	size_t len = 0;
	int rc;

	if (gpg_home_new(&made, e))
		return -1;
	rc = generate(made.path, user_id, kind, expire_s, fingerprint, e) ||
			key_export(made.path, fingerprint, &armored, &len, e)
		? -1
		: 0;
	for (size_t i = 0; rc == 0 && i < COUNT(folders);
		i++) { /* the secret first: a certificate alone would mislead */
		AUTO_FREE char *from = fs_join(made.path, folders[i]), *to = fs_join(home, folders[i]);

		rc = fs_exists(from) ? copy_folder(from, to, e) : 0;
	}
	if (rc == 0)
		rc = key_import(home, armored, len, e) || key_export(home, fingerprint, &there, &len, e) ? -1 : 0;
	gpg_home_done(&made);
	if (rc == 0)
		memcpy(ret_fingerprint, fingerprint, sizeof fingerprint);
	return rc;
}

int key_export_each(const char *home, const char *const *fingerprints, size_t len, char **ret_armored, size_t *ret_len,
	struct err *e)
{
	AUTO_GPG ctx = NULL;
	AUTO_GPG_DATA data = NULL;
	AUTO_FREE const char **patterns = mem_alloc((len + 1) * sizeof *patterns);
	gpgme_error_t error;

	for (size_t i = 0; i < len; i++)
		patterns[i] = fingerprints[i];
	if (gpg_context(home, &ctx, e))
		return -1;
	gpgme_set_armor(ctx, 1);
	error = gpgme_data_new(&data);
	if (error == 0)
		error = gpgme_op_export_ext(ctx, patterns, GPGME_EXPORT_MODE_MINIMAL, data);
	if (error)
		return gpg_failed(e, error, "cannot export the key");
	*ret_armored = gpg_data_take(&data, ret_len);
	if (*ret_len > 0)
		return 0;
	free(*ret_armored);
	*ret_armored = NULL;
	return err_usage(e, "no key %s in %s", len ? fingerprints[0] : "", home);
}

int key_export(const char *home, const char *fingerprint, char **ret_armored, size_t *ret_len, struct err *e)
{
	return key_export_each(home, &fingerprint, 1, ret_armored, ret_len, e);
}
