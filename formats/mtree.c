/* mtree.c - lines of an mtree listing, and the sink that compares entries with them. */
#include "formats/mtree.h"
#include "base/digest.h"
#include "base/text.h"
#include <string.h>

enum { WARNED_MOST = 20, MARKS_MOST = 600000 };

static int no_room(struct err *e)
{
	return err_input(e, "E_LIMIT_MEMORY", ".MTREE takes too much memory");
}

/* ---- reading */

static const struct {
	const char *word;
	enum entry_type type;
} types[] = { { "file", ENTRY_FILE }, { "dir", ENTRY_DIR }, { "link", ENTRY_SYMLINK }, { "char", ENTRY_CHAR },
	{ "block", ENTRY_BLOCK }, { "fifo", ENTRY_FIFO } };

/* \ooo as vis(3) writes it, in the arena; NULL: broken or no room. */
static char *unescape(struct arena *a, struct slice s)
{
	char *text = arena_copy(a, s.at, s.len), *to = text;

	for (const char *c = text; c && *c; c++) {
		unsigned value;

		if (*c != '\\') {
			*to++ = *c;
			continue;
		}
		for (int i = 1; i < 4; i++)
			if (c[i] < '0' || c[i] > '7')
				return NULL;
		value = (unsigned)(c[1] - '0') << 6 | (unsigned)(c[2] - '0') << 3 | (unsigned)(c[3] - '0');
		if (value == 0 || value > 255)
			return NULL;
		*to++ = (char)value;
		c += 3;
	}
	if (to)
		*to = 0;
	return text;
}

static bool digits_of(struct slice s, unsigned base, uint64_t *ret)
{
	uint64_t v = 0;

	for (size_t i = 0; i < s.len; i++) {
		unsigned digit = (unsigned char)s.at[i] - (unsigned)'0';

		if (digit >= base || __builtin_mul_overflow(v, (uint64_t)base, &v) ||
			__builtin_add_overflow(v, (uint64_t)digit, &v))
			return false;
	}
	*ret = v;
	return s.len > 0 && v <= INT64_MAX;
}

/* "1700000000.0": what follows the dot is not held against the tar, which may have dropped it. */
static bool time_of(struct slice s, int64_t *ret)
{
	struct slice whole = { 0 };
	bool negative = s.len > 1 && s.at[0] == '-';
	uint64_t v, part;

	s.at += negative, s.len -= negative;
	if (!slice_cut(&s, '.', &whole) || !digits_of(whole, 10, &v) || (s.len && !digits_of(s, 10, &part)))
		return false;
	*ret = negative ? -(int64_t)v : (int64_t)v;
	return true;
}

static bool digest_of(struct arena *a, struct slice s, size_t hex, const char **ret)
{
	unsigned char bytes[DIGEST_MAX];

	if (s.len != hex || hex_parse(s.at, s.len, bytes))
		return false;
	*ret = arena_copy(a, s.at, s.len);
	return *ret != NULL;
}

static bool type_of(struct slice s, struct mtree_mark *m)
{
	for (size_t i = 0; i < COUNT(types); i++)
		if (slice_is(s, types[i].word)) {
			m->type = types[i].type;
			return m->has_type = true;
		}
	return false;
}

/* A keyword we do not know says nothing that we compare. */
static bool keyword(struct arena *a, struct slice key, struct slice v, struct mtree_mark *m)
{
	uint64_t n = 0;

	if (slice_is(key, "type"))
		return type_of(v, m);
	if (slice_is(key, "time"))
		return m->has_time = time_of(v, &m->time);
	if (slice_is(key, "size"))
		return m->has_size = digits_of(v, 10, &m->size);
	if (slice_is(key, "mode")) {
		m->has_mode = digits_of(v, 8, &n) && n <= 07777;
		m->mode = (uint32_t)n;
		return m->has_mode;
	}
	if (slice_is(key, "uid") || slice_is(key, "gid")) {
		bool is_uid = key.at[0] == 'u';

		*(is_uid ? &m->has_uid : &m->has_gid) = true;
		return digits_of(v, 10, (uint64_t *)(is_uid ? &m->uid : &m->gid));
	}
	if (slice_is(key, "link"))
		return (m->link = unescape(a, v)) != NULL;
	if (slice_is(key, "md5digest") || slice_is(key, "md5"))
		return digest_of(a, v, 32, &m->md5);
	if (slice_is(key, "sha256digest") || slice_is(key, "sha256"))
		return digest_of(a, v, 64, &m->sha256);
	return true;
}

