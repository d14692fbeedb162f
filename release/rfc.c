/* rfc.c - opening, showing, listing, changing, withdrawing an RfC. */
#include "base/text.h"
#include "base/when.h"
#include "release/about.h"
#include "release/advisory.h"
#include "release/gate/fields.h"
#include "release/gate/fold.h"
#include "release/gate/packed.h"
#include "release/gate/states.h"
#include "release/release.h"
#include <regex.h>
#include <stdio.h>
#include <string.h>

static const char *const not_fields[] = { "candidates", "attach" }, adopts[] = "adopts";

/* The gate judges a type; what it could never let through is not taken. */
static int check_type(struct release *r, const json_t *fields, const char *type, struct err *e)
{
	const char *template = json_text(fields, "template");

	if (*template && !json_map(json_map(release_policy(r), "standard-changes"), template))
		return err_usage(e, "the policy has no template '%s'", template);
	if (!*type || strcmp(type, "normal") == 0)
		return 0;
	if (strcmp(type, "emergency") == 0)
		return json_map(release_policy(r), "emergency")
			? 0
			: err_usage(e, "the policy knows no emergencies; its owners can add them");
	if (strcmp(type, "standard") != 0)
		return err_usage(e, "type '%s': normal, standard or emergency", type);
	return *template ? 0 : err_usage(e, "a standard change names its template: --template NAME");
}

/* The reference into the other system has the policy's form, where it has one, whether or not one is required. */
static int check_external(const struct release *r, const char *id, struct err *e)
{
	const char *pattern = json_text(json_map(release_policy(r), "external"), "pattern");
	regex_t regex;
	regmatch_t whole;
	int missed;

	if (!*id || !*pattern)
		return 0;
	if (regcomp(&regex, pattern, REG_EXTENDED))
		return err_usage(e, "the policy's pattern for references cannot be read");
	missed = regexec(&regex, id, 1, &whole, 0) || whole.rm_so != 0 || whole.rm_eo != (regoff_t)strlen(id);
	regfree(&regex);
	return missed ? err_usage(e, "external '%s' is not of the form %s", id, pattern) : 0;
}

/* Each value is a text, each key a known field, and choices are choices. */
static int check_fields(struct release *r, json_t *fields, struct err *e)
{
	const char *zone = json_text(release_policy(r), "timezone"), *key, *impact = json_text(fields, "impact");
	const char *urgency = json_text(fields, "urgency"), *type = json_text(fields, "type");
	json_t *value;

	json_object_foreach(fields, key, value) {
		bool is_list = strcmp(key, not_fields[0]) == 0 || strcmp(key, not_fields[1]) == 0;

		if (!is_list && !rfc_field_named(key) && strcmp(key, adopts) != 0) {
			err_usage(e, "there is no field '%s'", key);
			return err_hint(e, "'sluice rfc fields' lists them");
		}
		if (!is_list && !json_is_string(value))
			return err_usage(e, "field '%s' is not a text", key);
	}
	if (check_external(r, json_text(fields, "external"), e))
		return -1;
	if (json_object_get(fields, "impact") && impact_parse(impact) < 0)
		return err_usage(e, "impact '%s': minor, significant or far-reaching", impact);
	if (json_object_get(fields, "urgency") && strcmp(urgency, "low") != 0 && strcmp(urgency, "medium") != 0 &&
		strcmp(urgency, "high") != 0)
		return err_usage(e, "urgency '%s': low, medium or high", urgency);
	if (check_type(r, fields, type, e))
		return -1;
	if (*json_text(fields, "window")) {
		int64_t from, until;
		char start[32];

		if (window_parse(json_text(fields, "window"), *zone ? zone : "UTC", &from, &until, e))
			return -1;
		if (until <= from)
			return err_usage(e, "window '%s' has no length; nothing could ever be released in it",
				json_text(fields, "window"));
		when_utc(from, start);
		json_object_set_new(fields, "window", json_sprintf("%s/%llds", start, (long long)(until - from)));
	}
	return 0;
}

