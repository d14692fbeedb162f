/* audit_snapshot.c - one signed release.json, asked again: each release in it at its own time, with what it let in. */
#include "release/gate/audit_impl.h"
#include "release/gate/gate.h"
#include "release/gate/packed.h"
#include <string.h>

static const struct record *release_record(const struct dossier *d, const char *type, const char *digest)
{
	for (size_t i = 0; i < d->records.len; i++)
		if (strcmp(d->records.at[i].digest, digest) == 0 && strcmp(d->records.at[i].type, type) == 0)
			return &d->records.at[i];
	return NULL;
}

/* Packages that are no longer served cannot be hashed here; those that are, were. */
static void mark_served(const struct audit_asked *of, json_t *packages, const struct audit_items *served)
{
	size_t i;
	json_t *item;

	json_array_foreach(packages, i, item) {
		AUTO_JSON *package = packed_get(item);
		const char *sha256 = json_text(package, "sha256");
		struct err why = { 0 };
		uint64_t size = 0;
		const struct audit_held *held = served ? audit_held_of(served, sha256) : NULL;
		bool is_intact = !held || !held->is_here ||
			(source_check(of->source, sha256, &size, &why) == 0 &&
				(int64_t)size == json_int(package, "size"));

		if (err_is_machine(&why))
			audit_found_err(of->findings, "package", sha256, &why);
		json_object_set_new(package, "intact", json_boolean(is_intact));
		json_array_set_new(packages, i, packed_make(package));
	}
}

static void ask_again(const struct audit_asked *of, struct dossier *d, const json_t *entry)
{
	const char *channel = of->channel;
	json_t *findings = of->findings;
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
		d, policies_at(of->chain, r->seq), channel, r->person, r->time);
	json_array_foreach(json_list(answer, "reasons"), i, reason)
		audit_found(findings, "gate", d->id, "%s: %s", json_text(reason, "rule"), json_text(reason, "text"));
}

/* What was taken back was let in before, by what stood then: asked again as well, with the records up to that act. */
static void ask_release(const struct audit_asked *of, const json_t *entry)
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
	if (dossier_load(&d, of->source, of->chain, rfc, pairs, false, false, &why)) {
		audit_found_err(of->findings, "record", rfc, &why);
		return;
	}
	mark_served(of, d.packages, NULL); /* served no more */
	json_object_set(
		before, "revision", json_object_get(d.rfc, "revision")); /* what was found since made another one */
	ask_again(of, &d, before);
	dossier_done(&d);
}

/* Is everything that is served in its name what it was about? */
static void check_items(const struct audit_asked *of, const char *rfc, const json_t *packages)
{
	AUTO(digest_map) submitted = { 0 };
	size_t len, i;
	const struct audit_item *items = audit_items_of(of->items, rfc, &len);
	const json_t *one;
	unsigned char is[DIGEST_KEY];
	bool is_new;

	json_array_foreach(packages, i, one) {
		AUTO_JSON *package = packed_get(one);

		audit_identity(package, is);
		(void)digest_map_put(&submitted, is, &is_new);
	}
	for (i = 0; i < len; i++) {
		AUTO_JSON *item = NULL;
		struct err why = { 0 };

		if (digest_map_find(&submitted, items[i].is))
			continue;
		item = audit_item_json(of->items, &items[i], &why);
		audit_found(
			of->findings, "package", json_text(item, "path"), "it is none of those that %s was about", rfc);
	}
}

static void check_taken(const struct audit_asked *of, const struct dossier *d, const json_t *entry)
{
	if (json_array_size(json_list(d->rfc, "removes")) &&
		!json_equal(json_list(d->rfc, "removes"), json_list(entry, "removes")))
		audit_found(
			of->findings, "release", d->id, "it says that it took out something else than was voted on");
	if (!json_map(d->rfc, "adopts") != !json_map(entry, "adopts") ||
		(json_map(entry, "adopts") && !json_equal(json_map(d->rfc, "adopts"), json_map(entry, "adopts"))))
		audit_found(
			of->findings, "release", d->id, "it says that it took over something else than was voted on");
}

static void ask_entry(const struct audit_asked *of, const json_t *entry)
{
	const char *rfc = json_text(entry, "rfc");
	struct err why = { 0 };
	struct dossier d;
	json_t *packages;

	if (dossier_load(&d, of->source, of->chain, rfc, json_list(entry, "records"), false, false, &why)) {
		audit_found_err(of->findings, "record", rfc, &why);
		return;
	}
	packages = json_flag(entry, "back") ? d.back : d.packages;
	mark_served(of, packages, of->items);
	if (json_flag(entry, "back"))
		ask_release(of, entry);
	ask_again(of, &d, entry);
	check_taken(of, &d, entry);
	check_items(of, rfc, packages);
	dossier_done(&d);
}

struct asking {
	const struct audit_asked *of;
	const char *only;
};

static int see_entry(void *context, const struct snap_item *line, struct err *e)
{
	const struct asking *w = context;
	AUTO_JSON *entry = snap_item_json(line, e);

	if (!entry)
		return -1;
	if (!w->only || log_names(w->only, json_text(entry, "rfc")))
		ask_entry(w->of, entry);
	return 0;
}

int audit_releases(const struct audit_asked *of, const char *only, struct err *e)
{
	struct asking w = { of, only };

	return snap_each_fd(of->items->fd, SNAP_RELEASES, see_entry, &w, e);
}

/* What a release took out stays out for as long as its entry says so. */
static int see_removal(void *context, const struct snap_item *line, struct err *e)
{
	const struct audit_asked *of = context;
	AUTO_JSON *entry = snap_item_json(line, e);
	const json_t *removes = json_list(entry, "removes"), *item;
	bool stands = json_array_size(removes) > 0;
	size_t i;

	json_array_foreach(removes, i, item)
		stands = stands && !json_is_true(json_object_get(of->items->gone, json_text(item, "name")));
	if (removes && !stands)
		audit_found(of->findings, "package", json_text(entry, "rfc"), "what it took out is served");
	return entry ? 0 : -1;
}

int audit_snapshot(const struct audit_asked *of, struct err *e)
{
	if (audit_releases(of, NULL, e) ||
		snap_each_fd(of->items->fd, SNAP_RELEASES, see_removal, (void *)(uintptr_t)of, e))
		return -1;
	json_array_extend(of->findings, of->items->strangers);
	return 0;
}
