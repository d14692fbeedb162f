/* sums.h - reading streams that look at what passes: message digests, the CRC of POSIX cksum(1); and base64 taken off. */
#pragma once
#include "base/digest.h"
#include "base/stream.h"

/* Owns below; adds every byte to the digests, which the caller owns and ends; either may be NULL. */
struct in *in_digest(struct in *below, struct digest *first, struct digest *second);

/* cksum(1p): the bytes, then their count, through the polynomial of ISO 8802-3. A zeroed one is ready. */
struct cksum {
	uint32_t crc;
	uint64_t len;
};
void cksum_add(struct cksum *c, const void *bytes, size_t len);
uint32_t cksum_end(const struct cksum *c);
struct in *in_cksum(struct in *below, struct cksum *c);

/* Decodes base64 (RFC 4648, section 4) with line ends and blanks between; owns below. Other bytes, or bytes behind the padding: E_CORRUPT. */
struct in *in_base64(struct in *below);
