/* read_7z.c - 7z archives through libarchive, behind a look of our own at the header that finds all others.
 *
 * The header's place, length and checksums are held against the file first (7zFormat.txt of the LZMA SDK): what is cut off, one
 * volume of several or followed by other bytes is said so, not guessed at. Methods: LZMA, LZMA2, BCJ, BCJ2, Delta, PPMd, bzip2,
 * deflate, copy; encrypted ones are refused. */
#include "base/fs.h"
#include "formats/archive_bridge.h"
#include <archive.h>
#include <string.h>
#include <zlib.h>

enum { HEADER = 32, NEXT_MOST = 64 << 20, ID_HEADER = 1, ID_ENCODED = 0x17 };

static uint64_t le(const unsigned char *at, int bytes)
{
	uint64_t v = 0;

	while (bytes-- > 0)
		v = v << 8 | at[bytes];
	return v;
}

static int bid_7z(const struct source *src, const unsigned char *head, size_t len)
{
	return !src->is_dir && len >= 6 && memcmp(head, "7z\xbc\xaf\x27\x1c", 6) == 0 ? 90 : 0;
}

static int check_next(
	const struct source *src, const struct limits *limits, uint64_t at, uint64_t size, uint32_t crc, struct err *e)
{
	AUTO_FREE unsigned char *bytes = NULL;

	if (size > NEXT_MOST || size > limits->metadata)
		return err_input(e, "E_LIMIT_METADATA", "a header of %llu bytes", (unsigned long long)size);
	bytes = mem_alloc((size_t)size + 1);
	if (fd_pread(src->fd, bytes, (size_t)size, at, e))
		return -1;
	if ((uint32_t)crc32_z(0, bytes, (size_t)size) != crc)
		return err_input(e, "E_CORRUPT", "the header's checksum does not fit");
	if (bytes[0] != ID_HEADER && bytes[0] != ID_ENCODED)
		return err_input(e, "E_CORRUPT", "the header is none");
	return 0;
}

/* Start header: signature, version, CRC, then where the header at the end lies, its size and CRC. */
static int check_header(const struct source *src, const struct limits *limits, struct pkg *pkg, struct err *e)
{
	unsigned char h[HEADER];
	uint64_t at, size, end;

	if (src->size < HEADER)
		return err_input(e, "E_TRUNCATED", "the file is shorter than a 7z header");
	if (fd_pread(src->fd, h, HEADER, 0, e))
		return -1;
	if (h[6] != 0)
		return err_input(e, "E_CORRUPT", "7z version %u.%u, which there is none of", h[6], h[7]);
	if ((uint32_t)crc32_z(0, h + 12, 20) != le(h + 8, 4))
		return err_input(e, "E_CORRUPT", "the start header's checksum does not fit");
	at = le(h + 12, 8);
	size = le(h + 20, 8);
	if (size == 0)
		return err_input(e, "E_EMPTY", "the archive holds no entries");
	if (__builtin_add_overflow(at, HEADER, &at) || __builtin_add_overflow(at, size, &end))
		return err_input(e, "E_CORRUPT", "the header lies nowhere");
	if (end > src->size) {
		err_input(e, "E_TRUNCATED",
			"the archive ends at %llu, its file at %llu: it is cut off, or a volume of several",
			(unsigned long long)end, (unsigned long long)src->size);
		return err_hint(e, "join the volumes (cat NAME.7z.*) or fetch it again");
	}
	if (end < src->size)
		pkg_warn(pkg, "E_TRAILING_DATA", "", "%llu bytes after the end of the archive are left alone",
			(unsigned long long)(src->size - end));
	return check_next(src, limits, at, size, (uint32_t)le(h + 28, 4), e);
}

static int read_it(
	const struct source *src, const struct limits *limits, struct sink *sink, struct pkg *pkg, struct err *e)
{
	struct guard *g = guard_new(sink, limits, src->size, pkg);
	int done;

	pkg->format = "7z";
	done = check_header(src, limits, pkg, e) ||
			archive_bridge(src, limits, g, pkg, archive_read_support_format_7zip, e)
		? -1
		: 0;
	guard_free(g);
	return done;
}

const struct reader read_7z = {
	"7z",
	bid_7z,
	read_it,
	"7z archives (LZMA, LZMA2, PPMd, bzip2, deflate, BCJ, BCJ2, Delta), not encrypted, one volume",
};
