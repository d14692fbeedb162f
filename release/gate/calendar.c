/* calendar.c - events of an iCalendar file as spans of time: parsed and repeated by libical, bounded and judged here. */
#include "base/text.h"
#include "base/when.h"
#include "release/gate/calendar_impl.h"
#include <stdio.h>
#include <string.h>

enum { DAY = 86400 };

struct except {
	int64_t at;
	bool is_day; /* takes out what begins on that day */
};
struct event {
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
	LIST(struct except) excepts;
};
struct reader {
	struct calendar_zones zones;
	LIST(struct event) events;
	int64_t from, until;
	long steps;
	json_t *busy;
};

/* ---- one property at a time */
static const char *zone_of(icalproperty *p)
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

static int utc_of(struct reader *r, icalproperty *p, int64_t *ret, struct err *e)
{
	if (calendar_utc(&r->zones, time_of(p), zone_of(p), ret, e))
		return err_wrap(e, "%s", icalproperty_kind_to_string(icalproperty_isa(p)));
	return 0;
}

/* ---- one event */
static int length_by_duration(struct event *v, icalproperty *p, struct err *e)
{
	struct icaldurationtype d = icalproperty_get_duration(p);

	if (d.is_neg || d.weeks > 5000 || d.days > 36500 || d.hours > 876000 || d.minutes > 52560000 ||
		d.seconds > 2000000000)
		return err_input(e, "E_METADATA", "a DURATION that goes back, or is longer than a century");
	v->days = (int)(d.weeks * 7 + d.days);
	v->length = (int64_t)d.hours * 3600 + (int64_t)d.minutes * 60 + d.seconds;
	return 0;
}

static int length_by_end(struct reader *r, struct event *v, icalproperty *p, struct err *e)
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

static int read_length(struct reader *r, struct event *v, struct err *e)
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

static int gather(struct reader *r, struct event *v, struct err *e)
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
			struct except *new = LIST_ADD(&v->excepts);

			new->is_day = time_of(p).is_date && !v->start.is_date;
			if (utc_of(r, p, &new->at, e))
				return -1;
		}
	}
	return 0;
}

static int read_replaced(struct reader *r, struct event *v, struct err *e)
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

static void read_words(struct event *v)
{
	icalproperty_status status = icalcomponent_get_status(v->component);
	const char *summary = icalcomponent_get_summary(v->component);
	size_t len = summary ? strlen(summary) : 0;

	v->uid = icalcomponent_get_uid(v->component);
	v->is_cancelled = status == ICAL_STATUS_CANCELLED;
	v->is_tentative = status == ICAL_STATUS_TENTATIVE;
	v->text = text_printable(summary ? summary : "", len > 200 ? 200 : len, false);
}

static int read_event(struct reader *r, struct event *v, struct err *e)
{
	icalproperty *start;

	read_words(v);
	if (single(v->component, ICAL_DTSTART_PROPERTY, &start, e))
		return -1;
	if (!start)
		return err_input(e, "E_METADATA", "DTSTART is missing");
	v->start = time_of(start);
	v->zone = zone_of(start);
	return utc_of(r, start, &v->begin, e) || read_length(r, v, e) || check_rules(v->component, e) ||
			read_replaced(r, v, e) || gather(r, v, e)
		? -1
		: 0;
}

/* ---- its occurrences */
/* The same day and wall clock, moved by whole days. */
static int end_of(struct reader *r, const struct event *v, struct icaltimetype start, int64_t *ret, struct err *e)
{
	if (v->days)
		icaltime_adjust(&start, v->days, 0, 0, 0);
	if (calendar_utc(&r->zones, start, v->zone, ret, e))
		return -1;
	*ret += v->length;
	return 0;
}

static bool is_excepted(struct reader *r, const struct event *v, int64_t begin)
{
	for (size_t i = 0; i < v->excepts.len; i++) {
		const struct except *x = &v->excepts.at[i];

		r->steps++;
		if (x->at == begin || (x->is_day && x->at <= begin && begin < x->at + DAY))
			return true;
	}
	return false;
}

