/* policy_schema.c - the shape of policy.yaml, and that every name it uses is defined in it. */
#include "base/pattern.h"
#include "base/text.h"
#include "base/when.h"
#include "base/yaml.h"
#include "release/gate/policy.h"
#include <regex.h>
#include <string.h>

#define NAME "^[a-z0-9][a-z0-9._-]{0,63}$"
#define KEY "^(openpgp:[0-9A-Fa-f]{40}([0-9A-Fa-f]{24})?|x509:.+|passkey:.+)$"
#define SPAN "^[0-9]+[smhdw]$"

static const struct yaml_schema text = { .kind = YAML_STRING };
static const struct yaml_schema any = { .kind = YAML_ANY };
static const struct yaml_schema flag = { .kind = YAML_BOOL };
static const struct yaml_schema span = { .kind = YAML_SCALAR, .pattern = SPAN, .what = "a duration such as 24h or 7d" };
static const struct yaml_schema count = { .kind = YAML_INT, .min = 1, .max = 1000, .what = "a number from 1" };
static const struct yaml_schema one = { .kind = YAML_INT, .min = 1, .max = 2, .what = "1: the only version there is" };
static const struct yaml_schema name = { .kind = YAML_SCALAR, .pattern = NAME, .what = "a short name (a-z 0-9 . _ -)" };
static const struct yaml_schema role = { .kind = YAML_STRING,
	.pattern = "^[a-z0-9][a-z0-9._/-]{0,63}$",
	.what = "a role such as cab or department/finance" };
static const struct yaml_schema key = {
	.kind = YAML_STRING, .pattern = KEY, .what = "a key such as \"openpgp:\" and 40 hex digits of its fingerprint"
};
static const struct yaml_schema keys = { .kind = YAML_LIST, .of = &key };
static const struct yaml_schema names = { .kind = YAML_LIST, .of = &name };
static const struct yaml_schema roles = { .kind = YAML_LIST, .of = &role };
static const struct yaml_schema texts = { .kind = YAML_LIST, .of = &text };

static const char *const severity_words[] = { "info", "low", "medium", "high", "critical", NULL };
static const char *const priority_words[] = { "low", "medium", "high", "critical", NULL };
static const char *const schedule_words[] = { "optional", "required", NULL };
static const char *const unmapped_words[] = { "refuse", "warn", NULL };
static const struct yaml_schema severity = { .kind = YAML_CHOICE, .words = severity_words };
static const struct yaml_schema priority = { .kind = YAML_CHOICE, .words = priority_words };
static const struct yaml_schema schedule = { .kind = YAML_CHOICE, .words = schedule_words };
static const struct yaml_schema unmapped = { .kind = YAML_CHOICE, .words = unmapped_words };

