/* signer_served.c - what the channel serves now against what is to come: nothing goes back unless it is taken back by its own votes. */
#include "base/fs.h"
#include "formats/version.h"
#include "release/gate/adoption.h"
#include "release/gate/packed.h"
#include "release/gate/removal.h"
#include "release/gate/signer_impl.h"
#include <string.h>

/* ---- what the decision needs of it */

/* {TEXT: true}: thousands of items are held against as many packages. */
struct wanted {
	json_t *products, *names;
	const char *rfc;
	const json_t *adopts;
};

static void add_members(json_t *set, const json_t *list, const char *member)
{
	size_t i;
	json_t *item;

	json_array_foreach(list, i, item) {
		AUTO_JSON *one = packed_get(item);

		json_object_set_new(set, json_text(one, member), json_true());
	}
}

static void wanted_open(struct wanted *w, const struct dossier *d)
{
	*w = (struct wanted){ json_object(), json_object(), d->id, json_map(d->rfc, "adopts") };
	add_members(w->products, json_list(d->rfc, "candidates"), "product");
	add_members(w->names, d->packages, "name");
	add_members(w->names, d->back, "name");
	json_object_set_new(w->names, json_text(json_map(d->rfc, "request"), "remove"), json_true());
}

static void wanted_done(struct wanted *w)
{
	json_decref(w->products);
	json_decref(w->names);
}

static bool is_of(const json_t *set, const struct snap_member *m)
{
	return m->len && json_object_getn(set, m->at, m->len);
}

static bool is_release_needed(const struct wanted *w, const struct snap_item *item)
{
	return snap_item_says(item, "rfc", w->rfc) || memmem(item->at, item->len, "\"removes\":", 10);
}

static bool is_package_needed(const struct wanted *w, const struct snap_item *item)
{
	struct snap_member m[] = { { .name = "name" }, { .name = "product" } };

	if (w->adopts)
		return snap_item_says(item, "target", json_text(w->adopts, "target"));
	snap_item_members(item, m, COUNT(m));
	return is_of(w->names, &m[0]) || is_of(w->products, &m[1]);
}

static int append(json_t *list, const struct snap_item *item, struct err *e)
{
	json_t *one = snap_item_json(item, e);

	return one ? json_array_append_new(list, one) : -1;
}

static int read_packages(struct snap_table *t, const struct wanted *w, json_t *ret, struct err *e)
{
	AUTO_SNAP_HASHES names = { 0 };
	AUTO_SNAP_HASHES products = { 0 };
	struct snap_item item;

	snap_hashes_keys(&names, w->names);
	snap_hashes_keys(&products, w->products);
	snap_hashes_sort(&names);
	snap_hashes_sort(&products);
	for (size_t i = 0; i < t->list.len; i++) {
		const struct snap_place *p = &t->list.at[i];

		if (!w->adopts && !snap_hashes_has(&names, p->name) && !snap_hashes_has(&products, p->product))
			continue;
		if (snap_table_item(t, i, &item, e) || (is_package_needed(w, &item) && append(ret, &item, e)))
			return -1;
	}
	return 0;
}

static int read_releases(const char *path, const struct wanted *w, json_t *ret, struct err *e)
{
	AUTO_SNAP_READER reader = { 0 };
	struct snap_item item;
	int got;

	if (snap_open_releases(&reader, path, e))
		return -1;
	while ((got = snap_next(&reader, &item, e)) > 0)
		if (is_release_needed(w, &item) && append(ret, &item, e))
			return -1;
	return got;
}

json_t *served_excerpt(struct key_process *k, const struct dossier *d, const char *channel, struct err *e)
{
	AUTO_FREE char *path = state_file(k, channel);
	AUTO_JSON *packages = json_array(), *releases = json_array();

	if (fs_exists(path)) {
		__attribute__((cleanup(wanted_done))) struct wanted wanted;

		wanted_open(&wanted, d);
		if (read_packages(&k->table, &wanted, packages, e) || read_releases(path, &wanted, releases, e))
			return NULL;
	}
	return json_pack("{s:O, s:O}", "packages", packages, "releases", releases);
}

/* A package of that name in the set, or NULL. rfc NULL: whoever brought it. */
static const json_t *served_of(const json_t *last, const char *product, const char *rfc)
{
	size_t i;
	json_t *package;

	json_array_foreach(json_list(last, "packages"), i, package)
		if (strcmp(json_text(package, "product"), product) == 0 &&
			(!rfc || strcmp(json_text(package, "rfc"), rfc) == 0))
			return package;
	return NULL;
}

