/* rfc2822.h - times as Release files write them. Private to sign/. */
#pragma once
#include "base/base.h"

/* "Sat, 21 Nov 2026 22:10:22 +0000", also with "UTC", "GMT" or "Z"; the day's name may be missing. -1: it is none. */
int rfc2822_parse(const char *text, size_t len, int64_t *ret);
