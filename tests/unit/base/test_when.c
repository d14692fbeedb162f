/* test_when.c - times in every spelling, against known instants and against the C library's own zones. */
#include "base/when.h"
#include "base/when_zone.h"
#include <setjmp.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

static void parsing(void **state)
{
	static const struct {
		const char *text, *zone;
		int64_t at; /* -1: refused */
	} table[] = {
		{ "1970-01-01T00:00:00Z", NULL, 0 },
		{ "2026-11-21T22:10:22Z", NULL, 1795299022 },
		{ "2026-11-21t22:10:22.75z", NULL, 1795299022 },
		{ "2026-11-21T23:10:22+01:00", NULL, 1795299022 },
		{ "2026-11-21 17:10:22-0500", NULL, 1795299022 },
		{ "2026-11-21T23:10:22 Europe/Berlin", "UTC", 1795299022 },
		{ "2026-11-21T23:10:22", "Europe/Berlin", 1795299022 },
		{ "2026-11-21T22:10", NULL, 1795299000 },
		{ "2026-11-21", "Europe/Berlin", 1795215600 },
		{ "2024-02-29", NULL, 1709164800 },
		/* in the gap: offset before it; twice: the first */
		{ "2026-03-29T02:30 Europe/Berlin", NULL, 1774747800 },
		{ "2026-10-25T02:30 Europe/Berlin", NULL, 1792888200 },
		{ "2026-07-01T12:00 Asia/Kolkata", NULL, 1782887400 },
		{ "2090-07-01T12:00 Europe/Berlin", NULL, 3802586400 }, /* by the rule behind the table */
		{ "2090-01-01T12:00 Australia/Sydney", NULL, 3786915600 },
		{ "2026-02-29", NULL, -1 },
		{ "2026-13-01", NULL, -1 },
		{ "2026-11-21T24:00Z", NULL, -1 },
		{ "2026-11-21T10", NULL, -1 },
		{ "2026-11-21T10:00:00+1", NULL, -1 },
		{ "2026-11-21T10:00Zx", NULL, -1 },
		{ "2026-11-21T10:00 Mars/Olympus", NULL, -1 },
		{ "2026-11-21T10:00 ../../etc/passwd", NULL, -1 },
		{ "2026-11-21T10:00 Europe", NULL, -1 },
		{ "tomorrow", NULL, -1 },
		{ "", NULL, -1 },
	};

	for (size_t i = 0; i < COUNT(table); i++) {
		struct err e = { 0 };
		int64_t at = -7;
		int rc = when_parse(table[i].text, table[i].zone, &at, &e);

		if (table[i].at >= 0 && rc)
			fail_msg("%s", e.text);
		assert_int_equal(rc, table[i].at < 0 ? -1 : 0);
		assert_int_equal(at, table[i].at < 0 ? -7 : table[i].at);
		assert_int_equal(e.class, table[i].at < 0 ? ERR_USAGE : ERR_NONE);
	}
}

/* Every 9 hours through a century and a half: our reading of the tz database is the C library's. */
static void zones(void **state)
{
	static const char *const names[] = { "Europe/Berlin", "America/New_York", "Australia/Sydney", "Asia/Kolkata",
		"Africa/Casablanca", "America/Santiago", "Pacific/Apia", "Etc/GMT+5", "UTC", "Europe/Dublin" };

	for (size_t i = 0; i < COUNT(names); i++) {
		struct err e = { 0 };
		AUTO(zone) z = { 0 };

		assert_int_equal(zone_open(&z, names[i], &e), 0);
		setenv("TZ", names[i], 1);
		tzset();
		for (time_t t = -(time_t)40 * 365 * 86400; t < (time_t)120 * 365 * 86400; t += 9 * 3600 + 7) {
			struct tm tm;

			localtime_r(&t, &tm);
			if (zone_offset(&z, t) != tm.tm_gmtoff)
				fail_msg("%s at %lld: %d, not %ld", names[i], (long long)t, zone_offset(&z, t),
					tm.tm_gmtoff);
		}
	}
	unsetenv("TZ");
}

static void printing(void **state)
{
	AUTO_FREE char *berlin = when_local(1795299022, "Europe/Berlin"),
		       *west = when_local(1795299022, "America/St_Johns"), *utc = when_local(0, "No/Where");
	char text[64];

	when_utc(1795299022, text);
	assert_string_equal(text, "2026-11-21T22:10:22Z");
	when_rfc2822(1795299022, text);
	assert_string_equal(text, "Sat, 21 Nov 2026 22:10:22 +0000");
	assert_string_equal(berlin, "2026-11-21T23:10:22+01:00");
	assert_string_equal(west, "2026-11-21T18:40:22-03:30");
	assert_string_equal(utc, "1970-01-01T00:00:00Z");
	assert_true(when_now() > 1700000000);
}

static void durations(void **state)
{
	static const struct {
		const char *text;
		int64_t seconds;
		const char *again;
	} table[] = {
		{ "90s", 90, "1m30s" },
		{ "10m", 600, "10m" },
		{ "24h", 86400, "1d" },
		{ "2w", 1209600, "14d" },
		{ "1h30m", 5400, "1h30m" },
		{ "0s", 0, "0s" },
		{ "", -1 },
		{ "5", -1 },
		{ "5y", -1 },
		{ "-5s", -1 },
		{ "5 s", -1 },
		{ "99999999999999999999s", -1 },
		{ "9999999999999w", -1 },
	};

	for (size_t i = 0; i < COUNT(table); i++) {
		struct err e = { 0 };
		int64_t v = -1;

		assert_int_equal(duration_parse(table[i].text, &v, &e), table[i].seconds < 0 ? -1 : 0);
		assert_int_equal(v, table[i].seconds);
		if (v >= 0) {
			AUTO_FREE char *again = duration_text(v);

			assert_string_equal(again, table[i].again);
		}
	}
}

static void sizes(void **state)
{
	static const struct {
		const char *text;
		uint64_t bytes; /* 0: refused */
		const char *again;
	} table[] = {
		{ "4096", 4096, "4.0 KiB" },
		{ "512MiB", 512ull << 20, "512.0 MiB" },
		{ "20GiB", 20ull << 30, "20.0 GiB" },
		{ "10MB", 10000000, "9.5 MiB" },
		{ "7 B", 7, "7 B" },
		{ "MiB", 0 },
		{ "1.5GiB", 0 },
		{ "5 parsecs", 0 },
		{ "99999999TiB", 0 },
		{ "-1", 0 },
	};

	for (size_t i = 0; i < COUNT(table); i++) {
		struct err e = { 0 };
		uint64_t v = 0;

		assert_int_equal(size_parse(table[i].text, &v, &e), table[i].bytes ? 0 : -1);
		if (table[i].bytes) {
			AUTO_FREE char *again = size_text(v);

			assert_int_equal(v, table[i].bytes);
			assert_string_equal(again, table[i].again);
		} else {
			assert_int_equal(e.class, ERR_USAGE);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parsing),
		cmocka_unit_test(zones),
		cmocka_unit_test(printing),
		cmocka_unit_test(durations),
		cmocka_unit_test(sizes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
