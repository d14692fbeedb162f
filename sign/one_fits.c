/* one_fits.c - the arithmetic of a signature, by libcrypto: RSA (PKCS #1 v1.5) and Ed25519 as OpenPGP has it, over the message's digest. */
#include "sign/one_signature.h"
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>
#include <string.h>

enum { OPENPGP_RSA = 1, OPENPGP_EDDSA = 22, RSA_BYTES_MIN = 256, RSA_BYTES_MAX = 1024, ED25519 = 32 };
enum { KEY_HEAD = 1 + 4 + 1 /* version, time, algorithm */ };

static void key_done(EVP_PKEY **key)
{
	EVP_PKEY_free(*key);
}
#define AUTO_KEY __attribute__((cleanup(key_done))) EVP_PKEY

/* Numbers lose the zeros that they begin with; here they are wanted. */
static bool pad(unsigned char *ret, size_t room, const unsigned char *at, size_t len)
{
	if (len > room)
		return false;
	memset(ret, 0, room - len);
	memcpy(ret + room - len, at, len);
	return true;
}

/* ---- Ed25519 */
static EVP_PKEY *ed25519_key(const unsigned char *at, size_t left)
{
	static const unsigned char curve[] = { 9, 0x2b, 0x06, 0x01, 0x04, 0x01, 0xda, 0x47, 0x0f, 0x01 };
	const unsigned char *point;
	size_t len;

	if (left < sizeof curve || memcmp(at, curve, sizeof curve) != 0)
		return NULL;
	at += sizeof curve;
	left -= sizeof curve;
	if (!number_take(&at, &left, 1 + ED25519, &point, &len) || left != 0 || len != 1 + ED25519 || point[0] != 0x40)
		return NULL;
	return EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, point + 1, ED25519);
}

static bool ed25519_fits(const struct one_signature *s, EVP_PKEY *key, const unsigned char *digest, size_t len)
{
	unsigned char both[2 * ED25519];
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool fits = ctx && pad(both, ED25519, s->numbers[0], s->numbers_len[0]) &&
		pad(both + ED25519, ED25519, s->numbers[1], s->numbers_len[1]) &&
		EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, key) == 1 &&
		EVP_DigestVerify(ctx, both, sizeof both, digest, len) == 1;

	EVP_MD_CTX_free(ctx);
	return fits;
}

/* ---- RSA */
static EVP_PKEY *rsa_from(const BIGNUM *n, const BIGNUM *e)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	OSSL_PARAM *params = NULL;
	EVP_PKEY *key = NULL;

	if (build && OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, n) &&
		OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, e))
		params = OSSL_PARAM_BLD_to_param(build);
	if (!ctx || !params || EVP_PKEY_fromdata_init(ctx) <= 0 ||
		EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params) <= 0)
		key = NULL;
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(build);
	EVP_PKEY_CTX_free(ctx);
	return key;
}

static EVP_PKEY *rsa_key(const unsigned char *at, size_t left)
{
	const unsigned char *n, *e;
	size_t n_len, e_len;
	BIGNUM *modulus, *exponent;
	EVP_PKEY *key = NULL;

	if (!number_take(&at, &left, RSA_BYTES_MAX, &n, &n_len) || !number_take(&at, &left, 8, &e, &e_len) ||
		left != 0 || n_len < RSA_BYTES_MIN || !(n[0] & 0x80))
		return NULL;
	if (!(e[e_len - 1] & 1) || (e_len == 1 && e[0] == 1)) /* with 1 anybody signs */
		return NULL;
	modulus = BN_bin2bn(n, (int)n_len, NULL);
	exponent = BN_bin2bn(e, (int)e_len, NULL);
	if (modulus && exponent)
		key = rsa_from(modulus, exponent);
	BN_free(modulus);
	BN_free(exponent);
	return key;
}

static const EVP_MD *md_of(enum digest_kind kind)
{
	switch (kind) {
	case DIGEST_SHA256:
		return EVP_sha256();
	case DIGEST_SHA384:
		return EVP_sha384();
	case DIGEST_SHA512:
		return EVP_sha512();
	default:
		return NULL;
	}
}

static bool rsa_fits(const struct one_signature *s, EVP_PKEY *key, const unsigned char *digest, size_t len)
{
	unsigned char number[RSA_BYTES_MAX];
	int size = EVP_PKEY_get_size(key);
	const EVP_MD *md = md_of(s->digest);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
	bool fits = ctx && md && size >= RSA_BYTES_MIN && size <= RSA_BYTES_MAX &&
		pad(number, (size_t)size, s->numbers[0], s->numbers_len[0]) && EVP_PKEY_verify_init(ctx) == 1 &&
		EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1 &&
		EVP_PKEY_CTX_set_signature_md(ctx, md) == 1 &&
		EVP_PKEY_verify(ctx, number, (size_t)size, digest, len) == 1;

	EVP_PKEY_CTX_free(ctx);
	return fits;
}

static const struct {
	int algorithm;
	EVP_PKEY *(*read)(const unsigned char *at, size_t left);
	bool (*fits)(const struct one_signature *s, EVP_PKEY *key, const unsigned char *digest, size_t len);
} kinds[] = { { OPENPGP_RSA, rsa_key, rsa_fits }, { OPENPGP_EDDSA, ed25519_key, ed25519_fits } };

EVP_PKEY *key_public(const unsigned char *key, size_t len)
{
	for (size_t i = 0; i < COUNT(kinds); i++)
		if (len > KEY_HEAD && key[0] == 4 && key[5] == kinds[i].algorithm)
			return kinds[i].read(key + KEY_HEAD, len - KEY_HEAD);
	return NULL;
}

bool one_signature_fits(const struct one_signature *s, const unsigned char *key, size_t key_len,
	const unsigned char *digest, size_t digest_len)
{
	if (key_len <= KEY_HEAD || key[5] != s->algorithm || digest_len != digest_size(s->digest) ||
		memcmp(digest, s->begins, 2) != 0)
		return false;
	AUTO_KEY *k = key_public(key, key_len);

	for (size_t i = 0; k && i < COUNT(kinds); i++)
		if (kinds[i].algorithm == s->algorithm)
			return kinds[i].fits(s, k, digest, digest_len);
	return false;
}
