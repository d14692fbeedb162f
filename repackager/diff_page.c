/* diff_page.c - the page of a comparison, in the look of a test's page (sandbox/report.css): how bad it is first, then each finding with what to
 * do, then what was compared and looked for. What packages say goes through page_text. */
#include "repackager/diff_page.h"
#include "base/fs.h"
#include "base/record.h"
#include "base/version.h"
#include "inspect/inspect.h"
#include "sandbox/report_html.h"
#include <string.h>

enum { SHOWN_MAX = 400, TITLE_MAX = 3 };
extern const char report_css[]; /* sandbox/report.css */

static int severity_of(const json_t *finding)
{
	int s = severity_parse(json_text(finding, "severity"));

	return s < 0 ? SEVERITY_CRITICAL : s;
}

static size_t count_of(const json_t *findings, int severity)
{
	size_t count = 0, i;
	json_t *f;

	json_array_foreach(findings, i, f)
		count += severity_of(f) == severity;
	return count;
}

static int worst_of(const json_t *findings)
{
	for (int s = SEVERITY_CRITICAL; s > SEVERITY_INFO; s--)
		if (count_of(findings, s))
			return s;
	return SEVERITY_INFO;
}

/* ---- what is compared */
static void side_name(struct text *t, const json_t *side)
{
	const json_t *packages = json_list(side, "packages");
	size_t i;
	json_t *p;

	json_array_foreach(packages, i, p) {
		if (i == TITLE_MAX) {
			text_add(t, " and %zu more", json_array_size(packages) - TITLE_MAX);
			break;
		}
		AUTO_FREE char *name = mem_printf("%s %s",
			*json_text(p, "name") ? json_text(p, "name") : json_text(p, "file"), json_text(p, "version"));
		text_add(t, "%s", i ? ", " : "");
		page_text(t, name);
	}
}

static void banner(struct text *t, const json_t *diff)
{
	const json_t *findings = json_list(diff, "findings");
	int worst = worst_of(findings);
	bool is_first = true;

	text_add(t, "<header class=\"banner %s\"><h1>",
		worst >= SEVERITY_HIGH             ? "fail"
			: worst == SEVERITY_MEDIUM ? "error"
						   : "pass");
	for (int s = SEVERITY_CRITICAL; s >= SEVERITY_INFO; s--)
		if (count_of(findings, s)) {
			text_add(t, "%s%zu %s", is_first ? "" : ", ", count_of(findings, s),
				severity_name((enum severity)s));
			is_first = false;
		}
	text_add(t, "%s</h1>\n<p>", is_first ? "No findings" : "");
	side_name(t, json_map(diff, "old"));
	text_add(t, " &#8594; ");
	side_name(t, json_map(diff, "new"));
	text_add(t, "</p>\n<p>The impact of such a change is at least <strong>%s</strong>.</p>\n",
		impact_name(impact_floor((enum severity)worst)));
	text_add(t, "<p class=\"meta\"><span>sluice %s</span></p></header>\n", SLUICE_VERSION);
}

/* ---- findings */

static void value_row(struct text *t, const char *label, const char *kind, const char *value)
{
	if (*value == 0)
		return;
	AUTO_FREE char *beginning = text_beginning(value, SHOWN_MAX);
	text_add(t, "<tr><th scope=\"row\">%s</th>", label);
	page_cell(t, kind, beginning);
	text_add(t, "</tr>\n");
}

static void why(struct text *t, const struct check *check)
{
	if (!check)
		return;
	text_add(t, "<details><summary>Why this is looked at</summary><p>");
	page_text(t, check->about);
	text_add(t, "</p>");
	if (check->why) {
		text_add(t, "<p>");
		page_text(t, check->why);
		text_add(t, "</p>");
	}
	text_add(t, "<p class=\"soft\">May be accepted by: ");
	page_text(t, check->waiver);
	text_add(t, ", unless the policy says otherwise.</p></details>\n");
}

static void one_finding(struct text *t, const json_t *f)
{
	const char *severity = severity_name((enum severity)severity_of(f)), *where = json_text(f, "where");
	AUTO_FREE char *digest = mem_printf("%.16s", json_text(f, "digest"));

	text_add(t, "<details class=\"card\"%s><summary>", severity_of(f) > SEVERITY_INFO ? " open=\"open\"" : "");
	page_text(t, *where ? where : "the update as a whole");
	page_badge(t, severity, json_text(f, "check"));
	text_add(t, "</summary>\n<p>");
	page_text(t, json_text(f, "text"));
	text_add(t, "</p>\n");
	text_add(t, "<div class=\"scroll\"><table><tbody>\n");
	value_row(t, "before", "m", json_text(f, "old"));
	value_row(t, "now", "m", json_text(f, "new"));
	value_row(t, "to do", "", json_text(f, "remedy"));
	value_row(t, "finding", "m", digest);
	text_add(t, "</tbody></table></div>\n");
	why(t, check_named(json_text(f, "check")));
	text_add(t, "</details>\n");
}

