/* pathmap.c - open addressing, at most half full. */
#include "repackager/pathmap.h"
#include "base/digest.h"
#include <string.h>

enum { ROOM_FIRST = 64 };

static uint64_t hash(uint64_t key, const char *path)
{
	uint64_t h = key;

	for (; *path; path++) {
		h = (h ^ (unsigned char)*path) * 0x9e3779b97f4a7c15u;
		h ^= h >> 29 ^ key;
	}
	return h ^ h >> 32;
}

static struct pathmap_slot *slot(const struct pathmap *m, const char *path)
{
	size_t at = hash(m->key, path) & (m->room - 1);

	while (m->at[at].path && strcmp(m->at[at].path, path) != 0)
		at = (at + 1) & (m->room - 1);
	return &m->at[at];
}

static void grow(struct pathmap *m)
{
	struct pathmap old = *m;

	if (m->room == 0)
		random_bytes(&m->key, sizeof m->key);
	m->room = old.room ? old.room * 2 : ROOM_FIRST;
	m->at = mem_alloc(m->room * sizeof *m->at);
	for (size_t i = 0; i < old.room; i++)
		if (old.at[i].path)
			*slot(m, old.at[i].path) = old.at[i];
	free(old.at);
}

bool pathmap_put(struct pathmap *m, const char *path, size_t value)
{
	if (2 * (m->len + 1) > m->room)
		grow(m);
	struct pathmap_slot *s = slot(m, path);
	if (s->path)
		return false;
	*s = (struct pathmap_slot){ path, value };
	m->len++;
	return true;
}

size_t *pathmap_get(const struct pathmap *m, const char *path)
{
	if (m->room == 0)
		return NULL;
	struct pathmap_slot *s = slot(m, path);
	return s->path ? &s->value : NULL;
}

void pathmap_done(struct pathmap *m)
{
	free(m->at);
	*m = (struct pathmap){ 0 };
}
