/* tar_stream.c - a tar stream: headers to entries, payload to the guard's sink. */
#include "base/digest.h"
#include "formats/posix_attrs.h"
#include "formats/tar_private.h"
#include <stdio.h>
#include <string.h>

enum { PAX_MOST = 4 << 20, LONG_NAME_MOST = 2 << 20, ENTRY_ARENA = 24 << 20 };

struct tar {
	struct tar_window w;
	const struct tar_options *o;
	struct guard *g;
	struct sink *sink;
	struct pkg *pkg;
	struct arena global_arena, arena; /* arena: of the entry being read */
	struct tar_extra all, one;
	struct slice long_name, long_target; /* GNU 'L' and 'K' */
	uint64_t entries;
	unsigned char block[TAR_BLOCK];
	struct tar_header h;
};

/* Pax records, sparse maps, names that are not in normal form: read here, but not by everybody in the same way. */
static void odd(const struct tar *t, bool is_so)
{
	if (is_so && t->o->ret_is_odd)
		*t->o->ret_is_odd = true;
}

static uint64_t padding(uint64_t size)
{
	return (TAR_BLOCK - size % TAR_BLOCK) % TAR_BLOCK;
}

static int take_padding(struct tar *t, uint64_t size, struct err *e)
{
	return tar_window_exact(&t->w, NULL, padding(size), e);
}

static void entry_forget(struct tar *t)
{
	tar_extra_done(&t->one);
	if (t->arena.used) {
		arena_done(&t->arena);
		arena_init(&t->arena, ENTRY_ARENA);
	}
	tar_extra_init(&t->one, &t->arena);
	t->long_name = t->long_target = (struct slice){ 0 };
}

/* The body of a header that only describes: into the arena, bounded. */
static int read_body(struct tar *t, struct arena *a, uint64_t most, struct slice *ret, struct err *e)
{
	char *at;

	if (t->h.size > most)
		return err_input(e, "E_LIMIT_METADATA", "an extended header of %llu bytes (at most %llu)",
			(unsigned long long)t->h.size, (unsigned long long)most);
	at = arena_alloc(a, (size_t)t->h.size + 1);
	if (at == NULL)
		return err_input(e, "E_LIMIT_MEMORY", "extended headers take too much memory");
	if (tar_window_exact(&t->w, at, t->h.size, e) || take_padding(t, t->h.size, e))
		return -1;
	*ret = (struct slice){ at, (size_t)t->h.size };
	return 0;
}

static int take_pax(struct tar *t, bool is_global, struct err *e)
{
	struct slice body;

	if (read_body(t, is_global ? &t->global_arena : &t->arena, PAX_MOST, &body, e))
		return -1;
	return tar_pax_parse(is_global ? &t->all : &t->one, body.at, body.len, is_global, t->o->limits, t->pkg, e);
}

/* GNU's long names end with a NUL; what follows it is not part of the name, and nothing may follow it. */
static int take_long(struct tar *t, struct slice *slot, struct err *e)
{
	struct slice body;
	size_t len;

	if (read_body(t, &t->arena, LONG_NAME_MOST, &body, e))
		return -1;
	len = strnlen(body.at, body.len);
	for (size_t i = len; i < body.len; i++)
		if (body.at[i])
			return err_input(e, "E_NAME_NUL", "a long name holds a NUL byte: %.*s",
				(int)(len < 256 ? len : 256), body.at);
	*slot = (struct slice){ body.at, len };
	return 0;
}

/* 1: the header only described, 0: an entry, -1. */
static int take_describing(struct tar *t, struct err *e)
{
	int done;

	odd(t, t->h.type && strchr("xXgAV", t->h.type));
	switch (t->h.type) {
	case 'x':
	case 'X':
		done = take_pax(t, false, e);
		break;
	case 'g':
		done = take_pax(t, true, e);
		break;
	case 'L':
		done = take_long(t, &t->long_name, e);
		break;
	case 'K':
		done = take_long(t, &t->long_target, e);
		break;
	case 'A': /* Solaris: an ACL in its own notation for the next entry */
		if (t->pkg)
			pkg_lose(t->pkg, "*", LOSS_NOTE, "a Solaris ACL, which Linux does not have", "acl:%.*s",
				(int)t->h.name.len, t->h.name.at);
		done = tar_window_exact(&t->w, NULL, t->h.size, e) || take_padding(t, t->h.size, e) ? -1 : 0;
		break;
	case 'V':
		done = tar_window_exact(&t->w, NULL, t->h.size, e) || take_padding(t, t->h.size, e) ? -1 : 0;
		break;
	case 'M':
		return err_input(e, "E_MULTIVOLUME", "the archive is a part of several");
	default:
		return 0;
	}
	return done ? -1 : 1;
}

