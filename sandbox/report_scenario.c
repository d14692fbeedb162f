/* report_scenario.c - one scenario on the page: what was found, when what ran, what each script did, the network, files, what is left. */
#include "base/record.h"
#include "sandbox/report_html.h"
#include <string.h>

enum { LOG_MAX = 256 << 10, CALLS_MAX = 200, ROWS_MAX = 500 };

void page_findings(struct text *t, const json_t *list)
{
	json_t *f;
	size_t i;

	if (json_array_size(list) == 0)
		return;
	page_table(t, "Findings", (const char *const[]){ "severity", "what", "where", "", NULL });
	for (int severity = SEVERITY_CRITICAL; severity >= SEVERITY_INFO; severity--)
		json_array_foreach(list, i, f) {
			const char *name = severity_name((enum severity)severity);

			if (severity_parse(json_text(f, "severity")) != severity || i >= ROWS_MAX)
				continue;
			text_add(t, "<tr><td class=\"%s\">%s</td>", name, name);
			page_cell(t, NULL, json_text(f, "check"));
			page_cell(t, "m", json_text(f, "where"));
			text_add(t, "<td>");
			page_text(t, json_text(f, "text"));
			if (*json_text(f, "remedy")) {
				text_add(t, "<br/><span class=\"soft\">");
				page_text(t, json_text(f, "remedy"));
				text_add(t, "</span>");
			}
			text_add(t, "</td></tr>\n");
		}
	page_table_end(t);
	page_more(t, ROWS_MAX, json_array_size(list));
}

static void words(struct text *t, const json_t *list)
{
	json_t *word;
	size_t i;

	json_array_foreach(list, i, word) {
		text_add(t, "%s", i ? " " : "");
		page_text(t, json_is_string(word) ? json_string_value(word) : "");
	}
}

static void call_rows(struct text *t, const json_t *calls)
{
	json_t *c;
	size_t i;

	page_table(t, NULL, (const char *const[]){ "n:at", "call", "what", NULL });
	json_array_foreach(calls, i, c) {
		if (i == CALLS_MAX)
			break;
		text_add(t, "<tr>");
		page_time(t, json_int(c, "at"));
		page_cell(t, NULL, json_text(c, "kind"));
		text_add(t, "<td class=\"m\">");
		if (json_array_size(json_list(c, "arguments")))
			words(t, json_list(c, "arguments"));
		else
			page_text(t, json_text(c, "what"));
		text_add(t, "</td></tr>\n");
	}
	page_table_end(t);
	page_more(t, CALLS_MAX, json_array_size(calls));
}

static void calls(struct text *t, const json_t *list, const char *title)
{
	if (json_array_size(list) == 0)
		return;
	text_add(t, "<details><summary>%s: %zu call%s</summary>", title, json_array_size(list),
		json_array_size(list) == 1 ? "" : "s");
	call_rows(t, list);
	text_add(t, "</details>\n");
}

static void exit_cell(struct text *t, const json_t *o)
{
	text_add(t, "<td class=\"n%s\">%lld</td>", json_int(o, "exit") ? " fail" : "", (long long)json_int(o, "exit"));
}

static void one_script(struct text *t, const json_t *s)
{
	text_add(t, "<tr><td><strong>");
	page_text(t, json_text(s, "source"));
	text_add(t, "</strong> <span class=\"m\">");
	words(t, json_list(s, "arguments"));
	text_add(t, "</span>");
	calls(t, json_list(s, "calls"), "what it did");
	text_add(t, "</td>");
	page_cell(t, NULL, json_text(s, "package"));
	page_cell(t, NULL, json_text(s, "event"));
	exit_cell(t, s);
	page_time(t, json_int(s, "milliseconds"));
	text_add(t, "</tr>\n");
}

static void scripts(struct text *t, const json_t *list)
{
	json_t *s;
	size_t i;

	if (json_array_size(list) == 0)
		return;
	page_table(t, "Scripts",
		(const char *const[]){ "script and what it was told", "package", "event", "n:exit", "n:time", NULL });
	json_array_foreach(list, i, s)
		if (i < ROWS_MAX)
			one_script(t, s);
	page_table_end(t);
	page_more(t, ROWS_MAX, json_array_size(list));
}

