/* fold.c - one handler a kind of record; what is not understood refuses, because it might have said no. */
#include "release/gate/fold.h"
#include "base/when.h"
#include "release/gate/adoption.h"
#include "release/gate/fields.h"
#include "release/gate/packed.h"
#include "release/gate/stops.h"
#include <stdio.h>
#include <string.h>

int window_parse(const char *text, const char *zone, int64_t *ret_from, int64_t *ret_until, struct err *e)
{
	const char *slash = strchr(text, '/');
	AUTO_FREE char *start = slash ? strndup(text, (size_t)(slash - text)) : NULL;
	int64_t from, length;

	if (!slash)
		return err_usage(e, "window '%s': START/DURATION is meant, such as 2026-11-21T22:00Z/2h", text);
	if (when_parse(start, zone, &from, e) || duration_parse(slash + 1, &length, e))
		return err_wrap(e, "window '%s'", text);
	*ret_from = from;
	*ret_until = from + length;
	return 0;
}

int fold_not_ours(const struct record *r, const char *why, struct err *e)
{
	return err_verdict(e, "E_MISMATCH", "record %.16s (%s by %s): %s", r->digest, r->type, r->person, why);
}

bool fold_understands(const struct record *r, const char *members)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)r->body, key, value)
		if (!log_names(members, key))
			return false;
	return true;
}

static json_t *candidate_of(struct fold *f, const struct record *r)
{
	return json_object_get(f->candidates, json_text(r->body, "candidate"));
}

/* ---- candidates */
static int evidence_from(struct fold *f, const struct record *r, const char *digest, json_t *candidate, struct err *e)
{
	AUTO_JSON *item = source_json(f->d->source, digest, e);
	struct err ignored = { 0 };
	int64_t time = 0;

	if (!item)
		return err_wrap(e, "evidence");
	if (when_parse(json_text(item, "time"), "UTC", &time, &ignored))
		time = 0;
	json_object_set_new(item, "digest", json_string(digest));
	json_object_set_new(item, "person", json_string(r->person));
	json_object_set_new(item, "key", json_string(r->key));
	json_object_set_new(item, "time", json_integer(time));
	json_object_set_new(item, "seq", json_integer((json_int_t)r->seq));
	json_array_append(json_object_get(candidate, "evidence"), item);
	return 0;
}

static int on_submit(struct fold *f, const struct record *r, struct err *e)
{
	const char *id = json_text(r->body, "candidate");
	json_t *submit = json_map(r->body, "submit"), *candidate, *digest;
	size_t i;

	if (!submit || json_object_get(f->candidates, id) || f->is_open)
		return fold_not_ours(r, "a second beginning of a candidate", e);
	candidate = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:b, s:O, s:[]}", "id", id, "as_is",
		json_text(submit, "as_is"), "product", json_text(submit, "product"), "vendor",
		json_text(submit, "vendor"), "source", json_text(json_map(submit, "source"), "sha256"), "submitter",
		r->person, "withdrawn", 0, "submit", submit, "evidence");
	packed_list(json_list(submit, "packages"));
	packed_list(json_list(submit, "back"));
	json_object_set_new(f->candidates, id, candidate);
	json_array_foreach(json_list(submit, "evidence"), i, digest)
		if (evidence_from(f, r, json_string_value(digest), candidate, e))
			return -1;
	return 0;
}

static int on_candidate_withdraw(struct fold *f, const struct record *r, struct err *e)
{
	json_t *c = candidate_of(f, r);

	if (!c)
		return fold_not_ours(r, "of an unknown candidate", e);
	json_object_set_new(c, "withdrawn", json_true());
	json_set_str(c, "superseded_by", json_text(r->body, "superseded_by"));
	return 0;
}

/* What people may say for a candidate by hand. What machines find comes with submit; a later "test: pass" in somebody's own words would undo a failed
 * one. A no is always heard. */
static int is_said_by_people(struct fold *f, const struct record *r, bool *ret, struct err *e)
{
	static const char *const kinds[] = { "acceptance", "vendor-checksum", "advisory" };
	AUTO_JSON *item = source_json(f->d->source, json_text(r->body, "evidence"), e);

	if (!item)
		return err_wrap(e, "evidence");
	*ret = strcmp(json_text(item, "verdict"), "pass") != 0;
	for (size_t i = 0; i < COUNT(kinds); i++)
		*ret = *ret || strcmp(json_text(item, "kind"), kinds[i]) == 0;
	return 0;
}

