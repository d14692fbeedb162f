/* test_gate_all.c - the gate over whole sets of inputs: every combination of faults, every combination of words against a count by hand, deputies and one yes more. */
#include "tests/unit/release/gate_world.h"

/* Does the answer name that rule? */
static bool names(const json_t *answer, const char *rule)
{
	return json_find(json_list(answer, "reasons"), "rule", rule) != NULL;
}

/* ---- faults: one a rule, by the cases that refuse by it alone and only set values */
static json_t *faults(void)
{
	AUTO_JSON *list = load("cases.json"), *seen = json_object();
	json_t *found = json_array(), *change;
	size_t i;

	json_array_foreach(list, i, change) {
		const json_t *rules = json_list(change, "rules");
		const char *rule = json_string_value(json_array_get(rules, 0));

		if (json_array_size(rules) != 1 || json_object_size(change) != 3 || !json_map(change, "set") ||
			json_object_get(seen, rule) || strcmp(rule, "input") == 0)
			continue;
		json_object_set_new(seen, rule, json_true());
		json_array_append(found, change);
	}
	return found;
}

static bool is_within(const char *path, const char *other)
{
	size_t len = strlen(path);

	return strncmp(path, other, len) == 0 && (other[len] == '\0' || other[len] == '/');
}

/* Two changes of one place are no two faults. */
static bool touch(const json_t *a, const json_t *b)
{
	const char *path, *other;
	json_t *value, *another;

	json_object_foreach(json_map(a, "set"), path, value)
		json_object_foreach(json_map(b, "set"), other, another)
			if (is_within(path, other) || is_within(other, path))
				return true;
	return false;
}

static const char *rule_of(const json_t *fault)
{
	return json_string_value(json_array_get(json_list(fault, "rules"), 0));
}

static json_t *apply(const json_t *world, const json_t *fault)
{
	return world_of(world, fault);
}

/* No fault heals another: of any three, each that may stand with the others still refuses by its own rule, or another no stands before the whole. */
static void faults_add_up(void **state)
{
	AUTO_JSON *base = load("base.json"), *list = faults();
	size_t len = json_array_size(list), asked = 0, exact = 0;

	assert_true(len >= 20);
	for (size_t i = 0; i < len; i++)
		for (size_t k = i + 1; k < len; k++) {
			const json_t *a = json_array_get(list, i), *b = json_array_get(list, k);
			AUTO_JSON *one = touch(a, b) ? NULL : apply(base, a), *two = one ? apply(one, b) : NULL;

			for (size_t m = k + 1; two && m < len; m++) {
				const json_t *c = json_array_get(list, m);
				AUTO_JSON *three = touch(a, c) || touch(b, c) ? NULL : apply(two, c);
				AUTO_JSON *answer = three ? ask(three) : NULL;

				if (!three)
					continue;
				asked++;
				assert_false(json_flag(answer, "allow"));
				exact += names(answer, rule_of(a)) && names(answer, rule_of(b)) &&
					names(answer, rule_of(c));
			}
		}
	assert_true(asked > 1000);
	assert_true(exact * 10 > asked * 8);
}

/* All faults at once, and all but one: it is never the last one that refused for the others. */
static void all_faults(void **state)
{
	AUTO_JSON *base = load("base.json"), *list = faults();

	for (size_t without = 0; without <= json_array_size(list); without++) {
		AUTO_JSON *world = json_incref(base), *answer = NULL;

		for (size_t i = 0; i < json_array_size(list); i++) {
			json_t *next = i == without ? json_incref(world) : apply(world, json_array_get(list, i));

			json_decref(world);
			world = next;
		}
		answer = ask(world);
		assert_false(json_flag(answer, "allow"));
	}
}

/* ---- words: every combination of what each of four may say, against a count by hand */
enum word { SILENT, YES, NO, ABSTAINS, YES_TAKEN_BACK, NO_TAKEN_BACK, YES_IF, YES_IF_MET, OTHER_REVISION, WORDS };

