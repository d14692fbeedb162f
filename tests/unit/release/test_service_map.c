/* test_service_map.c - tables of services become sections that the policy takes; what RFC 4180 does not allow is refused with its line. */
#include "base/text.h"
#include "release/gate/policy.h"
#include "release/service_map.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define HEAD "package,service,process,department,blackouts,expected-downtime\r\n"

static json_t *map_of(const char *csv)
{
	json_t *map = NULL;
	struct err e = { 0 };

	if (service_map_parse(csv, strlen(csv), "map.csv", &map, &e))
		fail_msg("%s", e.text);
	return map;
}

static void sections(void **state)
{
	AUTO_JSON *map = map_of(
		"\xef\xbb\xbf" HEAD
		"*acme-report*,reporting-app,regulatory-reporting,finance,calendars/reporting.ics,10m\r\n"
		"\"acme-report-doc\",reporting-app,regulatory-reporting,finance,,\n"
		"acme-trade,trading,trading-day,trading,,\nacme-trade,trading,regulatory-reporting,finance,,\nviewer,"
		"viewer,,,,");
	AUTO_JSON *want = json_loads(
		"{\"services\": {\"reporting-app\": {\"packages\": [\"*acme-report*\", \"acme-report-doc\"]}, "
		"\"trading\": {\"packages\": [\"acme-trade\"]}, "
		"\"viewer\": {\"packages\": [\"viewer\"]}}, \"processes\": {\"regulatory-reporting\": {\"department\": "
		"\"finance\", \"services\": [\"reporting-app\", "
		"\"trading\"], \"blackouts\": \"calendars/reporting.ics\", \"expected-downtime\": \"10m\"}, "
		"\"trading-day\": {\"department\": \"trading\", \"services\": "
		"[\"trading\"]}}}",
		0, NULL);
	AUTO_FREE char *one = service_map_yaml(map, "services");

	assert_non_null(want);
	assert_true(json_equal(map, want));
	assert_string_equal(one,
		"reporting-app: {\"packages\": [\"*acme-report*\", \"acme-report-doc\"]}\ntrading: {\"packages\": "
		"[\"acme-trade\"]}\n"
		"viewer: {\"packages\": [\"viewer\"]}\n");
}

/* What is printed is read again as the policy reads it. */
static void as_policy(void **state)
{
	AUTO_JSON *map = map_of("service,package\nweb,nginx*\nweb,lib:x\n"),
		  *other = map_of(HEAD "a,web,shop,sales,,1h\n"), *parsed = NULL;
	AUTO_FREE char *yaml = service_map_yaml(other, NULL), *bare = service_map_yaml(map, NULL);
	AUTO_FREE char *policy = mem_printf(
		"version: 1\norganisation: T\npeople: {olga: {keys: "
		"[\"openpgp:0123456789ABCDEF0123456789ABCDEF01234567\"]}}\nowners: {threshold: 1, people: [olga]}\n"
		"roles: {cab: [olga], department/sales: [olga]}\npriority:\n  low: {minor: low, significant: low, "
		"far-reaching: low}\n"
		"  medium: {minor: low, significant: low, far-reaching: low}\n  high: {minor: low, significant: low, "
		"far-reaching: low}\ncategories:\n"
		"  minor: {evidence: [test], votes: [{role: cab, count: 1}]}\n  significant: {evidence: [test], votes: "
		"[{role: cab, count: 1}]}\n"
		"  far-reaching: {evidence: [test], votes: [{role: cab, count: 1}]}\nchannels: {production: {targets: "
		"[deb]}}\n%s",
		yaml);
	struct err e = { 0 };

	if (policy_parse(policy, strlen(policy), "policy.yaml", &parsed, &e))
		fail_msg("%s", e.text);
	assert_true(json_equal(json_map(parsed, "services"), json_map(other, "services")));
	assert_true(json_equal(json_map(parsed, "processes"), json_map(other, "processes")));
	assert_non_null(strstr(bare, "processes: {}\n"));
	assert_non_null(strstr(bare, "\"lib:x\""));
}

static void refused(void **state)
{
	static const struct {
		const char *csv, *text;
	} cases[] = {
		{ "", "map.csv: a first line" },
		{ HEAD, "map.csv: a first line" },
		{ "package;service\na;b\n", "map.csv:1: column 'package;service'" },
		{ "package,package\n", "map.csv:1: column 'package': it stands there twice" },
		{ "package\na\n", "map.csv:1: column 'service': it is missing" },
		{ "package,service\na\n", "map.csv:2: 1 cells, the first line has 2" },
		{ "package,service\na,b\n\nc,d\n", "map.csv:3: 1 cells" },
		{ "package,service\na,\"b\"c\n", "map.csv:2: bytes behind a closing quote" },
		{ "package,service\na,b\"\n", "map.csv:2: a quote inside a cell" },
		{ "package,service\na,b\nc,\"d\n\n\n", "map.csv:3: a quote is never closed" },
		{ "package,service\na,b\rc,d\n", "map.csv:2: a carriage return" },
		{ "package,service\na,b\x01\n", "map.csv:2: a cell that is no text" },
		{ "package,service\na,\xff\n", "map.csv:2: a cell that is no text" },
		{ "package,service\n\"a\r\nb\",c\nd,e\n", "map.csv:2: package 'a" },
		{ "package,service\na,Web Shop\n", "map.csv:2: service 'Web Shop': a short name" },
		{ "package,service\n,b\n", "map.csv:2: package ''" },
		{ HEAD "a,b,,finance,,\n", "map.csv:2: process ''" },
		{ HEAD "a,b,c,,,\n", "map.csv:2: department ''" },
		{ HEAD "a,b,c,d,../x.ics,\n", "map.csv:2: blackouts '../x.ics'" },
		{ HEAD "a,b,c,d,,soon\n", "map.csv:2: expected-downtime 'soon'" },
		{ HEAD "a,b,c,d,,\nx,y,c,e,,\n", "map.csv:3: department 'e': line 2 says 'd' of process c" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		json_t *map = NULL;
		struct err e = { 0 };

		assert_int_equal(service_map_parse(cases[i].csv, strlen(cases[i].csv), "map.csv", &map, &e), -1);
		assert_int_equal(e.class, ERR_USAGE);
		if (!strstr(e.text, cases[i].text))
			fail_msg("case %zu: %s", i, e.text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sections),
		cmocka_unit_test(as_policy),
		cmocka_unit_test(refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
