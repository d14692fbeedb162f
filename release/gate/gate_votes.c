/* gate_votes.c - the gate's rules on votes: who must say yes, who may not, who is asked first.
 *
 * Which votes count for whom is gate_tally.c's; each person's latest word is their word. Both the frozen demand and the present policy's are met. */
#include "release/gate/gate_impl.h"
#include "release/gate/packed.h"
#include "release/gate/policy.h"
#include <string.h>

static bool is_emergency(const struct gate *g)
{
	return strcmp(json_text(g->rfc, "type"), "emergency") == 0;
}

static bool is_standard(const struct gate *g)
{
	return strcmp(json_text(g->rfc, "type"), "standard") == 0;
}

/* What is asked of roles: what was frozen, and what the policy asks now; a later, stricter policy bites at once. */
static json_t *demands(const struct gate *g)
{
	json_t *all = json_array();

	if (gate_is_adoption(g)) {
		AUTO_JSON *owners = policy_owner_votes(g->policy);

		json_array_extend(all, json_list(json_map(g->rfc, "asked"), "votes"));
		json_array_extend(all, owners);
	} else if (is_emergency(g))
		json_array_extend(all, json_list(json_map(g->policy, "emergency"), "votes"));
	else if (!is_standard(g)) {
		json_array_extend(all, json_list(json_map(g->rfc, "asked"), "votes"));
		json_array_extend(all, json_list(policy_category(g->policy, json_text(g->rfc, "impact")), "votes"));
	}
	return all;
}

/* Why this person's word is not asked for, or NULL. */
const char *gate_conflict(const struct gate *g, const char *person)
{
	const json_t *may = json_map(g->policy, "separation");
	size_t i;
	json_t *c;

	if (strcmp(person, json_text(g->rfc, "requester")) == 0 && !json_flag(may, "requester-may-vote"))
		return "asked for the change";
	if (strcmp(person, json_text(g->rfc, "implementer")) == 0 && !json_flag(may, "implementer-may-vote"))
		return "is releasing it";
	json_array_foreach(json_list(g->rfc, "candidates"), i, c)
		if (strcmp(person, json_text(c, "submitter")) == 0 && !json_flag(may, "submitter-may-vote"))
			return "built it";
	return NULL;
}

static int64_t count_of(const json_t *demand)
{
	int64_t count = json_int(demand, "count");

	return count > 0 ? count : 1;
}

/* Who could still say yes; why not, where nobody can. */
static char *who_can(const struct gate *g, const char *role, const struct tally *t)
{
	AUTO_JSON *able = json_array(), *unable = json_array();
	AUTO_FREE char *why = NULL;
	size_t i;
	json_t *holder;

	json_array_foreach(policy_holders(g->policy, role), i, holder) {
		const char *person = json_string_value(holder);
		const char *decision = json_text(json_object_get(t->people, person), "decision");

		if (strcmp(decision, "approve") != 0 && !gate_conflict(g, person))
			json_array_append(able, holder);
		else
			json_array_append_new(unable,
				json_sprintf("%s %s", person,
					gate_conflict(g, person) ? gate_conflict(g, person) : "said yes already"));
	}
	why = json_join(unable, "nobody holds the role");
	return json_array_size(able) ? json_join(able, "") : mem_printf("nobody (%s)", why);
}

/* A yes with a condition is none until somebody who may says that it is met. */
static void unmet(struct gate *g, const char *role, const struct tally *t)
{
	const char *holder;
	json_t *word;

	json_object_foreach(t->people, holder, word)
		if (strcmp(json_text(word, "decision"), "condition") == 0)
			gate_refuse(g,
				"%s: %s says yes on a condition: %s; %s or another of %s says that it is met with "
				"'sluice rfc condition-met'",
				role, json_text(word, "voter"), json_text(word, "condition"), json_text(word, "voter"),
				role);
}

static void missing(struct gate *g, const char *role, int64_t count)
{
	struct tally t;
	int64_t yes;
	AUTO_FREE char *who = NULL;

	tally(g, role, &t);
	yes = tally_yes(g, &t, (struct span){ false, -1, -1 });
	who = who_can(g, role, &t);
	if (yes < count) {
		gate_refuse(g, "%s: %lld of %lld yes to revision %.16s; %s can give %s", role, (long long)yes,
			(long long)count, json_text(g->rfc, "revision"), who, count - yes == 1 ? "it" : "them");
		json_set_str(json_array_get(g->reasons, json_array_size(g->reasons) - 1), "role", role);
		unmet(g, role, &t);
	}
	tally_done(&t);
}

/* The same demand frozen and present is told once. */
static bool is_repeated(const json_t *all, size_t at)
{
	const json_t *one = json_array_get(all, at);

	for (size_t i = 0; i < at; i++) {
		const json_t *other = json_array_get(all, i);

		if (strcmp(json_text(one, "role"), json_text(other, "role")) == 0 && count_of(one) == count_of(other))
			return true;
	}
	return false;
}