static void speak(json_t *votes, const char *revision, const char *person, char key, const char *decision, bool is_if,
	bool is_met)
{
	AUTO_FREE char *fingerprint = mem_printf("%039d%c", 0, key);
	json_t *vote = json_pack("{s:s, s:s, s:s, s:s, s:s, s:I}", "revision", revision, "role", "cab", "decision",
		decision, "person", person, "key", fingerprint, "time", (json_int_t)(900 + json_array_size(votes)));

	if (is_if)
		json_object_set_new(vote, "condition", json_string("after a backup"));
	if (is_met)
		json_object_set_new(vote, "met", json_pack("[{s:s, s:s}]", "person", person, "key", fingerprint));
	json_array_append_new(votes, vote);
}

static void say(json_t *votes, const char *revision, const char *person, char key, enum word word)
{
	static const struct {
		const char *first, *then;
		bool is_if, is_met;
	} table[WORDS] = { [YES] = { "approve" },
		[NO] = { "reject" },
		[ABSTAINS] = { "abstain" },
		[YES_TAKEN_BACK] = { "approve", "withdraw" },
		[NO_TAKEN_BACK] = { "reject", "withdraw" },
		[YES_IF] = { "approve", NULL, true },
		[YES_IF_MET] = { "approve", NULL, true, true },
		[OTHER_REVISION] = { "approve" } };

	if (word == OTHER_REVISION)
		revision = "2222222222222222222222222222222222222222222222222222222222222222";
	if (table[word].first)
		speak(votes, revision, person, key, table[word].first, table[word].is_if, table[word].is_met);
	if (table[word].then)
		speak(votes, revision, person, key, table[word].then, false, false);
}

/* carl, dana and olga may; pat asked for it and built it. Two yes are wanted, no no, and the department's yes is there. */
static void words_by_hand(void **state)
{
	static const char *const people[] = { "carl", "dana", "olga", "pat" };
	static const char keys[] = "2314";
	AUTO_JSON *base = load("base.json");
	const char *revision = json_text(json_map(base, "rfc"), "revision");
	size_t allowed = 0;

	json_array_remove(json_list(base, "votes"), 1);
	json_array_remove(json_list(base, "votes"), 0);
	for (unsigned all = 0; all < WORDS * WORDS * WORDS * WORDS; all++) {
		AUTO_JSON *world = json_copy(base);
		json_t *votes = json_deep_copy(json_list(base, "votes"));
		unsigned rest = all, yes = 0, no = 0;
		bool got;

		json_object_set_new(world, "votes", votes);
		for (size_t i = 0; i < COUNT(people); i++, rest /= WORDS) {
			enum word word = rest % WORDS;

			say(votes, revision, people[i], keys[i], word);
			yes += i < 3 && (word == YES || word == YES_IF_MET);
			no += word == NO;
		}
		got = allows(world);
		allowed += got;
		if (got != (yes >= 2 && no == 0))
			fail_msg("words %u: %u yes, %u no, and the gate says %s", all, yes, no, got ? "yes" : "no");
	}
	assert_true(allowed > 100);
}

/* ---- deputies: every set of voices, in both orders; one yes more never harms */
static const struct {
	const char *person, *holder;
	char key;
} voices[] = { { "carl", NULL, '2' }, { "dana", NULL, '3' }, { "olga", NULL, '1' }, { "sina", "dana", '5' },
	{ "sina", "olga", '5' }, { "carl", "dana", '2' }, { "fina", "dana", '6' }, { "dana", "olga", '3' },
	{ "sina", "pat", '5' }, { "pat", "carl", '4' } };

static json_t *voice(const char *revision, size_t i, size_t time)
{
	json_t *vote = json_pack("{s:s, s:s, s:s, s:s, s:o, s:I}", "revision", revision, "role", "cab", "decision",
		"approve", "person", voices[i].person, "key", json_sprintf("%039d%c", 0, voices[i].key), "time",
		(json_int_t)time);

	if (voices[i].holder) {
		json_object_set_new(vote, "for", json_string(voices[i].holder));
		json_object_set_new(vote, "appointments", json_pack("[o]", json_sprintf("d%zu", i)));
	}
	return vote;
}

