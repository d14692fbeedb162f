/* diff_set.h - one side of `sluice diff`: a package, several, or a folder that holds only packages; with test reports of them. */
#pragma once
#include "base/base.h"
#include "base/err.h"
#include "base/json.h"
#include <stdbool.h>

typedef LIST(char *) path_list;
void path_list_done(path_list *list);
/* Adds the path, or, when it is a folder that holds only packages, each of them, sorted by name. Packages are told by their content; signatures and
 * checksum lists beside them are passed over. Any other folder is one input of its own (format `dir`). */
int diff_set_add(path_list *list, const char *path, struct err *e) MUST;
/* A report.json, or the folder that `sluice test --report` made. */
int diff_report_load(const char *path, json_t **ret, struct err *e) MUST;