static int keywords(struct arena *a, struct slice rest, struct mtree_mark *m, struct err *e)
{
	struct slice word, key = { 0 };

	while (slice_cut(&rest, ' ', &word)) {
		struct slice value = word;

		if (word.len == 0)
			continue;
		slice_cut(&value, '=', &key);
		if (!keyword(a, key, value, m))
			return err_input(e, "E_METADATA", "'%.*s' is not understood",
				(int)(word.len < 128 ? word.len : 128), word.at);
	}
	return 0;
}

static void unset(struct slice rest, struct mtree_mark *m)
{
	struct slice word;

	while (slice_cut(&rest, ' ', &word)) {
		const struct {
			const char *word;
			bool *has;
		} table[] = { { "type", &m->has_type }, { "mode", &m->has_mode }, { "uid", &m->has_uid },
			{ "gid", &m->has_gid }, { "time", &m->has_time }, { "size", &m->has_size } };

		for (size_t i = 0; i < COUNT(table); i++)
			if (slice_is(word, table[i].word) || slice_is(word, "all"))
				*table[i].has = false;
	}
}

static int add_mark(struct mtree *m, struct slice line, const struct mtree_mark *set, struct err *e)
{
	struct mtree_mark mark = *set;
	struct slice name = { 0 };
	char *raw;

	slice_cut(&line, ' ', &name);
	raw = unescape(&m->arena, name);
	if (raw == NULL)
		return err_input(e, "E_METADATA", "'%.*s' is no name", (int)(name.len < 256 ? name.len : 256), name.at);
	mark.path = text_path(&m->arena, raw, strlen(raw));
	if (mark.path == NULL)
		return err_input(
			e, "E_METADATA", "'%.*s' leaves the package", (int)(name.len < 256 ? name.len : 256), name.at);
	if (m->marks.len == MARKS_MOST)
		return no_room(e);
	if (keywords(&m->arena, line, &mark, e))
		return -1;
	if (mark.path[1])
		*LIST_ADD(&m->marks) = mark;
	return 0;
}

static int take_line(struct mtree *m, struct slice line, struct mtree_mark *set, struct err *e)
{
	struct slice word, rest = line;

	if (line.len == 0 || line.at[0] == '#')
		return 0;
	if (memchr(line.at, 0, line.len))
		return err_input(e, "E_METADATA", "a NUL byte");
	slice_cut(&rest, ' ', &word);
	if (slice_is(word, "/set"))
		return keywords(&m->arena, rest, set, e);
	if (slice_is(word, "/unset")) {
		unset(rest, set);
		return 0;
	}
	if (word.len < 2 || memcmp(word.at, "./", 2) != 0)
		return slice_is(word, ".") ? 0
					   : err_input(e, "E_METADATA", "'%.*s' begins no line that is known",
						     (int)(word.len < 64 ? word.len : 64), word.at);
	return add_mark(m, line, set, e);
}

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct mtree_mark *)a)->path, ((const struct mtree_mark *)b)->path);
}

int mtree_parse(struct mtree *m, const char *text, size_t len, struct err *e)
{
	struct slice rest = { text, len }, line;
	struct mtree_mark set = { 0 };
	unsigned n = 0;

	if (len < 6 || memcmp(text, "#mtree", 6) != 0)
		return err_input(e, "E_METADATA", "it does not begin with #mtree");
	while (slice_cut(&rest, '\n', &line)) {
		n++;
		if (take_line(m, line, &set, e))
			return err_wrap(e, "line %u", n);
	}
	if (m->marks.len)
		qsort(m->marks.at, m->marks.len, sizeof *m->marks.at, by_path);
	for (size_t i = 1; i < m->marks.len; i++)
		if (strcmp(m->marks.at[i - 1].path, m->marks.at[i].path) == 0)
			return err_input(e, "E_METADATA", "%s is listed twice", m->marks.at[i].path);
	m->is_there = true;
	return 0;
}

