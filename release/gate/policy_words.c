/* policy_words.c - a policy as sentences, for those who sign it. Pure. */
#include "base/text.h"
#include "release/gate/policy.h"
#include <string.h>

struct words {
	const json_t *policy;
	json_t *lines;
};

/* Never empty; malloc. */
static char *list_of(const json_t *list)
{
	return json_join(list, "nobody");
}

static char *keys_of(const json_t *map)
{
	AUTO_JSON *list = json_array();
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)map, key, value)
		json_array_append_new(list, json_string(key));
	return list_of(list);
}

static char *role_words(const struct words *w, const char *role)
{
	AUTO_FREE char *who = list_of(json_list(json_map(w->policy, "roles"), role));

	return mem_printf("%s (%s)", role, who);
}

/* "2 yes of cab (carl, dana), after 1 of ..."; malloc. */
static char *votes_words(const struct words *w, const json_t *votes)
{
	struct text t = { 0 };

	for (int first = 1; first >= 0; first--) {
		size_t i;
		json_t *demand;

		json_array_foreach(votes, i, demand) {
			AUTO_FREE char *role = role_words(w, json_text(demand, "role"));
			int64_t count = json_int(demand, "count");

			if (json_flag(demand, "first") == (first == 1))
				text_add(&t, "%s%lld yes of %s%s", t.len ? ", then " : "",
					(long long)(count > 0 ? count : 1), role, first ? ", who is asked first" : "");
		}
	}
	return t.len ? text_take(&t) : mem_strdup("no votes");
}

static void on_owners(struct words *w)
{
	const json_t *owners = json_map(w->policy, "owners");
	AUTO_FREE char *who = list_of(json_list(owners, "people"));

	json_add_text(w->lines,
		"This policy changes by the signatures of %lld of its owners (%s) over the exact bytes of its "
		"successor.",
		(long long)json_int(owners, "threshold"), who);
}

static void on_files(struct words *w)
{
	AUTO_JSON *paths = policy_paths(w->policy);
	const char *path;
	json_t *about;

	json_object_foreach(paths, path, about) {
		AUTO_FREE char *who = list_of(json_list(about, "owners"));
		const char *section = json_text(about, "section");

		if (json_list(about, "owners"))
			json_add_text(w->lines,
				"%s (%s) belongs to this policy; any one of %s puts a new version in force%s.", path,
				section, who,
				strcmp(section, "people") == 0 ? ", but gives no key to anybody who holds a role" : "");
		else
			json_add_text(w->lines, "%s (%s) belongs to this policy and changes as it does%s.", path,
				section, json_flag(about, "publish") ? "" : "; it is not published");
	}
}

static void on_separation(struct words *w)
{
	const json_t *may = json_map(w->policy, "separation");
	static const struct {
		const char *flag, *who;
	} table[] = { { "requester-may-vote", "Who asks for a change" },
		{ "submitter-may-vote", "Who builds its packages" }, { "implementer-may-vote", "Who releases it" } };

	for (size_t i = 0; i < COUNT(table); i++)
		json_add_text(w->lines, "%s %s.", table[i].who,
			json_flag(may, table[i].flag) ? "may vote on it" : "has no vote on it");
}

static void on_categories(struct words *w)
{
	const char *impact;
	json_t *item;

	json_object_foreach(json_map(w->policy, "categories"), impact, item) {
		AUTO_FREE char *evidence = json_array_size(json_list(item, "evidence"))
			? list_of(json_list(item, "evidence"))
			: mem_strdup("nothing");
		AUTO_FREE char *votes = votes_words(w, json_list(item, "votes"));

		json_add_text(w->lines, "A change of impact %s needs %s as evidence and %s.", impact, evidence, votes);
	}
}

static void on_emergency(struct words *w)
{
	const json_t *item = json_map(w->policy, "emergency");
	AUTO_FREE char *votes = votes_words(w, json_list(item, "votes"));

	if (!item)
		json_add_text(w->lines, "There are no emergencies: every change goes the whole way.");
	else if (!json_array_size(json_list(item, "votes")))
		json_add_text(w->lines, "An emergency asks for nobody's yes, and so none is ever allowed.");
	else
		json_add_text(w->lines,
			"An emergency needs %s, and is approved in full within %s; until then it is a debt that blocks "
			"the channel.",
			votes, json_text(item, "post-approval-within"));
}

static void on_templates(struct words *w)
{
	const char *name;
	json_t *item;

	json_object_foreach(json_map(w->policy, "standard-changes"), name, item) {
		AUTO_FREE char *packages = list_of(json_list(item, "packages"));

		json_add_text(w->lines, "Standard changes '%s' need no votes: packages %s, findings up to %s, %s%s.",
			name, packages,
			*json_text(item, "max-finding") ? json_text(item, "max-finding") : "any severity",
			*json_text(item, "expires") ? "until " : "",
			*json_text(item, "expires") ? json_text(item, "expires") : "with no end");
	}
}

static void on_findings(struct words *w)
{
	const char *check;
	json_t *roles;

	json_add_text(w->lines, "Findings of severity %s and worse stop a change until somebody accepts them:",
		policy_fail_on(w->policy));
	json_object_foreach(json_map(json_map(w->policy, "findings"), "accept"), check, roles) {
		AUTO_FREE char *who = list_of(roles);

		json_add_text(w->lines, "  %s: %s", strcmp(check, "default") == 0 ? "all others" : check, who);
	}
}

