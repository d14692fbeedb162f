/* report.c - a test's report on disk: report.json, report.html, junit.xml, logs/. Text from inside is hostile: it is made printable
 * where it is collected and escaped where the page is made (report_html.c). */
#include "base/fs.h"
#include "sandbox/trial.h"
#include <stdio.h>
#include <string.h>

/* The parts that the scenarios hand up and that are shown elsewhere in the report. */
static const char *const inner[] = { "_packages", "_provided", "_logs", "_log", "_run", LOGS_LEARNT, USERS_GONE };

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
