/* report_html.c - the page of a test: the verdict with its reasons first, then runs, packages, expectations; the rest is in files beside it. */
#include "sandbox/report_html.h"
#include "base/record.h"
#include "sandbox/test.h"
#include <string.h>

enum { REASONS_MAX = 12, TITLE_MAX = 4 };
extern const char report_css[]; /* sandbox/report.css */

void page_text(struct text *t, const char *text)
{
	AUTO_FREE char *printable = text_printable(text, strlen(text), true), *escaped = text_html(printable);

	text_add(t, "%s", escaped);
}

void page_cell(struct text *t, const char *class, const char *text)
{
	if (class && *class)
		text_add(t, "<td class=\"%s\">", class);
	else
		text_add(t, "<td>");
	page_text(t, text);
	text_add(t, "</td>");
}

void page_number(struct text *t, int64_t value)
{
	text_add(t, "<td class=\"n\">%lld</td>", (long long)value);
}

void page_ms(struct text *t, int64_t ms)
{
	if (ms < 1000)
		text_add(t, "%lld ms", (long long)ms);
	else
		text_add(t, "%lld.%lld s", (long long)ms / 1000, (long long)ms % 1000 / 100);
}

void page_time(struct text *t, int64_t ms)
{
	text_add(t, "<td class=\"n\">");
	page_ms(t, ms);
	text_add(t, "</td>");
}

void page_table(struct text *t, const char *title, const char *const *columns)
{
	if (title)
		text_add(t, "<h3>%s</h3>", title);
	text_add(t, "<div class=\"scroll\"><table><thead><tr>");
	for (; *columns; columns++) {
		bool is_number = text_starts(*columns, "n:");

		text_add(t, "<th scope=\"col\"%s>%s</th>", is_number ? " class=\"n\"" : "",
			*columns + (is_number ? 2 : 0));
	}
	text_add(t, "</tr></thead><tbody>\n");
}

void page_table_end(struct text *t)
{
	text_add(t, "</tbody></table></div>\n");
}

void page_more(struct text *t, size_t shown, size_t all)
{
	if (all > shown)
		text_add(t, "<p class=\"soft\">%zu more are in report.json.</p>", all - shown);
}

const char *page_class(const char *word)
{
	static const char *const known[] = { "pass", "fail", "error", "info", "low", "medium", "high", "critical" };

	for (size_t i = 0; i < COUNT(known); i++)
		if (strcmp(known[i], word) == 0)
			return known[i];
	return "";
}

void page_badge(struct text *t, const char *class, const char *text)
{
	text_add(t, " <span class=\"badge %s\">", class);
	page_text(t, text);
	text_add(t, "</span>");
}

static const char *verdict_words(const char *verdict)
{
	static const char *const words[][2] = { { "pass", "Passed" }, { "fail", "Failed" },
		{ "error", "Could not be run" } };

	for (size_t i = 0; i < COUNT(words); i++)
		if (strcmp(words[i][0], verdict) == 0)
			return words[i][1];
	return "Unknown";
}

/* ---- why */
static void add_reason(struct text *t, size_t *count, const char *scenario, const char *where, const char *text)
{
	if (++*count > REASONS_MAX)
		return;
	text_add(t, "<li><strong>");
	page_text(t, scenario);
	text_add(t, "</strong>: ");
	if (*where) {
		page_text(t, where);
		text_add(t, " &#8211; ");
	}
	page_text(t, text);
	text_add(t, "</li>\n");
}

static void scenario_reasons(struct text *t, size_t *count, const json_t *s)
{
	json_t *f;
	size_t i;

	if (*json_text(s, "error"))
		add_reason(t, count, json_text(s, "name"), "", json_text(s, "error"));
	json_array_foreach(json_list(s, "findings"), i, f)
		if (severity_parse(json_text(f, "severity")) >= SEVERITY_HIGH)
			add_reason(t, count, json_text(s, "name"), json_text(f, "where"), json_text(f, "text"));
}

