/* reports.c - reports read from the log, and what they make of one change. */
#include "release/gate/reports.h"
#include "base/text.h"
#include "release/gate/memory.h"
#include <string.h>

/* ---- one report */
/* Did a key that the policy gives the site sign these very words? Then it does not matter who carried them. */
static bool is_proved(const struct reports_of *o, const json_t *report, const char *signature)
{
	const json_t *keys = json_list(json_map(json_map(o->policy, "sites"), json_text(report, "site")), "keys");
	AUTO_FREE char *bytes = NULL;
	struct err ignored = { 0 };
	bool is_good = false;
	size_t len, i;
	json_t *key;

	if (!*signature || json_canonical(report, &bytes, &len, &ignored))
		return false;
	memory_ring(o->chain);
	json_array_foreach(keys, i, key) {
		AUTO_FREE char *fingerprint = fingerprint_of(json_string_value(key));
		const char *pinned[] = { fingerprint };
		struct memory_of what = { bytes, len, signature, strlen(signature), fingerprint, 0 };
		struct sig_data data = { .fd = -1, .bytes = bytes, .len = len };
		struct sig_verdict verdict;
		char name[MEMORY_NAME];

		if (is_good || !fingerprint)
			continue;
		memory_of_signature(o->chain, "report", &what, name);
		is_good = memory_has(o->chain, name) ||
			sig_verify_detached(&o->chain->keyring, &data, signature, strlen(signature), pinned, 1, 0,
				&verdict, &ignored) == 0;
		if (is_good)
			memory_note(o->chain, name);
	}
	return is_good;
}

static json_t *one_of(const struct reports_of *o, const struct record *r, int64_t place)
{
	const json_t *report = json_map(r->body, "report");

	return json_pack("{s:s, s:s, s:s, s:I, s:s, s:s, s:s, s:b, s:I}", "site", json_text(report, "site"), "machine",
		json_text(report, "machine"), "status", json_text(report, "status"), "serial",
		(json_int_t)json_int(report, "serial"), "time", json_text(report, "time"), "text",
		json_text(report, "text"), "person", r->person, "proved",
		is_proved(o, report, json_text(r->body, "signature")), "place", (json_int_t)place);
}

/* ---- all of a channel */
static json_t *rows_of(const struct reports_of *o, const char *word, struct err *e)
{
	AUTO_FREE char *behind = mem_printf("%s!", word); /* before every longer name */

	return *o->since ? log_index_range_since(o->index, word, behind, o->since, e)
			 : log_index_rows(o->index, &word, 1, e);
}

/* {sha256 of release.json: its row} of the channel's snapshots. */
static json_t *places_of(const struct reports_of *o, struct err *e)
{
	AUTO_JSON *rows = rows_of(o, o->channel, e);
	json_t *places = rows ? json_object() : NULL, *row;
	size_t i;

	json_array_foreach(rows, i, row) {
		const char *action = json_text(row, "action");

		if (strcmp(action, "snapshot") == 0 || strcmp(action, "export") == 0)
			json_object_set(places, json_text(row, "record"), json_object_get(row, "seq"));
	}
	return places;
}

json_t *reports_read(const struct reports_of *o, struct err *e)
{
	AUTO_FREE char *word = mem_printf("report/%s", o->channel);
	AUTO_JSON *rows = rows_of(o, word, e), *places = rows ? places_of(o, e) : NULL, *list = json_array();
	json_t *row;
	size_t i;

	if (!places)
		return NULL;
	json_array_foreach(rows, i, row) {
		int64_t seq = json_int(row, "seq");
		struct record r;

		if (strcmp(json_text(row, "action"), "report") != 0 || !*json_text(row, "record") || seq <= o->after ||
			(o->upto && seq > o->upto))
			continue;
		if (record_load(
			    o->source, json_text(row, "record"), json_text(row, "signature"), o->chain, false, &r, e))
			return NULL;
		json_array_append_new(
			list, one_of(o, &r, json_int(places, json_text(json_map(r.body, "report"), "release"))));
		record_done(&r);
	}
	return json_incref(list);
}

