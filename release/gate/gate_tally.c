/* gate_tally.c - whose word stands for whom: each holder of a role has one voice, their own or their deputy's; each human gives one yes.
 *
 * A vote counts when it names this revision, its key is its person's in the present policy, and the person holds the role there, or is the deputy of one who does: appointed
 * by that holder's own signature, with the key they had then, for that role, for the time at which the vote was cast, and not behind anything in the log that was signed when that time was over. The
 * holder's own word goes before a deputy's. */
#include "release/gate/gate_impl.h"
#include "release/gate/policy.h"
#include <string.h>
#include <strings.h>

static bool is_key_good(const struct gate *g, const char *person, const char *key)
{
	return policy_key_of(g->policy, person, key);
}

/* Machines' clocks differ. */
enum { CLOCK_S = 600 };

/* A word dated ahead is not said yet: a deputy's from a time that has not begun, or one that no later word could take back. */
static bool is_ahead(const struct gate *g, const json_t *word)
{
	return json_int(word, "time") > g->at + CLOCK_S;
}

/* Is it the key that the deputy had when they were appointed? */
static bool is_deputys_key(const json_t *deputy, const char *key)
{
	size_t i;
	json_t *own;

	json_array_foreach(json_list(deputy, "deputy_keys"), i, own)
		if (strcasecmp(json_string_value(own), key) == 0)
			return true;
	return false;
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
			json_int(vote, "logged") < json_int(d, "until") + CLOCK_S &&
			is_key_good(g, holder, json_text(d, "key")) && is_deputys_key(d, json_text(vote, "key")))
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
	/* What only owners may do, they do themselves. */
	return strcmp(role, POLICY_OWNER) != 0 && is_deputy(g, vote, holder, role) ? holder : NULL;
}

/* A condition is met when the voter says so, or another holder of the role whose word would count here. */
static bool is_met(const struct gate *g, const json_t *vote)
{
	size_t i;
	json_t *met;

	json_array_foreach(json_list(vote, "met"), i, met) {
		const char *person = json_text(met, "person");

		if (!is_key_good(g, person, json_text(met, "key")) || gate_conflict(g, person) || is_ahead(g, met))
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

const char *gate_word_conflict(const struct gate *g, const char *holder, const char *voter)
{
	const char *own = gate_conflict(g, voter);

	return own ? own : gate_conflict(g, holder);
}

/* May this vote speak where that word stands? A statement that was signed earlier and comes later, brought by whoever kept it, is not the latest word; against
 * their holder a deputy says nothing new, unless the holder took their own word back. */
static bool is_later(const json_t *word, const json_t *vote, const char *decision, bool is_own)
{
	const char *said = json_text(word, "decision");
	bool is_newer = json_int(vote, "time") >= json_int(word, "time");

	if (json_flag(word, "own") && !is_own)
		return strcmp(said, decision) == 0 || (strcmp(said, "withdraw") == 0 && is_newer);
	return json_flag(word, "own") != is_own || is_newer;
}

/* The word as it is after this vote. The same word from another mouth stands beside the first one: one yes more must never be one less. */
static json_t *next_word(json_t *word, const json_t *vote, const char *decision, bool is_own, json_int_t place)
{
	bool again = word && strcmp(json_text(word, "decision"), decision) == 0;
	json_t *voters = again ? json_incref(json_map(word, "voters")) : json_object();
	const char *person = json_text(vote, "person");
	const json_t *before = json_map(voters, person);
	bool takes_own = is_own || (again && json_flag(word, "own"));
	json_int_t time = (json_int_t)json_int(vote, "time"), since = (json_int_t)json_int(word, "time");

	json_object_set_new(voters, person,
		json_pack(
			"{s:I, s:I}", "first", before ? (json_int_t)json_int(before, "first") : place, "last", place));
	return json_pack("{s:s, s:s, s:s, s:b, s:o, s:I}", "decision", decision, "voter", person, "condition",
		json_text(vote, "condition"), "own", takes_own, "voters", voters, "time",
		again && since > time ? since : time);
}

void tally(const struct gate *g, const char *role, struct tally *t)
{
	size_t i;
	json_t *vote;

	t->people = json_object();
	json_array_foreach(g->votes, i, vote) {
		const char *holder = voice_of(g, vote, role), *decision = decision_of(g, vote);
		json_t *word = holder ? json_object_get(t->people, holder) : NULL;
		bool is_own = holder && strcmp(holder, json_text(vote, "person")) == 0;

		/* A no is heard whatever its date. */
		if (is_ahead(g, vote) && strcmp(decision, "reject") != 0)
			continue;
		if (holder && (!word || is_later(word, vote, decision, is_own)))
			json_object_set_new(t->people, holder, next_word(word, vote, decision, is_own, (json_int_t)i));
	}
}

void tally_done(struct tally *t)
{
	json_decref(t->people);
}

/* ---- each voice by one human, each human for one voice: as many pairs as there can be */
struct pairing {
	const struct gate *g;
	const struct tally *t;
	const struct span *span;
	json_t *holder_of, *seen; /* human -> the holder they are counted for; humans looked at for the present one */
};

static bool is_counted(const struct pairing *p, const char *holder, const char *human, const json_t *places)
{
	return json_int(places, "last") > p->span->after &&
		(p->span->upto < 0 || json_int(places, "first") <= p->span->upto) &&
		!(p->span->is_separate && gate_word_conflict(p->g, holder, human));
}

/* Finds a human for the holder, moving others to another of their voices where that frees one. */
static bool pair(struct pairing *p, const char *holder)
{
	const char *human;
	json_t *places;

	json_object_foreach(json_map(json_map(p->t->people, holder), "voters"), human, places) {
		if (json_object_get(p->seen, human) || !is_counted(p, holder, human, places))
			continue;
		json_object_set_new(p->seen, human, json_true());
		if (!*json_text(p->holder_of, human) || pair(p, json_text(p->holder_of, human))) {
			json_set_str(p->holder_of, human, holder);
			return true;
		}
	}
	return false;
}

int64_t tally_yes(const struct gate *g, const struct tally *t, struct span span)
{
	AUTO_JSON *holder_of = json_object();
	struct pairing p = { g, t, &span, holder_of, NULL };
	const char *holder;
	json_t *word;
	int64_t yes = 0;

	json_object_foreach(t->people, holder, word) {
		AUTO_JSON *seen = json_object();

		p.seen = seen;
		yes += strcmp(json_text(word, "decision"), "approve") == 0 && pair(&p, holder);
	}
	return yes;
}

bool gate_said_yes(const struct gate *g, const char *role)
{
	struct tally t;
	int64_t yes;

	tally(g, role, &t);
	yes = tally_yes(g, &t, (struct span){ true, -1, -1 });
	tally_done(&t);
	return yes > 0;
}
