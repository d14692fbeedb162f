/* digest_map.c - entries one behind the other, and open addressing over their numbers. */
#include "base/digest_map.h"
#include "base/digest.h"
#include <string.h>

enum { SLOTS_FIRST = 64, ENTRIES_FIRST = 32 };

static size_t entry_size(const struct digest_map *m)
{
	return DIGEST_KEY + (m->value + 7) / 8 * 8;
}

static unsigned char *entry_at(const struct digest_map *m, size_t i)
{
	return m->entries + i * entry_size(m);
}

void digest_map_done(struct digest_map *m)
{
	free(m->entries);
	free(m->slots);
	*m = (struct digest_map){ .value = m->value };
}

/* The slot that holds the key, or the empty one where it belongs. A digest is as good as random. */
static uint32_t *slot_of(const struct digest_map *m, const unsigned char *key)
{
	uint64_t at;

	memcpy(&at, key, sizeof at);
	for (;; at++) {
		uint32_t *slot = &m->slots[at & (m->slots_len - 1)];

		if (!*slot || memcmp(entry_at(m, *slot - 1), key, DIGEST_KEY) == 0)
			return slot;
	}
}

static void more_slots(struct digest_map *m)
{
	m->slots_len = m->slots_len ? 2 * m->slots_len : SLOTS_FIRST;
	free(m->slots);
	m->slots = mem_alloc(m->slots_len * sizeof *m->slots);
	for (size_t i = 0; i < m->len; i++)
		*slot_of(m, entry_at(m, i)) = (uint32_t)i + 1;
}

void *digest_map_put(struct digest_map *m, const unsigned char key[DIGEST_KEY], bool *ret_is_new)
{
	uint32_t *slot;

	if (4 * (m->len + 1) > 3 * m->slots_len)
		more_slots(m);
	slot = slot_of(m, key);
	*ret_is_new = !*slot;
	if (!*slot) {
		if (m->len == m->room) {
			m->room = m->room ? m->room + m->room / 2 : ENTRIES_FIRST;
			m->entries = mem_resize(m->entries, m->room * entry_size(m));
		}
		memcpy(entry_at(m, m->len), key, DIGEST_KEY);
		memset(entry_at(m, m->len) + DIGEST_KEY, 0, entry_size(m) - DIGEST_KEY);
		*slot = (uint32_t)++m->len;
	}
	return entry_at(m, *slot - 1) + DIGEST_KEY;
}

void *digest_map_find(const struct digest_map *m, const unsigned char key[DIGEST_KEY])
{
	const uint32_t *slot = m->slots_len ? slot_of(m, key) : NULL;

	return slot && *slot ? entry_at(m, *slot - 1) + DIGEST_KEY : NULL;
}

void digest_map_key(const void *bytes, size_t len, unsigned char ret[DIGEST_KEY])
{
	struct digest d;
	unsigned char whole[DIGEST_MAX];

	digest_init(&d, DIGEST_SHA256);
	digest_add(&d, bytes, len);
	digest_end(&d, whole);
	digest_done(&d);
	memcpy(ret, whole, DIGEST_KEY);
}
