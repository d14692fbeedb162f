/* report_list.c - the reports of machines by RfC and channel: who is well, who failed, who said nothing, and whether that asks for a stop. */
#include "base/text.h"
#include "release/site.h"
#include <string.h>

/* The bodies of the channel's reports, in the log's order, each with "seq". Every record's signature is checked: a list that decides is not a row's word. */
static int reports_of(struct release *r, const char *channel, int64_t after, json_t **ret, struct err *e)
{
	AUTO_FREE char *word = mem_printf("report/%s", channel);
	const char *asked = word;
	AUTO_JSON *rows = NULL, *list = json_array();
	json_t *row;
	size_t i;

	if (log_index_follow(r->index, r->store, NULL, e) || !(rows = log_index_rows(r->index, &asked, 1, e)))
		return -1;
	json_array_foreach(rows, i, row) {
		struct record record;
		json_t *one;

		if (strcmp(json_text(row, "action"), "report") != 0 || !*json_text(row, "record") ||
			json_int(row, "seq") <= after)
			continue;
		if (record_load(&r->source.source, json_text(row, "record"), json_text(row, "signature"), &r->chain,
			    false, &record, e))
			return -1;
		one = json_copy(json_map(record.body, "report"));
		record_done(&record);
		json_array_append_new(list, one);
	}
	*ret = json_incref(list);
	return 0;
}

static char *machine_key(const json_t *report)
{
	return mem_printf("%s/%s", json_text(report, "site"), json_text(report, "machine"));
}

/* Sites that the policy puts into a group of the channel and that never said anything, so that absence is seen. */
static void add_expected(const json_t *policy, const char *channel, json_t *machines)
{
	json_t *groups = json_list(json_map(json_map(policy, "channels"), channel), "groups"), *site, *group;
	const char *name, *key;
	size_t i;

	json_object_foreach(json_map(policy, "sites"), name, site) {
		AUTO_FREE char *start = mem_printf("%s/", name);
		bool is_known = false, is_ours = false;
		json_t *one;

		json_object_foreach(machines, key, one)
			is_known = is_known || text_starts(key, start);
		json_array_foreach(groups, i, group)
			is_ours = is_ours || json_lists(json_list(site, "groups"), json_string_value(group));
		if (is_ours && !is_known)
			json_object_set_new(machines, start,
				json_pack("{s:s, s:s, s:s, s:i, s:s, s:s}", "machine", name, "site", name, "status",
					"absent", "serial", 0, "time", "", "text", ""));
	}
}

/* Each machine's word on what came with that serial. One that was well with it and failed later failed at something else. */
static json_t *machines_of(const json_t *policy, const char *channel, const json_t *reports, int64_t serial)
{
	json_t *machines = json_object(), *report;
	size_t i;

	json_array_foreach(reports, i, report) {
		AUTO_FREE char *key = machine_key(report);
		const json_t *before = json_object_get(machines, key);
		bool counts = json_int(report, "serial") >= serial,
		     was_well = strcmp(json_text(before, "status"), "ok") == 0;

		if (was_well || (before && !counts))
			continue;
		json_object_set_new(machines, key,
			json_pack("{s:s, s:s, s:s, s:I, s:s, s:s}", "machine", json_text(report, "machine"), "site",
				json_text(report, "site"), "status", counts ? json_text(report, "status") : "absent",
				"serial", (json_int_t)json_int(report, "serial"), "time", json_text(report, "time"),
				"text", json_text(report, "text")));
	}
	add_expected(policy, channel, machines);
	return machines;
}

static json_t *ring_of(const json_t *policy, const char *channel, const json_t *release, const json_t *reports)
{
	AUTO_JSON *machines = machines_of(policy, channel, reports, json_int(release, "serial"));
	json_t *list = json_array(), *one;
	int counts[3] = { 0 };
	const char *key;

	json_object_foreach(machines, key, one) {
		static const char *const words[] = { "ok", "failed", "absent" };

		for (size_t i = 0; i < COUNT(words); i++)
			counts[i] += strcmp(json_text(one, "status"), words[i]) == 0;
		json_array_append(list, one);
	}
	return json_pack("{s:s, s:s, s:I, s:s, s:i, s:i, s:i, s:o}", "rfc", json_text(release, "rfc"), "channel",
		channel, "serial", (json_int_t)json_int(release, "serial"), "since", json_text(release, "time"), "ok",
		counts[0], "failed", counts[1], "absent", counts[2], "machines", list);
}

/* One ring for each release to the channel. rfc NULL: all. */
static int rings_of(
	struct release *r, const char *channel, const char *rfc, int64_t after, json_t *rings, struct err *e)
{
	AUTO_JSON *reports = NULL, *past = NULL;
	json_t *item;
	size_t i;

	if (reports_of(r, channel, after, &reports, e) || channel_history(r, channel, 0, &past, e))
		return -1;
	json_array_foreach(json_list(past, "history"), i, item)
		if (strcmp(json_text(item, "what"), "release") == 0 &&
			(!rfc || strcmp(rfc, json_text(item, "rfc")) == 0))
			json_array_append_new(rings, ring_of(release_policy(r), channel, item, reports));
	return 0;
}

int report_list(struct release *r, const char *rfc, json_t **ret, struct err *e)
{
	AUTO_JSON *rings = json_array();
	const char *channel;
	json_t *item;

	json_object_foreach(json_map(release_policy(r), "channels"), channel, item)
		if (rings_of(r, channel, rfc, 0, rings, e))
			return -1;
	*ret = json_pack("{s:O}", "rings", rings);
	return 0;
}

/* ---- when it is too many */
/* What was stopped for once, and taken back, is not stopped for again: only what was said since counts. */
static int last_stop(struct release *r, const char *channel, int64_t *ret, struct err *e)
{
	AUTO_JSON *row = NULL;

	if (log_index_last(r->index, channel, "stop", &row, e))
		return -1;
	*ret = json_int(row, "seq");
	return 0;
}

int report_wants_stop(struct release *r, const char *channel, char **ret_reason, struct err *e)
{
	const json_t *limit = json_map(json_map(json_map(release_policy(r), "channels"), channel), "stop-at");
	int64_t share = strtoll(json_text(limit, "failed"), NULL, 10), least = json_int(limit, "least"), after;
	AUTO_JSON *rings = json_array();
	json_t *ring;
	size_t i;

	*ret_reason = NULL;
	if (!limit)
		return 0;
	if (log_index_follow(r->index, r->store, NULL, e) || last_stop(r, channel, &after, e) ||
		rings_of(r, channel, NULL, after, rings, e))
		return -1;
	json_array_foreach(rings, i, ring) {
		int64_t failed = json_int(ring, "failed"), all = failed + json_int(ring, "ok");

		if (failed > 0 && all >= (least > 0 ? least : 1) && failed * 100 >= share * all && !*ret_reason)
			*ret_reason = mem_printf("%s: %lld of %lld machines that reported failed (stop-at %s)",
				json_text(ring, "rfc"), (long long)failed, (long long)all, json_text(limit, "failed"));
	}
	return 0;
}
