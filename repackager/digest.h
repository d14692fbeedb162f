/* digest.h - the sha256 of every file as it passes, and the digests that its source promised.
 *
 * The parent hashes with sha256 (or the decoder, where no byte leaves it: wire.h), and compares where the source promised one (rpm). Other kinds
 * (a deb's md5sums, old rpms) are compared in the decoder, beside the decoding: they say whether the source agrees with itself, and hashing twice in one process would halve the pace. */
#pragma once
#include "base/digest.h"
#include "formats/sink.h"

struct digest_stage {
	struct digest sha256;
	const char *promised; /* hex, or NULL */
	bool is_on;
};
int digest_stage_begin(struct digest_stage *d, const struct entry *entry, struct err *e) MUST; /* files only */
void digest_stage_add(struct digest_stage *d, const void *bytes, size_t len);                  /* bytes NULL: zeros */
/* Fills entry->sha256; another digest than promised is E_DIGEST. */
int digest_stage_end(struct digest_stage *d, struct entry *entry, struct err *e) MUST;
void digest_stage_done(struct digest_stage *d);
/* The same end for a sha256 that somebody else has taken. */
int digest_given(const unsigned char sha256[32], struct entry *entry, struct err *e) MUST;

/* A sink that compares promised digests of all other kinds; freed by sink_drop. */
struct sink *digest_promises_new(void);
