/* iso_rock.c - the fields of SUSP and Rock Ridge behind a directory record, continuations included. IEEE P1281, P1282. */
#include "base/text.h"
#include "formats/iso_private.h"
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <time.h>

enum { CONTINUATIONS_MOST = 32, AREA_MOST = 64 << 10 };
enum { SL_CURRENT = 2, SL_PARENT = 4, SL_ROOT = 8, CONTINUES = 1 };
enum { TF_CREATED = 1, TF_MODIFIED = 2, TF_LONG = 0x80 };

struct fields {
	const struct iso *iso;
	struct iso_rock *to;
	struct text name, target;
	bool is_name_open, has_target, is_component_open;
	uint32_t next_block, next_at, next_len; /* CE */
	bool has_next;
};

static int short_field(const char *what, struct err *e)
{
	return err_input(e, "E_CORRUPT", "Rock Ridge: the field %.2s is too short", what);
}

static int take_px(struct fields *f, const unsigned char *d, size_t len, struct err *e)
{
	if (len < 32)
		return short_field("PX", e);
	f->to->has_mode = true;
	f->to->mode = iso_le32(d);
	f->to->links = iso_le32(d + 8);
	f->to->uid = iso_le32(d + 16);
	f->to->gid = iso_le32(d + 24);
	f->to->serial = len >= 40 ? iso_le32(d + 32) : 0;
	return 0;
}

/* High and low half; where the high one is empty the low one is a dev_t. */
static int take_pn(struct fields *f, const unsigned char *d, size_t len, struct err *e)
{
	uint32_t high, low;

	if (len < 16)
		return short_field("PN", e);
	high = iso_le32(d);
	low = iso_le32(d + 8);
	f->to->dev_major = high ? high : major(low);
	f->to->dev_minor = high ? low : minor(low);
	return 0;
}

static int take_nm(struct fields *f, const unsigned char *d, size_t len, struct err *e)
{
	if (len < 1)
		return short_field("NM", e);
	if (d[0] & (SL_CURRENT | SL_PARENT))
		return 0;
	f->to->has_name = true;
	text_bytes(&f->name, d + 1, len - 1);
	return 0;
}

static void component(struct fields *f, unsigned flags, const unsigned char *at, size_t len)
{
	bool is_first = f->target.len == 0, after_root = !is_first && f->target.at[f->target.len - 1] == '/';

	if (!f->is_component_open && !is_first && !after_root)
		text_bytes(&f->target, "/", 1);
	if (flags & SL_ROOT)
		text_bytes(&f->target, "/", 1);
	else if (flags & SL_CURRENT)
		text_bytes(&f->target, ".", 1);
	else if (flags & SL_PARENT)
		text_bytes(&f->target, "..", 2);
	else
		text_bytes(&f->target, at, len);
	f->is_component_open = flags & CONTINUES;
}

static int take_sl(struct fields *f, const unsigned char *d, size_t len, struct err *e)
{
	f->has_target = true;
	for (size_t at = 1; at + 2 <= len; at += (size_t)2 + d[at + 1]) {
		if (d[at + 1] > len - at - 2)
			return short_field("SL", e);
		if (d[at] & ~(CONTINUES | SL_CURRENT | SL_PARENT | SL_ROOT))
			return err_input(e, "E_UNSUPPORTED", "Rock Ridge: a symlink to a volume or host");
		if (memchr(d + at + 2, 0, d[at + 1]))
			return err_input(e, "E_NAME_NUL", "the link's target holds a NUL byte");
		component(f, d[at], d + at + 2, d[at + 1]);
	}
	return 0;
}