static int put(struct reader *r, const struct event *v, int64_t begin, int64_t end, struct err *e)
{
	json_t *one;

	if (end <= r->from || begin >= r->until || v->is_cancelled)
		return 0;
	if (is_excepted(r, v, begin))
		return 0;
	if (json_array_size(r->busy) >= CALENDAR_BLOCKS_MAX)
		return err_input(e, "E_LIMIT_ENTRIES", "more than %d spans in the time asked for", CALENDAR_BLOCKS_MAX);
	one = json_pack("{s:I, s:I}", "from", (json_int_t)begin, "until", (json_int_t)end);
	json_set_str(one, "text", v->text);
	if (v->is_tentative)
		json_object_set_new(one, "tentative", json_true());
	json_array_append_new(r->busy, one);
	return 0;
}

static int occurs(struct reader *r, const struct event *v, struct icaltimetype start, int64_t *ret_begin, struct err *e)
{
	int64_t end;

	if (++r->steps > CALENDAR_STEPS_MAX)
		return err_input(e, "E_LIMIT_TIME", "its events repeat too often to be looked at");
	return calendar_utc(&r->zones, start, v->zone, ret_begin, e) || end_of(r, v, start, &end, e) ||
			put(r, v, *ret_begin, end, e)
		? -1
		: 0;
}

/* When a rule ends, in UTC; INT64_MAX: never. A day includes all of it. */
static int rule_end(struct reader *r, const struct event *v, struct icaltimetype until, int64_t *ret, struct err *e)
{
	if (icaltime_is_null_time(until))
		return *ret = INT64_MAX, 0;
	if (until.is_date && !v->start.is_date) {
		until.is_date = 0;
		until.hour = 23;
		until.minute = until.second = 59;
	}
	return calendar_utc(&r->zones, until, v->zone, ret, e) ? err_wrap(e, "UNTIL") : 0;
}

static struct icaltimetype day_after(int64_t t)
{
	struct icaltimetype day = icaltime_from_timet_with_zone((time_t)(t + 2 * DAY), 0, NULL);

	day.zone = NULL;
	return day;
}

/* The walk begins near the span and not years before it: a whole number of the rule's steps later, what follows is the same. With a COUNT every
 * occurrence must be seen; a month's last days and years are walked from their beginning. */
static void skip_ahead(const struct reader *r, const struct event *v, const struct icalrecurrencetype *rule,
	struct icaltimetype *start)
{
	int64_t room = (r->from - v->begin - v->length) / DAY - v->days - 3, step = rule->interval;

	if (rule->count || room <= 0)
		return;
	if (rule->freq == ICAL_WEEKLY_RECURRENCE)
		step *= 7;
	else if (rule->freq == ICAL_MONTHLY_RECURRENCE)
		step *= 31;
	room = (room / step - 2) * step; /* two more for what belongs to the period that begins before */
	if (room <= 0)
		return;
	if (rule->freq == ICAL_DAILY_RECURRENCE || rule->freq == ICAL_WEEKLY_RECURRENCE)
		icaltime_adjust(start, (int)room, 0, 0, 0);
	else if (rule->freq == ICAL_MONTHLY_RECURRENCE && start->day <= 28) {
		int64_t months = start->year * 12 + start->month - 1 + room / 31;

		start->year = (int)(months / 12);
		start->month = (int)(months % 12) + 1;
	}
}

/* libical walks in wall clock time; the rule's own end is judged here, in UTC, and the span's end stops a rule that never fits again. */
static int repeat(struct reader *r, const struct event *v, icalproperty *p, struct err *e)
{
	struct icalrecurrencetype rule = icalproperty_get_rrule(p);
	struct icaltimetype start = v->start, at;
	icalrecur_iterator *walk;
	int64_t end, begin = 0;
	int result = 0;

	if (rule_end(r, v, rule.until, &end, e))
		return -1;
	if (v->begin >= r->until)
		return 0;
	start.zone = NULL;
	rule.until = day_after(r->until);
	skip_ahead(r, v, &rule, &start);
	walk = icalrecur_iterator_new(rule, start);
	if (!walk)
		return err_input(e, "E_METADATA", "an RRULE that cannot be followed");
	while (result == 0 && begin < r->until && !icaltime_is_null_time(at = icalrecur_iterator_next(walk))) {
		int64_t time;

		/* Long over, in whatever zone; not worth a conversion. */
		if (calendar_wall(at) + v->days * (int64_t)DAY + v->length + 3 * (int64_t)DAY < r->from) {
			if (++r->steps > CALENDAR_STEPS_MAX)
				result = err_input(e, "E_LIMIT_TIME", "its events repeat too often to be looked at");
			continue;
		}
		at.zone = v->start.zone;
		at.is_date = v->start.is_date;
		if (calendar_utc(&r->zones, at, v->zone, &time, e))
			result = -1;
		else if (time > end)
			break;
		else
			result = occurs(r, v, at, &begin, e);
	}
	icalrecur_iterator_free(walk);
	return result;
}