/* Testing again adds what only the submitter can add: who submits the same bytes anew makes the same evidence. Another person's no stands against it. */
static int is_own_retest(struct fold *f, const struct record *r, const json_t *candidate, bool *ret, struct err *e)
{
	AUTO_JSON *item = source_json(f->d->source, json_text(r->body, "evidence"), e);
	size_t i, k;
	json_t *other, *subject;

	if (!item)
		return err_wrap(e, "evidence");
	*ret = (strcmp(json_text(item, "kind"), "test") == 0 || strcmp(json_text(item, "kind"), "rollback") == 0) &&
		strcmp(json_text(candidate, "submitter"), r->person) == 0;
	json_array_foreach(json_list(candidate, "evidence"), i, other) {
		if (strcmp(json_text(other, "kind"), json_text(item, "kind")) != 0 ||
			strcmp(json_text(other, "verdict"), "pass") == 0 ||
			strcmp(json_text(other, "person"), r->person) == 0)
			continue;
		json_array_foreach(json_list(item, "subjects"), k, subject)
			*ret = *ret && !json_lists(json_list(other, "subjects"), json_string_value(subject));
	}
	return 0;
}

static int on_evidence(struct fold *f, const struct record *r, struct err *e)
{
	json_t *c = candidate_of(f, r);
	bool counts;

	if (!c)
		return fold_not_ours(r, "of an unknown candidate", e);
	if (is_said_by_people(f, r, &counts, e) || (!counts && is_own_retest(f, r, c, &counts, e)))
		return -1;
	return counts ? evidence_from(f, r, json_text(r->body, "evidence"), c, e) : 0;
}

/* ---- the RfC */
static bool is_this(const struct fold *f, const struct record *r)
{
	return strcmp(json_text(r->body, "rfc"), f->d->id) == 0;
}

static bool has_known_fields(const json_t *request)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)request, key, value)
		if (!rfc_field_named(key) && !fields_is_subject(key) && strcmp(key, "attach") != 0)
			return false;
	return true;
}

/* What it is about: candidates, a channel that it starts again, a package that it takes out of one, or a repository that it takes over; one of them. */
static bool is_about_one_thing(const json_t *request)
{
	bool removes = *json_text(request, "remove") && *json_text(request, "from-channel") &&
		json_array_size(json_list(request, "removes")) > 0;
	bool adopts = *json_text(request, "adopt") && *json_text(request, "into-channel");

	return json_list(request, "candidates") && !*json_text(request, "remove") == !removes &&
		!*json_text(request, "adopts") == !adopts &&
		(json_array_size(json_list(request, "candidates")) > 0) + (*json_text(request, "resume") != '\0') +
			removes + adopts ==
		1;
}

static int open_adoption(struct fold *f, const struct record *r, const json_t *request, struct err *e)
{
	AUTO_JSON *holder = json_pack("{s:[]}", "evidence");

	if (!*json_text(request, "adopts"))
		return 0;
	if (evidence_from(f, r, json_text(request, "adopts"), holder, e))
		return -1;
	f->adopted = json_incref(json_array_get(json_list(holder, "evidence"), 0));
	f->adopts = adoption_of(request, f->adopted, e);
	packed_list(json_list(json_map(f->adopted, "body"), "packages"));
	return f->adopts ? 0 : -1;
}

static int on_open(struct fold *f, const struct record *r, struct err *e)
{
	json_t *request = json_map(r->body, "request"), *id;
	size_t i;

	if (!is_this(f, r))
		return fold_not_ours(r, "of another RfC", e);
	if (f->is_open || !request || !is_about_one_thing(request))
		return fold_not_ours(r, "a second beginning of the RfC, or one without candidates", e);
	if (!has_known_fields(request))
		return fold_not_ours(r, "it asks for what is not known here", e);
	f->is_open = true;
	if (*json_text(request, "resume"))
		f->stops = stops_named(json_list(f->d->history, "stopped"), json_text(request, "resume"));
	f->order = json_incref(json_list(request, "candidates"));
	json_array_foreach(f->order, i, id)
		if (!json_is_string(id) || !json_object_get(f->candidates, json_string_value(id)))
			return fold_not_ours(r, "it names a candidate that was not submitted", e);
	f->fields = json_copy(request);
	json_object_del(f->fields, "candidates");
	if (*json_text(request, "remove"))
		f->removes = json_incref(json_list(request, "removes"));
	json_object_del(f->fields, "removes");
	json_object_del(f->fields, "adopts");
	if (open_adoption(f, r, request, e))
		return -1;
	f->requester = json_string(r->person);
	f->opened = json_string(json_text(r->json, "time"));
	return 0;
}