#define MAP_OF(id, ...)                                                                                                \
	static const struct yaml_field id##_fields[] = { __VA_ARGS__, { NULL } };                                      \
	static const struct yaml_schema id = { .kind = YAML_MAP, .fields = id##_fields }
#define DICT_OF(id, item, keys_are)                                                                                    \
	static const struct yaml_schema id = { .kind = YAML_DICT, .of = &item, .pattern = keys_are }

MAP_OF(person, { "name", &text }, { "keys", &keys, true }, { "mail", &text });
DICT_OF(people, person, NAME);
MAP_OF(owners, { "threshold", &count, true }, { "people", &names, true });
DICT_OF(role_table, names, "^[a-z0-9][a-z0-9._/-]{0,63}$");
MAP_OF(vendor, { "name", &text }, { "keys", &keys, true });
DICT_OF(vendors, vendor, NAME);
MAP_OF(cells, { "minor", &priority, true }, { "significant", &priority, true }, { "far-reaching", &priority, true });
MAP_OF(priority_table, { "low", &cells, true }, { "medium", &cells, true }, { "high", &cells, true });
MAP_OF(vote, { "role", &role, true }, { "count", &count }, { "first", &flag });
static const struct yaml_schema votes = { .kind = YAML_LIST, .of = &vote };
MAP_OF(category, { "evidence", &names, true }, { "votes", &votes, true });
MAP_OF(categories, { "minor", &category, true }, { "significant", &category, true },
	{ "far-reaching", &category, true });
static const struct yaml_schema number = { .kind = YAML_INT, .min = 0, .max = 1000000 };
static const struct yaml_schema date = {
	.kind = YAML_SCALAR, .pattern = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$", .what = "a date"
};
MAP_OF(standard, { "packages", &texts, true }, { "max-finding", &severity }, { "recipe", &text }, { "consent", &roles },
	{ "max-per-month", &number }, { "expires", &date });
DICT_OF(standards, standard, NAME);
MAP_OF(emergency, { "votes", &votes, true }, { "post-approval-within", &span, true }, { "soak", &span },
	{ "in-blackout", &roles }, { "debt-blocks", &text });
MAP_OF(separation, { "requester-may-vote", &flag }, { "submitter-may-vote", &flag }, { "implementer-may-vote", &flag });
MAP_OF(service, { "packages", &texts, true });
DICT_OF(services, service, NAME);
MAP_OF(process, { "department", &name, true }, { "services", &names, true }, { "blackouts", &text },
	{ "expected-downtime", &span });
DICT_OF(processes, process, NAME);
static const struct yaml_schema accept_table = { .kind = YAML_DICT, .of = &roles };
MAP_OF(findings, { "fail-on", &severity }, { "accept", &accept_table });
MAP_OF(unsigned_vendor, { "allow", &flag }, { "role", &role });
MAP_OF(roots, { "max-age", &span });
MAP_OF(sandbox, { "require", &names });
MAP_OF(apt, { "origin", &text }, { "label", &text }, { "suite", &text }, { "components", &names });
MAP_OF(channel, { "targets", &names, true }, { "valid-for", &span }, { "groups", &names }, { "after", &name },
	{ "soak", &span }, { "apt", &apt });
DICT_OF(channels, channel, NAME);
MAP_OF(external, { "required", &flag }, { "pattern", &text });
MAP_OF(policy, { "version", &one, true }, { "organisation", &text, true }, { "timezone", &text }, { "keyring", &text },
	{ "include", &any }, { "people", &people, true }, { "owners", &owners, true }, { "roles", &role_table, true },
	{ "vendors", &vendors }, { "priority", &priority_table, true }, { "categories", &categories, true },
	{ "standard-changes", &standards }, { "emergency", &emergency }, { "separation", &separation },
	{ "schedule", &schedule }, { "services", &services }, { "unmapped", &unmapped }, { "processes", &processes },
	{ "windows", &text }, { "findings", &findings }, { "unsigned-vendor", &unsigned_vendor }, { "roots", &roots },
	{ "sandbox", &sandbox }, { "channels", &channels, true }, { "external", &external }, { "hooks", &any },
	{ "audit", &any }, { "notify", &any });

/* ---- names: what refers to what */
struct file {
	const char *text, *name;
	size_t len;
	const json_t *policy;
	struct err *e;
};

static int wrong(const struct file *f, const char *path, const char *what, const char *which)
{
	AUTO_FREE char *where = yaml_where(f->text, f->len, f->name, path);

	return err_usage(f->e, "%s: %s: %s", where, which, what);
}

static int each_in(const struct file *f, const char *path, const json_t *list, const char *section, const char *what)
{
	size_t i;
	json_t *item;

	json_array_foreach(list, i, item) {
		AUTO_FREE char *at = mem_printf("%s/%zu", path, i);

		if (!json_object_get(json_object_get(f->policy, section), json_string_value(item)))
			return wrong(f, at, what, json_string_value(item));
	}
	return 0;
}

static int votes_known(const struct file *f, const char *path, const json_t *list)
{
	const json_t *table = json_object_get(f->policy, "roles");
	size_t i;
	json_t *item;

	json_array_foreach(list, i, item) {
		AUTO_FREE char *at = mem_printf("%s/%zu/role", path, i);
		const json_t *holders = json_object_get(table, json_text(item, "role"));

		if (!holders)
			return wrong(f, at, "no such role under 'roles'", json_text(item, "role"));
	}
	return 0;
}

static int owners_fit(const struct file *f)
{
	const json_t *own = json_map(f->policy, "owners"), *list = json_list(own, "people");
	json_t *distinct = json_object();
	size_t i, len;
	json_t *item;

	if (each_in(f, "owners/people", list, "people", "no such person under 'people'")) {
		json_decref(distinct);
		return -1;
	}
	json_array_foreach(list, i, item)
		json_object_set_new(distinct, json_string_value(item), json_true());
	len = json_object_size(distinct);
	json_decref(distinct);
	return json_int(own, "threshold") <= (int64_t)len
		? 0
		: wrong(f, "owners/threshold", "more than there are owners", "threshold");
}

static int role_holders(const struct file *f)
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

/* One key, one person: a key that two share would let one sign as two. */
static int keys_distinct(const struct file *f)
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
				return wrong(f, at, "the key is somebody else's already; nobody shares one", who);
			json_object_set_new(seen, id, json_true());
		}
	return 0;
}

