/* calendar_repeat.c - the occurrences of an event: its rules walked by libical, its further dates, without its exceptions; every step is counted. */
#include "release/gate/calendar_impl.h"

enum { DAY = 86400 };

/* The same day and wall clock, moved by whole days. */
static int end_of(struct calendar_reader *r, const struct calendar_event *v, struct icaltimetype start, int64_t *ret,
	struct err *e)
{
	if (v->days)
		icaltime_adjust(&start, v->days, 0, 0, 0);
	if (calendar_utc(&r->zones, start, v->zone, ret, e))
		return -1;
	*ret += v->length;
	return 0;
}

static bool is_excepted(struct calendar_reader *r, const struct calendar_event *v, int64_t begin)
{
	for (size_t i = 0; i < v->excepts.len; i++) {
		const struct calendar_except *x = &v->excepts.at[i];

		r->steps++;
		if (x->at == begin || (x->is_day && x->at <= begin && begin < x->at + DAY))
			return true;
	}
	return false;
}

static int put(struct calendar_reader *r, const struct calendar_event *v, int64_t begin, int64_t end, struct err *e)
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

static int occurs(struct calendar_reader *r, const struct calendar_event *v, struct icaltimetype start,
	int64_t *ret_begin, struct err *e)
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
static int rule_end(struct calendar_reader *r, const struct calendar_event *v, struct icaltimetype until, int64_t *ret,
	struct err *e)
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
static void skip_ahead(const struct calendar_reader *r, const struct calendar_event *v,
	const struct icalrecurrencetype *rule, struct icaltimetype *start)
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
static int repeat(struct calendar_reader *r, const struct calendar_event *v, icalproperty *p, struct err *e)
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
static int add_date(struct calendar_reader *r, const struct calendar_event *v, icalproperty *p, struct err *e)
{
	struct icaldatetimeperiodtype d = icalproperty_get_rdate(p);
	struct calendar_event one = *v;
	int64_t begin, end;

	if (!icaltime_is_null_time(d.time)) {
		one.zone = calendar_zone_of(p);
		return occurs(r, &one, d.time, &begin, e);
	}
	if (calendar_utc(&r->zones, d.period.start, calendar_zone_of(p), &begin, e))
		return err_wrap(e, "RDATE");
	if (icaltime_is_null_time(d.period.end))
		end = begin + (int64_t)icaldurationtype_as_int(d.period.duration);
	else if (calendar_utc(&r->zones, d.period.end, calendar_zone_of(p), &end, e))
		return err_wrap(e, "RDATE");
	return end > begin ? put(r, v, begin, end, e) : err_input(e, "E_METADATA", "RDATE: a period without length");
}

int calendar_expand(struct calendar_reader *r, const struct calendar_event *v, struct err *e)
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
