/* tar_header.c - one header block of 512 bytes: numbers, names, checksum. */
#include "formats/tar_private.h"
#include <string.h>

bool tar_is_zero(const unsigned char *block)
{
	static const unsigned char zeros[TAR_BLOCK];

	return memcmp(block, zeros, TAR_BLOCK) == 0;
}

/* Base 256: the first byte's high bit is the mark, its next bit the sign; two's complement, big endian. */
static int number_binary(const unsigned char *at, size_t len, const char *what, int64_t *ret, struct err *e)
{
	bool negative = at[0] & 0x40;
	int64_t v = negative ? -1 : 0;

	for (size_t i = 0; i < len; i++) {
		unsigned char byte = at[i];

		if (i == 0)
			byte = negative ? byte | 0x80 : byte & 0x7f;
		if (v > (INT64_MAX >> 8) || v < (INT64_MIN >> 8))
			return err_input(e, "E_CORRUPT", "tar header: %s is out of range", what);
		v = (int64_t)((uint64_t)v << 8 | byte);
	}
	*ret = v;
	return 0;
}

int tar_number(const unsigned char *at, size_t len, const char *what, int64_t *ret, struct err *e)
{
	size_t i = 0;
	int64_t v = 0;

	if (at[0] & 0x80)
		return number_binary(at, len, what, ret, e);
	while (i < len && at[i] == ' ')
		i++;
	for (; i < len && at[i] >= '0' && at[i] <= '7'; i++)
		v = v * 8 + (at[i] - '0'); /* at most 12 digits: cannot wrap */
	if (i < len && at[i] != ' ' && at[i] != 0)
		return err_input(e, "E_CORRUPT", "tar header: %s is not a number", what);
	*ret = v;
	return 0;
}

static struct slice text(const unsigned char *at, size_t len)
{
	return (struct slice){ (const char *)at, strnlen((const char *)at, len) };
}

/* Old writers summed signed characters. */
static bool is_sum_good(const unsigned char *b, int64_t said)
{
	int64_t plain = 0, with_sign = 0;

	for (int i = 0; i < TAR_BLOCK; i++) {
		unsigned char byte = i >= 148 && i < 156 ? ' ' : b[i];

		plain += byte;
		with_sign += (signed char)byte;
	}
	return said == plain || said == with_sign;
}

bool tar_is_header(const unsigned char *block, size_t len)
{
	int64_t sum;
	struct err e;

	if (len < TAR_BLOCK || tar_is_zero(block))
		return false;
	return memcmp(block + 257, "ustar", 5) == 0 ||
		(tar_number(block + 148, 8, "checksum", &sum, &e) == 0 && is_sum_good(block, sum));
}

/* Where the numbers are; all but size and mtime are small. */
static int numbers(const unsigned char *b, struct tar_header *h, struct err *e)
{
	int64_t mode, size;
	bool has_dev = h->type == '3' || h->type == '4';

	if (tar_number(b + 100, 8, "mode", &mode, e) || tar_number(b + 108, 8, "uid", &h->uid, e) ||
		tar_number(b + 116, 8, "gid", &h->gid, e) || tar_number(b + 124, 12, "size", &size, e) ||
		tar_number(b + 136, 12, "mtime", &h->mtime, e))
		return -1;
	if (has_dev &&
		(tar_number(b + 329, 8, "major", &h->dev_major, e) ||
			tar_number(b + 337, 8, "minor", &h->dev_minor, e)))
		return -1;
	if (size < 0)
		return err_input(e, "E_CORRUPT", "tar header: the size is negative");
	if (h->uid < 0 || h->gid < 0 || h->uid > UINT32_MAX || h->gid > UINT32_MAX)
		return err_input(e, "E_CORRUPT", "tar header: owner or group number is out of range");
	if (h->dev_major < 0 || h->dev_minor < 0 || h->dev_major > UINT32_MAX || h->dev_minor > UINT32_MAX)
		return err_input(e, "E_CORRUPT", "tar header: device number is out of range");
	h->mode = (uint32_t)mode & 07777; /* some writers put the file type above it */
	h->size = (uint64_t)size;
	return 0;
}

int tar_header_parse(const unsigned char b[TAR_BLOCK], struct tar_header *ret, struct err *e)
{
	struct tar_header h = { .type = (char)b[156] };
	int64_t sum;

	if (tar_number(b + 148, 8, "checksum", &sum, e))
		return -1;
	if (!is_sum_good(b, sum))
		return err_input(e, "E_CORRUPT", "tar header: the checksum is wrong");
	h.is_gnu = memcmp(b + 257, "ustar  ", 8) == 0;
	h.is_ustar = memcmp(b + 257, "ustar\0", 6) == 0;
	h.name = text(b, 100);
	h.target = text(b + 157, 100);
	if (h.is_ustar || h.is_gnu) {
		h.owner = text(b + 265, 32);
		h.group = text(b + 297, 32);
	}
	if (h.is_ustar)
		h.prefix = memcmp(b + 508, "tar", 4) == 0 ? text(b + 345, 131) : text(b + 345, 155);
	if (numbers(b, &h, e))
		return -1;
	*ret = h;
	return 0;
}