static void on_services(struct words *w)
{
	const char *name;
	json_t *item;

	json_object_foreach(json_map(w->policy, "services"), name, item) {
		AUTO_FREE char *packages = list_of(json_list(item, "packages"));

		json_add_text(w->lines, "Packages %s are the service %s.", packages, name);
	}
	json_add_text(w->lines,
		strcmp(json_text(w->policy, "unmapped"), "warn") == 0
			? "A package of no service is let in with a warning."
			: "A package of no service is refused: nobody would know whom it touches.");
}

static void on_processes(struct words *w)
{
	const char *name;
	json_t *item;

	json_object_foreach(json_map(w->policy, "processes"), name, item) {
		AUTO_FREE char *role = mem_printf("department/%s", json_text(item, "department"));
		AUTO_FREE char *who = role_words(w, role), *services = list_of(json_list(item, "services"));
		const char *blackouts = json_text(item, "blackouts");

		json_add_text(w->lines, "What touches %s (services %s) needs a yes of %s%s%s.", name, services, who,
			*blackouts ? ", and waits during the blackouts of " : "", blackouts);
	}
	if (strcmp(json_text(w->policy, "expectations"), "required") == 0)
		json_add_text(w->lines,
			"Each department that is touched agrees beforehand on what is tested; what was tested against "
			"something else is refused.");
	if (*json_text(w->policy, "windows"))
		json_add_text(w->lines, "Releases happen only in the windows of %s.", json_text(w->policy, "windows"));
}

static void on_vendors(struct words *w)
{
	const json_t *unsigned_vendor = json_map(w->policy, "unsigned-vendor");
	AUTO_FREE char *who = keys_of(json_map(w->policy, "vendors"));

	json_add_text(w->lines, "Vendors whose signatures count: %s.", who);
	if (*json_text(unsigned_vendor, "role")) {
		AUTO_FREE char *role = role_words(w, json_text(unsigned_vendor, "role"));

		json_add_text(w->lines,
			"For a vendor's file without a signature %s may vouch by a checksum from a second source.",
			role);
	}
}

/* How many machines must have reported before their failures stop the channel. */
static int64_t report_least(const json_t *channel)
{
	int64_t least = json_int(json_map(channel, "stop-at"), "least");

	return least > 0 ? least : 1;
}

static void on_reports(struct words *w, const char *name, const json_t *channel)
{
	const json_t *reports = json_map(channel, "reports");
	const char *failed = json_text(reports, "failed");

	json_add_text(w->lines,
		"Before channel %s, %lld machines of %s must have reported that it went well, and %s%s that it failed.",
		name, (long long)json_int(reports, "ok"), json_text(channel, "after"), *failed ? "less than " : "none",
		failed);
}

static void on_channels(struct words *w)
{
	const char *name;
	json_t *item;

	json_object_foreach(json_map(w->policy, "channels"), name, item) {
		AUTO_FREE char *targets = list_of(json_list(item, "targets"));
		const char *after = json_text(item, "after"), *soak = json_text(item, "soak");

		json_add_text(w->lines, "Channel %s takes packages for %s%s%s%s%s; its index is good for %s.", name,
			targets, *after ? ", after they were in " : "", after, *soak ? " for " : "", soak,
			*json_text(item, "valid-for") ? json_text(item, "valid-for") : "7d");
		if (json_map(item, "reports"))
			on_reports(w, name, item);
		if (json_map(item, "stop-at"))
			json_add_text(w->lines,
				"Channel %s is stopped when %s of at least %lld machines that report on a change "
				"failed.",
				name, json_text(json_map(item, "stop-at"), "failed"), (long long)report_least(item));
		if (*json_text(item, "export-valid-for"))
			json_add_text(w->lines, "Channel %s may be signed to be carried elsewhere, for %s at most.",
				name, json_text(item, "export-valid-for"));
	}
}

static void on_sites(struct words *w)
{
	const char *name;
	json_t *item;

	json_object_foreach(json_map(w->policy, "sites"), name, item) {
		AUTO_FREE char *groups = list_of(json_list(item, "groups"));
		bool has_groups = json_array_size(json_list(item, "groups")) > 0;

		json_add_text(w->lines, "Site %s%s%s%s.", name, has_groups ? " of " : "", has_groups ? groups : "",
			json_array_size(json_list(item, "keys"))
				? " signs its receipts, and the reports of its machines"
				: " has no key: its receipts are taken unsigned, and it cannot report for machines");
	}
}

static void on_advisories(struct words *w)
{
	static const char *const severities[] = { "critical", "high", "medium", "low" };
	const json_t *spans = json_map(w->policy, "advisories");

	for (size_t i = 0; i < COUNT(severities); i++)
		if (*json_text(spans, severities[i]))
			json_add_text(w->lines,
				"An advisory of severity %s that means a released package is to be answered within %s.",
				severities[i], json_text(spans, severities[i]));
}

json_t *policy_words(const json_t *policy)
{
	static void (*const parts[])(struct words * w) = { on_owners, on_files, on_categories, on_separation,
		on_emergency, on_templates, on_findings, on_services, on_processes, on_vendors, on_channels, on_sites,
		on_advisories };
	struct words w = { policy, json_array() };

	for (size_t i = 0; i < COUNT(parts); i++)
		parts[i](&w);
	return w.lines;
}
