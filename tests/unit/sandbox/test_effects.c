/* test_effects.c - facts of a scenario, lines of the kernel, kinds of content: pure functions over data. */
#include "base/text.h"
#include "sandbox/content.h"
#include "sandbox/effects.h"
#include "sandbox/kernel_lines.h"
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static json_t *parse(const char *text)
{
	struct err e = { 0 };
	json_t *o = json_parse(text, strlen(text), "test", &e);

	if (!o)
		fail_msg("%s", e.text);
	return o;
}

static char *joined(const json_t *list)
{
	struct text t = { 0 };
	size_t i;
	json_t *one;

	json_array_foreach(list, i, one)
		text_add(&t, "%s\n", json_string_value(one));
	return text_take(&t);
}

static const char old_run[] =
	"{\"scripts\": [{\"package\": \"acme\", \"event\": \"post-install\", \"calls\": ["
	"{\"kind\": \"exec\", \"what\": \"/usr/bin/mktemp\", \"arguments\": [\"mktemp\", \"/tmp/a.Xy3\"], \"pid\": 3, "
	"\"at\": 9},"
	"{\"kind\": \"exec\", \"what\": \"/opt/acme-1.0/setup\", \"arguments\": [\"setup\", \"1.0\"], \"pid\": 4, "
	"\"at\": 10}]}],"
	"\"network\": [{\"to\": \"a.example\", \"port\": 443, \"tls\": true, \"outcome\": \"tls\", \"protocol\": "
	"\"\"}],"
	"\"ports\": [{\"port\": \"tcp/8443\", \"process\": \"acmed\", \"speaks\": \"tls\"}],"
	"\"accounts\": {\"users\": {\"added\": [\"acme\"], \"changed\": []}}, \"units\": [\"acme.service\"]}";
static const char new_run[] =
	"{\"scripts\": [{\"package\": \"acme\", \"event\": \"post-install\", \"calls\": ["
	"{\"kind\": \"exec\", \"what\": \"/opt/acme-1.1/setup\", \"arguments\": [\"setup\", \"1.1\"], \"pid\": 40, "
	"\"at\": 100},"
	"{\"kind\": \"exec\", \"what\": \"/usr/bin/mktemp\", \"arguments\": [\"mktemp\", \"/tmp/a.Qq9\"], \"pid\": 30, "
	"\"at\": 90},"
	"{\"kind\": \"exec\", \"what\": \"/usr/bin/wget\", \"arguments\": [\"wget\"], \"pid\": 31, \"at\": 91}]}],"
	"\"network\": [{\"to\": \"a.example\", \"port\": 80, \"tls\": false, \"outcome\": \"cleartext\", \"protocol\": "
	"\"http\"}],"
	"\"ports\": [{\"port\": \"tcp/8443\", \"process\": \"acmed\", \"speaks\": \"cleartext\"}],"
	"\"accounts\": {\"users\": {\"added\": [\"acme\"], \"changed\": []}}, \"units\": [\"acme.service\"]}";

/* Times, numbers, temporary names and the version itself do not count; what is done does. */
static void effects_are_compared(void **state)
{
	AUTO_JSON *a = parse(old_run);
	AUTO_JSON *b = parse(new_run);
	AUTO_JSON *old = effects_of(a, "1.0");
	AUTO_JSON *new = effects_of(b, "1.1");
	AUTO_JSON *same = effects_compare(old, old);
	AUTO_JSON *diff = effects_compare(old, new);
	AUTO_FREE char *facts = joined(old), *gone = joined(json_list(diff, "gone")),
		       *come = joined(json_list(diff, "new"));

	assert_string_equal(facts,
		"acme post-install exec: /opt/acme-VERSION/setup setup VERSION\n"
		"acme post-install exec: /usr/bin/mktemp mktemp /tmp/*\n"
		"talks to a.example port 443: tls \n"
		"tcp/8443 of acmed speaks tls\n"
		"unit acme.service\n"
		"users added: acme\n");
	assert_int_equal(json_array_size(json_list(same, "gone")) + json_array_size(json_list(same, "new")), 0);
	assert_string_equal(gone, "talks to a.example port 443: tls \ntcp/8443 of acmed speaks tls\n");
	assert_string_equal(come,
		"acme post-install exec: /usr/bin/wget wget\n"
		"talks to a.example port 80: cleartext http\n"
		"tcp/8443 of acmed speaks cleartext\n");
}