static int on_edit(struct fold *f, const struct record *r, struct err *e)
{
	const char *key;
	json_t *value;

	if (!f->is_open || !is_this(f, r))
		return fold_not_ours(r, "of another RfC", e);
	if (!fold_may(f, r))
		return 0;
	json_object_foreach(json_map(r->body, "fields"), key, value)
		if (!fields_is_subject(key))
			json_object_set(f->fields, key, value);
	return 0;
}

/* A release counts once its snapshot was signed ("done"); the act alone is an intention. */
static int on_release(struct fold *f, const struct record *r, struct err *e)
{
	if (!f->is_open || !is_this(f, r))
		return fold_not_ours(r, "of another RfC", e);
	if (r->is_done)
		json_array_append_new(json_object_get(f->d->history, "releases"),
			json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:I}", "rfc", f->d->id, "channel",
				json_text(r->body, "channel"), "revision", json_text(r->body, "revision"), "person",
				r->person, "record", r->digest, "policy", r->policy, "time", (json_int_t)r->time));
	return 0;
}

/* The same for its way back. */
static int on_rollback(struct fold *f, const struct record *r, struct err *e)
{
	if (!f->is_open || !is_this(f, r))
		return fold_not_ours(r, "of another RfC", e);
	if (r->is_done)
		json_array_append_new(json_object_get(f->d->history, "rollbacks"),
			json_pack("{s:s, s:s, s:s, s:s, s:s, s:I}", "channel", json_text(r->body, "channel"),
				"revision", json_text(r->body, "revision"), "person", r->person, "reason",
				json_text(r->body, "reason"), "record", r->digest, "time", (json_int_t)r->time));
	return 0;
}

static int on_stop(struct fold *f, const struct record *r, struct err *e)
{
	(void)e;
	return stops_note(json_object_get(f->d->history, "stopped"), f->d->chain, r);
}

static const struct handler {
	const char *type;
	int (*fold)(struct fold *f, const struct record *r, struct err *e);
	bool may_bind; /* may make a new revision */
} handlers[] = {
	{ "submit", on_submit, false },
	{ "candidate-withdraw", on_candidate_withdraw, false },
	{ "evidence", on_evidence, true },
	{ "accept", fold_accept, true },
	{ "recipe-approve", fold_recipe_approve, true },
	{ "rfc-open", on_open, true },
	{ "rfc-edit", on_edit, true },
	{ "rfc-withdraw", fold_life, false },
	{ "rfc-reject", fold_life, false },
	{ "rfc-not-installed", fold_life, false },
	{ "rfc-resubmit", fold_life, true },
	{ "rfc-priority", fold_life, false },
	{ "rfc-dispute", fold_life, false },
	{ "rfc-decide", fold_life, false },
	{ "rfc-pir", fold_life, false },
	{ "vote", fold_vote, false },
	{ "condition-met", fold_condition_met, false },
	{ "deputy", fold_deputy, false },
	{ "deputy-end", fold_deputy_end, false },
	{ "release", on_release, false },
	{ "rollback", on_rollback, false },
	{ "stop", on_stop, false },
	{ "rfc-schedule", fold_schedule, false },
	{ "expect-agree", fold_agree, false },
};

static void gather_evidence(struct fold *f)
{
	json_t *id;
	size_t i;

	json_array_clear(f->d->evidence);
	json_array_foreach(f->order, i, id)
		json_array_extend(f->d->evidence,
			json_object_get(json_object_get(f->candidates, json_string_value(id)), "evidence"));
	if (f->adopted)
		json_array_append(f->d->evidence, f->adopted);
}