static void reasons(struct text *t, const json_t *report)
{
	AUTO(text) list = { 0 };
	size_t count = 0, i, k;
	json_t *run, *s, *x;

	json_array_foreach(json_list(report, "expectations"), i, x)
		if (!json_flag(x, "met"))
			add_reason(&list, &count, "expected", json_text(x, "text"), json_text(x, "observed"));
	json_array_foreach(json_list(report, "runs"), i, run)
		json_array_foreach(json_list(run, "scenarios"), k, s)
			scenario_reasons(&list, &count, s);
	if (count)
		text_add(t, "<ul>\n%s</ul>\n", list.at);
	if (count > REASONS_MAX)
		text_add(t, "<p>and %zu more, below.</p>", count - REASONS_MAX);
}

static size_t count_scenarios(const json_t *report)
{
	size_t count = 0, i;
	json_t *run;

	json_array_foreach(json_list(report, "runs"), i, run)
		count += json_array_size(json_list(run, "scenarios"));
	return count;
}

static void title(struct text *t, const json_t *report)
{
	AUTO_JSON *seen = json_array();
	size_t i;
	json_t *p;

	json_array_foreach(json_list(report, "packages"), i, p) {
		const char *name = *json_text(p, "name") ? json_text(p, "name") : json_text(p, "file");
		AUTO_FREE char *one = mem_printf("%s %s", name, json_text(p, "version"));

		if (json_lists(seen, one)) /* built for several targets */
			continue;
		if (json_array_size(seen) == TITLE_MAX) {
			text_add(t, ", ...");
			return;
		}
		text_add(t, "%s", json_array_size(seen) ? ", " : "");
		page_text(t, one);
		json_array_append_new(seen, json_string(one));
	}
}

static void banner(struct text *t, const json_t *report)
{
	const char *verdict = json_text(report, "verdict");

	text_add(t, "<header class=\"banner %s\"><h1>%s</h1>\n<p>", page_class(verdict), verdict_words(verdict));
	title(t, report);
	text_add(t, "</p>\n");
	if (strcmp(verdict, "pass") == 0)
		text_add(t, "<p>All %zu scenarios went as they should.</p>", count_scenarios(report));
	else
		reasons(t, report);
	text_add(t, "<p class=\"meta\"><span>%s", "");
	page_text(t, json_text(report, "time"));
	text_add(t, "</span><span>");
	page_text(t, json_text(report, "tool"));
	text_add(t, "</span></p></header>\n");
}

/* ---- target x scenario */
static void run_name(struct text *t, const json_t *run)
{
	const char *target = json_text(run, "target"), *root = json_text(json_map(run, "root"), "name");

	if (*target && strcmp(target, root) != 0) {
		page_text(t, target);
		text_add(t, " <span class=\"soft\">on ");
		page_text(t, root);
		text_add(t, "</span>");
	} else {
		page_text(t, root);
	}
}

static void add_names(json_t *names, const json_t *run)
{
	json_t *s;
	size_t i;

	json_array_foreach(json_list(run, "scenarios"), i, s)
		json_add_once(names, json_text(s, "name"));
}

static void matrix_cell(struct text *t, const json_t *run, size_t r, const char *name)
{
	json_t *s;
	size_t i;

	json_array_foreach(json_list(run, "scenarios"), i, s) {
		const char *verdict = json_text(s, "verdict");

		if (strcmp(json_text(s, "name"), name) != 0)
			continue;
		text_add(t, "<td class=\"%s\"><a href=\"#s%zu-%zu\">%s %s</a> <span class=\"soft\">",
			page_class(verdict), r, i,
			strcmp(verdict, "pass") == 0           ? "&#10003;"
				: strcmp(verdict, "fail") == 0 ? "&#10007;"
							       : "!",
			verdict_words(verdict));
		page_ms(t, json_int(s, "milliseconds"));
		text_add(t, "</span></td>");
		return;
	}
	text_add(t, "<td class=\"soft\">&#8211;</td>");
}

static void matrix(struct text *t, const json_t *report)
{
	AUTO_JSON *names = json_array();
	json_t *run, *name;
	size_t i, k;

	json_array_foreach(json_list(report, "runs"), i, run)
		add_names(names, run);
	text_add(t,
		"<h2>Scenarios</h2><div class=\"scroll\" tabindex=\"0\"><table class=\"matrix\"><thead><tr><th "
		"scope=\"col\">scenario</th>");
	json_array_foreach(json_list(report, "runs"), i, run) {
		text_add(t, "<th scope=\"col\">");
		run_name(t, run);
		text_add(t, "</th>");
	}
	text_add(t, "</tr></thead><tbody>\n");
	json_array_foreach(names, k, name) {
		text_add(t, "<tr><th scope=\"row\">");
		page_text(t, json_string_value(name));
		text_add(t, "</th>");
		json_array_foreach(json_list(report, "runs"), i, run)
			matrix_cell(t, run, i, json_string_value(name));
		text_add(t, "</tr>\n");
	}
	page_table_end(t);
}