static void lost_tls_is_found(void **state)
{
	AUTO_JSON *a = parse(old_run);
	AUTO_JSON *b = parse(new_run);
	AUTO_JSON *lost = effects_tls_lost(
		json_list(a, "network"), json_list(b, "network"), json_list(a, "ports"), json_list(b, "ports"));
	AUTO_JSON *gained = effects_tls_lost(
		json_list(b, "network"), json_list(a, "network"), json_list(b, "ports"), json_list(a, "ports"));
	AUTO_JSON *first = effects_tls_lost(NULL, json_list(b, "network"), NULL, json_list(b, "ports"));

	assert_int_equal(json_array_size(lost), 2);
	assert_string_equal(json_text(json_array_get(lost, 0), "where"), "a.example");
	assert_string_equal(json_text(json_array_get(lost, 1), "where"), "tcp/8443");
	assert_int_equal(json_array_size(gained), 0);
	assert_int_equal(json_array_size(first), 0);
}

static void kernel_lines_are_told_apart(void **state)
{
	static const unsigned pids[] = { 1200, 1234, 1300 };
	const struct kernel_people who = { pids, COUNT(pids) };
	static const struct {
		const char *text;
		bool ours, crash;
	} cases[] = {
		{ "perl[1234]: segfault at 1 ip 00007f sp 00007f error 4 in libc.so.6", true, true },
		{ "perl[1235]: segfault at 1 ip 00007f sp 00007f error 4 in libc.so.6", false, true },
		{ "nginx[1301]: segfault at 0 ip 0 sp 0 error 4", false, true },
		{ "nginx[999]: segfault at 0 ip 0 sp 0 error 4", false, true },
		{ "traps: x[1300] trap divide error ip:1 sp:2 error:0", true, true },
		{ "Memory cgroup out of memory: Killed process 1200 (big) total-vm:1kB", true, true },
		{ "oom-kill:constraint=CONSTRAINT_MEMCG,task=big,pid=1200,uid=0", true, false },
		{ "eth0: link is up, 1234 packets", false, false },
		{ "audit: type=1400 pid=12345", false, false },
	};
	char record[] = "6,42,1000,-;hello there\n SUBSYSTEM=x\n", none[] = "garbage";

	for (size_t i = 0; i < COUNT(cases); i++)
		if (kernel_is_ours(cases[i].text, &who) != cases[i].ours ||
			kernel_is_crash(cases[i].text) != cases[i].crash)
			fail_msg("%s", cases[i].text);
	assert_string_equal(kernel_text(record), "hello there");
	assert_null(kernel_text(none));
}

static void content_is_classed(void **state)
{
	unsigned char long_text[CONTENT_HEAD];

	/* a character that the end of the beginning cuts */
	memset(long_text, 'a', sizeof long_text);
	long_text[CONTENT_HEAD - 1] = 0xc3;
	assert_string_equal(content_class("/opt/a", long_text, sizeof long_text), "text");
	assert_string_equal(content_class("/opt/a",
				    (const unsigned char *)"\x7f"
							   "ELF\2",
				    5),
		"elf");
	assert_string_equal(content_class("/opt/a", (const unsigned char *)"#!/bin/sh\n", 10), "script");
	assert_string_equal(content_class("/etc/a", (const unsigned char *)"a = 1\n", 6), "config");
	assert_string_equal(content_class("/etc/a", (const unsigned char *)"a\0b", 3), "data");
	assert_string_equal(content_class("/opt/a", (const unsigned char *)"\xff\xfe", 2), "data");
	assert_string_equal(content_class("/opt/a", (const unsigned char *)"", 0), "empty");
	assert_string_equal(content_class("/opt/a", (const unsigned char *)"\x1f\x8b\x08", 3), "archive");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(effects_are_compared),
		cmocka_unit_test(lost_tls_is_found),
		cmocka_unit_test(kernel_lines_are_told_apart),
		cmocka_unit_test(content_is_classed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