/* What differs, and what only one of both has; of the request its fields. */
static void add_changed(json_t *changed, const json_t *old, const json_t *new)
{
	AUTO_JSON *keys = json_copy((json_t *)(uintptr_t) new);
	const char *key;
	json_t *value;

	json_object_update_missing(keys, (json_t *)(uintptr_t)old);
	json_object_foreach(keys, key, value) {
		json_t *was = json_object_get(old, key), *is = json_object_get(new, key);

		if (strcmp(key, "request") == 0)
			add_changed(changed, was, is);
		else if (!json_equal(was, is))
			json_array_append_new(changed, json_string(key));
	}
}

static json_t *changed_parts(const json_t *old, const json_t *new)
{
	json_t *changed = json_array();

	add_changed(changed, old, new);
	return changed;
}

/* A new revision exists when the content changed; an edit of a note makes none, and keeps the policy that was frozen. */
static int revise(struct fold *f, const struct record *r, struct err *e)
{
	AUTO_JSON *revision = NULL;
	char kept[65], digest[65];

	memcpy(kept, f->policy, sizeof kept);
	gather_evidence(f);
	fold_standing(f, r->time);
	if (*kept) {
		AUTO_JSON *same = revision_build(f, e);

		if (!same)
			return -1;
		if (json_equal(same, f->d->revision))
			return 0;
	}
	snprintf(f->policy, sizeof f->policy, "%s", r->policy);
	revision = revision_build(f, e);
	if (!revision || revision_digest(f, revision, digest, e))
		return -1;
	json_array_append_new(f->revisions,
		json_pack("{s:s, s:s, s:s, s:s, s:o}", "digest", digest, "time", json_text(r->json, "time"), "person",
			r->person, "by", r->type, "changed",
			f->d->revision ? changed_parts(f->d->revision, revision) : json_array()));
	json_decref(f->d->revision);
	f->d->revision = json_incref(revision);
	return 0;
}

static int fold_one(struct fold *f, const struct record *r, struct err *e)
{
	if (fold_is_others(f, r))
		return fold_others(f, r, e);
	for (size_t i = 0; i < COUNT(handlers); i++)
		if (strcmp(handlers[i].type, r->type) == 0) {
			if (handlers[i].fold(f, r, e))
				return -1;
			return handlers[i].may_bind && f->is_open ? revise(f, r, e) : 0;
		}
	return fold_not_ours(r, "of a kind that is not known here", e);
}

/* ---- the finished inputs */
static int look_whole(struct fold *f, json_t *package, struct err *e)
{
	struct err why = { 0 };
	uint64_t size = 0;
	bool is_good;

	if (!f->check_packages)
		return 0;
	is_good = source_check(f->d->source, json_text(package, "sha256"), &size, &why) == 0;
	if (err_is_machine(&why)) {
		*e = why;
		return err_wrap(e, "%s", json_text(package, "name"));
	}
	json_object_set_new(package, "intact", json_boolean(is_good && (int64_t)size == json_int(package, "size")));
	return 0;
}

static int list_of(struct fold *f, const json_t *submit, json_t *id, const char *list, json_t *ret, struct err *e)
{
	AUTO_JSON *product = json_string(json_text(submit, "product"));
	size_t k;
	json_t *item;

	json_array_foreach(json_list(submit, list), k, item) {
		AUTO_JSON *package = packed_get(item);

		json_object_del(package, "adopted"); /* only what was taken over is that */
		json_object_set(package, "candidate", id);
		json_object_set(package, "product", product);
		if (look_whole(f, package, e))
			return -1;
		json_array_append_new(ret, packed_make(package));
	}
	return 0;
}

/* Nobody reads the records' lists after this, and there may be tens of thousands in them. */
static void drop_lists(struct fold *f)
{
	size_t i;
	json_t *id;

	json_array_foreach(f->order, i, id) {
		const json_t *submit = json_map(json_object_get(f->candidates, json_string_value(id)), "submit");

		json_array_clear(json_list(submit, "packages"));
		json_array_clear(json_list(submit, "back"));
	}
}

