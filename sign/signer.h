/* signer.h - the two ends of a signer's line. Private to sign/. */
#pragma once
#include "base/frame.h"
#include "base/sha256_open.h"
#include "sign/sign.h"

/* Parent to signer: BEGIN (mode), DATA ..., END, or CANCEL in the place of END; or HASHED (mode, SHA-256 of the data as it is open). Signer to parent: READY
 * once, then SIGNATURE or FAILED for each END and each HASHED; UNHASHED for one that it needs the data for. What is signed stays a signature over data: the
 * signer itself adds to the digest what kind it is and ends it. */
enum signer_frame {
	SIGNER_BEGIN = 1,
	SIGNER_DATA,
	SIGNER_END,
	SIGNER_CANCEL,
	SIGNER_READY,
	SIGNER_SIGNATURE,
	SIGNER_FAILED,
	SIGNER_HASHED,
	SIGNER_UNHASHED
};
enum { SIGNER_CHUNK = 64 << 10, SIGNER_LIMIT = 1 << 20 };
/* Both ends are one program. */
struct signer_hashed {
	uint64_t mode; /* enum sign_mode */
	struct sha256_open digest;
};

/* The process itself: serves fd until the other side closes it. len 0: the only key there; is_any: those that are not there or cannot sign are left out. */
struct signer_keys {
	const char *const *at;
	size_t len;
	bool is_any;
};
void signer_serve(int fd, const char *home, const struct signer_keys *keys);
