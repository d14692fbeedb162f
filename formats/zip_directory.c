/* zip_directory.c - a zip's end record, its directory and its local headers, each against the others.
 *
 * A zip says everything twice; readers differ in what they believe. Where the two differ the file is refused, and every byte
 * before the directory must belong to an entry. */
#include "base/fs.h"
#include "formats/zip_private.h"
#include <string.h>
#include <time.h>

enum { END = 22, END64 = 56, LOCATOR = 20, CENTRAL = 46, LOCAL = 30, COMMENT_MOST = 65535 };
enum { ALL_ONES16 = 0xffff };
#define ALL_ONES32 0xffffffffu

static bool is_mark(const unsigned char *at, unsigned char a, unsigned char b)
{
	return at[0] == 'P' && at[1] == 'K' && at[2] == a && at[3] == b;
}

/* The end record, searched from the end; *ret_after: bytes behind it and its comment. false: none. */
static bool find_end(int fd, uint64_t size, unsigned char end[END], uint64_t *ret_at, uint64_t *ret_after)
{
	size_t room = size < END + COMMENT_MOST ? (size_t)size : END + COMMENT_MOST;
	AUTO_FREE unsigned char *tail = NULL;
	struct err e;

	if (size < END)
		return false;
	tail = mem_alloc(room);
	if (fd_pread(fd, tail, room, size - room, &e))
		return false;
	for (size_t i = room - END + 1; i-- > 0;) {
		uint64_t ends = i + END + zip_u16(tail + i + 20);

		if (!is_mark(tail + i, 5, 6) || ends > room)
			continue;
		memcpy(end, tail + i, END);
		*ret_at = size - room + i;
		*ret_after = room - ends;
		return true;
	}
	return false;
}

bool zip_has_end(const struct source *src)
{
	unsigned char end[END], mark[4];
	uint64_t at, after, directory;
	struct err e;

	if (!find_end(src->fd, src->size, end, &at, &after) || after > 0 || zip_u16(end + 10) == 0 ||
		zip_u32(end + 12) > at)
		return false;
	directory = at - zip_u32(end + 12);
	return fd_pread(src->fd, mark, sizeof mark, directory, &e) == 0 && is_mark(mark, 1, 2);
}

/* What a file without an end record is: cut off, or never a zip. Judged by its first local header. */
static int no_end(struct zip *z, struct err *e)
{
	unsigned char h[LOCAL];
	uint16_t method;

	if (z->file_size < LOCAL)
		return err_input(e, "E_TRUNCATED", "the end record is missing");
	if (fd_pread(z->fd, h, LOCAL, 0, e))
		return -1;
	method = zip_u16(h + 8);
	if (!is_mark(h, 3, 4) || h[4] > 63 || zip_u16(h + 6) & 0xc000 || (method > 20 && method < 90) || method > 99)
		return err_input(e, "E_CORRUPT", "neither an end record nor a local header that makes sense");
	return err_input(e, "E_TRUNCATED", "the end record is missing");
}

static int read_end64(struct zip *z, uint64_t end_at, struct err *e)
{
	unsigned char l[LOCATOR], h[END64];
	uint64_t at;

	if (end_at < LOCATOR || fd_pread(z->fd, l, LOCATOR, end_at - LOCATOR, e) || !is_mark(l, 6, 7))
		return err_input(e, "E_CORRUPT", "the zip64 end record is missing");
	at = zip_u64(l + 8);
	if (zip_u32(l + 4) != 0 || zip_u32(l + 16) > 1)
		return err_input(e, "E_MULTIVOLUME", "the archive is a part of several");
	if (at > end_at - LOCATOR || end_at - LOCATOR - at < END64)
		return err_input(e, "E_CORRUPT", "the zip64 end record lies outside the file");
	if (fd_pread(z->fd, h, END64, at, e))
		return -1;
	if (!is_mark(h, 6, 6) || zip_u64(h + 4) != end_at - LOCATOR - at - 12)
		return err_input(e, "E_CORRUPT", "the zip64 end record is damaged");
	if (zip_u32(h + 16) != 0 || zip_u32(h + 20) != 0)
		return err_input(e, "E_MULTIVOLUME", "the archive is a part of several");
	if (zip_u64(h + 24) != zip_u64(h + 32))
		return err_input(e, "E_MISMATCH", "the zip64 end record counts its entries twice, differently");
	z->count = zip_u64(h + 32);
	z->directory_size = zip_u64(h + 40);
	z->directory_at = zip_u64(h + 48);
	z->tail_at = at;
	return 0;
}

