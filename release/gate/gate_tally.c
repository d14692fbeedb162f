/* gate_tally.c - whose word stands for whom: each holder of a role has one voice, their own or their deputy's; each human gives one yes.
 *
 * A vote counts when it names this revision, its key is its person's in the present policy, and the person holds the role there, or is the deputy of one who does: appointed
 * by that holder's own signature, for that role, for the time at which the vote was cast. The holder's own word goes before a deputy's. */
#include "release/gate/gate_impl.h"
#include "release/gate/policy.h"
#include <string.h>

static bool is_key_good(const struct gate *g, const char *person, const char *key)
{
	return policy_key_of(g->policy, person, key);
}

/* Did `holder`, who has the role still, name this person for that time, with a key that is still the holder's? */
static bool is_deputy(const struct gate *g, const json_t *vote, const char *holder, const char *role)
{
	const char *person = json_text(vote, "person");
	int64_t time = json_int(vote, "time");
	size_t i;
	json_t *d;

	if (strcmp(person, holder) == 0 || !policy_holds(g->policy, holder, role))
		return false;
	json_array_foreach(json_list(g->history, "deputies"), i, d)
		if (strcmp(json_text(d, "person"), person) == 0 && strcmp(json_text(d, "for"), holder) == 0 &&
			strcmp(json_text(d, "role"), role) == 0 &&
			json_lists(json_list(vote, "appointments"), json_text(d, "record")) &&
			json_int(d, "from") <= time && time < json_int(d, "until") &&
			is_key_good(g, holder, json_text(d, "key")))
			return true;
	return false;
}

/* Whose voice this vote is, or NULL: it is none in that role. */
static const char *voice_of(const struct gate *g, const json_t *vote, const char *role)
{
	const char *person = json_text(vote, "person"), *holder = json_text(vote, "for");

	if (strcmp(json_text(vote, "role"), role) != 0 ||
		strcmp(json_text(vote, "revision"), json_text(g->rfc, "revision")) != 0 ||
		!is_key_good(g, person, json_text(vote, "key")))
		return NULL;
	if (!*holder)
		return policy_holds(g->policy, person, role) ? person : NULL;
	return is_deputy(g, vote, holder, role) ? holder : NULL;
}

/* A condition is met when the voter says so, or another holder of the role whose word would count here. */
static bool is_met(const struct gate *g, const json_t *vote)
{
	size_t i;
	json_t *met;

	json_array_foreach(json_list(vote, "met"), i, met) {
		const char *person = json_text(met, "person");

		if (!is_key_good(g, person, json_text(met, "key")) || gate_conflict(g, person))
			continue;
		if (strcmp(person, json_text(vote, "person")) == 0 ||
			policy_holds(g->policy, person, json_text(vote, "role")))
			return true;
	}
	return false;
}

static const char *decision_of(const struct gate *g, const json_t *vote)
{
	const char *decision = json_text(vote, "decision");

	if (strcmp(decision, "approve") == 0 && *json_text(vote, "condition") && !is_met(g, vote))
		return "condition";
	return decision;
}

const char *gate_word_conflict(const struct gate *g, const char *holder, const json_t *word)
{
	const char *own = gate_conflict(g, json_text(word, "voter"));

	return own ? own : gate_conflict(g, holder);
}

/* May this vote take the place of the word that stands? A statement that was signed earlier and comes later, brought by whoever kept it, is not the latest word; a
 * deputy speaks again only when the holder took their own word back. */
static bool is_later(const json_t *word, const json_t *vote, bool is_own)
{
	if (json_flag(word, "own") && !is_own)
		return strcmp(json_text(word, "decision"), "withdraw") == 0 &&
			json_int(vote, "time") >= json_int(word, "time");
	return json_flag(word, "own") != is_own || json_int(vote, "time") >= json_int(word, "time");
}

/* Another deputy's same word changes nothing: one yes more must never be one less. */
static const char *voter_of(
	const struct gate *g, const json_t *word, const char *holder, const json_t *vote, bool again)
{
	bool keeps = again && !json_flag(word, "own") && strcmp(json_text(vote, "person"), holder) != 0 &&
		!gate_word_conflict(g, holder, word);

	return json_text(keeps ? word : vote, keeps ? "voter" : "person");
}

void tally(const struct gate *g, const char *role, struct tally *t)
{
	size_t i;
	json_t *vote;

	t->people = json_object();
	json_array_foreach(g->votes, i, vote) {
		const char *holder = voice_of(g, vote, role), *decision = decision_of(g, vote);
		json_t *word = holder ? json_object_get(t->people, holder) : NULL;
		bool again = word && strcmp(json_text(word, "decision"), decision) == 0, is_own;

		if (!holder)
			continue;
		is_own = strcmp(holder, json_text(vote, "person")) == 0;
		if (word && !is_later(word, vote, is_own))
			continue;
		json_object_set_new(t->people, holder,
			json_pack("{s:s, s:s, s:s, s:b, s:I, s:I, s:I}", "decision", decision, "voter",
				voter_of(g, word, holder, vote, again), "condition", json_text(vote, "condition"),
				"own", is_own, "first", again ? json_int(word, "first") : (json_int_t)i, "last",
				(json_int_t)i, "time", (json_int_t)json_int(vote, "time")));
	}
}

void tally_done(struct tally *t)
{
	json_decref(t->people);
}

int64_t tally_yes(const struct gate *g, const struct tally *t, bool is_separate, int64_t after)
{
	AUTO_JSON *humans = json_object();
	const char *holder;
	json_t *word;

	json_object_foreach(t->people, holder, word)
		if (strcmp(json_text(word, "decision"), "approve") == 0 && json_int(word, "last") > after &&
			!(is_separate && gate_word_conflict(g, holder, word)))
			json_object_set_new(humans, json_text(word, "voter"), json_true());
	return (int64_t)json_object_size(humans);
}

bool gate_said_yes(const struct gate *g, const char *role)
{
	struct tally t;
	int64_t yes;

	tally(g, role, &t);
	yes = tally_yes(g, &t, true, -1);
	tally_done(&t);
	return yes > 0;
}
