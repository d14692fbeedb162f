/* service_map.c - a table of packages, services, processes and departments becomes sections of the policy, for its owners to sign. */
#include "release/service_map.h"
#include "base/csv.h"
#include "base/text.h"
#include <regex.h>
#include <string.h>

#define NAME "^[a-z0-9][a-z0-9._-]{0,63}$"

enum { PACKAGE, SERVICE, PROCESS, DEPARTMENT, BLACKOUTS, DOWNTIME, COLUMNS };
/* What the policy's schema asks of the same value, said here with the line. */
static const struct column {
	const char *name, *pattern, *what;
	bool is_needed;
} columns[COLUMNS] = {
	[PACKAGE] = { "package", "^[A-Za-z0-9*?+._:~@-]{1,200}$", "a package's name, or a pattern with * and ?", true },
	[SERVICE] = { "service", NAME, "a short name (a-z 0-9 . _ -)", true },
	[PROCESS] = { "process", NAME, "a short name (a-z 0-9 . _ -)", false },
	[DEPARTMENT] = { "department", NAME, "a short name (a-z 0-9 . _ -)", false },
	[BLACKOUTS] = { "blackouts", "^[A-Za-z0-9_.][A-Za-z0-9_./-]{0,199}$", "a path below the policy's folder",
		false },
	[DOWNTIME] = { "expected-downtime", "^[0-9]+[smhdw]$", "a duration such as 10m", false },
};

struct table {
	const char *file;
	struct err *e;
	int64_t line;
	int places[COLUMNS]; /* -1: no such column */
	regex_t forms[COLUMNS];
	const json_t *cells;
	json_t *services, *processes, *lines; /* lines: where a process was first described */
};

static int wrong(const struct table *t, const char *what, const char *value, const char *meant)
{
	AUTO_FREE char *shown = text_printable(value, strlen(value), false);

	return err_usage(t->e, "%s:%lld: %s '%s': %s", t->file, (long long)t->line, what, shown, meant);
}

static int read_header(struct table *t)
{
	size_t i;
	json_t *cell;

	for (int c = 0; c < COLUMNS; c++)
		t->places[c] = -1;
	json_array_foreach(t->cells, i, cell) {
		int found = -1;

		for (int c = 0; c < COLUMNS; c++)
			if (strcmp(columns[c].name, json_string_value(cell)) == 0)
				found = c;
		if (found < 0)
			return wrong(t, "column", json_string_value(cell),
				"package, service, process, department, blackouts, expected-downtime are known, "
				"between commas");
		if (t->places[found] >= 0)
			return wrong(t, "column", json_string_value(cell), "it stands there twice");
		t->places[found] = (int)i;
	}
	for (int c = 0; c < COLUMNS; c++)
		if (columns[c].is_needed && t->places[c] < 0)
			return wrong(t, "column", columns[c].name, "it is missing");
	return 0;
}

static const char *cell(const struct table *t, int column)
{
	return t->places[column] < 0 ? "" : json_string_value(json_array_get(t->cells, (size_t)t->places[column]));
}

static int cells_fit(const struct table *t)
{
	for (int c = 0; c < COLUMNS; c++) {
		const char *value = cell(t, c);

		if (!*value && !columns[c].is_needed)
			continue;
		if (regexec(&t->forms[c], value, 0, NULL, 0) != 0 || strstr(value, ".."))
			return wrong(t, columns[c].name, value, columns[c].what);
	}
	if (!*cell(t, PROCESS) && (*cell(t, DEPARTMENT) || *cell(t, BLACKOUTS) || *cell(t, DOWNTIME)))
		return wrong(t, "process", "", "it is missing beside what is said of it");
	if (*cell(t, PROCESS) && !*cell(t, DEPARTMENT))
		return wrong(t, "department", "", "somebody must speak for the process");
	return 0;
}

/* Two lines may name a process; what they say of it is the same, or one of them is silent. */
static int same(const struct table *t, json_t *process, int column)
{
	const char *before = json_text(process, columns[column].name), *now = cell(t, column);

	if (*now && *before && strcmp(now, before) != 0) {
		AUTO_FREE char *meant = mem_printf("line %lld says '%s' of process %s",
			(long long)json_int(t->lines, cell(t, PROCESS)), before, cell(t, PROCESS));

		return wrong(t, columns[column].name, now, meant);
	}
	if (*now)
		json_set_str(process, columns[column].name, now);
	return 0;
}

static int read_record(struct table *t)
{
	json_t *service, *process;

	if (cells_fit(t))
		return -1;
	service = json_map(t->services, cell(t, SERVICE));
	if (!service) {
		service = json_pack("{s:[]}", "packages");
		json_object_set_new(t->services, cell(t, SERVICE), service);
	}
	json_add_once(json_list(service, "packages"), cell(t, PACKAGE));
	if (!*cell(t, PROCESS))
		return 0;
	process = json_map(t->processes, cell(t, PROCESS));
	if (!process) {
		process = json_pack("{s:s, s:[]}", "department", cell(t, DEPARTMENT), "services");
		json_object_set_new(t->processes, cell(t, PROCESS), process);
		json_object_set_new(t->lines, cell(t, PROCESS), json_integer(t->line));
	}
	json_add_once(json_list(process, "services"), cell(t, SERVICE));
	return same(t, process, DEPARTMENT) || same(t, process, BLACKOUTS) || same(t, process, DOWNTIME) ? -1 : 0;
}

static int read_records(struct table *t, const json_t *records)
{
	size_t i;
	json_t *record;

	json_array_foreach((json_t *)records, i, record) {
		t->line = json_int(record, "line");
		t->cells = json_list(record, "cells");
		if (i == 0 ? read_header(t) : read_record(t))
			return -1;
	}
	return json_array_size(records) > 1
		? 0
		: err_usage(t->e, "%s: a first line with the columns' names and a line for each package are meant",
			  t->file);
}

int service_map_parse(const char *bytes, size_t len, const char *file, json_t **ret, struct err *e)
{
	AUTO_JSON *records = NULL, *services = json_object(), *processes = json_object(), *lines = json_object();
	struct table t = { .file = file, .e = e, .services = services, .processes = processes, .lines = lines };
	int result = csv_parse(bytes, len, file, &records, e), made = 0;

	while (result == 0 && made < COLUMNS) {
		if (regcomp(&t.forms[made], columns[made].pattern, REG_EXTENDED | REG_NOSUB))
			result = err_env(e, "no memory for a pattern");
		else
			made++;
	}
	if (result == 0)
		result = read_records(&t, records);
	while (made > 0)
		regfree(&t.forms[--made]);
	if (result == 0)
		*ret = json_pack("{s:O, s:O}", "services", services, "processes", processes);
	return result;
}

/* JSON is YAML's flow form; the policy's owners read it, so one line an item. */
static void add_section(struct text *t, const json_t *section, const char *indent)
{
	const char *name;
	json_t *item;

	json_object_foreach((json_t *)section, name, item) {
		AUTO_FREE char *flow = json_dumps(item, 0);

		text_add(t, "%s%s: %s\n", indent, name, flow);
	}
}

char *service_map_yaml(const json_t *map, const char *section)
{
	static const char *const sections[] = { "services", "processes" };
	struct text t = { 0 };

	if (section)
		add_section(&t, json_map(map, section), "");
	for (size_t i = 0; !section && i < COUNT(sections); i++) {
		text_add(&t, "%s:%s\n", sections[i], json_object_size(json_map(map, sections[i])) ? "" : " {}");
		add_section(&t, json_map(map, sections[i]), "  ");
	}
	return text_take(&t);
}
