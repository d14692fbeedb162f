/* report_junit.c - junit.xml: a suite for every run, a case for every scenario, a failure for everything that fails it. */
#include "base/record.h"
#include "sandbox/report_html.h"
#include "sandbox/test.h"
#include <string.h>

enum { OUTPUT_MAX = 8 << 10 };

static void seconds(struct text *t, int64_t ms)
{
	text_add(t, " time=\"%lld.%03lld\"", (long long)ms / 1000, (long long)ms % 1000);
}

static void attribute(struct text *t, const char *name, const char *value)
{
	text_add(t, " %s=\"", name);
	page_text(t, value);
	text_add(t, "\"");
}

static void failures(struct text *t, const json_t *s)
{
	json_t *f;
	size_t i;

	json_array_foreach(json_list(s, "findings"), i, f) {
		AUTO_FREE char *message = mem_printf("%s: %s", json_text(f, "where"), json_text(f, "text"));

		if (severity_parse(json_text(f, "severity")) < SEVERITY_HIGH)
			continue;
		text_add(t, "    <failure");
		attribute(t, "type", json_text(f, "check"));
		attribute(t, "message", message);
		text_add(t, "/>\n");
	}
}

/* The output's end: what failed stands there. Cut between characters. */
static void output_end(struct text *t, const char *log)
{
	size_t len = strlen(log);
	const char *end = len > OUTPUT_MAX ? log + len - OUTPUT_MAX : log;

	if (!len)
		return;
	while (((unsigned char)*end & 0xc0) == 0x80)
		end++;
	text_add(t, "    <system-out>");
	page_text(t, end);
	text_add(t, "</system-out>\n");
}

static void test_case(struct text *t, const json_t *s, const char *suite)
{
	text_add(t, "  <testcase");
	attribute(t, "classname", suite);
	attribute(t, "name", json_text(s, "name"));
	seconds(t, json_int(s, "milliseconds"));
	text_add(t, ">\n");
	if (strcmp(json_text(s, "verdict"), "error") == 0) {
		text_add(t, "    <error type=\"error\"");
		attribute(t, "message", json_text(s, "error"));
		text_add(t, "/>\n");
	} else {
		failures(t, s);
	}
	output_end(t, json_text(s, "_log"));
	text_add(t, "  </testcase>\n");
}

static size_t count_verdict(const json_t *run, const char *word)
{
	size_t count = 0, i;
	json_t *s;

	json_array_foreach(json_list(run, "scenarios"), i, s)
		count += strcmp(json_text(s, "verdict"), word) == 0;
	return count;
}

static int64_t duration(const json_t *run)
{
	int64_t ms = 0;
	json_t *s;
	size_t i;

	json_array_foreach(json_list(run, "scenarios"), i, s)
		ms += json_int(s, "milliseconds");
	return ms;
}

static void counts(struct text *t, size_t tests, size_t failed, size_t errors)
{
	text_add(t, " tests=\"%zu\" failures=\"%zu\" errors=\"%zu\"", tests, failed, errors);
}

static void suite(struct text *t, const json_t *report, const json_t *run)
{
	const char *target = json_text(run, "target"), *root = json_text(json_map(run, "root"), "name"),
		   *time = json_text(report, "time");
	AUTO_FREE char *name = *target ? mem_printf("sluice.%s", target) : mem_strdup("sluice");
	json_t *s;
	size_t i;

	text_add(t, " <testsuite");
	attribute(t, "name", name);
	attribute(t, "package", root);
	counts(t, json_array_size(json_list(run, "scenarios")), count_verdict(run, "fail"),
		count_verdict(run, "error"));
	text_add(t, " skipped=\"0\" hostname=\"sandbox\"");
	if (strlen(time) >= 19) {
		AUTO_FREE char *stamp = mem_printf("%.19s", time); /* the schema knows no zone */

		attribute(t, "timestamp", stamp);
	}
	seconds(t, duration(run));
	text_add(t, ">\n");
	json_array_foreach(json_list(run, "scenarios"), i, s)
		test_case(t, s, name);
	text_add(t, " </testsuite>\n");
}

char *test_report_junit(const json_t *report)
{
	size_t tests = 0, failed = 0, errors = 0, i;
	struct text t = { 0 };
	json_t *run;

	json_array_foreach(json_list(report, "runs"), i, run) {
		tests += json_array_size(json_list(run, "scenarios"));
		failed += count_verdict(run, "fail");
		errors += count_verdict(run, "error");
	}
	text_add(&t, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"sluice test\"");
	counts(&t, tests, failed, errors);
	text_add(&t, ">\n");
	json_array_foreach(json_list(report, "runs"), i, run)
		suite(&t, report, run);
	text_add(&t, "</testsuites>\n");
	return text_take(&t);
}
