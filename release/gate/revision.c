/* revision.c - what a vote covers: one canonical document whose digest every vote signs.
 *
 * Same records, same policy: same bytes, wherever they are computed. What changes it is listed in gate.md ("What a vote covers"). */
#include "base/digest.h"
#include "base/text.h"
#include "release/gate/fields.h"
#include "release/gate/fold.h"
#include "release/gate/packed.h"
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

/* ---- its lists of packages, which are hashed and not held: a change may have tens of thousands */

typedef int (*taker)(void *context, const json_t *package);

/* Every candidate's list of that name, in the order in which the RfC names them. */
static int each_package(const struct fold *f, const char *list, taker take, void *context)
{
	size_t i, k;
	json_t *id, *item;

	json_array_foreach(f->order, i, id) {
		const json_t *submit = json_map(json_object_get(f->candidates, json_string_value(id)), "submit");

		json_array_foreach(json_list(submit, list), k, item) {
			AUTO_JSON *package = packed_get(item), *one = identity(json_string_value(id), package);

			if (take(context, one))
				return -1;
		}
	}
	return 0;
}

struct hashing {
	struct digest *digests[2]; /* of the whole revision, where it is made; of the list */
	struct err *e;
	size_t len;
};

static void add(struct hashing *h, const char *bytes, size_t len)
{
	for (size_t i = 0; i < COUNT(h->digests); i++)
		if (h->digests[i])
			digest_add(h->digests[i], bytes, len);
}

static int hash_package(void *context, const json_t *package)
{
	struct hashing *h = context;
	AUTO_FREE char *bytes = NULL;
	size_t len;

	if (json_canonical(package, &bytes, &len, h->e))
		return -1;
	if (h->len++)
		add(h, ",", 1);
	add(h, bytes, len);
	return 0;
}

/* The list's canonical bytes; its own digest stands for it in what is held. whole NULL: only that. */
static int hash_list(const struct fold *f, const char *list, struct digest *whole, char ret[SHA256_HEX], struct err *e)
{
	AUTO(digest) own = { 0 };
	struct hashing h = { { whole, &own }, e, 0 };
	char hex[DIGEST_HEX];
	int failed;

	digest_init(&own, DIGEST_SHA256);
	add(&h, "[", 1);
	failed = each_package(f, list, hash_package, &h);
	add(&h, "]", 1);
	digest_end_hex(&own, hex);
	memcpy(ret, hex, SHA256_HEX);
	return failed;
}

static int by_key(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int hash_member(const struct fold *f, const char *key, const json_t *value, struct digest *d, struct err *e)
{
	AUTO_FREE char *name = mem_printf("\"%s\":", key), *bytes = NULL;
	char ignored[SHA256_HEX];
	size_t len;

	digest_add(d, name, strlen(name));
	if (strcmp(key, "packages") == 0 || strcmp(key, "back") == 0)
		return hash_list(f, key, d, ignored, e);
	if (json_canonical(value, &bytes, &len, e))
		return -1;
	digest_add(d, bytes, len);
	return 0;
}

/* As json_digest of the whole document: members in order, no blanks. */
int revision_digest(const struct fold *f, const json_t *revision, char ret[65], struct err *e)
{
	AUTO_FREE const char **keys = mem_alloc((json_object_size(revision) + 1) * sizeof *keys);
	AUTO(digest) d = { 0 };
	char hex[DIGEST_HEX];
	const char *key;
	json_t *value;
	size_t len = 0;
	int failed = 0;

	json_object_foreach((json_t *)(uintptr_t)revision, key, value)
		keys[len++] = key;
	qsort(keys, len, sizeof *keys, by_key);
	digest_init(&d, DIGEST_SHA256);
	digest_add(&d, "{", 1);
	for (size_t i = 0; i < len && !failed; i++) {
		if (i)
			digest_add(&d, ",", 1);
		failed = hash_member(f, keys[i], json_object_get(revision, keys[i]), &d, e);
	}
	digest_add(&d, "}", 1);
	digest_end_hex(&d, hex);
	memcpy(ret, hex, SHA256_HEX);
	return failed;
}

/* ---- the document */

static json_t *sources_of(const struct fold *f)
{
	json_t *sources = json_array(), *id;
	size_t i;

	json_array_foreach(f->order, i, id) {
		const json_t *c = json_object_get(f->candidates, json_string_value(id)),
			     *submit = json_map(c, "submit");

		json_array_append_new(sources,
			json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "candidate", json_string_value(id), "product",
				json_text(submit, "product"), "vendor", json_text(submit, "vendor"), "version",
				json_text(submit, "version"), "sha256", json_text(json_map(submit, "source"), "sha256"),
				"recipe", json_text(submit, "recipe"), "house", json_text(submit, "house")));
	}
	return sources;
}

