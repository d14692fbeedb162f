/* report.c - a test's report on disk: report.json, report.html, junit.xml, logs/. Text from inside is hostile: it is made printable
 * where it is collected and escaped here. */
#include "base/fs.h"
#include "sandbox/trial.h"
#include <stdio.h>
#include <string.h>

enum { PAGE_LOG_MAX = 256 << 10, PAGE_PATHS_MAX = 5000 };

/* The parts that the scenarios hand up and that are shown elsewhere in the report. */
static const char *const inner[] = { "_packages", "_provided", "_logs", "_log", "_run", LOGS_LEARNT };

/* Of all runs; a list of its own. */
static json_t *scenarios_of(const json_t *report)
{
	json_t *all = json_array(), *run;
	size_t i;

	json_array_foreach(json_list(report, "runs"), i, run)
		if (json_list(run, "scenarios"))
			json_array_extend(all, json_list(run, "scenarios"));
	return all;
}

void report_trim(json_t *report)
{
	AUTO_JSON *all = scenarios_of(report);
	size_t i;
	json_t *scenario;

	json_array_foreach(all, i, scenario)
		for (size_t k = 0; k < COUNT(inner); k++)
			json_object_del(scenario, inner[k]);
}

/* ---- HTML (and XML, which knows no control characters): names of files came as the hostile made them */
static void html(struct text *t, const char *text)
{
	AUTO_FREE char *printable = text_printable(text, strlen(text), true), *escaped = text_html(printable);

	text_add(t, "%s", escaped);
}

static void cell(struct text *t, const char *text)
{
	text_add(t, "<td>");
	html(t, text);
	text_add(t, "</td>");
}

static const char style[] =
	":root{color-scheme:light "
	"dark;--bg:#fff;--fg:#1b1f24;--soft:#57606a;--line:#d0d7de;--card:#f6f8fa;--good:#116329;--bad:#a40e26;"
	"--warn:#7d4e00}"
	"@media(prefers-color-scheme:dark){:root{--bg:#0d1117;--fg:#e6edf3;--soft:#9da7b1;--line:#30363d;--card:#"
	"161b22;--good:#4ac26b;"
	"--bad:#ff8182;--warn:#d4a72c}}"
	"body{margin:0 auto;max-width:64rem;padding:1.5rem;background:var(--bg);color:var(--fg);font:16px/1.5 "
	"system-ui,sans-serif}"
	"h1{font-size:1.5rem}h2{font-size:1.2rem;margin-top:2rem;border-bottom:1px solid var(--line)}h3{font-size:1rem}"
	"table{border-collapse:collapse;width:100%;margin:.5rem "
	"0}th,td{text-align:left;vertical-align:top;padding:.25rem .6rem;"
	"border-bottom:1px solid var(--line);overflow-wrap:anywhere}th{color:var(--soft);font-weight:600}"
	"code,pre,td.m{font:.85rem/1.45 "
	"ui-monospace,monospace}pre{background:var(--card);padding:.75rem;overflow:auto;max-height:30rem}"
	".pass{color:var(--good)}.fail,.high,.critical{color:var(--bad)}.error,.medium{color:var(--warn)}.v{font-"
	"weight:700}"
	"summary{cursor:pointer}.soft{color:var(--soft)}";

static void heading_row(struct text *t, const char *const *names)
{
	text_add(t, "<table><thead><tr>");
	for (; *names; names++)
		text_add(t, "<th scope=\"col\">%s</th>", *names);
	text_add(t, "</tr></thead><tbody>");
}

static void verdict(struct text *t, const char *word)
{
	static const char *const shown[][2] = { { "pass", "passed" }, { "fail", "failed" },
		{ "error", "could not be run" } };

	for (size_t i = 0; i < COUNT(shown); i++)
		if (strcmp(shown[i][0], word) == 0)
			text_add(t, "<span class=\"v %s\">%s</span>", shown[i][0], shown[i][1]);
}

