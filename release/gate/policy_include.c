/* policy_include.c - the files that belong to a policy beside its text: which they are, who owns each, their bytes in one state.
 *
 * Some sections may stand in a file of their own, whose owners change it without the board; calendars always do. What a state holds is said by digests. */
#include "base/text.h"
#include "release/gate/policy.h"
#include <string.h>

bool policy_path_is_safe(const char *path)
{
	AUTO_FREE char *slashed = mem_printf("/%s/", path);

	return *path && !strstr(slashed, "//") && !strstr(slashed, "/../") && !strstr(slashed, "/./");
}

static bool is_below(const char *dir, const char *path)
{
	size_t len = strlen(dir);

	return len && strncmp(path, dir, len) == 0 && (dir[len - 1] == '/' || path[len] == '/');
}

static void note(json_t *paths, const char *path, const char *section, const json_t *include)
{
	json_t *one;

	if (!*path || json_object_get(paths, path))
		return;
	one = json_pack("{s:s, s:b}", "section", section, "publish",
		!json_object_get(include, "publish") || json_flag(include, "publish"));
	if (json_list(include, "owners"))
		json_object_set(one, "owners", json_list(include, "owners"));
	json_object_set_new(paths, path, one);
}

/* A calendar belongs to those who own its folder; without such a folder to the owners of the policy. */
static void note_calendar(const json_t *policy, json_t *paths, const char *path)
{
	const json_t *include = json_map(json_map(policy, "include"), "calendars");

	note(paths, path, "calendars", is_below(json_text(include, "dir"), path) ? include : NULL);
}

json_t *policy_paths(const json_t *policy)
{
	json_t *paths = json_object(), *item;
	const char *name;

	json_object_foreach(json_map(policy, "include"), name, item)
		note(paths, json_text(item, "file"), name, item);
	note_calendar(policy, paths, json_text(policy, "windows"));
	json_object_foreach(json_map(policy, "processes"), name, item)
		note_calendar(policy, paths, json_text(item, "blackouts"));
	return paths;
}

const char *policy_file_digest(const struct policy *policy, const char *path)
{
	return json_text(policy->files, path);
}

int policy_file(const struct policy *policy, struct record_source *s, const char *path, char **ret, size_t *ret_len,
	struct err *e)
{
	const char *digest = policy_file_digest(policy, path);

	if (!*digest)
		return err_verdict(e, "E_DIGEST",
			"%s: the policy names it, but no version of it is in force; its owners give it with 'sluice "
			"policy replace'",
			path);
	return source_get(s, digest, ret, ret_len, e) ? err_wrap(e, "%s", path) : 0;
}

/* The state's name. A policy without files is named by its text, as ever; with files each state names the one before, so that none ever returns. */
int policy_state_digest(const struct policy *policy, const char *previous, char ret[65], struct err *e)
{
	AUTO_JSON *state = NULL;

	if (json_object_size(policy->files) == 0) {
		memcpy(ret, policy->text_digest, 65);
		return 0;
	}
	state = json_pack(
		"{s:s, s:O, s:s}", "policy", policy->text_digest, "files", policy->files, "previous", previous);
	return state ? json_digest(state, ret, e) : err_input(e, "E_METADATA", "a state of the policy that is no text");
}

/* Who holds a role or owns the policy: whose keys the owner of a file alone may not give. */
static bool has_weight(const json_t *policy, const char *person)
{
	return policy_has_any_role(policy, person) || policy_is_owner(policy, person);
}

const char *policy_key_given(const json_t *before, const json_t *after)
{
	const char *person;
	json_t *item, *key;
	size_t i;

	json_object_foreach(json_map(after, "people"), person, item) {
		if (!has_weight(after, person) && !has_weight(before, person))
			continue;
		json_array_foreach(json_list(item, "keys"), i, key) {
			AUTO_FREE char *fingerprint = fingerprint_of(json_string_value(key));

			if (fingerprint ? !policy_key_of(before, person, fingerprint)
					: !json_lists(json_list(policy_person(before, person), "keys"),
						  json_string_value(key)))
				return person;
		}
	}
	return NULL;
}