/* What is no text is "", whatever it is: names come from records. */
static void add_name(json_t *names, const json_t *item)
{
	AUTO_JSON *package = packed_get(item);
	json_t *name = json_object_get(package, "name");

	json_array_append_new(names, json_is_string(name) ? json_incref(name) : json_string(""));
}

/* Whom it touches. For machines nothing changes by what is taken over: no names, nobody affected. */
static json_t *affected_by(const struct fold *f, const struct policy *policy)
{
	AUTO_JSON *names = json_array();
	size_t i, k;
	json_t *id, *item;

	json_array_foreach(f->order, i, id) {
		const json_t *submit = json_map(json_object_get(f->candidates, json_string_value(id)), "submit");

		json_array_foreach(json_list(submit, "packages"), k, item)
			add_name(names, item);
	}
	json_array_foreach(f->removes, i, item)
		add_name(names, item);
	return policy_affected(policy ? policy->json : NULL, names);
}

static bool has_back(const struct fold *f)
{
	size_t i;
	json_t *id;

	json_array_foreach(f->order, i, id)
		if (json_array_size(json_list(
			    json_map(json_object_get(f->candidates, json_string_value(id)), "submit"), "back")))
			return true;
	return false;
}

static void add_adoption(const struct fold *f, const struct policy *policy, json_t *revision)
{
	json_t *asked = json_map(revision, "asked");

	json_object_set(revision, "adopts", f->adopts);
	json_object_set_new(asked, "evidence", json_array());
	json_object_set_new(asked, "votes", policy_owner_votes(policy ? policy->json : NULL));
}

json_t *revision_build(const struct fold *f, struct err *e)
{
	const struct policy *policy = policies_by_digest(f->d->chain, f->policy);
	json_t *findings = json_array(), *affected = affected_by(f, policy), *revision;
	char packages[SHA256_HEX], back[SHA256_HEX];

	finding_digests(f->d->evidence, findings);
	if (hash_list(f, "packages", NULL, packages, e) || hash_list(f, "back", NULL, back, e)) {
		json_decref(findings);
		json_decref(affected);
		return NULL;
	}
	revision = json_pack("{s:i, s:s, s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:o}", "version", 1, "rfc", f->d->id,
		"request", bound_fields(f->fields), "packages", packages, "sources", sources_of(f), "evidence",
		digests_of(f->d->evidence), "findings", sorted(findings), "acceptances", digests_of(f->d->acceptances),
		"affected", affected, "asked",
		policy_extract(policy ? policy->json : NULL, json_text(f->fields, "impact"), affected));
	if (revision && json_int(f->life, "resubmitted"))
		json_object_set(revision, "resubmitted", json_object_get(f->life, "resubmitted"));
	/* The way back is part of what is voted on. */
	if (revision && has_back(f))
		json_set_str(revision, "back", back);
	if (revision && f->stops)
		json_object_set(revision, "stops", f->stops);
	if (revision && f->removes)
		json_object_set(revision, "removes", f->removes);
	if (revision && f->adopts)
		add_adoption(f, policy, revision);
	if (!policy || !revision) {
		json_decref(revision);
		err_verdict(e, "E_MISMATCH", "%s: its revision cannot be built", f->d->id);
		return NULL;
	}
	return revision;
}
