/* quick_text.h - a text packed to be unpacked at nearly the pace of memory (one LZ4 block, no frame around it), and a checksum of what is remembered of it: for
 * those who read thousands of small ones again, each time, and wrote all of them. */
#pragma once
#include "base/err.h"
#include "base/text.h"
#include <stdint.h>

/* Behind what is in `to`. At most QUICK_TEXT_MAX bytes. */
enum { QUICK_TEXT_MAX = 1 << 30 };
int quick_text_pack(struct text *to, const void *bytes, size_t len, struct err *e) MUST;
/* Exactly `len` bytes; anything else is ERR_INPUT "E_CORRUPT". ret: room for len bytes. */
int quick_text_unpack(const void *packed, size_t packed_len, void *ret, size_t len, struct err *e) MUST;
/* CRC-32 of what came before (0: nothing) and of these bytes: against damage, not against anybody. */
uint32_t quick_text_sum(uint32_t before, const void *bytes, size_t len);
