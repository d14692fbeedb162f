/* digest.h - message digests through libcrypto. */
#pragma once
#include "base/base.h"
#include "base/err.h"

enum digest_kind {
	DIGEST_SHA256,
	DIGEST_SHA512,
	DIGEST_SHA1,
	DIGEST_MD5,
	DIGEST_SHA384,
	DIGEST_SHA224,
	DIGEST_SHA3_256
};
enum { DIGEST_MAX = 64, DIGEST_HEX = 2 * DIGEST_MAX + 1, SHA256_HEX = 65 };

struct digest {
	enum digest_kind kind;
	void *state;
	uint64_t count;
};
void digest_init(struct digest *d, enum digest_kind kind);
void digest_add(struct digest *d, const void *bytes, size_t len); /* bytes NULL: len zero bytes */
size_t digest_end(
	struct digest *d, unsigned char ret[DIGEST_MAX]); /* length in bytes; ready for a new message afterwards */
void digest_end_hex(struct digest *d, char ret[DIGEST_HEX]);
void digest_done(struct digest *d);

size_t digest_size(enum digest_kind kind);
void sha256_hex(const void *bytes, size_t len, char ret[SHA256_HEX]);
int sha256_fd(int fd, char ret[SHA256_HEX], uint64_t *ret_size, struct err *e)
	MUST; /* the whole file, from its start, by pread */
/* The same, and in the same reading of every byte the digest of a part; a file that ends before the part does is E_TRUNCATED. */
struct digest_part {
	uint64_t at, len;
	char sha256[SHA256_HEX];
};
int sha256_fd_part(int fd, struct digest_part *part, char ret[SHA256_HEX], uint64_t *ret_size, struct err *e) MUST;
void hex_of(const void *bytes, size_t len, char *ret); /* 2 * len + 1 bytes */
int hex_parse(const char *hex, size_t len, void *ret); /* len hex digits; -1 when one is none */
void random_bytes(void *ret, size_t len);
