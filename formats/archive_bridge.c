/* archive_bridge.c - libarchive's entries to ours, with all that they carry. */
#include "formats/archive_bridge.h"
#include "formats/posix_attrs.h"
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

enum { PIECE = 256 << 10, ENTRY_ARENA = 24 << 20 };

struct bridge {
	struct archive *a;
	const struct source *src;
	const struct limits *limits;
	struct guard *g;
	struct sink *sink;
	struct pkg *pkg;
	struct arena arena; /* the entry's */
	uint64_t at;        /* where the next read begins */
	unsigned char *buf;
	struct err failed; /* of reading the file itself */
};

/* ---- the file, as libarchive asks for it */

static la_ssize_t on_read(struct archive *a, void *context, const void **ret)
{
	struct bridge *b = context;
	ssize_t got;

	do
		got = pread(b->src->fd, b->buf, PIECE, (off_t)b->at);
	while (got < 0 && errno == EINTR);
	if (got < 0) {
		err_sys(&b->failed, "cannot read");
		archive_set_error(a, errno, "cannot read");
		return ARCHIVE_FATAL;
	}
	b->at += (uint64_t)got;
	*ret = b->buf;
	return got;
}

static la_int64_t on_seek(struct archive *a, void *context, la_int64_t offset, int whence)
{
	struct bridge *b = context;
	int64_t base = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? (int64_t)b->at : (int64_t)b->src->size, to;

	if (__builtin_add_overflow(base, offset, &to) || to < 0) {
		archive_set_error(a, EINVAL, "seek outside the file");
		return ARCHIVE_FATAL;
	}
	b->at = (uint64_t)to;
	return to;
}

static la_int64_t on_skip(struct archive *a, void *context, la_int64_t len)
{
	struct bridge *b = context;
	uint64_t left = b->at < b->src->size ? b->src->size - b->at : 0, step = len > 0 ? (uint64_t)len : 0;

	step = step < left ? step : left;
	b->at += step;
	return (la_int64_t)step;
}

/* ---- errors */

static bool says(const char *text, const char *const *words)
{
	for (; *words; words++)
		if (strcasestr(text, *words))
			return true;
	return false;
}

/* libarchive tells the kind of an error in its text only. */
static int failed(struct bridge *b, const char *what, struct err *e)
{
	static const struct {
		const char *code;
		const char *words[6];
	} kinds[] = {
		{ "E_ENCRYPTED", { "encrypt", "passphrase", "password" } },
		{ "E_LIMIT_MEMORY",
			{ "allocate memory", "out of memory", "no memory", "couldn't allocate", "too large" } },
		{ "E_TRUNCATED", { "truncated", "premature", "unexpected end" } },
		{ "E_DIGEST", { "crc", "checksum" } },
		{ "E_UNSUPPORTED", { "unsupported", "not supported", "unknown codec" } },
	};
	const char *text = archive_error_string(b->a), *code = "E_CORRUPT";

	if (b->failed.class != ERR_NONE)
		return *e = b->failed, -1;
	text = text ? text : "damaged";
	for (size_t i = COUNT(kinds); i-- > 0;)
		if (says(text, kinds[i].words))
			code = kinds[i].code;
	if (archive_errno(b->a) == ENOMEM)
		code = "E_LIMIT_MEMORY";
	return err_input(e, code, "%s: %s", what, text);
}

/* ---- entries */

static int copied(struct bridge *b, const char *text, const char **ret, struct err *e)
{
	*ret = arena_str(&b->arena, text ? text : "");
	return *ret ? 0 : err_input(e, "E_LIMIT_MEMORY", "an entry takes too much memory");
}

static int type_of(struct archive_entry *from, struct entry *en, struct err *e)
{
	static const struct {
		unsigned bits;
		enum entry_type type;
	} types[] = { { AE_IFREG, ENTRY_FILE }, { AE_IFDIR, ENTRY_DIR }, { AE_IFLNK, ENTRY_SYMLINK },
		{ AE_IFCHR, ENTRY_CHAR }, { AE_IFBLK, ENTRY_BLOCK }, { AE_IFIFO, ENTRY_FIFO },
		{ AE_IFSOCK, ENTRY_FIFO } };

	for (size_t i = 0; i < COUNT(types); i++)
		if (archive_entry_filetype(from) == types[i].bits) {
			en->type = types[i].type;
			return 0;
		}
	return err_input(e, "E_CORRUPT", "%s is of no type (mode %o)", en->path, archive_entry_mode(from));
}

