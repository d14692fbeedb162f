/* gate_evidence.c - the gate's rules on evidence and findings. */
#include "release/gate/gate_impl.h"
#include "release/gate/packed.h"
#include "release/gate/policy.h"
#include <string.h>

/* Which bytes a kind of evidence must speak of; an unknown kind must speak of every package. */
static bool is_about_source(const char *kind)
{
	return strcmp(kind, "vendor-signature") == 0;
}

static const json_t *asked_here(const struct gate *g)
{
	return json_map(g->rfc, "asked");
}

static json_t *kinds_asked(const struct gate *g)
{
	const json_t *category = policy_category(g->policy, json_text(g->rfc, "impact"));

	if (gate_is_adoption(g)) /* nobody examined it, and its records say so */
		return json_array();
	return gate_union(json_list(asked_here(g), "evidence"), json_list(category, "evidence"));
}

void gate_evidence_begin(struct gate *g)
{
	size_t i, k;
	json_t *item, *subject;

	json_array_foreach(g->evidence, i, item) {
		const char *kind = json_text(item, "kind");
		json_t *mine = json_object_get(g->latest, kind);

		if (!mine)
			json_object_set_new(g->latest, kind, mine = json_object());
		json_array_foreach(json_list(item, "subjects"), k, subject)
			if (json_is_string(subject))
				json_object_set(mine, json_string_value(subject), item);
	}
}

const json_t *gate_latest(const struct gate *g, const char *kind, const char *subject)
{
	return json_object_get(json_object_get(g->latest, kind), subject);
}

static bool is_pass(const json_t *item)
{
	return item && strcmp(json_text(item, "verdict"), "pass") == 0;
}

/* What people say counts while the key they said it with is theirs. */
static bool is_their_key(const struct gate *g, const json_t *item)
{
	return policy_key_of(g->policy, json_text(item, "person"), json_text(item, "key"));
}

/* An unsigned vendor file: does the role that the policy names vouch for it? Not by whoever built or asked for it: nobody acts alone. */
static bool is_vouched(const struct gate *g, const char *subject)
{
	const char *role = json_text(json_map(g->policy, "unsigned-vendor"), "role");
	const json_t *item = gate_latest(g, "vendor-checksum", subject);

	return *role && is_pass(item) && policy_holds(g->policy, json_text(item, "person"), role) &&
		is_their_key(g, item) && !gate_conflict(g, json_text(item, "person"));
}

static bool speaks_for_any(const struct gate *g, const char *person)
{
	AUTO_JSON *departments = gate_affected(g, "departments");
	size_t i;
	json_t *department;

	json_array_foreach(departments, i, department) {
		AUTO_FREE char *role = mem_printf("department/%s", json_string_value(department));

		if (policy_holds(g->policy, person, role))
			return true;
	}
	return json_array_size(departments) == 0 && policy_has_any_role(g->policy, person);
}

/* A department's own test is nobody's who asked for the change or built it, and where departments are affected it is one of theirs. NULL: it counts. */
static const char *why_not(const struct gate *g, const char *kind, const json_t *item)
{
	const char *person = json_text(item, "person"), *conflict;

	if (strcmp(kind, "acceptance") != 0)
		return NULL;
	conflict = gate_conflict(g, person);
	if (conflict)
		return conflict;
	if (!is_their_key(g, item))
		return "signed it with a key that is no longer theirs";
	return speaks_for_any(g, person) ? NULL : "speaks for no affected department";
}

static void demand(struct gate *g, const char *kind, const char *subject, const char *what)
{
	const json_t *item = gate_latest(g, kind, subject);

	const char *why = is_pass(item) ? why_not(g, kind, item) : NULL;

	if (why) {
		gate_refuse(g, "%s: %s, who gave the acceptance, %s; somebody else must", what,
			json_text(item, "person"), why);
		return;
	}
	if (is_pass(item) || (is_about_source(kind) && is_vouched(g, subject)))
		return;
	if (!item)
		gate_refuse(g,
			"%s: there is no %s evidence for these bytes (%.16s); 'sluice submit' or 'sluice evidence add' "
			"makes it",
			what, kind, subject);
	else
		gate_refuse(g, "%s: the %s evidence says '%s' (%.16s); a new candidate or a better test is needed",
			what, kind, json_text(item, "verdict"), subject);
}