void rule_votes(struct gate *g)
{
	AUTO_JSON *all = demands(g);
	size_t i;
	json_t *demand;

	json_array_foreach(all, i, demand)
		if (!is_emergency(g) && !is_repeated(all, i))
			missing(g, json_text(demand, "role"), count_of(demand));
}

void rule_emergency(struct gate *g)
{
	AUTO_JSON *all = demands(g);
	size_t i;
	json_t *demand;

	if (!is_emergency(g))
		return;
	if (!json_array_size(all))
		gate_refuse(g, "the policy knows no emergencies; its owners can add them");
	/* Nothing is released, so nothing would be owed for it. */
	if (*json_text(json_map(g->rfc, "request"), "resume"))
		gate_refuse(g, "what starts a channel again is no emergency; open it as a normal change");
	json_array_foreach(all, i, demand)
		missing(g, json_text(demand, "role"), count_of(demand));
}

static void each_department(struct gate *g, void (*see)(struct gate *g, const char *role))
{
	AUTO_JSON *departments = gate_affected(g, "departments");
	size_t i;
	json_t *department;

	json_array_foreach(departments, i, department) {
		AUTO_FREE char *role = mem_printf("department/%s", json_string_value(department));

		see(g, role);
	}
}

/* A standard change: a department that consented to its template beforehand said yes by that. */
static bool consented(const struct gate *g, const char *role)
{
	const char *name = json_text(json_map(g->rfc, "request"), "template");
	const json_t *template = json_map(json_map(g->policy, "standard-changes"), name);

	return is_standard(g) && json_lists(json_list(template, "consent"), role) &&
		json_lists(json_list(json_map(json_map(g->history, "templates"), name), "consents"), role);
}

static void department_missing(struct gate *g, const char *role)
{
	if (!consented(g, role))
		missing(g, role, 1);
}

void rule_department(struct gate *g)
{
	each_department(g, department_missing);
}

static void rejected_by(struct gate *g, const char *role)
{
	struct tally t;
	const char *person;
	json_t *word;

	tally(g, role, &t);
	json_object_foreach(t.people, person, word)
		if (strcmp(json_text(word, "decision"), "reject") == 0)
			gate_refuse(g, "%s says no as %s; only %s can change that, or a new revision",
				json_text(word, "voter"), role, person);
	tally_done(&t);
}

void rule_reject(struct gate *g)
{
	AUTO_JSON *all = demands(g), *roles = json_array(), *seen = NULL;
	size_t i;
	json_t *demand;

	json_array_foreach(all, i, demand)
		json_array_append(roles, json_object_get(demand, "role"));
	seen = gate_union(roles, NULL);
	json_array_foreach(seen, i, demand)
		rejected_by(g, json_string_value(demand));
	each_department(g, rejected_by);
}

static void not_counted(struct gate *g, const char *role, const char *holder, const json_t *word, const char *who)
{
	const char *voter;
	json_t *places;

	json_object_foreach(json_map(word, "voters"), voter, places)
		if (gate_word_conflict(g, holder, voter))
			gate_refuse(g, "%s: %s's yes does not count, because %s %s; %s can give one", role, voter,
				gate_conflict(g, voter) ? voter : holder, gate_word_conflict(g, holder, voter), who);
}

static void separate(struct gate *g, const char *role, int64_t count)
{
	struct tally t;
	const char *person;
	json_t *word;

	tally(g, role, &t);
	if (tally_yes(g, &t, (struct span){ false, -1, -1 }) >= count &&
		tally_yes(g, &t, (struct span){ true, -1, -1 }) < count) {
		AUTO_FREE char *who = who_can(g, role, &t);

		json_object_foreach(t.people, person, word)
			not_counted(g, role, person, word, who);
	}
	tally_done(&t);
}

static void separate_department(struct gate *g, const char *role)
{
	separate(g, role, 1);
}

void rule_separation(struct gate *g)
{
	AUTO_JSON *all = demands(g);
	size_t i;
	json_t *demand;

	json_array_foreach(all, i, demand)
		if (!is_repeated(all, i))
			separate(g, json_text(demand, "role"), count_of(demand));
	each_department(g, separate_department);
}

/* The place at which a demand was first met; -1: it is not. */
static int64_t met_at(const struct gate *g, const char *role, int64_t count)
{
	struct tally t;
	int64_t place = 0, end = (int64_t)json_array_size(g->votes);

	tally(g, role, &t);
	while (place < end && tally_yes(g, &t, (struct span){ true, -1, place }) < count)
		place++;
	tally_done(&t);
	return place < end ? place : -1;
}

