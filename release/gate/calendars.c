/* calendars.c - windows and blackouts from the files that the policy's state names by digest. */
#include "release/gate/calendars.h"
#include "release/gate/calendar.h"
#include <string.h>

static json_t *one(const struct policy *policy, struct record_source *s, const char *path, int64_t from, int64_t until)
{
	AUTO_FREE char *bytes = NULL;
	struct err e = { 0 };
	json_t *busy = NULL;
	size_t len;

	if (policy_file(policy, s, path, &bytes, &len, &e) ||
		calendar_read(bytes, len, json_text(policy->json, "timezone"), from, until, &busy, &e))
		return json_pack("{s:s}", "error", e.text);
	return json_pack("{s:o}", "busy", busy);
}

static void add(json_t *all, const struct policy *policy, struct record_source *s, const char *path, int64_t from,
	int64_t until)
{
	if (*path && !json_object_get(all, path))
		json_object_set_new(all, path, one(policy, s, path, from, until));
}

json_t *calendars_of(const struct policy *policy, struct record_source *s, int64_t from, int64_t until)
{
	json_t *all = json_object(), *process;
	const char *name;

	if (!policy)
		return all;
	add(all, policy, s, json_text(policy->json, "windows"), from, until);
	json_object_foreach(json_map(policy->json, "processes"), name, process)
		add(all, policy, s, json_text(process, "blackouts"), from, until);
	return all;
}
