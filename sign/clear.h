/* clear.h - the frame of a cleartext-signed message (RFC 9580, 7): read strictly before gpg sees it, written. Private to sign/. */
#pragma once
#include "base/base.h"
#include "base/err.h"
#include <stdbool.h>

struct clear {
	size_t end;       /* bytes up to and with the tail line; only blanks follow */
	unsigned packets; /* signatures in it */
};
/* No head line at all: E_SIG_MISSING. Anything before or after the signed block, headers other than Hash, or characters with which lines can be
 * slipped past the digest: E_SIG_BAD. */
int clear_read(const char *message, size_t len, struct clear *ret, struct err *e) MUST;

/* clear_write.c: the writing side. The digest is given what the signature covers: each line without blanks at its end, CR LF between lines. */
struct digest;
/* Does everybody agree on what it covers? Not with control characters, which gpg treats in its own ways, nor with lines that it would cut. */
bool clear_fits(const char *text, size_t len);
void clear_cover(const char *text, size_t len, struct digest *message);
/* The message around a text (its dashes escaped) and its armored signature; malloc, NUL added. */
char *clear_write(const char *text, size_t len, const char *armored, size_t armored_len, size_t *ret_len);
