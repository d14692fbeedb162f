/* calendar_zone.c - the time zones of an iCalendar file: by the tz database's name, else as the file describes them. */
#include "release/gate/calendar_impl.h"
#include <string.h>

enum { ZONES_MAX = 64, YEAR_LEAST = 1900, YEAR_MOST = 2400 };

/* The file's VTIMEZONE of that name, as libical's own; NULL: there is none. */
static icaltimezone *described(icalcomponent *file, const char *name)
{
	icaltimezone *found = icalcomponent_get_timezone(file, name);

	for (icalcomponent *c = icalcomponent_get_first_component(file, ICAL_VCALENDAR_COMPONENT); c && !found;
		c = icalcomponent_get_next_component(file, ICAL_VCALENDAR_COMPONENT))
		found = icalcomponent_get_timezone(c, name);
	return found;
}

static int zone_add(struct calendar_zones *z, const char *name, struct calendar_zone **ret, struct err *e)
{
	struct calendar_zone new = { 0 };
	struct err why = { 0 };

	if (z->len == ZONES_MAX)
		return err_input(e, "E_LIMIT_ENTRIES", "more than %d time zones", ZONES_MAX);
	if (zone_open(&new.known, name, &why)) {
		if (why.class == ERR_ENV)
			return *e = why, -1;
		new.own = described(z->file, name);
		if (!new.own)
			return err_input(e, "E_METADATA",
				"the time zone '%.80s' is neither known nor described in the file", name);
	}
	new.name = mem_strdup(name);
	*LIST_ADD(z) = new;
	*ret = &z->at[z->len - 1];
	return 0;
}

static int zone_get(struct calendar_zones *z, const char *name, struct calendar_zone **ret, struct err *e)
{
	for (size_t i = 0; i < z->len; i++)
		if (strcmp(z->at[i].name, name) == 0)
			return *ret = &z->at[i], 0;
	return zone_add(z, name, ret, e);
}

void calendar_zones_done(struct calendar_zones *z)
{
	for (size_t i = 0; i < z->len; i++) {
		free(z->at[i].name);
		zone_done(&z->at[i].known);
	}
	LIST_DONE(z);
}

int64_t calendar_wall(struct icaltimetype t)
{
	int64_t seconds = when_days(t.year, t.month, t.day) * 86400;

	return t.is_date ? seconds : seconds + (int64_t)t.hour * 3600 + (int64_t)t.minute * 60 + t.second;
}

int calendar_utc(struct calendar_zones *z, struct icaltimetype t, const char *name, int64_t *ret, struct err *e)
{
	struct calendar_zone *zone;

	if (icaltime_is_null_time(t) || t.year < YEAR_LEAST || t.year > YEAR_MOST || t.month < 1 || t.month > 12 ||
		t.day < 1 || t.day > icaltime_days_in_month(t.month, t.year) || t.hour > 23 || t.minute > 59 ||
		t.second > 60)
		return err_input(
			e, "E_METADATA", "a time that is none, or not of the years %d to %d", YEAR_LEAST, YEAR_MOST);
	if (!t.is_date && icaltime_is_utc(t))
		return *ret = calendar_wall(t), 0;
	if (zone_get(z, name && !t.is_date ? name : z->fallback, &zone, e))
		return -1;
	if (zone->own) {
		t.zone = NULL;
		*ret = (int64_t)icaltime_as_timet_with_zone(t, zone->own);
	} else
		*ret = zone_to_utc(&zone->known, calendar_wall(t));
	return 0;
}
