/* plain_key.c - finds a key and its secret in a key folder, as files. */
#include "sign/plain_key.h"
#include "base/fs.h"
#include "base/text.h"
#include <dirent.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <string.h>
#include <strings.h>

/* A secret of that size lies in one buffer from its first byte to its last: none that grew leaves a copy behind. */
enum { RING_MAX = 4 << 20, CONF_MAX = 1 << 20, SECRET_MAX = 16000 };

/* Words of a configuration that let gpg look elsewhere, or at another time. */
static const char *const turning[] = { "keyring", "keyboxd", "faked-system-time" };

static bool turns(const char *text)
{
	for (size_t i = 0; i < COUNT(turning); i++)
		if (strstr(text, turning[i]))
			return true;
	return false;
}

/* "gpg.conf-2.2" and the like: of the names that fit gpg's version one is read, instead of gpg.conf. */
static bool is_versioned(const char *folder)
{
	DIR *dir = opendir(folder);
	bool is_found = false;

	for (const struct dirent *d; dir && !is_found && (d = readdir(dir));)
		is_found = text_starts(d->d_name, "gpg.conf-");
	if (dir)
		closedir(dir);
	return is_found;
}

/* Is the keyring the usual one? Any word against it, in any configuration, is enough for a no. */
static bool is_usual(const char *home)
{
	static const char *const names[] = { "gpg.conf", "common.conf" };
	const char *const folders[] = { home, "/etc/gnupg" };
	AUTO_FREE char *older = fs_join(home, "pubring.gpg");

	if (is_versioned(home) || is_versioned(folders[1]))
		return false;
	for (size_t i = 0; i < COUNT(names) * COUNT(folders); i++) {
		AUTO_FREE char *path = fs_join(folders[i / 2], names[i % 2]), *text = NULL;
		struct err ignored = { 0 };
		size_t len;

		if (fs_exists(path) && (fs_read_file(path, CONF_MAX, &text, &len, &ignored) || turns(text)))
			return false;
	}
	return !fs_exists(older);
}

static char *ring_of(const char *home, size_t *ret_len)
{
	AUTO_FREE char *path = fs_join(home, "pubring.kbx");
	struct err ignored = { 0 };
	char *bytes;

	return is_usual(home) && fs_exists(path) && fs_read_file(path, RING_MAX, &bytes, ret_len, &ignored) == 0 ? bytes
														 : NULL;
}

/* malloc; NULL: of a kind whose file is not known here. */
static char *secret_path(const char *home, const struct plain_certificate *c)
{
	char grip[41];

	return plain_grip(c->body, c->len, grip) ? mem_printf("%s/private-keys-v1.d/%s.key", home, grip) : NULL;
}

static bool has_secret(const char *home, const struct plain_certificate *c)
{
	AUTO_FREE char *path = secret_path(home, c);

	return path && fs_exists(path);
}

static struct evp_pkey_st *read_secret(const char *home, const struct plain_certificate *c)
{
	AUTO_FREE char *path = secret_path(home, c);
	struct secret_numbers *numbers = mem_alloc(sizeof *numbers);
	struct evp_pkey_st *secret = NULL;
	struct err ignored = { 0 };
	char *text = NULL;
	size_t len;

	if (path && fs_read_file(path, SECRET_MAX, &text, &len, &ignored) == 0) {
		if (secret_numbers_read(text, len, numbers))
			secret = plain_secret(numbers, c->body, c->len);
		OPENSSL_cleanse(text, len);
		free(text);
	}
	OPENSSL_cleanse(numbers, sizeof *numbers);
	free(numbers);
	return secret;
}

/* The one block that is meant. */
static bool find(const char *home, const char *ring, size_t len, const char *wanted, struct plain_certificate *ret)
{
	const unsigned char *block, *found = NULL;
	size_t at = 0, block_len, found_len = 0, count = 0;
	int rc;

	while ((rc = keybox_next((const unsigned char *)ring, len, &at, &block, &block_len)) > 0) {
		struct plain_certificate c;
		bool begins = plain_certificate_begins(block, block_len, &c);
		char grip[41];

		if (!wanted && (!begins || !plain_grip(c.body, c.len, grip)))
			return false; /* whether there is a secret to it is not known here */
		if (!begins || (wanted ? strcasecmp(wanted, c.fingerprint) != 0 : !has_secret(home, &c)))
			continue;
		found = block;
		found_len = block_len;
		count++;
	}
	return rc == 0 && count == 1 && plain_certificate_read(found, found_len, ret);
}

static void take(const struct plain_certificate *c, struct evp_pkey_st *secret, struct plain_key *ret)
{
	*ret = (struct plain_key){ .signing = { .algorithm = c->body[5], .numbers = plain_secret_numbers },
		.body = mem_alloc(c->len),
		.body_len = c->len,
		.secret = secret };
	memcpy(ret->body, c->body, c->len);
	memcpy(ret->fingerprint, c->fingerprint, sizeof ret->fingerprint);
	memcpy(ret->signing.fingerprint, c->id, sizeof c->id);
}

bool plain_key_open(const char *home, const char *wanted, int64_t now, struct plain_key *ret)
{
	size_t len;
	AUTO_FREE char *ring = ring_of(home, &len);
	struct plain_certificate c;
	struct evp_pkey_st *secret;

	if (!ring || !find(home, ring, len, wanted, &c) || c.begins > now || (c.expires && c.expires <= now) ||
		!(secret = read_secret(home, &c)))
		return false;
	take(&c, secret, ret);
	return true;
}

void plain_key_done(struct plain_key *k)
{
	EVP_PKEY_free(k->secret);
	free(k->body);
	*k = (struct plain_key){ .secret = NULL };
}

void plain_keys_list(const char *home, char ***ret, size_t *ret_len)
{
	size_t len, at = 0, block_len;
	AUTO_FREE char *ring = ring_of(home, &len);
	LIST(char *) list = { 0 };
	const unsigned char *block;

	while (ring && keybox_next((const unsigned char *)ring, len, &at, &block, &block_len) > 0) {
		struct plain_certificate c;

		if (plain_certificate_begins(block, block_len, &c) && has_secret(home, &c))
			*LIST_ADD(&list) = mem_strdup(c.fingerprint);
	}
	*ret = list.at;
	*ret_len = list.len;
}