/* R3: an impact below what the findings demand is not taken. */
static int check_floor(struct release *r, const json_t *ids, const char *impact, struct err *e)
{
	int worst = SEVERITY_INFO;
	size_t i, k;
	json_t *id, *finding;

	json_array_foreach(ids, i, id) {
		AUTO_JSON *list = NULL;

		if (finding_list(r, json_string_value(id), &list, e))
			return -1;
		json_array_foreach(json_list(list, "findings"), k, finding) {
			int severity = severity_parse(json_text(finding, "severity"));

			worst = severity < 0 ? (int)SEVERITY_CRITICAL : severity > worst ? severity : worst;
		}
	}
	if (impact_parse(impact) >= (int)impact_floor((enum severity)worst))
		return 0;
	err_verdict(e, NULL, "impact '%s' is below what the findings demand: '%s' (the worst is %s)", impact,
		impact_name(impact_floor((enum severity)worst)), severity_name((enum severity)worst));
	return err_hint(e, "'sluice candidate show' lists the findings");
}

int rfc_open(struct release *r, const struct actor *actor, json_t *request, char ret_id[32], json_t **ret_warnings,
	struct err *e)
{
	AUTO_JSON *body = json_pack("{s:o}", "request", request);
	AUTO_FREE char *subject = NULL;
	AUTO_FD int lock = store_lock(r->store, e);
	struct act act = { "rfc-open", NULL, body, NULL, NULL };
	struct dossier d;
	char id[32], record[65];

	if (lock < 0 || check_fields(r, request, e) || release_next(r, "rfc-open", "R", id, e) ||
		about_check(r, request, e) || about_subject(r, request, id, &subject, e))
		return -1;
	if (text_is_blank(json_text(request, "reason")) || !*json_text(request, "urgency") ||
		!*json_text(request, "impact"))
		return err_usage(e, "an RfC needs a reason, an urgency and an impact");
	if (check_floor(r, json_list(request, "candidates"), json_text(request, "impact"), e)) {
		release_note(r, actor, "rfc-open", subject, e->text);
		return -1;
	}
	json_object_set_new(body, "rfc", json_string(id));
	act.subject = subject;
	if (release_act(r, actor, &act, record, e))
		return err_wrap(e, "opening the RfC");
	memcpy(ret_id, id, sizeof id);
	if (ret_warnings) {
		AUTO_JSON *answer = NULL;

		*ret_warnings = json_array();
		if (release_dossier(r, id, true, false, &d, e))
			return -1;
		answer = dossier_ask(&d, policies_now(&r->chain), NULL, "", when_now());
		for (size_t i = 0; i < json_array_size(json_list(answer, "reasons")); i++) {
			json_t *reason = json_array_get(json_list(answer, "reasons"), i);

			if (gate_rule_stage(json_text(reason, "rule")) == STAGE_VOTING)
				json_array_append(*ret_warnings, reason);
		}
		dossier_done(&d);
	}
	return 0;
}

/* ---- showing */
static json_t *candidates_shown(const struct dossier *d)
{
	AUTO_JSON *packages = json_object();
	json_t *list = json_array(), *c, *item;
	size_t i;

	json_array_foreach(json_list(d->rfc, "candidates"), i, c) {
		json_t *one = json_copy(c), *own = json_array();

		json_object_set_new(one, "packages", own);
		json_object_set(packages, json_text(c, "id"), own);
		json_array_append_new(list, one);
	}
	json_array_foreach(d->packages, i, item) {
		AUTO_JSON *package = packed_get(item);

		json_array_append(json_object_get(packages, json_text(package, "candidate")), package);
	}
	return list;
}

/* What is handed out tells times as all of JSON does; the gate's own lists hold seconds. */
static json_t *with_times(const json_t *list)
{
	json_t *copy = json_deep_copy(list), *item;
	size_t i;

	json_array_foreach(copy, i, item) {
		char when[32];

		when_utc(json_int(item, "time"), when);
		json_set_str(item, "time", when);
	}
	return copy;
}

