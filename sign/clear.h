/* clear.h - the frame of a cleartext-signed message (RFC 9580, 7), read strictly before gpg sees it. Private to sign/. */
#pragma once
#include "base/base.h"
#include "base/err.h"

struct clear {
	size_t end;       /* bytes up to and with the tail line; only blanks follow */
	unsigned packets; /* signatures in it */
};
/* No head line at all: E_SIG_MISSING. Anything before or after the signed block, headers other than Hash, or characters with which lines can be
 * slipped past the digest: E_SIG_BAD. */
int clear_read(const char *message, size_t len, struct clear *ret, struct err *e) MUST;
