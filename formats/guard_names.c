/* guard_names.c - names that a person or another file system takes for the same: case, Unicode spelling, usr-merge. */
#include "base/text.h"
#include "formats/guard_private.h"
#include "formats/guard_unicode.h"
#include <stdio.h>
#include <string.h>

/* Calls for each character of the name's canonical spelling; broken UTF-8 goes byte by byte. The hash of that, folded or not. */
static uint64_t spelled(const char *name, size_t len, bool fold)
{
	uint64_t h = 0xcbf29ce484222325u;

	for (size_t i = 0, size; i < len; i += size) {
		uint32_t c = (unsigned char)name[i], parts[UNICODE_MOST];
		size_t count;

		if (c < 0x80) {
			size = 1;
			h = (h ^ (fold ? unicode_fold(c) : c)) * 0x9e3779b97f4a7c15u, h ^= h >> 31;
			continue;
		}
		size = text_utf8(name + i, len - i, &c);
		if (size == 0) {
			c = 0x110000u + (unsigned char)name[i];
			size = 1;
		}
		count = unicode_decompose(c, parts);
		for (size_t k = 0; k < count; k++)
			h = (h ^ (fold ? unicode_fold(parts[k]) : parts[k])) * 0x9e3779b97f4a7c15u, h ^= h >> 31;
	}
	return h;
}

static const char *name_of(const struct guard_node *n, size_t *ret_len)
{
	*ret_len = n->path_len - n->name_at;
	return n->path + n->name_at;
}

static uint64_t key_of(const struct guard *g, const struct guard_node *n)
{
	size_t len;
	const char *name = name_of(n, &len);

	return spelled(name, len, true) ^ ((uint64_t)n->parent->hash << 32 | n->parent->hash) ^ g->root.hash;
}

/* The other name beside this one that folds to the same; NULL: none. */
static struct guard_node *twin(const struct guard *g, const struct guard_node *n, uint64_t key)
{
	const struct guard_set *s = &g->folded;

	if (s->room == 0)
		return NULL;
	for (size_t i = key & (s->room - 1); s->at[i]; i = (i + 1) & (s->room - 1))
		if (s->at[i]->parent == n->parent && s->at[i] != n && s->at[i]->fold == key)
			return s->at[i];
	return NULL;
}

static uint64_t fold_of(const struct guard_node *n)
{
	return n->fold;
}

static void tell(struct guard *g, const struct guard_node *n, const struct guard_node *other)
{
	size_t len, other_len;
	const char *name = name_of(n, &len), *other_name = name_of(other, &other_len);
	bool is_case = spelled(name, len, false) != spelled(other_name, other_len, false);
	char where[512];

	snprintf(where, sizeof where, "%.*s", (int)n->path_len, n->path);
	guard_warn(g, is_case ? "E_NAME_COLLISION_CASE" : "E_NAME_COLLISION_UNICODE", where,
		is_case ? "differs from %.*s only in case" : "differs from %.*s only in how Unicode spells it",
		(int)(other->path_len < 400 ? other->path_len : 400), other->path);
}

int guard_fold(struct guard *g, struct guard_node *node, struct err *e)
{
	if (g->pkg == NULL)
		return 0;
	/* Folders that no entry tells of are looked at with the first entry beneath them. */
	for (struct guard_node *n = node; n != &g->root && !n->is_folded; n = n->parent) {
		uint64_t key = key_of(g, n);
		const struct guard_node *other = twin(g, n, key);

		n->is_folded = true;
		n->fold = key;
		if (other)
			tell(g, n, other);
		guard_set_add(&g->folded, n, fold_of);
	}
	return 0;
}

/* file-hierarchy(7): on a merged system these are links into /usr. */
static const char *const merged[] = { "/bin/", "/sbin/", "/lib/", "/lib32/", "/lib64/", "/libx32/", "/libo32/" };

static struct guard_node *alias_of(struct guard *g, const struct guard_node *n, char *path, size_t room)
{
	bool in_usr = text_starts(n->path, "/usr/");
	const char *rest = in_usr ? n->path + 4 : n->path;

	for (size_t i = 0; i < COUNT(merged); i++) {
		if (!text_starts(rest, merged[i]))
			continue;
		if ((size_t)snprintf(path, room, "%s%s", in_usr ? "" : "/usr", rest) >= room)
			return NULL;
		return guard_tree_find(g, path, strlen(path));
	}
	return NULL;
}

int guard_alias(struct guard *g, const struct guard_node *node, struct err *e)
{
	char path[8192];
	const struct guard_node *other = alias_of(g, node, path, sizeof path);

	if (other == NULL || !other->has_entry || (other->type == ENTRY_DIR && node->type == ENTRY_DIR))
		return 0;
	/* A link from the one to the other is how packages bridged the merge; a plain archive may be somebody's whole unmerged system. */
	if (node->type == ENTRY_SYMLINK || other->type == ENTRY_SYMLINK || g->pkg == NULL || !g->pkg->has_metadata) {
		guard_warn(
			g, "E_NAME_COLLISION", node->path, "is the same file as %s where /usr is merged", other->path);
		return 0;
	}
	return err_input(
		e, "E_NAME_COLLISION", "%s and %s are the same file where /usr is merged", node->path, other->path);
}