/* ---- taking back */
/* What was taken out by votes does not come back with another RfC's way back. */
static int not_removed(const struct dossier *d, const json_t *last, struct err *e)
{
	size_t i, k, n;
	json_t *entry, *gone, *package;

	json_array_foreach(json_list(last, "releases"), i, entry)
		json_array_foreach(json_list(entry, "removes"), k, gone)
			json_array_foreach(d->back, n, package)
				if (strcmp(json_text(gone, "name"), json_text(package, "name")) == 0)
					return err_verdict(e, "E_GATE", "%s: %s was taken out by %s since", d->id,
						json_text(package, "name"), json_text(entry, "rfc"));
	return 0;
}

int served_goes_back(const struct dossier *d, const json_t *last, struct err *e)
{
	size_t i, k;
	json_t *c, *package;

	json_array_foreach(json_list(d->rfc, "candidates"), i, c) {
		const char *product = json_text(c, "product");

		if (!served_of(last, product, NULL))
			return err_verdict(e, "E_GATE", "%s: '%s' is not served there", d->id, product);
		json_array_foreach(json_list(last, "packages"), k, package)
			if (strcmp(json_text(package, "product"), product) == 0 &&
				strcmp(json_text(package, "rfc"), d->id) != 0)
				return err_verdict(e, "E_GATE", "%s: '%s' was changed by %s since; take that back",
					d->id, product, json_text(package, "rfc"));
	}
	return not_removed(d, last, e);
}

/* ---- going on */
static bool was_released(const struct dossier *d, const char *channel)
{
	for (size_t i = 0; i < d->records.len; i++) {
		const struct record *r = &d->records.at[i];

		if (r->is_done && strcmp(r->type, "release") == 0 && strcmp(json_text(r->body, "rfc"), d->id) == 0 &&
			strcmp(json_text(r->body, "channel"), channel) == 0)
			return true;
	}
	return false;
}

/* It was there, and something else is there now, or nothing: its votes were used up by its first release. */
static int not_used_up(const struct dossier *d, const char *channel, const json_t *last, struct err *e)
{
	size_t i;
	json_t *c;

	json_array_foreach(json_list(d->rfc, "candidates"), i, c) {
		const char *product = json_text(c, "product");
		const json_t *now = served_of(last, product, NULL);

		if (served_of(last, product, d->id) || !was_released(d, channel))
			continue;
		err_verdict(e, "E_GATE", "%s: it was released there before, and '%s' was %s%s since", d->id, product,
			now ? "changed by " : "taken out", now ? json_text(now, "rfc") : "");
		return err_hint(e, "open a new RfC for its candidate; votes let a change in once");
	}
	return 0;
}

static enum family family_named(const char *format)
{
	return strcmp(format, "rpm") == 0 ? FAMILY_RPM : FAMILY_DEB;
}

static bool is_older(const json_t *new, const json_t *old)
{
	AUTO(arena) arena = { 0 };
	struct err ignored = { 0 };
	struct evr a, b;

	return evr_parse(&arena, json_text(new, "version"), &a, &ignored) == 0 &&
		evr_parse(&arena, json_text(old, "version"), &b, &ignored) == 0 &&
		version_compare(family_named(json_text(new, "format")), &a, &b) < 0;
}

static bool is_same_place(const json_t *a, const json_t *b)
{
	static const char *const members[] = { "target", "name", "architecture" };

	for (size_t i = 0; i < COUNT(members); i++)
		if (strcmp(json_text(a, members[i]), json_text(b, members[i])) != 0)
			return false;
	return true;
}

/* Votes of long ago do not bring an older version over a newer one; clients would not take it, new machines would. */
static int not_older(const struct dossier *d, const json_t *last, struct err *e)
{
	size_t i, k;
	json_t *item, *old;

	json_array_foreach(d->packages, i, item) {
		AUTO_JSON *new = packed_get(item);

		json_array_foreach(json_list(last, "packages"), k, old)
			if (is_same_place(new, old) && is_older(new, old)) {
				err_verdict(e, "E_GATE", "%s: %s %s is older than %s, which %s brought there", d->id,
					json_text(new, "name"), json_text(new, "version"), json_text(old, "version"),
					json_text(old, "rfc"));
				return err_hint(e, "'sluice rollback' takes a change back, above it");
			}
	}
	return 0;
}

static int takes_out(const struct dossier *d, const char *channel, const json_t *last, struct err *e)
{
	if (json_find(json_list(last, "releases"), "rfc", d->id))
		return 0; /* it was carried out, and whoever asked did not hear of it */
	if (was_released(d, channel))
		return err_verdict(e, "E_GATE", "%s: it was carried out before; open a new RfC", d->id);
	return removal_fits(d->rfc, last, e);
}

int served_goes_on(const struct dossier *d, const char *channel, const json_t *last, struct err *e)
{
	if (json_array_size(json_list(d->rfc, "removes")))
		return takes_out(d, channel, last, e);
	if (json_map(d->rfc, "adopts"))
		return adoption_fits(d->rfc, last, e);
	return not_used_up(d, channel, last, e) || not_older(d, last, e) ? -1 : 0;
}
