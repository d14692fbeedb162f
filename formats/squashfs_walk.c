/* squashfs_walk.c - from a squashfs image's root down: every entry to the guard once; one file looked up by its name. */
#include "formats/squashfs_private.h"
#include <fnmatch.h>
#include <string.h>

enum { ENTRY_ARENA = 24 << 20, LINKS_MOST = 8 };

/* Inodes that were met, by their place: a second name of a file is a hard link, a second one of a directory a loop. Paths live in the guard. */
struct seen {
	struct {
		uint64_t ref;
		const char *path;
	} * at;
	size_t len, room; /* room: a power of two */
};

static size_t seen_slot(const struct seen *s, uint64_t ref)
{
	size_t i = (size_t)(ref * 0x9e3779b97f4a7c15ull >> 20) & (s->room - 1);

	while (s->at[i].path && s->at[i].ref != ref)
		i = (i + 1) & (s->room - 1);
	return i;
}

static void seen_grow(struct seen *s)
{
	struct seen more = { .room = s->room ? 2 * s->room : 1024, .len = s->len };

	more.at = mem_alloc(more.room * sizeof *more.at);
	for (size_t i = 0; i < s->room; i++)
		if (s->at[i].path)
			more.at[seen_slot(&more, s->at[i].ref)] = s->at[i];
	free(s->at);
	*s = more;
}

/* The path the inode came under first; NULL: this is the first time. */
static const char *seen_before(struct seen *s, uint64_t ref, const char *path)
{
	size_t i;

	if (2 * (s->len + 1) > s->room)
		seen_grow(s);
	i = seen_slot(s, ref);
	if (s->at[i].path)
		return s->at[i].path;
	s->at[i].ref = ref;
	s->at[i].path = path;
	s->len++;
	return NULL;
}

struct level {
	struct squash_names names;
	size_t next;
	const char *path; /* "" for the root */
};
struct walk {
	struct squashfs *q;
	struct guard *g;
	struct sink *sink;
	struct pkg *pkg;
	bool is_nodev;
	struct seen seen;
	uint64_t pending; /* names in all levels */
	LIST(struct level) levels;
};

static int walk_down(struct walk *w, const struct squash_inode *dir, const char *path, struct err *e)
{
	struct level next = { .path = path };

	if (w->levels.len > w->q->limits->depth)
		return err_input(e, "E_LIMIT_DEPTH", "more than %u directories in one another", w->q->limits->depth);
	if (squash_list(w->q, dir, w->q->limits->entries - w->pending, &next.names, e))
		return -1;
	w->pending += next.names.len;
	*LIST_ADD(&w->levels) = next;
	return 0;
}

static void walk_up(struct walk *w)
{
	squash_names_done(&w->levels.at[--w->levels.len].names);
}

static const enum entry_type entry_types[] = { [SQUASH_DIR] = ENTRY_DIR,
	[SQUASH_FILE] = ENTRY_FILE,
	[SQUASH_SYMLINK] = ENTRY_SYMLINK,
	[SQUASH_BLOCK] = ENTRY_BLOCK,
	[SQUASH_CHAR] = ENTRY_CHAR,
	[SQUASH_FIFO] = ENTRY_FIFO };

/* What every entry has; its target, attributes and map of holes live in a. */
static int fill(struct walk *w, const struct squash_inode *i, struct entry *en, struct arena *a, struct err *e)
{
	AUTO_FREE char *target = NULL;

	en->mode = i->mode;
	en->uid = i->uid;
	en->gid = i->gid;
	en->mtime = i->mtime;
	en->dev_major = i->device >> 8 & 0xfff; /* the kernel's new_decode_dev() */
	en->dev_minor = (i->device & 0xff) | (i->device >> 12 & 0xfff00);
	if (i->type == SQUASH_SYMLINK) {
		if (squash_target(w->q, i, &target, e))
			return -1;
		en->target = arena_str(a, target);
		if (en->target == NULL)
			return err_input(e, "E_LIMIT_MEMORY", "a link's target takes too much memory");
	}
	if (i->type == SQUASH_FILE) {
		en->size = i->size;
		if (squash_extents(w->q, i, en, a, e))
			return -1;
	}
	return squash_xattrs(w->q, i, en, a, e);
}