/* The comments' texts lie in the store only; one that does not fit its digest is not shown. */
static int add_comments(struct release *r, json_t *votes, struct err *e)
{
	size_t i;
	json_t *vote;

	json_array_foreach(votes, i, vote) {
		AUTO_JSON *rows = db_rows(r->store->db, "SELECT salt, text FROM comment WHERE digest = $1",
			DB_TEXTS(json_text(vote, "comment")), e);
		const json_t *row = json_array_get(rows, 0);
		AUTO_FREE char *salted = mem_printf("%s\n%s", json_text(row, "salt"), json_text(row, "text"));
		char digest[65];

		if (!rows)
			return -1;
		sha256_hex(salted, strlen(salted), digest);
		json_set_str(vote, "comment_text",
			strcmp(digest, json_text(vote, "comment")) == 0 ? json_text(row, "text") : "");
	}
	return 0;
}

static int show_advisories(struct release *r, json_t *shown, struct err *e)
{
	json_t *about = NULL;

	if (advisory_about(r, shown, &about, e))
		return -1;
	json_object_set_new(shown, "advisories", about);
	return 0;
}

int rfc_show(struct release *r, const char *id, json_t **ret, struct err *e)
{
	const struct policy *policy = policies_now(&r->chain);
	AUTO_JSON *answer = NULL;
	struct dossier d;

	if (release_dossier(r, id, false, false, &d, e))
		return -1;
	answer = dossier_ask(&d, policy, NULL, "", when_now());
	if (add_comments(r, d.votes, e) || add_comments(r, json_list(json_map(d.rfc, "life"), "disputes"), e) ||
		add_comments(r, json_list(json_map(d.rfc, "life"), "reviews"), e)) {
		dossier_done(&d);
		return -1;
	}
	*ret = json_pack("{s:s, s:s, s:O, s:O, s:s, s:s, s:s, s:s, s:s, s:O, s:o, s:O, s:O, s:O, s:o, s:o, s:O}", "id",
		id, "state", dossier_state(&d, policy, when_now()), "requester", json_object_get(d.story, "requester"),
		"opened", json_object_get(d.story, "opened"), "type", json_text(d.rfc, "type"), "urgency",
		json_text(d.rfc, "urgency"), "impact", json_text(d.rfc, "impact"), "category",
		json_text(d.rfc, "impact"), "priority", dossier_priority(&d, policy), "revision",
		json_object_get(d.rfc, "revision"), "candidates", candidates_shown(&d), "request",
		json_map(d.rfc, "request"), "affected", json_map(d.rfc, "affected"), "asked", json_map(d.rfc, "asked"),
		"votes", with_times(d.votes), "releases", with_times(json_list(d.history, "releases")), "missing",
		json_list(answer, "reasons"));
	if (*ret)
		json_object_set(*ret, "revisions", json_list(d.story, "revisions"));
	if (*ret)
		json_object_set(*ret, "life", json_map(d.rfc, "life"));
	if (*ret && json_list(d.rfc, "removes"))
		json_object_set(*ret, "removes", json_list(d.rfc, "removes"));
	if (*ret && json_map(d.rfc, "adopts"))
		json_object_set(*ret, "adopts", json_map(d.rfc, "adopts"));
	dossier_done(&d);
	return *ret ? show_advisories(r, *ret, e) : err_env(e, "%s cannot be shown", id);
}

/* ---- listing */
static json_t *line_of(const struct dossier *d, const struct policy *policy, const char *state)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "id", d->id, "state", state, "requester",
		json_text(d->rfc, "requester"), "urgency", json_text(d->rfc, "urgency"), "impact",
		json_text(d->rfc, "impact"), "category", json_text(d->rfc, "impact"), "priority",
		dossier_priority(d, policy), "reason", json_text(json_map(d->rfc, "request"), "reason"), "title",
		json_text(json_map(d->rfc, "request"), "title"));
}

