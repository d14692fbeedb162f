/* finding.c - a candidate's findings, and who accepted which: for this candidate, for its product until a day, or for a recipe that changed. */
#include "base/text.h"
#include "base/when.h"
#include "release/candidate_impl.h"
#include <stdio.h>
#include <string.h>

static void finding_digest(const json_t *finding, char ret[65])
{
	AUTO_JSON *copy = json_deep_copy(finding);
	struct err ignored = { 0 };

	json_object_del(copy, "digest");
	if (json_digest(copy, ret, &ignored))
		ret[0] = '\0';
}

/* ---- what was accepted */
/* The acts that may speak of it: its own, and standing ones. One whose person did not hold the role then counts nowhere (fold_accept.c). */
static int each_acceptance(struct release *r, const char *candidate,
	void (*see)(void *context, const struct record *one), void *context, struct err *e)
{
	AUTO_JSON *rows = db_rows(r->store->db,
		"SELECT record, signature FROM log WHERE record <> '' AND ((action = 'accept' AND (subject = $1 OR "
		"subject LIKE '% product')) OR action = 'recipe-approve') ORDER BY seq",
		DB_TEXTS(candidate), e);
	size_t i;
	json_t *row;

	if (!rows)
		return -1;
	json_array_foreach(rows, i, row) {
		const struct policy *then;
		struct record one;

		if (record_load(&r->source.source, json_text(row, "record"), json_text(row, "signature"), &r->chain,
			    false, &one, e))
			return -1;
		then = policies_by_digest(&r->chain, one.policy);
		if (then && policy_holds(then->json, one.person, json_text(one.body, "role")))
			see(context, &one);
		record_done(&one);
	}
	return 0;
}

static void keep(void *context, const struct record *one)
{
	json_t *item = json_copy((json_t *)one->body);

	json_set_str(item, "person", one->person);
	json_set_str(item, "key", one->key);
	json_set_str(item, "time", json_text(one->json, "time"));
	json_set_str(item, "record", one->digest);
	if (strcmp(one->type, "recipe-approve") == 0)
		json_set_str(item, "scope", "recipe");
	json_array_append_new(context, item);
}

static bool is_about(const json_t *a, const json_t *finding, const json_t *submit, const char *candidate)
{
	const char *scope = json_text(a, "scope");

	if (strcmp(scope, "recipe") == 0)
		return strcmp(json_text(finding, "check"), "recipe-changed") == 0 &&
			strcmp(json_text(finding, "new"), json_text(a, "recipe")) == 0 &&
			strcmp(json_text(submit, "recipe"), json_text(a, "recipe")) == 0;
	if (strcmp(json_text(a, "finding"), json_text(finding, "digest")) != 0)
		return false;
	return strcmp(scope, "product") == 0 ? strcmp(json_text(a, "product"), json_text(submit, "product")) == 0
					     : strcmp(json_text(a, "candidate"), candidate) == 0;
}

/* Would the gate count it now? */
static bool counts_now(const json_t *policy, const json_t *a, const char *check, const char *submitter)
{
	const char *until = json_text(a, "until"), *person = json_text(a, "person"), *role = json_text(a, "role");
	struct err ignored = { 0 };
	int64_t at = INT64_MAX;

	if (*until && (when_parse(until, "UTC", &at, &ignored) || at < when_now()))
		return false;
	return json_lists(policy_acceptors(policy, check), role) && policy_holds(policy, person, role) &&
		policy_key_of(policy, person, json_text(a, "key")) && strcmp(person, submitter) != 0;
}

/* ---- the list */
struct listing {
	const json_t *policy, *submit, *accepted;
	const char *candidate, *submitter;
	json_t *list;
};

static void add_finding(const struct listing *l, const json_t *finding, const char *kind)
{
	json_t *one = json_copy((json_t *)finding), *by = json_array(), *a;
	json_t *roles = (json_t *)policy_acceptors(l->policy, json_text(finding, "check"));
	int severity = severity_parse(json_text(finding, "severity"));
	bool must = severity < 0 || severity >= severity_parse(policy_fail_on(l->policy)), done = false;
	char digest[65];
	size_t i;

	finding_digest(finding, digest);
	json_set_str(one, "digest", digest);
	json_array_foreach(l->accepted, i, a)
		if (is_about(a, one, l->submit, l->candidate)) {
			json_t *item = json_copy(a);
			bool counts = counts_now(l->policy, a, json_text(one, "check"), l->submitter);

			done = done || counts;
			json_object_set_new(item, "counts", json_boolean(counts));
			json_array_append_new(by, item);
		}
	json_object_set_new(one, "accepted", by);
	json_set_str(one, "evidence", kind);
	json_set_str(one, "status", done ? "accepted" : must ? "open" : "told");
	json_object_set_new(one, "acceptors", roles ? json_incref(roles) : json_array());
	json_array_append_new(l->list, one);
}

