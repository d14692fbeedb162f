/* digest_map.h - a table by sha256, each with a value of one fixed size: sets that grow with a channel, at the price of their bytes.
 *
 * A text is asked for by its digest (digest_map_key). The values start as zeros and stand where they are until the next put. */
#pragma once
#include "base/base.h"
#include <stdbool.h>

enum { DIGEST_KEY = 32 };
struct digest_map {
	size_t value; /* bytes of one; set it before the first put, nothing else */
	unsigned char *entries;
	size_t len, room;
	uint32_t *slots; /* number of an entry, from 1; 0: none */
	size_t slots_len;
};
void digest_map_done(struct digest_map *m);
/* The value of that key, made when it is new. */
void *digest_map_put(struct digest_map *m, const unsigned char key[DIGEST_KEY], bool *ret_is_new);
/* NULL: it is not there. */
void *digest_map_find(const struct digest_map *m, const unsigned char key[DIGEST_KEY]);
/* sha256 of the bytes. */
void digest_map_key(const void *bytes, size_t len, unsigned char ret[DIGEST_KEY]);
