/* diff_page.h - a comparison as files for people and programs: diff.json, diff.html. */
#pragma once
#include "base/err.h"
#include "base/json.h"

/* diff: {"old": {"packages", "reports"}, "new": the same, "findings", "impact_floor"}. */
char *diff_html(const json_t *diff); /* one page, nothing from elsewhere; malloc */
int diff_write(const char *dir, const json_t *diff, struct err *e) __attribute__((warn_unused_result));
