/* tar_pax.c - extended header records, "LENGTH KEY=VALUE\n". POSIX pax(1); GNU's and star's keys as tar(5) of libarchive lists them. */
#include "formats/posix_attrs.h"
#include "formats/tar_private.h"
#include <stdio.h>
#include <string.h>

enum { EXTENTS_MOST = 1 << 20 };

void tar_extra_init(struct tar_extra *x, struct arena *a)
{
	*x = (struct tar_extra){ .arena = a, .sparse_major = -1, .sparse_minor = -1 };
}

void tar_extra_done(struct tar_extra *x)
{
	LIST_DONE(&x->xattrs);
	LIST_DONE(&x->extents);
}

int tar_extent_add(struct tar_extra *x, uint64_t at, uint64_t len, struct err *e)
{
	if (x->extents.len >= EXTENTS_MOST)
		return err_input(e, "E_LIMIT_METADATA", "a sparse map of more than %d stretches", EXTENTS_MOST);
	*LIST_ADD(&x->extents) = (struct extent){ at, len };
	return 0;
}

int tar_extents_check(const struct tar_extra *x, uint64_t real_size, uint64_t stored, struct err *e)
{
	uint64_t end = 0, sum = 0;

	for (size_t i = 0; i < x->extents.len; i++) {
		const struct extent *s = &x->extents.at[i];

		if (s->at < end || s->at > real_size || s->len > real_size - s->at)
			return err_input(
				e, "E_CORRUPT", "sparse map: stretch %zu lies outside the file or before its end", i);
		end = s->at + s->len;
		sum += s->len;
	}
	if (sum != stored)
		return err_input(e, "E_MISMATCH", "sparse map: %llu bytes of data, but %llu are stored",
			(unsigned long long)sum, (unsigned long long)stored);
	return 0;
}

/* Plain decimal digits; false: none, garbage behind, or too large. */
static bool decimal(struct slice s, uint64_t *ret)
{
	uint64_t v = 0;

	for (size_t i = 0; i < s.len; i++)
		if (s.at[i] < '0' || s.at[i] > '9' || __builtin_mul_overflow(v, 10u, &v) ||
			__builtin_add_overflow(v, (uint64_t)(s.at[i] - '0'), &v))
			return false;
	if (s.len == 0 || v > INT64_MAX)
		return false;
	*ret = v;
	return true;
}

/* "[-]seconds[.fraction]"; nanoseconds always count forward. */
static bool moment(struct slice s, int64_t *ret, uint32_t *ret_ns)
{
	struct slice whole = { 0 }, part = s;
	bool negative = s.len > 0 && s.at[0] == '-';
	uint64_t seconds;
	uint32_t ns = 0, unit = 100000000;

	if (negative)
		part.at++, part.len--;
	slice_cut(&part, '.', &whole);
	if (!decimal(whole, &seconds))
		return false;
	for (size_t i = 0; i < part.len; i++, unit /= 10) {
		if (part.at[i] < '0' || part.at[i] > '9')
			return false;
		ns += (uint32_t)(part.at[i] - '0') * unit;
	}
	*ret = negative ? -(int64_t)seconds - (ns ? 1 : 0) : (int64_t)seconds;
	*ret_ns = negative && ns ? 1000000000 - ns : ns;
	return true;
}

static int bad(const char *key, struct err *e)
{
	return err_input(e, "E_CORRUPT", "pax header: %s is not a number", key);
}

static int take_sparse_map(struct tar_extra *x, struct slice v, struct err *e)
{
	struct slice one, other;
	uint64_t at, len;

	x->is_sparse = true;
	while (slice_cut(&v, ',', &one)) {
		if (!slice_cut(&v, ',', &other) || !decimal(one, &at) || !decimal(other, &len))
			return bad("GNU.sparse.map", e);
		if (tar_extent_add(x, at, len, e))
			return -1;
	}
	return 0;
}