static const struct {
	char type;
	enum entry_type is;
} types[] = { { '0', ENTRY_FILE }, { 0, ENTRY_FILE }, { '7', ENTRY_FILE }, { 'S', ENTRY_FILE }, { '1', ENTRY_HARDLINK },
	{ '2', ENTRY_SYMLINK }, { '3', ENTRY_CHAR }, { '4', ENTRY_BLOCK }, { '5', ENTRY_DIR }, { '6', ENTRY_FIFO } };

static int type_of(const struct tar *t, struct slice name, enum entry_type *ret, struct err *e)
{
	for (size_t i = 0; i < COUNT(types); i++)
		if (types[i].type == t->h.type) {
			*ret = types[i].is;
			/* before POSIX a directory was a file whose name ends with '/' */
			if (types[i].is == ENTRY_FILE && t->h.type != 'S' && name.len && name.at[name.len - 1] == '/')
				*ret = ENTRY_DIR;
			return 0;
		}
	return err_input(e, "E_UNSUPPORTED", "%.*s: a tar entry of type 0x%02x", (int)(name.len < 256 ? name.len : 256),
		name.at, (unsigned char)t->h.type);
}

/* The name wherever it stands: sparse name, pax, GNU long name, header. */
static int name_of(struct tar *t, struct slice *ret, struct err *e)
{
	const struct tar_header *h = &t->h;
	char *both;

	if (t->one.sparse_name.at && t->one.is_sparse)
		return *ret = t->one.sparse_name, 0;
	if (t->one.path.at)
		return *ret = t->one.path, 0;
	if (t->long_name.at)
		return *ret = t->long_name, 0;
	if (h->prefix.len == 0)
		return *ret = h->name, 0;
	both = arena_printf(&t->arena, "%.*s/%.*s", (int)h->prefix.len, h->prefix.at, (int)h->name.len, h->name.at);
	if (both == NULL)
		return err_input(e, "E_LIMIT_MEMORY", "a name takes too much memory");
	*ret = (struct slice){ both, strlen(both) };
	return 0;
}

static int copied(struct tar *t, struct slice s, const char *what, const char **ret, struct err *e)
{
	if (memchr(s.at ? s.at : "", 0, s.len))
		return err_input(e, "E_NAME_NUL", "%s holds a NUL byte", what);
	*ret = arena_copy(&t->arena, s.at ? s.at : "", s.len);
	return *ret ? 0 : err_input(e, "E_LIMIT_MEMORY", "%s takes too much memory", what);
}

static struct slice first(struct slice a, struct slice b, struct slice c)
{
	return a.at ? a : b.at ? b : c;
}

static int owners(struct tar *t, struct entry *en, struct err *e)
{
	const struct tar_extra *x = &t->one, *all = &t->all;

	if (copied(t, first(x->owner, all->owner, t->h.owner), "the owner's name", &en->owner, e) ||
		copied(t, first(x->group, all->group, t->h.group), "the group's name", &en->group, e))
		return -1;
	en->uid = x->has_uid ? x->uid : all->has_uid ? all->uid : t->h.uid;
	en->gid = x->has_gid ? x->gid : all->has_gid ? all->gid : t->h.gid;
	return 0;
}

/* Package formats keep 32 bits of a time. It stays what it is here; the writers say what they could not hold. */
static void times(struct tar *t, struct entry *en)
{
	const struct tar_extra *from = t->one.has_mtime ? &t->one : t->all.has_mtime ? &t->all : NULL;

	en->mtime = from ? from->mtime : t->h.mtime;
	en->mtime_ns = from ? from->mtime_ns : 0;
	if (t->pkg && (en->mtime < 0 || en->mtime > UINT32_MAX))
		pkg_warn(t->pkg, "E_METADATA", en->path, "the time lies outside 1970 to 2106");
}