static void html_packages(struct text *t, const json_t *report)
{
	size_t i;
	json_t *p;

	heading_row(t, (const char *const[]){ "package", "version", "architecture", "sha256", NULL });
	json_array_foreach(json_list(report, "packages"), i, p) {
		text_add(t, "<tr>");
		cell(t, *json_text(p, "name") ? json_text(p, "name") : json_text(p, "file"));
		cell(t, json_text(p, "version"));
		cell(t, json_text(p, "architecture"));
		text_add(t, "<td class=\"m\">");
		html(t, json_text(p, "sha256"));
		text_add(t, "</td></tr>");
	}
	text_add(t, "</tbody></table>");
}

static void html_expectations(struct text *t, const json_t *report)
{
	json_t *list = json_list(report, "expectations"), *x;
	size_t i;

	if (json_array_size(list) == 0)
		return;
	text_add(t, "<h2>Expected and observed</h2>");
	heading_row(t, (const char *const[]){ "what", "expected", "observed", "", NULL });
	json_array_foreach(list, i, x) {
		text_add(t, "<tr>");
		cell(t, json_text(x, "text"));
		cell(t, json_text(x, "expected"));
		cell(t, json_text(x, "observed"));
		text_add(t, "<td class=\"%s\">%s</td></tr>", json_flag(x, "met") ? "pass" : "fail",
			json_flag(x, "met") ? "met" : "not met");
	}
	text_add(t, "</tbody></table>");
}

static void html_findings(struct text *t, json_t *list)
{
	size_t i;
	json_t *f;

	if (json_array_size(list) == 0)
		return;
	heading_row(t, (const char *const[]){ "severity", "what", "where", "", NULL });
	json_array_foreach(list, i, f) {
		int known = severity_parse(json_text(f, "severity"));

		text_add(t, "<tr><td class=\"%s\">%s</td>", known >= 0 ? severity_name((enum severity)known) : "",
			known >= 0 ? severity_name((enum severity)known) : "");
		cell(t, json_text(f, "check"));
		cell(t, json_text(f, "where"));
		cell(t, json_text(f, "text"));
		text_add(t, "</tr>");
	}
	text_add(t, "</tbody></table>");
}

static void html_steps(struct text *t, json_t *list)
{
	size_t i;
	json_t *s;

	heading_row(t, (const char *const[]){ "step", "exit", "ms", NULL });
	json_array_foreach(list, i, s) {
		text_add(t, "<tr><td class=\"m\">");
		html(t, json_text(s, "command"));
		text_add(t, "</td><td>%lld</td><td>%lld</td></tr>", (long long)json_int(s, "exit"),
			(long long)json_int(s, "milliseconds"));
	}
	text_add(t, "</tbody></table>");
}

static void html_scripts(struct text *t, json_t *list)
{
	size_t i, k;
	json_t *s, *word;

	if (json_array_size(list) == 0)
		return;
	heading_row(t, (const char *const[]){ "script", "event", "arguments", "exit", "ms", NULL });
	json_array_foreach(list, i, s) {
		text_add(t, "<tr>");
		cell(t, json_text(s, "source"));
		cell(t, json_text(s, "event"));
		text_add(t, "<td>");
		json_array_foreach(json_list(s, "arguments"), k, word) {
			text_add(t, "%s", k ? " " : "");
			html(t, json_string_value(word));
		}
		text_add(t, "</td><td>%lld</td><td>%lld</td></tr>", (long long)json_int(s, "exit"),
			(long long)json_int(s, "milliseconds"));
	}
	text_add(t, "</tbody></table>");
}

static void html_words(struct text *t, const char *what, json_t *list)
{
	size_t i;
	json_t *one;

	if (json_array_size(list) == 0)
		return;
	text_add(t, "<p>%s: ", what);
	json_array_foreach(list, i, one) {
		text_add(t, "%s", i ? ", " : "");
		html(t, json_is_string(one) ? json_string_value(one) : json_text(one, "command"));
	}
	text_add(t, "</p>");
}