/* ---- what people say against it */
/* A no of somebody with a place in the policy is theirs to take back; another person's yes does not undo it. */
static const json_t *last_word(const struct gate *g, const char *kind, const char *subject, const char *person)
{
	const json_t *found = NULL;
	size_t i;
	json_t *item;

	json_array_foreach(g->evidence, i, item)
		if (strcmp(json_text(item, "kind"), kind) == 0 && strcmp(json_text(item, "person"), person) == 0 &&
			json_lists(json_list(item, "subjects"), subject))
			found = item;
	return found;
}

static bool is_taken_back(const struct gate *g, const char *kind, const char *subject, const char *person)
{
	const json_t *last = last_word(g, kind, subject, person);

	return is_pass(last) && is_their_key(g, last);
}

static void spoken_against(struct gate *g, const char *subject, const char *what)
{
	static const char *const kinds[] = { "acceptance", "advisory", "vendor-checksum" };
	AUTO_JSON *told = json_object();
	size_t i;
	json_t *item;

	json_array_foreach(g->evidence, i, item) {
		const char *kind = json_text(item, "kind"), *person = json_text(item, "person");
		AUTO_FREE char *once = mem_printf("%s %s", kind, person);
		bool is_said = false;

		for (size_t k = 0; k < COUNT(kinds); k++)
			is_said = is_said || strcmp(kinds[k], kind) == 0;
		if (!is_said || is_pass(item) || json_object_get(told, once) ||
			!json_lists(json_list(item, "subjects"), subject) || !policy_has_any_role(g->policy, person) ||
			is_taken_back(g, kind, subject, person))
			continue;
		json_object_set_new(told, once, json_true());
		gate_refuse(g,
			"%s: %s says no (%s evidence '%s'); only %s can take that back, or a new candidate helps", what,
			person, kind, json_text(item, "verdict"), person);
	}
}

static void named_are_there(struct gate *g, const char *part, const json_t *have)
{
	size_t i, k;
	json_t *digest, *item;

	json_array_foreach(json_list(json_map(g->rfc, "names"), part), i, digest) {
		bool found = false;

		json_array_foreach(have, k, item)
			found = found || strcmp(json_text(item, "digest"), json_string_value(digest)) == 0;
		if (!found)
			gate_refuse(g, "%s %.16s, which the revision names, is not there or not what it was", part,
				json_string_value(digest));
	}
}

void rule_evidence(struct gate *g)
{
	AUTO_JSON *kinds = kinds_asked(g), *packages = gate_packages(g);
	size_t i, k;
	json_t *kind, *item;

	named_are_there(g, "evidence", g->evidence);
	json_array_foreach(json_list(g->rfc, "candidates"), i, item)
		spoken_against(g, json_text(item, "source"), json_text(item, "id"));
	json_array_foreach(kinds, k, kind) {
		const char *name = json_string_value(kind);

		if (is_about_source(name))
			json_array_foreach(json_list(g->rfc, "candidates"), i, item)
				demand(g, name, json_text(item, "source"), json_text(item, "id"));
		else
			json_array_foreach(packages, i, item) {
				AUTO_JSON *package = packed_get(item);

				demand(g, name, json_text(package, "sha256"), json_text(package, "name"));
			}
	}
}

void rule_vendor(struct gate *g)
{
	AUTO_JSON *kinds = kinds_asked(g);
	size_t i;
	json_t *c;

	if (!json_lists(kinds, "vendor-signature"))
		return;
	json_array_foreach(json_list(g->rfc, "candidates"), i, c) {
		const json_t *item = gate_latest(g, "vendor-signature", json_text(c, "source"));
		const char *key = json_text(json_map(item, "body"), "fingerprint"), *vendor = json_text(c, "vendor");

		if (is_pass(item) && !policy_vendor_key(g->policy, vendor, key))
			gate_refuse(g,
				"%s: %s is no key of vendor '%s' in the present policy; its owners pin vendors' keys",
				json_text(c, "id"), *key ? key : "the key that signed", vendor);
	}
}