/* "./usr/bin/x" or "usr/bin/x", a folder's with a '/' behind it. */
static bool is_plain_name(struct slice name, const char *path, bool is_dir)
{
	size_t len = strlen(path);

	if (name.len && name.at[0] == '.')
		name = (struct slice){ name.at + 1, name.len - 1 };
	else
		path++, len--;
	if (is_dir && name.len > len && name.at[name.len - 1] == '/')
		name.len--;
	return name.len == len && memcmp(name.at, path, len) == 0;
}

static int target_of(struct tar *t, struct entry *en, struct err *e)
{
	struct slice s = first(t->one.target, t->long_target, t->h.target);

	if (en->type == ENTRY_SYMLINK)
		return copied(t, s, "the link's target", &en->target, e);
	if (en->type != ENTRY_HARDLINK)
		return 0;
	if (guard_path(t->g, s.at, s.len, true, &en->target, e))
		return err_wrap(e, "hard link %s", en->path);
	odd(t, !is_plain_name(s, en->target, false));
	return 0;
}

static int acl_of(struct tar *t, struct slice s, const struct entry *en, const char **ret, struct err *e)
{
	char *text;

	if (s.at == NULL || s.len == 0)
		return 0;
	text = posix_attr_acl_text(&t->arena, s.at, s.len);
	if (text)
		*ret = ret == &en->acl && posix_acl_is_mode(text) ? "" : text;
	else if (t->pkg)
		pkg_lose(t->pkg, "*", LOSS_BEHAVIOUR, "an ACL in a notation that is not POSIX.1e's", "acl:%.*s",
			(int)(s.len < 128 ? s.len : 128), s.at);
	return 0;
}

static int attributes(struct tar *t, struct entry *en, struct err *e)
{
	if (acl_of(t, t->one.acl, en, &en->acl, e) || acl_of(t, t->one.acl_default, en, &en->acl_default, e))
		return -1;
	if (posix_attrs_take(&t->arena, en, t->one.xattrs.at, t->one.xattrs.len, e))
		return -1;
	if (t->one.selinux.at && copied(t, t->one.selinux, "the SELinux label", &en->selinux, e))
		return -1;
	return 0;
}

/* abuild's tar: of a file's content, of a symlink's target. */
static int promise(struct tar *t, struct entry *en, struct err *e)
{
	struct slice s = t->one.apk_digest;
	unsigned char bytes[20], own[DIGEST_MAX];
	struct digest d;

	if (!t->o->has_apk_digests || s.at == NULL)
		return 0;
	if (s.len != 2 * sizeof bytes || hex_parse(s.at, s.len, bytes))
		return err_input(e, "E_CORRUPT", "pax header: APK-TOOLS.checksum.SHA1 is no digest");
	if (en->type == ENTRY_FILE) {
		en->want_digest = arena_copy(&t->arena, s.at, s.len);
		return en->want_digest ? 0 : err_input(e, "E_LIMIT_MEMORY", "a digest takes too much memory");
	}
	if (en->type != ENTRY_SYMLINK)
		return 0;
	digest_init(&d, DIGEST_SHA1);
	digest_add(&d, en->target, strlen(en->target));
	digest_end(&d, own);
	digest_done(&d);
	return memcmp(own, bytes, sizeof bytes) == 0
		? 0
		: err_input(e, "E_DIGEST", "symlink %s leads elsewhere than its digest says", en->path);
}

/* Where a sparse file's map stands depends on its version; *ret_stored: payload bytes that follow. */
static int sparse(struct tar *t, struct entry *en, uint64_t member, uint64_t *ret_stored, struct err *e)
{
	struct tar_extra *x = &t->one;
	uint64_t used = 0;

	if (t->h.type == 'S') {
		if (tar_sparse_old(&t->w, t->block, x, e))
			return -1;
	} else if (x->sparse_major == 1) {
		if (x->sparse_minor > 0)
			return err_input(e, "E_UNSUPPORTED", "a sparse file of version 1.%d", x->sparse_minor);
		if (tar_sparse_map(&t->w, x, member, &used, e))
			return -1;
	} else if (x->sparse_major > 1) {
		return err_input(e, "E_UNSUPPORTED", "a sparse file of version %d", x->sparse_major);
	}
	if (!x->has_real_size)
		return err_input(e, "E_CORRUPT", "a sparse file without its real size");
	if (tar_extents_check(x, x->real_size, member - used, e))
		return -1;
	en->size = x->real_size;
	en->extents_len = x->extents.len;
	en->extents = arena_alloc(&t->arena, (x->extents.len + 1) * sizeof *en->extents);
	if (en->extents == NULL)
		return err_input(e, "E_LIMIT_MEMORY", "a sparse map takes too much memory");
	if (x->extents.len)
		memcpy(en->extents, x->extents.at, x->extents.len * sizeof *en->extents);
	*ret_stored = member - used;
	return 0;
}