static int links_of(struct bridge *b, struct archive_entry *from, struct entry *en, struct err *e)
{
	const char *hard = archive_entry_hardlink(from), *symlink = archive_entry_symlink(from);

	if (hard) {
		en->type = ENTRY_HARDLINK;
		return guard_path(b->g, hard, strlen(hard), false, &en->target, e);
	}
	if (en->type != ENTRY_SYMLINK)
		return 0;
	if (symlink == NULL)
		return err_input(e, "E_NAME_ENCODING", "%s: where it points cannot be told", en->path);
	return copied(b, symlink, &en->target, e);
}

static int attributes_of(struct bridge *b, struct archive_entry *from, struct entry *en, struct err *e)
{
	int count = archive_entry_xattr_reset(from);
	struct xattr *raw = count > 0 ? arena_alloc(&b->arena, (size_t)count * sizeof *raw) : NULL;
	size_t used = 0, size = 0;
	const char *name;
	const void *value;

	while (raw && used < (size_t)count && archive_entry_xattr_next(from, &name, &value, &used) == ARCHIVE_OK) {
		raw[used] = (struct xattr){ arena_str(&b->arena, name),
			(const unsigned char *)arena_copy(&b->arena, value, size), size };
		used++;
	}
	if (count > 0 && raw == NULL)
		return err_input(e, "E_LIMIT_MEMORY", "extended attributes take too much memory");
	return posix_attrs_take(&b->arena, en, raw, used, e);
}

static int acl_of(struct bridge *b, struct archive_entry *from, int which, const char **ret, struct err *e)
{
	char *text;
	la_ssize_t len;

	if ((archive_entry_acl_types(from) & which) == 0)
		return 0;
	text = archive_entry_acl_to_text(from, &len, which | ARCHIVE_ENTRY_ACL_STYLE_SEPARATOR_COMMA);
	if (text == NULL)
		return err_input(e, "E_METADATA", "the ACL cannot be told");
	*ret = posix_attr_acl_text(&b->arena, text, (size_t)len);
	free(text);
	return *ret ? 0 : err_input(e, "E_METADATA", "the ACL is none");
}

static int describe(struct bridge *b, struct archive_entry *from, struct entry *en, struct err *e)
{
	if (type_of(from, en, e) || links_of(b, from, en, e))
		return -1;
	en->mode = (uint32_t)archive_entry_perm(from) & 07777;
	en->uid = archive_entry_uid(from);
	en->gid = archive_entry_gid(from);
	en->mtime = archive_entry_mtime_is_set(from) ? archive_entry_mtime(from) : 0;
	en->mtime_ns = archive_entry_mtime_is_set(from) ? (uint32_t)archive_entry_mtime_nsec(from) : 0;
	en->dev_major = (uint32_t)archive_entry_rdevmajor(from);
	en->dev_minor = (uint32_t)archive_entry_rdevminor(from);
	if (copied(b, archive_entry_uname(from), &en->owner, e) || copied(b, archive_entry_gname(from), &en->group, e))
		return -1;
	if (en->type == ENTRY_FILE)
		en->size = archive_entry_size(from) < 0 ? 0 : (uint64_t)archive_entry_size(from);
	if (acl_of(b, from, ARCHIVE_ENTRY_ACL_TYPE_ACCESS, &en->acl, e) ||
		acl_of(b, from, ARCHIVE_ENTRY_ACL_TYPE_DEFAULT, &en->acl_default, e))
		return -1;
	return attributes_of(b, from, en, e);
}

