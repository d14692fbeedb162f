/* pax_out.c - ustar headers and the extended ones before them. */
#include "formats/pax_out.h"
#include "base/text.h"
#include "formats/posix_attrs.h"
#include "formats/tar_out.h"
#include <stdio.h>
#include <string.h>

struct ustar {
	char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], sum[8], type, target[100], magic[6], version[2],
		owner[32], group[32], dev_major[8], dev_minor[8], prefix[155], rest[12];
};
_Static_assert(sizeof(struct ustar) == TAR_BLOCK, "a tar header is one block");

/* Octal and a NUL; false: the field is too narrow, and holds zero. */
static bool octal(char *field, size_t width, int64_t value)
{
	bool fits = value >= 0 && value < (int64_t)1 << 3 * (width - 1);

	for (size_t i = width - 1; i-- > 0; value >>= 3)
		field[i] = fits ? (char)('0' + (value & 7)) : '0';
	field[width - 1] = '\0';
	return fits;
}

/* Plain ASCII that the field holds; else the whole text belongs into the extended header and the field gets what of it is plain. */
static bool plain(char *field, size_t width, const char *text)
{
	size_t len = strlen(text);
	bool fits = len <= width;

	for (size_t i = 0; i < len; i++) {
		bool is_plain = text[i] >= ' ' && text[i] <= '~';

		fits = fits && is_plain;
		if (i < width)
			field[i] = is_plain ? text[i] : '_';
	}
	return fits;
}

static int write_header(struct out *out, struct ustar *h, struct err *e)
{
	const unsigned char *bytes = (const unsigned char *)h;
	unsigned sum = 0;

	memcpy(h->magic, "ustar", 6);
	memcpy(h->version, "00", 2);
	memset(h->sum, ' ', sizeof h->sum);
	for (size_t i = 0; i < sizeof *h; i++)
		sum += bytes[i];
	(void)snprintf(h->sum, sizeof h->sum, "%06o", sum & 0777777);
	h->sum[7] = ' ';
	return out_write(out, h, sizeof *h, e);
}

/* "LENGTH KEY=VALUE\n", where LENGTH counts its own digits. */
static void record(struct text *t, const char *key, const void *value, size_t len)
{
	size_t rest = strlen(key) + len + 3, digits = 1;

	for (size_t all = rest + digits, power = 10; all >= power; power *= 10, all = rest + digits)
		digits++;
	text_add(t, "%zu %s=", rest + digits, key);
	text_bytes(t, value, len);
	text_bytes(t, "\n", 1);
}

static void record_text(struct text *t, const char *key, const char *value)
{
	record(t, key, value, strlen(value));
}

static void record_number(struct text *t, const char *key, int64_t value)
{
	char number[24];

	record(t, key, number, (size_t)snprintf(number, sizeof number, "%lld", (long long)value));
}

static void record_time(struct text *t, int64_t seconds, uint32_t ns)
{
	char number[40];
	bool is_before = seconds < 0 && ns > 0;
	int len;

	if (is_before) { /* -1.25 is two seconds before, and three quarters on */
		seconds++;
		ns = 1000000000 - ns;
	}
	len = snprintf(number, sizeof number, "%s%lld", is_before && seconds == 0 ? "-" : "", (long long)seconds);
	if (ns)
		len += snprintf(number + len, sizeof number - (size_t)len, ".%09u", ns);
	while (ns && number[len - 1] == '0')
		len--;
	record(t, "mtime", number, (size_t)len);
}

/* SCHILY's keys hold names as they are; one with '=' or '%' goes in libarchive's way, encoded. */
static void record_xattr(struct text *t, const struct xattr *x)
{
	AUTO(text) key = { 0 };

	if (strpbrk(x->name, "=%")) {
		AUTO_FREE char *value = posix_attr_to_base64(x->value, x->len);

		text_add(&key, "LIBARCHIVE.xattr.");
		for (const char *c = x->name; *c; c++)
			text_add(&key, *c == '=' || *c == '%' || *c <= ' ' || *c > '~' ? "%%%02X" : "%c",
				(unsigned char)*c);
		record_text(t, key.at, value);
		return;
	}
	text_add(&key, "SCHILY.xattr.%s", x->name);
	record(t, key.at, x->value, x->len);
}

static int record_attributes(struct text *t, const struct entry *en, struct err *e)
{
	unsigned char caps[POSIX_ATTR_CAPABILITIES];

	if (*en->acl)
		record_text(t, "SCHILY.acl.access", en->acl);
	if (*en->acl_default)
		record_text(t, "SCHILY.acl.default", en->acl_default);
	if (*en->selinux)
		record_text(t, "RHT.security.selinux", en->selinux);
	if (*en->capabilities) {
		if (posix_attr_capabilities_bytes(en->capabilities, caps))
			return err_input(e, "E_METADATA", "%s: capabilities '%s' are not what a file can have",
				en->path, en->capabilities);
		record(t, "SCHILY.xattr.security.capability", caps, sizeof caps);
	}
	for (size_t i = 0; i < en->xattrs_len; i++)
		record_xattr(t, &en->xattrs[i]);
	return 0;
}

