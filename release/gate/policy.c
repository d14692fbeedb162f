/* policy.c - asking a parsed policy: pure functions, used by the gate and by what prepares its inputs. */
#include "release/gate/policy.h"
#include <fnmatch.h>
#include <string.h>
#include <strings.h>

static bool has_key(const json_t *holder, const char *fingerprint)
{
	size_t i;
	json_t *item;

	json_array_foreach(json_list(holder, "keys"), i, item) {
		AUTO_FREE char *own = fingerprint_of(json_string_value(item));

		if (own && strcasecmp(own, fingerprint) == 0)
			return true;
	}
	return false;
}

static const char *holder_of(const json_t *section, const char *fingerprint)
{
	const char *name;
	json_t *item;

	json_object_foreach((json_t *)section, name, item)
		if (has_key(item, fingerprint))
			return name;
	return NULL;
}

const json_t *policy_person(const json_t *policy, const char *person)
{
	return json_map(json_map(policy, "people"), person);
}

bool policy_key_of(const json_t *policy, const char *person, const char *fingerprint)
{
	return has_key(policy_person(policy, person), fingerprint);
}

const char *policy_person_of(const json_t *policy, const char *fingerprint)
{
	return holder_of(json_map(policy, "people"), fingerprint);
}

bool policy_vendor_key(const json_t *policy, const char *vendor, const char *fingerprint)
{
	return has_key(json_map(json_map(policy, "vendors"), vendor), fingerprint);
}

const char *policy_vendor_of(const json_t *policy, const char *fingerprint)
{
	return holder_of(json_map(policy, "vendors"), fingerprint);
}

const json_t *policy_holders(const json_t *policy, const char *role)
{
	return strcmp(role, POLICY_OWNER) == 0 ? json_list(json_map(policy, "owners"), "people")
					       : json_list(json_map(policy, "roles"), role);
}

json_t *policy_owner_votes(const json_t *policy)
{
	int64_t threshold = json_int(json_map(policy, "owners"), "threshold");

	return json_pack(
		"[{s:s, s:I}]", "role", POLICY_OWNER, "count", (json_int_t)(threshold > 0 ? threshold : INT32_MAX));
}

bool policy_holds(const json_t *policy, const char *person, const char *role)
{
	return json_lists(policy_holders(policy, role), person);
}

bool policy_has_any_role(const json_t *policy, const char *person)
{
	const char *role;
	json_t *holders;

	json_object_foreach(json_map(policy, "roles"), role, holders)
		if (json_lists(holders, person))
			return true;
	return false;
}

bool policy_is_owner(const json_t *policy, const char *person)
{
	return json_lists(json_list(json_map(policy, "owners"), "people"), person);
}

const json_t *policy_category(const json_t *policy, const char *impact)
{
	return json_map(json_map(policy, "categories"), impact);
}

const char *policy_priority(const json_t *policy, const char *urgency, const char *impact)
{
	return json_text(json_map(json_map(policy, "priority"), urgency), impact);
}

const char *policy_fail_on(const json_t *policy)
{
	const char *given = json_text(json_map(policy, "findings"), "fail-on");

	return *given ? given : "high";
}

/* The exact name first, then the first pattern that fits, then the default; without any of these nobody may. */
const json_t *policy_acceptors(const json_t *policy, const char *check)
{
	const json_t *table = json_map(json_map(policy, "findings"), "accept");
	const char *pattern;
	json_t *roles;

	if (strcmp(check, "default") != 0 && json_list(table, check))
		return json_list(table, check);
	json_object_foreach((json_t *)table, pattern, roles)
		if (strcmp(pattern, "default") != 0 && fnmatch(pattern, check, 0) == 0)
			return roles;
	return json_list(table, "default");
}

static int by_text(const void *a, const void *b)
{
	return strcmp(json_string_value(*(json_t *const *)a), json_string_value(*(json_t *const *)b));
}

/* The keys of a set as a sorted array, so that the same facts always give the same bytes. */
static json_t *sorted_keys(const json_t *set)
{
	json_t *list = json_array(), **items = mem_alloc((json_object_size(set) + 1) * sizeof *items);
	size_t len = 0;
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)set, key, value)
		items[len++] = json_string(key);
	qsort(items, len, sizeof *items, by_text);
	for (size_t i = 0; i < len; i++)
		json_array_append_new(list, items[i]);
	free(items);
	return list;
}

static bool fits_any(const json_t *patterns, const char *name)
{
	size_t i;
	json_t *item;

	json_array_foreach(patterns, i, item)
		if (fnmatch(json_string_value(item), name, 0) == 0)
			return true;
	return false;
}

static void note_processes(const json_t *policy, const char *service, json_t *processes, json_t *departments)
{
	const char *name;
	json_t *process;

	json_object_foreach(json_map(policy, "processes"), name, process)
		if (json_lists(json_list(process, "services"), service)) {
			json_object_set_new(processes, name, json_true());
			json_object_set_new(departments, json_text(process, "department"), json_true());
		}
}

json_t *policy_affected(const json_t *policy, const json_t *names)
{
	AUTO_JSON *services = json_object(), *processes = json_object(), *departments = json_object(),
		  *unmapped = json_object();
	size_t i;
	json_t *item, *service;
	const char *name;

	json_array_foreach(names, i, item) {
		bool found = false;

		json_object_foreach(json_map(policy, "services"), name, service)
			if (fits_any(json_list(service, "packages"), json_string_value(item))) {
				found = true;
				json_object_set_new(services, name, json_true());
				note_processes(policy, name, processes, departments);
			}
		if (!found)
			json_object_set_new(unmapped, json_string_value(item), json_true());
	}
	return json_pack("{s:o, s:o, s:o, s:o}", "services", sorted_keys(services), "processes", sorted_keys(processes),
		"departments", sorted_keys(departments), "unmapped", sorted_keys(unmapped));
}

json_t *policy_extract(const json_t *policy, const char *impact, const json_t *affected)
{
	const json_t *category = policy_category(policy, impact);
	json_t *evidence = json_list(category, "evidence"), *votes = json_list(category, "votes"),
	       *departments = json_list(affected, "departments");

	return json_pack("{s:s, s:o, s:o, s:o, s:s}", "category", impact, "evidence",
		evidence ? json_incref(evidence) : json_array(), "votes", votes ? json_incref(votes) : json_array(),
		"departments", departments ? json_incref(departments) : json_array(), "fail-on",
		policy_fail_on(policy));
}
