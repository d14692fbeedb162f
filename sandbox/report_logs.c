/* report_logs.c - logs on the page: lines of failure between the lines around them, what was decided, and what was read and is clean. */
#include "base/record.h"
#include "sandbox/report_html.h"
#include <string.h>

enum { HITS_MAX = 400, CLEAN_MAX = 300 };

static void around(struct text *t, const json_t *lines, int64_t first)
{
	json_t *line;
	size_t i;

	json_array_foreach(lines, i, line) {
		text_add(t, "<span class=\"l\">%6lld  ", (long long)first + (long long)i);
		page_text(t, json_is_string(line) ? json_string_value(line) : "");
		text_add(t, "</span>\n");
	}
}

static void hit(struct text *t, const json_t *h)
{
	bool is_hard = strcmp(json_text(h, "severity"), "hard") == 0;
	const char *disposition = json_text(h, "disposition");
	json_t *before = json_list(h, "before");
	int64_t line = json_int(h, "line");

	text_add(t, "<p><span class=\"badge %s\">%s</span>", is_hard ? "high" : "medium", is_hard ? "hard" : "soft");
	page_badge(t, "", json_text(h, "pattern"));
	if (json_flag(h, "is_new"))
		page_badge(t, "medium", "new");
	page_badge(t, strcmp(disposition, "open") == 0 ? (is_hard ? "high" : "medium") : "pass", disposition);
	if (json_int(h, "count") > 1)
		text_add(t, " <span class=\"soft\">%lld times</span>", (long long)json_int(h, "count"));
	text_add(t, "</p><pre>");
	around(t, before, line - (int64_t)json_array_size(before));
	text_add(t, "<span class=\"l\">%6lld  </span><mark>", (long long)line);
	page_text(t, json_text(h, "text"));
	text_add(t, "</mark>\n");
	around(t, json_list(h, "after"), line + 1);
	text_add(t, "</pre><p class=\"soft m\">");
	page_text(t, json_text(h, "digest"));
	text_add(t, "</p>\n");
}

static bool has_open(const json_t *log)
{
	json_t *h;
	size_t i;

	json_array_foreach(json_list(log, "findings"), i, h)
		if (strcmp(json_text(h, "disposition"), "open") == 0)
			return true;
	return false;
}

static void place(struct text *t, const json_t *log)
{
	text_add(t, "<span class=\"soft\">");
	if (*json_text(log, "target")) {
		page_text(t, json_text(log, "target"));
		text_add(t, ", ");
	}
	page_text(t, json_text(log, "scenario"));
	text_add(t, "</span>");
}

static void with_findings(struct text *t, const json_t *log, size_t *shown)
{
	json_t *list = json_list(log, "findings"), *h;
	size_t i;

	text_add(t, "<details class=\"card\"%s><summary><span class=\"m\">", has_open(log) ? " open=\"open\"" : "");
	page_text(t, json_text(log, "path"));
	text_add(t, "</span> ");
	place(t, log);
	text_add(t, " <span class=\"soft\">%lld lines</span> <span class=\"badge medium\">%zu</span></summary>\n",
		(long long)json_int(log, "lines"), json_array_size(list));
	json_array_foreach(list, i, h)
		if ((*shown)++ < HITS_MAX)
			hit(t, h);
	text_add(t, "</details>\n");
}

void page_logs(struct text *t, const json_t *report)
{
	json_t *logs = json_list(report, "logs"), *log;
	size_t i, shown = 0, clean = 0;

	if (json_array_size(logs) == 0)
		return;
	text_add(t, "<section><h2>Logs</h2>\n");
	json_array_foreach(logs, i, log)
		if (json_array_size(json_list(log, "findings")))
			with_findings(t, log, &shown);
		else
			clean++;
	page_more(t, HITS_MAX, shown);
	if (clean) {
		text_add(t, "<details><summary>%zu read, nothing found</summary>", clean);
		page_table(t, NULL, (const char *const[]){ "log", "of", "n:lines", "", NULL });
		json_array_foreach(logs, i, log) {
			if (json_array_size(json_list(log, "findings")) || i >= CLEAN_MAX)
				continue;
			text_add(t, "<tr>");
			page_cell(t, "m", json_text(log, "path"));
			text_add(t, "<td>");
			place(t, log);
			text_add(t, "</td>");
			page_number(t, json_int(log, "lines"));
			text_add(t, "<td class=\"soft\">");
			if (*json_text(log, "unread")) {
				text_add(t, "not read: ");
				page_text(t, json_text(log, "unread"));
			}
			text_add(t, "</td></tr>\n");
		}
		page_table_end(t);
		text_add(t, "</details>\n");
	}
	text_add(t, "</section>\n");
}
