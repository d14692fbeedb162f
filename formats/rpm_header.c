/* rpm_header.c - lead, signature header and main header of an rpm, checked byte by byte before librpm sees them.
 *
 * librpm is lenient where an attacker would want it to be (duplicate tags, tags outside the signed region, types that the reader of a tag
 * does not expect), and its bounds checks have had holes. So the whole index is checked here: type, alignment, offset, count, terminated
 * strings, no overlap, no tag twice, the region and its trailer. */
#include "formats/rpm_header.h"
#include "base/fs.h"
#include <stdio.h>
#include <string.h>

static const unsigned char magic[8] = { 0x8e, 0xad, 0xe8, 0x01 };

static uint32_t be32(const unsigned char *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static uint16_t be16(const unsigned char *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

int rpm_lead_parse(const unsigned char lead[RPM_LEAD], struct rpm_lead *ret, struct err *e)
{
	static const unsigned char lead_magic[4] = { 0xed, 0xab, 0xee, 0xdb };
	struct rpm_lead l = { .major = lead[4],
		.minor = lead[5],
		.type = be16(lead + 6),
		.arch = be16(lead + 8),
		.os = be16(lead + 76),
		.signature_type = be16(lead + 78) };

	if (memcmp(lead, lead_magic, sizeof lead_magic) != 0)
		return err_input(e, "E_UNKNOWN_FORMAT", "no rpm lead");
	if (l.major < 3 || l.major > 4)
		return err_input(e, "E_UNSUPPORTED", "an rpm of lead version %u", l.major),
		       err_hint(e, "versions 3 and 4 of the lead are read");
	if (l.type > 1)
		return err_input(e, "E_CORRUPT", "lead: type %u is neither binary nor source", l.type);
	if (l.signature_type != 5)
		return err_input(e, "E_UNSUPPORTED", "lead: signature type %u", l.signature_type),
		       err_hint(e, "only packages with a signature header (type 5) are read");
	memcpy(l.name, lead + 10, 66);
	l.is_name_terminated = memchr(l.name, 0, 66) != NULL;
	*ret = l;
	return 0;
}

/* ---- the index */

struct index_entry {
	uint32_t tag, type, offset, count;
};

/* What one entry needs, by type. */
static const struct {
	uint32_t size, align;
} types[] = {
	[RPM_CHAR_TYPE] = { 1, 1 },
	[RPM_INT8_TYPE] = { 1, 1 },
	[RPM_INT16_TYPE] = { 2, 2 },
	[RPM_INT32_TYPE] = { 4, 4 },
	[RPM_INT64_TYPE] = { 8, 8 },
	[RPM_STRING_TYPE] = { 0, 1 },
	[RPM_BIN_TYPE] = { 1, 1 },
	[RPM_STRING_ARRAY_TYPE] = { 0, 1 },
	[RPM_I18NSTRING_TYPE] = { 0, 1 },
};

static struct index_entry entry_at(const unsigned char *blob, uint32_t i)
{
	const unsigned char *at = blob + RPM_INTRO + (size_t)i * RPM_INDEX_ENTRY;

	return (struct index_entry){ be32(at), be32(at + 4), be32(at + 8), be32(at + 12) };
}

static int bad(struct err *e, uint32_t i, const struct index_entry *x, const char *what)
{
	return err_input(e, "E_CORRUPT", "header entry %u (tag %u): %s", i, x->tag, what);
}

/* The bytes that `count` terminated strings take; 0 when they run past the end. */
static uint32_t strings_len(const unsigned char *at, uint32_t room, uint32_t count)
{
	const unsigned char *p = at, *end = at + room;

	for (; count > 0; count--) {
		p = memchr(p, 0, (size_t)(end - p));
		if (!p)
			return 0;
		p++;
	}
	return (uint32_t)(p - at);
}

/* Type, place, count and length of one entry; *ret_end is where its data ends. */
static int check_entry(const unsigned char *data, uint32_t data_len, uint32_t i, const struct index_entry *x,
	uint32_t *ret_end, struct err *e)
{
	uint32_t room, len;

	if (x->type == 0 || x->type >= COUNT(types))
		return bad(e, i, x, "unknown type");
	if (x->offset >= data_len)
		return bad(e, i, x, "its data lies outside the header");
	if (x->offset % types[x->type].align != 0)
		return bad(e, i, x, "its data is not aligned");
	room = data_len - x->offset;
	if (x->count == 0 || x->count > room)
		return bad(e, i, x, "impossible count");
	if (types[x->type].size) {
		if (x->count > room / types[x->type].size)
			return bad(e, i, x, "its data runs past the header");
		len = x->count * types[x->type].size;
	} else {
		if (x->type == RPM_STRING_TYPE && x->count != 1)
			return bad(e, i, x, "a single string with a count");
		len = strings_len(data + x->offset, room, x->count);
		if (!len)
			return bad(e, i, x, "its strings run past the header");
	}
	*ret_end = x->offset + len;
	return 0;
}

/* The region's trailer, at the end of the data it covers, points back over the index entries it covers. */
static int check_region(const unsigned char *blob, const unsigned char *data, uint32_t tags, uint32_t data_len,
	enum rpm_header_kind kind, uint32_t *ret_tags, struct err *e)
{
	struct index_entry x = entry_at(blob, 0), t;
	const unsigned char *at;
	int64_t covered;

	if (x.type != RPM_BIN_TYPE || x.count != RPM_REGION)
		return bad(e, 0, &x, "a region of the wrong type or count");
	if (x.offset > data_len || data_len - x.offset < RPM_REGION)
		return bad(e, 0, &x, "the region's trailer lies outside the header");
	at = data + x.offset;
	t = (struct index_entry){ be32(at), be32(at + 4), be32(at + 8), be32(at + 12) };
	/* Very old rpm wrote the signature region's trailer with the tag of an image. */
	if (t.tag != (uint32_t)kind && !(kind == RPM_SIGNATURE_HEADER && t.tag == RPMTAG_HEADERIMAGE))
		return bad(e, 0, &x, "the region's trailer has another tag");
	covered = -(int64_t)(int32_t)t.offset;
	if (t.type != RPM_BIN_TYPE || t.count != RPM_REGION || covered <= 0 || covered % RPM_INDEX_ENTRY != 0 ||
		covered / RPM_INDEX_ENTRY > tags)
		return bad(e, 0, &x, "the region's trailer is damaged");
	*ret_tags = (uint32_t)(covered / RPM_INDEX_ENTRY);
	if (kind == RPM_MAIN_HEADER && (*ret_tags != tags || x.offset + RPM_REGION != data_len))
		return err_input(e, "E_UNSIGNED_TAGS",
			"the immutable region covers %u of %u tags and %u of %u bytes: the rest could be changed "
			"behind a signature",
			*ret_tags, tags, x.offset + RPM_REGION, data_len);
	return 0;
}

/* The signature header may hold signatures, digests and sizes only: librpm would merge other tags into the package (CVE-2021-20271). */
static bool signature_tag(uint32_t tag)
{
	return tag == RPMTAG_HEADERI18NTABLE || (tag >= 256 && tag <= 511) || (tag >= 997 && tag <= 1012);
}

/* Numbers where the tag is known to hold text, and so on. */
static bool type_fits(uint32_t tag, uint32_t type)
{
	rpmTagClass known = rpmTagTypeGetClass(rpmTagGetTagType((rpmTagVal)tag));
	rpmTagClass found = rpmTagTypeGetClass(type);

	return known == RPM_NULL_CLASS || known == found;
}

static int compare_tags(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static int check_unique(uint32_t *tags, uint32_t len, struct err *e)
{
	qsort(tags, len, sizeof *tags, compare_tags);
	for (uint32_t i = 1; i < len; i++)
		if (tags[i] == tags[i - 1])
			return err_input(e, "E_CORRUPT", "header: tag %u twice", tags[i]);
	return 0;
}

static int check_index(
	const unsigned char *blob, uint32_t tags, uint32_t data_len, struct rpm_header *ret, struct err *e)
{
	const unsigned char *data = blob + RPM_INTRO + (size_t)tags * RPM_INDEX_ENTRY;
	uint32_t covered = tags, last_end = 0;
	AUTO_FREE uint32_t *seen = mem_alloc((tags + 1) * sizeof *seen);

	for (uint32_t i = 0; i < tags; i++) {
		struct index_entry x = entry_at(blob, i);
		uint32_t end;

		seen[i] = x.tag;
		if (i == 0 && x.tag == (uint32_t)ret->kind) {
			if (check_region(blob, data, tags, data_len, ret->kind, &covered, e))
				return -1;
			ret->has_region = true;
			continue;
		}
		if (x.tag < RPMTAG_HEADERI18NTABLE)
			return bad(e, i, &x, "a region where none may be");
		if (check_entry(data, data_len, i, &x, &end, e))
			return -1;
		/* librpm writes data in the order of the index and refuses anything else. */
		if (x.offset < last_end)
			return err_input(
				e, "E_OVERLAP", "header entry %u (tag %u) overlaps the one before it", i, x.tag);
		last_end = end;
		if (ret->kind == RPM_SIGNATURE_HEADER && !signature_tag(x.tag))
			return err_input(e, "E_STRUCTURE",
				"the signature header holds tag %u, which belongs into the "
				"signed header",
				x.tag);
		if (ret->kind == RPM_MAIN_HEADER && !type_fits(x.tag, x.type))
			return err_input(e, "E_METADATA", "tag %u (%s) has type %u", x.tag,
				rpmTagGetName((rpmTagVal)x.tag), x.type);
		if (i >= covered)
			*LIST_ADD(&ret->outside) = x.tag;
	}
	return check_unique(seen, tags, e);
}

int rpm_header_check(
	const unsigned char *blob, size_t len, enum rpm_header_kind kind, struct rpm_header *ret, struct err *e)
{
	uint32_t tags, data_len;

	if (len < RPM_INTRO)
		return err_input(e, "E_TRUNCATED", "the header's beginning is cut off");
	if (memcmp(blob, magic, sizeof magic) != 0)
		return err_input(e, "E_CORRUPT", "header magic is missing");
	tags = be32(blob + 8);
	data_len = be32(blob + 12);
	if (tags > RPM_TAGS_MAX)
		return err_input(e, "E_CORRUPT", "header: %u tags (at most %d)", tags, RPM_TAGS_MAX);
	if (len != RPM_INTRO + (size_t)tags * RPM_INDEX_ENTRY + data_len)
		return err_input(e, "E_TRUNCATED", "header: its counts say another size");
	if (tags == 0)
		return err_input(e, "E_CORRUPT", "header: no tags");
	ret->kind = kind;
	return check_index(blob, tags, data_len, ret, e);
}

static int import(struct rpm_header *h, struct err *e)
{
	if (rpm_header_check(h->blob, h->len, h->kind, h, e))
		return -1;
	h->h = headerImport(h->blob + sizeof magic, (unsigned)(h->len - sizeof magic), HEADERIMPORT_COPY);
	return h->h ? 0 : err_input(e, "E_CORRUPT", "librpm refuses the header");
}

int rpm_header_import(
	const unsigned char *blob, size_t len, enum rpm_header_kind kind, struct rpm_header *ret, struct err *e)
{
	AUTO(rpm_header) h = { .kind = kind, .len = len, .blob = mem_alloc(len + 1), .end = len };

	memcpy(h.blob, blob, len);
	if (import(&h, e))
		return -1;
	*ret = h;
	memset(&h, 0, sizeof h);
	return 0;
}

int rpm_header_read(int fd, uint64_t start, uint64_t file_size, uint64_t limit, enum rpm_header_kind kind,
	struct rpm_header *ret, struct err *e)
{
	AUTO(rpm_header) h = { .kind = kind, .start = start };
	unsigned char intro[RPM_INTRO];
	uint32_t tags, data_len;

	if (fd_pread(fd, intro, sizeof intro, start, e))
		return -1;
	if (memcmp(intro, magic, sizeof magic) != 0)
		return err_input(e, "E_CORRUPT", "header magic is missing");
	tags = be32(intro + 8);
	data_len = be32(intro + 12);
	if (tags > RPM_TAGS_MAX || data_len > MIB(256))
		return err_input(e, "E_CORRUPT", "header: %u tags and %u bytes cannot be", tags, data_len);
	h.len = RPM_INTRO + (size_t)tags * RPM_INDEX_ENTRY + data_len;
	if (h.len > limit)
		return err_input(
			e, "E_LIMIT_METADATA", "header: %zu bytes (limit %llu)", h.len, (unsigned long long)limit);
	if (start > file_size || h.len > file_size - start)
		return err_input(e, "E_TRUNCATED", "header: %zu bytes, but the file has only %llu from there", h.len,
			(unsigned long long)(start > file_size ? 0 : file_size - start));
	h.blob = mem_alloc(h.len + 1);
	h.end = start + h.len;
	if (fd_pread(fd, h.blob, h.len, start, e) || import(&h, e))
		return -1;
	*ret = h;
	memset(&h, 0, sizeof h);
	return 0;
}

void rpm_header_done(struct rpm_header *h)
{
	headerFree(h->h);
	free(h->blob);
	LIST_DONE(&h->outside);
	memset(h, 0, sizeof *h);
}

/* ---- values */

static const rpmTagClass shape_class[] = {
	[RPM_TEXTS] = RPM_STRING_CLASS, [RPM_NUMBERS] = RPM_NUMERIC_CLASS, [RPM_BYTES] = RPM_BINARY_CLASS
};

bool rpm_has(const struct rpm_header *h, uint32_t tag)
{
	for (size_t i = 0; i < h->outside.len; i++)
		if (h->outside.at[i] == tag)
			return false;
	return headerIsEntry(h->h, (rpmTagVal)tag);
}

int rpm_values_get(
	const struct rpm_header *h, uint32_t tag, enum rpm_shape shape, struct rpm_values *ret, struct err *e)
{
	memset(ret, 0, sizeof *ret);
	if (!rpm_has(h, tag) || !headerGet(h->h, (rpmTagVal)tag, &ret->td, HEADERGET_MINMEM | HEADERGET_RAW))
		return 0;
	if (rpmTagTypeGetClass(ret->td.type) != shape_class[shape]) {
		rpm_values_done(ret);
		return err_input(e, "E_METADATA", "tag %u has type %u", tag, ret->td.type);
	}
	ret->len = ret->td.count;
	return 0;
}

void rpm_values_done(struct rpm_values *v)
{
	rpmtdFreeData(&v->td);
	memset(v, 0, sizeof *v);
}

const char *rpm_text_at(const struct rpm_values *v, uint32_t i)
{
	if (i >= v->len)
		return "";
	return v->td.type == RPM_STRING_TYPE ? v->td.data : ((const char **)v->td.data)[i];
}

uint64_t rpm_number_at(const struct rpm_values *v, uint32_t i)
{
	if (i >= v->len)
		return 0;
	switch (v->td.type) {
	case RPM_INT16_TYPE:
		return ((const uint16_t *)v->td.data)[i];
	case RPM_INT32_TYPE:
		return ((const uint32_t *)v->td.data)[i];
	case RPM_INT64_TYPE:
		return ((const uint64_t *)v->td.data)[i];
	default:
		return ((const uint8_t *)v->td.data)[i];
	}
}

const unsigned char *rpm_bytes_of(const struct rpm_values *v)
{
	return v->len ? v->td.data : NULL;
}

int rpm_text(const struct rpm_header *h, uint32_t tag, struct arena *a, const char **ret, struct err *e)
{
	AUTO(rpm_values) v = { 0 };

	if (rpm_values_get(h, tag, RPM_TEXTS, &v, e))
		return -1;
	*ret = arena_str(a, rpm_text_at(&v, 0));
	return *ret ? 0 : err_input(e, "E_LIMIT_MEMORY", "the package's metadata is too large");
}

int rpm_number(const struct rpm_header *h, uint32_t tag, uint64_t *ret, struct err *e)
{
	AUTO(rpm_values) v = { 0 };

	if (rpm_values_get(h, tag, RPM_NUMBERS, &v, e))
		return -1;
	*ret = rpm_number_at(&v, 0);
	return 0;
}
