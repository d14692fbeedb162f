/* fold_time.c - handlers of what time asks for: the date of a change, and what other changes say to it (fold.h).
 *
 * A date is given by a change manager, or by who asked for the change; a later one replaces it. It binds no vote. Dates of other RfCs come in as their
 * makers signed them, with the processes that they touch, so that one gate question needs no other dossier. */
#include "base/when.h"
#include "release/gate/fold.h"
#include "release/gate/states.h"
#include <string.h>

static int64_t time_in(const json_t *body, const char *key)
{
	struct err ignored = { 0 };
	int64_t at;

	return *json_text(body, key) && when_parse(json_text(body, key), "UTC", &at, &ignored) == 0 ? at : 0;
}

static const json_t *policy_then(const struct fold *f, const struct record *r)
{
	const struct policy *policy = policies_by_digest(f->d->chain, r->policy);

	return policy ? policy->json : NULL;
}

/* A signature of somebody who may not is no date. */
static bool may_schedule(const struct fold *f, const struct record *r)
{
	return policy_holds(policy_then(f, r), r->person, "change-manager") ||
		strcmp(r->person, json_string_value(f->requester)) == 0;
}

int fold_schedule(struct fold *f, const struct record *r, struct err *e)
{
	if (!f->is_open)
		return err_verdict(e, "E_MISMATCH", "record %.16s (%s by %s): a date before the RfC", r->digest,
			r->type, r->person);
	if (!may_schedule(f, r))
		return 0;
	json_decref(f->schedule);
	f->schedule = json_pack("{s:I, s:I, s:s, s:s, s:s}", "at", (json_int_t)time_in(r->body, "at"), "until",
		(json_int_t)time_in(r->body, "until"), "person", r->person, "key", r->key, "channel",
		json_text(r->body, "channel"));
	return 0;
}

/* ---- other RfCs */
/* Whoever gave a date may give another one or take it away, and a change manager; what else is done to an RfC, by whom its act allows. A signature of somebody
 * who may not changes nothing, so that nobody makes room for their own change. Who asked for the other RfC is not known here: what they alone may do leaves its date. */
static bool may_drop(const json_t *policy, const struct record *r, const char *giver)
{
	const struct rfc_act *act = rfc_act_named(r->type);

	return act ? rfc_act_may(act, policy, giver, r->person)
		   : strcmp(giver, r->person) == 0 || policy_holds(policy, r->person, "change-manager");
}

static void drop(json_t *list, const struct record *r, const json_t *policy)
{
	for (size_t i = json_array_size(list); i-- > 0;) {
		const json_t *one = json_array_get(list, i);

		if (strcmp(json_text(one, "rfc"), json_text(r->body, "rfc")) == 0 &&
			may_drop(policy, r, json_text(one, "person")))
			json_array_remove(list, i);
	}
}

static void other_schedule(struct fold *f, const struct record *r, const json_t *policy)
{
	json_t *list = json_list(f->d->history, "scheduled"), *processes = json_list(r->body, "processes");
	int64_t from = time_in(r->body, "at");

	drop(list, r, policy);
	if (from && processes)
		json_array_append_new(list,
			json_pack("{s:s, s:I, s:I, s:O, s:s}", "rfc", json_text(r->body, "rfc"), "from",
				(json_int_t)from, "until", (json_int_t)time_in(r->body, "until"), "processes",
				processes, "person", r->person));
}

static json_t *history_list(struct fold *f, const char *name)
{
	if (!json_list(f->d->history, name))
		json_object_set_new(f->d->history, name, json_array());
	return json_list(f->d->history, name);
}

/* A standard change that went out uses its template once, in however many channels. */
static void other_release(struct fold *f, const struct record *r)
{
	if (r->is_done && *json_text(r->body, "template"))
		json_array_append_new(history_list(f, "uses"),
			json_pack("{s:s, s:s, s:I}", "rfc", json_text(r->body, "rfc"), "template",
				json_text(r->body, "template"), "time", (json_int_t)r->time));
}

static void consent(struct fold *f, const struct record *r)
{
	if (!fold_understands(r, "template digest role decision"))
		return;
	json_array_append_new(history_list(f, "consents"),
		json_pack("{s:s, s:s, s:s, s:s, s:s}", "digest", json_text(r->body, "digest"), "role",
			json_text(r->body, "role"), "decision", json_text(r->body, "decision"), "person", r->person,
			"key", r->key));
}

bool fold_is_others(const struct fold *f, const struct record *r)
{
	static const char *const types[] = { "rfc-schedule", "rfc-withdraw", "rfc-not-installed", "release" };

	if (strcmp(r->type, "template-consent") == 0)
		return true;
	for (size_t i = 0; i < COUNT(types); i++)
		if (strcmp(types[i], r->type) == 0)
			return strcmp(json_text(r->body, "rfc"), f->d->id) != 0;
	return false;
}

int fold_others(struct fold *f, const struct record *r, struct err *e)
{
	const json_t *policy = policy_then(f, r);

	if (!policy || !policy_has_any_role(policy, r->person))
		return 0;
	if (strcmp(r->type, "rfc-schedule") == 0)
		other_schedule(f, r, policy);
	else if (strcmp(r->type, "release") == 0)
		other_release(f, r);
	else if (strcmp(r->type, "template-consent") == 0)
		consent(f, r);
	else
		drop(json_list(f->d->history, "scheduled"), r, policy);
	return 0;
}

void fold_time_described(struct fold *f)
{
	if (!json_int(f->schedule, "at"))
		return;
	json_object_set(f->d->rfc, "schedule", json_object_get(f->schedule, "at"));
	json_object_set(f->d->rfc, "scheduled", f->schedule);
}
