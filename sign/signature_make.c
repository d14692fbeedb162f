/* signature_make.c - writes a signature packet (RFC 9580, 5.2.3). Everything that can be read back is judged by gpg and rpm again, in the tests. */
#include "sign/signature_make.h"
#include <string.h>

enum { VERSION_4 = 4, SUB_CREATED = 2, SUB_ISSUER = 16, SUB_FINGERPRINT = 33, ECDSA = 19 };

enum digest_kind signature_digest(int algorithm)
{
	return algorithm == ECDSA ? DIGEST_SHA512 : DIGEST_SHA256;
}

int signature_hash(enum digest_kind kind)
{
	return kind == DIGEST_SHA256 ? 8 : 10;
}

void signature_number_add(struct signature_numbers *n, const unsigned char *at, size_t len)
{
	unsigned bits;

	while (len > 0 && at[0] == 0) {
		at++;
		len--;
	}
	bits = (unsigned)len * 8;
	for (unsigned char top = len ? at[0] : 0x80; !(top & 0x80); top = (unsigned char)(top << 1))
		bits--;
	n->at[n->len++] = (unsigned char)(bits >> 8);
	n->at[n->len++] = (unsigned char)bits;
	memcpy(n->at + n->len, at, len);
	n->len += len;
}

/* All that the hash covers of the signature itself: version, type, algorithms, when, by whom. */
static size_t hashed_part(
	const struct signing *s, enum signature_over over, enum digest_kind kind, int64_t at, unsigned char ret[64])
{
	unsigned char *p = ret;

	*p++ = VERSION_4;
	*p++ = (unsigned char)over;
	*p++ = (unsigned char)s->algorithm;
	*p++ = (unsigned char)signature_hash(kind);
	*p++ = 0;
	*p++ = 2 + 4 + 1 + 22; /* the length of both subpackets */
	*p++ = 1 + 1 + 20;
	*p++ = SUB_FINGERPRINT;
	*p++ = VERSION_4;
	memcpy(p, s->fingerprint, 20);
	p += 20;
	*p++ = 1 + 4;
	*p++ = SUB_CREATED;
	for (int shift = 24; shift >= 0; shift -= 8)
		*p++ = (unsigned char)(at >> shift);
	return (size_t)(p - ret);
}

enum { TRAILER = 6 };

static void trailer_of(size_t len, unsigned char ret[TRAILER])
{
	const unsigned char trailer[TRAILER] = { VERSION_4, 0xff, 0, 0, (unsigned char)(len >> 8), (unsigned char)len };

	memcpy(ret, trailer, sizeof trailer);
}

size_t signature_digest_end(struct digest *d, const unsigned char *hashed, size_t len, unsigned char ret[DIGEST_MAX])
{
	unsigned char trailer[TRAILER];

	trailer_of(len, trailer);
	digest_add(d, hashed, len);
	digest_add(d, trailer, sizeof trailer);
	return digest_end(d, ret);
}

/* Behind the hashed part: the key's id, two bytes of the hash, the numbers; in front of all: the packet's header. */
static void put_together(const struct signing *s, const unsigned char *hashed, size_t hashed_len,
	const unsigned char *hash, const struct signature_numbers *n, char **ret_sig, size_t *ret_len)
{
	size_t body = hashed_len + 2 + 10 + 2 + n->len;
	unsigned char *p = mem_alloc(body + 4);

	*ret_sig = (char *)p;
	*ret_len = body + 3;
	*p++ = 0x89; /* a signature, its length in two bytes */
	*p++ = (unsigned char)(body >> 8);
	*p++ = (unsigned char)body;
	memcpy(p, hashed, hashed_len);
	p += hashed_len;
	*p++ = 0;
	*p++ = 10;
	*p++ = 1 + 8;
	*p++ = SUB_ISSUER;
	memcpy(p, s->fingerprint + 12, 8);
	p += 8;
	*p++ = hash[0];
	*p++ = hash[1];
	memcpy(p, n->at, n->len);
}

/* The numbers over that hash, and the packet. */
static int make(struct signing *s, enum digest_kind kind, const unsigned char *hashed, size_t len,
	const unsigned char *hash, char **ret_sig, size_t *ret_len, struct err *e)
{
	struct signature_numbers numbers = { .len = 0 };

	if (s->numbers(s, kind, hash, &numbers, e))
		return -1;
	put_together(s, hashed, len, hash, &numbers, ret_sig, ret_len);
	return 0;
}

int signature_make_hashed(struct signing *s, const struct sha256_open *message, int64_t at, char **ret_sig,
	size_t *ret_len, struct err *e)
{
	unsigned char hashed[64], trailer[TRAILER], hash[DIGEST_MAX];
	size_t len = hashed_part(s, SIGNATURE_OVER_BYTES, DIGEST_SHA256, at, hashed);
	struct sha256_open whole = *message;

	trailer_of(len, trailer);
	sha256_open_add(&whole, hashed, len);
	sha256_open_add(&whole, trailer, sizeof trailer);
	sha256_open_end(&whole, hash);
	return make(s, DIGEST_SHA256, hashed, len, hash, ret_sig, ret_len, e);
}

int signature_make(struct signing *s, enum signature_over over, struct digest *message, int64_t at, char **ret_sig,
	size_t *ret_len, struct err *e)
{
	unsigned char hashed[64], hash[DIGEST_MAX];
	enum digest_kind kind = message->kind;
	size_t len = hashed_part(s, over, kind, at, hashed);

	signature_digest_end(message, hashed, len, hash);
	return make(s, kind, hashed, len, hash, ret_sig, ret_len, e);
}
