/* service_map.h - which package belongs to which service, process and department, from a table that people keep elsewhere. */
#pragma once
#include "base/json.h"

/* CSV with a first line of column names: package and service; process, department, blackouts, expected-downtime where there are any, in any order. Gives the policy's
 * sections {"services": {NAME: {"packages"}}, "processes": {NAME: {"department","services"[,"blackouts","expected-downtime"]}}} in the table's order.
 * ERR_USAGE with FILE:LINE for what is no such table or says two things of one process. */
int service_map_parse(const char *bytes, size_t len, const char *file, json_t **ret, struct err *e) MUST;
/* As YAML: both sections under their names, or one section alone as a file of its own (policy, include). Malloc. */
char *service_map_yaml(const json_t *map, const char *section);
