/* built_from.h - which modules a program was built from, as the compilers of Go and Rust (cargo auditable) leave it in the program. Private to
 * inspect/. Runs in the confined decoder; any bytes. */
#pragma once
#include "inspect/looked.h"

/* kind: "go", "cargo". Any text. */
typedef void built_from_told(void *to, const char *kind, const char *name, const char *version);
/* How many were not told because there are too many, or because what says so is damaged (1). */
size_t built_from(const struct looked *file, built_from_told *tell, void *to);
