/* cpio_header.h - one header of a cpio archive, in any of its five spellings. cpio(5); GNU cpio's manual.
 *
 * newc and crc: hexadecimal text, padded to 4; odc: octal text, not padded; binary: 16-bit words in either byte order, padded to 2. */
#pragma once
#include "base/stream.h"

enum cpio_format { CPIO_NEWC, CPIO_CRC, CPIO_ODC, CPIO_BIN_LE, CPIO_BIN_BE };
enum { CPIO_HEADER_MOST = 110 };

struct cpio_header {
	enum cpio_format format;
	uint64_t dev, ino, size;
	uint32_t mode, uid, gid, links, name_len /* the NUL counted */, rdev_major, rdev_minor, check;
	int64_t mtime;
};
/* -1: these bytes begin no cpio header. */
int cpio_format_of(const unsigned char *head, size_t len);
size_t cpio_header_size(enum cpio_format f);
/* head: cpio_header_size bytes. */
int cpio_header_parse(enum cpio_format f, const unsigned char *head, struct cpio_header *ret, struct err *e) MUST;
/* What names and data are filled up to, counted from the member's first byte: 4, 2 or 1. */
unsigned cpio_alignment(enum cpio_format f);
bool cpio_repeats_data(
	enum cpio_format f); /* every name of a hard link set carries the data; else the last one alone */