static int take_sparse(struct tar_extra *x, const char *key, struct slice v, struct err *e)
{
	uint64_t number;

	if (strcmp(key, "name") == 0)
		return x->sparse_name = v, 0;
	if (strcmp(key, "map") == 0)
		return take_sparse_map(x, v, e);
	if (!decimal(v, &number))
		return bad(key, e);
	if (strcmp(key, "major") == 0 || strcmp(key, "minor") == 0) {
		if (number > 9)
			return err_input(e, "E_UNSUPPORTED", "pax header: GNU.sparse.%s %.*s", key, (int)v.len, v.at);
		*(key[1] == 'a' ? &x->sparse_major : &x->sparse_minor) = (int)number;
		x->is_sparse = true;
	} else if (strcmp(key, "realsize") == 0 || strcmp(key, "size") == 0) {
		x->is_sparse = x->has_real_size = true;
		x->real_size = number;
	} else if (strcmp(key, "offset") == 0) {
		x->extent_at = number;
		x->has_extent_at = true;
	} else if (strcmp(key, "numbytes") == 0) {
		if (!x->has_extent_at)
			return err_input(e, "E_CORRUPT", "pax header: GNU.sparse.numbytes without offset");
		x->has_extent_at = false;
		return tar_extent_add(x, x->extent_at, number, e);
	}
	return 0;
}

static int take_xattr(struct tar_extra *x, const char *name, const void *value, size_t len, const struct limits *limits,
	struct err *e)
{
	struct xattr *a;

	x->xattrs_size += len + strlen(name);
	if (x->xattrs_size > limits->xattr)
		return err_input(e, "E_LIMIT_XATTR", "extended attributes of more than %llu bytes",
			(unsigned long long)limits->xattr);
	if (name[0] == 0)
		return err_input(e, "E_NAME_EMPTY", "an extended attribute has no name");
	a = LIST_ADD(&x->xattrs);
	*a = (struct xattr){ arena_str(x->arena, name), (const unsigned char *)arena_copy(x->arena, value, len), len };
	if (a->name == NULL || a->value == NULL)
		return err_input(e, "E_LIMIT_MEMORY", "extended headers take too much memory");
	return 0;
}

/* LIBARCHIVE.xattr.NAME: the name is percent-encoded, the value base64 without padding. */
static int take_xattr_encoded(
	struct tar_extra *x, char *name, struct slice v, const struct limits *limits, struct err *e)
{
	AUTO_FREE unsigned char *bytes = mem_alloc(v.len + 1);
	size_t len;

	if (posix_attr_unescape(name) || posix_attr_base64(v.at, v.len, bytes, &len))
		return err_input(e, "E_CORRUPT", "pax header: LIBARCHIVE.xattr is not encoded right");
	return take_xattr(x, name, bytes, len, limits, e);
}

/* Plain keys: which member takes the value. */
static struct slice *slot_of(struct tar_extra *x, const char *key)
{
	const struct {
		const char *key;
		struct slice *slot;
	} slots[] = {
		{ "path", &x->path },
		{ "linkpath", &x->target },
		{ "uname", &x->owner },
		{ "gname", &x->group },
		{ "SCHILY.acl.access", &x->acl },
		{ "SCHILY.acl.default", &x->acl_default },
		{ "RHT.security.selinux", &x->selinux },
		{ "APK-TOOLS.checksum.SHA1", &x->apk_digest },
	};

	for (size_t i = 0; i < COUNT(slots); i++)
		if (strcmp(slots[i].key, key) == 0)
			return slots[i].slot;
	return NULL;
}

/* Known, and of no use to a package; hdrcharset: names are bytes to us either way. */
static bool is_dull(const char *key)
{
	static const char *const dull[] = { "atime", "ctime", "comment", "hdrcharset", "charset",
		"LIBARCHIVE.creationtime", "LIBARCHIVE.symlinktype", "SCHILY.dev", "SCHILY.ino", "SCHILY.nlink",
		"SCHILY.realsize", "SCHILY.filetype", "SCHILY.offset", "SCHILY.archtype", "SCHILY.volhdr",
		"SCHILY.release", "GNU.volume.label" };

	for (size_t i = 0; i < COUNT(dull); i++)
		if (strcmp(dull[i], key) == 0)
			return true;
	return strncmp(key, "MSWINDOWS.", 10) == 0;
}