static void packages(struct text *t, const json_t *report)
{
	json_t *p;
	size_t i;

	text_add(t, "<h2>Packages</h2>");
	page_table(t, NULL, (const char *const[]){ "package", "version", "architecture", "target", "sha256", NULL });
	json_array_foreach(json_list(report, "packages"), i, p) {
		text_add(t, "<tr>");
		page_cell(t, NULL, *json_text(p, "name") ? json_text(p, "name") : json_text(p, "file"));
		page_cell(t, NULL, json_text(p, "version"));
		page_cell(t, NULL, json_text(p, "architecture"));
		page_cell(t, NULL, json_text(p, "target"));
		page_cell(t, "m", json_text(p, "sha256"));
		text_add(t, "</tr>\n");
	}
	page_table_end(t);
}

static void expectations(struct text *t, const json_t *report)
{
	json_t *list = json_list(report, "expectations"), *x;
	size_t i;

	if (json_array_size(list) == 0)
		return;
	text_add(t, "<h2>Expected and observed</h2>");
	page_table(t, NULL, (const char *const[]){ "", "what", "expected", "observed", NULL });
	json_array_foreach(list, i, x) {
		bool met = json_flag(x, "met");

		text_add(t, "<tr><td class=\"%s\">%s</td>", met ? "pass" : "fail",
			met ? "&#10003; met" : "&#10007; not met");
		page_cell(t, NULL, json_text(x, "text"));
		page_cell(t, NULL, json_text(x, "expected"));
		page_cell(t, met ? NULL : "fail", json_text(x, "observed"));
		text_add(t, "</tr>\n");
	}
	page_table_end(t);
}

static void one_run(struct text *t, const json_t *run, size_t r, bool is_only)
{
	const json_t *root = json_map(run, "root");
	json_t *s, *one;
	size_t i;

	text_add(t, "<section><h2>");
	run_name(t, run);
	text_add(t, "</h2><p class=\"meta\">");
	if (*json_text(root, "origin")) {
		text_add(t, "<span>made from <strong>");
		page_text(t, json_text(root, "origin"));
		text_add(t, "</strong></span>");
	}
	if (json_object_get(root, "age_days"))
		text_add(t, "<span><strong>%lld</strong> days old</span>", (long long)json_int(root, "age_days"));
	if (json_array_size(json_list(run, "provided"))) {
		text_add(t, "<span>a generated package told rpm that the root holds: ");
		json_array_foreach(json_list(run, "provided"), i, one) {
			text_add(t, "%s", i ? ", " : "");
			page_text(t, json_is_string(one) ? json_string_value(one) : "");
			if (i == 30)
				break;
		}
		text_add(t, "</span>");
	}
	text_add(t, "</p>\n");
	json_array_foreach(json_list(run, "scenarios"), i, s)
		page_scenario(t, s, r, i, is_only && json_array_size(json_list(run, "scenarios")) == 1);
	text_add(t, "</section>\n");
}

char *test_report_html(const json_t *report)
{
	json_t *runs = json_list(report, "runs"), *run;
	struct text t = { 0 };
	size_t i;

	text_add(&t,
		"<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"/>"
		"<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"/>"
		"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
		"'unsafe-inline'\"/>"
		"<title>%s: ",
		verdict_words(json_text(report, "verdict")));
	title(&t, report);
	text_add(&t, "</title>\n<style>%s</style></head>\n<body>\n", report_css);
	banner(&t, report);
	matrix(&t, report);
	packages(&t, report);
	expectations(&t, report);
	json_array_foreach(runs, i, run)
		one_run(&t, run, i, json_array_size(runs) == 1);
	page_logs(&t, report);
	text_add(&t, "</body></html>\n");
	return text_take(&t);
}
