/* gate_time.c - the gate's rules on this channel at this time. They are asked only for a channel. */
#include "base/when.h"
#include "release/gate/gate_impl.h"
#include "release/gate/packed.h"
#include "release/gate/policy.h"
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { DAY_S = 86400 };

static const char *channel_name(const struct gate *g)
{
	return json_text(g->channel, "name");
}

void rule_channel(struct gate *g)
{
	const json_t *request = json_map(g->rfc, "request");
	const char *removed = json_text(request, "remove"), *from = json_text(request, "from-channel");

	if (!json_map(json_map(g->policy, "channels"), channel_name(g)) || !json_list(g->channel, "targets"))
		gate_refuse(g, "the policy knows no channel '%s'", channel_name(g));
	if (*json_text(request, "resume"))
		gate_refuse(g, "%s starts channel %s again by its votes alone; it has no packages to release",
			json_text(g->rfc, "id"), json_text(request, "resume"));
	if (gate_is_adoption(g))
		rule_adoption(g);
	if (*removed && strcmp(from, channel_name(g)) != 0)
		gate_refuse(g, "%s takes %s out of channel %s, and out of no other", json_text(g->rfc, "id"), removed,
			from);
}

void rule_stop(struct gate *g)
{
	size_t i;
	json_t *stop;

	json_array_foreach(json_list(g->history, "stopped"), i, stop)
		if (strcmp(json_text(stop, "channel"), channel_name(g)) == 0)
			gate_refuse(g,
				"channel %s was stopped by %s: %s; 'sluice rfc open --resume' and its votes "
				"start it again",
				channel_name(g), json_text(stop, "person"), json_text(stop, "reason"));
}

/* {"TARGET CANDIDATE": true} of each package: asked about for each candidate and target, of which there may be hundreds. */
static json_t *places_of(const struct gate *g)
{
	json_t *places = json_object(), *item;
	size_t i;

	json_array_foreach(g->packages, i, item) {
		AUTO_JSON *package = packed_get(item);
		AUTO_FREE char *place = mem_printf(
			"%s %s", json_text(package, "target"), json_text(package, "candidate"));

		json_object_set_new(places, place, json_true());
	}
	return places;
}

static bool has_package(const json_t *places, const json_t *candidate, const char *target)
{
	AUTO_FREE char *place = mem_printf("%s %s", target, json_text(candidate, "id"));

	return json_object_get(places, place) != NULL;
}

/* A distribution's own package is of one format, and other targets of the channel have no use for it. */
static bool is_of_one_format(const struct gate *g, const json_t *places, const json_t *candidate)
{
	json_t *target;
	size_t i;

	if (!*json_text(candidate, "as_is"))
		return false;
	json_array_foreach(json_list(g->channel, "targets"), i, target)
		if (has_package(places, candidate, json_string_value(target)))
			return true;
	return false;
}

void rule_target(struct gate *g)
{
	AUTO_JSON *places = places_of(g);
	size_t i, c;
	json_t *target, *candidate;

	json_array_foreach(json_list(g->rfc, "candidates"), c, candidate)
		json_array_foreach(json_list(g->channel, "targets"), i, target) {
			bool found = has_package(places, candidate, json_string_value(target)) ||
				is_of_one_format(g, places, candidate);

			if (!found && json_flag(g->rfc, "back"))
				gate_refuse(g,
					"%s has nothing to go back to for target '%s': it was the first version there, "
					"or the way back could not be built",
					json_text(candidate, "id"), json_string_value(target));
			else if (!found)
				gate_refuse(g, "%s has no package for target '%s' of channel %s; submit it again",
					json_text(candidate, "id"), json_string_value(target), channel_name(g));
		}
}

void rule_package(struct gate *g)
{
	AUTO_JSON *packages = gate_packages(g);
	size_t i;
	json_t *item;

	json_array_foreach(packages, i, item) {
		AUTO_JSON *package = packed_get(item);

		if (!json_flag(package, "intact"))
			gate_refuse(g, "%s: the bytes in the store are not those that were tested and voted on (%.16s)",
				json_text(package, "name"), json_text(package, "sha256"));
	}
}