int finding_list(struct release *r, const char *candidate, json_t **ret, struct err *e)
{
	AUTO_JSON *accepted = json_array(), *evidence = NULL, *list = json_array();
	struct listing l = { release_policy(r), NULL, accepted, candidate, NULL, list };
	struct record submit;
	size_t i, k;
	json_t *item, *finding;

	if (candidate_submitted(r, candidate, &submit, e))
		return -1;
	evidence = candidate_evidence(r, candidate, &submit, e);
	if (!evidence || each_acceptance(r, candidate, keep, accepted, e)) {
		record_done(&submit);
		return -1;
	}
	l.submit = json_map(submit.body, "submit");
	l.submitter = submit.person;
	json_array_foreach(evidence, i, item)
		json_array_foreach(json_list(json_map(item, "body"), "findings"), k, finding)
			add_finding(&l, finding, json_text(item, "kind"));
	record_done(&submit);
	*ret = json_pack("{s:s, s:O}", "candidate", candidate, "findings", list);
	return 0;
}

/* ---- for a test: what people decided on lines in logs */
struct decisions {
	const char *candidate, *product;
	json_t *map;
};

static void decide(void *context, const struct record *one)
{
	struct decisions *d = context;
	bool is_product = strcmp(json_text(one->body, "scope"), "product") == 0;
	const char *until = json_text(one->body, "until");
	struct err ignored = { 0 };
	int64_t at = INT64_MAX;

	if (strcmp(one->type, "accept") != 0 || (*until && when_parse(until, "UTC", &at, &ignored)) || at < when_now())
		return;
	if (is_product ? strcmp(json_text(one->body, "product"), d->product) != 0
		       : strcmp(json_text(one->body, "candidate"), d->candidate) != 0)
		return;
	json_object_set_new(d->map, json_text(one->body, "finding"),
		json_pack("{s:s, s:s, s:s}", "reason", json_text(one->body, "reason"), "role",
			json_text(one->body, "role"), "until", until));
}

int finding_decided(struct release *r, const char *candidate, const char *product, json_t **ret, struct err *e)
{
	struct decisions d = { candidate, product, json_object() };

	if (each_acceptance(r, candidate, decide, &d, e)) {
		json_decref(d.map);
		return -1;
	}
	*ret = d.map;
	return 0;
}

/* ---- accepting */
/* A short digest is fine as long as it means one finding; that finding, borrowed from all. */
static const json_t *finding_named(const json_t *all, const char *candidate, const char *id, struct err *e)
{
	const json_t *found = NULL;
	size_t i;
	json_t *finding;

	json_array_foreach(json_list(all, "findings"), i, finding) {
		if (strlen(id) < 8 || !text_starts(json_text(finding, "digest"), id))
			continue;
		if (found && strcmp(json_text(found, "digest"), json_text(finding, "digest")) != 0) {
			err_usage(e, "%s: finding '%s' is not clear; give more of its digest", candidate, id);
			return NULL;
		}
		found = finding;
	}
	if (!found) {
		err_usage(e, "%s has no finding '%s'", candidate, id);
		err_hint(e, "'sluice finding list %s' lists them; at least 8 digits of the digest are needed",
			candidate);
	}
	return found;
}

/* Rows of every RfC that a product's acceptance may move. */
static int refresh_product(struct release *r, const char *record, void *context, struct err *e)
{
	AUTO_JSON *rows = db_rows(r->store->db, "SELECT id FROM candidate WHERE product = $1 AND state = 'open'",
		DB_TEXTS((const char *)context), e);
	struct text subject = { 0 };
	size_t i;
	json_t *row;
	int result;

	if (!rows)
		return -1;
	json_array_foreach(rows, i, row)
		text_add(&subject, "%s%s", i ? " " : "", json_text(row, "id"));
	AUTO_FREE char *ids = text_take(&subject);
	result = *ids ? release_refresh(r, ids, e) : 0;
	return result;
}

/* Whoever built it does not clear what was found in it; and the role must be one that may, for this check. */
static int may_accept(struct release *r, const char *person, const char *role, const json_t *finding,
	const char *submitter, struct err *e)
{
	const json_t *roles = policy_acceptors(release_policy(r), json_text(finding, "check"));
	struct text who = { 0 };
	size_t i;
	json_t *item;

	if (!policy_holds(release_policy(r), person, role))
		return release_not_holder(r, person, role, "", e);
	if (strcmp(person, submitter) == 0)
		return err_verdict(e, NULL, "%s submitted it; somebody else must accept what was found", person);
	if (json_lists(roles, role))
		return 0;
	json_array_foreach(roles, i, item)
		text_add(&who, "%s%s", i ? ", " : "", json_string_value(item));
	AUTO_FREE char *names = text_take(&who);
	return err_verdict(e, NULL, "%s as %s may not accept %s; %s may", person, role, json_text(finding, "check"),
		*names ? names : "nobody");
}

