/* policy_fits.c - that every name a policy uses is defined in it, and that its parts do not contradict each other. */
#include "base/pattern.h"
#include "base/yaml.h"
#include "release/gate/policy_file.h"
#include <regex.h>
#include <string.h>

static char *place(const struct policy_file *f, const char *at)
{
	for (size_t i = 0; i < POLICY_SECTIONS; i++) {
		const struct policy_part *p = &f->parts[i];
		size_t len = p->section ? strlen(p->section) : 0;

		if (len && strncmp(at, p->section, len) == 0 && at[len] == '/')
			return yaml_where(p->text, p->len, p->name, at + len + 1);
	}
	return yaml_where(f->text, f->len, f->name, at);
}

int policy_wrong(const struct policy_file *f, const char *at, const char *what, const char *which)
{
	AUTO_FREE char *where = place(f, at);

	return err_usage(f->e, "%s: %s: %s", where, which, what);
}

static int each_in(
	const struct policy_file *f, const char *path, const json_t *list, const char *section, const char *what)
{
	size_t i;
	json_t *item;

	json_array_foreach(list, i, item) {
		AUTO_FREE char *at = mem_printf("%s/%zu", path, i);

		if (!json_object_get(json_object_get(f->policy, section), json_string_value(item)))
			return policy_wrong(f, at, what, json_string_value(item));
	}
	return 0;
}

static int votes_known(const struct policy_file *f, const char *path, const json_t *list)
{
	const json_t *table = json_object_get(f->policy, "roles");
	size_t i;
	json_t *item;

	json_array_foreach(list, i, item) {
		AUTO_FREE char *at = mem_printf("%s/%zu/role", path, i);
		const json_t *holders = json_object_get(table, json_text(item, "role"));

		if (!holders)
			return policy_wrong(f, at, "no such role under 'roles'", json_text(item, "role"));
	}
	return 0;
}

static int owners_fit(const struct policy_file *f)
{
	const json_t *own = json_map(f->policy, "owners"), *list = json_list(own, "people");
	AUTO_JSON *distinct = json_object();
	size_t i;
	json_t *item;

	if (each_in(f, "owners/people", list, "people", "no such person under 'people'"))
		return -1;
	json_array_foreach(list, i, item)
		json_object_set_new(distinct, json_string_value(item), json_true());
	return json_int(own, "threshold") <= (int64_t)json_object_size(distinct)
		? 0
		: policy_wrong(f, "owners/threshold", "more than there are owners", "threshold");
}

static int role_holders(const struct policy_file *f)
{
	const char *role_name;
	json_t *list;

	json_object_foreach(json_map(f->policy, "roles"), role_name, list) {
		AUTO_FREE char *at = mem_printf("roles/%s", role_name);

		if (each_in(f, at, list, "people", "no such person under 'people'"))
			return -1;
	}
	return 0;
}

static bool is_key(const char *written)
{
	const struct key_kind *kind = key_kind_of(written);
	AUTO_FREE char *pattern = kind ? mem_printf("^%s%s$", kind->prefix, kind->pattern) : NULL;
	regex_t regex;
	bool fits;

	if (!kind || regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB))
		return false;
	fits = regexec(&regex, written, 0, NULL, 0) == 0;
	regfree(&regex);
	return fits;
}

/* Keys of another kind could not sign an index or a package. */
static int own_keys_formed(const struct policy_file *f)
{
	static const char *const sections[] = { "release", "package" };
	const json_t *one_key;
	size_t i;

	for (size_t s = 0; s < COUNT(sections); s++)
		json_array_foreach(json_list(json_map(f->policy, "own-keys"), sections[s]), i, one_key) {
			AUTO_FREE char *at = mem_printf("own-keys/%s/%zu", sections[s], i);
			AUTO_FREE char *fingerprint = fingerprint_of(json_string_value(one_key));

			if (!is_key(json_string_value(one_key)) || !fingerprint)
				return policy_wrong(
					f, at, "openpgp: and a whole fingerprint is meant", json_string_value(one_key));
		}
	return 0;
}