static int pass_data(struct tar *t, uint64_t size, struct err *e)
{
	while (size > 0) {
		const unsigned char *at;
		size_t len;

		if (tar_window_some(&t->w, &at, &len, e))
			return -1;
		if (len == 0)
			return err_input(e, "E_TRUNCATED", "the archive ends in the middle of a file");
		if (len > size)
			len = (size_t)size;
		if (sink_data(t->sink, at, len, e))
			return -1;
		tar_window_take(&t->w, len);
		size -= len;
	}
	return 0;
}

static int pass_hole(struct tar *t, uint64_t len, struct err *e)
{
	enum { PIECE = 1 << 30 };

	for (; len > PIECE; len -= PIECE)
		if (sink_data(t->sink, NULL, PIECE, e))
			return -1;
	return len ? sink_data(t->sink, NULL, (size_t)len, e) : 0;
}

static int pass_sparse(struct tar *t, const struct entry *en, struct err *e)
{
	uint64_t at = 0;

	for (size_t i = 0; i < en->extents_len; i++) {
		if (pass_hole(t, en->extents[i].at - at, e) || pass_data(t, en->extents[i].len, e))
			return -1;
		at = en->extents[i].at + en->extents[i].len;
	}
	return pass_hole(t, en->size - at, e);
}

/* Only files have a body. GNU tar takes a hard link's size for nothing; for the others readers differ, so nobody may have one. */
static int check_body(const struct tar *t, const struct entry *en, uint64_t *member, struct err *e)
{
	if (en->type == ENTRY_HARDLINK)
		*member = 0;
	if (t->o->size && (t->w.offset > t->o->size || *member > t->o->size - t->w.offset))
		return err_input(e, "E_TRUNCATED", "%s says %llu bytes, more than are left", en->path,
			(unsigned long long)*member);
	if (en->type != ENTRY_FILE && *member != 0)
		return err_input(e, "E_AMBIGUOUS", "%s is a %s, but its header says %llu bytes", en->path,
			entry_type_name(en->type), (unsigned long long)*member);
	return 0;
}

static int pass_entry(struct tar *t, struct entry *en, uint64_t member, struct err *e)
{
	uint64_t stored = member;

	if (en->type == ENTRY_FILE)
		en->size = member;
	if (en->type == ENTRY_FILE && (t->one.is_sparse || t->h.type == 'S') && sparse(t, en, member, &stored, e))
		return -1;
	if (attributes(t, en, e) || promise(t, en, e) || sink_entry_begin(t->sink, en, e))
		return -1;
	if (en->extents ? pass_sparse(t, en, e) : pass_data(t, en->type == ENTRY_FILE ? stored : 0, e))
		return -1;
	if (sink_entry_end(t->sink, e))
		return -1;
	return take_padding(t, member, e);
}

/* The root comes as "./" where it comes. */
static bool is_odd_entry(const struct tar *t, struct slice name, const struct entry *en)
{
	bool is_root = en->path[1] == 0;

	if (!strchr("0123456", t->h.type) || t->h.type == 0)
		return true;
	if (is_root)
		return t->h.mode != 0755 || t->h.uid != 0 || t->h.gid != 0;
	return !is_plain_name(name, en->path, en->type == ENTRY_DIR) || t->h.mtime < 0 || t->h.mtime > UINT32_MAX ||
		(t->h.type == '1' && t->h.size) || (en->type == ENTRY_DIR && guard_has(t->g, en->path));
}

