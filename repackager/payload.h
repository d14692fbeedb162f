/* payload.h - a vendor's packed payload, taken into the new package as it is instead of being packed again.
 *
 * Every byte is still unpacked and checked. It is taken when input and target are of one format and one codec, nobody asked for a level,
 * and no entry changes. What could change one is asked before the pass; what did is asked after it, and then the pass starts once more
 * and packs. The bytes that are copied are those whose sha256 was taken together with the input's. */
#pragma once
#include "formats/writer.h"
#include "repackager/decode.h"
#include "repackager/target.h"
#include "repackager/transform.h"

struct payload_plan {
	struct payload_copy copy;     /* for writer_options; its last words come with payload_settle */
	struct decode_payload source; /* for decode */
	bool is_off;                  /* tried, and not possible */
};
void payload_init(struct payload_plan *p);
void payload_done(struct payload_plan *p);
/* May the target take the payload that meta offers? Before the pass. */
bool payload_fits(const struct payload_plan *p, const struct pkg *meta, const struct target *t);
/* After the pass: does what was offered hold, and is no entry another? Then the copy is complete. */
bool payload_settle(struct payload_plan *p, const struct pkg *meta, const struct transform *t);
/* The output's sha256; what it holds at `at` must be the bytes that were checked. */
int payload_hash(
	const struct payload_plan *p, int fd, uint64_t at, char ret_sha256[65], uint64_t *ret_size, struct err *e) MUST;
