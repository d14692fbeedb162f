/* digest.h - the digest stage: the sha256 of every file as it passes, and the digest its source promised. */
#pragma once
#include "base/digest.h"
#include "formats/pkg.h"

struct digest_stage {
	struct digest sha256, promised;
	bool is_promised, is_same; /* the promised digest is a sha256 itself */
	bool is_on;
};
int digest_stage_begin(struct digest_stage *d, const struct entry *entry, struct err *e) MUST; /* files only */
void digest_stage_add(struct digest_stage *d, const void *bytes, size_t len);                  /* bytes NULL: zeros */
/* Fills entry->sha256; another digest than promised is E_DIGEST. */
int digest_stage_end(struct digest_stage *d, struct entry *entry, struct err *e) MUST;
void digest_stage_done(struct digest_stage *d);