static int keys_formed(const struct policy_file *f)
{
	static const char *const sections[] = { "people", "vendors", "sites" };
	const char *who;
	json_t *item, *one_key;
	size_t i;

	for (size_t s = 0; s < COUNT(sections); s++)
		json_object_foreach(json_map(f->policy, sections[s]), who, item)
			json_array_foreach(json_list(item, "keys"), i, one_key) {
				AUTO_FREE char *at = mem_printf("%s/%s/keys/%zu", sections[s], who, i);

				if (!is_key(json_string_value(one_key)))
					return policy_wrong(
						f, at, POLICY_KEY_MEANT " is meant", json_string_value(one_key));
			}
	return 0;
}

/* One key, one person: a key that two share would let one sign as two. */
static int keys_distinct(const struct policy_file *f)
{
	AUTO_JSON *seen = json_object();
	const char *who;
	json_t *item, *one_key;
	size_t i;

	json_object_foreach(json_map(f->policy, "people"), who, item)
		json_array_foreach(json_list(item, "keys"), i, one_key) {
			AUTO_FREE char *at = mem_printf("people/%s/keys/%zu", who, i);
			AUTO_FREE char *fpr = fingerprint_of(json_string_value(one_key));
			const char *id = fpr ? fpr : json_string_value(one_key);

			if (json_object_get(seen, id))
				return policy_wrong(
					f, at, "the key is somebody else's already; nobody shares one", who);
			json_object_set_new(seen, id, json_true());
		}
	return 0;
}

static int categories_fit(const struct policy_file *f)
{
	const char *impact;
	json_t *item;

	json_object_foreach(json_map(f->policy, "categories"), impact, item) {
		AUTO_FREE char *at = mem_printf("categories/%s/votes", impact);

		if (json_array_size(json_list(item, "votes")) == 0)
			return policy_wrong(f, at, "a category without votes would let everything pass", impact);
		if (votes_known(f, at, json_list(item, "votes")))
			return -1;
	}
	return votes_known(f, "emergency/votes", json_list(json_map(f->policy, "emergency"), "votes"));
}

static int processes_fit(const struct policy_file *f)
{
	const char *process_name;
	json_t *item;

	json_object_foreach(json_map(f->policy, "processes"), process_name, item) {
		AUTO_FREE char *at = mem_printf("processes/%s/services", process_name);
		AUTO_FREE char *department = mem_printf("department/%s", json_text(item, "department"));
		AUTO_FREE char *where = mem_printf("processes/%s/department", process_name);

		if (each_in(f, at, json_list(item, "services"), "services", "no such service under 'services'"))
			return -1;
		if (!json_object_get(json_map(f->policy, "roles"), department))
			return policy_wrong(f, where, "no such role under 'roles'", department);
	}
	return 0;
}

static int findings_fit(const struct policy_file *f)
{
	const char *check;
	json_t *list;
	const char *vouch = json_text(json_map(f->policy, "unsigned-vendor"), "role");

	json_object_foreach(json_map(json_map(f->policy, "findings"), "accept"), check, list) {
		AUTO_FREE char *at = mem_printf("findings/accept/%s", check);

		if (each_in(f, at, list, "roles", "no such role under 'roles'"))
			return -1;
	}
	if (json_flag(json_map(f->policy, "unsigned-vendor"), "allow"))
		return policy_wrong(f, "unsigned-vendor/allow",
			"a vendor's file that nobody vouches for is never let in; name the role that vouches: {role: "
			"...}",
			"allow");
	if (*vouch && !json_object_get(json_map(f->policy, "roles"), vouch))
		return policy_wrong(f, "unsigned-vendor/role", "no such role under 'roles'", vouch);
	return 0;
}

