/* report_list.c - the reports of machines by RfC and channel: who is well, who failed, who said nothing, and whether that asks for a stop. */
#include "release/gate/reports.h"
#include "release/site.h"
#include <string.h>

/* What the release of that line of history came to. */
static json_t *ring_of(const json_t *policy, const char *channel, const json_t *release, const json_t *reports)
{
	AUTO_JSON *machines = reports_machines(policy, channel, reports, json_int(release, "seq"), NULL);
	json_t *list = json_array(), *one;
	const char *key;

	json_object_foreach(machines, key, one)
		json_array_append(list, one);
	return json_pack("{s:s, s:s, s:I, s:s, s:I, s:I, s:I, s:o}", "rfc", json_text(release, "rfc"), "channel",
		channel, "serial", (json_int_t)json_int(release, "serial"), "since", json_text(release, "time"), "ok",
		(json_int_t)reports_count(machines, "ok"), "failed", (json_int_t)reports_count(machines, "failed"),
		"absent", (json_int_t)reports_count(machines, "absent"), "machines", list);
}

/* One ring for each release to the channel. rfc NULL: all. */
static int rings_of(
	struct release *r, const char *channel, const char *rfc, int64_t after, json_t *rings, struct err *e)
{
	const struct reports_of o = { .index = r->index,
		.source = &r->source.source,
		.chain = &r->chain,
		.policy = release_policy(r),
		.channel = channel,
		.since = "",
		.after = after };
	AUTO_JSON *reports = NULL, *past = NULL;
	json_t *item;
	size_t i;

	if (log_index_follow(r->index, r->store, NULL, e) || !(reports = reports_read(&o, e)) ||
		channel_history(r, channel, 0, &past, e))
		return -1;
	json_array_foreach(json_list(past, "history"), i, item)
		if (strcmp(json_text(item, "what"), "release") == 0 &&
			(!rfc || strcmp(rfc, json_text(item, "rfc")) == 0))
			json_array_append_new(rings, ring_of(o.policy, channel, item, reports));
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
