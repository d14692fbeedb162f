/* policy_schema.c - the shape of policy.yaml and of the files it includes. Whether its parts fit together: policy_fits.c. */
#include "base/when_zone.h"
#include "base/yaml.h"
#include "release/gate/calendar.h"
#include "release/gate/policy_file.h"
#include <string.h>

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
/* Its kind and form are the question of policy_fits.c, which asks the table of kinds. */
static const struct yaml_schema key = { .kind = YAML_STRING, .pattern = "^[a-z0-9]+:.+$", .what = POLICY_KEY_MEANT };
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

/* ---- included files */
/* The section's file, read by its own schema and put in the section's place. */
static int merge(struct policy_file *f, json_t *parsed, struct policy_part *p, const struct yaml_schema *schema,
	policy_fetch *fetch, void *context)
{
	AUTO_JSON *own = NULL;
	json_t *into = json_map(parsed, p->section), *item;
	const char *key_name;
	int missing;

	if (!policy_path_is_safe(p->name))
		return policy_wrong(f, "include", "not a path below the policy's folder", p->name);
	if (!fetch)
		return policy_wrong(f, "include", "an included file is not given", p->name);
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
			return policy_wrong(f, at, "it stands in the policy itself as well", key_name);
		json_object_set(into, key_name, item);
	}
	return 0;
}

static int merge_all(struct policy_file *f, json_t *parsed, policy_fetch *fetch, void *context)
{
	static const struct {
		const char *section;
		const struct yaml_schema *schema;
	} table[POLICY_SECTIONS] = { { "people", &people }, { "services", &services }, { "processes", &processes } };

	for (size_t i = 0; i < POLICY_SECTIONS; i++) {
		struct policy_part *p = &f->parts[i];

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

int policy_parse_with(const char *bytes, size_t len, const char *file, policy_fetch *fetch, void *context, json_t **ret,
	struct err *e)
{
	AUTO_JSON *parsed = NULL;
	struct policy_file f = { .text = bytes, .name = file, .len = len, .e = e };
	int result;

	if (yaml_parse(bytes, len, file, &policy, &parsed, e))
		return -1;
	f.policy = parsed;
	result = merge_all(&f, parsed, fetch, context) || policy_fits(&f) ? -1 : 0;
	for (size_t i = 0; i < POLICY_SECTIONS; i++)
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
