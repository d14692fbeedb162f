/* plain_secret.c - secret keys as libcrypto holds them, and the numbers of their signatures: RSA (PKCS #1 v1.5) and Ed25519 as OpenPGP has it, over the message's digest. */
#include "sign/one_signature.h"
#include "sign/packets.h"
#include "sign/plain_key.h"
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>
#include <string.h>

enum { OPENPGP_RSA = 1, OPENPGP_EDDSA = 22, KEY_HEAD = 6, ED25519 = 32, RSA_BYTES_MAX = 1024 };

static const struct secret_number *number(const struct secret_numbers *n, char letter)
{
	return &n->numbers[letter - 'a'];
}

/* ---- GnuPG's name of a key: sha1 over its numbers in libgcrypt's words */

static bool grip_of_ed25519(struct digest *d, const unsigned char *point)
{
	static const struct {
		const char *name, *hex;
	} curve[] = { { "p", "7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffed" }, { "a", "01" },
		{ "b", "2dfc9311d490018c7338bf8688861767ff8ff5b2bebe27548a14b235eca6874a" },
		{ "g",
			"04216936d3cd6e53fec0a4e231fdd6dc5c692cc7609525a7b2c9562d608f25d51a"
			"6666666666666666666666666666666666666666666666666666666666666658" },
		{ "n", "1000000000000000000000000000000014def9dea2f79cd65812631a5cf5d3ed" } };
	unsigned char value[65];

	for (size_t i = 0; i < COUNT(curve); i++) {
		size_t len = strlen(curve[i].hex) / 2;
		AUTO_FREE char *head = mem_printf("(1:%s%zu:", curve[i].name, len);

		if (hex_parse(curve[i].hex, 2 * len, value))
			return false;
		digest_add(d, head, strlen(head));
		digest_add(d, value, len);
		digest_add(d, ")", 1);
	}
	digest_add(d, "(1:q32:", 7);
	digest_add(d, point, ED25519);
	digest_add(d, ")", 1);
	return true;
}

/* The modulus as a signed number: a zero before what looks negative. */
static bool grip_of_rsa(struct digest *d, const unsigned char *at, size_t left)
{
	const unsigned char *n;
	size_t len;

	if (!number_take(&at, &left, RSA_BYTES_MAX, &n, &len))
		return false;
	if (n[0] & 0x80)
		digest_add(d, "", 1);
	digest_add(d, n, len);
	return true;
}

bool plain_grip(const unsigned char *body, size_t len, char ret[41])
{
	struct evp_pkey_st *key = key_public(body, len);
	unsigned char sha1[DIGEST_MAX];
	struct digest d = { 0 };
	bool is_known = key != NULL;

	EVP_PKEY_free(key);
	digest_init(&d, DIGEST_SHA1);
	if (is_known && body[KEY_HEAD - 1] == OPENPGP_RSA)
		is_known = grip_of_rsa(&d, body + KEY_HEAD, len - KEY_HEAD);
	else if (is_known)
		is_known = grip_of_ed25519(&d, body + len - ED25519); /* the packet ends with the point */
	digest_end(&d, sha1);
	digest_done(&d);
	key_hex(sha1, 20, ret);
	return is_known;
}

/* ---- keys */

static BIGNUM *secret_bn(const struct secret_numbers *n, char letter)
{
	const struct secret_number *one = number(n, letter);
	BIGNUM *bn = one->at && one->len <= RSA_BYTES_MAX ? BN_secure_new() : NULL;

	return bn ? BN_bin2bn(one->at, (int)one->len, bn) : NULL;
}

/* x mod (y - 1) */
static BIGNUM *reduced(const BIGNUM *x, const BIGNUM *y)
{
	BN_CTX *ctx = BN_CTX_secure_new();
	BIGNUM *less = y ? BN_dup(y) : NULL, *result = BN_secure_new();

	if (!ctx || !x || !less || !result || !BN_sub_word(less, 1) || BN_is_zero(less) ||
		!BN_mod(result, x, less, ctx)) {
		BN_clear_free(result);
		result = NULL;
	}
	BN_clear_free(less);
	BN_CTX_free(ctx);
	return result;
}

