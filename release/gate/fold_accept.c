/* fold_accept.c - acceptances of findings: for one candidate, or standing ones (for a product, for a recipe) that reach every candidate they fit.
 *
 * A standing one counts for a finding only while nothing else accepts that finding, so that a released RfC's revision stays what it is when
 * somebody accepts again. Whether the person may (role, key, check) is the gate's question; here the role is held against the policy of then. */
#include "base/when.h"
#include "release/gate/fold.h"
#include <string.h>

static bool held_role_then(const struct fold *f, const struct record *r)
{
	const struct policy *then = policies_by_digest(f->d->chain, r->policy);

	return then && policy_holds(then->json, r->person, json_text(r->body, "role"));
}

static json_t *acceptance_json(const struct record *r, const char *finding, int64_t until, const char *scope)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:s}", "digest", r->digest, "finding", finding, "role",
		json_text(r->body, "role"), "person", r->person, "key", r->key, "reason", json_text(r->body, "reason"),
		"until", (json_int_t)until, "scope", scope);
}

/* name: what it is for; kept until a candidate comes that it fits. */
static int keep_standing(struct fold *f, const struct record *r, int64_t until, const char *scope, const char *name)
{
	json_t *item = acceptance_json(r, json_text(r->body, "finding"), until, scope);

	json_set_str(item, "for", name);
	if (!f->standing)
		f->standing = json_array();
	return json_array_append_new(f->standing, item);
}

int fold_accept(struct fold *f, const struct record *r, struct err *e)
{
	const char *until_text = json_text(r->body, "until"), *scope = json_text(r->body, "scope");
	bool is_ours = json_object_get(f->candidates, json_text(r->body, "candidate")) != NULL;
	int64_t until = 0;

	if (*until_text && when_parse(until_text, "UTC", &until, e))
		return -1;
	if (!held_role_then(f, r) || !fold_understands(r, "candidate finding check role reason until scope product"))
		return 0;
	if (strcmp(scope, "product") == 0)
		return keep_standing(f, r, until, scope, json_text(r->body, "product"));
	if (!is_ours)
		return err_verdict(e, "E_MISMATCH", "record %.16s (%s by %s): of an unknown candidate", r->digest,
			r->type, r->person);
	return json_array_append_new(
		f->d->acceptances, acceptance_json(r, json_text(r->body, "finding"), until, scope));
}

int fold_recipe_approve(struct fold *f, const struct record *r, struct err *e)
{
	return held_role_then(f, r) && fold_understands(r, "recipe role reason")
		? keep_standing(f, r, 0, "recipe", json_text(r->body, "recipe"))
		: 0;
}

static bool fits(const struct fold *f, const json_t *standing, const json_t *finding, const char *digest)
{
	bool is_recipe = strcmp(json_text(standing, "scope"), "recipe") == 0;
	size_t i;
	json_t *id;

	if (is_recipe ? strcmp(json_text(finding, "check"), "recipe-changed") != 0 ||
				strcmp(json_text(finding, "new"), json_text(standing, "for")) != 0
		      : strcmp(json_text(standing, "finding"), digest) != 0)
		return false;
	json_array_foreach(f->order, i, id) {
		const json_t *submit = json_map(json_object_get(f->candidates, json_string_value(id)), "submit");

		if (strcmp(json_text(submit, is_recipe ? "recipe" : "product"), json_text(standing, "for")) == 0)
			return true;
	}
	return false;
}

static bool built_it(const struct fold *f, const char *person)
{
	size_t i;
	json_t *id;

	json_array_foreach(f->order, i, id)
		if (strcmp(json_text(json_object_get(f->candidates, json_string_value(id)), "submitter"), person) == 0)
			return true;
	return false;
}

static bool is_accepted(const struct fold *f, const char *finding, int64_t at)
{
	size_t i;
	json_t *a;

	json_array_foreach(f->d->acceptances, i, a)
		if (strcmp(json_text(a, "finding"), finding) == 0 && !built_it(f, json_text(a, "person")) &&
			(json_int(a, "until") == 0 || json_int(a, "until") >= at))
			return true;
	return false;
}

static void apply_to(struct fold *f, const json_t *finding, int64_t at)
{
	AUTO_JSON *copy = json_deep_copy(finding);
	struct err ignored = { 0 };
	char digest[65];
	size_t i;
	json_t *standing;

	json_object_del(copy, "digest");
	if (json_digest(copy, digest, &ignored))
		return;
	json_array_foreach(f->standing, i, standing) {
		json_t *one;

		if (!fits(f, standing, finding, digest) || is_accepted(f, digest, at))
			continue;
		one = json_copy(standing);
		json_object_del(one, "for");
		json_set_str(one, "finding", digest);
		json_array_append_new(f->d->acceptances, one);
	}
}

void fold_standing(struct fold *f, int64_t at)
{
	size_t i, k;
	json_t *item, *finding;

	if (!f->standing)
		return;
	json_array_foreach(f->d->evidence, i, item)
		json_array_foreach(json_list(json_map(item, "body"), "findings"), k, finding)
			apply_to(f, finding, at);
}
