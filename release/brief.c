/* brief.c - what a page about an RfC says, section by section. */
#include "release/brief.h"
#include "base/record.h"
#include "base/text.h"
#include "base/when.h"
#include "release/gate/calendars.h"
#include "release/gate/fold.h"
#include <string.h>

enum { DATES_MAX = 8, DAYS_AHEAD = 60 };

struct brief {
	struct release *r;
	const json_t *shown; /* rfc_show */
	const char *role, *department;
	const json_t *agreements; /* on what is tested, of all departments */
	json_t *items;            /* of the section that is written */
	json_t *sections;
};

static void heading(struct brief *b, const char *text)
{
	b->items = json_array();
	json_array_append_new(b->sections, json_pack("{s:s, s:o}", "heading", text, "items", b->items));
}

static const char *field(const struct brief *b, const char *key)
{
	return json_text(json_map(b->shown, "request"), key);
}

static void fields(struct brief *b, const char *const (*table)[2])
{
	for (; (*table)[0]; table++)
		if (*field(b, (*table)[0]))
			json_add_text(b->items, "%s: %s", (*table)[1], field(b, (*table)[0]));
}

static void empty_is(struct brief *b, const char *text)
{
	if (!json_array_size(b->items))
		json_add_text(b->items, "%s", text);
}

/* A record's time as the organisation reads it. */
static char *local(const struct brief *b, const char *utc)
{
	const char *zone = json_text(release_policy(b->r), "timezone");
	struct err ignored = { 0 };
	int64_t t;

	return when_parse(utc, "UTC", &t, &ignored) ? mem_strdup(utc) : when_local(t, *zone ? zone : "UTC");
}

static char *local_at(const struct brief *b, int64_t at)
{
	char when[32];

	when_utc(at, when);
	return local(b, when);
}

/* ---- what */
static void packages_of(struct brief *b, const json_t *candidate)
{
	AUTO_JSON *seen = json_array();
	AUTO_FREE char *names = NULL;
	size_t i;
	json_t *package;

	json_array_foreach(json_list(candidate, "packages"), i, package) {
		AUTO_FREE char *one = mem_printf("%s %s (%s)", json_text(package, "name"),
			json_text(package, "version"), json_text(package, "target"));

		json_add_once(seen, one);
	}
	names = json_join(seen, "");
	json_add_text(b->items, "%s of %s, built by %s as %s: %s", json_text(candidate, "product"),
		json_text(candidate, "vendor"), json_text(candidate, "submitter"), json_text(candidate, "id"), names);
}

static bool is_mine(const struct brief *b, const json_t *process)
{
	return !b->department || strcmp(json_text(process, "department"), b->department) == 0;
}

static void what(struct brief *b)
{
	const json_t *affected = json_map(b->shown, "affected"), *all = json_map(release_policy(b->r), "processes");
	size_t i;
	json_t *one;

	heading(b, b->department ? "What changes for you" : "What changes");
	json_array_foreach(json_list(affected, "processes"), i, one) {
		const json_t *process = json_map(all, json_string_value(one));
		AUTO_FREE char *services = json_join(json_list(process, "services"), "");

		if (is_mine(b, process))
			json_add_text(b->items, "The business process %s of %s rests on it (%s)%s%s.",
				json_string_value(one), json_text(process, "department"), services,
				*json_text(process, "expected-downtime") ? "; it stands still for about " : "",
				json_text(process, "expected-downtime"));
	}
	empty_is(b,
		b->department ? "No business process of yours is known to rest on it."
			      : "No business process is known to rest on it.");
	json_array_foreach(json_list(b->shown, "candidates"), i, one)
		packages_of(b, one);
	json_array_foreach(json_list(b->shown, "removes"), i, one)
		json_add_text(b->items, "%s %s (%s) goes out of channel %s; machines keep what they have installed.",
			json_text(one, "name"), json_text(one, "version"), json_text(one, "target"),
			field(b, "from-channel"));
	one = json_map(b->shown, "adopts");
	if (one)
		json_add_text(b->items,
			"%lld packages of a repository that was served before (target %s) are taken over into channel "
			"%s as they are: "
			"%s. Its index was %s%s.",
			(long long)json_int(one, "packages"), json_text(one, "target"), json_text(one, "channel"),
			json_text(one, "text"),
			*json_text(one, "signed") ? "signed by " : "not signed by a key that was given",
			json_text(one, "signed"));
	if (*field(b, "resume"))
		json_add_text(b->items, "Channel %s, which was stopped, goes on.", field(b, "resume"));
}

