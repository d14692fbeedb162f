/* calendar.c - events of an iCalendar file as spans of time: parsed by libical, bounded and judged here. How they repeat: calendar_repeat.c. */
#include "base/text.h"
#include "base/when.h"
#include "release/gate/calendar_impl.h"
#include <string.h>

/* ---- one property at a time */
const char *calendar_zone_of(icalproperty *p)
{
	icalparameter *tzid = icalproperty_get_first_parameter(p, ICAL_TZID_PARAMETER);

	return tzid ? icalparameter_get_tzid(tzid) : NULL;
}

/* The one property of that kind; NULL: there is none. Two are refused: nobody knows which one its author looks at. */
static int single(icalcomponent *c, icalproperty_kind kind, icalproperty **ret, struct err *e)
{
	*ret = icalcomponent_get_first_property(c, kind);
	if (*ret && icalcomponent_get_next_property(c, kind))
		return err_input(e, "E_METADATA", "two %s", icalproperty_kind_to_string(kind));
	return 0;
}

static struct icaltimetype time_of(icalproperty *p)
{
	icalvalue *v = icalproperty_get_value(p);
	icalvalue_kind kind = v ? icalvalue_isa(v) : ICAL_NO_VALUE;

	return kind == ICAL_DATE_VALUE        ? icalvalue_get_date(v)
		: kind == ICAL_DATETIME_VALUE ? icalvalue_get_datetime(v)
					      : icaltime_null_time();
}

static int utc_of(struct calendar_reader *r, icalproperty *p, int64_t *ret, struct err *e)
{
	if (calendar_utc(&r->zones, time_of(p), calendar_zone_of(p), ret, e))
		return err_wrap(e, "%s", icalproperty_kind_to_string(icalproperty_isa(p)));
	return 0;
}

/* ---- one event */
static int length_by_duration(struct calendar_event *v, icalproperty *p, struct err *e)
{
	struct icaldurationtype d = icalproperty_get_duration(p);

	if (d.is_neg || d.weeks > 5000 || d.days > 36500 || d.hours > 876000 || d.minutes > 52560000 ||
		d.seconds > 2000000000)
		return err_input(e, "E_METADATA", "a DURATION that goes back, or is longer than a century");
	v->days = (int)(d.weeks * 7 + d.days);
	v->length = (int64_t)d.hours * 3600 + (int64_t)d.minutes * 60 + d.seconds;
	return 0;
}

static int length_by_end(struct calendar_reader *r, struct calendar_event *v, icalproperty *p, struct err *e)
{
	struct icaltimetype end = time_of(p);
	int64_t at;

	if (utc_of(r, p, &at, e))
		return -1;
	if (end.is_date != v->start.is_date)
		return err_input(e, "E_METADATA", "DTSTART and DTEND are not of the same kind");
	if (end.is_date)
		v->days = (int)(when_days(end.year, end.month, end.day) -
			when_days(v->start.year, v->start.month, v->start.day));
	else
		v->length = at - v->begin;
	return 0;
}

static int read_length(struct calendar_reader *r, struct calendar_event *v, struct err *e)
{
	icalproperty *end, *duration;

	if (single(v->component, ICAL_DTEND_PROPERTY, &end, e) ||
		single(v->component, ICAL_DURATION_PROPERTY, &duration, e))
		return -1;
	if (end && duration)
		return err_input(e, "E_METADATA", "DTEND and DURATION");
	if (end ? length_by_end(r, v, end, e) : duration ? length_by_duration(v, duration, e) : 0)
		return -1;
	if (!end && !duration && v->start.is_date)
		v->days = 1;
	if (v->days < 0 || v->length < 0 || (!v->days && !v->length))
		return err_input(
			e, "E_METADATA", "it has no length, so it marks nothing; DTEND or DURATION gives it one");
	return 0;
}

/* Bounds of a rule before libical walks it: several times a day is no change calendar, and costs what it likes. */
static int check_rule(icalproperty *p, struct err *e)
{
	struct icalrecurrencetype rule = icalproperty_get_rrule(p);

	if (rule.rscale)
		return err_input(e, "E_UNSUPPORTED", "RRULE: RSCALE is not understood");
	if (rule.freq == ICAL_NO_RECURRENCE || rule.interval < 1 || rule.count < 0)
		return err_input(e, "E_METADATA", "an RRULE that cannot be read");
	if (rule.freq != ICAL_DAILY_RECURRENCE && rule.freq != ICAL_WEEKLY_RECURRENCE &&
		rule.freq != ICAL_MONTHLY_RECURRENCE && rule.freq != ICAL_YEARLY_RECURRENCE)
		return err_input(e, "E_UNSUPPORTED", "RRULE: it repeats %s; daily is the most that is read here",
			icalrecur_freq_to_string(rule.freq));
	return 0;
}

