/* revision.c - what a vote covers: one canonical document whose digest every vote signs.
 *
 * Same records, same policy: same bytes, wherever they are computed. What changes it is listed in gate.md ("What a vote covers"). */
#include "release/gate/fields.h"
#include "release/gate/fold.h"
#include <string.h>

static int by_text(const void *a, const void *b)
{
	return strcmp(json_string_value(*(json_t *const *)a), json_string_value(*(json_t *const *)b));
}

static json_t *sorted(json_t *list)
{
	json_t *ordered = json_sorted(list, by_text, true);

	json_decref(list);
	return ordered;
}

static json_t *bound_fields(const json_t *fields)
{
	json_t *bound = json_object();

	for (const struct rfc_field *f = rfc_field_table; f->key; f++)
		if (f->is_bound && *json_text(fields, f->key))
			json_set_str(bound, f->key, json_text(fields, f->key));
	return bound;
}

/* Only what identifies: a package is its bytes, its name only tells people which. */
static json_t *identity(const char *candidate, const json_t *package)
{
	static const char *const members[] = { "target", "format", "name", "version", "architecture", "sha256",
		"location", "fragment", "suite", "path" };
	static const char *const later[] = { "component", "contents" };
	json_t *one = json_pack("{s:s}", "candidate", candidate);

	for (size_t i = 0; i < COUNT(members); i++)
		json_set_str(one, members[i], json_text(package, members[i]));
	for (size_t i = 0; i < COUNT(later); i++) /* newer than revisions that were voted on without them */
		if (*json_text(package, later[i]))
			json_set_str(one, later[i], json_text(package, later[i]));
	json_object_set_new(one, "size", json_integer(json_int(package, "size")));
	return one;
}

static void finding_digests(const json_t *evidence, json_t *ret)
{
	size_t i, k;
	json_t *item, *finding;

	json_array_foreach(evidence, i, item)
		json_array_foreach(json_list(json_map(item, "body"), "findings"), k, finding) {
			AUTO_JSON *copy = json_deep_copy(finding);
			struct err ignored = { 0 };
			char digest[65];

			json_object_del(copy, "digest");
			if (json_digest(copy, digest, &ignored) == 0)
				json_array_append_new(ret, json_string(digest));
		}
}

static json_t *digests_of(const json_t *list)
{
	json_t *digests = json_array(), *item;
	size_t i;

	json_array_foreach(list, i, item)
		json_array_append_new(digests, json_string(json_text(item, "digest")));
	return sorted(digests);
}

json_t *revision_build(const struct fold *f, struct err *e)
{
	const struct policy *policy = policies_by_digest(f->d->chain, f->policy);
	json_t *packages = json_array(), *sources = json_array(), *findings = json_array(), *names = json_array(),
	       *back = json_array(), *affected;
	json_t *revision, *id, *package;
	size_t i, k;

	json_array_foreach(f->order, i, id) {
		const json_t *c = json_object_get(f->candidates, json_string_value(id)),
			     *submit = json_map(c, "submit");

		json_array_append_new(sources,
			json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "candidate", json_string_value(id), "product",
				json_text(submit, "product"), "vendor", json_text(submit, "vendor"), "version",
				json_text(submit, "version"), "sha256", json_text(json_map(submit, "source"), "sha256"),
				"recipe", json_text(submit, "recipe"), "house", json_text(submit, "house")));
		json_array_foreach(json_list(submit, "packages"), k, package) {
			json_array_append_new(packages, identity(json_string_value(id), package));
			json_array_append_new(names, json_string(json_text(package, "name")));
		}
		json_array_foreach(json_list(submit, "back"), k, package)
			json_array_append_new(back, identity(json_string_value(id), package));
	}
	json_array_foreach(f->removes, i, package)
		json_array_append(names, json_object_get(package, "name"));
	finding_digests(f->d->evidence, findings);
	/* For machines nothing changes by what is taken over: no names, nobody affected. */
	affected = policy_affected(policy ? policy->json : NULL, names);
	revision = json_pack("{s:i, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "version", 1, "rfc", f->d->id,
		"request", bound_fields(f->fields), "packages", packages, "sources", sources, "evidence",
		digests_of(f->d->evidence), "findings", sorted(findings), "acceptances", digests_of(f->d->acceptances),
		"affected", affected, "asked",
		policy_extract(policy ? policy->json : NULL, json_text(f->fields, "impact"), affected));
	json_decref(names);
	if (revision && json_int(f->life, "resubmitted"))
		json_object_set(revision, "resubmitted", json_object_get(f->life, "resubmitted"));
	/* The way back is part of what is voted on. */
	if (revision && json_array_size(back))
		json_object_set(revision, "back", back);
	json_decref(back);
	if (revision && f->stops)
		json_object_set(revision, "stops", f->stops);
	if (revision && f->removes)
		json_object_set(revision, "removes", f->removes);
	if (revision && f->adopts) {
		json_t *asked = json_map(revision, "asked");

		json_object_set(revision, "adopts", f->adopts);
		json_object_set_new(asked, "evidence", json_array());
		json_object_set_new(asked, "votes", policy_owner_votes(policy ? policy->json : NULL));
	}
	if (!policy || !revision) {
		json_decref(revision);
		err_verdict(e, "E_MISMATCH", "%s: its revision cannot be built", f->d->id);
		return NULL;
	}
	return revision;
}
