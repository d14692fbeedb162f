/* one_signature.h - one OpenPGP signature over bytes, version 4, read so strictly that nothing about it is left to be interpreted. Private to sign/. */
#pragma once
#include "base/digest.h"
#include <stdbool.h>

/* Pointers are into the packet. */
struct one_signature {
	int algorithm; /* OpenPGP's number: 1 RSA, 22 EdDSA */
	enum digest_kind digest;
	int64_t time;
	unsigned char fingerprint[20]; /* of the key or subkey that it says it is by: a claim */
	const unsigned char *hashed;   /* the part of the packet that the digest covers */
	size_t hashed_len;
	unsigned char begins[2]; /* of the digest, as the packet says */
	const unsigned char *numbers[2];
	size_t numbers_len[2];
};
/* bytes: one binary packet and nothing else. False: there is anything in it that is not known and listed here; gpg is to say what it is worth. */
bool one_signature_read(const unsigned char *bytes, size_t len, struct one_signature *ret);

/* The same of a signature by which a key certifies a name of its own. body: of the packet. */
enum { KEY_MAY_SIGN = 0x02 };
struct self_signature {
	struct one_signature signature;
	unsigned flags; /* what the key is for */
	int64_t lives;  /* seconds from the key's making; 0: for ever */
};
bool self_signature_read(const unsigned char *body, size_t len, struct self_signature *ret);

/* Takes an OpenPGP number off the front: two bytes say how many bits, the first of which is set. False: it is none, or more than most bytes. */
bool number_take(const unsigned char **at, size_t *left, size_t most, const unsigned char **ret, size_t *ret_len);

/* key: the body of a public key packet, version 4. Is this, by arithmetic, a signature by that key over a message with that digest? False as well for
 * every algorithm, curve and size that is not RSA of 2048 to 8192 bits or Ed25519. */
bool one_signature_fits(const struct one_signature *s, const unsigned char *key, size_t key_len,
	const unsigned char *digest, size_t digest_len);

/* libcrypto's form of such a key, to be freed there; NULL: it is of another kind. */
struct evp_pkey_st *key_public(const unsigned char *key, size_t len);
