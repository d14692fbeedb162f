/* site_list.c - who has what: the last word of each site and of each machine behind it, held against what a channel serves now. */
#include "base/when.h"
#include "release/gate/reports.h"
#include "release/site.h"
#include <string.h>

/* What the lines are made of. Keys are "CHANNEL SITE", so that they come sorted. */
struct sites {
	struct release *r;
	json_t *receipts; /* key -> the body of the last receipt's record */
	json_t *machines; /* key -> {MACHINE: its last report} */
	json_t *expected; /* key -> true: the policy has the site in a group of the channel */
	json_t *serials;  /* channel -> what it serves now */
};

static char *key_of(const char *channel, const char *site)
{
	return mem_printf("%s %s", channel, site);
}

/* The later word by its own time: one that was carried slowly makes nobody older. */
static bool is_later(const json_t *than, const char *time)
{
	return !than || strcmp(json_text(than, "time"), time) <= 0;
}

/* ---- what was said */
static int take_receipt(void *context, const json_t *row, struct err *e)
{
	struct sites *s = context;
	struct record record;
	const json_t *receipt, *before;

	if (!*json_text(row, "record"))
		return 0;
	if (record_load(&s->r->source.source, json_text(row, "record"), json_text(row, "signature"), &s->r->chain,
		    false, &record, e))
		return -1;
	receipt = json_map(record.body, "receipt");
	AUTO_FREE char *key = key_of(json_text(receipt, "channel"), json_text(receipt, "site"));
	before = json_map(json_object_get(s->receipts, key), "receipt");
	if (is_later(before, json_text(receipt, "time")))
		json_object_set(s->receipts, key, (json_t *)record.body);
	record_done(&record);
	return 0;
}

static int take_reports(struct sites *s, const char *channel, struct err *e)
{
	const struct reports_of o = { .index = s->r->index,
		.source = &s->r->source.source,
		.chain = &s->r->chain,
		.policy = release_policy(s->r),
		.channel = channel,
		.since = "" };
	AUTO_JSON *reports = reports_read(&o, e);
	json_t *report;
	size_t i;

	json_array_foreach(reports, i, report) {
		AUTO_FREE char *key = key_of(channel, json_text(report, "site"));
		const char *machine = json_text(report, "machine");

		if (!json_object_get(s->machines, key))
			json_object_set_new(s->machines, key, json_object());
		if (is_later(json_map(json_object_get(s->machines, key), machine), json_text(report, "time")))
			json_object_set(json_object_get(s->machines, key), machine, report);
	}
	return reports ? 0 : -1;
}

static void expect_sites(struct sites *s, const char *channel, const json_t *place)
{
	const char *name;
	json_t *site;

	json_object_foreach(json_map(release_policy(s->r), "sites"), name, site) {
		AUTO_FREE char *key = key_of(channel, name);

		if (json_array_size(json_list(place, "groups")) && site_shares_group(site, place))
			json_object_set_new(s->expected, key, json_true());
	}
}

/* ---- the lines */
static int serial_of(struct sites *s, const char *channel, int64_t *ret, struct err *e)
{
	AUTO_JSON *current = NULL;

	if (!json_object_get(s->serials, channel)) {
		if (release_current(s->r, channel, &current, e))
			return -1;
		json_object_set_new(s->serials, channel, json_integer(json_int(current, "serial")));
	}
	*ret = json_int(s->serials, channel);
	return 0;
}

static int64_t behind(int64_t current, int64_t serial)
{
	return current > serial ? current - serial : 0;
}

static json_t *machine_of(const json_t *report, int64_t current)
{
	int64_t serial = json_int(report, "serial");

	return json_pack("{s:s, s:s, s:I, s:I, s:s, s:s}", "machine", json_text(report, "machine"), "status",
		json_text(report, "status"), "serial", (json_int_t)serial, "behind",
		(json_int_t)behind(current, serial), "time", json_text(report, "time"), "text",
		json_text(report, "text"));
}

/* How many machines spoke last of which serial, the newest first. */
static json_t *by_serial(const json_t *machines)
{
	json_t *list = json_array(), *one, *line = NULL;
	size_t i, k;

	json_array_foreach(machines, i, one) {
		int64_t serial = json_int(one, "serial");

		for (k = 0; k < json_array_size(list); k++)
			if (json_int(json_array_get(list, k), "serial") <= serial)
				break;
		line = json_array_get(list, k);
		if (!line || json_int(line, "serial") != serial) {
			line = json_pack("{s:I, s:i, s:i}", "serial", (json_int_t)serial, "ok", 0, "failed", 0);
			json_array_insert_new(list, k, line);
		}
		json_object_set_new(
			line, json_text(one, "status"), json_integer(json_int(line, json_text(one, "status")) + 1));
	}
	return list;
}