static int64_t time17(const unsigned char *at)
{
	static const int widths[] = { 4, 2, 2, 2, 2, 2 };
	int v[COUNT(widths)] = { 0 };
	struct tm tm = { 0 };
	const unsigned char *c = at;

	for (size_t i = 0; i < COUNT(widths); i++)
		for (int k = 0; k < widths[i]; k++, c++)
			v[i] = v[i] * 10 + (*c >= '0' && *c <= '9' ? *c - '0' : 0);
	tm = (struct tm){ .tm_year = v[0] - 1900,
		.tm_mon = v[1] ? v[1] - 1 : 0,
		.tm_mday = v[2] ? v[2] : 1,
		.tm_hour = v[3],
		.tm_min = v[4],
		.tm_sec = v[5] };
	return (int64_t)timegm(&tm) - (int64_t)(signed char)at[16] * 15 * 60;
}

static int take_tf(struct fields *f, const unsigned char *d, size_t len, struct err *e)
{
	size_t width = len && d[0] & TF_LONG ? 17 : 7, at = len && d[0] & TF_CREATED ? 1 + width : 1;

	if (len == 0)
		return short_field("TF", e);
	if (!(d[0] & TF_MODIFIED))
		return 0;
	if (at + width > len)
		return short_field("TF", e);
	f->to->has_time = true;
	f->to->mtime = width == 17 ? time17(d + at) : iso_time7(d + at);
	return 0;
}

static int take_ce(struct fields *f, const unsigned char *d, size_t len, struct err *e)
{
	if (len < 24)
		return short_field("CE", e);
	f->has_next = true;
	f->next_block = iso_le32(d);
	f->next_at = iso_le32(d + 8);
	f->next_len = iso_le32(d + 16);
	return 0;
}

static int take_cl(struct fields *f, const unsigned char *d, size_t len, struct err *e)
{
	if (len < 8)
		return short_field("CL", e);
	f->to->child = iso_le32(d);
	return 0;
}

static int take_re(struct fields *f, const unsigned char *d, size_t len, struct err *e)
{
	f->to->is_moved = true;
	return 0;
}

/* zisofs: the method, a fourth of the header's size, a block's power of two, the size unpacked. libisofs's description of zisofs. */
static int take_zf(struct fields *f, const unsigned char *d, size_t len, struct err *e)
{
	if (len < 12)
		return short_field("ZF", e);
	if (f->to->has_zisofs)
		return err_input(e, "E_AMBIGUOUS", "Rock Ridge: two fields ZF");
	f->to->has_zisofs = true;
	memcpy(f->to->zisofs_kind, d, sizeof f->to->zisofs_kind);
	f->to->zisofs_header = d[2];
	f->to->zisofs_block = d[3];
	if (memcmp(d, "pz", 2) != 0)
		return 0; /* another method, another meaning of the rest */
	return iso_both32(d + 4, "Rock Ridge: the size of a compressed file", &f->to->zisofs_size, e);
}

/* What version 2 of zisofs may write instead of ZF. */
static int take_z2(struct fields *f, const unsigned char *d, size_t len, struct err *e)
{
	f->to->has_zisofs = true;
	memcpy(f->to->zisofs_kind, "PZ", sizeof f->to->zisofs_kind);
	return 0;
}

static int take_sf(struct fields *f, const unsigned char *d, size_t len, struct err *e)
{
	f->to->is_sparse = true;
	return 0;
}

static int take_al(struct fields *f, const unsigned char *d, size_t len, struct err *e)
{
	f->to->has_more = true;
	return 0;
}

static const struct {
	char name[3];
	int (*take)(struct fields *f, const unsigned char *d, size_t len, struct err *e);
} known[] = { { "PX", take_px }, { "PN", take_pn }, { "NM", take_nm }, { "SL", take_sl }, { "TF", take_tf },
	{ "CE", take_ce }, { "CL", take_cl }, { "RE", take_re }, { "ZF", take_zf }, { "Z2", take_z2 },
	{ "SF", take_sf }, { "AL", take_al } };

