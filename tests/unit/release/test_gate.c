/* test_gate.c - the gate against tests/data/gate: base.json allows, each case changes it and says which rules refuse
 * (gate_world.h says how). */
#include "tests/unit/release/gate_world.h"

static void cases(void **state)
{
	AUTO_JSON *base = load("base.json"), *list = load("cases.json"), *seen = json_object();
	size_t i, k, len;
	json_t *change, *reason;
	const struct gate_rule_info *rules = gate_rules(&len);

	json_array_foreach(list, i, change) {
		AUTO_JSON *world = world_of(base, change);
		AUTO_JSON *answer = ask(world);
		AUTO_JSON *got = json_array();

		json_array_foreach(json_list(answer, "reasons"), k, reason) {
			json_array_append(got, json_object_get(reason, "rule"));
			assert_true(strlen(json_text(reason, "text")) > 10);
		}
		if (!json_equal(got, json_object_get(change, "rules")) ||
			json_flag(answer, "allow") != (json_array_size(got) == 0)) {
			AUTO_FREE char *text = json_dumps(answer, JSON_INDENT(1));

			fail_msg("%s: %s", json_text(change, "name"), text);
		}
		if (json_array_size(got) == 1)
			json_object_set_new(seen, json_string_value(json_array_get(got, 0)), json_true());
	}
	/* Each rule has a case that refuses by it alone. */
	for (i = 0; i < len; i++)
		if (!json_object_get(seen, rules[i].name))
			fail_msg("no case refuses by rule '%s' alone", rules[i].name);
}

/* Every subset of a pool of votes: another yes never turns allow into refuse. */
static void more_yes_never_harms(void **state)
{
	AUTO_JSON *base = load("base.json"), *pool = json_array();
	static const char *const roles[] = { "cab", "cab", "cab", "security-officer", "department/finance", "cab",
		"cab", "change-manager" };
	static const char *const people[] = { "carl", "dana", "olga", "sina", "fina", "pat", "ivan", "carl" };
	static const char keys[] = "23156472";
	static const char *const impacts[] = { "minor", "significant", "far-reaching" };
	size_t allowed = 0;

	for (size_t i = 0; i < COUNT(roles); i++)
		json_array_append_new(pool,
			json_pack("{s:s, s:s, s:s, s:s, s:o}", "revision", json_text(json_map(base, "rfc"), "revision"),
				"role", roles[i], "decision", "approve", "person", people[i], "key",
				json_sprintf("%039d%c", 0, keys[i])));
	for (size_t impact = 0; impact < COUNT(impacts); impact++)
		for (unsigned order = 0; order < 2; order++)
			for (unsigned set = 0; set < 1u << COUNT(roles); set++) {
				AUTO_JSON *world = json_deep_copy(base);
				json_t *votes = json_array();
				bool before;

				json_object_set_new(json_map(world, "rfc"), "impact", json_string(impacts[impact]));
				json_object_set_new(json_map(json_map(world, "rfc"), "asked"), "votes", json_array());
				json_object_set_new(world, "votes", votes);
				for (size_t i = 0; i < COUNT(roles); i++) {
					size_t k = order ? COUNT(roles) - 1 - i : i;

					if (set & 1u << k)
						json_array_append(votes, json_array_get(pool, k));
				}
				before = allows(world);
				allowed += before;
				for (size_t i = 0; before && i < COUNT(roles); i++) {
					json_array_append(
						votes, json_array_get(pool, i)); /* also one that was cast already */
					assert_true(allows(world));
					json_array_remove(votes, json_array_size(votes) - 1);
				}
			}
	assert_true(allowed > 100);
}

/* Taking away any input, part by part, never turns refuse into allow. */
static void less_never_helps(void **state)
{
	static const char *const parts[] = { "evidence", "acceptances", "packages" };
	AUTO_JSON *base = load("base.json"), *list = load("cases.json");
	size_t i, refused = 0;
	json_t *change;

	json_array_foreach(list, i, change) {
		AUTO_JSON *world = world_of(base, change);

		for (size_t p = 0; p < COUNT(parts); p++)
			for (size_t k = 0; k < json_array_size(json_list(world, parts[p])); k++) {
				AUTO_JSON *less = json_deep_copy(world);

				/* what the revision names is every piece of evidence there is */
				if (p == 0 &&
					k >= json_array_size(
						     json_list(json_map(json_map(world, "rfc"), "names"), "evidence")))
					continue;
				json_array_remove(json_list(less, parts[p]), k);
				if (!allows(world)) {
					refused++;
					assert_false(allows(less));
				}
			}
	}
	assert_true(refused > 100);
}

/* Any member removed or replaced by another kind of value: never a crash, never a refusal turned into allow. */
static void broken_inputs_refuse(void **state)
{
	AUTO_JSON *base = load("base.json");
	static const char *const inputs[] = { "policy", "rfc", "packages", "evidence", "acceptances", "votes",
		"calendars", "history" };

	for (size_t i = 0; i < COUNT(inputs); i++) {
		json_t *values[] = { json_null(), json_true(), json_integer(7), json_string("x") };

		for (size_t v = 0; v < COUNT(values); v++) {
			AUTO_JSON *world = json_deep_copy(base);

			json_object_set_new(world, inputs[i], values[v]);
			assert_false(allows(world));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cases),
		cmocka_unit_test(more_yes_never_harms),
		cmocka_unit_test(less_never_helps),
		cmocka_unit_test(broken_inputs_refuse),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