static struct mtree_mark *find(const struct mtree *m, const char *path)
{
	struct mtree_mark key = { .path = path };

	return m->marks.len ? bsearch(&key, m->marks.at, m->marks.len, sizeof *m->marks.at, by_path) : NULL;
}

const struct mtree_mark *mtree_find(const struct mtree *m, const char *path)
{
	return find(m, path);
}

/* ---- comparing */

static int differs(const struct entry *entry, const char *what, struct err *e)
{
	err_input(e, "E_MISMATCH", "%s: .MTREE tells another %s than the archive", entry->path, what);
	return err_member(e, entry->path);
}

static int compare(const struct entry *entry, const struct mtree_mark *m, struct err *e)
{
	bool is_link = entry->type == ENTRY_HARDLINK;
	enum entry_type type = is_link ? ENTRY_FILE : entry->type;

	if (m->has_type && m->type != type)
		return differs(entry, "type", e);
	if (type != ENTRY_SYMLINK && !is_link && m->has_mode && m->mode != entry->mode)
		return differs(entry, "mode", e);
	if (!is_link && ((m->has_uid && m->uid != entry->uid) || (m->has_gid && m->gid != entry->gid)))
		return differs(entry, "owner", e);
	if (entry->type == ENTRY_FILE && m->has_size && m->size != entry->size)
		return differs(entry, "size", e);
	if (type == ENTRY_SYMLINK && m->link && strcmp(m->link, entry->target) != 0)
		return differs(entry, "target", e);
	return 0;
}

static int mtree_begin(struct sink *s, const struct pkg *meta, struct err *e)
{
	return sink_begin(((struct mtree *)s)->next, meta, e);
}

static int mtree_entry_begin(struct sink *s, const struct entry *entry, struct err *e)
{
	struct mtree *m = (struct mtree *)s;
	struct mtree_mark *mark = find(m, entry->path);
	struct entry copy = *entry;

	if (mark == NULL) {
		if (m->is_there)
			pkg_warn(m->pkg, "E_MISMATCH", entry->path, "is not listed in .MTREE");
		return sink_entry_begin(m->next, entry, e);
	}
	mark->is_seen = true;
	if (compare(entry, mark, e))
		return -1;
	if (mark->has_time && mark->time != entry->mtime && entry->type != ENTRY_HARDLINK)
		pkg_warn(m->pkg, "E_MISMATCH", entry->path, ".MTREE tells another time than the archive");
	if (entry->type == ENTRY_FILE && (mark->sha256 || mark->md5))
		copy.want_digest = mark->sha256 ? mark->sha256 : mark->md5;
	return sink_entry_begin(m->next, &copy, e);
}

static int mtree_data(struct sink *s, const void *bytes, size_t len, struct err *e)
{
	return sink_data(((struct mtree *)s)->next, bytes, len, e);
}

static int mtree_entry_end(struct sink *s, struct err *e)
{
	return sink_entry_end(((struct mtree *)s)->next, e);
}

static int mtree_close(struct sink *s, struct err *e)
{
	struct mtree *m = (struct mtree *)s;
	unsigned told = 0;

	for (size_t i = 0; i < m->marks.len && told < WARNED_MOST; i++)
		if (!m->marks.at[i].is_seen) {
			pkg_warn(m->pkg, "E_MISMATCH", m->marks.at[i].path,
				"is listed in .MTREE but is not in the package");
			told++;
		}
	return sink_close(m->next, e);
}

static const struct sink_ops mtree_ops = { mtree_begin, mtree_entry_begin, mtree_data, mtree_entry_end, mtree_close,
	NULL };

void mtree_init(struct mtree *m, struct sink *next, struct pkg *pkg, const struct limits *limits)
{
	*m = (struct mtree){ .sink = { &mtree_ops }, .next = next, .pkg = pkg };
	arena_init(&m->arena, (size_t)(limits->memory / 4));
}

void mtree_done(struct mtree *m)
{
	LIST_DONE(&m->marks);
	arena_done(&m->arena);
}
