/* relation_text.h - what relation_*.c and the deb writer share; for formats/ only. */
#pragma once
#include "formats/pkg.h"

/* What dpkg takes as a package's name. */
bool relation_deb_name_valid(const char *name, size_t len);
/* May a field of this kind hold "a | b"? */
bool relation_deb_allows_or(enum rel_kind kind);
