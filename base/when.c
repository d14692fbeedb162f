/* when.c - times, durations and sizes as people write them; all arithmetic on seconds since 1970, UTC. */
#include "base/when.h"
#include "base/text.h"
#include "base/when_zone.h"
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { DAY = 86400 };
static const int64_t duration_most = (int64_t)100 * 366 * DAY;

int64_t when_now(void)
{
	return (int64_t)time(NULL);
}

/* Exactly len digits as a number; -1 when there are others. */
static int digits(const char **at, int len)
{
	int v = 0;

	for (int i = 0; i < len; i++, (*at)++) {
		if (**at < '0' || **at > '9')
			return -1;
		v = v * 10 + (**at - '0');
	}
	return v;
}

static bool skip(const char **at, const char *any)
{
	if (**at == 0 || strchr(any, **at) == NULL)
		return false;
	(*at)++;
	return true;
}

static int days_in(int year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return days[month - 1] + (month == 2 && is_leap);
}

/* YYYY-MM-DD; false when it is none. */
static bool date(const char **at, int64_t *ret)
{
	int year = digits(at, 4), month, day;

	if (year < 1 || !skip(at, "-") || (month = digits(at, 2)) < 1 || month > 12 || !skip(at, "-"))
		return false;
	day = digits(at, 2);
	if (day < 1 || day > days_in(year, month))
		return false;
	*ret = when_days(year, month, day) * DAY;
	return true;
}

/* HH:MM[:SS[.fraction]]; the fraction is dropped. */
static bool clock_time(const char **at, int64_t *ret)
{
	int hour = digits(at, 2), minute, second = 0;

	if (hour < 0 || hour > 23 || !skip(at, ":") || (minute = digits(at, 2)) < 0 || minute > 59)
		return false;
	if (skip(at, ":")) {
		second = digits(at, 2);
		if (second < 0 || second > 60)
			return false;
		if (skip(at, ".")) {
			if (digits(at, 1) < 0)
				return false;
			while (**at >= '0' && **at <= '9')
				(*at)++;
		}
	}
	*ret = hour * 3600 + minute * 60 + second;
	return true;
}

/* Z or +HH:MM in seconds. */
static bool offset(const char **at, int64_t *ret)
{
	int sign, hour, minute;

	if (skip(at, "Zz"))
		return *ret = 0, true;
	sign = **at == '-' ? -1 : 1;
	if (!skip(at, "+-") || (hour = digits(at, 2)) < 0 || hour > 23)
		return false;
	skip(at, ":");
	minute = digits(at, 2);
	if (minute < 0 || minute > 59)
		return false;
	*ret = sign * (hour * 3600 + minute * 60);
	return true;
}

int when_parse(const char *text, const char *zone, int64_t *ret, struct err *e)
{
	const char *at = text;
	int64_t day = 0, second = 0, shift = 0;
	AUTO(zone) z = { 0 };

	if (strcmp(text, "now") == 0)
		return *ret = when_now(), 0;
	if (!date(&at, &day) || (skip(&at, "Tt ") && !clock_time(&at, &second)))
		goto bad;
	if (*at && *at != ' ') {
		if (!offset(&at, &shift) || *at)
			goto bad;
		return *ret = day + second - shift, 0;
	}
	if (*at)
		zone = at + 1;
	if (zone_open(&z, zone ? zone : "UTC", e))
		return err_wrap(e, "%s", text);
	*ret = zone_to_utc(&z, day + second);
	return 0;
bad:
	return err_usage(e,
		"'%s' is not a time; write 2026-11-21T10:00:00Z, 2026-11-21T10:00+01:00 or 2026-11-21T10:00 "
		"Europe/Berlin",
		text);
}

/* A zone's time as if it were UTC: the offset is added already. */
static void broken_down(int64_t t, struct tm *ret)
{
	time_t at = (time_t)t;

	if (gmtime_r(&at, ret) == NULL)
		*ret = (struct tm){ .tm_mday = 1, .tm_year = 70, .tm_wday = 4 };
}

void when_utc(int64_t t, char ret[32])
{
	struct tm tm;

	broken_down(t, &tm);
	strftime(ret, 32, "%Y-%m-%dT%H:%M:%SZ", &tm);
}