void rule_sandbox(struct gate *g)
{
	const json_t *wanted = json_list(json_map(g->policy, "sandbox"), "require");
	AUTO_JSON *kinds = kinds_asked(g), *packages = gate_packages(g);
	size_t i, k;
	json_t *one, *feature;

	if (!json_lists(kinds, "test"))
		return;
	json_array_foreach(packages, i, one) {
		AUTO_JSON *package = packed_get(one);
		const json_t *item = gate_latest(g, "test", json_text(package, "sha256"));

		json_array_foreach(wanted, k, feature)
			if (is_pass(item) &&
				!json_lists(json_list(json_map(item, "body"), "sandbox"), json_string_value(feature)))
				gate_refuse(g, "%s: the test machine did not offer '%s'; test again on one that does",
					json_text(package, "name"), json_string_value(feature));
	}
}

/* ---- findings */
static int severity_of(const json_t *finding)
{
	int severity = severity_parse(json_text(finding, "severity"));

	return severity < 0 ? (int)SEVERITY_CRITICAL : severity; /* what we cannot read is the worst */
}

/* Its own digest, never the one it claims: one acceptance must not cover two findings. */
static void digest_of(const json_t *finding, char ret[65])
{
	AUTO_JSON *copy = json_deep_copy(finding);
	struct err ignored = { 0 };

	json_object_del(copy, "digest");
	if (json_digest(copy, ret, &ignored))
		strcpy(ret, "unreadable");
}

static bool is_submitter(const struct gate *g, const char *person)
{
	size_t i;
	json_t *c;

	json_array_foreach(json_list(g->rfc, "candidates"), i, c)
		if (strcmp(json_text(c, "submitter"), person) == 0)
			return !json_flag(json_map(g->policy, "separation"), "submitter-may-vote");
	return false;
}

static bool is_accepted(const struct gate *g, const char *digest, const json_t *roles)
{
	size_t i;
	json_t *a;

	json_array_foreach(g->acceptances, i, a) {
		const char *person = json_text(a, "person"), *role = json_text(a, "role");
		int64_t until = json_int(a, "until");

		if (strcmp(json_text(a, "finding"), digest) == 0 && json_lists(roles, role) &&
			policy_holds(g->policy, person, role) &&
			policy_key_of(g->policy, person, json_text(a, "key")) && !is_submitter(g, person) &&
			(until == 0 || until >= g->at))
			return true;
	}
	return false;
}

static void each_finding(
	struct gate *g, void (*see)(struct gate *g, const json_t *finding, void *context), void *context)
{
	size_t i, k;
	json_t *item, *finding;

	json_array_foreach(g->evidence, i, item)
		json_array_foreach(json_list(json_map(item, "body"), "findings"), k, finding)
			see(g, finding, context);
}

static int fail_on(const struct gate *g)
{
	int now = severity_parse(policy_fail_on(g->policy)), then = severity_parse(json_text(asked_here(g), "fail-on"));

	return then >= 0 && then < now ? then : now;
}

static void see_finding(struct gate *g, const json_t *finding, void *context)
{
	json_t *seen = context;
	const char *check = json_text(finding, "check");
	const json_t *roles = policy_acceptors(g->policy, check);
	AUTO_FREE char *who = json_join(roles, "nobody");
	char digest[65];

	digest_of(finding, digest);
	if (severity_of(finding) < fail_on(g) || json_object_get(seen, digest) || is_accepted(g, digest, roles))
		return;
	json_object_set_new(seen, digest, json_true());
	gate_refuse(g, "%s (%s) at %s: %s; finding %.16s must be accepted by %s", check, json_text(finding, "severity"),
		json_text(finding, "where"), json_text(finding, "text"), digest, who);
}

void rule_findings(struct gate *g)
{
	AUTO_JSON *seen = json_object();

	named_are_there(g, "acceptances", g->acceptances);
	each_finding(g, see_finding, seen);
}

static void see_worst(struct gate *g, const json_t *finding, void *context)
{
	int *worst = context, severity = severity_of(finding);

	if (severity > *worst)
		*worst = severity;
}

void rule_impact(struct gate *g)
{
	int worst = SEVERITY_INFO, impact = impact_parse(json_text(g->rfc, "impact"));
	enum impact needed;

	each_finding(g, see_worst, &worst);
	needed = impact_floor((enum severity)worst);
	if (impact < (int)needed)
		gate_refuse(g,
			"impact '%s' is below what the findings demand: '%s' (the worst is %s); 'sluice rfc edit "
			"--field impact=%s' raises it",
			json_text(g->rfc, "impact"), impact_name(needed), severity_name((enum severity)worst),
			impact_name(needed));
}