static void after_first(struct gate *g, const json_t *demand, const char *first, int64_t place)
{
	const char *role = json_text(demand, "role");
	struct tally t;

	tally(g, role, &t);
	if (tally_yes(g, &t, (struct span){ true, -1, -1 }) >= count_of(demand) &&
		tally_yes(g, &t, (struct span){ true, place, -1 }) < count_of(demand))
		gate_refuse(g, "%s said yes before %s, who is asked first; %s must say it again, knowing that", role,
			first, role);
	tally_done(&t);
}

void rule_order(struct gate *g)
{
	AUTO_JSON *all = demands(g);
	size_t i, k;
	json_t *first, *other;

	json_array_foreach(all, i, first) {
		int64_t place = json_flag(first, "first") && !is_repeated(all, i)
			? met_at(g, json_text(first, "role"), count_of(first))
			: -1;

		if (place < 0)
			continue;
		json_array_foreach(all, k, other)
			if (!json_flag(other, "first") && !is_repeated(all, k))
				after_first(g, other, json_text(first, "role"), place);
	}
}

/* ---- standard changes: what was approved once, inside its scope */
static void in_scope(struct gate *g, const char *name, const json_t *template)
{
	const json_t *used = json_map(json_map(g->history, "templates"), name);
	size_t i;
	json_t *item, *role;

	json_array_foreach(g->packages, i, item) {
		AUTO_JSON *package = packed_get(item);
		AUTO_JSON *one = json_pack("[s]", json_text(package, "name"));
		AUTO_JSON *probe = json_pack(
			"{s:{s:{s:O}}}", "services", "scope", "packages", json_list(template, "packages"));
		AUTO_JSON *found = policy_affected(probe, one);

		if (json_array_size(json_list(found, "unmapped")))
			gate_refuse(g, "%s is outside the scope of template '%s'; open a normal RfC",
				json_text(package, "name"), name);
	}
	if (!used)
		gate_refuse(g, "it is not known how often template '%s' was used; open a normal RfC", name);
	else if (json_object_get(template, "max-per-month") &&
		json_int(used, "used") >= json_int(template, "max-per-month"))
		gate_refuse(g,
			"template '%s' was used %lld times this month, which is all it allows; as a normal change it "
			"needs the votes (sluice rfc edit --field type=normal)",
			name, (long long)json_int(used, "used"));
	json_array_foreach(json_list(template, "consent"), i, role)
		if (!json_lists(json_list(used, "consents"), json_string_value(role)))
			gate_refuse(g,
				"%s did not consent to what template '%s' says now; who holds the role can, with "
				"'sluice rfc consent'",
				json_string_value(role), name);
	if (*json_text(template, "expires") && json_int(used, "expires") < g->at)
		gate_refuse(g, "template '%s' has expired (%s)", name, json_text(template, "expires"));
}

static int worst_finding(const struct gate *g, bool *ret_recipe_changed)
{
	int worst = -1;
	size_t i, k;
	json_t *item, *finding;

	json_array_foreach(g->evidence, i, item)
		json_array_foreach(json_list(json_map(item, "body"), "findings"), k, finding) {
			int severity = severity_parse(json_text(finding, "severity"));

			worst = severity < 0 ? (int)SEVERITY_CRITICAL : severity > worst ? severity : worst;
			*ret_recipe_changed |= strcmp(json_text(finding, "check"), "recipe-changed") == 0;
		}
	return worst;
}

void rule_standard(struct gate *g)
{
	const char *type = json_text(g->rfc, "type"), *name = json_text(json_map(g->rfc, "request"), "template");
	const json_t *template = json_map(json_map(g->policy, "standard-changes"), name);
	bool is_recipe_changed = false;
	int worst;

	if (gate_is_adoption(g))
		return;
	if (strcmp(type, "normal") != 0 && !is_standard(g) && !is_emergency(g))
		gate_refuse(g, "'%s' is no type of change; normal, standard or emergency", type);
	if (!is_standard(g))
		return;
	if (!json_array_size(json_list(g->rfc, "candidates"))) {
		gate_refuse(g, "a template approves updates beforehand, and nothing else; open a normal RfC");
		return;
	}
	if (!template) {
		gate_refuse(g, "the policy has no template '%s'; open a normal RfC", name);
		return;
	}
	in_scope(g, name, template);
	worst = worst_finding(g, &is_recipe_changed);
	if (*json_text(template, "max-finding") && worst > severity_parse(json_text(template, "max-finding")))
		gate_refuse(g, "a finding is worse than template '%s' allows (%s); open a normal RfC", name,
			json_text(template, "max-finding"));
	if (strcmp(json_text(template, "recipe"), "unchanged") == 0 && is_recipe_changed)
		gate_refuse(g, "the recipe changed; template '%s' wants it unchanged; open a normal RfC", name);
}