/* ---- what they make of one change */
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

static bool is_unheard(const json_t *report, const json_t *deaf)
{
	return strcmp(json_text(report, "status"), "ok") == 0 && !json_flag(report, "proved") &&
		json_lists(deaf, json_text(report, "person"));
}

json_t *reports_machines(
	const json_t *policy, const char *channel, const json_t *reports, int64_t place, const json_t *deaf)
{
	json_t *machines = json_object(), *report;
	size_t i;

	json_array_foreach(reports, i, report) {
		AUTO_FREE char *key = mem_printf("%s/%s", json_text(report, "site"), json_text(report, "machine"));
		const json_t *before = json_object_get(machines, key);
		bool counts = json_int(report, "place") >= place && json_int(report, "place") > 0;

		if (strcmp(json_text(before, "status"), "ok") == 0 || (before && !counts) || is_unheard(report, deaf))
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

int64_t reports_count(const json_t *machines, const char *status)
{
	int64_t count = 0;
	const char *key;
	json_t *one;

	json_object_foreach((json_t *)machines, key, one)
		count += strcmp(json_text(one, "status"), status) == 0;
	return count;
}

/* ---- for the gate */
/* The first release of this revision to the channel, as the soak counts it; NULL: none. */
static const json_t *release_in(const struct dossier *d, const char *channel)
{
	size_t i;
	json_t *item;

	json_array_foreach(json_list(d->history, "releases"), i, item)
		if (strcmp(json_text(item, "channel"), channel) == 0 &&
			strcmp(json_text(item, "revision"), json_text(d->rfc, "revision")) == 0)
			return item;
	return NULL;
}

static const struct record *record_of(const struct dossier *d, const char *digest)
{
	for (size_t i = 0; i < d->records.len; i++)
		if (strcmp(d->records.at[i].digest, digest) == 0)
			return &d->records.at[i];
	return NULL;
}

/* Who asked for the change or brought it does not say that it is well. */
static json_t *makers_of(const struct dossier *d)
{
	json_t *makers = json_array(), *candidate;
	size_t i;

	json_array_append(makers, json_object_get(d->rfc, "requester"));
	json_array_foreach(json_list(d->rfc, "candidates"), i, candidate)
		json_array_append(makers, json_object_get(candidate, "submitter"));
	return makers;
}

/* Any snapshot behind the act of releasing came with the change. */
static json_t *count(const struct dossier *d, const struct reports_of *o, int64_t place, struct err *e)
{
	AUTO_JSON *reports = reports_read(o, e), *makers = makers_of(d),
		  *machines = reports ? reports_machines(o->policy, o->channel, reports, place, makers) : NULL;

	return machines
		? json_pack("{s:s, s:I, s:I}", "channel", o->channel, "ok", (json_int_t)reports_count(machines, "ok"),
			  "failed", (json_int_t)reports_count(machines, "failed"))
		: NULL;
}

int dossier_count_reports(
	struct dossier *d, struct log_index *x, const json_t *policy, const char *channel, int64_t upto, struct err *e)
{
	const json_t *place = json_map(json_map(policy, "channels"), channel), *release;
	const struct record *act;
	struct reports_of o = { x, d->source, d->chain, policy, json_text(place, "after"), "", 0, upto };
	json_t *ring;

	if (!json_map(place, "reports") || !*o.channel)
		return 0;
	release = release_in(d, o.channel);
	act = release ? record_of(d, json_text(release, "record")) : NULL;
	if (act) {
		o.since = json_text(act->json, "time");
		o.after = act->seq;
	}
	ring = act ? count(d, &o, act->seq, e)
		   : json_pack("{s:s, s:i, s:i}", "channel", o.channel, "ok", 0, "failed", 0);
	json_decref(d->ring);
	d->ring = ring;
	return ring ? 0 : err_wrap(e, "reports of channel %s", o.channel);
}