static void step_rows(struct text *t, const json_t *list)
{
	json_t *s;
	size_t i;

	page_table(t, NULL, (const char *const[]){ "step", "n:exit", "n:time", NULL });
	json_array_foreach(list, i, s) {
		text_add(t, "<tr>");
		page_cell(t, "m", json_text(s, "command"));
		exit_cell(t, s);
		page_time(t, json_int(s, "milliseconds"));
		text_add(t, "</tr>\n");
		if (i == ROWS_MAX)
			break;
	}
	page_table_end(t);
}

static void steps(struct text *t, const json_t *list)
{
	if (json_array_size(list) == 0)
		return;
	text_add(t, "<details><summary>%zu steps, word for word</summary>", json_array_size(list));
	step_rows(t, list);
	text_add(t, "</details>\n");
}

/* ---- the wire */
static void network(struct text *t, const json_t *list)
{
	json_t *n;
	size_t i;

	if (json_array_size(list) == 0)
		return;
	page_table(
		t, "Network: whom it called", (const char *const[]){ "to", "n:port", "spoke", "outcome", "by", NULL });
	json_array_foreach(list, i, n) {
		const json_t *tls = json_object_get(n, "tls");
		const char *sni = json_text(n, "sni"), *version = json_text(n, "version");

		if (i == ROWS_MAX)
			break;
		text_add(t, "<tr><td class=\"m\">");
		page_text(t, json_text(n, "to"));
		if (*sni && strcmp(sni, json_text(n, "to")) != 0) {
			text_add(t, " <span class=\"soft\">as ");
			page_text(t, sni);
			text_add(t, "</span>");
		}
		text_add(t, "</td>");
		page_number(t, json_int(n, "port"));
		text_add(t, "<td class=\"%s\">%s",
			json_is_true(tls)            ? "tls"
				: json_is_false(tls) ? "clear"
						     : "soft",
			json_is_true(tls)            ? (*version ? version : "TLS")
				: json_is_false(tls) ? "cleartext"
						     : "nothing");
		text_add(t, "</td>");
		page_cell(t, NULL, json_text(n, "outcome"));
		page_cell(t, "m", json_text(n, "by"));
		text_add(t, "</tr>\n");
	}
	page_table_end(t);
	page_more(t, ROWS_MAX, json_array_size(list));
}

static void ports(struct text *t, const json_t *scenario)
{
	json_t *list = json_list(scenario, "ports"), *p;
	size_t i;

	if (json_array_size(list) == 0)
		return;
	page_table(t, "Ports: where it listens", (const char *const[]){ "port", "process", "speaks", "said", NULL });
	json_array_foreach(list, i, p) {
		const char *speaks = json_text(p, "speaks");

		if (i == ROWS_MAX)
			break;
		text_add(t, "<tr>");
		page_cell(t, "m", json_text(p, "port"));
		page_cell(t, NULL, json_text(p, "process"));
		AUTO_FREE char *words = mem_printf(
			"%s%s%s", speaks, *json_text(p, "version") ? ", " : "", json_text(p, "version"));
		page_cell(t,
			strcmp(speaks, "cleartext") == 0 ? "clear"
				: strstr(speaks, "tls")  ? "tls"
							 : "soft",
			words);
		page_cell(t, "m soft", json_text(p, "said"));
		text_add(t, "</tr>\n");
	}
	page_table_end(t);
}

static void services(struct text *t, const json_t *list)
{
	json_t *s;
	size_t i;

	if (json_array_size(list) == 0)
		return;
	page_table(t, "Services", (const char *const[]){ "unit", "after the installation", "after the removal", NULL });
	json_array_foreach(list, i, s) {
		text_add(t, "<tr>");
		page_cell(t, "m", json_text(s, "unit"));
		page_cell(t, NULL, json_text(s, "after_install"));
		page_cell(t, NULL, json_text(s, "after_remove"));
		text_add(t, "</tr>\n");
		if (i == ROWS_MAX)
			break;
	}
	page_table_end(t);
}

/* ---- short lists */
static void short_list(struct text *t, const char *what, const json_t *list)
{
	json_t *one;
	size_t i;

	if (json_array_size(list) == 0)
		return;
	text_add(t, "<tr><th scope=\"row\">%s</th><td class=\"m\">", what);
	json_array_foreach(list, i, one) {
		text_add(t, "%s", i ? "<br/>" : "");
		page_text(t,
			json_is_string(one)                  ? json_string_value(one)
				: *json_text(one, "command") ? json_text(one, "command")
							     : json_text(one, "name"));
		if (i == ROWS_MAX)
			break;
	}
	text_add(t, "</td></tr>\n");
}

