/* fold_life.c - the acts in an RfC's life that are no votes: rejected, asked anew, not installed, disputed, decided, reviewed.
 *
 * Who may and in which state is states.h's table, asked with the policy that the record names. What somebody did who may not, or at the wrong time,
 * changes nothing; the command refuses it before. A body with a member that is not known here refuses: it might have said no. */
#include "base/when.h"
#include "release/gate/fold.h"
#include "release/gate/states.h"
#include <stdio.h>
#include <string.h>

static const char *phase_of(const struct fold *f)
{
	const char *review = json_text(f->life, "review");

	if (f->is_withdrawn)
		return "withdrawn";
	if (*review)
		return strcmp(review, "success") == 0 ? "reviewed" : review;
	if (json_array_size(json_list(f->d->history, "releases")))
		return "released";
	return json_map(f->life, "rejected") ? "rejected" : "voting";
}

bool fold_may(const struct fold *f, const struct record *r)
{
	const struct rfc_act *act = rfc_act_named(r->type);
	const struct policy *policy = policies_by_digest(f->d->chain, r->policy);
	const char *phase = phase_of(f);

	/* A no by vote is the gate's to see: to the records it is still voted on. */
	return act && policy &&
		(rfc_act_fits(act, phase) || (strcmp(phase, "voting") == 0 && rfc_act_fits(act, "rejected"))) &&
		rfc_act_may(act, policy->json, json_string_value(f->requester), r->person);
}

static int known_keys(const struct rfc_act *act, const struct record *r, struct err *e)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)r->body, key, value)
		if (strcmp(key, "rfc") != 0 && !log_names(act->keys, key))
			return fold_not_ours(r, "it holds what is not known here", e);
	return 0;
}

/* ---- what each act does */
static json_t *deed(const struct record *r, const char *what)
{
	return json_pack("{s:s, s:s, s:s, s:s}", "what", what, "person", r->person, "reason",
		json_text(r->body, "reason"), "time", json_text(r->json, "time"));
}

static int withdraw(struct fold *f, const struct record *r, struct err *e)
{
	(void)r, (void)e;
	f->is_withdrawn = true;
	return 0;
}

static int reject(struct fold *f, const struct record *r, struct err *e)
{
	json_t *rejected = deed(r, json_text(r->body, "kind"));

	(void)e;
	json_set_str(rejected, "duplicate_of", json_text(r->body, "duplicate-of"));
	json_object_set_new(f->life, "rejected", rejected);
	return 0;
}

static int not_installed(struct fold *f, const struct record *r, struct err *e)
{
	(void)e;
	json_object_set_new(f->life, "rejected", deed(r, "not-installed"));
	return 0;
}

static int resubmit(struct fold *f, const struct record *r, struct err *e)
{
	(void)r, (void)e;
	json_object_set_new(f->life, "rejected", json_null());
	json_object_set_new(f->life, "resubmitted", json_integer(json_int(f->life, "resubmitted") + 1));
	return 0;
}

/* R3: what the table says and what somebody made of it stand side by side. */
static void set_priority(struct fold *f, const struct record *r, const char *value, const char *by)
{
	const struct policy *policy = policies_by_digest(f->d->chain, r->policy);
	json_t *priority = deed(r, value);

	json_set_str(priority, "by", by);
	json_set_str(priority, "computed",
		policy_priority(policy->json, json_text(f->fields, "urgency"), json_text(f->fields, "impact")));
	json_object_set_new(f->life, "priority", priority);
}

static int prioritise(struct fold *f, const struct record *r, struct err *e)
{
	(void)e;
	if (strcmp(json_text(json_map(f->life, "priority"), "by"), "management") != 0)
		set_priority(f, r, json_text(r->body, "priority"), "change-manager");
	return 0;
}

static int dispute(struct fold *f, const struct record *r, struct err *e)
{
	(void)e;
	json_array_append_new(json_list(f->life, "disputes"),
		json_pack("{s:s, s:s, s:s, s:s}", "about", json_text(r->body, "about"), "person", r->person, "comment",
			json_text(r->body, "comment"), "time", json_text(r->json, "time")));
	return 0;
}

static int decide(struct fold *f, const struct record *r, struct err *e)
{
	const char *about = json_text(r->body, "about"), *value = json_text(r->body, "value");
	json_t *open = json_list(f->life, "disputes"), *decision = deed(r, about);
	int64_t time = 0;

	json_set_str(decision, "value", value);
	json_array_append_new(json_list(f->life, "decisions"), decision);
	for (size_t i = json_array_size(open); i-- > 0;)
		if (strcmp(json_text(json_array_get(open, i), "about"), about) == 0)
			json_array_remove(open, i);
	if (strcmp(about, "priority") == 0 && *value)
		set_priority(f, r, value, "management");
	if (strcmp(about, "date") == 0 && *value) {
		if (when_parse(value, "UTC", &time, e))
			return -1;
		json_object_set_new(f->life, "not_before", json_integer(time));
	}
	return 0;
}

static int review(struct fold *f, const struct record *r, struct err *e)
{
	const char *result = json_text(r->body, "result");

	if (strcmp(result, "success") != 0 && strcmp(result, "failed") != 0 && strcmp(result, "rolled-back") != 0)
		return fold_not_ours(r, "a review with another result than success, failed or rolled-back", e);
	json_set_str(f->life, "review", result);
	json_array_append_new(json_list(f->life, "reviews"),
		json_pack("{s:s, s:s, s:s, s:s, s:s}", "result", result, "person", r->person, "comment",
			json_text(r->body, "comment"), "follow_up", json_text(r->body, "follow-up"), "time",
			json_text(r->json, "time")));
	return 0;
}

int fold_life(struct fold *f, const struct record *r, struct err *e)
{
	static const struct {
		const char *type;
		int (*does)(struct fold *f, const struct record *r, struct err *e);
	} effects[] = { { "rfc-withdraw", withdraw }, { "rfc-reject", reject }, { "rfc-not-installed", not_installed },
		{ "rfc-resubmit", resubmit }, { "rfc-priority", prioritise }, { "rfc-dispute", dispute },
		{ "rfc-decide", decide }, { "rfc-pir", review } };
	const struct rfc_act *act = rfc_act_named(r->type);

	if (!act || !f->is_open || strcmp(json_text(r->body, "rfc"), f->d->id) != 0)
		return fold_not_ours(r, "of another RfC", e);
	if (known_keys(act, r, e))
		return -1;
	for (size_t i = 0; i < COUNT(effects); i++)
		if (strcmp(effects[i].type, r->type) == 0)
			return fold_may(f, r) ? effects[i].does(f, r, e) : 0;
	return fold_not_ours(r, "of a kind that is not known here", e);
}

json_t *life_begin(void)
{
	return json_pack("{s:n, s:n, s:[], s:[], s:[], s:i, s:i, s:s}", "rejected", "priority", "disputes", "decisions",
		"reviews", "not_before", 0, "resubmitted", 0, "review", "");
}
