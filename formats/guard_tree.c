/* guard_tree.c - every name of the package once, found by parent and last component. */
#include "formats/guard_private.h"
#include <string.h>

static uint32_t hash_name(uint32_t seed, const char *name, size_t len)
{
	uint64_t h = seed * 0x9e3779b97f4a7c15u + 0x100;

	for (size_t i = 0; i < len; i++)
		h = (h ^ (unsigned char)name[i]) * 0x100000001b3u;
	h ^= h >> 29;
	h *= 0xbf58476d1ce4e5b9u;
	return (uint32_t)(h >> 32);
}

static const char *name_of(const struct guard_node *n)
{
	return n->path + n->name_at;
}

static bool is_node(
	const struct guard_node *n, const struct guard_node *dir, uint32_t hash, const char *name, size_t len)
{
	return n->hash == hash && n->parent == dir && n->path_len - n->name_at == len &&
		memcmp(name_of(n), name, len) == 0;
}

static struct guard_node *find(
	const struct guard_set *s, const struct guard_node *dir, uint32_t hash, const char *name, size_t len)
{
	if (s->room == 0)
		return NULL;
	for (size_t i = hash & (s->room - 1); s->at[i]; i = (i + 1) & (s->room - 1))
		if (is_node(s->at[i], dir, hash, name, len))
			return s->at[i];
	return NULL;
}

static void place(struct guard_set *s, struct guard_node *n, uint64_t key)
{
	size_t i = key & (s->room - 1);

	while (s->at[i])
		i = (i + 1) & (s->room - 1);
	s->at[i] = n;
}

void guard_set_add(struct guard_set *s, struct guard_node *n, uint64_t (*key)(const struct guard_node *))
{
	if (s->len * 2 >= s->room) {
		struct guard_set bigger = { .room = s->room ? s->room * 2 : 256, .len = s->len };

		bigger.at = mem_alloc(bigger.room * sizeof *bigger.at);
		for (size_t i = 0; i < s->room; i++)
			if (s->at[i])
				place(&bigger, s->at[i], key(s->at[i]));
		free(s->at);
		*s = bigger;
	}
	place(s, n, key(n));
	s->len++;
}

static uint64_t key_of(const struct guard_node *n)
{
	return n->hash;
}

void guard_set_done(struct guard_set *s)
{
	free(s->at);
	*s = (struct guard_set){ 0 };
}

struct guard_node *guard_tree_child(const struct guard *g, const struct guard_node *dir, const char *name, size_t len)
{
	return find(&g->names, dir, hash_name(dir->hash, name, len), name, len);
}

/* Only a directory, told or implied, can have something beneath it. */
static int check_parent(const struct guard_node *dir, const char *path, struct err *e)
{
	if (!dir->has_entry || dir->type == ENTRY_DIR)
		return 0;
	if (dir->type == ENTRY_SYMLINK)
		return err_input(e, "E_LINK_ESCAPE", "%s would be written through the symlink %.*s", path,
			(int)dir->path_len, dir->path);
	return err_input(e, "E_DUPLICATE_NAME", "%s lies beneath %.*s, which is no directory", path, (int)dir->path_len,
		dir->path);
}

static struct guard_node *add(struct guard *g, struct guard_node *dir, const char *path, size_t name_at, size_t end)
{
	struct guard_node *n = arena_alloc(&g->arena, sizeof *n);

	if (n == NULL)
		return NULL;
	n->parent = dir;
	n->path = path;
	n->path_len = (uint32_t)end;
	n->name_at = (uint32_t)name_at;
	n->hash = hash_name(dir->hash, path + name_at, end - name_at);
	n->type = ENTRY_DIR;
	n->uid = n->gid = -1;
	dir->has_children = true;
	guard_set_add(&g->names, n, key_of);
	return n;
}

/* Where to start: the directory of the entry before when this one lies beneath it, else the root. */
static struct guard_node *start(struct guard *g, const char *path, size_t len, size_t *ret_at)
{
	struct guard_node *d = g->last_dir;

	for (; d != &g->root; d = d->parent)
		if (len > d->path_len && path[d->path_len] == '/' && memcmp(path, d->path, d->path_len) == 0)
			break;
	*ret_at = d == &g->root ? 1 : d->path_len + 1;
	return d;
}

int guard_tree_get(struct guard *g, const char *path, bool make, struct guard_node **ret, struct err *e)
{
	size_t len = strlen(path), at;
	struct guard_node *dir = start(g, path, len, &at);
	const char *kept = path == g->last_path ? path : NULL;

	for (;;) {
		const char *slash = memchr(path + at, '/', len - at);
		size_t end = slash ? (size_t)(slash - path) : len;
		struct guard_node *n;

		if (check_parent(dir, path, e))
			return -1;
		n = guard_tree_child(g, dir, path + at, end - at);
		if (n == NULL && !make)
			return *ret = NULL, 0;
		if (n == NULL) {
			if (kept == NULL)
				kept = arena_copy(&g->arena, path, len);
			n = kept ? add(g, dir, kept, at, end) : NULL;
			if (n == NULL)
				return err_input(e, "E_LIMIT_MEMORY", "the names of the package take too much memory");
		}
		if (slash == NULL) {
			/* A node that was only implied borrowed a longer path; its entry needs one that ends. */
			if (n->path[n->path_len] != 0) {
				n->path = kept ? kept : arena_copy(&g->arena, path, len);
				if (n->path == NULL)
					return err_input(
						e, "E_LIMIT_MEMORY", "the names of the package take too much memory");
			}
			g->last_dir = dir;
			return *ret = n, 0;
		}
		dir = n;
		at = end + 1;
	}
}

struct guard_node *guard_tree_find(const struct guard *g, const char *path, size_t len)
{
	const struct guard_node *dir = &g->root;
	struct guard_node *n = NULL;

	for (size_t at = 1, end; at < len; at = end + 1) {
		const char *slash = memchr(path + at, '/', len - at);

		end = slash ? (size_t)(slash - path) : len;
		n = guard_tree_child(g, dir, path + at, end - at);
		if (n == NULL)
			return NULL;
		dir = n;
	}
	return n;
}
