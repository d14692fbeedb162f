/* gate_expect.c - was it tested against what the departments agreed on, and had they agreed before? */
#include "release/gate/gate_impl.h"
#include "release/gate/packed.h"
#include "release/gate/policy.h"
#include <string.h>

static bool counts(const struct gate *g, const json_t *agreement, const char *role)
{
	const char *person = json_text(agreement, "person");

	return strcmp(json_text(agreement, "role"), role) == 0 && policy_holds(g->policy, person, role) &&
		policy_key_of(g->policy, person, json_text(agreement, "key")) && !gate_conflict(g, person);
}

/* The role's last word on that product among those who may still speak for it; NULL: none, or it was taken back. before: what the test could know. */
static const json_t *word_of(const struct gate *g, const char *role, const char *product, const json_t *before)
{
	const json_t *found = NULL;
	size_t i;
	json_t *agreement;

	json_array_foreach(json_list(g->history, "agreements"), i, agreement)
		if (strcmp(json_text(agreement, "product"), product) == 0 && counts(g, agreement, role) &&
			(!before ||
				(json_int(agreement, "seq") < json_int(before, "seq") &&
					json_int(agreement, "time") <= json_int(before, "time"))))
			found = agreement;
	return found && *json_text(found, "expect") ? found : NULL;
}

static void ask_department(struct gate *g, const char *role, const json_t *package, const json_t *test)
{
	const char *product = json_text(package, "product"), *tested = json_text(json_map(test, "body"), "expect");
	const json_t *word = word_of(g, role, product, NULL), *then = word_of(g, role, product, test);
	bool is_required = strcmp(json_text(g->policy, "expectations"), "required") == 0;
	AUTO_FREE char *who = json_join(json_list(json_map(g->policy, "roles"), role), "nobody");

	if (then && strcmp(json_text(then, "expect"), tested) == 0)
		return;
	if (!word && is_required)
		gate_refuse(g,
			"%s: %s did not agree on what is expected of '%s'; %s can sign it with 'sluice expect sign', "
			"before the test",
			json_text(package, "name"), role, product, who);
	else if (word && strcmp(json_text(word, "expect"), tested) != 0)
		gate_refuse(g,
			"%s: it was tested against %s%.16s, and %s agreed on %.16s (%s); test it against those, or %s "
			"signs the others before a new test",
			json_text(package, "name"), *tested ? "expectations " : "nothing", tested, role,
			json_text(word, "expect"), json_text(word, "person"), who);
	else if (word)
		gate_refuse(g,
			"%s: %s (%s) agreed on the expectations only after the test; test it again ('sluice test')",
			json_text(package, "name"), role, json_text(word, "person"));
}

void rule_expectations(struct gate *g)
{
	AUTO_JSON *departments = gate_affected(g, "departments"), *packages = gate_packages(g);
	size_t i, k;
	json_t *department, *item;

	json_array_foreach(packages, i, item) {
		AUTO_JSON *package = packed_get(item);
		const json_t *test = gate_latest(g, "test", json_text(package, "sha256"));

		json_array_foreach(departments, k, department) {
			AUTO_FREE char *role = mem_printf("department/%s", json_string_value(department));

			ask_department(g, role, package, test);
		}
	}
}
