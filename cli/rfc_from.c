/* rfc_from.c - `rfc open --from FILE`: fields as other tools name them, YAML or JSON. */
#include "cli/rfc_from.h"
#include "base/when.h"
#include "base/yaml.h"
#include <string.h>

static const struct {
	const char *theirs, *ours;
} names[] = {
	{ "short_description", "title" },
	{ "justification", "reason" },
	{ "implementation_plan", "plan" },
	{ "backout_plan", "back-out" },
	{ "test_plan", "test-plan" },
	{ "risk_impact_analysis", "risks" },
	{ "number", "external" },
	{ "work_notes", "notes" },
};

static const char *ours(const char *theirs)
{
	for (size_t i = 0; i < COUNT(names); i++)
		if (strcmp(names[i].theirs, theirs) == 0)
			return names[i].ours;
	return theirs;
}

/* start_date and end_date are our window; one without the other is none. */
static int window_of(const json_t *given, const char *zone, json_t *fields, struct err *e)
{
	const char *start = json_text(given, "start_date"), *end = json_text(given, "end_date");
	int64_t from, until;
	char when[32];

	if (!*start && !*end)
		return 0;
	if (!*start || !*end)
		return err_usage(e, "start_date and end_date belong together");
	if (json_object_get(fields, "window"))
		return err_usage(e, "start_date and 'window' say the same twice");
	if (when_parse(start, zone, &from, e) || when_parse(end, zone, &until, e))
		return -1;
	if (until <= from)
		return err_usage(e, "end_date '%s' is not after start_date '%s'", end, start);
	when_utc(from, when);
	json_object_set_new(fields, "window", json_sprintf("%s/%llds", when, (long long)(until - from)));
	return 0;
}

int fields_of_file(const char *path, const char *zone, json_t *request, struct err *e)
{
	static const struct yaml_schema word = { .kind = YAML_SCALAR };
	static const struct yaml_schema schema = { .kind = YAML_DICT, .of = &word };
	AUTO_JSON *given = NULL, *fields = json_object();
	const char *key;
	json_t *value;

	if (yaml_load(path, &schema, &given, e))
		return -1;
	json_object_foreach(given, key, value) {
		if (strcmp(key, "start_date") == 0 || strcmp(key, "end_date") == 0)
			continue;
		if (json_object_get(fields, ours(key)))
			return err_usage(e, "%s: '%s' is there twice, under two names", path, ours(key));
		json_object_set(fields, ours(key), value);
	}
	/* Their ticket may have a short description alone. */
	if (!json_object_get(fields, "reason") && json_object_get(given, "short_description"))
		json_object_set(fields, "reason", json_object_get(given, "short_description"));
	if (window_of(given, zone, fields, e))
		return err_wrap(e, "%s", path);
	json_object_update_missing(request, fields);
	return 0;
}
