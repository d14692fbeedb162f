/* rfc2822.c - times as Release files write them; whatever the locale. */
#include "sign/rfc2822.h"
#include <stdio.h>
#include <string.h>
#include <time.h>

static int month_of(const char name[4])
{
	static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

	for (int i = 0; i < 12; i++)
		if (memcmp(names + 3 * i, name, 3) == 0)
			return i;
	return -1;
}

/* Seconds east of UTC. */
static int zone_of(const char *zone, int *ret)
{
	unsigned hours, minutes;

	*ret = 0;
	if (strcmp(zone, "UTC") == 0 || strcmp(zone, "GMT") == 0 || strcmp(zone, "Z") == 0)
		return 0;
	if (strlen(zone) != 5 || (zone[0] != '+' && zone[0] != '-') ||
		sscanf(zone + 1, "%2u%2u", &hours, &minutes) != 2 || hours > 14 || minutes > 59)
		return -1;
	*ret = (int)(hours * 3600 + minutes * 60) * (zone[0] == '-' ? -1 : 1);
	return 0;
}

int rfc2822_parse(const char *text, size_t len, int64_t *ret)
{
	char copy[64], month[4] = "", zone[8] = "";
	const char *at = copy, *comma;
	struct tm tm = { 0 };
	int east, used = 0;

	if (len >= sizeof copy)
		return -1;
	memcpy(copy, text, len);
	copy[len] = 0;
	comma = strchr(copy, ',');
	if (comma)
		at = comma + 1;
	if (sscanf(at, " %2d %3s %4d %2d:%2d:%2d %7s%n", &tm.tm_mday, month, &tm.tm_year, &tm.tm_hour, &tm.tm_min,
		    &tm.tm_sec, zone, &used) != 7 ||
		at[used] != 0)
		return -1;
	tm.tm_mon = month_of(month);
	tm.tm_year -= 1900;
	if (tm.tm_mon < 0 || tm.tm_mday < 1 || tm.tm_mday > 31 || tm.tm_hour < 0 || tm.tm_hour > 23 || tm.tm_min < 0 ||
		tm.tm_min > 59 || tm.tm_sec < 0 || tm.tm_sec > 60 || tm.tm_year < 70 || zone_of(zone, &east))
		return -1;
	*ret = (int64_t)timegm(&tm) - east;
	return 0;
}
