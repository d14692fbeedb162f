/* guard_unicode.h - canonical decomposition and simple case folding of one character, for the guard's "do these look alike?". */
#pragma once
#include "base/base.h"

enum { UNICODE_MOST = 6 };
/* c itself when it has no decomposition; returns how many characters. */
size_t unicode_decompose(uint32_t c, uint32_t ret[UNICODE_MOST]);
uint32_t unicode_fold(uint32_t c);
