/* policy_schema.c - the shape of policy.yaml, and that every name it uses is defined in it. */
#include "base/pattern.h"
#include "base/text.h"
#include "base/when.h"
#include "base/when_zone.h"
#include "base/yaml.h"
#include "release/gate/calendar.h"
#include "release/gate/policy.h"
#include <regex.h>
#include <string.h>

#define KEY_MEANT "a key such as \"openpgp:\" and 40 hex digits of its fingerprint"
#define NAME "^[a-z0-9][a-z0-9._-]{0,63}$"
#define SPAN "^[0-9]+[smhdw]$"

static const struct yaml_schema text = { .kind = YAML_STRING };
static const struct yaml_schema flag = { .kind = YAML_BOOL };
static const struct yaml_schema span = { .kind = YAML_SCALAR, .pattern = SPAN, .what = "a duration such as 24h or 7d" };
static const struct yaml_schema count = { .kind = YAML_INT, .min = 1, .max = 1000, .what = "a number from 1" };
static const struct yaml_schema one = { .kind = YAML_INT, .min = 1, .max = 2, .what = "1: the only version there is" };
static const struct yaml_schema name = { .kind = YAML_SCALAR, .pattern = NAME, .what = "a short name (a-z 0-9 . _ -)" };
static const struct yaml_schema role = { .kind = YAML_STRING,
	.pattern = "^[a-z0-9][a-z0-9._/-]{0,63}$",
	.what = "a role such as cab or department/finance" };
/* Its kind and form are keys_distinct's question, which asks the table of kinds. */
static const struct yaml_schema key = { .kind = YAML_STRING, .pattern = "^[a-z0-9]+:.+$", .what = KEY_MEANT };
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
MAP_OF(own_keys, { "release", &keys }, { "package", &keys });
MAP_OF(site, { "keys", &keys }, { "groups", &names });
DICT_OF(sites, site, NAME);
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
static const char *const debt_words[] = { "normal", NULL };
static const struct yaml_schema debt_blocks = { .kind = YAML_CHOICE, .words = debt_words };
MAP_OF(emergency, { "votes", &votes, true }, { "post-approval-within", &span, true }, { "soak", &span },
	{ "in-blackout", &roles }, { "debt-blocks", &debt_blocks });
MAP_OF(separation, { "requester-may-vote", &flag }, { "submitter-may-vote", &flag }, { "implementer-may-vote", &flag });
MAP_OF(service, { "packages", &texts, true });
DICT_OF(services, service, NAME);
static const struct yaml_schema inner = { .kind = YAML_STRING,
	.pattern = "^[A-Za-z0-9_.][A-Za-z0-9_./-]{0,199}$",
	.what = "a path below the policy's folder, such as calendars/reporting.ics" };
MAP_OF(include, { "file", &inner }, { "dir", &inner }, { "owners", &names }, { "publish", &flag });
MAP_OF(includes, { "people", &include }, { "services", &include }, { "processes", &include }, { "calendars", &include },
	{ "contacts", &include });
MAP_OF(contact, { "name", &text }, { "mail", &text }, { "phone", &text }, { "note", &text });
DICT_OF(contacts, contact, "^[a-z0-9][a-z0-9._/-]{0,63}$");
MAP_OF(process, { "department", &name, true }, { "services", &names, true }, { "blackouts", &inner },
	{ "expected-downtime", &span });
DICT_OF(processes, process, NAME);
static const struct yaml_schema accept_table = { .kind = YAML_DICT, .of = &roles };
MAP_OF(findings, { "fail-on", &severity }, { "accept", &accept_table });
MAP_OF(unsigned_vendor, { "allow", &flag }, { "role", &role });
MAP_OF(roots, { "max-age", &span });
MAP_OF(sandbox, { "require", &names });
MAP_OF(apt, { "origin", &text }, { "label", &text }, { "suite", &text }, { "release-suite", &text },
	{ "codename", &text }, { "components", &names }, { "architectures", &names });
