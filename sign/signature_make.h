/* signature_make.h - an OpenPGP signature put together here; only its numbers come from elsewhere: from a key's agent, or from a key in this process. Private to sign/. */
#pragma once
#include "base/digest.h"
#include "base/sha256_open.h"

/* Ends the digest of what a version 4 signature covers (RFC 9580, 5.2.4): behind the data its own hashed part, and how long that is. The digest's size. */
size_t signature_digest_end(struct digest *d, const unsigned char *hashed, size_t len, unsigned char ret[DIGEST_MAX]);

/* As OpenPGP writes them: two bytes that say how many bits, then the bytes. */
struct signature_numbers {
	unsigned char at[2 * (2 + 1024)];
	size_t len;
};
/* Zeros in front do not count. len: at most 1024. */
void signature_number_add(struct signature_numbers *n, const unsigned char *at, size_t len);

/* The digest of files: SHA-256, which processors have instructions for (a list of ten thousand packages is megabytes), and for ECDSA SHA-512, since gpg takes none
 * that is shorter than the curve. Texts say theirs in their head: SHA-512. */
enum digest_kind signature_digest(int algorithm);

/* What is signed: bytes, or a text whose lines are put in a form of their own first (clear_write.c). */
enum signature_over { SIGNATURE_OVER_BYTES = 0x00, SIGNATURE_OVER_TEXT = 0x01 };

/* Whoever has the numbers; the first part of what it knows beyond. */
struct signing {
	int algorithm;                 /* OpenPGP's number of it */
	unsigned char fingerprint[20]; /* of the key or subkey that signs */
	int (*numbers)(struct signing *s, enum digest_kind kind, const unsigned char *hash,
		struct signature_numbers *ret, struct err *e);
};
/* A version 4 signature, binary. message: SHA-256 or SHA-512 of what is covered so far; it is ended. */
int signature_make(struct signing *s, enum signature_over over, struct digest *message, int64_t at, char **ret_sig,
	size_t *ret_len, struct err *e) MUST;
/* The same over bytes, of which the SHA-256 is given as it is open. */
int signature_make_hashed(struct signing *s, const struct sha256_open *message, int64_t at, char **ret_sig,
	size_t *ret_len, struct err *e) MUST;
int signature_hash(enum digest_kind kind); /* its number in OpenPGP */
