/* audit_snapshot.c - one signed release.json, asked again: each release in it at its own time, with what it let in. */
#include "release/gate/audit_impl.h"
#include "release/gate/gate.h"
#include "release/gate/removal.h"
#include <string.h>

struct asking {
	const struct asked *of;
	json_t *served; /* {SHA256: true} */
	json_t *items;  /* {RFC: [item of "packages"]} */
};

static const struct record *release_record(const struct dossier *d, const char *type, const char *digest)
{
	for (size_t i = 0; i < d->records.len; i++)
		if (strcmp(d->records.at[i].digest, digest) == 0 && strcmp(d->records.at[i].type, type) == 0)
			return &d->records.at[i];
	return NULL;
}

/* {text of KEY: [item]} */
static json_t *by_text(const json_t *items, const char *key)
{
	json_t *map = json_object(), *item;
	size_t i;

	json_array_foreach(items, i, item) {
		const char *text = json_text(item, key);
		json_t *list = json_list(map, text);

		if (!list) {
			list = json_array();
			json_object_set_new(map, text, list);
		}
		json_array_append(list, item);
	}
	return map;
}

static json_t *digests_of(const json_t *packages)
{
	json_t *set = json_object(), *package;
	size_t i;

	json_array_foreach(packages, i, package)
		json_object_set_new(set, json_text(package, "sha256"), json_true());
	return set;
}

/* Packages that are no longer served cannot be hashed here; those that are, were. */
static void mark_served(const struct asking *w, json_t *packages, const json_t *served)
{
	size_t i;
	json_t *package;

	json_array_foreach(packages, i, package) {
		const char *sha256 = json_text(package, "sha256");
		struct err why = { 0 };
		uint64_t size = 0;
		bool is_intact = !json_object_get(served, sha256) ||
			(source_check(w->of->source, sha256, &size, &why) == 0 &&
				(int64_t)size == json_int(package, "size"));

		if (err_is_machine(&why))
			audit_found_err(w->of->findings, "package", sha256, &why);
		json_object_set_new(package, "intact", json_boolean(is_intact));
	}
}

static bool is_submitted(const json_t *by_digest, const json_t *item)
{
	static const char *const same[] = { "candidate", "target", "format", "name", "version", "architecture",
		"sha256", "fragment", "location" };
	size_t i;
	json_t *package;

	json_array_foreach(json_list(by_digest, json_text(item, "sha256")), i, package) {
		bool equal = true;

		for (size_t m = 0; m < COUNT(same); m++)
			equal = equal && strcmp(json_text(package, same[m]), json_text(item, same[m])) == 0;
		if (equal)
			return true;
	}
	return false;
}

static void ask_again(const struct asking *w, struct dossier *d, const json_t *entry)
{
	const char *channel = json_text(w->of->release, "channel");
	json_t *findings = w->of->findings;
	bool is_back = json_flag(entry, "back");
	const struct record *r = release_record(d, is_back ? "rollback" : "release", json_text(entry, "record"));
	AUTO_JSON *answer = NULL;
	size_t i;
	json_t *reason;

	if (!r || strcmp(json_text(r->body, "channel"), channel) != 0 ||
		strcmp(json_text(r->body, "rfc"), d->id) != 0) {
		audit_found(findings, "release", d->id, "nobody signed its release to %s", channel);
		return;
	}
	if (strcmp(json_text(r->body, "revision"), json_text(d->rfc, "revision")) != 0 ||
		strcmp(json_text(entry, "revision"), json_text(d->rfc, "revision")) != 0)
		audit_found(findings, "release", d->id, "it was released as another revision than its records make");
	/* Reports are not published; whoever released it signed what they came to, and the signer counted them itself. */
	d->ring = json_incref(json_map(r->body, "ring"));
	answer = (is_back ? dossier_ask_back : dossier_ask)(
		d, policies_at(w->of->chain, r->seq), channel, r->person, r->time);
	json_array_foreach(json_list(answer, "reasons"), i, reason)
		audit_found(findings, "gate", d->id, "%s: %s", json_text(reason, "rule"), json_text(reason, "text"));
}

