/* cpio_header.c - cpio headers to numbers. Strict: a field holds digits and nothing else. */
#include "formats/cpio_header.h"
#include <string.h>

enum { NEWC_SIZE = 110, ODC_SIZE = 76, BIN_SIZE = 26, WORDS = 13 };

static const struct {
	const char *magic;
	uint8_t magic_len, size, align;
} formats[] = {
	[CPIO_NEWC] = { "070701", 6, NEWC_SIZE, 4 },
	[CPIO_CRC] = { "070702", 6, NEWC_SIZE, 4 },
	[CPIO_ODC] = { "070707", 6, ODC_SIZE, 1 },
	[CPIO_BIN_LE] = { "\xc7\x71", 2, BIN_SIZE, 2 },
	[CPIO_BIN_BE] = { "\x71\xc7", 2, BIN_SIZE, 2 },
};

int cpio_format_of(const unsigned char *head, size_t len)
{
	for (size_t i = 0; i < COUNT(formats); i++)
		if (len >= formats[i].magic_len && memcmp(head, formats[i].magic, formats[i].magic_len) == 0)
			return (int)i;
	return -1;
}

size_t cpio_header_size(enum cpio_format f)
{
	return formats[f].size;
}

unsigned cpio_alignment(enum cpio_format f)
{
	return formats[f].align;
}

bool cpio_repeats_data(enum cpio_format f)
{
	return f >= CPIO_ODC;
}

static unsigned digit(unsigned char c)
{
	if (c >= '0' && c <= '9')
		return c - (unsigned)'0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - (unsigned)'a' + 10 : 16;
}

/* Digits of base 8 or 16, len of them, at most 11: cannot wrap. */
static int number(const unsigned char **at, size_t len, unsigned base, uint64_t *ret, struct err *e)
{
	uint64_t v = 0;

	for (size_t i = 0; i < len; i++) {
		unsigned d = digit((*at)[i]);

		if (d >= base)
			return err_input(
				e, "E_CORRUPT", "cpio header: '%.*s' is not a number", (int)len, (const char *)*at);
		v = v * base + d;
	}
	*at += len;
	*ret = v;
	return 0;
}

static int newc(const unsigned char *at, struct cpio_header *h, struct err *e)
{
	enum {
		INO,
		MODE,
		UID,
		GID,
		LINKS,
		MTIME,
		SIZE,
		DEV_MAJOR,
		DEV_MINOR,
		RDEV_MAJOR,
		RDEV_MINOR,
		NAME,
		CHECK,
		FIELDS
	};
	uint64_t f[FIELDS];

	for (size_t i = 0; i < FIELDS; i++)
		if (number(&at, 8, 16, &f[i], e))
			return -1;
	h->ino = f[INO];
	h->dev = f[DEV_MAJOR] << 32 | f[DEV_MINOR];
	h->mode = (uint32_t)f[MODE];
	h->uid = (uint32_t)f[UID];
	h->gid = (uint32_t)f[GID];
	h->links = (uint32_t)f[LINKS];
	h->mtime = (int64_t)f[MTIME];
	h->size = f[SIZE];
	h->rdev_major = (uint32_t)f[RDEV_MAJOR];
	h->rdev_minor = (uint32_t)f[RDEV_MINOR];
	h->name_len = (uint32_t)f[NAME];
	h->check = (uint32_t)f[CHECK];
	return 0;
}

static int odc(const unsigned char *at, struct cpio_header *h, struct err *e)
{
	enum { DEV, INO, MODE, UID, GID, LINKS, RDEV, MTIME, NAME, SIZE, FIELDS };
	static const uint8_t widths[FIELDS] = { 6, 6, 6, 6, 6, 6, 6, 11, 6, 11 };
	uint64_t f[FIELDS];

	for (size_t i = 0; i < FIELDS; i++)
		if (number(&at, widths[i], 8, &f[i], e))
			return -1;
	h->dev = f[DEV];
	h->ino = f[INO];
	h->mode = (uint32_t)f[MODE];
	h->uid = (uint32_t)f[UID];
	h->gid = (uint32_t)f[GID];
	h->links = (uint32_t)f[LINKS];
	h->rdev_major = (uint32_t)f[RDEV] >> 8;
	h->rdev_minor = (uint32_t)f[RDEV] & 0xff;
	h->mtime = (int64_t)f[MTIME];
	h->name_len = (uint32_t)f[NAME];
	h->size = f[SIZE];
	return 0;
}

/* 32-bit numbers are two words, the high one first, whatever the order of bytes in a word. */
static void binary(const unsigned char *at, bool is_big, struct cpio_header *h)
{
	enum { MAGIC, DEV, INO, MODE, UID, GID, LINKS, RDEV, MTIME, NAME = 10, SIZE };
	uint32_t w[WORDS];

	for (size_t i = 0; i < WORDS; i++)
		w[i] = is_big ? (uint32_t)at[2 * i] << 8 | at[2 * i + 1] : (uint32_t)at[2 * i + 1] << 8 | at[2 * i];
	h->dev = w[DEV];
	h->ino = w[INO];
	h->mode = w[MODE];
	h->uid = w[UID];
	h->gid = w[GID];
	h->links = w[LINKS];
	h->rdev_major = w[RDEV] >> 8;
	h->rdev_minor = w[RDEV] & 0xff;
	h->mtime = (int64_t)(w[MTIME] << 16 | w[MTIME + 1]);
	h->name_len = w[NAME];
	h->size = w[SIZE] << 16 | w[SIZE + 1];
}

int cpio_header_parse(enum cpio_format f, const unsigned char *head, struct cpio_header *ret, struct err *e)
{
	struct cpio_header h = { .format = f };

	if (cpio_format_of(head, formats[f].size) != (int)f)
		return err_input(e, "E_CORRUPT", "no cpio header where one should begin");
	if (f >= CPIO_BIN_LE)
		binary(head, f == CPIO_BIN_BE, &h);
	else if ((f == CPIO_ODC ? odc : newc)(head + 6, &h, e))
		return -1;
	*ret = h;
	return 0;
}
