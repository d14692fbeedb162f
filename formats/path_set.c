/* path_set.c - open addressing with FNV-1a; the set lives as long as one package is written. */
#include "formats/path_set.h"
#include <string.h>

static size_t slot_of(const char *const *at, size_t room, const char *path, size_t len)
{
	uint64_t hash = 14695981039346656037u;
	size_t slot;

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ (unsigned char)path[i]) * 1099511628211u;
	slot = (size_t)hash & (room - 1);
	while (at[slot] && (strncmp(at[slot], path, len) != 0 || at[slot][len]))
		slot = (slot + 1) & (room - 1);
	return slot;
}

static void grow(struct path_set *s)
{
	size_t room = s->room ? 2 * s->room : 1024;
	const char **at = mem_alloc(room * sizeof *at);

	for (size_t i = 0; i < s->room; i++)
		if (s->at[i])
			at[slot_of(at, room, s->at[i], strlen(s->at[i]))] = s->at[i];
	free(s->at);
	s->at = at;
	s->room = room;
}

bool path_set_has(const struct path_set *s, const char *path, size_t len)
{
	return s->room > 0 && s->at[slot_of(s->at, s->room, path, len)];
}

bool path_set_add(struct path_set *s, const char *path, size_t len)
{
	size_t slot;

	if (2 * (s->len + 1) > s->room)
		grow(s);
	slot = slot_of(s->at, s->room, path, len);
	if (s->at[slot])
		return false;
	s->at[slot] = arena_copy(&s->arena, path, len);
	s->len++;
	return true;
}

void path_set_done(struct path_set *s)
{
	free(s->at);
	arena_done(&s->arena);
	*s = (struct path_set){ 0 };
}
