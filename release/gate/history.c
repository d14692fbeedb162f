/* history.c - debts, and how far the template of a standard change was used and consented to, as of the time of the question. */
#include "release/gate/history.h"
#include "base/when.h"
#include "release/gate/debts.h"
#include "release/gate/stops.h"
#include <string.h>

int template_digest(const json_t *policy, const char *name, char ret[65], struct err *e)
{
	const json_t *template = json_map(json_map(policy, "standard-changes"), name);

	return template ? json_digest(template, ret, e) : err_usage(e, "the policy has no template '%s'", name);
}

/* How many other RfCs used it in the month (UTC) of that time. */
static int uses_in_month(const struct dossier *d, const char *name, int64_t at)
{
	AUTO_JSON *seen = json_object();
	char now[32], then[32];
	size_t i;
	json_t *use;

	when_utc(at, now);
	json_array_foreach(json_list(d->history, "uses"), i, use) {
		when_utc(json_int(use, "time"), then);
		if (strcmp(json_text(use, "template"), name) == 0 && strncmp(now, then, strlen("2026-11")) == 0)
			json_object_set_new(seen, json_text(use, "rfc"), json_true());
	}
	return (int)json_object_size(seen);
}

/* Who consented to what the template says now, by their latest word, and may still speak for the role. */
static json_t *consents_to(const struct dossier *d, const json_t *policy, const char *name)
{
	AUTO_JSON *words = json_object();
	json_t *roles = json_array(), *one;
	char digest[65];
	struct err ignored = { 0 };
	const char *role;
	size_t i;

	if (template_digest(policy, name, digest, &ignored))
		return roles;
	json_array_foreach(json_list(d->history, "consents"), i, one)
		if (strcmp(json_text(one, "digest"), digest) == 0 &&
			policy_holds(policy, json_text(one, "person"), json_text(one, "role")) &&
			policy_key_of(policy, json_text(one, "person"), json_text(one, "key")))
			json_object_set(words, json_text(one, "role"), one);
	json_object_foreach(words, role, one)
		if (strcmp(json_text(one, "decision"), "approve") == 0)
			json_array_append_new(roles, json_string(role));
	return roles;
}

/* The end of its last day, in the policy's zone; 0 when it cannot be read: long over. */
static int64_t expiry_of(const json_t *policy, const char *date)
{
	const char *zone = json_text(policy, "timezone");
	struct err ignored = { 0 };
	int64_t day;

	return *date && when_parse(date, *zone ? zone : "UTC", &day, &ignored) == 0 ? day + 86400 - 1 : 0;
}

json_t *history_at(const struct dossier *d, const struct policy *policy, bool is_for_channel, int64_t at)
{
	json_t *history = json_copy(d->history), *templates = json_object();
	const char *name = json_text(json_map(d->rfc, "request"), "template");
	const json_t *template = policy ? json_map(json_map(policy->json, "standard-changes"), name) : NULL;

	if (is_for_channel) {
		json_object_set_new(history, "debts", debts_of(d, policy, at, false));
		json_object_set_new(history, "stopped", stops_open(d));
		json_object_set(history, "ring", d->ring);
	}
	if (template && strcmp(json_text(d->rfc, "type"), "standard") == 0)
		json_object_set_new(templates, name,
			json_pack("{s:i, s:o, s:I}", "used", uses_in_month(d, name, at), "consents",
				consents_to(d, policy->json, name), "expires",
				(json_int_t)expiry_of(policy->json, json_text(template, "expires"))));
	json_object_set_new(history, "templates", templates);
	return history;
}