static void html_changes(struct text *t, json_t *changes)
{
	static const char *const kinds[] = { "added", "changed", "removed" };

	for (size_t k = 0; k < COUNT(kinds); k++) {
		json_t *list = json_list(changes, kinds[k]), *path;
		size_t i;

		if (json_array_size(list) == 0)
			continue;
		text_add(t, "<details><summary>%zu files %s</summary><pre>", json_array_size(list), kinds[k]);
		json_array_foreach(list, i, path) {
			if (i == PAGE_PATHS_MAX)
				break;
			html(t, json_string_value(path));
			text_add(t, "\n");
		}
		if (json_array_size(list) > PAGE_PATHS_MAX)
			text_add(t, "... and more: report.json has them all");
		text_add(t, "</pre></details>");
	}
}

/* A page must stay one that a browser opens. Cut between characters. */
static char *beginning(const char *text)
{
	size_t len = strlen(text);

	if (len <= PAGE_LOG_MAX)
		return mem_strdup(text);
	for (len = PAGE_LOG_MAX; len && ((unsigned char)text[len] & 0xc0) == 0x80;)
		len--;
	return mem_printf("%.*s\n...\n", (int)len, text);
}

static void html_scenario(struct text *t, json_t *s)
{
	text_add(t, "<section><h2>");
	html(t, json_text(s, "name"));
	text_add(t, ": ");
	verdict(t, json_text(s, "verdict"));
	text_add(t, "</h2>");
	if (*json_text(s, "error")) {
		text_add(t, "<p class=\"error\">");
		html(t, json_text(s, "error"));
		text_add(t, "</p>");
	}
	html_findings(t, json_list(s, "findings"));
	html_steps(t, json_list(s, "steps"));
	html_scripts(t, json_list(s, "scripts"));
	html_words(t, "Users added", json_list(s, "users_added"));
	html_words(t, "Listening", json_list(s, "listening"));
	html_words(t, "Units", json_list(s, "units"));
	html_words(t, "Processes left", json_list(s, "processes_left"));
	html_changes(t, json_map(s, "changes"));
	if (*json_text(s, "_log")) {
		AUTO_FREE char *log = beginning(json_text(s, "_log"));

		text_add(t, "<details><summary>What was printed (all of it is in logs/)</summary><pre>");
		html(t, log);
		text_add(t, "</pre></details>");
	}
	text_add(t, "</section>");
}

static void html_logs(struct text *t, const json_t *report)
{
	size_t i, k;
	json_t *log, *hit;

	json_array_foreach(json_list(report, "logs"), i, log) {
		if (i == 0)
			text_add(t, "<h2>Logs</h2>");
		text_add(t, "<h3>");
		html(t, json_text(log, "path"));
		text_add(t, " <span class=\"soft\">%lld lines</span></h3>", (long long)json_int(log, "lines"));
		json_array_foreach(json_list(log, "findings"), k, hit) {
			text_add(t, "<p><code>%lld: ", (long long)json_int(hit, "line"));
			html(t, json_text(hit, "text"));
			text_add(t, "</code></p>");
		}
	}
}

static void html_run(struct text *t, const json_t *run)
{
	const json_t *root = json_map(run, "root");
	size_t i;
	json_t *scenario;

	text_add(t, "<h2>On the root ");
	html(t, json_text(root, "name"));
	if (*json_text(run, "target")) {
		text_add(t, ", target ");
		html(t, json_text(run, "target"));
	}
	text_add(t, "</h2><p class=\"soft\">");
	html(t, json_text(root, "distribution_name"));
	if (json_object_get(root, "age_days"))
		text_add(t, " %lld days old", (long long)json_int(root, "age_days"));
	text_add(t, "</p>");
	html_words(t, "Provided to rpm by a generated package, because the root holds it", json_list(run, "provided"));
	json_array_foreach(json_list(run, "scenarios"), i, scenario)
		html_scenario(t, scenario);
}