static void why(struct brief *b)
{
	static const char *const now[][2] = { { "reason", "Reason" }, { "cve", "It answers" },
		{ "relevance", "Relevance" }, { "recommendation", "The change manager recommends" }, { NULL } };
	const json_t *set = json_map(json_map(b->shown, "life"), "priority");

	heading(b, "Why now");
	fields(b, now);
	json_add_text(b->items, "Urgency %s, impact %s: priority %s.", json_text(b->shown, "urgency"),
		json_text(b->shown, "impact"), json_text(b->shown, "priority"));
	if (set)
		json_add_text(b->items, "%s (%s) made that priority of '%s': %s", json_text(set, "person"),
			json_text(set, "by"), json_text(set, "computed"), json_text(set, "reason"));
	heading(b, "What if not");
	json_add_text(b->items, "%s",
		*field(b, "if-not") ? field(b, "if-not") : "Nobody wrote down what happens if it is not done.");
}

/* ---- when */
/* The next ones; the calendar has the rest. */
static void dates_of(struct brief *b, const json_t *calendar)
{
	size_t i;
	json_t *busy;

	if (*json_text(calendar, "error"))
		json_add_text(b->items, "That calendar cannot be read: %s", json_text(calendar, "error"));
	json_array_foreach(json_list(calendar, "busy"), i, busy) {
		AUTO_FREE char *from = local_at(b, json_int(busy, "from")),
			       *until = local_at(b, json_int(busy, "until"));

		if (i == DATES_MAX) {
			json_add_text(b->items, "and %zu more until then ('sluice calendar').",
				json_array_size(json_list(calendar, "busy")) - i);
			return;
		}
		json_add_text(b->items, "From %s to %s%s: %s.", from, until,
			json_flag(busy, "tentative") ? " (tentative)" : "", json_text(busy, "text"));
	}
	if (calendar && !json_array_size(json_list(calendar, "busy")))
		json_add_text(b->items, "None in the next %d days.", DAYS_AHEAD);
}

static void blackouts(struct brief *b)
{
	int64_t now = when_now();
	AUTO_JSON *calendars = calendars_of(
		policies_now(&b->r->chain), &b->r->source.source, now, now + DAYS_AHEAD * (int64_t)86400);
	const json_t *all = json_map(release_policy(b->r), "processes");
	size_t i;
	json_t *one;

	json_array_foreach(json_list(json_map(b->shown, "affected"), "processes"), i, one) {
		const json_t *process = json_map(all, json_string_value(one));

		if (!is_mine(b, process) || !*json_text(process, "blackouts"))
			continue;
		json_add_text(b->items, "No release inside the blackouts of %s (%s).", json_string_value(one),
			json_text(process, "blackouts"));
		dates_of(b, json_map(calendars, json_text(process, "blackouts")));
	}
}

static void window(struct brief *b)
{
	struct err ignored = { 0 };
	int64_t from, until;

	if (!*field(b, "window"))
		return;
	if (window_parse(field(b, "window"), "UTC", &from, &until, &ignored)) {
		json_add_text(b->items, "Window: %s", field(b, "window"));
		return;
	}
	AUTO_FREE char *begins = local_at(b, from), *ends = local_at(b, until);
	json_add_text(b->items, "Window: from %s to %s.", begins, ends);
}

