/* debts.c - emergencies that went out, and whether they were approved afterwards. */
#include "release/gate/debts.h"
#include "base/when.h"
#include "release/gate/gate.h"
#include <string.h>

static json_t *pairs_by_rfc(const json_t *pairs)
{
	json_t *groups = json_object(), *pair;
	size_t i;

	json_array_foreach(pairs, i, pair) {
		const char *of = json_text(pair, "of");

		if (!*of)
			continue;
		if (!json_object_get(groups, of))
			json_object_set_new(groups, of, json_array());
		{
			json_t *one = json_copy(pair);

			json_object_del(one, "of");
			json_array_append_new(json_object_get(groups, of), one);
		}
	}
	return groups;
}

int debts_load(struct dossier *d, const json_t *pairs, struct err *e)
{
	AUTO_JSON *groups = pairs_by_rfc(pairs);
	const char *id;
	json_t *group;

	json_object_foreach(groups, id, group) {
		struct dossier one;

		if (dossier_load(&one, d->source, d->chain, id, group, false, false, e))
			return err_wrap(e, "the emergency");
		*LIST_ADD(&d->emergencies) = one;
	}
	return 0;
}

void debts_done(struct dossier *d)
{
	for (size_t i = 0; i < d->emergencies.len; i++)
		dossier_done(&d->emergencies.at[i]);
	LIST_DONE(&d->emergencies);
}

/* The deadline by the policy under which it went out: who released it cannot choose a kinder one. Without one it was due at once. */
static int64_t due_of(const struct dossier *d, const json_t *release)
{
	const struct policy *then = policies_by_digest(d->chain, json_text(release, "policy"));
	const char *within = json_text(then ? json_map(then->json, "emergency") : NULL, "post-approval-within");
	struct err ignored = { 0 };
	int64_t seconds = 0;

	if (*within && duration_parse(within, &seconds, &ignored))
		seconds = 0;
	return json_int(release, "time") + seconds;
}

/* Would it be authorised as a normal change now? What has become of its candidates since does not matter. */
static bool is_approved(const struct dossier *d, const struct policy *policy, const char *implementer, int64_t at)
{
	static const char *const approval[] = { "input", "fields", "votes", "reject", "rejected", "department",
		"separation", "order" };
	AUTO_JSON *answer = dossier_ask_as(d, policy, "normal", implementer, at);
	size_t i;
	json_t *reason;

	json_array_foreach(json_list(answer, "reasons"), i, reason)
		for (size_t k = 0; k < COUNT(approval); k++)
			if (strcmp(json_text(reason, "rule"), approval[k]) == 0)
				return false;
	return true;
}

static void add_debts(json_t *list, const struct dossier *d, const struct policy *policy, int64_t at)
{
	size_t i;
	json_t *release;

	json_array_foreach(json_list(d->history, "releases"), i, release)
		json_array_append_new(list,
			json_pack("{s:s, s:s, s:I, s:I, s:b}", "rfc", d->id, "channel", json_text(release, "channel"),
				"time", (json_int_t)json_int(release, "time"), "due", (json_int_t)due_of(d, release),
				"paid", is_approved(d, policy, json_text(release, "person"), at)));
}

json_t *debts_of(const struct dossier *d, const struct policy *policy, int64_t at, bool is_own)
{
	json_t *list = json_array();

	if (!policy)
		return list;
	for (size_t i = 0; i < d->emergencies.len; i++)
		add_debts(list, &d->emergencies.at[i], policy, at);
	if (is_own && strcmp(json_text(d->rfc, "type"), "emergency") == 0)
		add_debts(list, d, policy, at);
	return list;
}
