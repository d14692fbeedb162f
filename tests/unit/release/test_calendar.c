/* test_calendar.c - the calendar reader against tests/data/calendar: NAME.ics, and in NAME.exact what it marks.
 *
 * NAME.exact: the first line is FROM UNTIL ZONE; then a line a span (FROM UNTIL TEXT, "(tentative)" behind it), or "refused: " and words of the
 * reason. */
#include "base/arena.h"
#include "base/fs.h"
#include "base/text.h"
#include "base/when.h"
#include "release/gate/calendar.h"
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static char *load(const char *name, size_t *ret_len)
{
	AUTO_FREE char *path = mem_printf("%s/calendar/%s", TEST_DATA, name);
	struct err e = { 0 };
	char *bytes;

	if (fs_read_file(path, CALENDAR_BYTES_MAX, &bytes, ret_len, &e))
		fail_msg("%s", e.text);
	return bytes;
}

static char *shown(const json_t *busy)
{
	struct text t = { 0 };
	size_t i;
	json_t *one;

	json_array_foreach(busy, i, one) {
		char from[32], until[32];

		when_utc(json_int(one, "from"), from);
		when_utc(json_int(one, "until"), until);
		text_add(&t, "%s %s %s%s\n", from, until, json_text(one, "text"),
			json_flag(one, "tentative") ? " (tentative)" : "");
	}
	return t.at ? text_take(&t) : mem_strdup("");
}

static int64_t time_of(struct slice s)
{
	AUTO_FREE char *text = strndup(s.at, s.len);
	struct err e = { 0 };
	int64_t at = 0;

	if (when_parse(text, "UTC", &at, &e))
		fail_msg("%s", e.text);
	return at;
}

static bool check(const char *name)
{
	AUTO_FREE char *exact_name = mem_printf("%.*s.exact", (int)(strlen(name) - 4), name);
	AUTO_FREE char *bytes = NULL, *exact = NULL, *zone = NULL, *got = NULL;
	AUTO_JSON *busy = NULL;
	size_t len, exact_len;
	struct slice rest, line = { 0 }, from = { 0 }, until = { 0 };
	struct err e = { 0 };

	bytes = load(name, &len);
	exact = load(exact_name, &exact_len);
	rest = slice_of(exact);
	assert_true(slice_cut(&rest, '\n', &line) && slice_cut(&line, ' ', &from) && slice_cut(&line, ' ', &until));
	zone = strndup(line.at, line.len);
	if (calendar_read(bytes, len, zone, time_of(from), time_of(until), &busy, &e)) {
		AUTO_FREE char *want = strndup(rest.at, rest.len ? rest.len - 1 : 0);

		assert_null(busy);
		if (e.class == ERR_INPUT && text_starts(want, "refused: ") && strstr(e.text, want + 9))
			return true;
		print_error("%s: %s\n", name, e.text);
		return false;
	}
	got = shown(busy);
	if (strcmp(got, rest.at) == 0)
		return true;
	print_error("%s:\n%swanted:\n%s", name, got, rest.at);
	return false;
}

static void files(void **state)
{
	AUTO_FREE char *folder = mem_printf("%s/calendar", TEST_DATA);
	DIR *dir = opendir(folder);
	int seen = 0, bad = 0;

	assert_non_null(dir);
	for (struct dirent *d; (d = readdir(dir));)
		if (strlen(d->d_name) > 4 && strcmp(d->d_name + strlen(d->d_name) - 4, ".ics") == 0) {
			seen++;
			bad += !check(d->d_name);
		}
	closedir(dir);
	assert_int_equal(bad, 0);
	assert_true(seen > 40);
}

/* Many events, each repeated: the answer's order, and a bound on its size. */
static void many(void **state)
{
	struct text t = { 0 };
	struct err e = { 0 };
	json_t *busy = NULL;
	size_t i;
	json_t *one;
	int64_t last = 0;

	text_add(&t, "BEGIN:VCALENDAR\n");
	for (int k = 0; k < CALENDAR_EVENTS_MAX; k++)
		text_add(&t,
			"BEGIN:VEVENT\nUID:%d\nDTSTART:202611%02dT%02d0000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=3\n"
			"END:VEVENT\n",
			k, k % 28 + 1, k % 24);
	text_add(&t, "END:VCALENDAR\n");
	if (calendar_read(t.at, t.len, "", 0, 4000000000, &busy, &e))
		fail_msg("%s", e.text);
	/* 84 beginnings of 28 * 24 / gcd: what is the same is one span */
	assert_true(json_array_size(busy) > 100);
	json_array_foreach(busy, i, one) {
		assert_true(json_int(one, "from") >= last);
		last = json_int(one, "from");
	}
	json_decref(busy);
	busy = NULL;
	t.len -= strlen("END:VCALENDAR\n");
	text_add(&t, "BEGIN:VEVENT\nUID:x\nDTSTART:20261101T000000Z\nDURATION:PT1H\nEND:VEVENT\nEND:VCALENDAR\n");
	assert_int_equal(calendar_read(t.at, t.len, "", 0, 4000000000, &busy, &e), -1);
	assert_string_equal(e.code, "E_LIMIT_ENTRIES");
	text_done(&t);
}

/* What a rule says of a span does not depend on how far away the reader begins to look. */
static void skipping_is_exact(void **state)
{
	static const char *const freqs[] = { "DAILY", "WEEKLY", "MONTHLY", "YEARLY" };
	static const char *const parts[] = { "", ";BYDAY=MO,FR", ";BYMONTHDAY=-1", ";BYDAY=-1FR",
		";BYSETPOS=-1;BYDAY=MO,TU,WE", ";BYMONTH=2,11", ";BYHOUR=8,20", ";WKST=SU;BYDAY=SU,SA" };
	static const char *const starts[] = { "20230130T220000", "20240229T010203", "20231231T235900",
		"20230817T120000" };
	int compared = 0;

	for (size_t f = 0; f < COUNT(freqs); f++)
		for (size_t p = 0; p < COUNT(parts); p++)
			for (size_t s = 0; s < COUNT(starts); s++)
				for (int interval = 1; interval <= 3; interval += 2) {
					AUTO_FREE char *text = mem_printf(
						"BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\nDTSTART;TZID=Europe/"
						"Berlin:%s\nDURATION:PT3H\n"
						"RRULE:FREQ=%s;INTERVAL=%d%s\nEND:VEVENT\nEND:VCALENDAR\n",
						starts[s], freqs[f], interval, parts[p]);
					AUTO_JSON *wide = NULL, *narrow = NULL;
					const int64_t from = 1793491200, until = from + 200 * 86400;
					struct err e = { 0 };

					if (calendar_read(text, strlen(text), "", 1, until, &wide, &e))
						continue; /* libical takes no WKST or BYMONTHDAY with some of them */
					assert_int_equal(
						calendar_read(text, strlen(text), "", from, until, &narrow, &e), 0);
					for (size_t i = json_array_size(wide); i-- > 0;)
						if (json_int(json_array_get(wide, i), "until") <= from)
							json_array_remove(wide, i);
					if (!json_equal(wide, narrow))
						fail_msg("%s", text);
					compared += json_array_size(wide) > 0;
				}
	assert_true(compared > 150);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files),
		cmocka_unit_test(many),
		cmocka_unit_test(skipping_is_exact),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