char *test_report_html(const json_t *report)
{
	struct text t = { 0 };
	json_t *run;
	size_t i;

	text_add(&t,
		"<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
		"<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">"
		"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
		"'unsafe-inline'\">"
		"<title>Test report</title><style>%s</style></head><body><h1>The test ",
		style);
	verdict(&t, json_text(report, "verdict"));
	text_add(&t, "</h1><p class=\"soft\">");
	html(&t, json_text(report, "time"));
	text_add(&t, ", ");
	html(&t, json_text(report, "tool"));
	text_add(&t, "</p>");
	html_packages(&t, report);
	html_expectations(&t, report);
	json_array_foreach(json_list(report, "runs"), i, run)
		html_run(&t, run);
	html_logs(&t, report);
	text_add(&t, "</body></html>\n");
	return text_take(&t);
}

/* ---- JUnit */
static void junit_case(struct text *t, json_t *s)
{
	size_t i;
	json_t *f;

	text_add(t, "  <testcase classname=\"sluice");
	if (*json_text(s, "_run")) {
		text_add(t, ".");
		html(t, json_text(s, "_run"));
	}
	text_add(t, "\" name=\"");
	html(t, json_text(s, "name"));
	text_add(t, "\" time=\"%lld.%03lld\">\n", (long long)json_int(s, "milliseconds") / 1000,
		(long long)json_int(s, "milliseconds") % 1000);
	if (*json_text(s, "error")) {
		text_add(t, "    <error message=\"");
		html(t, json_text(s, "error"));
		text_add(t, "\"/>\n");
	}
	json_array_foreach(json_list(s, "findings"), i, f) {
		if (severity_parse(json_text(f, "severity")) < SEVERITY_HIGH)
			continue;
		text_add(t, "    <failure type=\"");
		html(t, json_text(f, "check"));
		text_add(t, "\" message=\"");
		html(t, json_text(f, "where"));
		text_add(t, ": ");
		html(t, json_text(f, "text"));
		text_add(t, "\"/>\n");
	}
	text_add(t, "  </testcase>\n");
}

static size_t count_verdict(const json_t *report, const char *word)
{
	AUTO_JSON *all = scenarios_of(report);
	size_t count = 0, i;
	json_t *s;

	json_array_foreach(all, i, s)
		count += strcmp(json_text(s, "verdict"), word) == 0;
	return count;
}

char *test_report_junit(const json_t *report)
{
	AUTO_JSON *all = scenarios_of(report);
	struct text t = { 0 };
	size_t i;
	json_t *s;

	text_add(&t,
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"sluice test\" tests=\"%zu\" "
		"failures=\"%zu\" errors=\"%zu\">\n",
		json_array_size(all), count_verdict(report, "fail"), count_verdict(report, "error"));
	json_array_foreach(all, i, s)
		junit_case(&t, s);
	text_add(&t, "</testsuite>\n");
	return text_take(&t);
}

/* ---- files */
static int write_logs(const char *dir, const json_t *report, struct err *e)
{
	AUTO_JSON *all = scenarios_of(report);
	size_t i;
	json_t *s;

	json_array_foreach(all, i, s) {
		AUTO_FREE char *logs = mem_printf("%s/logs/%s", dir, json_text(s, "_run"));
		AUTO_FREE char *path = mem_printf("%s/%s.log", logs, json_text(s, "name"));
		const char *text = json_text(s, "_log");

		if (fs_mkdirs(logs, 0755, e))
			return -1;

		if (fs_write_file(path, text, strlen(text), 0644, e))
			return -1;
	}
	return 0;
}

static int write_text(const char *dir, const char *name, const char *text, struct err *e)
{
	AUTO_FREE char *path = fs_join(dir, name);

	return fs_write_file(path, text, strlen(text), 0644, e);
}

int report_write(const char *dir, json_t *report, struct err *e)
{
	AUTO_FREE char *page = test_report_html(report), *junit = test_report_junit(report), *text = NULL;

	if (fs_mkdirs(dir, 0755, e) || write_logs(dir, report, e))
		return -1;
	report_trim(report);
	text = json_dumps(report, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
	if (!text)
		return err_env(e, "the report cannot be written as JSON");
	return write_text(dir, "report.html", page, e) || write_text(dir, "junit.xml", junit, e) ||
			write_text(dir, "report.json", text, e)
		? -1
		: 0;
}