static void short_lists(struct text *t, const json_t *s)
{
	static const char *const lists[][2] = { { "users_added", "users added" }, { "units", "units" },
		{ "listening", "listening" }, { "processes_left", "processes left" }, { "kernel", "kernel said" } };
	AUTO(text) rows = { 0 };

	for (size_t i = 0; i < COUNT(lists); i++)
		short_list(&rows, lists[i][1], json_list(s, lists[i][0]));
	if (rows.len)
		text_add(t, "<h3>System</h3><div class=\"scroll\"><table><tbody>%s</tbody></table></div>\n", rows.at);
}

static void variants(struct text *t, const json_t *list)
{
	json_t *v;
	size_t i;

	if (json_array_size(list) == 0)
		return;
	text_add(t, "<h3>Tries</h3>");
	json_array_foreach(list, i, v) {
		const char *verdict = json_text(v, "verdict");

		text_add(t, "<details%s><summary><span class=\"%s\">%s</span> ",
			strcmp(verdict, "pass") ? " open=\"open\"" : "", page_class(verdict),
			strcmp(verdict, "pass") == 0 ? "&#10003;" : "&#10007;");
		page_text(t, json_text(v, "name"));
		text_add(t, "</summary>");
		step_rows(t, json_list(v, "steps"));
		page_findings(t, json_list(v, "findings"));
		text_add(t, "</details>\n");
		if (i == ROWS_MAX)
			break;
	}
}

/* A page must stay one that a browser opens. */
static void printed(struct text *t, const char *log)
{
	AUTO_FREE char *beginning = text_beginning(log, LOG_MAX);
	bool is_cut = strlen(log) > LOG_MAX;

	if (!*log)
		return;
	text_add(t, "<details><summary>What was printed%s</summary><pre>", is_cut ? " (all of it is in logs/)" : "");
	page_text(t, beginning);
	text_add(t, "</pre></details>\n");
}

static size_t count_from(const json_t *findings, enum severity least)
{
	size_t count = 0, i;
	json_t *f;

	json_array_foreach(findings, i, f)
		count += severity_parse(json_text(f, "severity")) >= (int)least;
	return count;
}

static void summary(struct text *t, const json_t *s)
{
	size_t bad = count_from(json_list(s, "findings"), SEVERITY_HIGH),
	       told = count_from(json_list(s, "findings"), SEVERITY_LOW) - bad;
	const char *verdict = json_text(s, "verdict");

	text_add(t, "<summary><span class=\"%s\">%s</span> ", page_class(verdict),
		strcmp(verdict, "pass") == 0           ? "&#10003;"
			: strcmp(verdict, "fail") == 0 ? "&#10007;"
						       : "!");
	page_text(t, json_text(s, "name"));
	text_add(t, " <span class=\"soft\">");
	page_ms(t, json_int(s, "milliseconds"));
	if (*json_text(s, "profile")) {
		text_add(t, ", profile ");
		page_text(t, json_text(s, "profile"));
	}
	text_add(t, "</span>");
	if (bad)
		text_add(t, " <span class=\"badge high\">%zu failing</span>", bad);
	if (told)
		text_add(t, " <span class=\"badge medium\">%zu to look at</span>", told);
	text_add(t, "</summary>\n");
}

void page_scenario(struct text *t, const json_t *s, size_t run, size_t index, bool is_only)
{
	bool is_open = is_only || strcmp(json_text(s, "verdict"), "pass") != 0;

	text_add(t, "<details class=\"card\" id=\"s%zu-%zu\"%s>", run, index, is_open ? " open=\"open\"" : "");
	summary(t, s);
	if (*json_text(s, "error")) {
		text_add(t, "<p class=\"error\">");
		page_text(t, json_text(s, "error"));
		text_add(t, "</p>");
		if (*json_text(s, "hint")) {
			text_add(t, "<p>");
			page_text(t, json_text(s, "hint"));
			text_add(t, "</p>");
		}
	}
	page_findings(t, json_list(s, "findings"));
	page_timeline(t, s);
	steps(t, json_list(s, "steps"));
	variants(t, json_list(s, "variant"));
	scripts(t, json_list(s, "scripts"));
	calls(t, json_list(s, "calls"), "Outside of scripts");
	network(t, json_list(s, "network"));
	ports(t, s);
	services(t, json_list(s, "services"));
	short_lists(t, s);
	page_tree(t, s);
	printed(t, json_text(s, "_log"));
	text_add(t, "</details>\n");
}