/* Numbers of the plain record that are not all ones must agree with the wide ones. */
static int check_both(const struct zip *z, const unsigned char end[END], struct err *e)
{
	if ((zip_u16(end + 10) != ALL_ONES16 && zip_u16(end + 10) != z->count) ||
		(zip_u32(end + 12) != ALL_ONES32 && zip_u32(end + 12) != z->directory_size) ||
		(zip_u32(end + 16) != ALL_ONES32 && zip_u32(end + 16) != z->directory_at))
		return err_input(e, "E_MISMATCH", "the two end records differ");
	return 0;
}

/* A directory that is encrypted itself cannot be read at all; the first header tells. */
static int check_masked(struct zip *z, struct err *e)
{
	unsigned char h[LOCAL];

	if (z->file_size < LOCAL)
		return 0;
	if (fd_pread(z->fd, h, LOCAL, 0, e))
		return -1;
	if (is_mark(h, 3, 4) && (zip_u16(h + 6) & (ZIP_MASKED | ZIP_STRONG)))
		return err_input(e, "E_ENCRYPTED", "the archive is encrypted");
	return 0;
}

static int read_end(struct zip *z, struct err *e)
{
	unsigned char end[END], before[4] = "";
	uint64_t at, after;

	if (!find_end(z->fd, z->file_size, end, &at, &after))
		return no_end(z, e);
	if (check_masked(z, e))
		return -1;
	if (after > 0) {
		err_input(e, "E_TRAILING_DATA", "%llu bytes after the end record", (unsigned long long)after);
		return err_at(e, z->file_size - after);
	}
	z->count = zip_u16(end + 10);
	z->directory_size = zip_u32(end + 12);
	z->directory_at = zip_u32(end + 16);
	z->tail_at = at;
	if (at >= LOCATOR && fd_pread(z->fd, before, 4, at - LOCATOR, e))
		return -1;
	if (is_mark(before, 6, 7) || z->count == ALL_ONES16 || z->directory_size == ALL_ONES32 ||
		z->directory_at == ALL_ONES32) {
		if (read_end64(z, at, e) || check_both(z, end, e))
			return -1;
	} else if (zip_u16(end + 4) != 0 || zip_u16(end + 6) != 0) {
		return err_input(e, "E_MULTIVOLUME", "the archive is a part of several");
	} else if (zip_u16(end + 8) != z->count) {
		return err_input(e, "E_MISMATCH", "the end record counts its entries twice, differently");
	}
	if (z->directory_at > z->tail_at || z->directory_size > z->tail_at - z->directory_at)
		return err_input(e, "E_CORRUPT", "the directory lies outside the file");
	if (z->directory_at + z->directory_size < z->tail_at) {
		err_input(e, "E_POLYGLOT", "%llu bytes stand before the archive or behind its directory",
			(unsigned long long)(z->tail_at - z->directory_at - z->directory_size));
		return err_hint(e, "a self-extracting archive is not read as a zip");
	}
	return 0;
}

/* MS-DOS date and time, two seconds fine, in nobody's time zone: taken as UTC. */
static int64_t dos_time(const unsigned char *at)
{
	uint16_t time = zip_u16(at), date = zip_u16(at + 2);
	struct tm tm = { .tm_sec = time % 32 * 2,
		.tm_min = time >> 5 & 63,
		.tm_hour = time >> 11,
		.tm_mday = date % 32,
		.tm_mon = (date >> 5 & 15) - 1,
		.tm_year = (date >> 9) + 80 };

	if (tm.tm_mon < 0 || tm.tm_mday == 0)
		return 315532800; /* 1980 */
	return (int64_t)timegm(&tm);
}

