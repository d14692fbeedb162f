/* squashfs_lzo.c - images compressed with LZO: a decompressor of base/ in the shape that libsquashfs calls. */
#include "base/lzo.h"
#include "formats/squashfs_private.h"
#include <sqfs/error.h>

static sqfs_s32 unpack(sqfs_compressor_t *c, const sqfs_u8 *in, sqfs_u32 size, sqfs_u8 *out, sqfs_u32 room)
{
	struct err e = { 0 };
	size_t len = 0;

	return lzo1x_decode(in, size, out, room, &len, &e) ? SQFS_ERROR_CORRUPTED : (sqfs_s32)len;
}

static void destroy_nothing(sqfs_object_t *o)
{
	(void)o; /* it is static */
}

sqfs_compressor_t *squash_lzo(void)
{
	static sqfs_compressor_t lzo = { .base = { .destroy = destroy_nothing }, .do_block = unpack };

	return &lzo;
}
