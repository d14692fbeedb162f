/* released_signer.h - who signed the version that is now released, as the evidence of its candidate says. */
#pragma once
#include "base/json.h"
#include "release/store/blob.h"

enum { SIGNER_MAX = 65 /* a fingerprint and its NUL */ };
/* ret: the primary fingerprint; "" where nobody is known to have signed it. ret_unread: the digest of evidence that could not be read (borrowed from
 * released), when that may be why; else NULL. What else was found out is no reason to stop: the caller says it. */
void released_signer(struct blobs *blobs, const json_t *released, char ret[SIGNER_MAX], const char **ret_unread);
