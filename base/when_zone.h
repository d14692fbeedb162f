/* when_zone.h - one time zone of the tz database, read without touching the process's own TZ (setenv is not for threads). */
#pragma once
#include "base/base.h"
#include "base/err.h"

struct zone {
	char *bytes; /* the TZif file */
	const unsigned char *at, *type, *types;
	size_t transitions, kinds;
	const char *rule; /* POSIX TZ string for times behind the last transition, "" when there is none */
};
int zone_open(struct zone *z, const char *name, struct err *e) MUST; /* ERR_USAGE for an unknown name */
void zone_done(struct zone *z);
int zone_offset(const struct zone *z, int64_t utc); /* seconds east of UTC */
/* A wall clock's time. RFC 5545, 3.3.5: one that occurs twice is the first, one that does not occur has the offset before the gap. */
int64_t zone_to_utc(const struct zone *z, int64_t local);

int64_t when_days(int year, int month, int day); /* days since 1970-01-01, proleptic Gregorian */