static void when(struct brief *b)
{
	static const char *const times[][2] = { { "downtime", "Expected downtime" }, { "order", "Order" },
		{ "actual-time", "Carried out" }, { NULL } };
	int64_t planned = json_int(b->shown, "schedule"), from = json_int(json_map(b->shown, "life"), "not_before");

	heading(b, "When, and for how long");
	if (planned) {
		AUTO_FREE char *at = local_at(b, planned);

		json_add_text(b->items, "Planned for %s.", at);
	}
	if (from) {
		AUTO_FREE char *at = local_at(b, from);

		json_add_text(b->items, "Management decided: not before %s.", at);
	}
	window(b);
	fields(b, times);
	empty_is(b, "No time is agreed.");
	blackouts(b);
}

/* ---- found, tested */
static int found(struct brief *b, struct err *e)
{
	size_t i, k;
	json_t *candidate, *finding;

	heading(b, "What was found");
	json_array_foreach(json_list(b->shown, "candidates"), i, candidate) {
		AUTO_JSON *list = NULL;

		if (finding_list(b->r, json_text(candidate, "id"), &list, e))
			return -1;
		json_array_foreach(json_list(list, "findings"), k, finding) {
			const json_t *by = json_array_get(json_list(finding, "accepted"), 0);
			AUTO_FREE char *roles = json_join(json_list(finding, "acceptors"), "");
			const char *status = json_text(finding, "status");

			if (strcmp(status, "open") == 0)
				json_add_text(b->items, "%s, not accepted: %s (%s). Who may accept it: %s.",
					json_text(finding, "severity"), json_text(finding, "text"),
					json_text(finding, "where"), roles);
			else if (by)
				json_add_text(b->items, "%s: %s (%s). Accepted by %s as %s: %s",
					json_text(finding, "severity"), json_text(finding, "text"),
					json_text(finding, "where"), json_text(by, "person"), json_text(by, "role"),
					json_text(by, "reason"));
			else
				json_add_text(b->items, "%s: %s (%s)", json_text(finding, "severity"),
					json_text(finding, "text"), json_text(finding, "where"));
		}
	}
	empty_is(b, "Nothing.");
	return 0;
}

/* What was expected and what came of it, by the report that the evidence names; a report that is not there any more is no reason to show nothing. */
static void expectations(struct brief *b, const json_t *body)
{
	struct err why = { 0 };
	AUTO_JSON *report = *json_text(body, "report")
		? source_json(&b->r->source.source, json_text(body, "report"), &why)
		: NULL;
	size_t i;
	json_t *one;

	json_array_foreach(json_list(report, "expectations"), i, one)
		if (!*json_text(one, "target") || strcmp(json_text(one, "target"), json_text(body, "target")) == 0)
			json_add_text(b->items, "Expected: %s: %s%s%s", json_text(one, "text"),
				json_flag(one, "met") ? "met" : "not met", json_flag(one, "met") ? "" : ", but ",
				json_flag(one, "met") ? "" : json_text(one, "observed"));
}

static bool is_of_product(const struct brief *b, const json_t *agreement)
{
	return json_find(json_list(b->shown, "candidates"), "product", json_text(agreement, "product")) != NULL;
}

/* Whether a department agreed on what was tested, before it was. */
static void agreed(struct brief *b, const char *department, const json_t *test)
{
	AUTO_FREE char *role = mem_printf("department/%s", department);
	const char *tested = json_text(json_map(test, "body"), "expect");
	const json_t *before = NULL, *last = NULL;
	size_t i;
	json_t *one;

	json_array_foreach(b->agreements, i, one) {
		if (strcmp(json_text(one, "role"), role) != 0 || !is_of_product(b, one))
			continue;
		last = one;
		if (json_int(one, "seq") < json_int(test, "seq"))
			before = one;
	}
	if (before && strcmp(json_text(before, "expect"), tested) == 0 && *tested) {
		AUTO_FREE char *at = local_at(b, json_int(before, "time"));

		json_add_text(b->items, "%s agreed on these expectations beforehand (%s, %s).", role,
			json_text(before, "person"), at);
	} else if (last && *json_text(last, "expect"))
		json_add_text(
			b->items, "This is not what %s agreed on beforehand (%s).", role, json_text(last, "person"));
	else
		json_add_text(b->items, "%s did not sign beforehand what is to be tested.", role);
}

