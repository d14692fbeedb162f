/* entry_mode.h - the type of an entry that a Unix mode says. */
#pragma once
#include "formats/pkg.h"

/* false: a socket, or no type at all; *ret is untouched. */
bool entry_type_of_mode(uint32_t mode, enum entry_type *ret);
/* The same for archives, which tell of a socket as of a pipe: the guard refuses both. */
bool entry_type_archived(uint32_t mode, enum entry_type *ret);
