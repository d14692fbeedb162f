/* script_lines.h - commands in maintainer scripts that give rights away: chmod, setcap, dpkg-statoverride. Private to inspect/. */
#pragma once
#include "inspect/inspect.h"

enum script_grant { GRANT_SETUID = 1, GRANT_WORLD_WRITE = 2, GRANT_CAPABILITY = 4 };
/* A list (fact.h) of {"source", "path": LINE}: every script line that grants any of `grants`. */
json_t *script_lines(const struct pkg *pkg, unsigned grants);
/* Findings for lines that the old version's scripts did not have. */
void script_lines_compare(struct compare *c, const char *key, const char *text, const char *remedy);
