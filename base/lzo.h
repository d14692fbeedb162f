/* lzo.h - one block of LZO1X, decoded. Only for codec_lzop.c and its fuzz target. */
#pragma once
#include "base/base.h"
#include "base/err.h"

/* Decodes all of src into dst, which must become exactly dst_len bytes: anything else is E_CORRUPT. Touches nothing outside both. */
int lzo1x_decode(const unsigned char *src, size_t src_len, unsigned char *dst, size_t dst_len, struct err *e) MUST;
