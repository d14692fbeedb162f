/* when_zone.c - reads TZif files (RFC 8536) and the POSIX TZ rule at their end. */
#include "base/when_zone.h"
#include "base/fs.h"
#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { HEAD = 44, DAY = 86400, FILE_MOST = 64 << 10 };

int64_t when_days(int year, int month, int day)
{
	/* years from March: the leap day comes last */
	int64_t y = month > 2 ? year : year - 1;
	int64_t era = (y >= 0 ? y : y - 399) / 400, of_era = y - era * 400;
	int64_t of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static int year_of(int64_t days)
{
	int64_t year = 1970 + days / 366;

	while (when_days((int)year + 1, 1, 1) <= days)
		year++;
	while (when_days((int)year, 1, 1) > days)
		year--;
	return (int)year;
}

static int64_t big(const unsigned char *at, int len)
{
	uint64_t v = at[0] & 0x80 ? UINT64_MAX : 0;

	for (int i = 0; i < len; i++)
		v = v << 8 | at[i];
	return (int64_t)v;
}

/* The six counts of a header: isutcnt, isstdcnt, leapcnt, timecnt, typecnt, charcnt. */
static size_t count(const unsigned char *head, int which)
{
	return (size_t)(uint32_t)big(head + 20 + 4 * which, 4);
}

static uint64_t block_size(const unsigned char *head, unsigned time_size)
{
	return (uint64_t)count(head, 3) * (time_size + 1) + (uint64_t)count(head, 4) * 6 + count(head, 5) +
		(uint64_t)count(head, 2) * (time_size + 4) + count(head, 1) + count(head, 0);
}

static int parse(struct zone *z, size_t len, const char *name, struct err *e)
{
	const unsigned char *at = (const unsigned char *)z->bytes, *end = at + len;
	uint64_t size;

	if (len < HEAD || memcmp(at, "TZif", 4) != 0 || at[4] < '2')
		goto bad;
	size = block_size(at, 4); /* the old 32 bit block is passed over */
	if (size > len || (size_t)(end - at) < HEAD + size + HEAD)
		goto bad;
	at += HEAD + size;
	if (memcmp(at, "TZif", 4) != 0)
		goto bad;
	size = block_size(at, 8);
	if (size > len || (size_t)(end - at) < HEAD + size + 1 || count(at, 4) == 0)
		goto bad;
	z->transitions = count(at, 3);
	z->kinds = count(at, 4);
	z->at = at + HEAD;
	z->type = z->at + 8 * z->transitions;
	z->types = z->type + z->transitions;
	for (size_t i = 0; i < z->transitions; i++)
		if (z->type[i] >= z->kinds)
			goto bad;
	at += HEAD + size;
	if (*at != '\n' || end[-1] != '\n' || end - at < 2)
		goto bad;
	z->bytes[len - 1] = 0;
	z->rule = (const char *)at + 1;
	return 0;
bad:
	return err_env(e, "the time zone file of %s is not one", name);
}

int zone_open(struct zone *z, const char *name, struct err *e)
{
	AUTO_FREE char *path = NULL;
	size_t len = 0;

	*z = (struct zone){ 0 };
	if (strcmp(name, "UTC") == 0 || strcmp(name, "Z") == 0)
		return z->rule = "UTC0", 0;
	if (name[strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-/")] ||
		!isalpha((unsigned char)name[0]))
		return err_usage(e, "'%s' is not the name of a time zone such as Europe/Berlin", name);
	path = fs_join("/usr/share/zoneinfo", name);
	if (fs_read_file(path, FILE_MOST, &z->bytes, &len, e)) {
		if (e->sys != ENOENT && e->sys != EISDIR && e->sys != ENOTDIR)
			return -1;
		err_usage(e, "unknown time zone '%s'", name);
		return fs_exists("/usr/share/zoneinfo") ? -1 : err_hint(e, "install tzdata");
	}
	if (parse(z, len, name, e)) {
		zone_done(z);
		return -1;
	}
	return 0;
}

void zone_done(struct zone *z)
{
	free(z->bytes);
	*z = (struct zone){ 0 };
}

/* --- the POSIX rule: CET-1CEST,M3.5.0,M10.5.0/3 --- */

struct change {
	char kind; /* M: month, week, day; J: day without 29 February; 0: day of the year from 0 */
	int month, week, day;
	int64_t second; /* of that day, local time */
};

static int decimal(const char **at)
{
	int v = 0;

	while (**at >= '0' && **at <= '9' && v < 100000)
		v = v * 10 + *(*at)++ - '0';
	return v;
}

static void skip_name(const char **at)
{
	if (**at == '<') {
		*at += strcspn(*at, ">");
		*at += **at == '>';
		return;
	}
	while (isalpha((unsigned char)**at))
		(*at)++;
}

/* [+-]hh[:mm[:ss]] */
static int64_t clock_of(const char **at)
{
	int64_t sign = **at == '-' ? -1 : 1, v;

	*at += **at == '-' || **at == '+';
	v = (int64_t)decimal(at) * 3600;
	for (int unit = 60; unit && **at == ':'; unit /= 60) {
		(*at)++;
		v += (int64_t)decimal(at) * unit;
	}
	return sign * v;
}

static struct change change_of(const char **at)
{
	struct change c = { .second = 7200 };

	if (**at == ',')
		(*at)++;
	if (**at == 'M' || **at == 'J')
		c.kind = *(*at)++;
	if (c.kind == 'M') {
		c.month = decimal(at);
		*at += **at == '.';
		c.week = decimal(at);
		*at += **at == '.';
	}
	c.day = decimal(at);
	if (**at == '/') {
		(*at)++;
		c.second = clock_of(at);
	}
	return c;
}

static bool is_leap(int year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

/* Local time of the change in that year. */
static int64_t change_in(const struct change *c, int year)
{
	int64_t days = when_days(year, 1, 1);

	if (c->kind == 'M') {
		int month = c->month < 1 || c->month > 12 ? 1 : c->month;
		int64_t next = month == 12 ? when_days(year + 1, 1, 1) : when_days(year, month + 1, 1);

		days = when_days(year, month, 1);
		days += (c->day - (days + 4) % 7 + 7) % 7; /* 1970-01-01 was a Thursday */
		days += 7 * (c->week - 1);
		while (days >= next)
			days -= 7;
	} else if (c->kind == 'J') {
		days += c->day - 1 + (is_leap(year) && c->day > 59);
	} else {
		days += c->day;
	}
	return days * DAY + c->second;
}

static int rule_offset(const char *rule, int64_t utc)
{
	const char *at = rule;
	int64_t standard, summer, start, end;
	struct change to_summer, to_standard;
	int year;

	skip_name(&at);
	standard = -clock_of(&at);
	if (*at == 0)
		return (int)standard;
	skip_name(&at);
	summer = *at && *at != ',' ? -clock_of(&at) : standard + 3600;
	to_summer = change_of(&at);
	to_standard = change_of(&at);
	year = year_of((utc + standard) / DAY - ((utc + standard) % DAY < 0));
	start = change_in(&to_summer, year) - standard;
	end = change_in(&to_standard, year) - summer;
	if (start < end)
		return (int)(utc >= start && utc < end ? summer : standard);
	return (int)(utc >= end && utc < start ? standard : summer); /* the southern half: summer over New Year */
}

int zone_offset(const struct zone *z, int64_t utc)
{
	size_t low = 0, high = z->transitions;

	while (low < high) { /* low: the first transition after utc */
		size_t middle = (low + high) / 2;

		if (big(z->at + 8 * middle, 8) <= utc)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == z->transitions && z->rule && z->rule[0])
		return rule_offset(z->rule, utc);
	return (int)big(z->types + 6 * (low ? z->type[low - 1] : 0), 4);
}

int64_t zone_to_utc(const struct zone *z, int64_t local)
{
	int before = zone_offset(z, local - DAY), after = zone_offset(z, local + DAY);

	if (zone_offset(z, local - before) == before)
		return local - before;
	if (zone_offset(z, local - after) == after)
		return local - after;
	return local - before;
}
