/* cmd_audit_report.c - `sluice audit report`, `sluice audit reconcile`: what an auditor takes along, and what is installed without an RfC. */
#include "base/fs.h"
#include "base/text.h"
#include "base/when.h"
#include "cli/cmd.h"
#include "release/audit_report.h"
#include "release/inventory.h"
#include "sandbox/report_html.h"
#include <string.h>

extern const char report_css[]; /* sandbox/report.css */

/* ---- changes.csv */
/* Quoted as RFC 4180 says; what a spreadsheet would take for a formula gets a quote in front. */
static void csv_cell(struct text *t, const char *text, bool is_last)
{
	text_add(t, "\"%s", strchr("=+-@\t\r", *text) && *text ? "'" : "");
	for (; *text; text++)
		text_add(t, *text == '"' ? "\"\"" : "%c", *text);
	text_add(t, "\"%s", is_last ? "\r\n" : ",");
}

static char *joined(const json_t *list, const char *const *members)
{
	struct text t = { 0 };
	size_t i;
	json_t *item;

	json_array_foreach(list, i, item) {
		text_add(&t, "%s", i ? "; " : "");
		if (json_is_string(item))
			text_add(&t, "%s", json_string_value(item));
		for (const char *const *m = members; members && *m; m++)
			text_add(&t, "%s%s", m == members ? "" : " ", json_text(item, *m));
	}
	return text_take(&t);
}

static const char *const vote_words[] = { "person", "role", "decision", NULL };
static const char *const release_words[] = { "channel", "person", "time", NULL };
static const char *const package_words[] = { "name", "version", "target", NULL };
static const char *const acceptance_words[] = { "person", "role", "reason", NULL };

static char *changes_csv(const json_t *report)
{
	static const char *const plain[] = { "rfc", "state", "type", "urgency", "impact", "requester", "opened" };
	struct text t = { 0 };
	size_t i;
	json_t *change;

	text_add(&t, "rfc,state,type,urgency,impact,requester,opened,reason,packages,votes,acceptances,releases\r\n");
	json_array_foreach(json_list(report, "changes"), i, change) {
		AUTO_FREE char *packages = joined(json_list(change, "packages"), package_words),
			       *votes = joined(json_list(change, "votes"), vote_words),
			       *acceptances = joined(json_list(change, "acceptances"), acceptance_words),
			       *releases = joined(json_list(change, "releases"), release_words);

		for (size_t k = 0; k < COUNT(plain); k++)
			csv_cell(&t, json_text(change, plain[k]), false);
		csv_cell(&t, json_text(json_map(change, "request"), "reason"), false);
		csv_cell(&t, packages, false);
		csv_cell(&t, votes, false);
		csv_cell(&t, acceptances, false);
		csv_cell(&t, releases, true);
	}
	return text_take(&t);
}

/* ---- report.html */
static void page_list(struct text *t, const json_t *list, const char *const *members)
{
	AUTO_FREE char *text = joined(list, members);

	page_cell(t, NULL, text);
}

static void page_changes(struct text *t, const json_t *list)
{
	static const char *const columns[] = { "RfC", "state", "type", "impact", "requester", "reason", "packages",
		"votes", "accepted", "released", NULL };
	static const char *const plain[] = { "rfc", "state", "type", "impact", "requester" };
	size_t i;
	json_t *change;

	page_table(t, "Changes", columns);
	json_array_foreach(list, i, change) {
		text_add(t, "<tr>");
		for (size_t k = 0; k < COUNT(plain); k++)
			page_cell(t, NULL, json_text(change, plain[k]));
		page_cell(t, NULL, json_text(json_map(change, "request"), "reason"));
		page_list(t, json_list(change, "packages"), package_words);
		page_list(t, json_list(change, "votes"), vote_words);
		page_list(t, json_list(change, "acceptances"), acceptance_words);
		page_list(t, json_list(change, "releases"), release_words);
		text_add(t, "</tr>\n");
	}
	page_table_end(t);
}

static void page_rows(struct text *t, const char *title, const json_t *list)
{
	static const char *const columns[] = { "row", "time", "person", "act", "about", "outcome", NULL };
	static const char *const plain[] = { "time", "person", "action", "subject", "outcome" };
	size_t i;
	json_t *row;

	page_table(t, title, columns);
	json_array_foreach(list, i, row) {
		text_add(t, "<tr>");
		page_number(t, json_int(row, "seq"));
		for (size_t k = 0; k < COUNT(plain); k++)
			page_cell(t, NULL, json_text(row, plain[k]));
		text_add(t, "</tr>\n");
	}
	page_table_end(t);
}