static const struct yaml_schema percent = {
	.kind = YAML_SCALAR, .pattern = "^([1-9][0-9]?|100)%$", .what = "a share such as 20%"
};
MAP_OF(stop_at, { "failed", &percent, true }, { "least", &count });
MAP_OF(ring_reports, { "ok", &count, true }, { "failed", &percent });
MAP_OF(channel, { "targets", &names, true }, { "valid-for", &span }, { "groups", &names }, { "after", &name },
	{ "soak", &span }, { "apt", &apt }, { "export-valid-for", &span }, { "stop-at", &stop_at },
	{ "reports", &ring_reports });
DICT_OF(channels, channel, NAME);
MAP_OF(external, { "required", &flag }, { "pattern", &text });
MAP_OF(hook, { "on", &texts, true }, { "run", &texts, true });
static const struct yaml_schema hooks = { .kind = YAML_LIST, .of = &hook };
MAP_OF(notify, { "command", &texts, true });
static const char *const syslog_words[] = { "json", NULL };
static const struct yaml_schema syslog_form = { .kind = YAML_CHOICE, .words = syslog_words };
MAP_OF(audit, { "syslog", &syslog_form });
MAP_OF(advisories, { "critical", &span }, { "high", &span }, { "medium", &span }, { "low", &span });
MAP_OF(policy, { "version", &one, true }, { "organisation", &text, true }, { "timezone", &text }, { "keyring", &text },
	{ "include", &includes }, { "people", &people }, { "owners", &owners, true }, { "roles", &role_table, true },
	{ "vendors", &vendors }, { "own-keys", &own_keys }, { "priority", &priority_table, true },
	{ "categories", &categories, true }, { "standard-changes", &standards }, { "emergency", &emergency },
	{ "separation", &separation }, { "schedule", &schedule }, { "services", &services }, { "unmapped", &unmapped },
	{ "processes", &processes }, { "windows", &inner }, { "findings", &findings },
	{ "unsigned-vendor", &unsigned_vendor }, { "roots", &roots }, { "sandbox", &sandbox },
	{ "channels", &channels, true }, { "external", &external }, { "hooks", &hooks }, { "audit", &audit },
	{ "notify", &notify }, { "advisories", &advisories }, { "sites", &sites }, { "expectations", &schedule });

/* ---- names: what refers to what */
struct part {
	const char *section, *name; /* section NULL: taken by no file of its own */
	char *text;
	size_t len;
};
enum { SECTIONS = 3 };
struct file {
	const char *text, *name;
	size_t len;
	const json_t *policy;
	struct part parts[SECTIONS]; /* sections that stand in files of their own */
	const char *missing;         /* the people's file, when there is none */
	struct err *e;
};

static char *place(const struct file *f, const char *at)
{
	for (size_t i = 0; i < SECTIONS; i++) {
		const struct part *p = &f->parts[i];
		size_t len = p->section ? strlen(p->section) : 0;

		if (len && strncmp(at, p->section, len) == 0 && at[len] == '/')
			return yaml_where(p->text, p->len, p->name, at + len + 1);
	}
	return yaml_where(f->text, f->len, f->name, at);
}

