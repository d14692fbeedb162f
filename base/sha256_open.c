/* sha256_open.c - SHA-256 through libcrypto's older functions: the only ones of it that show their state. They use the processor's instructions as the others do. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "base/sha256_open.h"
#include <openssl/sha.h>
#include <string.h>

enum { BLOCK = 64 };

static void to_crypto(const struct sha256_open *o, SHA256_CTX *ret)
{
	SHA256_Init(ret);
	memcpy(ret->h, o->state, sizeof o->state);
	ret->Nl = (SHA_LONG)(o->count << 3);
	ret->Nh = (SHA_LONG)(o->count >> 29);
	ret->num = (unsigned)(o->count % BLOCK); /* never what somebody says it is */
	memcpy(ret->data, o->rest, sizeof o->rest);
}

void sha256_open_init(struct sha256_open *o)
{
	SHA256_CTX c;

	SHA256_Init(&c);
	*o = (struct sha256_open){ .count = 0 };
	memcpy(o->state, c.h, sizeof o->state);
}

void sha256_open_add(struct sha256_open *o, const void *bytes, size_t len)
{
	SHA256_CTX c;

	to_crypto(o, &c);
	SHA256_Update(&c, bytes, len);
	memcpy(o->state, c.h, sizeof o->state);
	memcpy(o->rest, c.data, sizeof o->rest);
	o->count += len;
}

void sha256_open_end(const struct sha256_open *o, unsigned char ret[32])
{
	SHA256_CTX c;

	to_crypto(o, &c);
	SHA256_Final(ret, &c);
}