/* Blocks rise; what lies between two is a hole. The guard holds the sum against the size. */
static int pass_data(struct bridge *b, const struct entry *en, struct err *e)
{
	uint64_t done = 0;

	for (;;) {
		const void *bytes;
		size_t len;
		la_int64_t at;
		int rc = archive_read_data_block(b->a, &bytes, &len, &at);

		if (rc == ARCHIVE_EOF)
			return 0;
		if (rc != ARCHIVE_OK)
			return failed(b, en->path, e);
		if (at < 0 || (uint64_t)at < done)
			return err_input(e, "E_CORRUPT", "%s: its data goes backwards", en->path);
		if (((uint64_t)at > done && sink_data(b->sink, NULL, (size_t)((uint64_t)at - done), e)) ||
			(len && sink_data(b->sink, bytes, len, e)))
			return -1;
		done = (uint64_t)at + len;
	}
}

static int pass_entry(struct bridge *b, struct archive_entry *from, struct err *e)
{
	const char *name = archive_entry_pathname(from);
	struct entry en;

	entry_init(&en);
	if (name == NULL)
		return err_input(e, "E_NAME_ENCODING", "an entry's name cannot be told");
	if (guard_path(b->g, name, strlen(name), false, &en.path, e))
		return -1;
	if (archive_entry_is_encrypted(from))
		return err_input(e, "E_ENCRYPTED", "%s is encrypted", en.path);
	if (describe(b, from, &en, e))
		return err_member(e, en.path);
	if (en.path[1] == 0 && en.type == ENTRY_DIR)
		return 0;
	if (sink_entry_begin(b->sink, &en, e) || (en.type == ENTRY_FILE && pass_data(b, &en, e)) ||
		sink_entry_end(b->sink, e))
		return err_member(e, en.path);
	return 0;
}

static int pass_all(struct bridge *b, struct err *e)
{
	struct archive_entry *entry;
	uint64_t entries = 0;

	for (;; entries++) {
		int rc = archive_read_next_header(b->a, &entry);

		if (rc == ARCHIVE_EOF)
			return entries ? 0 : err_input(e, "E_EMPTY", "the archive holds no entries");
		if (rc != ARCHIVE_OK && rc != ARCHIVE_WARN)
			return archive_read_has_encrypted_entries(b->a) > 0
				? err_input(e, "E_ENCRYPTED", "the archive is encrypted")
				: failed(b, "the directory", e);
		if (rc == ARCHIVE_WARN)
			return err_input(e, "E_NAME_ENCODING", "entry %llu: %s", (unsigned long long)entries + 1,
				archive_error_string(b->a) ? archive_error_string(b->a) : "cannot be told");
		if (pass_entry(b, entry, e))
			return -1;
		arena_done(&b->arena);
		arena_init(&b->arena, ENTRY_ARENA);
	}
}

static int open_archive(struct bridge *b, int (*enable)(struct archive *), struct err *e)
{
	if (enable(b->a) != ARCHIVE_OK || archive_read_set_read_callback(b->a, on_read) != ARCHIVE_OK ||
		archive_read_set_seek_callback(b->a, on_seek) != ARCHIVE_OK ||
		archive_read_set_skip_callback(b->a, on_skip) != ARCHIVE_OK ||
		archive_read_set_callback_data(b->a, b) != ARCHIVE_OK)
		return err_env(e, "libarchive cannot start: %s", archive_error_string(b->a));
	if (archive_read_open1(b->a) != ARCHIVE_OK)
		return failed(b, "the beginning", e);
	return 0;
}

int archive_bridge(const struct source *src, const struct limits *limits, struct guard *g, struct pkg *pkg,
	int (*enable)(struct archive *), struct err *e)
{
	struct bridge b = { .a = archive_read_new(), .src = src, .limits = limits, .g = g, .pkg = pkg };
	int done;

	if (b.a == NULL)
		return err_input(e, "E_LIMIT_MEMORY", "no memory for libarchive");
	b.sink = guard_sink(g);
	b.buf = mem_resize(NULL, PIECE);
	arena_init(&b.arena, ENTRY_ARENA);
	done = open_archive(&b, enable, e) || sink_begin(b.sink, pkg, e) || pass_all(&b, e) || guard_finish(g, e) ? -1
														  : 0;
	archive_read_free(b.a);
	arena_done(&b.arena);
	free(b.buf);
	return done;
}
