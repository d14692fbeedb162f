/* gate.c - the gate: every rule is asked, every no is told. There is no way round it and no argument that skips a rule.
 *
 * Pure: no I/O, no clock, no memory of earlier calls. An input that is not of its shape refuses before any rule reads it. */
#include "base/text.h"
#include "release/gate/fields.h"
#include "release/gate/gate_impl.h"
#include "release/gate/packed.h"
#include "release/gate/policy.h"
#include <regex.h>
#include <stdio.h>
#include <string.h>

static void rule_withdrawn(struct gate *g)
{
	size_t i;
	json_t *c;

	if (json_flag(g->rfc, "withdrawn"))
		gate_refuse(g, "%s was withdrawn; open a new RfC", json_text(g->rfc, "id"));
	json_array_foreach(json_list(g->rfc, "candidates"), i, c)
		if (json_flag(c, "withdrawn"))
			gate_refuse(g, "candidate %s was withdrawn%s%s; open an RfC for another one",
				json_text(c, "id"), *json_text(c, "superseded_by") ? ", superseded by " : "",
				json_text(c, "superseded_by"));
}

static void rule_fields(struct gate *g)
{
	for (const struct rfc_field *f = rfc_field_table; f->key; f++) {
		int impact = impact_parse(json_text(g->rfc, "impact"));
		const char *stage = impact < 0 ? NULL : f->needed_for[impact];

		if (stage && strcmp(stage, "voting") == 0 &&
			text_is_blank(json_text(json_map(g->rfc, "request"), f->key)))
			gate_refuse(g,
				"field '%s' (%s) is missing; %s or another packager can give it with 'sluice rfc edit'",
				f->key, f->meaning, json_text(g->rfc, "requester"));
	}
}

static void rule_priority(struct gate *g)
{
	const char *urgency = json_text(g->rfc, "urgency"), *impact = json_text(g->rfc, "impact");

	if (!*policy_priority(g->policy, urgency, impact))
		gate_refuse(g, "the policy's table has no priority for urgency '%s' and impact '%s'", urgency, impact);
}

static void rule_unmapped(struct gate *g)
{
	json_t *unmapped = gate_affected(g, "unmapped");
	AUTO_FREE char *names = json_join(unmapped, "nobody");

	if (json_array_size(unmapped) && strcmp(json_text(g->policy, "unmapped"), "warn") != 0)
		gate_refuse(g,
			"no service of the policy holds %s: nobody knows which business process it touches; the "
			"policy's owners can map it",
			names);
	json_decref(unmapped);
}

static void rule_external(struct gate *g)
{
	const json_t *external = json_map(g->policy, "external");
	const char *pattern = json_text(external, "pattern"), *id = json_text(g->rfc, "external");
	regex_t regex;

	if (!json_flag(external, "required"))
		return;
	if (!*id) {
		gate_refuse(g,
			"the change has no reference in the other system; 'sluice rfc edit --field external=...' gives "
			"it");
		return;
	}
	if (*pattern && regcomp(&regex, pattern, REG_EXTENDED)) {
		gate_refuse(g, "the policy's pattern for references cannot be read");
		return;
	}
	if (*pattern) {
		regmatch_t whole;
		int missed = regexec(&regex, id, 1, &whole, 0) || whole.rm_so != 0 ||
			whole.rm_eo != (regoff_t)strlen(id);

		if (missed)
			gate_refuse(g, "the reference '%s' is not of the form %s", id, pattern);
		regfree(&regex);
	}
}

