/* lzo.h - one block of LZO1X, decoded: lzop files and squashfs images are made of such. */
#pragma once
#include "base/base.h"
#include "base/err.h"

/* Decodes all of src into dst, which has room bytes; anything over it or damaged is E_CORRUPT. Touches nothing outside both. */
int lzo1x_decode(
	const unsigned char *src, size_t src_len, unsigned char *dst, size_t room, size_t *ret_len, struct err *e) MUST;