static int take_number(struct tar_extra *x, const char *key, struct slice v, struct pkg *pkg, struct err *e)
{
	uint64_t number;

	if (strcmp(key, "mtime") == 0) {
		if (moment(v, &x->mtime, &x->mtime_ns))
			x->has_mtime = true;
		else if (pkg)
			pkg_warn(pkg, "E_CORRUPT", "",
				"pax header: the time '%.*s' is none; the plain header's is used",
				(int)(v.len < 64 ? v.len : 64), v.at);
		return 0;
	}
	if (!decimal(v, &number))
		return bad(key, e);
	if (strcmp(key, "size") == 0) {
		x->has_size = true;
		x->size = number;
	} else if (number > UINT32_MAX) {
		return err_input(e, "E_CORRUPT", "pax header: %s is out of range", key);
	} else if (strcmp(key, "uid") == 0) {
		x->has_uid = true;
		x->uid = (int64_t)number;
	} else {
		x->has_gid = true;
		x->gid = (int64_t)number;
	}
	return 0;
}

static int take(
	struct tar_extra *x, char *key, struct slice v, const struct limits *limits, struct pkg *pkg, struct err *e)
{
	struct slice *slot = slot_of(x, key);

	if (slot)
		return *slot = v, 0;
	if (strcmp(key, "mtime") == 0 || strcmp(key, "size") == 0 || strcmp(key, "uid") == 0 || strcmp(key, "gid") == 0)
		return take_number(x, key, v, pkg, e);
	if (strncmp(key, "SCHILY.xattr.", 13) == 0)
		return take_xattr(x, key + 13, v.at, v.len, limits, e);
	if (strncmp(key, "LIBARCHIVE.xattr.", 17) == 0)
		return take_xattr_encoded(x, key + 17, v, limits, e);
	if (strncmp(key, "GNU.sparse.", 11) == 0)
		return take_sparse(x, key + 11, v, e);
	if (!is_dull(key) && pkg)
		pkg_lose(pkg, "*", LOSS_NOTE, "no package format has a place for it", "pax-header:%.128s", key);
	return 0;
}

/* What may not hold for all entries at once: whoever reads such a file differently would see another archive. */
static bool is_personal(const char *key)
{
	return strcmp(key, "path") == 0 || strcmp(key, "linkpath") == 0 || strcmp(key, "size") == 0 ||
		strcmp(key, "APK-TOOLS.checksum.SHA1") == 0 || strncmp(key, "GNU.sparse.", 11) == 0 ||
		strncmp(key, "SCHILY.xattr.", 13) == 0 || strncmp(key, "LIBARCHIVE.xattr.", 17) == 0 ||
		strncmp(key, "SCHILY.acl.", 11) == 0;
}

static int record(struct tar_extra *x, struct slice line, bool is_global, const struct limits *limits, struct pkg *pkg,
	struct err *e)
{
	const char *equals = memchr(line.at, '=', line.len);
	size_t key_len = equals ? (size_t)(equals - line.at) : 0;
	struct slice value;
	char *key;

	if (key_len == 0)
		return err_input(e, "E_CORRUPT", "pax header: a record without a key");
	key = arena_copy(x->arena, line.at, key_len);
	value.len = line.len - key_len - 1;
	value.at = arena_copy(x->arena, equals + 1, value.len);
	if (key == NULL || value.at == NULL)
		return err_input(e, "E_LIMIT_MEMORY", "extended headers take too much memory");
	if (is_global && is_personal(key))
		return err_input(e, "E_STRUCTURE", "pax header: %s for all entries at once", key);
	return take(x, key, value, limits, pkg, e);
}

int tar_pax_parse(struct tar_extra *x, const char *bytes, size_t len, bool is_global, const struct limits *limits,
	struct pkg *pkg, struct err *e)
{
	for (size_t at = 0; at < len;) {
		size_t size = 0, i = at;

		for (; i < len && bytes[i] >= '0' && bytes[i] <= '9' && size < len; i++)
			size = size * 10 + (size_t)(bytes[i] - '0');
		if (i == at || i >= len || bytes[i] != ' ' || size > len - at || size <= i + 1 - at ||
			bytes[at + size - 1] != '\n')
			return err_input(e, "E_CORRUPT", "pax header: a record's length is wrong");
		if (record(x, (struct slice){ bytes + i + 1, at + size - i - 2 }, is_global, limits, pkg, e))
			return -1;
		at += size;
	}
	return 0;
}