static void map_text(const struct entry *en, struct text *t)
{
	bool has_tail = en->extents_len == 0 ||
		en->extents[en->extents_len - 1].at + en->extents[en->extents_len - 1].len < en->size;

	/* GNU tar ends the map with an empty stretch at the file's end when it ends in a hole */
	text_add(t, "%zu\n", en->extents_len + has_tail);
	for (size_t i = 0; i < en->extents_len; i++)
		text_add(t, "%llu\n%llu\n", (unsigned long long)en->extents[i].at,
			(unsigned long long)en->extents[i].len);
	if (has_tail)
		text_add(t, "%llu\n0\n", (unsigned long long)en->size);
}

static uint64_t rounded(uint64_t size)
{
	return (size + TAR_BLOCK - 1) / TAR_BLOCK * TAR_BLOCK;
}

static int write_extended(struct out *out, char type, const struct text *records, const char *path, struct err *e)
{
	struct ustar h = { .type = type };
	const char *slash = strrchr(path, '/');
	AUTO_FREE char *name = mem_printf("PaxHeaders/%.80s", slash && slash[1] ? slash + 1 : path);

	(void)plain(h.name, sizeof h.name, name);
	octal(h.mode, sizeof h.mode, 0644);
	octal(h.uid, sizeof h.uid, 0);
	octal(h.gid, sizeof h.gid, 0);
	octal(h.mtime, sizeof h.mtime, 0);
	if (!octal(h.size, sizeof h.size, (int64_t)records->len))
		return err_input(e, "E_LIMIT_METADATA", "%s: an extended header of %zu bytes", path, records->len);
	if (write_header(out, &h, e) || out_write(out, records->at, records->len, e))
		return -1;
	return tar_out_pad(out, records->len, e);
}

int pax_out_comment(struct out *out, const char *comment, size_t len, struct err *e)
{
	AUTO(text) records = { 0 };

	record(&records, "comment", comment, len);
	return write_extended(out, 'g', &records, "package", e);
}

/* Names as bytes: what is no UTF-8 is said to be none. */
static void record_names(
	struct text *t, struct ustar *h, const struct pax_member *m, const struct entry *en, bool is_sparse)
{
	const struct {
		const char *key, *value;
		char *field;
		size_t width;
	} names[] = {
		{ is_sparse ? "GNU.sparse.name" : "path", m->path, h->name, sizeof h->name },
		{ "linkpath", m->target, h->target, sizeof h->target },
		{ "uname", en->owner, h->owner, sizeof h->owner - 1 },
		{ "gname", en->group, h->group, sizeof h->group - 1 },
	};
	bool is_binary = false;

	for (size_t i = 0; i < COUNT(names); i++)
		is_binary = is_binary || !text_is_utf8(names[i].value, strlen(names[i].value));
	if (is_binary)
		record_text(t, "hdrcharset", "BINARY");
	for (size_t i = 0; i < COUNT(names); i++)
		if (!plain(names[i].field, names[i].width, names[i].value) || (i == 0 && is_sparse))
			record_text(t, names[i].key, names[i].value);
}

static void record_numbers(
	struct text *t, struct ustar *h, const struct pax_member *m, const struct entry *en, uint64_t stored)
{
	int64_t uid = tar_fallback_id(en->uid, en->owner, en->mode),
		gid = tar_fallback_id(en->gid, en->group, en->mode);

	octal(h->mode, sizeof h->mode, en->mode & 07777);
	if (!octal(h->uid, sizeof h->uid, uid))
		record_number(t, "uid", uid);
	if (!octal(h->gid, sizeof h->gid, gid))
		record_number(t, "gid", gid);
	if (!octal(h->size, sizeof h->size, (int64_t)stored))
		record_number(t, "size", (int64_t)stored);
	if (!octal(h->mtime, sizeof h->mtime, m->mtime) || m->mtime_ns)
		record_time(t, m->mtime, m->mtime_ns);
	if (m->type == '3' || m->type == '4') {
		octal(h->dev_major, sizeof h->dev_major, en->dev_major);
		octal(h->dev_minor, sizeof h->dev_minor, en->dev_minor);
	}
}

int pax_out_member(struct out *out, const struct pax_member *m, const struct entry *en, struct err *e)
{
	bool is_sparse = m->type == '0' && en->extents;
	struct ustar h = { .type = m->type };
	AUTO(text) records = { 0 };
	AUTO(text) map = { 0 };
	uint64_t map_size = 0;

	if (is_sparse) {
		map_text(en, &map);
		map_size = rounded(map.len);
		record_text(&records, "GNU.sparse.major", "1");
		record_text(&records, "GNU.sparse.minor", "0");
		record_number(&records, "GNU.sparse.realsize", (int64_t)en->size);
	}
	record_names(&records, &h, m, en, is_sparse);
	record_numbers(&records, &h, m, en, map_size + m->size);
	if (m->apk_sha1)
		record_text(&records, "APK-TOOLS.checksum.SHA1", m->apk_sha1);
	if (m->type != '1' && m->type != '2' && record_attributes(&records, en, e))
		return -1;
	if (is_sparse) { /* what a tar without sparse files would make of it is named so that nobody takes it for the file */
		AUTO_FREE char *odd = mem_printf(
			"GNUSparseFile.0/%.80s", strrchr(m->path, '/') ? strrchr(m->path, '/') + 1 : m->path);

		memset(h.name, 0, sizeof h.name);
		(void)plain(h.name, sizeof h.name, odd);
	}
	if (records.len && write_extended(out, 'x', &records, m->path, e))
		return -1;
	if (write_header(out, &h, e))
		return -1;
	if (!is_sparse)
		return 0;
	return out_write(out, map.at, map.len, e) || tar_out_pad(out, map.len, e) ? -1 : 0;
}