static int channels_fit(const struct policy_file *f)
{
	const char *channel_name;
	json_t *item;

	json_object_foreach(json_map(f->policy, "channels"), channel_name, item) {
		AUTO_FREE char *at = mem_printf("channels/%s/after", channel_name);
		const char *after = json_text(item, "after");

		if (*after &&
			(!json_object_get(json_map(f->policy, "channels"), after) || !strcmp(after, channel_name)))
			return policy_wrong(f, at, "no such other channel", after);
		if (json_array_size(json_list(item, "targets")) == 0)
			return policy_wrong(f, at, "a channel needs targets", channel_name);
		if (json_map(item, "reports") && !*after) {
			AUTO_FREE char *reports = mem_printf("channels/%s/reports", channel_name);

			return policy_wrong(
				f, reports, "reports come from the channel before; say 'after'", channel_name);
		}
	}
	return 0;
}

static int pattern_fits(const struct policy_file *f)
{
	const char *pattern = json_text(json_map(f->policy, "external"), "pattern");
	regex_t regex;

	if (!*pattern)
		return 0;
	if (pattern_too_dear(pattern) || regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB))
		return policy_wrong(f, "external/pattern", "not a regular expression", pattern);
	regfree(&regex);
	return 0;
}

static int include_fits(const struct policy_file *f)
{
	const char *section;
	json_t *item;

	json_object_foreach(json_map(f->policy, "include"), section, item) {
		AUTO_FREE char *at = mem_printf("include/%s", section), *below = mem_printf("%s/owners", at);
		bool is_dir = strcmp(section, "calendars") == 0;
		const char *where = json_text(item, is_dir ? "dir" : "file");

		if (!*where || json_object_get(item, is_dir ? "file" : "dir"))
			return policy_wrong(f, at, is_dir ? "{dir: ...} is meant" : "{file: ...} is meant", section);
		if (!policy_path_is_safe(where))
			return policy_wrong(f, at, "not a path below the policy's folder", where);
		if (json_object_get(item, "publish") && !json_flag(item, "publish") && strcmp(section, "contacts") != 0)
			return policy_wrong(f, at,
				"only contacts can stay unpublished; without the others nobody could ask the gate "
				"again",
				section);
		if (json_object_get(item, "owners") && !json_array_size(json_list(item, "owners")))
			return policy_wrong(
				f, below, "nobody could change it; name its owners, or leave 'owners' out", section);
		if (each_in(f, below, json_list(item, "owners"), "people", "no such person under 'people'"))
			return -1;
	}
	return 0;
}

/* Two names for one file would give it two kinds of owners. */
static int paths_fit(const struct policy_file *f)
{
	AUTO_JSON *paths = policy_paths(f->policy), *sections = json_object();
	const char *where, *section;
	json_t *item;

	json_object_foreach(json_map(f->policy, "include"), section, item) {
		const char *file = json_text(item, "file");

		if (*file && json_object_get(sections, file))
			return policy_wrong(f, "include", "one file cannot be two sections", file);
		if (*file)
			json_object_set_new(sections, file, json_true());
	}
	json_object_foreach(json_map(f->policy, "processes"), section, item)
		if (json_object_get(sections, json_text(item, "blackouts")))
			return policy_wrong(
				f, "include", "a calendar cannot be another section too", json_text(item, "blackouts"));
	if (json_object_get(sections, json_text(f->policy, "windows")))
		return policy_wrong(
			f, "windows", "a calendar cannot be another section too", json_text(f->policy, "windows"));
	json_object_foreach(paths, where, item)
		if (!policy_path_is_safe(where))
			return policy_wrong(f, "include", "not a path below the policy's folder", where);
	return 0;
}

int policy_fits(const struct policy_file *f)
{
	static int (*const rules[])(const struct policy_file *) = { include_fits, owners_fit, role_holders, keys_formed,
		own_keys_formed, keys_distinct, categories_fit, processes_fit, findings_fit, channels_fit, pattern_fits,
		paths_fit };

	for (size_t i = 0; i < COUNT(rules); i++)
		if (rules[i](f))
			return f->missing ? err_wrap(f->e, "without %s, which is not there", f->missing) : -1;
	return 0;
}