/* A downtime is written by people: "30m", "30 minutes", "none". What says no length is taken for a day: nobody can tell that it is over sooner. */
static int64_t downtime_of(const char *text)
{
	static const struct {
		const char *word;
		int64_t seconds;
	} units[] = { { "second", 1 }, { "sec", 1 }, { "minute", 60 }, { "min", 60 }, { "hour", 3600 }, { "h", 3600 },
		{ "day", DAY_S } };
	struct err ignored = { 0 };
	int64_t seconds;
	char *rest;
	long number;

	if (duration_parse(text, &seconds, &ignored) == 0)
		return seconds;
	if (strcasecmp(text, "none") == 0 || strcasecmp(text, "no") == 0 || strcmp(text, "0") == 0)
		return 0;
	number = strtol(text, &rest, 10);
	for (size_t i = 0; rest != text && number >= 0 && number <= 1000 && i < COUNT(units); i++) {
		const char *word = rest + strspn(rest, " ");
		size_t len = strlen(units[i].word);

		if (strncasecmp(word, units[i].word, len) == 0 && (!word[len] || strcasecmp(word + len, "s") == 0))
			return number * units[i].seconds;
	}
	return DAY_S;
}

int64_t gate_duration(const json_t *policy, const json_t *processes, const json_t *request)
{
	struct err ignored = { 0 };
	int64_t longest = 0, one;
	size_t i;
	json_t *name;

	if (*json_text(request, "downtime"))
		longest = downtime_of(json_text(request, "downtime"));
	json_array_foreach(processes, i, name) {
		const json_t *process = json_map(json_map(policy, "processes"), json_string_value(name));

		if (*json_text(process, "expected-downtime") &&
			duration_parse(json_text(process, "expected-downtime"), &one, &ignored) == 0 && one > longest)
			longest = one;
	}
	return longest;
}

/* Who gave the date may still give it: a change manager, or, where the policy does not insist on one, who asked for the change. */
static void given_by(struct gate *g)
{
	const json_t *date = json_map(g->rfc, "scheduled");
	const char *person = json_text(date, "person");
	bool is_required = strcmp(json_text(g->policy, "schedule"), "required") == 0;

	if (policy_key_of(g->policy, person, json_text(date, "key")) &&
		(policy_holds(g->policy, person, "change-manager") ||
			(!is_required && strcmp(person, json_text(g->rfc, "requester")) == 0)))
		return;
	gate_refuse(g, "its date was given by %s, who is %s; a change manager gives one with 'sluice rfc schedule'",
		*person ? person : "nobody",
		is_required ? "no change manager" : "neither change manager nor its requester");
}

void rule_schedule(struct gate *g)
{
	int64_t planned = json_int(g->rfc, "schedule");
	char when[32];

	if (!planned && strcmp(json_text(g->policy, "schedule"), "required") == 0)
		gate_refuse(g, "the policy wants a date; a change manager gives one with 'sluice rfc schedule'");
	else if (planned)
		given_by(g);
	if (planned > g->at) {
		when_utc(planned, when);
		gate_refuse(g, "it is planned for %s", when);
	}
}

static const json_t *calendar(struct gate *g, const char *path)
{
	const json_t *found = json_map(g->calendars, path);

	if (!json_list(found, "busy")) {
		gate_refuse(g,
			"calendar %s cannot be read, so nobody can say that the time is right; its owners can give "
			"it%s%s",
			path, *json_text(found, "error") ? ": " : "", json_text(found, "error"));
		return NULL;
	}
	return found;
}

/* The block of a calendar that covers something of [at, end), or NULL; a tentative one where those count. */
static const json_t *block_in(const json_t *busy, int64_t at, int64_t end, bool is_tentative_fine)
{
	size_t i;
	json_t *block;

	json_array_foreach(json_list(busy, "busy"), i, block)
		if ((json_int(block, "from") <= at || json_int(block, "from") < end) && at < json_int(block, "until") &&
			(is_tentative_fine || !json_flag(block, "tentative")))
			return block;
	return NULL;
}

