/* report_tree.c - what changed in the root, as a tree that folds: added, changed, removed, with what makes a file dangerous. */
#include "sandbox/report_html.h"
#include <string.h>

enum { ENTRIES_MAX = 5000, DEPTH_MAX = 24, OPEN_MAX = 80 };

/* A name that is no UTF-8 stands under another key (json.h). */
static const char *path_of(const json_t *e)
{
	return *json_text(e, "path") ? json_text(e, "path") : json_text(e, "path_raw");
}

/* '/' before all else: what is below a folder follows it directly. */
static int by_path(const void *a, const void *b)
{
	const unsigned char *x = (const unsigned char *)path_of(*(const json_t *const *)a);
	const unsigned char *y = (const unsigned char *)path_of(*(const json_t *const *)b);

	while (*x && *x == *y)
		x++, y++;
	int p = *x == '/' ? 1 : *x ? *x + 1 : 0, q = *y == '/' ? 1 : *y ? *y + 1 : 0;
	return p - q;
}

static const char *kind_class(const json_t *entry)
{
	static const char *const known[] = { "added", "changed", "removed" };

	for (size_t i = 0; i < COUNT(known); i++)
		if (strcmp(json_text(entry, "kind"), known[i]) == 0)
			return known[i];
	return "";
}

static void about(struct text *t, const json_t *e)
{
	unsigned long mode = strtoul(json_text(e, "mode"), NULL, 8);
	bool is_removed = strcmp(json_text(e, "kind"), "removed") == 0;

	if (is_removed)
		return;
	text_add(t, "<span class=\"about m\">");
	page_text(t, json_text(e, "mode"));
	text_add(t, " %lld:%lld", (long long)json_int(e, "uid"), (long long)json_int(e, "gid"));
	if (strcmp(json_text(e, "type"), "file") == 0)
		text_add(t, " %lld bytes", (long long)json_int(e, "size"));
	if (*json_text(e, "target")) {
		text_add(t, " &#8594; ");
		page_text(t, json_text(e, "target"));
	}
	text_add(t, "</span>");
	if (strcmp(json_text(e, "type"), "file") == 0 && mode & 04000)
		page_badge(t, "high", "setuid");
	if (strcmp(json_text(e, "type"), "file") == 0 && mode & 02000)
		page_badge(t, "high", "setgid");
	if (mode & 02 && strcmp(json_text(e, "type"), "symlink") != 0 && !(mode & 01000))
		page_badge(t, "medium", "anybody may write");
	if (*json_text(e, "capabilities"))
		page_badge(t, "high", json_text(e, "capabilities"));
}

static void name(struct text *t, const char *at, size_t len, bool is_folder)
{
	AUTO_FREE char *text = mem_printf("%.*s%s", (int)len, at, is_folder ? "/" : "");

	text_add(t, "<span class=\"name m\">");
	page_text(t, text);
	text_add(t, "</span>");
}

/* The folders that are open: paths that end at these lengths of the last path. */
struct folders {
	const char *path;
	size_t ends[DEPTH_MAX];
	unsigned depth;
};

static void close_to(struct text *t, struct folders *f, unsigned depth)
{
	for (; f->depth > depth; f->depth--)
		text_add(t, "</ul></details></li>\n");
}

static unsigned common(const struct folders *f, const char *path)
{
	unsigned depth = 0;

	while (depth < f->depth && strncmp(f->path, path, f->ends[depth]) == 0 && path[f->ends[depth]] == '/')
		depth++;
	return depth;
}

/* Opens a folder whose path is path[0..end); e: it changed itself, or NULL. */
static void open_folder(struct text *t, struct folders *f, const char *path, size_t end, const json_t *e, bool is_open)
{
	size_t begin = f->depth ? f->ends[f->depth - 1] + 1 : 0;

	text_add(t, "<li class=\"%s\"><details%s><summary>", e ? kind_class(e) : "", is_open ? " open=\"open\"" : "");
	name(t, path + begin, end - begin, true);
	if (e)
		about(t, e);
	text_add(t, "</summary><ul>\n");
	f->ends[f->depth++] = end;
	f->path = path;
}

static void add_entry(struct text *t, struct folders *f, const json_t *e, const char *next, bool is_open)
{
	const char *path = path_of(e), *slash;
	size_t len = strlen(path);

	close_to(t, f, common(f, path));
	f->path = path;
	for (slash = strchr(path + (f->depth ? f->ends[f->depth - 1] + 1 : 1), '/'); slash && f->depth < DEPTH_MAX;
		slash = strchr(slash + 1, '/'))
		open_folder(t, f, path, (size_t)(slash - path), NULL, is_open || f->depth < 1);
	if (f->depth < DEPTH_MAX && strncmp(next, path, len) == 0 && next[len] == '/') {
		open_folder(t, f, path, len, e, is_open);
		return;
	}
	size_t begin = f->depth ? f->ends[f->depth - 1] + 1 : 0;
	text_add(t, "<li class=\"leaf %s\">", kind_class(e));
	name(t, path + begin, len - begin, strcmp(json_text(e, "type"), "dir") == 0);
	about(t, e);
	text_add(t, "</li>\n");
}

static void counts(struct text *t, const json_t *scenario)
{
	static const char *const kinds[] = { "added", "changed", "removed" };
	const json_t *changes = json_map(scenario, "changes");
	bool is_first = true;

	for (size_t k = 0; k < COUNT(kinds); k++) {
		size_t len = json_array_size(json_list(changes, kinds[k]));

		if (len)
			text_add(
				t, "%s<span class=\"%s\">%zu %s</span>", is_first ? "" : ", ", kinds[k], len, kinds[k]);
		is_first = is_first && !len;
	}
}

void page_tree(struct text *t, const json_t *scenario)
{
	json_t *entries = json_list(scenario, "entries"), *e;
	size_t all = json_array_size(entries), len = all < ENTRIES_MAX ? all : ENTRIES_MAX, i;
	struct folders f = { 0 };

	if (!all)
		return;
	const json_t **sorted = mem_alloc(all * sizeof *sorted);
	json_array_foreach(entries, i, e)
		sorted[i] = e;
	qsort((void *)sorted, all, sizeof *sorted, by_path);
	text_add(t, "<h3>Files: ");
	counts(t, scenario);
	text_add(t, "</h3><ul class=\"tree\">\n");
	for (i = 0; i < len; i++)
		add_entry(t, &f, sorted[i], i + 1 < all ? path_of(sorted[i + 1]) : "", all <= OPEN_MAX);
	close_to(t, &f, 0);
	text_add(t, "</ul>\n");
	page_more(t, len, all);
	free((void *)sorted);
}