/* What was taken back was let in before, by what stood then: asked again as well, with the records up to that act. */
static void ask_release(const struct asking *w, const json_t *entry)
{
	AUTO_JSON *before = json_deep_copy(entry), *pairs = json_array();
	const char *record = json_text(entry, "released"), *rfc = json_text(entry, "rfc");
	const json_t *act = json_find(json_list(entry, "records"), "record", record);
	struct err why = { 0 };
	struct dossier d;
	size_t i;
	json_t *pair;

	json_array_foreach(json_list(entry, "records"), i, pair)
		if (json_int(pair, "seq") <= json_int(act, "seq"))
			json_array_append(pairs, pair);
	json_object_set_new(before, "back", json_false());
	json_set_str(before, "record", record);
	if (dossier_load(&d, w->of->source, w->of->chain, rfc, pairs, false, false, &why)) {
		audit_found_err(w->of->findings, "record", rfc, &why);
		return;
	}
	mark_served(w, d.packages, NULL); /* served no more */
	json_object_set(
		before, "revision", json_object_get(d.rfc, "revision")); /* what was found since made another one */
	ask_again(w, &d, before);
	dossier_done(&d);
}

static void ask_entry(const struct asking *w, const json_t *entry)
{
	json_t *findings = w->of->findings, *packages;
	const char *rfc = json_text(entry, "rfc");
	AUTO_JSON *submitted = NULL;
	struct err why = { 0 };
	struct dossier d;
	size_t i;
	json_t *item;

	if (dossier_load(&d, w->of->source, w->of->chain, rfc, json_list(entry, "records"), false, false, &why)) {
		audit_found_err(findings, "record", rfc, &why);
		return;
	}
	packages = json_flag(entry, "back") ? d.back : d.packages;
	mark_served(w, packages, w->served);
	if (json_flag(entry, "back"))
		ask_release(w, entry);
	ask_again(w, &d, entry);
	if (json_array_size(json_list(d.rfc, "removes")) &&
		!json_equal(json_list(d.rfc, "removes"), json_list(entry, "removes")))
		audit_found(findings, "release", rfc, "it says that it took out something else than was voted on");
	if (!json_map(d.rfc, "adopts") != !json_map(entry, "adopts") ||
		(json_map(entry, "adopts") && !json_equal(json_map(d.rfc, "adopts"), json_map(entry, "adopts"))))
		audit_found(findings, "release", rfc, "it says that it took over something else than was voted on");
	submitted = by_text(packages, "sha256");
	json_array_foreach(json_list(w->items, rfc), i, item)
		if (!is_submitted(submitted, item))
			audit_found(findings, "package", json_text(item, "path"),
				"it is none of those that %s was about", rfc);
	dossier_done(&d);
}

void audit_releases(const struct asked *of, const char *only)
{
	struct asking w = { of, digests_of(of->packages), by_text(json_list(of->release, "packages"), "rfc") };
	size_t i;
	json_t *entry;

	json_array_foreach(json_list(of->release, "releases"), i, entry)
		if (!only || log_names(only, json_text(entry, "rfc")))
			ask_entry(&w, entry);
	json_decref(w.served);
	json_decref(w.items);
}

int audit_snapshot(
	struct record_source *s, struct policies *chain, const json_t *release, json_t *findings, struct err *e)
{
	const json_t *releases = json_list(release, "releases"), *packages = json_list(release, "packages");
	AUTO_JSON *let_in = json_object();
	size_t i;
	json_t *item;

	if (!releases || !packages)
		return err_input(e, "E_METADATA", "release.json: not of the form that is known here");
	audit_releases(&(struct asked){ s, chain, release, packages, findings }, NULL);
	json_array_foreach(releases, i, item) {
		json_object_set_new(let_in, json_text(item, "rfc"), json_true());
		if (json_list(item, "removes") && !removal_stands(item, packages))
			audit_found(findings, "package", json_text(item, "rfc"), "what it took out is served");
	}
	json_array_foreach(packages, i, item)
		if (!json_object_get(let_in, json_text(item, "rfc")))
			audit_found(findings, "package", json_text(item, "path"), "no release let it in");
	return 0;
}