void rule_window(struct gate *g)
{
	const json_t *window = json_map(g->rfc, "window");
	const char *allowed = json_text(g->policy, "windows");
	char from[32], until[32];

	if (window && (g->at < json_int(window, "from") || g->at >= json_int(window, "until"))) {
		when_utc(json_int(window, "from"), from);
		when_utc(json_int(window, "until"), until);
		gate_refuse(g, "outside the RfC's window, %s to %s", from, until);
	}
	if (*allowed) {
		const json_t *found = calendar(g, allowed);

		if (found && !block_in(found, g->at, g->at, false))
			gate_refuse(g, "outside the policy's maintenance windows (%s)", allowed);
	}
}

/* In an emergency the policy may let roles decide on a blackout: each of them said yes to it, and nobody who asked for it speaks for one. */
static bool is_waived(const struct gate *g)
{
	const json_t *roles = json_list(json_map(g->policy, "emergency"), "in-blackout");
	size_t i;
	json_t *role;

	if (strcmp(json_text(g->rfc, "type"), "emergency") != 0 || !json_array_size(roles))
		return false;
	json_array_foreach(roles, i, role)
		if (!gate_said_yes(g, json_string_value(role)))
			return false;
	return true;
}

/* Whom an emergency could ask; for the reason. */
static char *who_decides(const struct gate *g)
{
	const json_t *roles = json_list(json_map(g->policy, "emergency"), "in-blackout");
	AUTO_FREE char *names = json_join(roles, "nobody");

	return strcmp(json_text(g->rfc, "type"), "emergency") == 0 && json_array_size(roles)
		? mem_printf("; in an emergency %s may decide otherwise, with a vote", names)
		: mem_strdup("");
}

void rule_blackout(struct gate *g)
{
	AUTO_JSON *processes = gate_affected(g, "processes");
	int64_t end = g->at + gate_duration(g->policy, processes, json_map(g->rfc, "request"));
	size_t i;
	json_t *name;

	json_array_foreach(processes, i, name) {
		const json_t *process = json_map(json_map(g->policy, "processes"), json_string_value(name));
		const char *path = json_text(process, "blackouts");
		const json_t *found = *path && !is_waived(g) ? calendar(g, path) : NULL,
			     *block = block_in(found, g->at, end, true);

		if (block) {
			AUTO_FREE char *hint = who_decides(g);

			gate_refuse(g, "process %s has a blackout %s: %s (%s)%s", json_string_value(name),
				json_int(block, "from") > g->at ? "before this change would be over" : "now",
				json_text(block, "text"), path, hint);
		}
	}
}

static int64_t released_at(const struct gate *g, const char *channel)
{
	int64_t first = 0;
	size_t i;
	json_t *r;

	json_array_foreach(json_list(g->history, "releases"), i, r)
		if (strcmp(json_text(r, "rfc"), json_text(g->rfc, "id")) == 0 &&
			strcmp(json_text(r, "channel"), channel) == 0 &&
			strcmp(json_text(r, "revision"), json_text(g->rfc, "revision")) == 0 &&
			(!first || json_int(r, "time") < first))
			first = json_int(r, "time");
	return first;
}

static void refuse_until(struct gate *g, const char *after, int64_t since, int64_t soak, const char *span)
{
	char from[32], until[32];

	when_utc(since, from);
	when_utc(since + soak, until);
	gate_refuse(g, "it has been in %s since %s; %s wants %s, which are over %s", after, from, channel_name(g), span,
		until);
}

void rule_soak(struct gate *g)
{
	const char *after = json_text(g->channel, "after"), *span = json_text(g->channel, "soak");
	bool is_emergency = strcmp(json_text(g->rfc, "type"), "emergency") == 0;
	const char *shorter = is_emergency ? json_text(json_map(g->policy, "emergency"), "soak") : "";
	struct err ignored = { 0 };
	int64_t soak = 0, since;

	/* What is taken out of one channel was not to be seen in another one before. */
	if (!*after || json_array_size(json_list(g->rfc, "removes")) || gate_is_adoption(g))
		return;
	if ((*shorter || *span) && duration_parse(*shorter ? shorter : span, &soak, &ignored)) {
		gate_refuse(g, "the soak '%s' cannot be read", *shorter ? shorter : span);
		return;
	}
	since = released_at(g, after);
	if (json_find(json_list(g->history, "stopped"), "channel", after))
		gate_refuse(g, "channel %s, which comes before %s, was stopped", after, channel_name(g));
	if (!since)
		gate_refuse(g, "it was not released to %s yet, which comes before %s", after, channel_name(g));
	else if (g->at - since < soak)
		refuse_until(g, after, since, soak, *shorter ? shorter : span);
}