static void add_machines(json_t *line, const json_t *said, int64_t current)
{
	json_t *list = json_array(), *report;
	int64_t late = 0, failed = 0;
	const char *name;

	json_object_foreach((json_t *)said, name, report) {
		json_t *one = machine_of(report, current);

		late += json_int(one, "behind") > 0;
		failed += strcmp(json_text(one, "status"), "failed") == 0;
		json_array_append_new(list, one);
	}
	json_object_set_new(line, "known", json_integer((json_int_t)json_array_size(list)));
	json_object_set_new(line, "late", json_integer(late));
	json_object_set_new(line, "failed", json_integer(failed));
	json_object_set_new(line, "serials", by_serial(list));
	json_object_set_new(line, "machines", list);
}

static int line_of(struct sites *s, const char *key, json_t *list, struct err *e)
{
	const json_t *body = json_object_get(s->receipts, key), *receipt = json_map(body, "receipt"),
		     *said = json_object_get(s->machines, key);
	const char *site = strchr(key, ' ') + 1, *how = json_text(receipt, "how");
	AUTO_FREE char *channel = strndup(key, (size_t)(site - 1 - key));
	struct err ignored = { 0 };
	int64_t until = 0, serial = json_int(receipt, "serial"), current;
	json_t *line;

	if (serial_of(s, channel, &current, e))
		return -1;
	if (when_parse(json_text(receipt, "valid_until"), "UTC", &until, &ignored))
		until = 0;
	line = json_pack("{s:s, s:s, s:I, s:I, s:I, s:s, s:s, s:b, s:s, s:s}", "site", site, "channel", channel,
		"serial", (json_int_t)serial, "current", (json_int_t)current, "behind",
		(json_int_t)(receipt ? behind(current, serial) : 0), "since", json_text(receipt, "time"), "valid_until",
		json_text(receipt, "valid_until"), "expired", receipt && until < when_now(), "signed",
		json_text(body, "signed"), "how",
		receipt        ? how
			: said ? "reports"
			       : "absent");
	if (json_list(receipt, "targets"))
		json_object_set(line, "targets", json_list(receipt, "targets"));
	add_machines(line, said, current);
	json_array_append_new(list, line);
	return 0;
}

static int gather(struct sites *s, struct err *e)
{
	static const char *const receipts = "@receipt";
	const char *channel;
	json_t *place;

	if (log_index_follow(s->r->index, s->r->store, NULL, e) ||
		log_index_each(s->r->index, &receipts, 1, take_receipt, s, e))
		return -1;
	json_object_foreach(json_map(release_policy(s->r), "channels"), channel, place) {
		if (take_reports(s, channel, e))
			return -1;
		expect_sites(s, channel, place);
	}
	return 0;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(json_string_value(*(json_t *const *)a), json_string_value(*(json_t *const *)b));
}

static int lines(struct sites *s, const char *site, json_t *list, struct err *e)
{
	AUTO_JSON *keys = json_array(), *sorted = NULL;
	const json_t *maps[] = { s->receipts, s->machines, s->expected };
	const char *key;
	json_t *value, *one;
	size_t i;

	for (i = 0; i < COUNT(maps); i++)
		json_object_foreach((json_t *)maps[i], key, value)
			if (!site || strcmp(strchr(key, ' ') + 1, site) == 0)
				json_array_append_new(keys, json_string(key));
	sorted = json_sorted(keys, by_text, true);
	json_array_foreach(sorted, i, one)
		if (line_of(s, json_string_value(one), list, e))
			return -1;
	return 0;
}

int site_list(struct release *r, const char *site, json_t **ret, struct err *e)
{
	AUTO_JSON *receipts = json_object(), *machines = json_object(), *expected = json_object(),
		  *serials = json_object(), *list = json_array();
	struct sites s = { r, receipts, machines, expected, serials };

	if (gather(&s, e) || lines(&s, site, list, e))
		return -1;
	*ret = json_pack("{s:O}", "sites", list);
	return 0;
}
