/* depends.h - what a package manager says is missing. */
#pragma once
#include <stddef.h>

struct trial;
/* Each dependency that dpkg, apt or rpm could not find, as it said in its output, becomes a finding of its own. */
void depends_find(struct trial *t, const char *output, size_t len);