static int check_rules(icalcomponent *c, struct err *e)
{
	if (icalcomponent_get_first_property(c, ICAL_EXRULE_PROPERTY))
		return err_input(e, "E_UNSUPPORTED", "EXRULE is not read; name the days with EXDATE");
	for (icalproperty *p = icalcomponent_get_first_property(c, ICAL_RRULE_PROPERTY); p;
		p = icalcomponent_get_next_property(c, ICAL_RRULE_PROPERTY))
		if (check_rule(p, e))
			return -1;
	return 0;
}

static int gather(struct calendar_reader *r, struct calendar_event *v, struct err *e)
{
	icalcomponent *c = v->component;

	for (icalproperty *p = icalcomponent_get_first_property(c, ICAL_ANY_PROPERTY); p;
		p = icalcomponent_get_next_property(c, ICAL_ANY_PROPERTY)) {
		icalproperty_kind kind = icalproperty_isa(p);

		if (kind == ICAL_RRULE_PROPERTY)
			*LIST_ADD(&v->rules) = p;
		if (kind == ICAL_RDATE_PROPERTY)
			*LIST_ADD(&v->dates) = p;
		if (kind == ICAL_EXDATE_PROPERTY) {
			struct calendar_except *new = LIST_ADD(&v->excepts);

			new->is_day = time_of(p).is_date && !v->start.is_date;
			if (utc_of(r, p, &new->at, e))
				return -1;
		}
	}
	return 0;
}

static int read_replaced(struct calendar_reader *r, struct calendar_event *v, struct err *e)
{
	icalproperty *p;

	if (single(v->component, ICAL_RECURRENCEID_PROPERTY, &p, e))
		return -1;
	if (p && icalproperty_get_first_parameter(p, ICAL_RANGE_PARAMETER))
		return err_input(e, "E_UNSUPPORTED",
			"RECURRENCE-ID with RANGE is not read; end the old rule with "
			"UNTIL and begin a new event");
	v->is_replacing = p != NULL;
	return p ? utc_of(r, p, &v->replaces, e) : 0;
}

static void read_words(struct calendar_event *v)
{
	icalproperty_status status = icalcomponent_get_status(v->component);
	const char *summary = icalcomponent_get_summary(v->component);
	size_t len = summary ? strlen(summary) : 0;

	v->uid = icalcomponent_get_uid(v->component);
	v->is_cancelled = status == ICAL_STATUS_CANCELLED;
	v->is_tentative = status == ICAL_STATUS_TENTATIVE;
	v->text = text_printable(summary ? summary : "", len > 200 ? 200 : len, false);
}

static int read_event(struct calendar_reader *r, struct calendar_event *v, struct err *e)
{
	icalproperty *start;

	read_words(v);
	if (single(v->component, ICAL_DTSTART_PROPERTY, &start, e))
		return -1;
	if (!start)
		return err_input(e, "E_METADATA", "DTSTART is missing");
	v->start = time_of(start);
	v->zone = calendar_zone_of(start);
	return utc_of(r, start, &v->begin, e) || read_length(r, v, e) || check_rules(v->component, e) ||
			read_replaced(r, v, e) || gather(r, v, e)
		? -1
		: 0;
}

/* ---- the whole file */
/* libical keeps what it could not read as a remark; here that refuses. */
static int check_errors(icalcomponent *c, int depth, struct err *e)
{
	icalproperty *p = icalcomponent_get_first_property(c, ICAL_XLICERROR_PROPERTY);

	if (p) {
		const char *text = icalproperty_get_xlicerror(p);
		AUTO_FREE char *shown = text_printable(text ? text : "", text ? strlen(text) : 0, false);

		return err_input(
			e, "E_METADATA", "%s: %.200s", icalcomponent_kind_to_string(icalcomponent_isa(c)), shown);
	}
	for (icalcomponent *inner = icalcomponent_get_first_component(c, ICAL_ANY_COMPONENT); inner && depth < 5;
		inner = icalcomponent_get_next_component(c, ICAL_ANY_COMPONENT))
		if (check_errors(inner, depth + 1, e))
			return -1;
	return 0;
}

/* A message that calls events off is no calendar. */
static int check_method(icalcomponent *calendar, struct err *e)
{
	icalproperty *p = icalcomponent_get_first_property(calendar, ICAL_METHOD_PROPERTY);
	icalproperty_method method = p ? icalproperty_get_method(p) : ICAL_METHOD_PUBLISH;

	if (method == ICAL_METHOD_PUBLISH || method == ICAL_METHOD_REQUEST)
		return 0;
	return err_input(e, "E_UNSUPPORTED", "METHOD: that is a message about events, not a calendar");
}

/* Zones first: their rules are walked as soon as a time is put into them. */
static int check_zones(icalcomponent *calendar, int *count, struct err *e)
{
	for (icalcomponent *zone = icalcomponent_get_first_component(calendar, ICAL_VTIMEZONE_COMPONENT); zone;
		zone = icalcomponent_get_next_component(calendar, ICAL_VTIMEZONE_COMPONENT), ++*count)
		for (icalcomponent *half = icalcomponent_get_first_component(zone, ICAL_ANY_COMPONENT); half;
			half = icalcomponent_get_next_component(zone, ICAL_ANY_COMPONENT))
			if (check_rules(half, e))
				return err_wrap(e, "VTIMEZONE");
	return 0;
}