/* A second name of an inode. Package formats link files only: another name of a symlink becomes a symlink of its own. */
static bool is_hardlink(struct walk *w, const struct squash_inode *i, uint64_t ref, struct entry *en)
{
	const char *first = i->type == SQUASH_DIR ? NULL : seen_before(&w->seen, ref, en->path);

	if (first == NULL)
		return false;
	if (i->type != SQUASH_FILE) {
		if (w->pkg)
			pkg_lose(w->pkg, "*", LOSS_NOTE, "hard links to what is no file become copies", "hardlink:%s",
				en->path);
		return false;
	}
	en->type = ENTRY_HARDLINK;
	en->target = first;
	return true;
}

static int pass_inode(struct walk *w, const struct squash_inode *i, uint64_t ref, struct entry *en, struct err *e)
{
	AUTO(arena) a = { 0 };

	arena_init(&a, ENTRY_ARENA);
	if (i->type == SQUASH_SOCKET)
		return err_input(e, "E_SPECIAL_FILE", "%s is a socket", en->path);
	en->type = entry_types[i->type];
	if (!is_hardlink(w, i, ref, en) && fill(w, i, en, &a, e))
		return -1;
	if (en->type == ENTRY_HARDLINK) {
		en->mode = i->mode;
		en->uid = i->uid;
		en->gid = i->gid;
		en->mtime = i->mtime;
	}
	if (sink_entry_begin(w->sink, en, e) || (en->type == ENTRY_FILE && squash_data(w->q, i, w->sink, e)) ||
		sink_entry_end(w->sink, e))
		return -1;
	return 0;
}

static int pass_name(struct walk *w, const char *dir, const struct squash_name *n, struct err *e)
{
	AUTO_FREE char *raw = mem_printf("%s/%s", dir, n->name);
	struct squash_inode inode;
	struct entry en;

	entry_init(&en);
	if (guard_path(w->g, raw, strlen(raw), true, &en.path, e))
		return -1;
	if (squash_inode(w->q, n->ref, &inode, e))
		return err_wrap(e, "%s", en.path);
	if (inode.type != n->type)
		return err_input(e, "E_MISMATCH", "%s: its directory and its inode name different types", en.path);
	if (inode.type == SQUASH_DIR && seen_before(&w->seen, n->ref, en.path))
		return err_input(e, "E_LOOP", "the directory %s stands in the image twice", en.path);
	if (w->is_nodev && inode.type >= SQUASH_BLOCK) {
		pkg_warn(w->pkg, "E_SPECIAL_FILE", en.path,
			"a device or pipe, which does not work at home either, is left out");
		pkg_lose(w->pkg, "*", LOSS_NOTE, "devices and pipes of this format are dead where it is mounted",
			"special:%s", en.path);
		return 0;
	}
	if (pass_inode(w, &inode, n->ref, &en, e))
		return err_wrap(e, "%s", en.path);
	return inode.type == SQUASH_DIR ? walk_down(w, &inode, en.path, e) : 0;
}

static int root_of(struct squashfs *q, struct squash_inode *ret, struct err *e)
{
	if (squash_inode(q, q->root, ret, e))
		return err_wrap(e, "the root directory");
	return ret->type == SQUASH_DIR ? 0 : err_input(e, "E_CORRUPT", "the root is no directory");
}

static int walk(struct walk *w, struct err *e)
{
	struct squash_inode root;

	if (root_of(w->q, &root, e))
		return -1;
	seen_before(&w->seen, w->q->root, "/");
	if (walk_down(w, &root, "", e))
		return -1;
	if (w->levels.at[0].names.len == 0)
		return err_input(e, "E_EMPTY", "the image holds no entries");
	while (w->levels.len > 0) {
		struct level *top = &w->levels.at[w->levels.len - 1];
		struct squash_name *n;

		if (top->next == top->names.len) {
			walk_up(w);
			continue;
		}
		n = &top->names.at[top->next++];
		if (pass_name(w, top->path, n, e))
			return err_member(e, n->name);
	}
	return 0;
}

int squashfs_pass(struct squashfs *q, struct guard *g, struct pkg *pkg, bool is_nodev, struct err *e)
{
	struct walk w = {
		.q = q, .g = g, .sink = guard_sink(g), .pkg = pkg, .is_nodev = is_nodev && !q->limits->devices
	};
	int done = walk(&w, e);

	while (w.levels.len > 0)
		walk_up(&w);
	LIST_DONE(&w.levels);
	free(w.seen.at);
	return done;
}