static int list_packages(struct fold *f, struct err *e)
{
	size_t i;
	json_t *id;

	json_array_foreach(f->order, i, id) {
		const json_t *submit = json_map(json_object_get(f->candidates, json_string_value(id)), "submit");

		if (list_of(f, submit, id, "packages", f->d->packages, e) ||
			list_of(f, submit, id, "back", f->d->back, e))
			return -1;
	}
	drop_lists(f);
	if (!f->adopted)
		return 0;
	json_decref(f->d->packages);
	f->d->packages = adoption_packages(f->adopted);
	json_array_foreach(f->check_packages ? f->d->packages : NULL, i, id) {
		AUTO_JSON *package = packed_get(id);

		if (look_whole(f, package, e))
			return -1;
		json_array_set_new(f->d->packages, i, packed_make(package));
	}
	return 0;
}

static json_t *candidate_list_of(const struct fold *f)
{
	json_t *list = json_array(), *id;
	size_t i;

	json_array_foreach(f->order, i, id) {
		json_t *c = json_copy(json_object_get(f->candidates, json_string_value(id)));

		json_object_del(c, "submit");
		json_object_del(c, "evidence");
		json_array_append_new(list, c);
	}
	return list;
}

static int describe(struct fold *f, struct err *e)
{
	struct dossier *d = f->d;
	const json_t *last = json_array_get(f->revisions, json_array_size(f->revisions) - 1);
	const char *type = json_text(f->fields, "type"), *window = json_text(f->fields, "window");
	int64_t from, until;

	d->rfc = json_pack("{s:s, s:s, s:s, s:O, s:s, s:s, s:s, s:O, s:o, s:O, s:O, s:{s:O, s:O}, s:s, s:b, s:i, s:O}",
		"id", d->id, "revision", json_text(last, "digest"), "type",
		f->adopts       ? "adoption"
			: *type ? type
				: "normal",
		"requester", f->requester, "implementer", "", "urgency", json_text(f->fields, "urgency"), "impact",
		json_text(f->fields, "impact"), "request", f->fields, "candidates", candidate_list_of(f), "affected",
		json_map(d->revision, "affected"), "asked", json_map(d->revision, "asked"), "names", "evidence",
		json_list(d->revision, "evidence"), "acceptances", json_list(d->revision, "acceptances"), "external",
		json_text(f->fields, "external"), "withdrawn", f->is_withdrawn, "schedule", 0, "life", f->life);
	if (*window) {
		if (window_parse(window, "UTC", &from, &until, e))
			return -1;
		json_object_set_new(d->rfc, "window",
			json_pack("{s:I, s:I}", "from", (json_int_t)from, "until", (json_int_t)until));
	}
	if (f->removes)
		json_object_set(d->rfc, "removes", f->removes);
	if (f->adopts)
		json_object_set(d->rfc, "adopts", f->adopts);
	fold_time_described(f);
	d->story = json_pack(
		"{s:O, s:O, s:O}", "requester", f->requester, "opened", f->opened, "revisions", f->revisions);
	return d->rfc && d->story ? 0 : err_verdict(e, "E_MISMATCH", "%s: its records do not make an RfC", d->id);
}

int dossier_fold(struct dossier *d, bool check_packages, struct err *e)
{
	struct fold f = { .d = d,
		.check_packages = check_packages,
		.candidates = json_object(),
		.revisions = json_array(),
		.life = life_begin() };
	int result = 0;

	d->packages = json_array();
	d->back = json_array();
	d->evidence = json_array();
	d->acceptances = json_array();
	d->votes = json_array();
	d->history = json_pack("{s:[], s:[], s:[], s:[], s:[], s:{}}", "releases", "rollbacks", "stopped", "debts",
		"scheduled", "templates");
	for (size_t i = 0; i < d->records.len && result == 0; i++)
		result = fold_one(&f, &d->records.at[i], e);
	if (result == 0 && !f.is_open)
		result = err_usage(e, "there is no RfC %s", d->id);
	if (result == 0)
		result = list_packages(&f, e) || describe(&f, e) ? -1 : 0;
	json_decref(f.candidates);
	json_decref(f.order);
	json_decref(f.fields);
	json_decref(f.requester);
	json_decref(f.opened);
	json_decref(f.standing);
	json_decref(f.revisions);
	json_decref(f.life);
	json_decref(f.schedule);
	json_decref(f.stops);
	json_decref(f.removes);
	json_decref(f.adopts);
	json_decref(f.adopted);
	return result;
}