/* RDATE: further occurrences, of the same length unless it is a period. */
static int add_date(struct reader *r, const struct event *v, icalproperty *p, struct err *e)
{
	struct icaldatetimeperiodtype d = icalproperty_get_rdate(p);
	struct event one = *v;
	int64_t begin, end;

	if (!icaltime_is_null_time(d.time)) {
		one.zone = zone_of(p);
		return occurs(r, &one, d.time, &begin, e);
	}
	if (calendar_utc(&r->zones, d.period.start, zone_of(p), &begin, e))
		return err_wrap(e, "RDATE");
	if (icaltime_is_null_time(d.period.end))
		end = begin + (int64_t)icaldurationtype_as_int(d.period.duration);
	else if (calendar_utc(&r->zones, d.period.end, zone_of(p), &end, e))
		return err_wrap(e, "RDATE");
	return end > begin ? put(r, v, begin, end, e) : err_input(e, "E_METADATA", "RDATE: a period without length");
}

static int expand(struct reader *r, const struct event *v, struct err *e)
{
	int64_t begin;

	if (occurs(r, v, v->start, &begin, e))
		return -1;
	for (size_t i = 0; i < v->rules.len; i++)
		if (repeat(r, v, v->rules.at[i], e))
			return -1;
	for (size_t i = 0; i < v->dates.len; i++)
		if (add_date(r, v, v->dates.at[i], e))
			return -1;
	return 0;
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

static void take_events(struct reader *r, icalcomponent *calendar)
{
	for (icalcomponent *c = icalcomponent_get_first_component(calendar, ICAL_VEVENT_COMPONENT); c;
		c = icalcomponent_get_next_component(calendar, ICAL_VEVENT_COMPONENT))
		*LIST_ADD(&r->events) = (struct event){ .component = c };
}

static int take_calendar(struct reader *r, icalcomponent *calendar, int *zones, struct err *e)
{
	if (check_method(calendar, e) || check_zones(calendar, zones, e))
		return -1;
	take_events(r, calendar);
	return 0;
}

static int take_calendars(struct reader *r, const struct calendar_shape *shape, struct err *e)
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
static void replace_occurrences(struct reader *r)
{
	for (size_t i = 0; i < r->events.len; i++) {
		const struct event *one = &r->events.at[i];

		for (size_t k = 0; one->is_replacing && one->uid && k < r->events.len; k++) {
			struct event *v = &r->events.at[k];

			if (!v->is_replacing && v->uid && strcmp(v->uid, one->uid) == 0)
				*LIST_ADD(&v->excepts) = (struct except){ one->replaces, false };
		}
	}
}

static int named(const struct event *v, size_t at, struct err *e)
{
	return err_wrap(e, "event %zu%s%s%s", at + 1, *v->text ? " '" : "", v->text, *v->text ? "'" : "");
}

static int read_all(struct reader *r, const struct calendar_shape *shape, struct err *e)
{
	size_t i;

	if (take_calendars(r, shape, e))
		return -1;
	for (i = 0; i < r->events.len; i++)
		if (read_event(r, &r->events.at[i], e))
			return named(&r->events.at[i], i, e);
	replace_occurrences(r);
	for (i = 0; i < r->events.len; i++)
		if (expand(r, &r->events.at[i], e))
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

static void reader_done(struct reader *r)
{
	for (size_t i = 0; i < r->events.len; i++) {
		struct event *v = &r->events.at[i];

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
	struct reader r = { .zones = { .fallback = zone && *zone ? zone : "UTC" }, .from = from, .until = until };
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