static int wrong(const struct file *f, const char *at, const char *what, const char *which)
{
	AUTO_FREE char *where = place(f, at);

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
static int own_keys_formed(const struct file *f)
{
	static const char *const sections[] = { "release", "package" };
	const json_t *one_key;
	size_t i;

	for (size_t s = 0; s < COUNT(sections); s++)
		json_array_foreach(json_list(json_map(f->policy, "own-keys"), sections[s]), i, one_key) {
			AUTO_FREE char *at = mem_printf("own-keys/%s/%zu", sections[s], i);
			AUTO_FREE char *fingerprint = fingerprint_of(json_string_value(one_key));

			if (!is_key(json_string_value(one_key)) || !fingerprint)
				return wrong(
					f, at, "openpgp: and a whole fingerprint is meant", json_string_value(one_key));
		}
	return 0;
}

static int keys_formed(const struct file *f)
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
					return wrong(f, at, KEY_MEANT " is meant", json_string_value(one_key));
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
		if (json_map(item, "reports") && !*after) {
			AUTO_FREE char *reports = mem_printf("channels/%s/reports", channel_name);

			return wrong(f, reports, "reports come from the channel before; say 'after'", channel_name);
		}
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

/* ---- included files */
static int include_fits(const struct file *f)
{
	const char *section;
	json_t *item;

	json_object_foreach(json_map(f->policy, "include"), section, item) {
		AUTO_FREE char *at = mem_printf("include/%s", section), *below = mem_printf("%s/owners", at);
		bool is_dir = strcmp(section, "calendars") == 0;
		const char *where = json_text(item, is_dir ? "dir" : "file");

		if (!*where || json_object_get(item, is_dir ? "file" : "dir"))
			return wrong(f, at, is_dir ? "{dir: ...} is meant" : "{file: ...} is meant", section);
		if (!policy_path_is_safe(where))
			return wrong(f, at, "not a path below the policy's folder", where);
		if (json_object_get(item, "publish") && !json_flag(item, "publish") && strcmp(section, "contacts") != 0)
			return wrong(f, at,
				"only contacts can stay unpublished; without the others nobody could ask the gate "
				"again",
				section);
		if (json_object_get(item, "owners") && !json_array_size(json_list(item, "owners")))
			return wrong(
				f, below, "nobody could change it; name its owners, or leave 'owners' out", section);
		if (each_in(f, below, json_list(item, "owners"), "people", "no such person under 'people'"))
			return -1;
	}
	return 0;
}

/* Two names for one file would give it two kinds of owners. */
static int paths_fit(const struct file *f)
{
	AUTO_JSON *paths = policy_paths(f->policy), *sections = json_object();
	const char *where, *section;
	json_t *item;

	json_object_foreach(json_map(f->policy, "include"), section, item) {
		const char *file = json_text(item, "file");

		if (*file && json_object_get(sections, file))
			return wrong(f, "include", "one file cannot be two sections", file);
		if (*file)
			json_object_set_new(sections, file, json_true());
	}
	json_object_foreach(json_map(f->policy, "processes"), section, item)
		if (json_object_get(sections, json_text(item, "blackouts")))
			return wrong(
				f, "include", "a calendar cannot be another section too", json_text(item, "blackouts"));
	if (json_object_get(sections, json_text(f->policy, "windows")))
		return wrong(f, "windows", "a calendar cannot be another section too", json_text(f->policy, "windows"));
	json_object_foreach(paths, where, item)
		if (!policy_path_is_safe(where))
			return wrong(f, "include", "not a path below the policy's folder", where);
	return 0;
}

/* The section's file, read by its own schema and put in the section's place. */
static int merge(struct file *f, json_t *parsed, struct part *p, const struct yaml_schema *schema, policy_fetch *fetch,
	void *context)
{
	AUTO_JSON *own = NULL;
	json_t *into = json_map(parsed, p->section), *item;
	const char *key_name;
	int missing;

	if (!policy_path_is_safe(p->name))
		return wrong(f, "include", "not a path below the policy's folder", p->name);
	if (!fetch)
		return wrong(f, "include", "an included file is not given", p->name);
	missing = fetch(context, p->name, &p->text, &p->len, f->e);
	/* Only people: without them less is allowed. Services or processes that were left out would leave departments out. */
	if (missing == 1 && into && strcmp(p->section, "people") == 0)
		return f->missing = p->name, p->section = NULL, 0;
	if (missing == 1)
		return err_env(f->e, "%s: include/%s: there is no %s", f->name, p->section, p->name);
	if (missing || yaml_parse(p->text, p->len, p->name, schema, &own, f->e))
		return err_wrap(f->e, "include/%s", p->section);
	if (!into) {
		into = json_object();
		json_object_set_new(parsed, p->section, into);
	}
	json_object_foreach(own, key_name, item) {
		AUTO_FREE char *at = mem_printf("%s/%s", p->section, key_name);

		if (json_object_get(into, key_name))
			return wrong(f, at, "it stands in the policy itself as well", key_name);
		json_object_set(into, key_name, item);
	}
	return 0;
}

static int merge_all(struct file *f, json_t *parsed, policy_fetch *fetch, void *context)
{
	static const struct {
		const char *section;
		const struct yaml_schema *schema;
	} table[SECTIONS] = { { "people", &people }, { "services", &services }, { "processes", &processes } };

	for (size_t i = 0; i < SECTIONS; i++) {
		struct part *p = &f->parts[i];

		p->name = json_text(json_map(json_map(parsed, "include"), table[i].section), "file");
		if (!*p->name)
			continue;
		p->section = table[i].section;
		if (merge(f, parsed, p, table[i].schema, fetch, context))
			return -1;
	}
	return json_map(parsed, "people")
		? 0
		: err_usage(f->e, "%s: people: it is missing; it stands here or in a file under 'include'", f->name);
}

static int ask_rules(const struct file *f)
{
	static int (*const rules[])(const struct file *) = { include_fits, owners_fit, role_holders, keys_formed,
		own_keys_formed, keys_distinct, categories_fit, processes_fit, findings_fit, channels_fit, pattern_fits,
		paths_fit };

	for (size_t i = 0; i < COUNT(rules); i++)
		if (rules[i](f))
			return f->missing ? err_wrap(f->e, "without %s, which is not there", f->missing) : -1;
	return 0;
}

int policy_parse_with(const char *bytes, size_t len, const char *file, policy_fetch *fetch, void *context, json_t **ret,
	struct err *e)
{
	AUTO_JSON *parsed = NULL;
	struct file f = { .text = bytes, .name = file, .len = len, .e = e };
	int result;

	if (yaml_parse(bytes, len, file, &policy, &parsed, e))
		return -1;
	f.policy = parsed;
	result = merge_all(&f, parsed, fetch, context) || ask_rules(&f) ? -1 : 0;
	for (size_t i = 0; i < SECTIONS; i++)
		free(f.parts[i].text);
	if (result == 0)
		*ret = json_incref(parsed);
	return result;
}

int policy_parse(const char *bytes, size_t len, const char *file, json_t **ret, struct err *e)
{
	return policy_parse_with(bytes, len, file, NULL, NULL, ret, e);
}

int policy_check_file(const char *section, const char *bytes, size_t len, const char *file, struct err *e)
{
	AUTO_JSON *ignored = NULL;
	struct err why = { 0 };

	if (strcmp(section, "contacts") == 0)
		return yaml_parse(bytes, len, file, &contacts, &ignored, e);
	/* One that the gate could not read would stop every release; said before it is in force. */
	if (strcmp(section, "calendars") == 0 && calendar_read(bytes, len, NULL, 0, 1, &ignored, &why))
		return err_usage(e, "%s: %s", file, why.text);
	return 0;
}

json_t *policy_gaps(const json_t *p)
{
	const char *zone = json_text(p, "timezone");
	json_t *found = json_array();
	struct err e = { 0 };
	struct zone z;

	/* Not a mistake of form: what was put in force where the zone is known stays readable where it is not. */
	if (*zone && zone_open(&z, zone, &e))
		json_array_append_new(found, json_sprintf("timezone: %s", e.text));
	else if (*zone)
		zone_done(&z);
	return found;
}

json_t *policy_later(const json_t *p)
{
	static const struct {
		const char *section, *what;
	} table[] = {
		{ "roots", "roots: the age of a root is told by the test, not judged by the gate yet" },
	};
	json_t *texts_found = json_array();

	for (size_t i = 0; i < COUNT(table); i++)
		if (json_object_get(p, table[i].section))
			json_array_append_new(texts_found, json_string(table[i].what));
	return texts_found;
}
