/* test_http_words.c - header fields of clients, well-meant and not: lines of a table. */
#include "base/text.h"
#include "web/http_words.h"
#include <setjmp.h>
#include <stdio.h>
#include <string.h>
// clang-format off
#include <cmocka.h>
// clang-format on

static void ranges(void **state)
{
	static const struct {
		const char *field;
		uint64_t size;
		enum http_part part;
		uint64_t from, len;
	} table[] = {
		{ "bytes=0-", 10, HTTP_PART, 0, 10 },
		{ "bytes=0-0", 10, HTTP_PART, 0, 1 },
		{ "bytes=3-5", 10, HTTP_PART, 3, 3 },
		{ "bytes=9-", 10, HTTP_PART, 9, 1 },
		{ "bytes=9-99", 10, HTTP_PART, 9, 1 },
		{ "bytes=-3", 10, HTTP_PART, 7, 3 },
		{ "bytes=-99", 10, HTTP_PART, 0, 10 },
		{ "bytes=10-", 10, HTTP_NO_SUCH_PART, 0, 0 },
		{ "bytes=999999999999999999-", 10, HTTP_NO_SUCH_PART, 0, 0 },
		{ "bytes=-0", 10, HTTP_NO_SUCH_PART, 0, 0 },
		{ "bytes=0-", 0, HTTP_NO_SUCH_PART, 0, 0 },
		{ "bytes=-1", 0, HTTP_NO_SUCH_PART, 0, 0 },
		{ "", 10, HTTP_WHOLE, 0, 0 },
		{ "bytes=", 10, HTTP_WHOLE, 0, 0 },
		{ "bytes=-", 10, HTTP_WHOLE, 0, 0 },
		{ "bytes=5-3", 10, HTTP_WHOLE, 0, 0 },
		{ "bytes=0-1,3-4", 10, HTTP_WHOLE, 0, 0 },
		{ "bytes=1", 10, HTTP_WHOLE, 0, 0 },
		{ "bytes=+1-2", 10, HTTP_WHOLE, 0, 0 },
		{ "bytes=1-2 ", 10, HTTP_WHOLE, 0, 0 },
		{ "lines=1-2", 10, HTTP_WHOLE, 0, 0 },
		{ "bytes=99999999999999999999999-", 10, HTTP_WHOLE, 0, 0 },
		{ "bytes=0-18446744073709551616", 10, HTTP_WHOLE, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		uint64_t from = 0, len = 0;

		if (http_range(table[i].field, table[i].size, &from, &len) != table[i].part ||
			(table[i].part == HTTP_PART && (from != table[i].from || len != table[i].len)))
			fail_msg("%s of %llu", table[i].field, (unsigned long long)table[i].size);
	}
}

static void dates(void **state)
{
	static const char *const none[] = { "", "now", "Fri, 27 Nov 2026 05:00:00 UTC", "Sat, 27 Nov 2026 05:00:00 GMT",
		"Fri, 31 Feb 2026 05:00:00 GMT", "Fri, 27 Nov 2026 25:00:00 GMT", "Fri, 27 Nov 2026 -1:00:00 GMT",
		"Friday, 27-Nov-26 05:00:00 GMT", "Fri, 27 Nov 2026 05:00:00 GMT " };
	char text[32];
	int64_t t = 0;

	(void)state;
	http_date(1795755600, text);
	assert_string_equal(text, "Fri, 27 Nov 2026 05:00:00 GMT");
	assert_true(http_date_parse(text, &t));
	assert_int_equal(t, 1795755600);
	http_date(0, text);
	assert_string_equal(text, "Thu, 01 Jan 1970 00:00:00 GMT");
	for (size_t i = 0; i < COUNT(none); i++)
		if (http_date_parse(none[i], &t))
			fail_msg("'%s' was taken for a date", none[i]);
}

static void etags(void **state)
{
	static const struct {
		const char *field;
		bool is_listed;
	} table[] = {
		{ "\"a-1\"", true },
		{ "W/\"a-1\"", true },
		{ "*", true },
		{ "\"b\", \"a-1\"", true },
		{ "\"b\",W/\"c\" , \"a-1\"", true },
		{ "", false },
		{ "a-1", false },
		{ "\"a-\"", false },
		{ "\"a-12\"", false },
		{ "\"b\", \"a-1", false },
		{ "\"", false },
		{ "\"b\" x, \"a-1\"", false },
		{ ", , ,", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++)
		if (http_etag_listed(table[i].field, "\"a-1\"") != table[i].is_listed)
			fail_msg("%s", table[i].field);
}

static void types(void **state)
{
	static const char *const table[][2] = { { "/c/deb/dists/x/InRelease", "text/plain; charset=utf-8" },
		{ "/c/deb/pool/a.deb", "application/vnd.debian.binary-package" },
		{ "/c/keys/release.asc", "application/pgp-keys" },
		{ "/c/release.json.asc", "application/pgp-signature" }, { "/c/release.json", "application/json" },
		{ "/c/Packages.gz", "application/gzip" }, { "/c/by-hash/SHA256/00", "application/octet-stream" },
		{ "", "application/octet-stream" } };

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++)
		assert_string_equal(http_type(table[i][0]), table[i][1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(ranges), cmocka_unit_test(dates), cmocka_unit_test(etags),
		cmocka_unit_test(types) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