/* A share of the machines that said something; without one none may have failed. */
static bool is_too_many(const json_t *wanted, int64_t failed, int64_t all)
{
	int64_t share = strtoll(json_text(wanted, "failed"), NULL, 10);

	return failed > 0 && (share <= 0 || failed * 100 >= share * all);
}

/* An emergency waits for nobody's report; that it failed elsewhere stops it, too. */
void rule_reports(struct gate *g)
{
	const json_t *wanted = json_map(g->channel, "reports"), *ring = json_map(g->history, "ring");
	const char *after = json_text(g->channel, "after"), *share = json_text(wanted, "failed");
	bool is_emergency = strcmp(json_text(g->rfc, "type"), "emergency") == 0;
	int64_t ok = json_int(ring, "ok"), failed = json_int(ring, "failed"), least = json_int(wanted, "ok");

	if (!json_object_get(g->channel, "reports") || json_array_size(json_list(g->rfc, "removes")) ||
		gate_is_adoption(g))
		return;
	if (least <= 0) {
		gate_refuse(g, "channel %s asks for reports and does not say of how many machines", channel_name(g));
		return;
	}
	if (!ring || !*after || strcmp(json_text(ring, "channel"), after) != 0 || ok < 0 || failed < 0) {
		gate_refuse(g, "nobody counted how it went on the machines of %s, which comes before %s", after,
			channel_name(g));
		return;
	}
	if (ok < least && !is_emergency)
		gate_refuse(g,
			"%lld machines of %s have reported that it went well, %s wants %lld; 'sluice report' tells, by "
			"somebody else than who asked for or submitted it, or with a site's key",
			(long long)ok, after, channel_name(g), (long long)least);
	if (is_too_many(wanted, failed, ok + failed))
		gate_refuse(g, "it failed on %lld of the %lld machines of %s that reported; %s wants %s%s",
			(long long)failed, (long long)(ok + failed), after, channel_name(g),
			*share ? "less than " : "none", share);
}

void rule_conflict(struct gate *g)
{
	AUTO_JSON *mine = gate_affected(g, "processes");
	int64_t end = g->at + gate_duration(g->policy, mine, json_map(g->rfc, "request"));
	size_t i, k;
	json_t *other, *process;

	json_array_foreach(json_list(g->history, "scheduled"), i, other) {
		if (strcmp(json_text(other, "rfc"), json_text(g->rfc, "id")) == 0 ||
			(json_int(other, "from") > g->at && json_int(other, "from") >= end) ||
			g->at >= json_int(other, "until"))
			continue;
		json_array_foreach(json_list(other, "processes"), k, process)
			if (json_lists(mine, json_string_value(process)))
				gate_refuse(g, "%s changes process %s at that time; one of them must wait",
					json_text(other, "rfc"), json_string_value(process));
	}
}

static const char *when_text(int64_t at, char ret[32])
{
	when_utc(at, ret);
	return ret;
}

void rule_debt(struct gate *g)
{
	size_t i;
	json_t *debt;
	char when[32];

	if (strcmp(json_text(g->rfc, "type"), "emergency") == 0)
		return;
	json_array_foreach(json_list(g->history, "debts"), i, debt)
		if (strcmp(json_text(debt, "channel"), channel_name(g)) == 0 && !json_flag(debt, "paid") &&
			json_int(debt, "due") < g->at)
			gate_refuse(g,
				"emergency %s was not approved afterwards by %s; until it is (sluice rfc vote), "
				"nothing else "
				"goes there but emergencies",
				json_text(debt, "rfc"), when_text(json_int(debt, "due"), when));
}