static void findings(struct text *t, const json_t *list)
{
	size_t i;
	json_t *f;

	for (int s = SEVERITY_CRITICAL; s >= SEVERITY_INFO; s--) {
		if (!count_of(list, s))
			continue;
		text_add(t, "<section><h2 class=\"%s\">%c%s</h2>\n", severity_name((enum severity)s),
			severity_name((enum severity)s)[0] - 'a' + 'A', severity_name((enum severity)s) + 1);
		json_array_foreach(list, i, f)
			if (severity_of(f) == s)
				one_finding(t, f);
		text_add(t, "</section>\n");
	}
}

/* ---- what was compared, what was looked for */
static void side_rows(struct text *t, const char *which, const json_t *side)
{
	size_t i;
	json_t *p;

	json_array_foreach(json_list(side, "packages"), i, p) {
		AUTO_FREE char *digest = mem_printf("%.16s", json_text(p, "sha256"));

		text_add(t, "<tr><td>%s</td>", which);
		page_cell(t, NULL, json_text(p, "name"));
		page_cell(t, NULL, json_text(p, "version"));
		page_cell(t, NULL, json_text(p, "architecture"));
		page_cell(t, "m", json_text(p, "file"));
		page_cell(t, "m", digest);
		text_add(t, "</tr>\n");
	}
	json_array_foreach(json_list(side, "reports"), i, p) {
		text_add(t, "<tr><td>%s</td><td>test report</td>", which);
		page_cell(t, page_class(json_text(p, "verdict")), json_text(p, "verdict"));
		text_add(t, "<td></td>");
		page_cell(t, "m", json_text(p, "file"));
		text_add(t, "<td></td></tr>\n");
	}
}

static void compared(struct text *t, const json_t *diff)
{
	text_add(t, "<section><h2>What was compared</h2>");
	page_table(t, NULL, (const char *const[]){ "", "name", "version", "architecture", "file", "sha256", NULL });
	side_rows(t, "old", json_map(diff, "old"));
	side_rows(t, "new", json_map(diff, "new"));
	page_table_end(t);
	text_add(t, "</section>\n");
}

static bool is_told(const json_t *list, const char *check)
{
	size_t i;
	json_t *f;

	json_array_foreach(list, i, f)
		if (strcmp(json_text(f, "check"), check) == 0)
			return true;
	return false;
}

static void looked_for(struct text *t, const json_t *list)
{
	text_add(t, "<section><h2>Looked for, and nothing found</h2>");
	page_table(t, NULL, (const char *const[]){ "check", "at most", "what it looks at", NULL });
	for (size_t i = 0; checks[i]; i++) {
		const char *severity = severity_name(checks[i]->severity);

		if (is_told(list, checks[i]->id) || !checks[i]->compare)
			continue;
		text_add(t, "<tr><td>%s</td><td class=\"%s\">%s</td>", checks[i]->id, severity, severity);
		page_cell(t, NULL, checks[i]->about);
		text_add(t, "</tr>\n");
	}
	page_table_end(t);
	text_add(t, "</section>\n");
}

char *diff_html(const json_t *diff)
{
	const json_t *list = json_list(diff, "findings");
	struct text t = { 0 };

	text_add(&t,
		"<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"/>"
		"<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"/>"
		"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
		"'unsafe-inline'\"/>"
		"<title>What changed: ");
	side_name(&t, json_map(diff, "new"));
	text_add(&t, "</title>\n<style>%s</style></head>\n<body>\n", report_css);
	banner(&t, diff);
	findings(&t, list);
	compared(&t, diff);
	looked_for(&t, list);
	text_add(&t, "</body></html>\n");
	return text_take(&t);
}

int diff_write(const char *dir, const json_t *diff, struct err *e)
{
	AUTO_FREE char *page = diff_html(diff), *json = json_dumps(diff, JSON_INDENT(2) | JSON_SORT_KEYS);
	AUTO_FREE char *html_path = fs_join(dir, "diff.html"), *json_path = fs_join(dir, "diff.json");

	if (!json)
		return err_env(e, "the comparison cannot be written as JSON");
	return fs_mkdirs(dir, 0755, e) || fs_write_file(html_path, page, strlen(page), 0644, e) ||
			fs_write_file(json_path, json, strlen(json), 0644, e)
		? -1
		: 0;
}
