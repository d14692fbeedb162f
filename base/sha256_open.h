/* sha256_open.h - a SHA-256 that is not yet ended, as plain numbers: another process may go on where this one stands, without the bytes.
 *
 * Whoever has it can add to the message and learns nothing of what is in it but its length; whoever gives a false one gets the digest of a message nobody knows. */
#pragma once
#include <stddef.h>
#include <stdint.h>

struct sha256_open {
	uint32_t state[8];
	uint64_t count;         /* bytes so far */
	unsigned char rest[64]; /* the last count % 64 of them */
};
void sha256_open_init(struct sha256_open *o);
void sha256_open_add(struct sha256_open *o, const void *bytes, size_t len);
void sha256_open_end(const struct sha256_open *o, unsigned char ret[32]); /* it stays open */
