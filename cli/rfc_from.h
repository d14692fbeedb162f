/* rfc_from.h - a request's fields from a file. */
#pragma once
#include "base/json.h"

/* Puts into request what it does not have yet. Our names, or those of ITSM tools (short_description, implementation_plan, start_date, ...); times without an
 * offset are read in zone. */
int fields_of_file(const char *path, const char *zone, json_t *request, struct err *e) MUST;
