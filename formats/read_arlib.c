/* read_arlib.c - ar archives that are no debs: static libraries and the like. ar(5); the System V (GNU) and the BSD way of long names.
 *
 * Members lie side by side, without folders. The linker's index of symbols is no file and is told as lost; a deb, or what
 * means to be one, is read_deb's to judge. */
#include "base/fs.h"
#include "formats/ar.h"
#include "formats/guard.h"
#include <string.h>
#include <sys/stat.h>

enum {
	MAGIC = 8,
	PIECE = 128 << 10,
	NAMES_MOST = 16 << 20,
	MODE_AT = 40,
	UID_AT = 28,
	GID_AT = 34,
	TIME_AT = 16,
	SIZE_AT = 48
};

struct member {
	char head[AR_HEADER];
	struct slice name;
	uint64_t at, size; /* of the data, without a BSD name in front */
	uint64_t next;
	int64_t time, uid, gid;
	uint32_t mode;
};
struct arlib {
	int fd;
	uint64_t size;
	const struct limits *limits;
	struct guard *g;
	struct pkg *pkg;
	struct arena arena;
	char *names; /* System V's table of long names */
	size_t names_len;
	unsigned char *buf;
};

/* Digits, then blanks. An empty field is zero where may_be_empty: lib.exe and others leave some out. */
static int field(const char *at, int width, unsigned base, bool may_be_empty, uint64_t *ret, struct err *e)
{
	uint64_t v = 0;
	int i = 0, j;

	for (; i < width && at[i] >= '0' && at[i] < (char)('0' + base); i++)
		v = v * base + (uint64_t)(at[i] - '0'); /* width <= 12: cannot wrap */
	for (j = i; j < width && at[j] == ' '; j++)
		;
	if (j < width || (i == 0 && !may_be_empty))
		return err_input(e, "E_CORRUPT", "ar header: '%.*s' is not a number", width, at);
	*ret = v;
	return 0;
}

static int numbers(struct member *m, struct err *e)
{
	uint64_t time, uid, gid, mode;

	if (memcmp(m->head + 58, "`\n", 2) != 0)
		return err_input(e, "E_CORRUPT", "ar header: end mark is missing");
	if (field(m->head + SIZE_AT, 10, 10, false, &m->size, e) || field(m->head + TIME_AT, 12, 10, true, &time, e) ||
		field(m->head + UID_AT, 6, 10, true, &uid, e) || field(m->head + GID_AT, 6, 10, true, &gid, e) ||
		field(m->head + MODE_AT, 8, 8, true, &mode, e))
		return -1;
	m->time = (int64_t)time;
	m->uid = (int64_t)uid;
	m->gid = (int64_t)gid;
	m->mode = (uint32_t)mode;
	return 0;
}

/* "/123": at that place of the table, up to "/\n" (or a NUL, as Microsoft's tools write). */
static int long_name(struct arlib *a, struct member *m, struct err *e)
{
	uint64_t from;
	size_t len = 0;

	if (field(m->head + 1, 15, 10, false, &from, e))
		return -1;
	if (from >= a->names_len)
		return err_input(e, "E_CORRUPT", "a member's name lies outside the table of names");
	while (from + len < a->names_len && a->names[from + len] != '\n' && a->names[from + len] != 0)
		len++;
	if (from + len == a->names_len)
		return err_input(e, "E_CORRUPT", "a name in the table of names does not end");
	if (len > 0 && a->names[from + len - 1] == '/')
		len--;
	m->name = (struct slice){ a->names + from, len };
	return 0;
}