static const struct gate_rule rules[] = {
	{ { "withdrawn", "neither the RfC nor one of its candidates was withdrawn", STAGE_VOTING }, rule_withdrawn },
	{ { "fields", "every field that this impact needs is filled (sluice rfc fields)", STAGE_VOTING }, rule_fields },
	{ { "impact", "the impact is not below what the findings demand", STAGE_VOTING }, rule_impact },
	{ { "priority", "the policy's table gives a priority for urgency and impact", STAGE_VOTING }, rule_priority },
	{ { "unmapped", "every package belongs to a service, so that it is known whom it touches", STAGE_VOTING },
		rule_unmapped },
	{ { "evidence", "every kind of evidence the category asks for is there, for exactly these bytes, and good",
		  STAGE_VOTING },
		rule_evidence },
	{ { "vendor", "the vendor's signature was made by a key pinned in the present policy", STAGE_VOTING },
		rule_vendor },
	{ { "sandbox", "the test ran on a machine that isolates as the policy asks", STAGE_VOTING }, rule_sandbox },
	{ { "findings", "each finding at or above fail-on was accepted by a role that may", STAGE_VOTING },
		rule_findings },
	{ { "expectations", "it was tested against what the affected departments had agreed on", STAGE_VOTING },
		rule_expectations },
	{ { "external", "the reference into the other system is there where the policy asks for it", STAGE_VOTING },
		rule_external },
	{ { "standard", "a standard change stays inside the scope of its template", STAGE_VOTING }, rule_standard },
	{ { "votes", "the roles that the category asks for said yes to this very revision", STAGE_AUTHORISED },
		rule_votes },
	{ { "reject", "no role that is asked for says no", STAGE_AUTHORISED }, rule_reject },
	{ { "rejected", "it was not rejected, and nobody decided that it is not installed", STAGE_AUTHORISED },
		rule_rejected },
	{ { "department", "each affected department said yes itself", STAGE_AUTHORISED }, rule_department },
	{ { "separation", "no approver is requester, submitter or implementer", STAGE_AUTHORISED }, rule_separation },
	{ { "order", "who must be asked first was asked first", STAGE_AUTHORISED }, rule_order },
	{ { "emergency", "an emergency has its own roles' yes, and the policy knows emergencies", STAGE_AUTHORISED },
		rule_emergency },
	{ { "channel", "the policy knows the channel", STAGE_RELEASE }, rule_channel, true },
	{ { "stop", "the channel is not stopped", STAGE_RELEASE }, rule_stop },
	{ { "target", "there is a package for every target of the channel", STAGE_RELEASE }, rule_target, true },
	{ { "package", "each package's bytes are still those that were tested and voted on", STAGE_RELEASE },
		rule_package, true },
	{ { "dispute", "no dispute on it waits for management's decision, and that decision allows it now",
		  STAGE_RELEASE },
		rule_dispute },
	{ { "review", "its review does not say that it failed", STAGE_RELEASE }, rule_review },
	{ { "schedule", "it is scheduled where the policy asks for it, and the time has come", STAGE_RELEASE },
		rule_schedule },
	{ { "window", "the time lies in the RfC's window and in the policy's", STAGE_RELEASE }, rule_window },
	{ { "blackout", "no touched process has a blackout now", STAGE_RELEASE }, rule_blackout },
	{ { "soak", "it was in the channel before for long enough", STAGE_RELEASE }, rule_soak },
	{ { "reports", "enough machines of the channel before reported that it went well, and few that it failed",
		  STAGE_RELEASE },
		rule_reports },
	{ { "conflict", "no other change touches the same process now", STAGE_RELEASE }, rule_conflict },
	{ { "debt", "no emergency on this channel waits for its post-approval past the deadline", STAGE_RELEASE },
		rule_debt },
	{ { "back", "a change that is taken back is there as it was voted on, and the way back was tested with it",
		  STAGE_RELEASE },
		rule_back, true },
};

static bool shaped(struct gate *g)
{
	/* It starts a channel again, takes something out of one, or takes over what was there: it brings nothing new. */
	bool is_bare = *json_text(json_map(g->rfc, "request"), "resume") ||
		json_array_size(json_list(g->rfc, "removes")) > 0 || gate_is_adoption(g);
	const struct {
		const char *name;
		bool is_fit;
	} inputs[] = {
		{ "policy", json_is_object(g->policy) && json_map(g->policy, "people") },
		{ "channel", !g->channel || json_is_object(g->channel) },
		{ "rfc",
			json_is_object(g->rfc) && json_map(g->rfc, "request") && json_map(g->rfc, "asked") &&
				json_map(g->rfc, "affected") && json_map(g->rfc, "names") &&
				json_list(json_map(g->rfc, "life"), "disputes") &&
				strlen(json_text(g->rfc, "revision")) == 64 && *json_text(g->rfc, "requester") },
		{ "candidates", json_array_size(json_list(g->rfc, "candidates")) > 0 || is_bare },
		{ "category", policy_category(g->policy, json_text(g->rfc, "impact")) != NULL },
		{ "packages",
			json_array_size(g->packages) > 0 || json_flag(g->rfc, "back") ||
				(is_bare && json_is_array(g->packages)) },
		{ "evidence", json_is_array(g->evidence) },
		{ "acceptances", json_is_array(g->acceptances) },
		{ "votes", json_is_array(g->votes) },
		{ "calendars", json_is_object(g->calendars) },
		{ "history",
			json_is_object(g->history) && json_list(g->history, "releases") &&
				json_list(g->history, "stopped") },
		{ "time", g->at > 0 },
	};

	for (size_t i = 0; i < COUNT(inputs); i++)
		if (!inputs[i].is_fit)
			gate_refuse(g, "cannot be judged: the %s is missing or not of its form", inputs[i].name);
	return json_array_size(g->reasons) == 0;
}