static int read_central(struct zip *z, struct in *in, uint64_t *left, struct zip_entry *ret, struct err *e)
{
	unsigned char h[CENTRAL], extra[65536];
	struct zip_entry n = { .uid = -1, .gid = -1 };
	struct zip_wide wide = { 0 };
	uint16_t extra_len, comment_len;
	char *name;

	if (*left < CENTRAL)
		return err_input(e, "E_MISMATCH", "the directory ends before its last entry");
	if (in_exact(in, h, CENTRAL, e))
		return -1;
	if (!is_mark(h, 1, 2))
		return err_input(e, "E_CORRUPT", "the directory is damaged");
	n.made_by = zip_u16(h + 4);
	n.flags = zip_u16(h + 8);
	n.method = zip_u16(h + 10);
	n.mtime = dos_time(h + 12);
	n.crc = zip_u32(h + 16);
	n.packed = zip_u32(h + 20);
	n.size = zip_u32(h + 24);
	n.name_len = zip_u16(h + 28);
	extra_len = zip_u16(h + 30);
	comment_len = zip_u16(h + 32);
	n.external = zip_u32(h + 38);
	n.local_at = zip_u32(h + 42);
	if (zip_u16(h + 34) != 0 && zip_u16(h + 34) != ALL_ONES16)
		return err_input(e, "E_MULTIVOLUME", "an entry lies in another part of the archive");
	if (*left - CENTRAL < (uint64_t)n.name_len + extra_len + comment_len)
		return err_input(e, "E_CORRUPT", "the directory ends in the middle of an entry");
	*left -= CENTRAL + (uint64_t)n.name_len + extra_len + comment_len;
	name = arena_alloc(&z->arena, n.name_len + 1u);
	if (name == NULL)
		return err_input(e, "E_LIMIT_MEMORY", "the directory takes too much memory");
	n.name = name;
	if (in_exact(in, name, n.name_len, e) || in_exact(in, extra, extra_len, e) || in_skip(in, comment_len, e))
		return -1;
	wide.size = n.size == ALL_ONES32 ? &n.size : NULL;
	wide.packed = n.packed == ALL_ONES32 ? &n.packed : NULL;
	wide.at = n.local_at == ALL_ONES32 ? &n.local_at : NULL;
	if (zip_extra(&n, extra, extra_len, &wide, &z->arena, e))
		return err_wrap(e, "%.*s", (int)n.name_len, n.name);
	*ret = n;
	return 0;
}

static int check_encrypted(const struct zip_entry *n, struct err *e)
{
	if (!(n->flags & (ZIP_ENCRYPTED | ZIP_STRONG | ZIP_MASKED)) && n->method != ZIP_AES)
		return 0;
	err_input(e, "E_ENCRYPTED", "%.*s is encrypted", (int)n->name_len, n->name);
	return err_hint(e, "ask the vendor for an archive without a password");
}

static int differs(const struct zip_entry *n, const char *what, struct err *e)
{
	return err_input(
		e, "E_MISMATCH", "%.*s: the %s in its header is not the directory's", (int)n->name_len, n->name, what);
}

/* Sizes and checksum: with a descriptor the header may hold zeros. */
static int check_numbers(
	const struct zip_entry *n, const unsigned char h[LOCAL], struct zip_entry *local, struct err *e)
{
	bool later = n->flags & ZIP_DESCRIPTOR;

	if (local->crc != n->crc && !(later && local->crc == 0))
		return err_input(e, "E_DIGEST", "%.*s: the checksum in its header is not the directory's",
			(int)n->name_len, n->name);
	if (local->packed != n->packed && !(later && local->packed == 0))
		return differs(n, "compressed size", e);
	if (local->size != n->size && !(later && local->size == 0))
		return differs(n, "size", e);
	return 0;
}

static bool is_same(const char *a, uint32_t a_len, const char *b, uint32_t b_len)
{
	return a_len == b_len && memcmp(a, b, a_len) == 0;
}

static bool is_ascii(const char *name, uint32_t len)
{
	for (uint32_t i = 0; i < len; i++)
		if ((unsigned char)name[i] >= 0x80)
			return false;
	return true;
}

/* Header and directory name the entry alike, by name or by Unicode name. The Unicode name counts where the plain one could not say it
 * (APPNOTE 4.6.9) and belongs to it; for a plain ASCII name it has nothing to add, and saying something else is a trap. */
