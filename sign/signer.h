/* signer.h - the two ends of a signer's line. Private to sign/. */
#pragma once
#include "base/frame.h"
#include "sign/sign.h"

/* Parent to signer: BEGIN (mode), DATA ..., END, or CANCEL in the place of END. Signer to parent: READY once, then SIGNATURE or FAILED for each END. */
enum signer_frame {
	SIGNER_BEGIN = 1,
	SIGNER_DATA,
	SIGNER_END,
	SIGNER_CANCEL,
	SIGNER_READY,
	SIGNER_SIGNATURE,
	SIGNER_FAILED
};
enum { SIGNER_CHUNK = 64 << 10, SIGNER_LIMIT = 1 << 20 };

/* The process itself: serves fd until the other side closes it. len 0: the only key there; is_any: those that are not there or cannot sign are left out. */
struct signer_keys {
	const char *const *at;
	size_t len;
	bool is_any;
};
void signer_serve(int fd, const char *home, const struct signer_keys *keys);