/* "#1/20": the name is the data's first 20 bytes, filled up with NUL. */
static int bsd_name(struct arlib *a, struct member *m, struct err *e)
{
	uint64_t said;
	size_t len;
	char *name;

	if (field(m->head + 3, 13, 10, false, &said, e))
		return -1;
	if (said > m->size)
		return err_input(e, "E_CORRUPT", "a name of %llu bytes in a member of %llu", (unsigned long long)said,
			(unsigned long long)m->size);
	if (said > a->limits->path)
		return err_input(e, "E_LIMIT_PATH", "a name of %llu bytes", (unsigned long long)said);
	len = (size_t)said;
	name = arena_alloc(&a->arena, len + 1);
	if (name == NULL)
		return err_input(e, "E_LIMIT_MEMORY", "the names take too much memory");
	if (fd_pread(a->fd, name, len, m->at, e))
		return -1;
	while (len > 0 && name[len - 1] == 0)
		len--;
	m->name = (struct slice){ name, len };
	m->at += said;
	m->size -= said;
	return 0;
}

static int name_of(struct arlib *a, struct member *m, struct err *e)
{
	size_t len = 16;

	if (m->head[0] == '/' && m->head[1] >= '0' && m->head[1] <= '9')
		return long_name(a, m, e);
	if (memcmp(m->head, "#1/", 3) == 0)
		return bsd_name(a, m, e);
	while (len > 0 && m->head[len - 1] == ' ')
		len--;
	/* System V ends a name with '/', so that it may hold blanks; its own members are named "/", "//" and "/SYM64/" */
	if (len > 1 && m->head[len - 1] == '/' && m->head[0] != '/')
		len--;
	m->name = (struct slice){ m->head, len };
	return 0;
}

static int take_header(struct arlib *a, uint64_t at, struct member *m, struct err *e)
{
	uint64_t left = a->size - at;

	*m = (struct member){ .at = at + AR_HEADER };
	if (left < AR_HEADER)
		return err_input(e, "E_TRAILING_DATA", "%llu bytes after the last member", (unsigned long long)left);
	if (fd_pread(a->fd, m->head, AR_HEADER, at, e))
		return -1;
	if (at > MAGIC && memcmp(m->head + 58, "`\n", 2) != 0)
		return err_input(e, "E_TRAILING_DATA", "bytes that are no member after the last member");
	if (numbers(m, e))
		return -1;
	if (m->size > left - AR_HEADER)
		return err_input(e, "E_TRUNCATED", "a member says %llu bytes, %llu are left",
			(unsigned long long)m->size, (unsigned long long)(left - AR_HEADER));
	m->next = m->at + m->size;
	m->next += m->size & 1 && m->next < a->size;
	return name_of(a, m, e);
}

/* 1: the archive's own bookkeeping, 0: a file. */
static int take_special(struct arlib *a, const struct member *m, struct err *e)
{
	static const char *const indexes[] = { "/", "/SYM64/", "__.SYMDEF", "__.SYMDEF SORTED", "__.SYMDEF_64",
		"__.SYMDEF_64 SORTED" };

	for (size_t i = 0; i < COUNT(indexes); i++)
		if (slice_is(m->name, indexes[i])) {
			pkg_lose(a->pkg, "*", LOSS_NOTE, "the linker's index, made again by ranlib", "ar:symbols");
			return 1;
		}
	if (!slice_is(m->name, "//"))
		return 0;
	if (a->names)
		return err_input(e, "E_DUPLICATE_MEMBER", "a second table of names");
	if (m->size > NAMES_MOST)
		return err_input(e, "E_LIMIT_METADATA", "a table of names of %llu bytes", (unsigned long long)m->size);
	a->names_len = (size_t)m->size;
	a->names = mem_alloc(a->names_len + 1);
	return fd_pread(a->fd, a->names, a->names_len, m->at, e) ? -1 : 1;
}

static int pass_data(struct arlib *a, const struct member *m, struct sink *sink, struct err *e)
{
	for (uint64_t done = 0; done < m->size;) {
		size_t len = m->size - done < PIECE ? (size_t)(m->size - done) : PIECE;

		if (fd_pread(a->fd, a->buf, len, m->at + done, e) || sink_data(sink, a->buf, len, e))
			return -1;
		done += len;
	}
	return 0;
}

