/* schedule.c - giving a change its date: inside its window, outside every blackout, beside no other change of the same process. */
#include "base/when.h"
#include "release/gate/others.h"
#include "release/gate/packed.h"
#include "release/release.h"
#include <string.h>

enum { LATE_S = 60, UNKNOWN_S = 3600 };

/* The change manager keeps the forward schedule; who asked for a change may give it a date too, which the policy may not find enough (rule "schedule"). */
static int may_schedule(struct release *r, const struct actor *actor, const struct dossier *d, struct err *e)
{
	AUTO_FREE char *person = NULL, *home = NULL, *key = NULL;

	if (release_whoami(r, actor, &person, &home, &key, e))
		return -1;
	if (policy_holds(release_policy(r), person, "change-manager") ||
		strcmp(json_text(d->rfc, "requester"), person) == 0)
		return 0;
	err_verdict(e, NULL, "%s may not give %s its date: a change manager does, or %s, who asked for it", person,
		d->id, json_text(d->rfc, "requester"));
	release_note(r, actor, "rfc-schedule", d->id, e->text);
	return -1;
}

static json_t *touched(const struct release *r, const struct dossier *d)
{
	AUTO_JSON *names = json_array(), *now = NULL;
	json_t *all, *item;
	size_t i;

	json_array_foreach(d->packages, i, item) {
		AUTO_JSON *package = packed_get(item);

		json_array_append(names, json_object_get(package, "name"));
	}
	now = policy_affected(release_policy(r), names);
	all = json_copy(json_list(json_map(d->rfc, "affected"), "processes"));
	json_array_foreach(json_list(now, "processes"), i, item)
		if (!json_lists(all, json_string_value(item)))
			json_array_append(all, item);
	return all;
}

/* What the gate's rules on time say to that time; adds to reasons what is not there yet. The channel does not matter to them. */
static void ask_at(const struct release *r, const struct dossier *d, int64_t at, json_t *reasons)
{
	static const char *const rules[] = { "window", "blackout", "conflict" };
	const json_t *channels = json_map(release_policy(r), "channels");
	const char *channel = json_object_iter_key(json_object_iter((json_t *)channels));
	AUTO_JSON *answer = dossier_ask(d, policies_now(&r->chain), channel, "", at);
	size_t i, k;
	json_t *reason, *known;

	json_array_foreach(json_list(answer, "reasons"), i, reason)
		for (size_t rule = 0; rule < COUNT(rules); rule++) {
			bool is_new = strcmp(json_text(reason, "rule"), rules[rule]) == 0;

			json_array_foreach(reasons, k, known)
				is_new = is_new && !json_equal(known, reason);
			if (is_new)
				json_array_append(reasons, reason);
		}
}

static int read_times(struct release *r, const struct dossier *d, const char *at, const char *length,
	const json_t *processes, int64_t *ret_from, int64_t *ret_until, struct err *e)
{
	const char *zone = json_text(release_policy(r), "timezone");
	int64_t from, takes = gate_duration(release_policy(r), processes, json_map(d->rfc, "request"));

	if (when_parse(at, *zone ? zone : "UTC", &from, e) || (length && duration_parse(length, &takes, e)))
		return -1;
	if (from < when_now() - LATE_S)
		return err_usage(e, "%s is over", at);
	*ret_from = from;
	*ret_until = from + (takes > 0 ? takes : UNKNOWN_S);
	return 0;
}

static json_t *body_of(
	const struct dossier *d, int64_t from, int64_t until, const char *channel, const json_t *processes)
{
	char begins[32] = "", ends[32] = "";

	if (from) {
		when_utc(from, begins);
		when_utc(until, ends);
	}
	return json_pack("{s:s, s:O, s:s, s:s, s:s, s:O}", "rfc", d->id, "revision",
		json_object_get(d->rfc, "revision"), "at", begins, "until", ends, "channel", channel ? channel : "",
		"processes", processes);
}

static int refuse(struct release *r, const struct actor *actor, const struct dossier *d, json_t *reasons, json_t **ret,
	struct err *e)
{
	err_verdict(
		e, "E_GATE", "%s cannot be planned for then: %s", d->id, json_text(json_array_get(reasons, 0), "text"));
	release_note(r, actor, "rfc-schedule", d->id, e->text);
	*ret = json_pack("{s:b, s:O, s:s}", "allow", 0, "reasons", reasons, "rfc", d->id);
	return -1;
}

static int record(struct release *r, const struct actor *actor, const struct dossier *d, int64_t from, int64_t until,
	const char *channel, const json_t *processes, json_t **ret, struct err *e)
{
	AUTO_JSON *body = body_of(d, from, until, channel, processes);
	/* Taking a date away matters as long as the date did. */
	AUTO_FREE char *subject = others_schedule_subject(
		d->id, until ? until : json_int(json_map(d->rfc, "scheduled"), "until"));
	struct act act = { "rfc-schedule", subject, body, NULL, NULL };
	char digest[65];

	if (!body)
		return err_usage(e, "%s: a text in its date is not UTF-8", d->id);
	if (release_act(r, actor, &act, digest, e))
		return err_wrap(e, "%s", d->id);
	*ret = json_copy(body);
	json_set_str(*ret, "record", digest);
	return 0;
}

static int schedule(struct release *r, const struct actor *actor, const struct dossier *d,
	const struct schedule_wish *wish, json_t **ret, struct err *e)
{
	AUTO_JSON *processes = touched(r, d), *reasons = json_array();
	int64_t from = 0, until = 0;

	if (json_flag(d->rfc, "withdrawn"))
		return err_usage(e, "%s was withdrawn", d->id);
	if (wish->channel && !json_map(json_map(release_policy(r), "channels"), wish->channel))
		return err_usage(e, "the policy knows no channel '%s'", wish->channel);
	if (may_schedule(r, actor, d, e))
		return -1;
	if (wish->at) {
		if (read_times(r, d, wish->at, wish->length, processes, &from, &until, e))
			return -1;
		ask_at(r, d, from, reasons);
		if (json_array_size(reasons))
			return refuse(r, actor, d, reasons, ret, e);
	} else if (!json_int(d->rfc, "schedule"))
		return err_usage(e, "%s has no date", d->id);
	return record(r, actor, d, from, until, wish->channel, processes, ret, e);
}

int rfc_schedule(struct release *r, const struct actor *actor, const char *id, const struct schedule_wish *wish,
	json_t **ret, struct err *e)
{
	AUTO_FD int lock = store_lock(r->store, e);
	struct dossier d;
	int result;

	*ret = NULL;
	if (lock < 0 || release_dossier(r, id, false, false, &d, e))
		return -1;
	result = schedule(r, actor, &d, wish, ret, e);
	dossier_done(&d);
	return result;
}
