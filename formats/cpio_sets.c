/* cpio_sets.c - a hash table of hard link sets by everything their members must have in common. */
#include "formats/cpio_sets.h"
#include <string.h>

static bool is_same(const struct cpio_header *a, const struct cpio_header *b)
{
	return a->dev == b->dev && a->ino == b->ino && a->mode == b->mode && a->uid == b->uid && a->gid == b->gid &&
		a->mtime == b->mtime && a->links == b->links && (!cpio_repeats_data(a->format) || a->size == b->size);
}

/* The seed is ours: whoever made the archive cannot choose numbers that meet. */
static size_t hash(const struct cpio_sets *s, const struct cpio_header *h)
{
	const uint64_t parts[] = { h->dev, h->ino, h->mode, h->uid, h->gid, (uint64_t)h->mtime, h->links };
	uint64_t v = s->seed;

	for (size_t i = 0; i < COUNT(parts); i++) {
		v = (v ^ parts[i]) * 0x9e3779b97f4a7c15ull;
		v ^= v >> 29;
	}
	return (size_t)(v ^ s->seed >> 7);
}

static void place(struct cpio_sets *s, size_t index)
{
	size_t at = hash(s, &s->sets.at[index].key) & (s->room - 1);

	while (s->table[at])
		at = (at + 1) & (s->room - 1);
	s->table[at] = (uint32_t)index + 1;
}

static void grow(struct cpio_sets *s)
{
	if (s->room == 0)
		random_bytes(&s->seed, sizeof s->seed);
	s->room = s->room ? 2 * s->room : 64;
	free(s->table);
	s->table = mem_alloc(s->room * sizeof *s->table);
	for (size_t i = 0; i < s->sets.len; i++)
		place(s, i);
}

struct cpio_set *cpio_set_of(struct cpio_sets *s, const struct cpio_header *h)
{
	struct cpio_set *set;

	if (2 * (s->sets.len + 1) > s->room)
		grow(s);
	for (size_t at = hash(s, h) & (s->room - 1); s->table[at]; at = (at + 1) & (s->room - 1))
		if (is_same(&s->sets.at[s->table[at] - 1].key, h))
			return &s->sets.at[s->table[at] - 1];
	set = LIST_ADD(&s->sets);
	*set = (struct cpio_set){ .key = *h, .first = CPIO_NO_NAME, .last = CPIO_NO_NAME };
	place(s, s->sets.len - 1);
	return set;
}

void cpio_set_wait(struct cpio_sets *s, struct cpio_set *set, const char *path)
{
	long index = (long)s->names.len;

	*LIST_ADD(&s->names) = (struct cpio_name){ path, CPIO_NO_NAME };
	if (set->first == CPIO_NO_NAME)
		set->first = index;
	else
		s->names.at[set->last].next = index;
	set->last = index;
}

void cpio_sets_done(struct cpio_sets *s)
{
	LIST_DONE(&s->sets);
	LIST_DONE(&s->names);
	free(s->table);
	s->table = NULL;
	s->room = 0;
}
