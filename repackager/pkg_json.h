/* pkg_json.h - a package as `inspect --json` shows it (cli.md). */
#pragma once
#include "base/json.h"
#include "formats/pkg.h"

/* sha256 "" for a folder. Entries must be sorted. signature status is "not-checked": sign/ judges, here nothing does. */
json_t *pkg_json(const struct pkg *p, const char *path, uint64_t size, const char *sha256);
json_t *relation_json(const struct relation *r);
json_t *loss_json(const struct loss *l);
