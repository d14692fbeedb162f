/* zip_extra.c - extra fields of a zip entry: 64-bit sizes, times, owners, the other name. APPNOTE 4.5, Info-ZIP proginfo/extrafld.txt. */
#include "formats/zip_private.h"
#include <string.h>
#include <zlib.h>

uint16_t zip_u16(const unsigned char *at)
{
	return (uint16_t)(at[0] | at[1] << 8);
}

uint32_t zip_u32(const unsigned char *at)
{
	return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

uint64_t zip_u64(const unsigned char *at)
{
	return zip_u32(at) | (uint64_t)zip_u32(at + 4) << 32;
}

static int take_wide(const struct zip_wide *wide, const unsigned char *at, size_t len, struct err *e)
{
	uint64_t *const wanted[] = { wide->size, wide->packed, wide->at };

	for (size_t i = 0; i < COUNT(wanted); i++) {
		if (wanted[i] == NULL)
			continue;
		if (len < 8)
			return err_input(e, "E_CORRUPT", "the zip64 field is too short");
		*wanted[i] = zip_u64(at);
		if (*wanted[i] > INT64_MAX)
			return err_input(e, "E_CORRUPT", "a zip64 number is out of range");
		at += 8;
		len -= 8;
	}
	return 0;
}

/* Info-ZIP: version, size of uid, uid, size of gid, gid; little endian of any size up to 8. */
static void take_owner(struct zip_entry *entry, const unsigned char *at, size_t len)
{
	int64_t ids[2] = { 0 };

	if (len < 3 || at[0] != 1)
		return;
	at++, len--;
	for (int i = 0; i < 2; i++) {
		size_t size = len > 0 ? at[0] : 0;

		if (size == 0 || size > 4 || len < size + 1)
			return;
		for (size_t k = size; k > 0; k--)
			ids[i] = ids[i] << 8 | at[k];
		at += size + 1;
		len -= size + 1;
	}
	entry->uid = ids[0];
	entry->gid = ids[1];
}

/* The name once more, in UTF-8, and the checksum of the header's name it belongs to. What it is worth zip_directory.c decides. */
static int take_name(struct zip_entry *entry, const unsigned char *at, size_t len, struct arena *a, struct err *e)
{
	if (len < 5 || at[0] != 1)
		return 0;
	if (entry->unicode)
		return err_input(e, "E_AMBIGUOUS", "two Unicode names");
	entry->unicode = arena_copy(a, at + 5, len - 5);
	entry->unicode_len = (uint32_t)(len - 5);
	entry->is_unicode_bound = crc32(0, (const unsigned char *)entry->name, entry->name_len) == zip_u32(at + 1);
	return entry->unicode ? 0 : err_input(e, "E_LIMIT_MEMORY", "the names take too much memory");
}

int zip_extra(struct zip_entry *entry, const unsigned char *at, size_t len, const struct zip_wide *wide,
	struct arena *a, struct err *e)
{
	bool is_wide = false, wants_wide = wide->size || wide->packed || wide->at;

	while (len >= 4) {
		uint16_t id = zip_u16(at), size = zip_u16(at + 2);
		const unsigned char *body = at + 4;

		if (size > len - 4)
			return err_input(e, "E_CORRUPT", "an extra field of %u bytes, %zu are left", size, len - 4);
		if (id == 0x0001 && is_wide)
			return err_input(e, "E_AMBIGUOUS", "two zip64 fields");
		if (id == 0x0001 && wants_wide && take_wide(wide, body, size, e))
			return -1;
		is_wide = is_wide || id == 0x0001;
		if (id == 0x5455 && size >= 5 && (body[0] & 1))
			entry->mtime = (int32_t)zip_u32(body + 1);
		if (id == 0x7875)
			take_owner(entry, body, size);
		if (id == 0x7075 && take_name(entry, body, size, a, e))
			return -1;
		at += 4 + size;
		len -= 4u + size;
	}
	/* Up to three bytes may be left: alignment (Android's zipalign) pads with zeros. */
	for (size_t i = 0; i < len; i++)
		if (at[i])
			return err_input(e, "E_CORRUPT", "bytes behind the last extra field");
	if (wants_wide && !is_wide)
		return err_input(e, "E_CORRUPT", "a size needs a zip64 field that is missing");
	return 0;
}
