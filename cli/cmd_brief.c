/* cmd_brief.c - `sluice rfc brief`, `sluice rfc agenda`, `sluice rfc export`: RfCs for the people who say yes, and for other programs. */
#include "base/text.h"
#include "base/when.h"
#include "cli/cmd.h"
#include "release/brief.h"
#include "release/gate/fold.h"
#include <string.h>

int print_brief(struct cli *c, struct release *r, const char *id, const char *role, const char *format, struct err *e)
{
	AUTO_JSON *brief = NULL;

	if (strcmp(format, "text") != 0 && strcmp(format, "html") != 0)
		return err_usage(e, "--format '%s': text or html", format);
	if (rfc_brief(r, id, role, &brief, e))
		return -1;
	if (c->is_json)
		return print_json(json_incref(brief));
	AUTO_FREE char *page = strcmp(format, "html") == 0 ? brief_html(brief) : brief_text(brief);

	say("%s", page);
	return 0;
}

static int run_brief(struct cli *c, struct err *e)
{
	AUTO_RELEASE *r = NULL;
	const char *role;

	if (opt_need(c, "--for", &role, e) || store_of(c, &r, e))
		return -1;
	return print_brief(c, r, c->args[0], role, opt_or(c, "--format", "text"), e);
}

static int run_agenda(struct cli *c, struct err *e)
{
	static const char *const columns[] = { "id:6", "priority:9", "impact:14", "requester:10", "waits:30", "title",
		NULL };
	AUTO_RELEASE *r = NULL;
	json_t *list = NULL;
	int64_t until = 0;

	if (store_of(c, &r, e))
		return -1;
	const char *zone = json_text(release_policy(r), "timezone");
	if (opt(c, "--until") && when_parse(opt(c, "--until"), *zone ? zone : "UTC", &until, e))
		return err_wrap(e, "--until");
	if (rfc_agenda(r, until, &list, e))
		return -1;
	if (c->is_json)
		return print_json(json_pack("{s:o}", "agenda", list));
	print_table(list, columns);
	json_decref(list);
	return 0;
}

/* ---- export */
/* A cell of a table that spreadsheets open: quoted, and never a formula. */
static void say_cell(const char *text, bool is_last)
{
	AUTO_FREE char *safe = text_printable(text, strlen(text), true);

	say("\"%s", *safe && strchr("=+-@\t", *safe) ? "'" : "");
	for (const char *at = safe; *at; at++)
		say(*at == '"' ? "\"%c" : "%c", *at);
	say(is_last ? "\"\r\n" : "\",");
}

static void say_line(const json_t *shown)
{
	static const char *const own[] = { "id", "state", "type", "priority", "urgency", "impact", "requester",
		"opened" };
	static const char *const fields[] = { "title", "reason", "plan", "back-out", "test-plan", "risks", "window" };
	const char *window = json_text(json_map(shown, "request"), "window");
	char start[32] = "", end[32] = "";
	struct err ignored = { 0 };
	int64_t from, until;

	for (size_t i = 0; i < COUNT(own); i++)
		say_cell(json_text(shown, own[i]), false);
	for (size_t i = 0; i < COUNT(fields); i++)
		say_cell(json_text(json_map(shown, "request"), fields[i]), false);
	if (*window && window_parse(window, "UTC", &from, &until, &ignored) == 0) {
		when_utc(from, start);
		when_utc(until, end);
	}
	say_cell(start, false);
	say_cell(end, false);
	say_cell(json_text(json_map(shown, "request"), "external"), true);
}

static int export_ids(struct cli *c, struct release *r, json_t **ret, struct err *e)
{
	AUTO_JSON *ids = json_array(), *list = NULL;
	size_t i;
	json_t *line;

	for (int k = 0; k < c->args_len; k++)
		json_array_append_new(ids, json_string(c->args[k]));
	if (c->args_len == 0) {
		if (rfc_list(r, opt(c, "--state"), &list, e))
			return -1;
		json_array_foreach(json_list(list, "rfcs"), i, line)
			json_array_append(ids, json_object_get(line, "id"));
	}
	*ret = json_incref(ids);
	return 0;
}

static int run_export(struct cli *c, struct err *e)
{
	AUTO_RELEASE *r = NULL;
	AUTO_JSON *ids = NULL, *all = json_array();
	const char *format = opt_or(c, "--format", "json");
	bool is_csv = strcmp(format, "csv") == 0;
	size_t i;
	json_t *id, *one;

	if (!is_csv && strcmp(format, "json") != 0)
		return err_usage(e, "--format '%s': json or csv", format);
	if (is_csv && c->is_json)
		return err_usage(e, "--json and --format csv: one or the other");
	if (store_of(c, &r, e) || export_ids(c, r, &ids, e))
		return -1;
	json_array_foreach(ids, i, id) {
		json_t *shown = NULL;

		if (rfc_show(r, json_string_value(id), &shown, e))
			return -1;
		json_array_append_new(all, shown);
	}
	if (!is_csv)
		return print_json(json_pack("{s:O}", "rfcs", all));
	say("id,state,type,priority,urgency,impact,requester,opened,short_description,justification,implementation_"
	    "plan,backout_plan,test_plan,risk_impact_analysis,window,start_date,end_date,number\r\n");
	json_array_foreach(all, i, one)
		say_line(one);
	return 0;
}

static const struct option brief_opts[] = {
	{ "--for", "ROLE", "whom it is for, such as department/finance", false },
	{ "--format", "text|html", "how it is shown (default: text)", false },
	{ 0 },
};
static const struct option agenda_opts[] = {
	{ "--until", "DATE", "without what may be released only later", false },
	{ 0 },
};
static const struct option export_opts[] = {
	{ "--format", "json|csv", "how it is written (default: json)", false },
	{ "--state", "S", "only those in that state", false },
	{ 0 },
};

const struct command cmd_rfc_brief = {
	.name = "rfc brief",
	.run = run_brief,
	.about = "one page for whoever has to say yes or no",
	.arguments = "R-1 --for ROLE [--format text|html]",
	.least = 1,
	.most = 1,
	.options = brief_opts,
};
const struct command cmd_rfc_agenda = {
	.name = "rfc agenda",
	.run = run_agenda,
	.about = "what waits for a word, most urgent first",
	.arguments = "[--until DATE]",
	.options = agenda_opts,
};
const struct command cmd_rfc_export = {
	.name = "rfc export",
	.run = run_export,
	.about = "requests for other programs",
	.arguments = "[R-1...] [--format json|csv] [--state S]",
	.least = 0,
	.most = -1,
	.options = export_opts,
};
