/* calendar_impl.h - what the parts of the calendar reader share. */
#pragma once
#include "base/when_zone.h"
#include "release/gate/calendar.h"
#include <libical/ical.h>

/* calendar_lines.c: the file's skeleton, looked at before libical, which forgives: BEGIN and END in pairs, only components that are known here.
 * ret_text: its lines, unfolded; malloc. */
struct calendar_shape {
	int events, zones;
};
int calendar_shape(const char *bytes, size_t len, char **ret_text, struct calendar_shape *ret, struct err *e) MUST;

/* calendar_zone.c: the zones that a file's times name, each found once. */
struct calendar_zone {
	char *name;
	struct zone known; /* of the tz database */
	icaltimezone *own; /* of the file; NULL: known counts */
};
struct calendar_zones {
	const char *fallback; /* the policy's */
	icalcomponent *file;
	struct calendar_zone *at;
	size_t len, room;
};
/* A time of a property as seconds since 1970. name: its TZID, or NULL. */
int calendar_utc(struct calendar_zones *z, struct icaltimetype t, const char *name, int64_t *ret, struct err *e) MUST;
/* The clock on the wall, counted as if it were UTC. */
int64_t calendar_wall(struct icaltimetype t);
void calendar_zones_done(struct calendar_zones *z);