static char *page_of(const json_t *report)
{
	static const char *const columns[] = { "requirement", "what it asks for", "shown by", "n:number", NULL };
	struct text t = { 0 };
	size_t i;
	json_t *one;

	text_add(&t,
		"<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Audit report</title><style>%s"
		"</style></head><body>\n<h1>Changes at ",
		report_css);
	page_text(&t, json_text(report, "organisation"));
	text_add(&t, "</h1>\n<p>From %s to %s. The log stood at row %lld, %s.</p>\n", json_text(report, "from"),
		json_text(report, "to"), (long long)json_int(json_map(report, "log"), "seq"),
		json_text(json_map(report, "log"), "hash"));
	page_table(&t, "OPS.1.1.3", columns);
	json_array_foreach(json_list(report, "requirements"), i, one) {
		text_add(&t, "<tr>");
		page_cell(&t, NULL, json_text(one, "id"));
		page_cell(&t, NULL, json_text(one, "title"));
		page_cell(&t, NULL, json_text(one, "shown_by"));
		page_number(&t, json_int(one, "number"));
		text_add(&t, "</tr>\n");
	}
	page_table_end(&t);
	page_changes(&t, json_list(report, "changes"));
	page_rows(&t, "Refused or failed", json_list(report, "refusals"));
	page_rows(&t, "Policies", json_list(report, "policies"));
	text_add(&t, "</body></html>\n");
	return text_take(&t);
}

static int write_report(const char *dir, const json_t *report, struct err *e)
{
	AUTO_FREE char *json = json_dumps(report, JSON_INDENT(1) | JSON_SORT_KEYS), *page = page_of(report),
		       *csv = changes_csv(report);
	const struct {
		const char *name, *text;
	} files[] = { { "report.json", json }, { "report.html", page }, { "changes.csv", csv } };

	if (!json || fs_mkdirs(dir, 0755, e))
		return json ? -1 : err_env(e, "the report cannot be written as JSON");
	for (size_t i = 0; i < COUNT(files); i++) {
		AUTO_FREE char *path = fs_join(dir, files[i].name);

		if (fs_write_file(path, files[i].text, strlen(files[i].text), 0644, e))
			return -1;
	}
	return 0;
}

/* A day is meant whole: --to of a date is its end. */
static int moment(struct release *r, const char *text, bool is_end, int64_t *ret, struct err *e)
{
	const char *zone = json_text(release_policy(r), "timezone");
	bool is_day = strlen(text) == 10 && text[4] == '-';

	if (when_parse(text, *zone ? zone : "UTC", ret, e))
		return -1;
	*ret += is_day && is_end ? 86400 : 0;
	return 0;
}

static int run_report(struct cli *c, struct err *e)
{
	AUTO_RELEASE *r = NULL;
	AUTO_JSON *report = NULL;
	const char *from, *to, *dir;
	int64_t begin, end;

	if (opt_need(c, "--from", &from, e) || opt_need(c, "--to", &to, e) || opt_need(c, "--output", &dir, e) ||
		store_of(c, &r, e) || moment(r, from, false, &begin, e) || moment(r, to, true, &end, e))
		return -1;
	if (end <= begin)
		return err_usage(e, "--to lies before --from");
	if (release_report(r, begin, end, &report, e) || write_report(dir, report, e))
		return -1;
	return print_value(c,
		json_pack("{s:s, s:s, s:s, s:O}", "output", dir, "from", json_text(report, "from"), "to",
			json_text(report, "to"), "counts", json_map(report, "counts")));
}

/* ---- reconcile */
static void print_installed(const char *title, const json_t *list)
{
	static const char *const columns[] = { "name:32", "version:24", "machine", NULL };

	if (!json_array_size(list))
		return;
	say("%s\n", title);
	print_table(list, columns);
}

static int run_reconcile(struct cli *c, struct err *e)
{
	AUTO_RELEASE *r = NULL;
	AUTO_JSON *told = NULL;
	const char *file;

	if (opt_need(c, "--inventory", &file, e) || store_of(c, &r, e) ||
		release_reconcile(r, file, opt(c, "--only"), &told, e))
		return -1;
	const json_t *other = json_list(told, "other_version"), *never = json_list(told, "never_released");
	bool is_clean = json_array_size(other) + json_array_size(never) == 0;
	if (c->is_json) {
		int shown = print_json(json_incref(told));
		return shown ? shown : !is_clean;
	}
	print_installed("another version than any that was released:", other);
	print_installed("released by no RfC:", never);
	say("%lld installed, %lld of them as released\n", (long long)json_int(told, "installed"),
		(long long)json_int(told, "released"));
	return !is_clean;
}

static const struct option report_opts[] = {
	{ "--from", "D", "the first day, or a time", false },
	{ "--to", "D", "the last day, or a time", false },
	{ "--output", "DIR", "where report.json, report.html and changes.csv go", false },
	{ 0 },
};
static const struct option reconcile_opts[] = {
	{ "--inventory", "F", "what is installed: dpkg-query -W, rpm -qa, or JSON", false },
	{ "--only", "PATTERN", "only packages of such names", false },
	{ 0 },
};

const struct command cmd_audit_report = {
	.name = "audit report",
	.run = run_report,
	.about = "an auditor's sample: each change of a period, who decided, and which requirement it shows",
	.arguments = "--from D --to D --output DIR",
	.options = report_opts,
};
const struct command cmd_audit_reconcile = {
	.name = "audit reconcile",
	.run = run_reconcile,
	.about = "installed somewhere, but released by no RfC",
	.arguments = "--inventory F [--only PATTERN]",
	.options = reconcile_opts,
	.more = "The inventory has a line a package: NAME VERSION (dpkg-query -W), or NAME-VERSION-RELEASE.ARCH (rpm "
		"-qa); or it\n"
		"is JSON: [{\"name\", \"version\", \"machine\"}]. Exit 1: something is installed that no snapshot ever "
		"held.",
};