static int pass_member(struct arlib *a, const struct member *m, struct err *e)
{
	struct sink *sink = guard_sink(a->g);
	struct entry en;

	entry_init(&en);
	if (memchr(m->name.at, '/', m->name.len))
		return err_input(e, "E_PATH_ESCAPE", "a member's name holds '/': %.*s",
			(int)(m->name.len < 256 ? m->name.len : 256), m->name.at);
	if (guard_path(a->g, m->name.at, m->name.len, false, &en.path, e))
		return -1;
	if (m->mode & S_IFMT && !S_ISREG(m->mode))
		return err_input(e, "E_STRUCTURE", "%s: mode %o is not a file's", en.path, m->mode);
	en.mode = m->mode ? m->mode & 07777 : 0644;
	en.uid = m->uid;
	en.gid = m->gid;
	en.mtime = m->time;
	en.size = m->size;
	if (sink_entry_begin(sink, &en, e) || pass_data(a, m, sink, e) || sink_entry_end(sink, e))
		return err_member(e, en.path);
	return 0;
}

static int read_members(struct arlib *a, struct err *e)
{
	uint64_t files = 0;

	for (uint64_t at = MAGIC; at < a->size;) {
		struct member m;
		int special = take_header(a, at, &m, e) ? -1 : take_special(a, &m, e);

		if (special < 0 || (special == 0 && pass_member(a, &m, e)))
			return err_at(e, at);
		files += special == 0;
		at = m.next;
	}
	return files ? 0 : err_input(e, "E_EMPTY", "the archive holds no files");
}

/* A member that only a deb has. */
static bool is_debs(const char *name)
{
	static const char *const names[] = { "debian-binary", "control.tar", "data.tar" };

	for (size_t i = 0; i < COUNT(names); i++)
		if (strncmp(name, names[i], strlen(names[i])) == 0)
			return true;
	return false;
}

static int arlib_bid(const struct source *src, const unsigned char *head, size_t len)
{
	uint64_t at = MAGIC;

	if (src->is_dir || len < MAGIC + AR_HEADER ||
		(memcmp(head, "!<arch>\n", MAGIC) != 0 && memcmp(head, "!<thin>\n", MAGIC) != 0))
		return 0;
	for (int i = 0; i < AR_MEMBERS_MAX && at < src->size && src->size - at >= AR_HEADER; i++) {
		char h[AR_HEADER];
		struct err e = { 0 };
		uint64_t size;

		if (fd_pread(src->fd, h, sizeof h, at, &e))
			break;
		if (is_debs(h))
			return 0;
		if (field(h + SIZE_AT, 10, 10, false, &size, &e))
			break;
		at += AR_HEADER + size + (size & 1);
	}
	return 65;
}

static int arlib_read(
	const struct source *src, const struct limits *limits, struct sink *sink, struct pkg *pkg, struct err *e)
{
	struct arlib a = { .fd = src->fd, .size = src->size, .limits = limits, .pkg = pkg };
	char magic[MAGIC];
	int done;

	pkg->format = "ar";
	if (fd_pread(src->fd, magic, MAGIC, 0, e))
		return -1;
	if (memcmp(magic, "!<arch>\n", MAGIC) != 0) {
		err_input(e, "E_UNSUPPORTED", "a thin ar archive holds names, not files");
		return err_hint(e, "ask the vendor for the whole archive");
	}
	arena_init(&a.arena, (size_t)(limits->memory / 4));
	a.g = guard_new(sink, limits, src->size, pkg);
	a.buf = mem_resize(NULL, PIECE);
	done = sink_begin(guard_sink(a.g), pkg, e) || read_members(&a, e) || guard_finish(a.g, e) ? -1 : 0;
	free(a.buf);
	free(a.names);
	arena_done(&a.arena);
	guard_free(a.g);
	return done;
}

const struct reader read_arlib = {
	"ar",
	arlib_bid,
	arlib_read,
	"ar archives that are no debs (System V and BSD names)",
};
