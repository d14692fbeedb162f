/* fold_votes.c - words that people gave: votes, met conditions, deputies. What was said without the right to say it gives nothing. */
#include "base/when.h"
#include "release/gate/fold.h"
#include <string.h>

enum { DEPUTY_MAX_S = 366 * 86400 };

static json_t *deputies_of(struct fold *f)
{
	if (!json_list(f->d->history, "deputies"))
		json_object_set_new(f->d->history, "deputies", json_array());
	return json_list(f->d->history, "deputies");
}

/* The appointments that stood when this vote came into the log: the order of the log, not a clock, says what came after an end. */
static json_t *appointments(struct fold *f)
{
	json_t *list = json_array(), *deputy;
	size_t i;

	json_array_foreach(deputies_of(f), i, deputy)
		if (!json_flag(deputy, "ended"))
			json_array_append(list, json_object_get(deputy, "record"));
	return list;
}

/* The latest date of what stands before it in the log: it came in no earlier. */
static int64_t logged_after(const struct fold *f, const struct record *r)
{
	int64_t latest = 0;

	for (size_t i = 0; i < f->d->records.len; i++) {
		const struct record *other = &f->d->records.at[i];

		if (other->seq < r->seq && other->time > latest)
			latest = other->time;
	}
	return latest;
}

/* A yes with words that are not understood here is none. */
static const char *decision_of(const struct record *r, const json_t *item)
{
	const char *decision = json_text(r->body, "decision");

	return strcmp(decision, "approve") != 0 ||
			(fold_understands(r, "votes role decision condition comment for") &&
				json_object_size(item) == 2)
		? decision
		: "not-understood";
}

static json_t *vote_of(struct fold *f, const struct record *r, const json_t *item)
{
	json_t *vote = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:I}", "digest", r->digest, "revision",
		json_text(item, "revision"), "role", json_text(r->body, "role"), "decision", decision_of(r, item),
		"condition", json_text(r->body, "condition"), "comment", json_text(r->body, "comment"), "person",
		r->person, "key", r->key, "time", (json_int_t)r->time);

	if (*json_text(r->body, "for")) {
		json_set_str(vote, "for", json_text(r->body, "for"));
		json_object_set_new(vote, "appointments", appointments(f));
		json_object_set_new(vote, "logged", json_integer(logged_after(f, r)));
	}
	return vote;
}

int fold_vote(struct fold *f, const struct record *r, struct err *e)
{
	size_t i;
	json_t *item;

	json_array_foreach(json_list(r->body, "votes"), i, item)
		if (strcmp(json_text(item, "rfc"), f->d->id) == 0)
			json_array_append_new(f->d->votes, vote_of(f, r, item));
	return 0;
}

/* Who said that the condition of that vote is met; whether they may is the gate's question. */
int fold_condition_met(struct fold *f, const struct record *r, struct err *e)
{
	size_t i;
	json_t *vote;

	if (!fold_understands(r, "rfc vote"))
		return 0;
	json_array_foreach(f->d->votes, i, vote) {
		if (strcmp(json_text(vote, "digest"), json_text(r->body, "vote")) != 0 ||
			strcmp(json_text(r->body, "rfc"), f->d->id) != 0)
			continue;
		if (!json_list(vote, "met"))
			json_object_set_new(vote, "met", json_array());
		json_array_append_new(json_list(vote, "met"),
			json_pack("{s:s, s:s, s:I}", "person", r->person, "key", r->key, "time", (json_int_t)r->time));
	}
	return 0;
}

static bool is_same(const json_t *deputy, const struct record *r)
{
	return strcmp(json_text(deputy, "for"), r->person) == 0 &&
		strcmp(json_text(deputy, "role"), json_text(r->body, "role")) == 0 &&
		strcmp(json_text(deputy, "person"), json_text(r->body, "deputy")) == 0;
}

/* Whoever looks after the people's file may give somebody without a role another key; that makes nobody else of who was appointed. */
static json_t *keys_then(const json_t *policy, const char *person)
{
	json_t *list = json_array(), *key;
	size_t i;

	json_array_foreach(json_list(policy_person(policy, person), "keys"), i, key) {
		AUTO_FREE char *fingerprint = fingerprint_of(json_string_value(key));

		if (fingerprint)
			json_array_append_new(list, json_string(fingerprint));
	}
	return list;
}

/* Nobody is a deputy for a time before the appointment was signed, nor without an end. */
int fold_deputy(struct fold *f, const struct record *r, struct err *e)
{
	const struct policy *policy = policies_by_digest(f->d->chain, r->policy);
	const char *role = json_text(r->body, "role"), *deputy = json_text(r->body, "deputy");
	struct err ignored = { 0 };
	int64_t from, until;

	if (!fold_understands(r, "role deputy from until") || !policy || !policy_holds(policy->json, r->person, role) ||
		!policy_person(policy->json, deputy) || strcmp(deputy, r->person) == 0 ||
		when_parse(json_text(r->body, "from"), "UTC", &from, &ignored) ||
		when_parse(json_text(r->body, "until"), "UTC", &until, &ignored) || until <= from ||
		until - from > DEPUTY_MAX_S)
		return 0;
	json_array_append_new(deputies_of(f),
		json_pack("{s:s, s:s, s:s, s:I, s:I, s:s, s:s, s:o}", "person", deputy, "for", r->person, "role", role,
			"from", (json_int_t)(from > r->time ? from : r->time), "until", (json_int_t)until, "key",
			r->key, "record", r->digest, "deputy_keys", keys_then(policy->json, deputy)));
	return 0;
}

/* From here on; what was said before stands. */
int fold_deputy_end(struct fold *f, const struct record *r, struct err *e)
{
	size_t i;
	json_t *deputy;

	json_array_foreach(deputies_of(f), i, deputy)
		if (is_same(deputy, r))
			json_object_set_new(deputy, "ended", json_true());
	return 0;
}