/* One whose records do not hold is told as such, and hides no other. */
static json_t *broken_line(const char *id, const char *why)
{
	json_t *line = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "id", id, "state", "broken", "requester", "",
		"urgency", "", "impact", "", "category", "", "priority", "");

	json_set_str(line, "reason", why);
	return line;
}

/* The line of one RfC from its records. What only a further act can change is put among those that are remembered. */
static int list_one(struct release *r, const char *id, json_t *settled, json_t **ret, struct err *e)
{
	const struct policy *policy = policies_now(&r->chain);
	const char *state;
	struct err why = { 0 };
	struct dossier d;

	if (release_dossier(r, id, true, false, &d, &why)) {
		if (why.class != ERR_VERDICT)
			return *e = why, -1;
		*ret = broken_line(id, why.text);
		return 0;
	}
	state = dossier_settled(&d, policy);
	*ret = line_of(&d, policy, state ? state : dossier_state(&d, policy, when_now()));
	dossier_done(&d);
	if (*ret && state)
		json_array_append(settled, *ret);
	return *ret ? 0 : err_env(e, "%s cannot be listed", id);
}

/* What was remembered under this policy; NULL: it has to be looked at. */
static json_t *remembered(const struct release *r, const json_t *item)
{
	const char *line = json_text(item, "line");

	return *line && strcmp(json_text(item, "policy"), policies_now(&r->chain)->digest) == 0
		? json_loads(line, 0, NULL)
		: NULL;
}

/* States that the gate finds out are never among those that are settled. */
static bool is_settled_state(const char *state)
{
	static const char *const open[] = { "draft", "voting", "authorised", "scheduled" };

	for (size_t i = 0; state && i < COUNT(open); i++)
		if (strcmp(open[i], state) == 0)
			return false;
	return true;
}

/* States come from the records, not from the catalogue's rows; only the signatures are left to those who judge. */
int rfc_list(struct release *r, const char *state, json_t **ret, struct err *e)
{
	AUTO_JSON *list = json_array(), *settled = json_array(), *all = NULL;
	struct err ignored = { 0 };
	size_t i;
	json_t *item;

	if (state && !rfc_is_state(state)) {
		err_usage(e, "there is no state '%s'", state);
		return err_hint(e, "'sluice rfc states' lists them");
	}
	if (log_index_follow(r->index, r->store, NULL, e))
		return -1;
	all = log_index_rfcs(r->index, !is_settled_state(state), e);
	if (!all)
		return -1;
	json_array_foreach(all, i, item) {
		AUTO_JSON *line = remembered(r, item);

		if (!line && list_one(r, json_text(item, "id"), settled, &line, e))
			return -1;
		if (!state || strcmp(state, json_text(line, "state")) == 0)
			json_array_append(list, line);
	}
	/* A cache that cannot be written costs time only. */
	if (json_array_size(settled) && log_index_settle(r->index, policies_now(&r->chain)->digest, settled, &ignored))
		json_array_clear(settled);
	*ret = json_pack("{s:O}", "rfcs", list);
	return 0;
}

/* ---- changing */
/* After a release only what binds no vote still changes. */
static int is_open_for(const struct dossier *d, const json_t *fields, struct err *e)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)fields, key, value)
		if (json_array_size(json_list(d->history, "releases")) && rfc_field_named(key)->is_bound) {
			err_usage(e, "%s was released; '%s', which its votes cover, can no longer be changed", d->id,
				key);
			return err_hint(e, "open a new RfC");
		}
	return 0;
}

static json_t *candidate_ids(const struct dossier *d)
{
	json_t *ids = json_array(), *c;
	size_t i;

	json_array_foreach(json_list(d->rfc, "candidates"), i, c)
		json_array_append(ids, json_object_get(c, "id"));
	return ids;
}