struct acceptance {
	const char *candidate, *role, *reason, *scope;
	int64_t until;
};

static int record_acceptance(struct release *r, const struct actor *actor, const struct acceptance *a,
	const json_t *finding, const char *product, struct err *e)
{
	bool is_product = strcmp(a->scope, "product") == 0;
	AUTO_FREE char *subject = mem_printf("%s%s", a->candidate, is_product ? " product" : "");
	AUTO_JSON *body = NULL;
	struct act act = { "accept", subject, NULL, is_product ? refresh_product : NULL, (void *)(uintptr_t)product };
	char when[32] = "", record[65];

	if (a->until)
		when_utc(a->until, when);
	body = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "candidate", a->candidate, "finding",
		json_text(finding, "digest"), "check", json_text(finding, "check"), "role", a->role, "reason",
		a->reason, "until", when, "scope", a->scope);
	if (!body)
		return err_usage(e, "a text is not UTF-8");
	if (is_product)
		json_set_str(body, "product", product);
	act.body = body;
	return release_act(r, actor, &act, record, e);
}

static int accept(
	struct release *r, const struct actor *actor, const struct acceptance *a, const char *finding, struct err *e)
{
	AUTO_FREE char *person = NULL, *home = NULL, *key = NULL, *submitter = NULL, *product = NULL;
	AUTO_JSON *all = NULL;
	const json_t *found;
	struct record submit;

	if (release_whoami(r, actor, &person, &home, &key, e) || candidate_submitted(r, a->candidate, &submit, e))
		return -1;
	submitter = mem_strdup(submit.person);
	product = mem_strdup(json_text(json_map(submit.body, "submit"), "product"));
	record_done(&submit);
	if (finding_list(r, a->candidate, &all, e))
		return -1;
	found = finding_named(all, a->candidate, finding, e);
	if (!found || may_accept(r, person, a->role, found, submitter, e))
		return -1;
	return record_acceptance(r, actor, a, found, product, e);
}

int finding_accept(struct release *r, const struct actor *actor, const char *candidate, const char *finding,
	const char *role, const char *reason, int64_t until, const char *scope, struct err *e)
{
	struct acceptance a = { candidate, role, reason, scope && *scope ? scope : "rfc", until };
	AUTO_FD int lock = store_lock(r->store, e);

	if (lock < 0)
		return -1;
	if (strcmp(a.scope, "rfc") != 0 && strcmp(a.scope, "product") != 0)
		return err_usage(e, "--scope %s: rfc or product", scope);
	if (!*reason)
		return err_usage(e, "an acceptance needs a reason");
	if (until && until <= when_now())
		return err_usage(e, "--until lies in the past");
	if (!until && strcmp(a.scope, "product") == 0)
		return err_usage(e, "an acceptance for a product needs an end");
	if (accept(r, actor, &a, finding, e) == 0)
		return 0;
	if (e->class == ERR_VERDICT)
		release_note(r, actor, "accept", candidate, e->text);
	return -1;
}

/* ---- a recipe that changed */
/* Rows of every open candidate: which of them were made by that recipe stands in their records only. */
static int refresh_open(struct release *r, const char *record, void *context, struct err *e)
{
	return release_refresh(r, NULL, e);
}

int recipe_approve(struct release *r, const struct actor *actor, const char *recipe, const char *role,
	const char *reason, struct err *e)
{
	AUTO_FREE char *person = NULL, *home = NULL, *key = NULL;
	AUTO_FD int lock = store_lock(r->store, e);
	AUTO_JSON *body = json_pack("{s:s, s:s, s:s}", "recipe", recipe, "role", role, "reason", reason);
	struct act act = { "recipe-approve", recipe, body, refresh_open, NULL };
	char record[65];

	if (lock < 0 || !body)
		return lock < 0 ? -1 : err_usage(e, "a text is not UTF-8");
	if (!digest_is_hex(recipe))
		return err_usage(e, "'%s' is no recipe's digest", recipe);
	if (release_whoami(r, actor, &person, &home, &key, e))
		return -1;
	if (!policy_holds(release_policy(r), person, role) ||
		!json_lists(policy_acceptors(release_policy(r), "recipe-changed"), role)) {
		err_verdict(e, NULL, "%s as %s may not approve a recipe", person, role);
		err_hint(e, "the policy's findings: {accept: {recipe-changed: [...]}} says which role may");
		release_note(r, actor, "recipe-approve", recipe, e->text);
		return -1;
	}
	return release_act(r, actor, &act, record, e);
}