char *when_local(int64_t t, const char *zone)
{
	AUTO(zone) z = { 0 };
	struct err e;
	struct tm tm;
	char text[32];
	int shift;

	if (zone == NULL || zone_open(&z, zone, &e)) {
		when_utc(t, text);
		return mem_strdup(text);
	}
	shift = zone_offset(&z, t);
	broken_down(t + shift, &tm);
	strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &tm);
	return mem_printf("%s%c%02d:%02d", text, shift < 0 ? '-' : '+', abs(shift) / 3600, abs(shift) / 60 % 60);
}

void when_rfc2822(int64_t t, char ret[64])
{
	static const char days[][4] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
	static const char months[][4] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov",
		"Dec" };
	char rest[32];
	struct tm tm;

	broken_down(t, &tm);
	strftime(rest, sizeof rest, "%Y %H:%M:%S", &tm); /* not for the names: they follow the locale */
	snprintf(ret, 64, "%s, %02d %s %s +0000", days[tm.tm_wday], tm.tm_mday, months[tm.tm_mon], rest);
}

struct unit {
	const char *name;
	uint64_t size;
};

static const struct unit durations[] = { { "w", 7 * DAY }, { "d", DAY }, { "h", 3600 }, { "m", 60 }, { "s", 1 } };
static const struct unit sizes[] = {
	{ "TiB", 1ull << 40 },
	{ "GiB", 1ull << 30 },
	{ "MiB", 1ull << 20 },
	{ "KiB", 1ull << 10 },
	{ "TB", 1000000000000 },
	{ "GB", 1000000000 },
	{ "MB", 1000000 },
	{ "KB", 1000 },
	{ "kB", 1000 },
	{ "B", 1 },
};

/* A number without sign, as far as its digits go; false when there is none or it is too large. */
static bool number(const char **at, uint64_t *ret)
{
	uint64_t v = 0;
	const char *start = *at;

	for (; **at >= '0' && **at <= '9'; (*at)++)
		if (__builtin_mul_overflow(v, 10, &v) || __builtin_add_overflow(v, (uint64_t)(**at - '0'), &v))
			return false;
	*ret = v;
	return *at != start;
}

/* NULL when no unit of the table begins here. */
static const struct unit *unit_at(const char **at, const struct unit *table, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (text_starts(*at, table[i].name)) {
			*at += strlen(table[i].name);
			return &table[i];
		}
	return NULL;
}

int duration_parse(const char *text, int64_t *ret_seconds, struct err *e)
{
	const char *at = text;
	uint64_t sum = 0, v;

	do {
		const struct unit *unit;

		if (!number(&at, &v) || (unit = unit_at(&at, durations, COUNT(durations))) == NULL)
			return err_usage(e, "'%s' is not a duration; write 90s, 10m, 24h, 7d, 2w or 1h30m", text);
		if (__builtin_mul_overflow(v, unit->size, &v) || __builtin_add_overflow(sum, v, &sum) ||
			sum > (uint64_t)duration_most)
			return err_usage(e, "the duration '%s' is longer than a century", text);
	} while (*at);
	*ret_seconds = (int64_t)sum;
	return 0;
}

char *duration_text(int64_t seconds)
{
	struct text t = { 0 };
	uint64_t left = seconds < 0 ? -(uint64_t)seconds : (uint64_t)seconds;

	if (seconds < 0)
		text_bytes(&t, "-", 1);
	if (left == 0)
		text_bytes(&t, "0s", 2);
	for (size_t i = 1; i < COUNT(durations); i++) { /* weeks are read, days are written */
		uint64_t size = durations[i].size ? durations[i].size
						  : 1; /* for the analyser, which does not read tables */

		if (left >= size)
			text_add(&t, "%llu%s", (unsigned long long)(left / size), durations[i].name);
		left %= size;
	}
	return text_take(&t);
}

int size_parse(const char *text, uint64_t *ret, struct err *e)
{
	const char *at = text;
	const struct unit *unit = NULL;
	uint64_t v;

	if (number(&at, &v)) {
		while (*at == ' ')
			at++;
		if (*at)
			unit = unit_at(&at, sizes, COUNT(sizes));
		if (*at == 0 && !__builtin_mul_overflow(v, unit ? unit->size : 1, ret))
			return 0;
	}
	return err_usage(e, "'%s' is not a size; write 4096, 512MiB, 20GiB or 10MB", text);
}

char *size_text(uint64_t bytes)
{
	static const char names[][4] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	double v = (double)bytes;
	size_t i = 0;

	for (; v >= 1023.95 && i + 1 < COUNT(names); i++)
		v /= 1024;
	return i == 0 ? mem_printf("%llu B", (unsigned long long)bytes) : mem_printf("%.1f %s", v, names[i]);
}