/* ---- one file */

/* Collects what squash_data gives. */
struct catch
{
	struct sink sink;
	char *at;
	size_t len, room;
};

static int on_data(struct sink *s, const void *bytes, size_t len, struct err *e)
{
	struct catch *c = (struct catch *)s;

	if (len > c->room - c->len)
		return err_input(e, "E_CORRUPT", "a file longer than it says");
	if (bytes)
		memcpy(c->at + c->len, bytes, len);
	c->len += len;
	return 0;
}

static const struct sink_ops catch_ops = { .data = on_data };

static int read_file(
	struct squashfs *q, const struct squash_inode *i, size_t most, char **ret, size_t *ret_len, struct err *e)
{
	struct catch c = { .sink = { &catch_ops } };

	if (i->size > most)
		return err_input(
			e, "E_LIMIT_METADATA", "%llu bytes, at most %zu are read", (unsigned long long)i->size, most);
	c.room = (size_t)i->size;
	c.at = mem_alloc(c.room + 1);
	if (squash_data(q, i, &c.sink, e)) {
		free(c.at);
		return -1;
	}
	*ret = c.at;
	*ret_len = c.len;
	return 0;
}

/* 1: found, 0: not, -1. */
static int find_name(struct squashfs *q, const struct squash_inode *dir, const char *pattern, struct squash_inode *ret,
	struct err *e)
{
	struct squash_names names = { 0 };
	int found = 0;

	if (squash_list(q, dir, q->limits->entries, &names, e))
		return -1;
	for (size_t i = 0; i < names.len && found == 0; i++)
		if (fnmatch(pattern, names.at[i].name, 0) == 0)
			found = squash_inode(q, names.at[i].ref, ret, e) ? -1 : 1;
	squash_names_done(&names);
	return found;
}

/* A link met on the way: its target and what is left of the path, looked for from where the link stands, or from the root. */
static int follow(struct squashfs *q, const struct squash_inode *link, const char *dir, const char *rest, char **path,
	struct err *e)
{
	AUTO_FREE char *target = NULL;
	char *next;

	if (squash_target(q, link, &target, e))
		return -1;
	if (target[0] == '/')
		next = mem_printf("%s%s%s", target + 1, *rest ? "/" : "", rest);
	else
		next = mem_printf("%s%s%s%s%s", dir, *dir ? "/" : "", target, *rest ? "/" : "", rest);
	free(*path); /* rest was a part of it */
	*path = next;
	return 0;
}

/* Walks *path from the root; 2: met a link, *path is new. ".." is not followed: no image that we know of needs it. */
static int find_path(struct squashfs *q, char **path, struct squash_inode *at, struct err *e)
{
	size_t begin = 0;

	if (root_of(q, at, e))
		return -1;
	for (;;) {
		size_t end = begin + strcspn(*path + begin, "/");
		AUTO_FREE char *name = mem_printf("%.*s", (int)(end - begin), *path + begin);
		AUTO_FREE char *dir = mem_printf("%.*s", (int)(begin ? begin - 1 : 0), *path);
		const char *rest = *path + end + ((*path)[end] == '/');
		int found = at->type == SQUASH_DIR ? find_name(q, at, name, at, e) : 0;

		if (found <= 0)
			return found;
		if (at->type == SQUASH_SYMLINK)
			return follow(q, at, dir, rest, path, e) ? -1 : 2;
		if (*rest == 0)
			return 1;
		begin = (size_t)(rest - *path);
	}
}

int squashfs_file(
	struct squashfs *q, const char *pattern, size_t most, char **ret_bytes, size_t *ret_len, struct err *e)
{
	AUTO_FREE char *path = mem_strdup(pattern);
	struct squash_inode inode;
	int found = 2;

	for (int links = 0; found == 2 && links < LINKS_MOST; links++)
		found = find_path(q, &path, &inode, e);
	if (found < 0)
		return err_wrap(e, "%s", pattern);
	if (found != 1 || inode.type != SQUASH_FILE) {
		*ret_bytes = NULL;
		*ret_len = 0;
		return 0;
	}
	return read_file(q, &inode, most, ret_bytes, ret_len, e) ? err_wrap(e, "%s", pattern) : 0;
}
