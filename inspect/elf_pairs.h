/* elf_pairs.h - which program of the old version is which of the new one, although folders and names carry versions. Private to inspect/. */
#pragma once
#include "inspect/inspect.h"

struct looked;
/* A new item with "path", "machine", "soname" (where it has one) of a file that looked->elf tells about; NULL: no such file, or the list is full
 * (counted). */
json_t *elf_item(const struct looked *file, json_t *facts, const char *key);
/* A program, library or zip archive that is too large to be seen whole: tls-dropped tells it for all checks. */
bool elf_is_unseen(const struct looked *file);

/* An index over such items, owned by the caller: by place, by place without version numbers, by soname, by name without version numbers. */
json_t *elf_pairs(const json_t *items);
/* The file of the other version that this one is; NULL: none, or more than one could be meant. */
const json_t *elf_pair(const json_t *index, const json_t *item);