static int check_names(struct zip_entry *n, const struct zip_entry *local, struct pkg *pkg, struct err *e)
{
	bool by_name = is_same(n->name, n->name_len, local->name, local->name_len);
	bool by_unicode = n->unicode && local->unicode &&
		is_same(n->unicode, n->unicode_len, local->unicode, local->unicode_len);

	if (!by_name && !by_unicode)
		return differs(n, "name", e);
	if (n->unicode == NULL || is_same(n->name, n->name_len, n->unicode, n->unicode_len))
		return 0;
	if (is_ascii(n->name, n->name_len) || (n->flags & ZIP_UTF8))
		return err_input(
			e, "E_MISMATCH", "%.*s has another name in its Unicode field", (int)n->name_len, n->name);
	if (!by_name)
		pkg_warn(pkg, "E_MISMATCH", n->unicode, "header and directory agree only on the Unicode name");
	if (!by_name || n->is_unicode_bound) {
		n->name = n->unicode;
		n->name_len = n->unicode_len;
	}
	return 0;
}

static int check_local(struct zip *z, struct zip_entry *n, struct pkg *pkg, struct err *e)
{
	unsigned char h[LOCAL], names[2 * 65536];
	struct zip_entry local = { 0 };
	struct zip_wide wide = { 0 };
	uint16_t extra_len;

	if (n->local_at > z->directory_at || z->directory_at - n->local_at < LOCAL)
		return err_input(e, "E_CORRUPT", "%.*s lies outside the archive", (int)n->name_len, n->name);
	if (fd_pread(z->fd, h, LOCAL, n->local_at, e))
		return -1;
	if (!is_mark(h, 3, 4))
		return err_input(
			e, "E_MISMATCH", "%.*s: no header where the directory says", (int)n->name_len, n->name);
	local.flags = zip_u16(h + 6);
	local.crc = zip_u32(h + 14);
	local.packed = zip_u32(h + 18);
	local.size = zip_u32(h + 22);
	local.name_len = zip_u16(h + 26);
	extra_len = zip_u16(h + 28);
	n->data_at = n->local_at + LOCAL + local.name_len + extra_len;
	if (n->data_at > z->directory_at || n->packed > z->directory_at - n->data_at)
		return err_input(e, "E_CORRUPT", "%.*s runs into the directory", (int)n->name_len, n->name);
	if (fd_pread(z->fd, names, (size_t)local.name_len + extra_len, n->local_at + LOCAL, e))
		return -1;
	local.name = (const char *)names;
	if (zip_u16(h + 8) != n->method)
		return differs(n, "method", e);
	if ((local.flags ^ n->flags) & (ZIP_ENCRYPTED | ZIP_DESCRIPTOR))
		return differs(n, "set of flags", e);
	wide.size = local.size == ALL_ONES32 ? &local.size : NULL;
	wide.packed = local.packed == ALL_ONES32 ? &local.packed : NULL;
	if (zip_extra(&local, names + local.name_len, extra_len, &wide, &z->arena, e))
		return err_wrap(e, "%.*s", (int)n->name_len, n->name);
	if (check_names(n, &local, pkg, e))
		return -1;
	return check_numbers(n, h, &local, e);
}

/* After the data, with or without its mark, 32 or 64 bits wide: whichever of the four says what the directory says. */
static int check_descriptor(struct zip *z, struct zip_entry *n, uint64_t most, struct err *e)
{
	unsigned char d[24];
	uint64_t at = n->data_at + n->packed;
	size_t len = at > most ? 0 : most - at < sizeof d ? (size_t)(most - at) : sizeof d;

	if (at > most)
		return err_input(
			e, "E_OVERLAP", "%.*s shares bytes with what comes after it", (int)n->name_len, n->name);
	n->end = at;
	if (!(n->flags & ZIP_DESCRIPTOR))
		return 0;
	if (fd_pread(z->fd, d, len, at, e))
		return -1;
	for (size_t mark = 0; mark <= 4; mark += 4)
		for (size_t wide = 4; wide <= 8; wide += 4) {
			size_t size = mark + 4 + 2 * wide;
			const unsigned char *p = d + mark;

			if (len < size || (mark && !is_mark(d, 7, 8)) || zip_u32(p) != n->crc)
				continue;
			if ((wide == 4 ? zip_u32(p + 4) : zip_u64(p + 4)) == n->packed &&
				(wide == 4 ? zip_u32(p + 8) : zip_u64(p + 12)) == n->size) {
				n->end = at + size;
				return 0;
			}
		}
	if (len >= 16 && is_mark(d, 7, 8) && zip_u32(d + 8) == (uint32_t)n->packed &&
		zip_u32(d + 12) == (uint32_t)n->size)
		return err_input(e, "E_DIGEST", "%.*s: the checksum behind its data is not the directory's",
			(int)n->name_len, n->name);
	return err_input(e, "E_MISMATCH", "%.*s: what stands behind its data is not what the directory says",
		(int)n->name_len, n->name);
}

