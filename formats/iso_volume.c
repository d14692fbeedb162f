/* iso_volume.c - an image's descriptors and directory records. ECMA-119, 8 and 9. */
#include "base/fs.h"
#include "formats/iso_private.h"
#include <string.h>
#include <time.h>

enum { BOOT = 0, PRIMARY = 1, SUPPLEMENTARY = 2, TERMINATOR = 255, DESCRIPTORS_MOST = 64 };
enum { SPACE_AT = 80, ESCAPES_AT = 88, BLOCK_SIZE_AT = 128, TABLE_SIZE_AT = 132, TABLE_AT = 140, ROOT_AT = 156 };

uint32_t iso_le32(const unsigned char *at)
{
	return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

/* Numbers stand in both byte orders; a file where they differ is another one on another machine. */
int iso_both32(const unsigned char *at, const char *what, uint32_t *ret, struct err *e)
{
	uint32_t be = (uint32_t)at[4] << 24 | (uint32_t)at[5] << 16 | (uint32_t)at[6] << 8 | at[7];

	if (be != iso_le32(at))
		return err_input(e, "E_CORRUPT", "%s: little endian %u, big endian %u", what, iso_le32(at), be);
	*ret = be;
	return 0;
}

int iso_read_at(const struct iso *iso, void *to, size_t len, uint64_t at, struct err *e)
{
	if (at > iso->size || len > iso->size - at)
		return err_input(e, "E_TRUNCATED", "the image ends before byte %llu", (unsigned long long)(at + len));
	return fd_pread(iso->fd, to, len, at, e);
}

int64_t iso_time7(const unsigned char *at)
{
	struct tm tm = { .tm_year = at[0],
		.tm_mon = at[1] ? at[1] - 1 : 0,
		.tm_mday = at[2] ? at[2] : 1,
		.tm_hour = at[3],
		.tm_min = at[4],
		.tm_sec = at[5] };

	return (int64_t)timegm(&tm) - (int64_t)(signed char)at[6] * 15 * 60;
}

int iso_record_parse(const unsigned char *at, size_t left, struct iso_record *ret, struct err *e)
{
	size_t len = at[0], name = left >= ISO_RECORD ? at[32] : 0, used = 33 + name + (name % 2 == 0);
	struct iso_record r = { 0 };

	if (len < ISO_RECORD || len > left || name == 0 || 33 + name > len)
		return err_input(e, "E_CORRUPT", "a directory record of %zu bytes with a name of %zu", len, name);
	if (iso_both32(at + 2, "a record's block", &r.block, e) || iso_both32(at + 10, "a record's size", &r.size, e))
		return -1;
	if (at[26] || at[27])
		return err_input(e, "E_UNSUPPORTED", "interleaved files");
	if (__builtin_add_overflow(r.block, at[1], &r.block)) /* extended attributes lie in front */
		return err_input(e, "E_CORRUPT", "a record's block is out of range");
	r.flags = at[25];
	r.mtime = iso_time7(at + 18);
	r.name = (struct slice){ (const char *)at + 33, name };
	if (used < len)
		r.system = (struct slice){ (const char *)at + used, len - used };
	*ret = r;
	return 0;
}

/* The table of folders, which some systems read instead of the tree, begins with the root. */
static int check_table(const struct iso *iso, const unsigned char *d, uint32_t root, struct err *e)
{
	unsigned char first[8];
	uint32_t size;

	if (iso_both32(d + TABLE_SIZE_AT, "the path table's size", &size, e))
		return -1;
	if (size < sizeof first + 2)
		return err_input(e, "E_CORRUPT", "the path table is empty");
	if (iso_read_at(iso, first, sizeof first, (uint64_t)iso_le32(d + TABLE_AT) * ISO_SECTOR, e))
		return err_wrap(e, "the path table");
	if (first[0] != 1 || iso_le32(first + 2) != root)
		return err_input(e, "E_CORRUPT", "the path table does not begin with the root folder");
	return 0;
}

static int take_root(
	const struct iso *iso, const unsigned char *d, uint32_t *ret_block, uint32_t *ret_size, struct err *e)
{
	struct iso_record r;
	unsigned block = d[BLOCK_SIZE_AT] | (unsigned)d[BLOCK_SIZE_AT + 1] << 8;

	if (block < 512 || block > ISO_SECTOR || (block & (block - 1)))
		return err_input(e, "E_CORRUPT", "blocks of %u bytes", block);
	if (block != ISO_SECTOR)
		return err_input(e, "E_UNSUPPORTED", "blocks of %u bytes", block);
	if (iso_record_parse(d + ROOT_AT, ISO_RECORD, &r, e))
		return err_wrap(e, "the root folder");
	if (!(r.flags & ISO_DIR) || r.block == 0)
		return err_input(e, "E_CORRUPT", "the root folder is none");
	*ret_block = r.block;
	*ret_size = r.size;
	return check_table(iso, d, r.block, e);
}

static int take_primary(struct iso *iso, const unsigned char *d, struct err *e)
{
	uint32_t blocks, root, size;

	if (iso_both32(d + SPACE_AT, "the volume's size", &blocks, e) || take_root(iso, d, &root, &size, e))
		return -1;
	if (iso->root && (iso->root != root || iso->root_size != size))
		return err_input(e, "E_MISMATCH", "two primary descriptors with different roots");
	iso->root = root;
	iso->root_size = size;
	iso->volume = (uint64_t)blocks * ISO_SECTOR;
	return 0;
}

/* "%/@", "%/C", "%/E": Joliet; another character set is a view that we cannot compare. */
static int take_supplementary(struct iso *iso, const unsigned char *d, struct err *e)
{
	const unsigned char *x = d + ESCAPES_AT;

	if (d[6] == 2)
		return 0; /* ISO 9660:1999: the same tree with longer names; not read by anybody who knows Rock Ridge or Joliet */
	if (x[0] != '%' || x[1] != '/' || (x[2] != '@' && x[2] != 'C' && x[2] != 'E'))
		return err_input(e, "E_UNSUPPORTED", "a second tree in an unknown character set");
	if (iso->joliet_root)
		return err_input(e, "E_AMBIGUOUS", "two Joliet trees");
	return take_root(iso, d, &iso->joliet_root, &iso->joliet_size, e);
}

/* A UDF file system beside this one shows other readers another tree. */
static int check_udf(const struct iso *iso, uint64_t at, struct err *e)
{
	unsigned char id[8];

	if (at + ISO_SECTOR > iso->size)
		return 0;
	if (iso_read_at(iso, id, sizeof id, at, e))
		return -1;
	if (memcmp(id + 1, "BEA01", 5) == 0) {
		err_input(e, "E_UNSUPPORTED", "the image holds a UDF file system, too, which cannot be compared");
		return err_hint(e, "mount it and give the directory");
	}
	return 0;
}

static int take_descriptor(struct iso *iso, const unsigned char *d, struct err *e)
{
	switch (d[0]) {
	case BOOT:
		pkg_lose(iso->pkg, "*", LOSS_NOTE, "a package is not booted from", "iso:boot record");
		return 0;
	case PRIMARY:
		return take_primary(iso, d, e);
	case SUPPLEMENTARY:
		return take_supplementary(iso, d, e);
	default:
		return 0;
	}
}

int iso_volume(struct iso *iso, struct err *e)
{
	for (unsigned i = 0; i < DESCRIPTORS_MOST; i++) {
		unsigned char d[ISO_SECTOR];
		uint64_t at = (uint64_t)(ISO_DESCRIPTORS_FROM + i) * ISO_SECTOR;

		if (at + sizeof d <= iso->size && iso_read_at(iso, d, sizeof d, at, e))
			return err_wrap(e, "volume descriptor %u", i);
		if (at + sizeof d > iso->size || memcmp(d + 1, "CD001", 5) != 0)
			return err_input(e, "E_CORRUPT", "the list of volume descriptors does not end");
		if (d[0] == TERMINATOR) {
			if (iso->root == 0)
				return err_input(e, "E_CORRUPT", "no primary volume descriptor");
			return check_udf(iso, at + ISO_SECTOR, e);
		}
		if (take_descriptor(iso, d, e))
			return err_wrap(e, "volume descriptor %u", i);
	}
	return err_input(e, "E_CORRUPT", "more than %d volume descriptors", DESCRIPTORS_MOST);
}