static int take_entry(struct tar *t, struct err *e)
{
	struct entry en;
	struct slice name;
	uint64_t member = t->one.has_size ? t->one.size : t->h.size;

	entry_init(&en);
	t->entries++;
	if (name_of(t, &name, e) || type_of(t, name, &en.type, e) ||
		guard_path(t->g, name.at, name.len, t->o->absolute_ok, &en.path, e))
		return -1;
	odd(t, is_odd_entry(t, name, &en));
	if (check_body(t, &en, &member, e))
		return err_member(e, en.path);
	if (en.path[1] == 0 && en.type == ENTRY_DIR)
		return 0; /* "./": the root's own attributes are the system's, not the package's */
	en.mode = t->h.mode;
	en.dev_major = (uint32_t)t->h.dev_major;
	en.dev_minor = (uint32_t)t->h.dev_minor;
	times(t, &en);
	if (owners(t, &en, e) || target_of(t, &en, e))
		return err_member(e, en.path);
	if (pass_entry(t, &en, member, e))
		return err_member(e, en.path);
	return 0;
}

/* The first byte behind the end that is not zero (or a newline: an old writer ends its last block so): refused, or told once. */
static int check_tail(struct tar *t, const unsigned char *at, size_t len, bool *told, struct err *e)
{
	size_t i = 0;

	if (*told)
		return 0;
	while (i < len && (at[i] == 0 || at[i] == '\n'))
		i++;
	if (i == len)
		return 0;
	if (!t->o->tail_is_a_warning) {
		err_input(e, "E_TRAILING_DATA", "bytes after the end of the archive");
		return err_at(e, t->w.offset + i);
	}
	if (t->pkg)
		pkg_warn(t->pkg, "E_TRAILING_DATA", "", "bytes after the end of the archive, at %llu, are left alone",
			(unsigned long long)(t->w.offset + i));
	*told = true;
	return 0;
}

/* Zero blocks up to the end of the stream. */
static int take_end(struct tar *t, struct err *e)
{
	uint64_t from = t->w.offset;
	bool told = false;

	for (;;) {
		const unsigned char *at;
		size_t len;

		if (tar_window_some(&t->w, &at, &len, e))
			return -1;
		if (len == 0)
			break;
		if (check_tail(t, at, len, &told, e))
			return -1;
		tar_window_take(&t->w, len);
	}
	odd(t, t->w.offset == from);
	if (t->w.offset == from && t->pkg)
		pkg_warn(t->pkg, "E_TRUNCATED", "", "the archive ends after a single zero block");
	return 0;
}

static int read_all(struct tar *t, struct err *e)
{
	for (;;) {
		const unsigned char *block;
		int described;

		if (tar_window_block(&t->w, &block, e))
			return -1;
		if (block == NULL) {
			if (t->one.path.at || t->long_name.at || t->one.has_size)
				return err_input(e, "E_TRUNCATED", "the archive ends after an extended header");
			odd(t, true);
			if (t->pkg && t->entries && !t->o->may_lack_end)
				pkg_warn(t->pkg, "E_TRUNCATED", "", "the archive has no end mark");
			return 0;
		}
		if (tar_is_zero(block))
			return take_end(t, e);
		memcpy(t->block, block, TAR_BLOCK);
		if (tar_header_parse(t->block, &t->h, e))
			return err_at(e, t->w.offset - TAR_BLOCK);
		described = take_describing(t, e);
		if (described < 0)
			return -1;
		if (described)
			continue;
		if (take_entry(t, e))
			return err_wrap(e, "entry %llu", (unsigned long long)t->entries);
		entry_forget(t);
	}
}

int tar_read(struct in *in, const struct tar_options *o, struct guard *g, struct pkg *pkg, struct err *e)
{
	struct tar t = { .w = { .in = in }, .o = o, .g = g, .sink = guard_sink(g), .pkg = pkg };
	int done;

	arena_init(&t.global_arena, ENTRY_ARENA);
	arena_init(&t.arena, ENTRY_ARENA);
	tar_extra_init(&t.all, &t.global_arena);
	tar_extra_init(&t.one, &t.arena);
	guard_links_backward(g);
	done = read_all(&t, e);
	if (done == 0 && t.entries == 0 && !o->may_be_empty)
		done = err_input(e, "E_EMPTY", "the archive holds no entries");
	tar_extra_done(&t.one);
	tar_extra_done(&t.all);
	arena_done(&t.arena);
	arena_done(&t.global_arena);
	free(t.w.buf);
	return done;
}
