/* keys.c - the store's own keys over time: a further one before it is needed, revoked ones, and the certificates that clients are given.
 *
 * Which of them count is the policy's word alone (own-keys, policy_own.c). */
#include "base/fs.h"
#include "base/text.h"
#include "base/when.h"
#include "release/release.h"
#include <string.h>

enum { LIFE_S = 2 * 365 * 86400, CERTIFICATES_MAX = 1 << 20 };

static char *file_of(const struct release *r, const char *which, const char *suffix)
{
	AUTO_FREE char *below = mem_printf("keys/%s%s.asc", which, suffix);

	return store_path(r->store, below);
}

static int check_which(const char *which, struct err *e)
{
	return strcmp(which, "release") == 0 || strcmp(which, "package") == 0
		? 0
		: err_usage(e, "'%s': release or package is meant", which);
}

int keys_gather(struct release *r, const char *which, const json_t *keys, struct keyring *ret, struct err *e)
{
	AUTO_FREE char *home = release_key_home(r, which), *now = file_of(r, which, ""),
		       *old = file_of(r, which, ".old");
	const char *homes[] = { home, NULL };
	size_t i;
	json_t *key;

	if ((r->chain.keyring.is_open && keyring_home(&r->chain.keyring, &homes[1], e)) || keyring_open(ret, e) ||
		(fs_exists(now) && keyring_add_file(ret, now, e)) || (fs_exists(old) && keyring_add_file(ret, old, e)))
		return -1;
	json_array_foreach(keys, i, key)
		for (size_t k = 0; k < COUNT(homes); k++) {
			AUTO_FREE char *armored = NULL;
			struct err ignored = { 0 };
			size_t len;

			if (homes[k] && key_export(homes[k], json_string_value(key), &armored, &len, &ignored) == 0 &&
				keyring_add(ret, armored, len, e))
				return -1;
		}
	return 0;
}

int keys_export(struct keyring *ring, const json_t *keys, struct text *ret, struct err *e)
{
	const char *home;
	size_t i;
	json_t *key;

	if (keyring_home(ring, &home, e))
		return -1;
	json_array_foreach(keys, i, key) {
		AUTO_FREE char *armored = NULL;
		size_t len;

		if (key_export(home, json_string_value(key), &armored, &len, e))
			return err_hint(e,
				"its certificate belongs into the policy's keyring, or the key into the store's "
				"folder");
		text_bytes(ret, armored, len);
	}
	return 0;
}

static int write_all(struct release *r, const char *which, const char *suffix, struct keyring *ring, const json_t *keys,
	struct err *e)
{
	AUTO_FREE char *path = file_of(r, which, suffix);
	AUTO(text) t = { 0 };

	if (keys_export(ring, keys, &t, e))
		return -1;
	return t.len ? fs_write_file(path, t.at, t.len, 0644, e) : 0;
}

static json_t *without(const json_t *all, const json_t *some)
{
	json_t *rest = json_array(), *one, *other;
	size_t i, k;

	json_array_foreach(all, i, one) {
		bool is_among = false;

		json_array_foreach(some, k, other)
			is_among = is_among || json_equal(one, other);
		if (!is_among)
			json_array_append(rest, one);
	}
	return rest;
}

int keys_refresh(struct release *r, struct err *e)
{
	AUTO_JSON *keys = NULL, *old = NULL;
	AUTO(keyring) releases = { 0 }, packages = { 0 };

	if (release_keys(r, &keys, e))
		return -1;
	old = without(json_list(keys, "ever"), json_list(keys, "releases"));
	return keys_gather(r, "release", json_list(keys, "ever"), &releases, e) ||
			keys_gather(r, "package", json_list(keys, "packages"), &packages, e) ||
			write_all(r, "release", ".old", &releases, old, e) ||
			write_all(r, "release", "", &releases, json_list(keys, "releases"), e) ||
			write_all(r, "package", "", &packages, json_list(keys, "packages"), e)
		? err_wrap(e, "the certificates of the store's keys")
		: 0;
}

int keys_ring(struct release *r, struct keyring *ret, struct err *e)
{
	AUTO_FREE char *now = file_of(r, "release", ""), *old = file_of(r, "release", ".old");

	return keyring_open(ret, e) || keyring_add_file(ret, now, e) ||
			(fs_exists(old) && keyring_add_file(ret, old, e))
		? -1
		: 0;
}

/* The signature of what was let out last, as a client judges it that was given its keys today. */
static int judge_served(struct release *r, const json_t *row, const json_t *keys, struct err *e)
{
	AUTO_FREE const char **pins = mem_alloc((json_array_size(keys) + 1) * sizeof *pins);
	AUTO_FD int fd = blob_open(r->store->blobs, json_text(row, "record"), e);
	AUTO_FREE char *signature = NULL;
	AUTO(keyring) ring = { 0 };
	struct sig_range whole = { 0, 0 };
	struct sig_data data = { .fd = fd, .ranges = &whole, .ranges_len = 1 };
	struct sig_verdict verdict;
	struct stat st;
	size_t len, i;
	json_t *key;

	json_array_foreach(keys, i, key)
		pins[i] = json_string_value(key);
	if (fd < 0 || source_get(&r->source.source, json_text(row, "signature"), &signature, &len, e) ||
		keys_ring(r, &ring, e))
		return -1;
	if (fstat(fd, &st))
		return err_sys(e, "the last snapshot");
	whole.len = (uint64_t)st.st_size;
	return sig_verify_detached(&ring, &data, signature, len, pins, json_array_size(keys), 0, &verdict, e);
}