static void agreements_on(struct brief *b, const json_t *test)
{
	size_t i;
	json_t *one;

	json_array_foreach(json_list(json_map(b->shown, "affected"), "departments"), i, one)
		if (!b->department || strcmp(b->department, json_string_value(one)) == 0)
			agreed(b, json_string_value(one), test);
}

static void way_back(struct brief *b, const json_t *evidence)
{
	const json_t *body = json_map(evidence, "body");
	AUTO_FREE char *scenarios = json_join(json_list(body, "scenarios"), "");
	bool is_good = strcmp(json_text(evidence, "verdict"), "pass") == 0;

	if (*json_text(body, "to"))
		json_add_text(b->items, "The way back to %s was tried on %s (%s): it %s.", json_text(body, "to"),
			json_text(body, "target"), scenarios, is_good ? "works" : "does not work");
	else
		json_add_text(b->items, "Nothing older is released; taking it away again was tried on %s (%s): it %s.",
			json_text(body, "target"), scenarios, is_good ? "works" : "does not work");
}

static void tested(struct brief *b, const json_t *evidence)
{
	size_t i;
	json_t *one;

	heading(b, "What was tested");
	json_array_foreach(evidence, i, one) {
		AUTO_FREE char *at = local_at(b, json_int(one, "time"));
		const char *target = json_text(json_map(one, "body"), "target");

		json_add_text(b->items, "%s%s%s: %s (%s, %s)", json_text(one, "kind"), *target ? " on " : "", target,
			json_text(one, "verdict"), json_text(one, "person"), at);
		if (strcmp(json_text(one, "kind"), "rollback") == 0)
			way_back(b, one);
		if (strcmp(json_text(one, "kind"), "test") == 0) {
			expectations(b, json_map(one, "body"));
			agreements_on(b, one);
		}
	}
	if (*field(b, "test-plan"))
		json_add_text(b->items, "Test plan: %s", field(b, "test-plan"));
	if (*field(b, "results"))
		json_add_text(b->items, "After the roll-out: %s", field(b, "results"));
	empty_is(b, "Nothing.");
}

static void back_out(struct brief *b)
{
	static const char *const plans[][2] = { { "plan", "Plan" }, { "risks", "Risks" }, { "back-out", "Back-out" },
		{ "resources", "It takes" }, { NULL } };

	heading(b, "How it is done and undone");
	fields(b, plans);
	empty_is(b, "No plan was written down; an impact of this kind needs none.");
}

/* ---- said */
static void voted(struct brief *b)
{
	size_t i;
	json_t *vote, *reason;

	heading(b, "Who said what");
	json_array_foreach(json_list(b->shown, "votes"), i, vote) {
		AUTO_FREE char *at = local(b, json_text(vote, "time"));
		bool is_old = strcmp(json_text(vote, "revision"), json_text(b->shown, "revision")) != 0;
		const char *condition = json_text(vote, "condition"), *comment = json_text(vote, "comment_text");

		json_add_text(b->items, "%s as %s: %s (%s)%s%s%s%s%s", json_text(vote, "person"),
			json_text(vote, "role"), json_text(vote, "decision"), at,
			is_old ? ", of an older revision" : "", *condition ? "; condition: " : "", condition,
			*comment ? "; " : "", comment);
	}
	empty_is(b, "Nobody yet.");
	heading(b, "What is missing");
	json_array_foreach(json_list(b->shown, "missing"), i, reason)
		json_add_text(b->items, "%s", json_text(reason, "text"));
	empty_is(b, "Nothing: it is authorised.");
}

