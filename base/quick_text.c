/* quick_text.c - LZ4 blocks through liblz4, and zlib's CRC-32. */
#include "base/quick_text.h"
#include <lz4.h>
#include <zlib.h>

int quick_text_pack(struct text *to, const void *bytes, size_t len, struct err *e)
{
	int room, made;

	if (len > QUICK_TEXT_MAX)
		return err_input(e, "E_LIMIT_SIZE", "a text of more than %d MiB", QUICK_TEXT_MAX >> 20);
	room = LZ4_compressBound((int)len);
	text_room(to, (size_t)room);
	made = LZ4_compress_default(bytes, to->at + to->len, (int)len, room);
	if (made <= 0)
		return err_env(e, "liblz4 cannot pack");
	to->len += (size_t)made;
	return 0;
}

int quick_text_unpack(const void *packed, size_t packed_len, void *ret, size_t len, struct err *e)
{
	if (packed_len > INT32_MAX || len > QUICK_TEXT_MAX ||
		LZ4_decompress_safe(packed, ret, (int)packed_len, (int)len) != (int)len)
		return err_input(e, "E_CORRUPT", "a packed text of another size");
	return 0;
}

uint32_t quick_text_sum(uint32_t before, const void *bytes, size_t len)
{
	return (uint32_t)crc32_z(before, bytes, len);
}
