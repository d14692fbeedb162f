/* test_report.c - the page and JUnit's XML from a report that has every key and hostile text everywhere (tests/data/report). */
#include "base/fs.h"
#include "base/text.h"
#include "sandbox/test.h"
#include <ctype.h>
#include <setjmp.h>
#include <string.h>

#include <cmocka.h>

static json_t *sample(void)
{
	AUTO_FREE char *bytes = NULL;
	struct err e = { 0 };
	size_t len;
	json_t *report = NULL;

	if (fs_read_file(TEST_DATA "/report/sample.json", 1 << 20, &bytes, &len, &e) ||
		(report = json_parse(bytes, len, "sample.json", &e)) == NULL)
		fail_msg("%s", e.text);
	return report;
}

/* Every element is closed in order, nothing but what XML allows stands in text: a page that both kinds of readers understand. */
static void well_formed(const char *page)
{
	const char *open[300];
	size_t lengths[300], depth = 0, elements = 0;

	for (const char *at = page; *at; at++) {
		if ((unsigned char)*at < 0x20 && *at != '\n' && *at != '\t')
			fail_msg("control character %d before: %.60s", *at, at);
		if (*at == '&' && !strchr("#alqg", at[1]))
			fail_msg("a lonely & before: %.60s", at);
		if (*at != '<' || at[1] == '!' || at[1] == '?')
			continue;
		bool is_end = at[1] == '/';
		const char *name = at + 1 + is_end, *end = strchr(at, '>');
		size_t len = strcspn(name, " />\n");

		if (!end || !len || memchr(at + 1, '<', (size_t)(end - at - 1)))
			fail_msg("not an element: %.60s", at);
		if (!is_end && end[-1] != '/') {
			assert_true(depth < COUNT(open));
			open[depth] = name;
			lengths[depth++] = len;
			elements++;
		} else if (is_end) {
			if (!depth || lengths[depth - 1] != len || memcmp(open[depth - 1], name, len) != 0)
				fail_msg("%.20s is closed, but not open", name);
			depth--;
		}
		at = end;
	}
	assert_int_equal(depth, 0);
	assert_true(elements > 2);
}

static void holds(const char *page, const char *const *texts)
{
	for (; *texts; texts++)
		if (!strstr(page, *texts))
			fail_msg("the page lacks: %s", *texts);
}

static void every_key_is_on_the_page(void **state)
{
	static const char *const texts[] = { "<h1>Failed</h1>", "spoke TLS in the old version",
		"make it speak TLS again", "/opt/acme/bin/agent: mode 0755", "not met", "href=\"#s0-0\"",
		"href=\"#s1-1\"", "id=\"s1-1\"", "<strong>12</strong> days old", "glibc", "acme-agent", "abababab",
		"profile systemd", "the worker was killed", "look at the memory", "<svg role=\"img\"",
		"class=\"script\"", "postinst configure", "useradd -r acme", "updates.acme.example:443",
		"<td class=\"tls\">TLS 1.3</td>", "<td class=\"clear\">cleartext</td>", "tcp/8443",
		"HTTP/1.0 400 Bad Request", "acme-agent.service", "after the removal", "users added", "agent --daemon",
		"segfault at 0", "setuid", "cap_net_raw=ep", "anybody may write", "../lib/run",
		"<li class=\"leaf removed\">", "<li class=\"leaf changed\">", "1834024 bytes", "998:998",
		"dpkg --configure -a", "a second try fails, too", "<mark>2026-11-26 10:00:01 ERROR",
		"reading /etc/acme/agent.conf", "going on without", "7 times", "accepted: known since 4.0", "9f9f9f9f",
		"this root keeps no journal", "What was printed", "Setting up acme-agent", "default-src 'none'", NULL };
	AUTO_JSON *report = sample();
	AUTO_FREE char *page = test_report_html(report);

	holds(page, texts);
	well_formed(page);
	assert_null(strstr(page, "<script>"));
	assert_null(strstr(page, "http://www.w3.org/2000/svg\"><script"));
	assert_null(strstr(page, "src="));
	/* verdict before all else */
	assert_true(strstr(page, "class=\"banner fail\"") < strstr(page, "<h2"));
}

static void junit_is_as_it_was(void **state)
{
	AUTO_JSON *report = sample();
	AUTO_FREE char *junit = test_report_junit(report), *golden = NULL;
	struct err e = { 0 };
	size_t len;

	well_formed(junit);
	assert_int_equal(fs_read_file(TEST_DATA "/report/sample.junit.xml", 1 << 20, &golden, &len, &e), 0);
	assert_string_equal(junit, golden);
}

static json_t *entry(const char *path)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:i, s:i, s:i}", "path", path, "kind", "added", "type", "file", "mode",
		"0644", "uid", 0, "gid", 0, "size", 1);
}

/* A tree of hostile depth and width, a log without end: the page stays one that opens. */
static void large_reports(void **state)
{
	struct text deep = { 0 }, log = { 0 };
	json_t *entries = json_array();

	for (int i = 0; i < 1500; i++)
		text_add(&deep, "/%c", 'a' + i % 26);
	json_array_append_new(entries, entry(deep.at));
	for (int i = 0; i < 20000; i++) {
		AUTO_FREE char *path = mem_printf("/opt/d%d/f%d", i % 700, i);

		json_array_append_new(entries, entry(path));
	}
	for (int i = 0; i < 100000; i++)
		text_add(&log, "\xc3\xa4 line %d\n", i);
	AUTO_JSON *report = json_pack("{s:s, s:[{s:{s:s}, s:[{s:s, s:s, s:o, s:s}]}]}", "verdict", "pass", "runs",
		"root", "name", "r", "scenarios", "name", "install", "verdict", "pass", "entries", entries, "_log",
		log.at);
	AUTO_FREE char *page = test_report_html(report), *junit = test_report_junit(report);
	well_formed(page);
	well_formed(junit);
	assert_true(strlen(page) < 4 << 20);
	assert_true(strlen(junit) < 64 << 10);
	assert_non_null(strstr(page, "more are in report.json"));
	assert_true(text_is_utf8(page, strlen(page)));
	text_done(&deep);
	text_done(&log);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_key_is_on_the_page),
		cmocka_unit_test(junit_is_as_it_was),
		cmocka_unit_test(large_reports),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
