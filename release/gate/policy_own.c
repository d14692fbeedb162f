/* policy_own.c - which release and package keys are the organisation's own now, and which ever were: `own-keys` of the policy, else what the store began
 * with. Two in the list overlap: clients pin both; every release key of the list signs, the first package key of it does. */
#include "release/gate/policy.h"

static void add_all(json_t *list, const json_t *policy, const char *which, const char *first)
{
	const json_t *keys = json_list(json_map(policy, "own-keys"), which), *key;
	size_t i;

	if (!json_array_size(keys) && *first)
		json_add_once(list, first);
	json_array_foreach(keys, i, key) {
		AUTO_FREE char *fingerprint = fingerprint_of(json_string_value(key));

		if (fingerprint)
			json_add_once(list, fingerprint);
	}
}

json_t *policy_own_keys(const json_t *policy, const char *which, const char *first)
{
	json_t *list = json_array();

	add_all(list, policy, which, first);
	return list;
}

json_t *policies_own_keys(const struct policies *chain, const char *which, const char *first)
{
	json_t *list = json_array();

	for (size_t i = chain->len; i-- > 0;)
		add_all(list, chain->at[i].json, which, first);
	if (*first)
		json_add_once(list, first);
	return list;
}
