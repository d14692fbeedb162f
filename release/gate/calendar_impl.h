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

struct calendar_except {
	int64_t at;
	bool is_day; /* takes out what begins on that day */
};
struct calendar_event {
	icalcomponent *component;
	const char *uid, *zone; /* zone: DTSTART's TZID, or NULL */
	struct icaltimetype start;
	int64_t begin, length; /* seconds since 1970; seconds */
	int days;              /* the length when it is whole days (or a nominal part of it) */
	int64_t replaces;      /* is_replacing: the occurrence of the same UID that this one stands for */
	bool is_replacing, is_cancelled, is_tentative;
	char *text;
	/* Gathered once: libical has one cursor a component. */
	LIST(icalproperty *) rules;
	LIST(icalproperty *) dates;
	LIST(struct calendar_except) excepts;
};
struct calendar_reader {
	struct calendar_zones zones;
	LIST(struct calendar_event) events;
	int64_t from, until;
	long steps;
	json_t *busy;
};

const char *calendar_zone_of(icalproperty *p); /* its TZID, or NULL */
/* Adds what the event marks in [from, until) to r->busy. */
int calendar_expand(struct calendar_reader *r, const struct calendar_event *v, struct err *e) MUST;