int release_unbelieved(struct release *r, const char *channel, const char **ret, struct err *e)
{
	AUTO_JSON *keys = NULL, *row = NULL;
	struct err why = { 0 };

	*ret = "";
	if (release_keys(r, &keys, e) || log_index_follow(r->index, r->store, NULL, e) ||
		log_index_last(r->index, channel, "snapshot", &row, e))
		return -1;
	if (!row || judge_served(r, row, json_list(keys, "releases"), &why) == 0)
		return 0;
	if (why.class != ERR_VERDICT || !why.code) {
		*e = why;
		return -1;
	}
	*ret = why.code;
	return 0;
}

int keys_new(struct release *r, const char *which, const char *kind, char ret_fingerprint[65], struct err *e)
{
	AUTO_FREE char *home = NULL,
		       *user = mem_printf("%s %s key", json_text(release_policy(r), "organisation"), which);
	AUTO_FD int lock = -1;

	if (check_which(which, e) || (lock = store_lock(r->store, e)) < 0)
		return -1;
	home = release_key_home(r, which);
	if (key_add(home, user, kind, LIFE_S, ret_fingerprint, e))
		return err_wrap(e, "a further %s key", which);
	release_note(r, NULL, "key-new", which, ret_fingerprint);
	return 0;
}

/* gpg puts a colon in front of it, so that nobody revokes a key by accident. */
static int read_revocation(const char *home, const char *fingerprint, char **ret, struct err *e)
{
	AUTO_FREE char *below = mem_printf("openpgp-revocs.d/%s.rev", fingerprint), *path = fs_join(home, below),
		       *text = NULL;
	char *begin;
	size_t len;

	if (fs_read_file(path, CERTIFICATES_MAX, &text, &len, e))
		return err_hint(e,
			"a key that was made elsewhere is revoked there; import the revocation with gpg and run "
			"'sluice key refresh'");
	begin = strstr(text, ":-----BEGIN");
	if (!begin)
		return err_env(e, "%s holds no revocation", path);
	*ret = mem_strdup(begin + 1);
	return 0;
}

/* Looked at as it stands in the folder now. */
static int is_revoked(const char *home, const char *fingerprint, struct err *e)
{
	AUTO(keyring) ring = { 0 };
	AUTO_FREE char *armored = NULL;
	bool revoked = false;
	int64_t expires;
	size_t len;

	if (key_export(home, fingerprint, &armored, &len, e) || keyring_open(&ring, e) ||
		keyring_add(&ring, armored, len, e) || keyring_expiry(&ring, fingerprint, &expires, &revoked, e))
		return -1;
	return revoked ? 0 : err_env(e, "gpg did not take the revocation");
}

int keys_revoke(struct release *r, const char *which, const char *fingerprint, struct err *e)
{
	AUTO_FREE char *home = NULL, *revocation = NULL;
	AUTO_FD int lock = -1;

	if (check_which(which, e))
		return -1;
	if (strlen(fingerprint) < 40 || strspn(fingerprint, "0123456789ABCDEF") != strlen(fingerprint))
		return err_usage(e, "'%s': a whole fingerprint is meant", fingerprint);
	home = release_key_home(r, which);
	if ((lock = store_lock(r->store, e)) < 0 || read_revocation(home, fingerprint, &revocation, e) ||
		key_import(home, revocation, strlen(revocation), e) || is_revoked(home, fingerprint, e) ||
		keys_refresh(r, e))
		return err_wrap(e, "revoking %s", fingerprint);
	release_note(r, NULL, "key-revoke", which, fingerprint);
	return 0;
}

/* ---- what lies in the folders beside those that count */
static int add_idle(struct release *r, const char *which, const json_t *counting, json_t *list, struct err *e)
{
	AUTO_FREE char *home = release_key_home(r, which);
	AUTO_JSON *idle = json_array();
	AUTO(keyring) ring = { 0 };
	char **secrets = NULL;
	size_t len = 0, i;
	json_t *key;
	struct err ignored = { 0 };

	if (key_secrets(home, &secrets, &len, &ignored))
		return 0;
	for (i = 0; i < len; i++) {
		if (!json_lists(counting, secrets[i]))
			json_array_append_new(idle, json_string(secrets[i]));
		free(secrets[i]);
	}
	free(secrets);
	if (json_array_size(idle) == 0)
		return 0;
	if (keys_gather(r, which, idle, &ring, e))
		return -1;
	json_array_foreach(idle, i, key) {
		int64_t expires = 0;
		bool is_revoked = false;
		char when[32] = "";

		if (keyring_expiry(&ring, json_string_value(key), &expires, &is_revoked, e))
			return -1;
		if (expires)
			when_utc(expires, when);
		json_array_append_new(list,
			json_pack("{s:s, s:O, s:s, s:I, s:s}", "key", which, "fingerprint", key, "expires", when,
				"days", (json_int_t)(expires ? (expires - when_now()) / 86400 : -1), "warning",
				is_revoked ? "revoked" : ""));
	}
	return 0;
}

int keys_idle(struct release *r, json_t **ret, struct err *e)
{
	AUTO_JSON *keys = NULL, *list = json_array();

	if (release_keys(r, &keys, e) || add_idle(r, "package", json_list(keys, "packages"), list, e) ||
		add_idle(r, "release", json_list(keys, "releases"), list, e))
		return -1;
	*ret = json_incref(list);
	return 0;
}
