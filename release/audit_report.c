/* audit_report.c - the auditor's sample: every change of a period with who asked, decided, accepted and let it out; emergencies, acceptances, refusals,
 * policies; and which of it shows which requirement of OPS.1.1.3. All of it from records whose signatures were checked again. */
#include "release/audit_report.h"
#include "base/when.h"
#include "release/gate/packed.h"
#include <string.h>

static const struct {
	const char *id, *title, *shown_by; /* a member of the report */
} requirements[] = {
	{ "OPS.1.1.3.A1", "concept for patch and change management", "policies" },
	{ "OPS.1.1.3.A2", "responsibilities are defined", "policies" },
	{ "OPS.1.1.3.A3", "automatic updates are controlled", "releases" },
	{ "OPS.1.1.3.A5", "handling of change requests", "changes" },
	{ "OPS.1.1.3.A6", "agreement on change requests", "votes" },
	{ "OPS.1.1.3.A7", "change management is part of the business processes", "departments" },
	{ "OPS.1.1.3.A8", "the tool itself is used securely", "refusals" },
	{ "OPS.1.1.3.A10", "integrity and authenticity of software packages", "evidence" },
	{ "OPS.1.1.3.A11", "continuous documentation", "log" },
	{ "OPS.1.1.3.A13", "measuring whether changes succeed", "reviews" },
	{ "OPS.1.1.3.A15", "software is updated regularly", "releases" },
	{ "OPS.1.1.3.A16", "patches and vulnerabilities are looked for", "advisories" },
};

struct period {
	int64_t from, to;
	json_t *report, *counts, *rfcs; /* rfcs: named inside it */
};

static void count(struct period *p, const char *what, int64_t more)
{
	json_object_set_new(p->counts, what, json_integer(json_int(p->counts, what) + more));
}

static bool is_inside(const struct period *p, const char *time)
{
	struct err ignored = { 0 };
	int64_t t;

	return when_parse(time, "UTC", &t, &ignored) == 0 && t >= p->from && t < p->to;
}

/* ---- one change */
static json_t *said(const json_t *list, const char *const *members)
{
	json_t *all = json_array(), *item;
	size_t i;

	json_array_foreach(list, i, item) {
		json_t *one = json_object();

		for (const char *const *m = members; *m; m++)
			if (json_object_get(item, *m))
				json_object_set(one, *m, json_object_get(item, *m));
		if (json_is_integer(json_object_get(item, "time"))) {
			char when[32];

			when_utc(json_int(item, "time"), when);
			json_set_str(one, "time", when);
		}
		json_array_append_new(all, one);
	}
	return all;
}

static json_t *change_of(struct release *r, const struct dossier *d)
{
	static const char *const vote[] = { "person", "role", "decision", "condition", "revision", "key", NULL };
	static const char *const evidence[] = { "kind", "verdict", "person", "digest", NULL };
	static const char *const acceptance[] = { "finding", "role", "person", "reason", "scope", NULL };
	static const char *const release[] = { "channel", "person", "revision", "record", NULL };
	const struct policy *now = policies_now(&r->chain);
	json_t *packages = json_array(), *item;
	size_t i;

	json_array_foreach(d->packages, i, item) {
		AUTO_JSON *package = packed_get(item);

		json_array_append_new(packages,
			json_pack("{s:s, s:s, s:s, s:s}", "name", json_text(package, "name"), "version",
				json_text(package, "version"), "target", json_text(package, "target"), "sha256",
				json_text(package, "sha256")));
	}
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:O, s:O, s:O, s:O, s:o, s:o, s:o, s:o, s:o, s:O}", "rfc", d->id,
		"state", dossier_state(d, now, when_now()), "type", json_text(d->rfc, "type"), "urgency",
		json_text(d->rfc, "urgency"), "impact", json_text(d->rfc, "impact"), "requester",
		json_object_get(d->story, "requester"), "opened", json_object_get(d->story, "opened"), "request",
		json_map(d->rfc, "request"), "affected", json_map(d->rfc, "affected"), "packages", packages, "votes",
		said(d->votes, vote), "evidence", said(d->evidence, evidence), "acceptances",
		said(d->acceptances, acceptance), "releases", said(json_list(d->history, "releases"), release),
		"revisions", json_list(d->story, "revisions"));
}