int rfc_edit(struct release *r, const struct actor *actor, const char *id, json_t *fields, json_t **ret, struct err *e)
{
	AUTO_JSON *body = json_pack("{s:s, s:o}", "rfc", id, "fields", fields), *before = NULL;
	AUTO_FD int lock = store_lock(r->store, e);
	struct act act = { "rfc-edit", id, body, NULL, NULL };
	struct dossier d;
	char record[65];
	const char *key;
	json_t *value;
	size_t revisions;
	int result;

	if (lock < 0)
		return -1;
	json_object_foreach(fields, key, value)
		if (fields_is_subject(key))
			return err_usage(e, "what an RfC is about stays; withdraw it and open another one");
	if (!json_object_size(fields) || check_fields(r, fields, e))
		return json_object_size(fields) ? -1 : err_usage(e, "nothing to change");
	if (release_dossier(r, id, false, false, &d, e))
		return -1;
	result = rfc_act_check(r, actor, "rfc-edit", &d, e) || is_open_for(&d, fields, e) ? -1 : 0;
	before = candidate_ids(&d);
	revisions = json_array_size(json_list(d.story, "revisions"));
	dossier_done(&d);
	if (result == 0 && json_object_get(fields, "impact"))
		result = check_floor(r, before, json_text(fields, "impact"), e);
	if (result || release_act(r, actor, &act, record, e) || release_dossier(r, id, true, false, &d, e))
		return err_wrap(e, "changing %s", id);
	{
		const json_t *all = json_list(d.story, "revisions");
		bool is_new = json_array_size(all) > revisions;
		const json_t *last = json_array_get(all, json_array_size(all) - 1);

		*ret = json_pack("{s:s, s:O, s:b, s:o, s:s}", "id", id, "revision", json_object_get(last, "digest"),
			"new_revision", is_new, "changed",
			is_new ? json_incref(json_list(last, "changed")) : json_array(), "state",
			dossier_state(&d, policies_now(&r->chain), when_now()));
	}
	dossier_done(&d);
	return 0;
}

int rfc_withdraw(struct release *r, const struct actor *actor, const char *id, const char *reason, struct err *e)
{
	AUTO_JSON *done = NULL;

	return rfc_life(r, actor, id, "rfc-withdraw", json_pack("{s:s}", "reason", reason ? reason : ""), &done, e);
}

/* ---- tables for people */
json_t *rfc_fields(void)
{
	json_t *list = json_array();

	for (const struct rfc_field *f = rfc_field_table; f->key; f++) {
		json_t *needed = json_object();

		for (int i = IMPACT_MINOR; i <= IMPACT_FAR_REACHING; i++)
			json_set_str(needed, impact_name((enum impact)i), f->needed_for[i]);
		json_array_append_new(list,
			json_pack("{s:s, s:s, s:o, s:b}", "key", f->key, "meaning", f->meaning, "needed_for", needed,
				"binds", f->is_bound));
	}
	return list;
}

/* How a vote, an opening and a release are given, for the table; the other acts say it themselves. */
static void describe_act(const char *type, const char **ret_command, char **ret_who)
{
	static const char *const others[][3] = { { "rfc-open", "sluice rfc open", "requester" },
		{ "vote", "sluice rfc vote", "a role that is asked for" },
		{ "release", "sluice release", "implementer" },
		{ "rollback", "sluice rollback", "anybody with a role" } };
	const struct rfc_act *act = type ? rfc_act_named(type) : NULL;

	*ret_command = act ? act->command : "";
	*ret_who = act ? rfc_act_people(act) : NULL;
	for (size_t i = 0; type && i < COUNT(others); i++)
		if (strcmp(others[i][0], type) == 0) {
			*ret_command = others[i][1];
			*ret_who = mem_strdup(others[i][2]);
		}
	if (!*ret_who)
		*ret_who = mem_strdup("by itself");
}

json_t *rfc_states(void)
{
	json_t *list = json_array();

	for (const struct rfc_transition *t = rfc_transitions; t->to; t++) {
		AUTO_FREE char *who = NULL;
		const char *command;

		describe_act(t->act, &command, &who);
		json_array_append_new(list,
			json_pack("{s:s, s:s, s:s, s:s, s:s}", "from", t->from, "to", t->to, "who", who, "command",
				command, "when", t->when));
	}
	return list;
}
