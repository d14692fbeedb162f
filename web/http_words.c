/* http_words.c - dates, entity tags, ranges and types of HTTP. */
#include "web/http_words.h"
#include "base/text.h"
#include <stdio.h>
#include <string.h>
#include <time.h>

static const char days[] = "SunMonTueWedThuFriSat", months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

void http_date(int64_t t, char ret[32])
{
	time_t at = (time_t)t;
	struct tm tm = { 0 };

	gmtime_r(&at, &tm);
	(void)snprintf(ret, 32, "%.3s, %02u %.3s %04u %02u:%02u:%02u GMT", days + (size_t)tm.tm_wday * 3,
		(unsigned)tm.tm_mday % 100, months + (size_t)tm.tm_mon * 3, (unsigned)(tm.tm_year + 1900) % 10000,
		(unsigned)tm.tm_hour % 100, (unsigned)tm.tm_min % 100, (unsigned)tm.tm_sec % 100);
}

static int number(const char *at, int len)
{
	int n = 0;

	for (int i = 0; i < len; i++) {
		if (at[i] < '0' || at[i] > '9')
			return -1;
		n = n * 10 + at[i] - '0';
	}
	return n;
}

static int month_of(const char *at)
{
	for (int i = 0; i < 12; i++)
		if (memcmp(months + i * 3, at, 3) == 0)
			return i;
	return -1;
}

bool http_date_parse(const char *text, int64_t *ret)
{
	struct tm tm = { 0 };
	char again[32];
	time_t t;

	if (strlen(text) != strlen("Fri, 27 Nov 2026 05:00:00 GMT"))
		return false;
	tm.tm_mday = number(text + 5, 2);
	tm.tm_mon = month_of(text + 8);
	tm.tm_year = number(text + 12, 4) - 1900;
	tm.tm_hour = number(text + 17, 2);
	tm.tm_min = number(text + 20, 2);
	tm.tm_sec = number(text + 23, 2);
	if (tm.tm_mday < 1 || tm.tm_mon < 0 || tm.tm_year < 0 || tm.tm_hour < 0 || tm.tm_min < 0 || tm.tm_sec < 0)
		return false;
	t = timegm(&tm);
	http_date((int64_t)t, again); /* blanks, commas, the day of the week, 31 Feb: what is written back differs */
	if (strcmp(again, text) != 0)
		return false;
	*ret = (int64_t)t;
	return true;
}

bool http_etag_listed(const char *field, const char *etag)
{
	size_t len = strlen(etag);

	for (;;) {
		field += strspn(field, " \t,");
		if (field[0] == '*')
			return true;
		if (text_starts(field, "W/"))
			field += 2;
		if (field[0] != '"')
			return false;
		if (strncmp(field, etag, len) == 0)
			return true;
		field += 1 + strcspn(field + 1, "\"");
		if (*field != '"')
			return false;
		field++;
	}
}

/* Digits up to the end or to stop; false: none, or more than fit. */
static bool take_number(const char **at, uint64_t *ret)
{
	size_t len = strspn(*at, "0123456789");
	uint64_t n = 0;

	if (len == 0 || len > 18)
		return false;
	for (size_t i = 0; i < len; i++)
		n = n * 10 + (uint64_t)((*at)[i] - '0');
	*at += len;
	*ret = n;
	return true;
}

enum http_part http_range(const char *field, uint64_t size, uint64_t *ret_from, uint64_t *ret_len)
{
	uint64_t from = 0, to = UINT64_MAX;
	bool has_from;

	if (!text_starts(field, "bytes="))
		return HTTP_WHOLE;
	field += strlen("bytes=");
	has_from = take_number(&field, &from);
	if (*field++ != '-')
		return HTTP_WHOLE;
	if ((*field && !take_number(&field, &to)) || *field || to < from || (!has_from && to == UINT64_MAX))
		return HTTP_WHOLE;
	if (!has_from) { /* the last so many */
		from = to < size ? size - to : 0;
		if (to == 0)
			return HTTP_NO_SUCH_PART;
		to = UINT64_MAX;
	}
	if (from >= size)
		return HTTP_NO_SUCH_PART;
	*ret_from = from;
	*ret_len = to >= size ? size - from : to - from + 1;
	return HTTP_PART;
}

const char *http_type(const char *name)
{
	static const struct {
		const char *end, *type;
	} table[] = {
		{ ".json", "application/json" },
		{ ".asc", "application/pgp-signature" },
		{ ".gpg", "application/pgp-signature" },
		{ ".xml", "application/xml" },
		{ ".gz", "application/gzip" },
		{ ".xz", "application/x-xz" },
		{ ".zst", "application/zstd" },
		{ ".bz2", "application/x-bzip2" },
		{ ".deb", "application/vnd.debian.binary-package" },
		{ ".rpm", "application/x-rpm" },
		{ "InRelease", "text/plain; charset=utf-8" },
		{ "Release", "text/plain; charset=utf-8" },
		{ "Packages", "text/plain; charset=utf-8" },
	};

	if (text_ends(name, "keys/release.asc") || text_ends(name, "keys/package.asc"))
		return "application/pgp-keys";
	for (size_t i = 0; i < COUNT(table); i++)
		if (text_ends(name, table[i].end))
			return table[i].type;
	return "application/octet-stream";
}