static void take_events(struct calendar_reader *r, icalcomponent *calendar)
{
	for (icalcomponent *c = icalcomponent_get_first_component(calendar, ICAL_VEVENT_COMPONENT); c;
		c = icalcomponent_get_next_component(calendar, ICAL_VEVENT_COMPONENT))
		*LIST_ADD(&r->events) = (struct calendar_event){ .component = c };
}

static int take_calendar(struct calendar_reader *r, icalcomponent *calendar, int *zones, struct err *e)
{
	if (check_method(calendar, e) || check_zones(calendar, zones, e))
		return -1;
	take_events(r, calendar);
	return 0;
}

static int take_calendars(struct calendar_reader *r, const struct calendar_shape *shape, struct err *e)
{
	icalcomponent *file = r->zones.file;
	int zones = 0;

	if (check_errors(file, 0, e))
		return -1;
	if (icalcomponent_isa(file) == ICAL_VCALENDAR_COMPONENT && take_calendar(r, file, &zones, e))
		return -1;
	for (icalcomponent *c = icalcomponent_get_first_component(file, ICAL_VCALENDAR_COMPONENT); c;
		c = icalcomponent_get_next_component(file, ICAL_VCALENDAR_COMPONENT))
		if (take_calendar(r, c, &zones, e))
			return -1;
	/* A folded BEGIN, or whatever else one reader sees and another does not. */
	if ((int)r->events.len != shape->events || zones != shape->zones)
		return err_input(e, "E_AMBIGUOUS", "%d events and %d zones by its lines, %zu and %d as read",
			shape->events, shape->zones, r->events.len, zones);
	return 0;
}

/* An event with a RECURRENCE-ID stands for one occurrence of its UID's rule, which is taken out there. */
static void replace_occurrences(struct calendar_reader *r)
{
	for (size_t i = 0; i < r->events.len; i++) {
		const struct calendar_event *one = &r->events.at[i];

		for (size_t k = 0; one->is_replacing && one->uid && k < r->events.len; k++) {
			struct calendar_event *v = &r->events.at[k];

			if (!v->is_replacing && v->uid && strcmp(v->uid, one->uid) == 0)
				*LIST_ADD(&v->excepts) = (struct calendar_except){ one->replaces, false };
		}
	}
}

static int named(const struct calendar_event *v, size_t at, struct err *e)
{
	return err_wrap(e, "event %zu%s%s%s", at + 1, *v->text ? " '" : "", v->text, *v->text ? "'" : "");
}

static int read_all(struct calendar_reader *r, const struct calendar_shape *shape, struct err *e)
{
	size_t i;

	if (take_calendars(r, shape, e))
		return -1;
	for (i = 0; i < r->events.len; i++)
		if (read_event(r, &r->events.at[i], e))
			return named(&r->events.at[i], i, e);
	replace_occurrences(r);
	for (i = 0; i < r->events.len; i++)
		if (calendar_expand(r, &r->events.at[i], e))
			return named(&r->events.at[i], i, e);
	return 0;
}

static int by_time(const void *a, const void *b)
{
	const json_t *x = *(json_t *const *)a, *y = *(json_t *const *)b;
	int64_t one = json_int(x, "from"), two = json_int(y, "from");

	if (one == two)
		one = json_int(x, "until"), two = json_int(y, "until");
	return one < two ? -1 : one > two ? 1 : strcmp(json_text(x, "text"), json_text(y, "text"));
}

static void reader_done(struct calendar_reader *r)
{
	for (size_t i = 0; i < r->events.len; i++) {
		struct calendar_event *v = &r->events.at[i];

		free(v->text);
		LIST_DONE(&v->rules);
		LIST_DONE(&v->dates);
		LIST_DONE(&v->excepts);
	}
	LIST_DONE(&r->events);
	calendar_zones_done(&r->zones);
	if (r->zones.file)
		icalcomponent_free(r->zones.file);
	json_decref(r->busy);
}

int calendar_read(
	const char *bytes, size_t len, const char *zone, int64_t from, int64_t until, json_t **ret_busy, struct err *e)
{
	struct calendar_reader r = {
		.zones = { .fallback = zone && *zone ? zone : "UTC" }, .from = from, .until = until
	};
	struct calendar_shape shape;
	AUTO_FREE char *text = NULL;
	int result = -1;

	if (calendar_shape(bytes, len, &text, &shape, e))
		return -1;
	r.busy = json_array();
	icalerror_set_errors_are_fatal(false);
	r.zones.file = icalparser_parse_string(text);
	if (!r.zones.file)
		err_input(e, "E_METADATA", "it cannot be read as iCalendar");
	else
		result = read_all(&r, &shape, e);
	if (result == 0)
		*ret_busy = json_sorted(
			r.busy, by_time, true); /* each once: a rule's first occurrence is the event itself */
	reader_done(&r);
	return result;
}
