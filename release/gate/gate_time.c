/* gate_time.c - the gate's rules on this channel at this time. They are asked only for a channel. */
#include "base/when.h"
#include "release/gate/gate_impl.h"
#include "release/gate/policy.h"
#include <string.h>

static const char *channel_name(const struct gate *g)
{
	return json_text(g->channel, "name");
}

void rule_channel(struct gate *g)
{
	if (!json_map(json_map(g->policy, "channels"), channel_name(g)) || !json_list(g->channel, "targets"))
		gate_refuse(g, "the policy knows no channel '%s'", channel_name(g));
}

void rule_stop(struct gate *g)
{
	size_t i;
	json_t *stop;

	json_array_foreach(json_list(g->history, "stopped"), i, stop)
		if (strcmp(json_text(stop, "channel"), channel_name(g)) == 0)
			gate_refuse(g, "channel %s was stopped by %s: %s; an RfC and its votes start it again",
				channel_name(g), json_text(stop, "person"), json_text(stop, "reason"));
}

void rule_target(struct gate *g)
{
	size_t i, k, c;
	json_t *target, *package, *candidate;

	json_array_foreach(json_list(g->rfc, "candidates"), c, candidate)
		json_array_foreach(json_list(g->channel, "targets"), i, target) {
			bool found = false;

			json_array_foreach(g->packages, k, package)
				found = found ||
					(strcmp(json_text(package, "target"), json_string_value(target)) == 0 &&
						strcmp(json_text(package, "candidate"), json_text(candidate, "id")) ==
							0);
			if (!found)
				gate_refuse(g, "%s has no package for target '%s' of channel %s; submit it again",
					json_text(candidate, "id"), json_string_value(target), channel_name(g));
		}
}

void rule_package(struct gate *g)
{
	AUTO_JSON *packages = gate_packages(g);
	size_t i;
	json_t *package;

	json_array_foreach(packages, i, package)
		if (!json_flag(package, "intact"))
			gate_refuse(g, "%s: the bytes in the store are not those that were tested and voted on (%.16s)",
				json_text(package, "name"), json_text(package, "sha256"));
}

void rule_schedule(struct gate *g)
{
	int64_t planned = json_int(g->rfc, "schedule");
	char when[32];

	if (!planned && strcmp(json_text(g->policy, "schedule"), "required") == 0)
		gate_refuse(g, "the policy wants a date; a change manager gives one with 'sluice rfc schedule'");
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
			"calendar %s cannot be read, so nobody can say that the time is right; its owners can give it",
			path);
		return NULL;
	}
	return found;
}

/* The block of a calendar that covers `at`, or NULL. */
static const json_t *block_at(const json_t *busy, int64_t at)
{
	size_t i;
	json_t *block;

	json_array_foreach(json_list(busy, "busy"), i, block)
		if (json_int(block, "from") <= at && at < json_int(block, "until"))
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

		if (found && !block_at(found, g->at))
			gate_refuse(g, "outside the policy's maintenance windows (%s)", allowed);
	}
}

/* In an emergency the policy may let roles decide on a blackout: each of them said yes. */
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

void rule_blackout(struct gate *g)
{
	AUTO_JSON *processes = gate_affected(g, "processes");
	size_t i;
	json_t *name;

	json_array_foreach(processes, i, name) {
		const json_t *process = json_map(json_map(g->policy, "processes"), json_string_value(name));
		const char *path = json_text(process, "blackouts");
		const json_t *found = *path && !is_waived(g) ? calendar(g, path) : NULL,
			     *block = block_at(found, g->at);

		if (block)
			gate_refuse(g, "process %s has a blackout now: %s (%s)", json_string_value(name),
				json_text(block, "text"), path);
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

void rule_soak(struct gate *g)
{
	const char *after = json_text(g->channel, "after"), *span = json_text(g->channel, "soak");
	bool is_emergency = strcmp(json_text(g->rfc, "type"), "emergency") == 0;
	const char *shorter = is_emergency ? json_text(json_map(g->policy, "emergency"), "soak") : "";
	struct err ignored = { 0 };
	int64_t soak = 0, since;

	if (!*after)
		return;
	if ((*shorter || *span) && duration_parse(*shorter ? shorter : span, &soak, &ignored)) {
		gate_refuse(g, "the soak '%s' cannot be read", *shorter ? shorter : span);
		return;
	}
	since = released_at(g, after);
	if (!since)
		gate_refuse(g, "it was not released to %s yet, which comes before %s", after, channel_name(g));
	else if (g->at - since < soak)
		gate_refuse(g, "it has been in %s for %lld minutes; %s wants %s", after,
			(long long)(g->at - since) / 60, channel_name(g), *shorter ? shorter : span);
}

void rule_conflict(struct gate *g)
{
	AUTO_JSON *mine = gate_affected(g, "processes");
	size_t i, k;
	json_t *other, *process;

	json_array_foreach(json_list(g->history, "scheduled"), i, other) {
		if (strcmp(json_text(other, "rfc"), json_text(g->rfc, "id")) == 0 || json_int(other, "from") > g->at ||
			g->at >= json_int(other, "until"))
			continue;
		json_array_foreach(json_list(other, "processes"), k, process)
			if (json_lists(mine, json_string_value(process)))
				gate_refuse(g, "%s changes process %s now; one of them must wait",
					json_text(other, "rfc"), json_string_value(process));
	}
}

void rule_debt(struct gate *g)
{
	size_t i;
	json_t *debt;

	if (strcmp(json_text(g->rfc, "type"), "emergency") == 0)
		return;
	json_array_foreach(json_list(g->history, "debts"), i, debt)
		if (strcmp(json_text(debt, "channel"), channel_name(g)) == 0 && !json_flag(debt, "paid") &&
			json_int(debt, "due") < g->at)
			gate_refuse(g, "emergency %s was not approved afterwards in time; that comes first",
				json_text(debt, "rfc"));
}
