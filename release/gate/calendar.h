/* calendar.h - an iCalendar file (RFC 5545): which spans of time it marks. Pure: bytes in, spans out; no clock.
 *
 * The file's meaning is its place in the policy (blackouts of a process, or the allowed windows), so every event in it counts, whether its author
 * shows as busy or free (TRANSP). What was cancelled (STATUS:CANCELLED) does not. What might say something and is not understood refuses the whole
 * file: a component that is no event, a rule that repeats within a day, an EXRULE, a change of all later ones (RANGE), an unknown time zone. A time
 * without a zone, and a whole day, are of the policy's zone. A zone is the tz database's where it has that name, else the file's own VTIMEZONE. */
#pragma once
#include "base/json.h"

enum {
	CALENDAR_BYTES_MAX = 4 << 20,
	CALENDAR_EVENTS_MAX = 5000,
	CALENDAR_STEPS_MAX = 50000, /* occurrences looked at, of all events together */
	CALENDAR_BLOCKS_MAX = 20000 /* in the answer */
};

/* What touches [from, until), sorted by its beginning: [{"from","until","text"} and "tentative": true where its author is not sure yet]. zone: of the
 * policy ("UTC" when NULL or empty). ERR_INPUT with the line where it can be told. */
int calendar_read(const char *bytes, size_t len, const char *zone, int64_t from, int64_t until, json_t **ret_busy,
	struct err *e) MUST;