/* Each package is looked at once for what all rules ask of it. */
static void look_at_packages(struct gate *g)
{
	AUTO_JSON *names = json_array();
	json_t *item;
	size_t i;

	g->mine = json_array();
	json_array_foreach(g->packages, i, item) {
		AUTO_JSON *package = packed_get(item);

		if (!g->channel || json_lists(json_list(g->channel, "targets"), json_text(package, "target")))
			json_array_append(g->mine, item);
		/* Machines have what is taken over, or could have had it: for them nothing changes. */
		if (!gate_is_adoption(g))
			json_array_append_new(names, json_string(json_text(package, "name")));
	}
	json_array_foreach(json_list(g->rfc, "removes"), i, item)
		json_array_append_new(names, json_string(json_text(item, "name")));
	g->touched = policy_affected(g->policy, names);
}

json_t *gate(const json_t *policy, const json_t *channel, const json_t *rfc, const json_t *packages,
	const json_t *evidence, const json_t *acceptances, const json_t *votes, const json_t *calendars,
	const json_t *history, int64_t at)
{
	struct gate g = { policy, channel, rfc, packages, evidence, acceptances, votes, calendars, history, at, "input",
		json_array(), json_object() };

	gate_evidence_begin(&g);
	if (shaped(&g)) {
		look_at_packages(&g);
		for (size_t i = 0; i < COUNT(rules); i++) {
			g.rule = rules[i].info.name;
			if (json_flag(rfc, "back") ? rules[i].is_for_back
						   : rules[i].info.stage != STAGE_RELEASE || channel)
				rules[i].ask(&g);
		}
	}
	json_decref(g.latest);
	json_decref(g.mine);
	json_decref(g.touched);
	return json_pack("{s:b, s:o}", "allow", json_array_size(g.reasons) == 0, "reasons", g.reasons);
}

const struct gate_rule_info *gate_rules(size_t *ret_len)
{
	static struct gate_rule_info infos[COUNT(rules)];

	for (size_t i = 0; i < COUNT(rules); i++)
		infos[i] = rules[i].info;
	*ret_len = COUNT(rules);
	return infos;
}

enum gate_stage gate_rule_stage(const char *rule)
{
	for (size_t i = 0; i < COUNT(rules); i++)
		if (strcmp(rules[i].info.name, rule) == 0)
			return rules[i].info.stage;
	return STAGE_VOTING;
}

/* ---- what the rules share */
void gate_refuse(struct gate *g, const char *fmt, ...)
{
	AUTO_FREE char *raw = NULL, *text = NULL;
	va_list ap;
	json_t *reason = json_pack("{s:s}", "rule", g->rule);

	va_start(ap, fmt);
	raw = mem_vprintf(fmt, ap);
	va_end(ap);
	text = text_printable(raw, strlen(raw), false);
	json_set_str(reason, "text", text);
	json_array_append_new(g->reasons, reason);
}

json_t *gate_union(const json_t *a, const json_t *b)
{
	json_t *all = json_array();
	const json_t *lists[] = { a, b };

	for (size_t l = 0; l < COUNT(lists); l++) {
		size_t i;
		json_t *item;

		json_array_foreach(lists[l], i, item)
			if (json_is_string(item) && !json_lists(all, json_string_value(item)))
				json_array_append(all, item);
	}
	return all;
}

json_t *gate_packages(const struct gate *g)
{
	return json_incref(g->mine);
}

json_t *gate_affected(const struct gate *g, const char *part)
{
	json_t *now = json_list(g->touched, part);

	/* What is unmapped is the present policy's word alone: the owners may have mapped it since. */
	return strcmp(part, "unmapped") == 0 ? json_incref(now)
					     : gate_union(json_list(json_map(g->rfc, "affected"), part), now);
}