/* GnuPG's u is the inverse of p modulo q, so its q is libcrypto's first factor. */
static EVP_PKEY *rsa_secret(const struct secret_numbers *n)
{
	BIGNUM *p = secret_bn(n, 'p'), *q = secret_bn(n, 'q'), *d = secret_bn(n, 'd');
	const struct {
		const char *name;
		BIGNUM *value;
	} parts[] = { { OSSL_PKEY_PARAM_RSA_N, secret_bn(n, 'n') }, { OSSL_PKEY_PARAM_RSA_E, secret_bn(n, 'e') },
		{ OSSL_PKEY_PARAM_RSA_EXPONENT1, reduced(d, q) }, { OSSL_PKEY_PARAM_RSA_EXPONENT2, reduced(d, p) },
		{ OSSL_PKEY_PARAM_RSA_COEFFICIENT1, secret_bn(n, 'u') }, { OSSL_PKEY_PARAM_RSA_D, d },
		{ OSSL_PKEY_PARAM_RSA_FACTOR1, q }, { OSSL_PKEY_PARAM_RSA_FACTOR2, p } };
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	OSSL_PARAM *params = NULL;
	EVP_PKEY *key = NULL;
	bool is_whole = build && ctx;

	for (size_t i = 0; is_whole && i < COUNT(parts); i++)
		is_whole = parts[i].value && OSSL_PARAM_BLD_push_BN(build, parts[i].name, parts[i].value);
	if (is_whole)
		params = OSSL_PARAM_BLD_to_param(build);
	if (!params || EVP_PKEY_fromdata_init(ctx) <= 0 || EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_KEYPAIR, params) <= 0)
		key = NULL;
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(build);
	EVP_PKEY_CTX_free(ctx);
	for (size_t i = 0; i < COUNT(parts); i++)
		BN_clear_free(parts[i].value);
	return key;
}

static EVP_PKEY *ed25519_secret(const struct secret_numbers *n)
{
	const struct secret_number *d = number(n, 'd');

	return d->at && d->len == ED25519 ? EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, d->at, d->len) : NULL;
}

EVP_PKEY *plain_secret(const struct secret_numbers *n, const unsigned char *body, size_t len)
{
	EVP_PKEY *public = key_public(body, len), *secret = n->is_rsa ? rsa_secret(n) : ed25519_secret(n);

	if (!public || !secret || EVP_PKEY_eq(public, secret) != 1) {
		EVP_PKEY_free(secret);
		secret = NULL;
	}
	EVP_PKEY_free(public);
	return secret;
}

/* ---- signing */

static size_t by_ed25519(
	EVP_PKEY *key, enum digest_kind kind, const unsigned char *hash, unsigned char *ret, size_t room)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	size_t len = room;

	if (!ctx || EVP_DigestSignInit(ctx, NULL, NULL, NULL, key) != 1 ||
		EVP_DigestSign(ctx, ret, &len, hash, digest_size(kind)) != 1 || len != 2 * (size_t)ED25519)
		len = 0;
	EVP_MD_CTX_free(ctx);
	return len;
}

static size_t by_rsa(EVP_PKEY *key, enum digest_kind kind, const unsigned char *hash, unsigned char *ret, size_t room)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
	size_t len = room;

	if (!ctx || EVP_PKEY_sign_init(ctx) != 1 || EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) != 1 ||
		EVP_PKEY_CTX_set_signature_md(ctx, kind == DIGEST_SHA256 ? EVP_sha256() : EVP_sha512()) != 1 ||
		EVP_PKEY_sign(ctx, ret, &len, hash, digest_size(kind)) != 1)
		len = 0;
	EVP_PKEY_CTX_free(ctx);
	return len;
}

/* A signature that went wrong in the arithmetic (a broken file, a broken machine) can give an RSA key away. */
static bool is_good(const struct plain_key *k, enum digest_kind kind, const unsigned char *hash,
	const unsigned char *made, size_t len, size_t parts)
{
	struct one_signature s = { .algorithm = k->signing.algorithm, .digest = kind };

	memcpy(s.begins, hash, sizeof s.begins);
	for (size_t i = 0; i < parts; i++) {
		s.numbers[i] = made + i * (len / parts);
		s.numbers_len[i] = len / parts;
	}
	return one_signature_fits(&s, k->body, k->body_len, hash, digest_size(kind));
}

int plain_secret_numbers(struct signing *s, enum digest_kind kind, const unsigned char *hash,
	struct signature_numbers *ret, struct err *e)
{
	struct plain_key *k = (struct plain_key *)s;
	unsigned char made[RSA_BYTES_MAX];
	bool is_rsa = s->algorithm == OPENPGP_RSA;
	size_t parts = is_rsa ? 1 : 2, len = (is_rsa ? by_rsa : by_ed25519)(k->secret, kind, hash, made, sizeof made);

	if (len == 0 || !is_good(k, kind, hash, made, len, parts))
		return err_env(e, "cannot sign with the key %s", k->fingerprint);
	ret->len = 0;
	for (size_t i = 0; i < parts; i++)
		signature_number_add(ret, made + i * (len / parts), len / parts);
	return 0;
}