static int add_change(struct release *r, const char *rfc, struct period *p, struct err *e)
{
	json_t *change;
	struct dossier d;

	if (release_dossier(r, rfc, false, false, &d, e))
		return -1;
	change = change_of(r, &d);
	dossier_done(&d);
	if (!change)
		return err_env(e, "%s cannot be told", rfc);
	count(p, "changes", 1);
	count(p, "votes", (int64_t)json_array_size(json_list(change, "votes")));
	count(p, "evidence", (int64_t)json_array_size(json_list(change, "evidence")));
	count(p, "acceptances", (int64_t)json_array_size(json_list(change, "acceptances")));
	count(p, "releases", (int64_t)json_array_size(json_list(change, "releases")));
	count(p, "departments", (int64_t)json_array_size(json_list(json_map(change, "affected"), "departments")));
	count(p, "emergencies", strcmp(json_text(change, "type"), "emergency") == 0);
	return json_array_append_new(json_list(p->report, "changes"), change);
}

/* ---- the log */
static int see_row(void *context, const struct log_row *logged, struct err *e)
{
	static const struct {
		const char *action, *counted;
	} acts[] = { { "policy", "policies" }, { "rfc-pir", "reviews" }, { "advisory", "advisories" } };
	struct period *p = context;
	struct slice rest = slice_of(logged->subject), word;
	bool is_ok = strcmp(logged->outcome, "ok") == 0;

	(void)e;
	if (!is_inside(p, logged->time))
		return 0;
	AUTO_JSON *row = log_row_json(logged);
	json_set_str(row, "hash", logged->hash);
	count(p, "log", 1);
	for (size_t i = 0; i < COUNT(acts); i++)
		if (is_ok && strcmp(acts[i].action, logged->action) == 0)
			count(p, acts[i].counted, 1);
	while (slice_cut(&rest, ' ', &word))
		if (word.len > 2 && strncmp(word.at, "R-", 2) == 0) {
			AUTO_FREE char *id = strndup(word.at, word.len);

			json_object_set_new(p->rfcs, id, json_true());
		}
	if (!is_ok && strcmp(logged->action, "hook") != 0) {
		count(p, "refusals", 1);
		json_array_append(json_list(p->report, "refusals"), row);
	}
	if (is_ok && strcmp(logged->action, "advisory") == 0)
		json_array_append(json_list(p->report, "advisories"), row);
	if (is_ok && strcmp(logged->action, "policy") == 0)
		json_array_append(json_list(p->report, "policies"), row);
	return 0;
}

/* A subject may name an RfC that never was: a refused act's. */
static int add_changes(struct release *r, struct period *p, struct err *e)
{
	const char *rfc;
	json_t *known;

	if (log_index_follow(r->index, r->store, NULL, e))
		return -1;
	json_object_foreach(p->rfcs, rfc, known) {
		AUTO_JSON *opening = NULL;

		if (log_index_last(r->index, rfc, "rfc-open", &opening, e) || (opening && add_change(r, rfc, p, e)))
			return -1;
	}
	return 0;
}

static void add_requirements(struct period *p)
{
	for (size_t i = 0; i < COUNT(requirements); i++)
		json_array_append_new(json_list(p->report, "requirements"),
			json_pack("{s:s, s:s, s:s, s:I}", "id", requirements[i].id, "title", requirements[i].title,
				"shown_by", requirements[i].shown_by, "number",
				(json_int_t)json_int(p->counts, requirements[i].shown_by)));
}

int release_report(struct release *r, int64_t from, int64_t to, json_t **ret, struct err *e)
{
	AUTO_JSON *rfcs = json_object(), *counts = json_object();
	AUTO_JSON *report = json_pack(
		"{s:[], s:[], s:[], s:[], s:[]}", "requirements", "changes", "refusals", "policies", "advisories");
	struct period p = { from, to, report, counts, rfcs };
	struct log_head head;
	char since[32], until[32];

	if (log_walk(r->store, NULL, see_row, &p, &head, e) || add_changes(r, &p, e))
		return -1;
	add_requirements(&p);
	when_utc(from, since);
	when_utc(to, until);
	json_object_set(report, "counts", counts);
	json_set_str(report, "from", since);
	json_set_str(report, "to", until);
	json_set_str(report, "organisation", json_text(release_policy(r), "organisation"));
	json_set_str(report, "policy", policies_now(&r->chain)->digest);
	json_object_set_new(report, "log", json_pack("{s:I, s:s}", "seq", (json_int_t)head.seq, "hash", head.hash));
	*ret = json_incref(report);
	return 0;
}