/* Signature (2), length of the whole field, version, data. */
static int take_area(struct fields *f, const unsigned char *at, size_t len, struct err *e)
{
	while (len >= 4 && at[0]) {
		size_t size = at[2];

		if (memcmp(at, "ST", 2) == 0)
			return 0;
		if (size < 4 || size > len)
			return err_input(
				e, "E_CORRUPT", "Rock Ridge: a field of %zu bytes where %zu are left", size, len);
		for (size_t i = 0; i < COUNT(known); i++)
			if (memcmp(at, known[i].name, 2) == 0 && known[i].take(f, at + 4, size - 4, e))
				return -1;
		at += size;
		len -= size;
	}
	return 0;
}

static int take_all(struct fields *f, const struct iso_record *r, struct err *e)
{
	AUTO_FREE unsigned char *area = NULL;
	size_t skip = f->iso->skip;

	if (r->system.len > skip && take_area(f, (const unsigned char *)r->system.at + skip, r->system.len - skip, e))
		return -1;
	for (int i = 0; f->has_next; i++) {
		if (i == CONTINUATIONS_MOST)
			return err_input(
				e, "E_LOOP", "Rock Ridge: a chain of more than %d continuations", CONTINUATIONS_MOST);
		if (f->next_len > AREA_MOST || f->next_at > AREA_MOST)
			return err_input(e, "E_CORRUPT", "Rock Ridge: a continuation of %u bytes", f->next_len);
		f->has_next = false;
		area = mem_resize(area, f->next_len + 1);
		if (iso_read_at(f->iso, area, f->next_len, (uint64_t)f->next_block * ISO_SECTOR + f->next_at, e) ||
			take_area(f, area, f->next_len, e))
			return -1;
	}
	return 0;
}

/* A slash in a name would make it two; "." and ".." lead elsewhere. */
static int check_name(const struct text *name, struct err *e)
{
	if (name->len == 0)
		return err_input(e, "E_NAME_EMPTY", "Rock Ridge: an empty name");
	if (memchr(name->at, 0, name->len))
		return err_input(e, "E_NAME_NUL", "the name holds a NUL byte: %s", name->at);
	if (memchr(name->at, '/', name->len) || strcmp(name->at, ".") == 0 || strcmp(name->at, "..") == 0)
		return err_input(e, "E_PATH_ESCAPE", "Rock Ridge: '%.200s' is a path, not a name", name->at);
	return 0;
}

int iso_rock_parse(const struct iso *iso, const struct iso_record *r, struct iso_rock *ret, struct err *e)
{
	struct iso_rock rock = { 0 };
	struct fields f = { .iso = iso, .to = &rock };
	int done = take_all(&f, r, e);

	if (done == 0 && rock.has_name)
		done = check_name(&f.name, e);
	if (done == 0) {
		rock.name = text_take(&f.name);
		rock.target = f.has_target ? text_take(&f.target) : NULL;
		*ret = rock;
	}
	text_done(&f.name);
	text_done(&f.target);
	return done;
}

void iso_rock_done(struct iso_rock *r)
{
	free(r->name);
	free(r->target);
	r->name = r->target = NULL;
}

/* SP in the root's first record: 0xbe 0xef and how many bytes others use before SUSP. */
int iso_rock_begin(struct iso *iso, const struct iso_record *root, struct err *e)
{
	const unsigned char *at = (const unsigned char *)root->system.at;
	size_t len = root->system.len, skip = 0;
	struct iso_rock rock;

	if (len >= 22 && memcmp(at, "SP", 2) != 0 && memcmp(at + 15, "SP", 2) == 0)
		skip = 15; /* a CD-ROM XA record stands in front */
	if (len < skip + 7 || memcmp(at + skip, "SP\x07\x01\xbe\xef", 6) != 0)
		return 0;
	iso->skip = 0;
	if (iso_rock_parse(iso, &(struct iso_record){ .system = { root->system.at + skip, len - skip } }, &rock, e))
		return -1;
	iso->has_rock = rock.has_mode;
	iso->skip = at[skip + 6];
	iso_rock_done(&rock);
	return 0;
}