static int by_place(const void *a, const void *b)
{
	const struct zip_entry *x = a, *y = b;

	return x->local_at < y->local_at ? -1 : x->local_at > y->local_at;
}

/* Entries must not share bytes, and what lies between them is told: nobody would ever see it. */
static int check_tiles(struct zip *z, struct pkg *pkg, struct err *e)
{
	uint64_t end = 0;

	qsort(z->at, z->len, sizeof *z->at, by_place);
	if (z->at[0].local_at > 0) {
		err_input(e, "E_POLYGLOT", "%llu bytes stand before the first entry",
			(unsigned long long)z->at[0].local_at);
		return err_hint(e, "a self-extracting archive is not read as a zip");
	}
	for (size_t i = 0; i < z->len; i++) {
		struct zip_entry *n = &z->at[i];

		if (n->local_at < end)
			return err_input(e, "E_OVERLAP", "%.*s shares bytes with the entry before it", (int)n->name_len,
				n->name);
		if (n->local_at > end)
			pkg_warn(pkg, "E_TRAILING_DATA", "", "%llu bytes at %llu belong to no entry",
				(unsigned long long)(n->local_at - end), (unsigned long long)end);
		if (check_descriptor(z, n, i + 1 < z->len ? z->at[i + 1].local_at : z->directory_at, e))
			return -1;
		end = n->end;
	}
	if (end > z->directory_at)
		return err_input(e, "E_OVERLAP", "the last entry shares bytes with the directory");
	if (end < z->directory_at)
		pkg_warn(pkg, "E_TRAILING_DATA", "", "%llu bytes before the directory belong to no entry",
			(unsigned long long)(z->directory_at - end));
	return 0;
}

static int read_directory(struct zip *z, struct in *in, struct err *e)
{
	uint64_t left = z->directory_size;

	for (size_t i = 0; i < z->count; i++, z->len++)
		if (read_central(z, in, &left, &z->at[i], e))
			return err_wrap(e, "directory entry %zu", i + 1);
	if (left > 0)
		return err_input(e, "E_MISMATCH", "the directory holds more than the %llu entries it counts",
			(unsigned long long)z->count);
	return 0;
}

int zip_open(struct zip *z, const struct source *src, const struct limits *limits, struct pkg *pkg, struct err *e)
{
	AUTO_IN *in = NULL;

	*z = (struct zip){ .fd = src->fd, .file_size = src->size };
	arena_init(&z->arena, (size_t)(limits->memory / 4));
	if (read_end(z, e))
		return -1;
	if (z->count == 0)
		return err_input(e, "E_EMPTY", "the archive holds no entries");
	if (z->count > limits->entries)
		return err_input(e, "E_LIMIT_ENTRIES", "more than %llu entries", (unsigned long long)limits->entries);
	if (z->count > z->directory_size / CENTRAL)
		return err_input(
			e, "E_MISMATCH", "the directory is too small for %llu entries", (unsigned long long)z->count);
	z->at = arena_alloc(&z->arena, (size_t)z->count * sizeof *z->at);
	if (z->at == NULL)
		return err_input(e, "E_LIMIT_MEMORY", "the directory takes too much memory");
	in = in_range(z->fd, z->directory_at, z->directory_size);
	if (read_directory(z, in, e))
		return -1;
	for (size_t i = 0; i < z->len; i++)
		if (check_encrypted(&z->at[i], e) || check_local(z, &z->at[i], pkg, e))
			return -1;
	return check_tiles(z, pkg, e);
}

void zip_done(struct zip *z)
{
	arena_done(&z->arena);
}