/* What was decided, released and reviewed. */
static void history(struct brief *b)
{
	const json_t *life = json_map(b->shown, "life"), *rejected = json_map(life, "rejected");
	size_t i;
	json_t *one;

	heading(b, "What happened");
	json_array_foreach(json_list(b->shown, "revisions"), i, one) {
		AUTO_FREE char *at = local(b, json_text(one, "time")),
			       *parts = json_join(json_list(one, "changed"), "");

		json_add_text(b->items, "%s: revision %.16s by %s%s%s", at, json_text(one, "digest"),
			json_text(one, "person"), *parts ? "; changed: " : "", parts);
	}
	if (rejected)
		json_add_text(b->items, "%s rejected it (%s): %s", json_text(rejected, "person"),
			json_text(rejected, "what"), json_text(rejected, "reason"));
	json_array_foreach(json_list(life, "disputes"), i, one)
		json_add_text(b->items, "%s disputes its %s, and nobody decided yet: %s", json_text(one, "person"),
			json_text(one, "about"), json_text(one, "comment_text"));
	json_array_foreach(json_list(life, "decisions"), i, one)
		json_add_text(b->items, "%s decided on its %s%s%s: %s", json_text(one, "person"),
			json_text(one, "what"), *json_text(one, "value") ? ": " : "", json_text(one, "value"),
			json_text(one, "reason"));
	json_array_foreach(json_list(b->shown, "releases"), i, one) {
		AUTO_FREE char *at = local(b, json_text(one, "time"));

		json_add_text(
			b->items, "%s: released to %s by %s", at, json_text(one, "channel"), json_text(one, "person"));
	}
	json_array_foreach(json_list(life, "reviews"), i, one)
		json_add_text(b->items, "Reviewed by %s: %s. %s%s%s", json_text(one, "person"),
			json_text(one, "result"), json_text(one, "comment_text"),
			*json_text(one, "follow_up") ? " Followed by " : "", json_text(one, "follow_up"));
}

static void sign(struct brief *b, const char *id)
{
	heading(b, "What you sign");
	json_add_text(b->items, "Revision %s of %s: all of the above that is not a vote.",
		json_text(b->shown, "revision"), id);
	json_add_text(b->items, "sluice rfc vote %s --role %s --decision approve|reject|abstain", id, b->role);
	json_add_text(b->items,
		"With a key on another machine: sluice rfc statement %s --role %s --decision ..., signed there, then "
		"sluice rfc vote %s --statement FILE --signature FILE.asc",
		id, b->role, id);
}

static int write_all(struct brief *b, const char *id, const json_t *evidence, struct err *e)
{
	what(b);
	why(b);
	when(b);
	if (found(b, e))
		return -1;
	tested(b, evidence);
	back_out(b);
	voted(b);
	if (b->role)
		sign(b, id);
	else
		history(b);
	return 0;
}

int rfc_brief(struct release *r, const char *id, const char *role, json_t **ret, struct err *e)
{
	AUTO_JSON *shown = NULL, *evidence = NULL, *agreements = NULL, *sections = json_array();
	struct brief b = { .r = r, .role = role, .sections = sections };
	const char *title;
	struct dossier d;

	if (role && !json_list(json_map(release_policy(r), "roles"), role)) {
		err_usage(e, "the policy has no role '%s'", role);
		return err_hint(e, "a department is named like 'department/finance'");
	}
	if (rfc_show(r, id, &shown, e) || release_dossier(r, id, true, false, &d, e))
		return -1;
	evidence = json_incref(d.evidence);
	agreements = json_list(d.history, "agreements") ? json_incref(json_list(d.history, "agreements")) : NULL;
	b.agreements = agreements;
	if (json_int(d.rfc, "schedule"))
		json_object_set(shown, "schedule", json_object_get(d.rfc, "schedule"));
	dossier_done(&d);
	b.shown = shown;
	b.department = role && text_starts(role, "department/") ? role + strlen("department/") : NULL;
	if (write_all(&b, id, evidence, e))
		return -1;
	title = *field(&b, "title") ? field(&b, "title") : field(&b, "reason");
	*ret = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:O}", "rfc", id, "for", role ? role : "", "title", title,
		"state", json_text(shown, "state"), "priority", json_text(shown, "priority"), "requester",
		json_text(shown, "requester"), "revision", json_text(shown, "revision"), "sections", sections);
	return *ret ? 0 : err_env(e, "%s cannot be told", id);
}
