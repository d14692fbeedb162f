/* calendar_pages.h - the forward schedule (release_forward's shape) as an iCalendar file and as a picture. */
#pragma once
#include "base/json.h"

/* RFC 5545; texts escaped, lines folded. Malloc. */
char *calendar_ics(const json_t *forward, int64_t now);
/* Months at a glance: a row a month, a lane each for windows, a process's blackouts and its changes; conflicts are framed. Malloc. */
char *calendar_svg(const json_t *forward);
