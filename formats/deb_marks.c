/* deb_marks.c - conffiles and md5sums of a deb, put on the entries as they pass. deb-conffiles(5), deb-md5sums(5). */
#include "base/text.h"
#include "formats/deb_private.h"
#include <string.h>

enum { WARNED_MOST = 20 };

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct deb_mark *)a)->path, ((const struct deb_mark *)b)->path);
}

static struct deb_mark *find(struct deb_mark *at, size_t len, const char *path)
{
	struct deb_mark key = { .path = path };

	return len ? bsearch(&key, at, len, sizeof *at, by_path) : NULL;
}

static int marks_begin(struct sink *s, const struct pkg *meta, struct err *e)
{
	return sink_begin(((struct deb_marks *)s)->next, meta, e);
}

static int marks_entry_begin(struct sink *s, const struct entry *entry, struct err *e)
{
	struct deb_marks *m = (struct deb_marks *)s;
	struct deb_mark *conffile = find(m->conffiles.at, m->conffiles.len, entry->path);
	struct deb_mark *digest = find(m->digests.at, m->digests.len, entry->path);
	struct entry copy = *entry;

	if (conffile && entry->type == ENTRY_FILE) {
		conffile->is_seen = true;
		copy.flags |= ENTRY_CONFIG | ENTRY_NOREPLACE;
	}
	if (digest) {
		digest->is_seen = true;
		if (entry->type == ENTRY_FILE)
			copy.want_digest = digest->md5;
	}
	return sink_entry_begin(m->next, &copy, e);
}

static int marks_data(struct sink *s, const void *bytes, size_t len, struct err *e)
{
	return sink_data(((struct deb_marks *)s)->next, bytes, len, e);
}

static int marks_entry_end(struct sink *s, struct err *e)
{
	return sink_entry_end(((struct deb_marks *)s)->next, e);
}

static void tell_missing(struct pkg *pkg, const struct deb_mark *at, size_t len, const char *why)
{
	unsigned told = 0;

	for (size_t i = 0; i < len && told < WARNED_MOST; i++)
		if (!at[i].is_seen) {
			pkg_warn(pkg, "E_METADATA", at[i].path, "%s", why);
			told++;
		}
}

/* dpkg would go on remembering such a file as one of the package's; a package made anew lists only what it brings. */
static void lose_missing(struct deb_marks *m)
{
	for (size_t i = 0; i < m->conffiles.len; i++)
		if (!m->conffiles.at[i].is_seen)
			pkg_lose(m->pkg, "*", LOSS_NOTE, "no file of the package has this name", "conffile:%s",
				m->conffiles.at[i].path);
}

static int marks_close(struct sink *s, struct err *e)
{
	struct deb_marks *m = (struct deb_marks *)s;

	lose_missing(m);

	tell_missing(
		m->pkg, m->conffiles.at, m->conffiles.len, "is listed as a conffile but is no file of the package");
	tell_missing(m->pkg, m->digests.at, m->digests.len, "is listed in md5sums but is not in the package");
	return sink_close(m->next, e);
}

static const struct sink_ops marks_ops = { marks_begin, marks_entry_begin, marks_data, marks_entry_end, marks_close,
	NULL };

void deb_marks_init(struct deb_marks *m, struct sink *next, struct pkg *pkg, const struct limits *limits)
{
	*m = (struct deb_marks){ .sink = { &marks_ops }, .next = next, .pkg = pkg };
	arena_init(&m->arena, (size_t)(limits->memory / 4));
}

void deb_marks_done(struct deb_marks *m)
{
	LIST_DONE(&m->conffiles);
	LIST_DONE(&m->digests);
	arena_done(&m->arena);
}

static int conffile(struct deb_marks *m, struct slice line, struct err *e)
{
	static const char removed[] = "remove-on-upgrade ";
	char *path;

	if (line.len > sizeof removed - 1 && memcmp(line.at, removed, sizeof removed - 1) == 0) {
		path = arena_copy(&m->arena, line.at, line.len);
		if (path == NULL || pkg_field(m->pkg, "conffile-removed", path + sizeof removed - 1))
			return err_input(e, "E_LIMIT_MEMORY", "conffiles takes too much memory");
		return 0;
	}
	path = line.at[0] == '/' ? text_path(&m->arena, line.at, line.len) : NULL;
	if (path == NULL || path[1] == 0)
		return err_input(e, "E_METADATA", "conffiles: '%.*s' is no path of the package",
			(int)(line.len < 256 ? line.len : 256), line.at);
	*LIST_ADD(&m->conffiles) = (struct deb_mark){ .path = path };
	return 0;
}

int deb_marks_conffiles(struct deb_marks *m, const char *text, size_t len, struct err *e)
{
	struct slice rest = { text, len }, line;

	while (slice_cut(&rest, '\n', &line)) {
		line = slice_trim(line);
		if (line.len && conffile(m, line, e))
			return -1;
	}
	return 0;
}

static bool is_hex(const char *at, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!((at[i] >= '0' && at[i] <= '9') || (at[i] >= 'a' && at[i] <= 'f')))
			return false;
	return true;
}

int deb_marks_md5sums(struct deb_marks *m, const char *text, size_t len, struct err *e)
{
	struct slice rest = { text, len }, line;
	unsigned number = 0;

	while (slice_cut(&rest, '\n', &line)) {
		struct deb_mark mark = { 0 };

		number++;
		if (line.len == 0)
			continue;
		if (line.len < 35 || !is_hex(line.at, 32) || line.at[32] != ' ' ||
			(line.at[33] != ' ' && line.at[33] != '*')) {
			pkg_warn(m->pkg, "E_METADATA", "md5sums", "line %u is no digest and name", number);
			continue;
		}
		mark.md5 = arena_copy(&m->arena, line.at, 32);
		mark.path = text_path(&m->arena, line.at + 34, line.len - 34);
		if (mark.md5 == NULL)
			return err_input(e, "E_LIMIT_MEMORY", "md5sums takes too much memory");
		if (mark.path == NULL)
			return err_input(e, "E_METADATA", "md5sums: line %u leaves the package", number);
		*LIST_ADD(&m->digests) = mark;
	}
	return 0;
}

/* Sorted, and each path once: two digests for one file cannot both be right. */
static int ready(struct deb_mark *at, size_t len, const char *what, struct pkg *pkg, struct err *e)
{
	if (len)
		qsort(at, len, sizeof *at, by_path);
	for (size_t i = 1; i < len; i++) {
		if (strcmp(at[i - 1].path, at[i].path) != 0)
			continue;
		if (at[i].md5 && strcmp(at[i].md5, at[i - 1].md5) != 0)
			return err_input(e, "E_METADATA", "%s: %s has two digests", what, at[i].path);
		at[i].is_seen = at[i - 1].is_seen = true;
		pkg_warn(pkg, "E_METADATA", at[i].path, "is listed twice in %s", what);
	}
	return 0;
}

int deb_marks_ready(struct deb_marks *m, struct err *e)
{
	if (ready(m->conffiles.at, m->conffiles.len, "conffiles", m->pkg, e))
		return -1;
	return ready(m->digests.at, m->digests.len, "md5sums", m->pkg, e);
}