static int categories_fit(const struct file *f)
{
	const char *impact;
	json_t *item;

	json_object_foreach(json_map(f->policy, "categories"), impact, item) {
		AUTO_FREE char *at = mem_printf("categories/%s/votes", impact);

		if (json_array_size(json_list(item, "votes")) == 0)
			return wrong(f, at, "a category without votes would let everything pass", impact);
		if (votes_known(f, at, json_list(item, "votes")))
			return -1;
	}
	return votes_known(f, "emergency/votes", json_list(json_map(f->policy, "emergency"), "votes"));
}

static int processes_fit(const struct file *f)
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
			return wrong(f, where, "no such role under 'roles'", department);
	}
	return 0;
}

static int findings_fit(const struct file *f)
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
		return wrong(f, "unsigned-vendor/allow",
			"a vendor's file that nobody vouches for is never let in; name the role that vouches: {role: "
			"...}",
			"allow");
	if (*vouch && !json_object_get(json_map(f->policy, "roles"), vouch))
		return wrong(f, "unsigned-vendor/role", "no such role under 'roles'", vouch);
	return 0;
}

static int channels_fit(const struct file *f)
{
	const char *channel_name;
	json_t *item;

	json_object_foreach(json_map(f->policy, "channels"), channel_name, item) {
		AUTO_FREE char *at = mem_printf("channels/%s/after", channel_name);
		const char *after = json_text(item, "after");

		if (*after &&
			(!json_object_get(json_map(f->policy, "channels"), after) || !strcmp(after, channel_name)))
			return wrong(f, at, "no such other channel", after);
		if (json_array_size(json_list(item, "targets")) == 0)
			return wrong(f, at, "a channel needs targets", channel_name);
	}
	return 0;
}

static int pattern_fits(const struct file *f)
{
	const char *pattern = json_text(json_map(f->policy, "external"), "pattern");
	regex_t regex;

	if (!*pattern)
		return 0;
	if (pattern_too_dear(pattern) || regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB))
		return wrong(f, "external/pattern", "not a regular expression", pattern);
	regfree(&regex);
	return 0;
}

int policy_parse(const char *bytes, size_t len, const char *file, json_t **ret, struct err *e)
{
	static int (*const rules[])(const struct file *) = { owners_fit, role_holders, keys_distinct, categories_fit,
		processes_fit, findings_fit, channels_fit, pattern_fits };
	AUTO_JSON *parsed = NULL;
	struct file f = { bytes, file, len, NULL, e };

	if (yaml_parse(bytes, len, file, &policy, &parsed, e))
		return -1;
	f.policy = parsed;
	for (size_t i = 0; i < COUNT(rules); i++)
		if (rules[i](&f))
			return -1;
	*ret = json_incref(parsed);
	return 0;
}

json_t *policy_gaps(const json_t *p)
{
	json_t *gaps = json_array();

	if (json_object_get(p, "include"))
		json_array_append_new(gaps,
			json_string("include: files of their own come with a later version; put their content here"));
	return gaps;
}

json_t *policy_later(const json_t *p)
{
	static const struct {
		const char *section, *what;
	} table[] = {
		{ "windows",
			"windows: calendars come with a later version; until then the gate refuses every release" },
		{ "hooks", "hooks: not run yet" },
		{ "notify", "notify: nothing is sent yet" },
		{ "audit", "audit: the log stays in the store; nothing goes to syslog yet" },
		{ "standard-changes", "standard-changes: no RfC of that type can be opened yet" },
		{ "emergency", "emergency: no RfC of that type can be opened yet" },
		{ "roots", "roots: the age of a root is told by the test, not judged by the gate yet" },
	};
	json_t *texts_found = json_array();
	const char *who;
	json_t *item;

	for (size_t i = 0; i < COUNT(table); i++)
		if (json_object_get(p, table[i].section))
			json_array_append_new(texts_found, json_string(table[i].what));
	json_object_foreach(json_map(p, "processes"), who, item)
		if (*json_text(item, "blackouts"))
			json_array_append_new(texts_found,
				json_sprintf("processes/%s: calendars come with a later version; until then the gate "
					     "refuses "
					     "every release that touches it",
					who));
	json_object_foreach(json_map(p, "channels"), who, item)
		if (json_object_get(item, "groups"))
			json_array_append_new(texts_found, json_sprintf("channels/%s: groups have no effect yet", who));
	return texts_found;
}