static json_t *appointed(void)
{
	static const struct {
		const char *name;
		char key;
	} holders[] = { { "dana", '3' }, { "olga", '1' }, { "pat", '4' }, { "carl", '2' } };
	json_t *list = json_array();

	for (size_t i = 0; i < COUNT(voices); i++)
		for (size_t k = 0; voices[i].holder && k < COUNT(holders); k++)
			if (strcmp(holders[k].name, voices[i].holder) == 0)
				json_array_append_new(list,
					json_pack("{s:s, s:s, s:s, s:i, s:i, s:o, s:o, s:[o]}", "person",
						voices[i].person, "for", voices[i].holder, "role", "cab", "from", 1,
						"until", 2000, "key", json_sprintf("%039d%c", 0, holders[k].key),
						"record", json_sprintf("d%zu", i), "deputy_keys",
						json_sprintf("%039d%c", 0, voices[i].key)));
	return list;
}

/* Two different humans, neither of them the requester nor speaking for the requester, with two different holders' voices. */
static bool could_be_two(unsigned set)
{
	for (size_t i = 0; i < COUNT(voices); i++)
		for (size_t k = 0; k < COUNT(voices); k++) {
			const char *a = voices[i].holder ? voices[i].holder : voices[i].person;
			const char *b = voices[k].holder ? voices[k].holder : voices[k].person;

			if ((set & 1u << i) && (set & 1u << k) && strcmp(voices[i].person, voices[k].person) != 0 &&
				strcmp(a, b) != 0 && strcmp(a, "pat") != 0 && strcmp(b, "pat") != 0 &&
				strcmp(voices[i].person, "pat") != 0 && strcmp(voices[k].person, "pat") != 0)
				return true;
		}
	return false;
}

static void deputies_never_double(void **state)
{
	AUTO_JSON *base = load("base.json");
	const char *revision = json_text(json_map(base, "rfc"), "revision");
	size_t allowed = 0;

	json_array_remove(json_list(base, "votes"), 1);
	json_array_remove(json_list(base, "votes"), 0);
	json_object_set_new(json_map(base, "history"), "deputies", appointed());
	for (unsigned order = 0; order < 2; order++)
		for (unsigned set = 0; set < 1u << COUNT(voices); set++) {
			AUTO_JSON *world = json_copy(base);
			json_t *votes = json_deep_copy(json_list(base, "votes"));
			size_t time = 900;
			bool before;

			json_object_set_new(world, "votes", votes);
			for (size_t i = 0; i < COUNT(voices); i++) {
				size_t k = order ? COUNT(voices) - 1 - i : i;

				if (set & 1u << k)
					json_array_append_new(votes, voice(revision, k, time++));
			}
			before = allows(world);
			allowed += before;
			if (before != could_be_two(set))
				fail_msg("voices %x: the gate says %s", set, before ? "yes" : "no");
			for (size_t i = 0; before && i < COUNT(voices); i++) {
				json_array_append_new(votes, voice(revision, i, time));
				if (!allows(world))
					fail_msg("voices %x and %s for %s once more", set, voices[i].person,
						voices[i].holder ? voices[i].holder : "themselves");
				json_array_remove(votes, json_array_size(votes) - 1);
			}
		}
	assert_true(allowed > 100);
}

/* Whatever is taken out of what speaks for it - a vote that says yes, an appointment, a met condition - never turns refuse into allow. */
static void less_support_never_helps(void **state)
{
	AUTO_JSON *base = load("base.json"), *list = load("cases.json");
	size_t i, k, asked = 0;
	json_t *change, *vote;

	json_array_foreach(list, i, change) {
		AUTO_JSON *world = world_of(base, change);

		if (allows(world))
			continue;
		json_array_foreach(json_list(world, "votes"), k, vote) {
			AUTO_JSON *less = json_deep_copy(world);

			if (strcmp(json_text(vote, "decision"), "approve") != 0)
				continue;
			json_array_remove(json_list(less, "votes"), k);
			assert_false(allows(less));
			asked++;
		}
		if (json_list(json_map(world, "history"), "deputies")) {
			AUTO_JSON *less = json_deep_copy(world);

			json_array_clear(json_list(json_map(less, "history"), "deputies"));
			assert_false(allows(less));
			asked++;
		}
	}
	assert_true(asked > 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(faults_add_up),
		cmocka_unit_test(all_faults),
		cmocka_unit_test(words_by_hand),
		cmocka_unit_test(deputies_never_double),
		cmocka_unit_test(less_support_never_helps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
