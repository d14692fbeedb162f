/* index_set.h - what index_apt.c and index_rpmmd.c share. */
#pragma once
#include "formats/index.h"

/* Takes path and bytes (malloc) and hashes them; the result is valid until the next one is added. */
struct index_item *index_set_add(struct index_set *s, char *path, char *bytes, size_t len);
