/* signer_set.c - the set that is signed next against what was signed last, read item by item: what the new release replaces, and what changes with it. */
#include "base/text.h"
#include "release/gate/adoption.h"
#include "release/gate/removal.h"
#include "release/gate/signer_impl.h"
#include <stdlib.h>
#include <string.h>

void snapshot_done(struct snapshot *s)
{
	json_t *all[] = { s->last, s->entry, s->added, s->removed, s->fresh, s->gone, s->suites, s->bases,
		s->components, s->leaving, s->stale, s->products, s->indexes, s->stopped };

	for (size_t i = 0; i < COUNT(all); i++)
		json_decref(all[i]);
	LIST_DONE(&s->replaced);
	snap_table_done(&s->next);
	free(s->before);
	*s = (struct snapshot){ 0 };
}

/* ---- what leaves */

static bool is_taken_out(const struct snapshot *s, const struct snap_item *item)
{
	struct err ignored = { 0 };
	AUTO_JSON *package = NULL;
	bool is_named = false;
	size_t i;
	json_t *gone;

	json_array_foreach(json_list(s->entry, "removes"), i, gone)
		is_named = is_named || snap_item_says(item, "name", json_text(gone, "name"));
	if (!is_named)
		return false;
	package = snap_item_json(item, &ignored);
	return removal_takes(s->entry, package);
}

/* What was taken over goes when something of its name comes the usual way for its target and architecture; whose product that is says nothing about it. */
static bool gives_way(const struct snapshot *s, const struct snap_item *item)
{
	char target[128], name[512], architecture[128];
	size_t i;
	json_t *package;

	if (json_map(s->entry, "adopts"))
		return snap_item_says(item, "rfc", json_text(s->entry, "rfc"));
	snap_item_member(item, "target", target, sizeof target);
	snap_item_member(item, "name", name, sizeof name);
	snap_item_member(item, "architecture", architecture, sizeof architecture);
	json_array_foreach(s->added, i, package)
		if (adoption_gives_way(package, target, name, architecture))
			return true;
	return false;
}

static bool makes_room(const struct snapshot *s, const struct snap_item *item, const struct snap_member *product,
	const struct snap_member *adopted)
{
	if (adopted->len && memcmp(adopted->at, "true", adopted->len) == 0)
		return s->entry && (gives_way(s, item) || is_taken_out(s, item));
	return json_object_getn(s->products, product->at, product->len) || is_taken_out(s, item);
}

static int by_number(const void *a, const void *b)
{
	size_t x = *(const size_t *)a, y = *(const size_t *)b;

	return (x > y) - (x < y);
}

bool set_is_replaced(const struct snapshot *s, const struct snap_item *item)
{
	return s->replaced.len &&
		bsearch(&item->number, s->replaced.at, s->replaced.len, sizeof *s->replaced.at, by_number);
}

static void note_place(struct snapshot *s, const char *format, const char *where, const char *arch)
{
	json_t *places = strcmp(format, "deb") == 0 ? s->suites : s->bases, *archs = json_object_get(places, where);

	if (!archs) {
		archs = json_object();
		json_object_set_new(places, where, archs);
	}
	if (strcmp(arch, "all") != 0 && !json_object_get(archs, arch))
		json_object_set_new(archs, arch, json_true());
}

/* component "": the package is of the channel's first one. */
static void note_component(struct snapshot *s, const char *suite, const char *component)
{
	json_t *all = json_object_get(s->components, suite);

	if (!all) {
		all = json_object();
		json_object_set_new(s->components, suite, all);
	}
	if (*component && !json_object_get(all, component))
		json_object_set_new(all, component, json_true());
}

/* What is looked at of each package; in the order of the names. */
enum { ADOPTED, ARCHITECTURE, BASE, COMPONENT, FORMAT, PATH, PRODUCT, SUITE, MEMBERS };
static const struct snap_member looked_at[MEMBERS] = { { .name = "adopted" }, { .name = "architecture" },
	{ .name = "base" }, { .name = "component" }, { .name = "format" }, { .name = "path" }, { .name = "product" },
	{ .name = "suite" } };

static bool is_same(const struct snap_member *m, const char *text)
{
	return strlen(text) == m->len && memcmp(m->at, text, m->len) == 0;
}

static void copy(const struct snap_member *m, char *ret, size_t room)
{
	size_t len = m->len < room ? m->len : room - 1;

	if (len)
		memcpy(ret, m->at, len);
	ret[len] = '\0';
}

static void note_item(struct snapshot *s, const struct snap_member *m)
{
	const struct snap_member *in = &m[is_same(&m[FORMAT], "deb") ? SUITE : BASE];
	char format[16], where[512], arch[128], component[128];

	copy(&m[FORMAT], format, sizeof format);
	copy(in, where, sizeof where);
	copy(&m[ARCHITECTURE], arch, sizeof arch);
	copy(&m[COMPONENT], component, sizeof component);
	note_place(s, format, where, arch);
	note_component(s, where, component);
}

static void note_package(struct snapshot *s, const json_t *package)
{
	const char *format = json_text(package, "format");

	note_place(s, format, json_text(package, strcmp(format, "deb") == 0 ? "suite" : "base"),
		json_text(package, "architecture"));
	note_component(s, json_text(package, "suite"), json_text(package, "component"));
}

static int note_replaced(struct snapshot *s, const struct snap_item *item, struct err *e)
{
	json_t *package = snap_item_json(item, e);

	if (!package)
		return -1;
	json_array_append_new(s->removed, package);
	*LIST_ADD(&s->replaced) = item->number;
	json_object_set_new(s->leaving, json_text(package, "rfc"), json_true());
	return 0;
}

/* Paths of packages that stay which are also those of packages that come or leave: such a file is in the indexes before and after. Equal paths stand side by side. */
struct shared {
	json_t *added, *paths; /* {PATH: true} */
	char kept[4096], left[4096];
};

static void shared_open(struct shared *d, const json_t *added)
{
	size_t i;
	json_t *package;

	d->added = json_object();
	d->paths = json_object();
	*d->kept = *d->left = '\0';
	json_array_foreach(added, i, package)
		json_object_set_new(d->added, json_text(package, "path"), json_true());
}

static void shared_done(struct shared *d)
{
	json_decref(d->added);
	json_decref(d->paths);
}

static void share(struct shared *d, const struct snap_member *path, bool is_kept)
{
	char *own = is_kept ? d->kept : d->left;
	const char *other = is_kept ? d->left : d->kept;

	copy(path, own, sizeof d->kept);
	if (strcmp(own, other) == 0 || (is_kept && json_object_get(d->added, own)))
		json_object_set_new(d->paths, own, json_true());
}

/* What changes the indexes: each path once. */
static void note_changes(struct snapshot *s, const struct shared *d)
{
	const json_t *lists[] = { s->added, s->removed };
	json_t *changes[] = { s->fresh, s->gone };

	for (size_t i = 0; i < COUNT(lists); i++) {
		const char *last = "";
		size_t k;
		json_t *package;

		json_array_foreach(lists[i], k, package) {
			const char *path = json_text(package, "path");

			if (strcmp(path, last) != 0 && !json_object_get(d->paths, path))
				json_array_append(changes[i], package);
			last = path;
		}
	}
}

/* Where packages lie: mostly where the one before does, too. */
struct seen {
	LIST(const uint64_t *) list;
};

static bool is_new_place(struct seen *seen, const uint64_t where[2])
{
	for (size_t i = seen->list.len; i-- > 0;)
		if (memcmp(seen->list.at[i], where, 2 * sizeof *where) == 0)
			return false;
	*LIST_ADD(&seen->list) = where;
	return true;
}

/* What may make room; the item itself is then asked. */
struct asked {
	struct snap_hashes products, names;
	struct seen seen;
};

static void asked_open(struct asked *a, const struct snapshot *s)
{
	size_t i;
	json_t *gone;

	*a = (struct asked){ 0 };
	snap_hashes_keys(&a->products, s->products);
	json_array_foreach(json_list(s->entry, "removes"), i, gone)
		snap_hashes_add(&a->names, json_text(gone, "name"));
	snap_hashes_sort(&a->products);
	snap_hashes_sort(&a->names);
}

static void asked_done(struct asked *a)
{
	snap_hashes_done(&a->products);
	snap_hashes_done(&a->names);
	LIST_DONE(&a->seen.list);
}

/* The packages that are replaced, and where all of them lie. */
static int read_replaced(struct snapshot *s, struct asked *a, struct err *e)
{
	struct snap_member m[MEMBERS];
	struct snap_item item;

	memcpy(m, looked_at, sizeof m);
	for (size_t i = 0; i < s->table->list.len; i++) {
		const struct snap_place *p = &s->table->list.at[i];
		bool is_new = is_new_place(&a->seen, p->where);

		if (!is_new && !p->is_adopted && !snap_hashes_has(&a->products, p->product) &&
			!snap_hashes_has(&a->names, p->name))
			continue;
		if (snap_table_item(s->table, i, &item, e))
			return -1;
		snap_item_members(&item, m, MEMBERS);
		if (is_new)
			note_item(s, m);
		if (makes_room(s, &item, &m[PRODUCT], &m[ADOPTED]) && note_replaced(s, &item, e))
			return -1;
	}
	return 0;
}

static void add_paths(struct snap_hashes *h, const json_t *packages)
{
	size_t i;
	json_t *package;

	json_array_foreach(packages, i, package)
		snap_hashes_add(h, json_text(package, "path"));
}

/* Those at a path that comes or leaves. */
static int read_shared(struct snapshot *s, struct shared *d, struct err *e)
{
	AUTO_SNAP_HASHES paths = { 0 };
	struct snap_item item;

	add_paths(&paths, s->added);
	add_paths(&paths, s->removed);
	snap_hashes_sort(&paths);
	for (size_t i = 0; i < s->table->list.len; i++) {
		struct snap_member path = { .name = "path" };

		if (!snap_hashes_has(&paths, s->table->list.at[i].path))
			continue;
		if (snap_table_item(s->table, i, &item, e))
			return -1;
		snap_item_members(&item, &path, 1);
		share(d, &path, !set_is_replaced(s, &item));
	}
	return 0;
}

static int read_packages(struct snapshot *s, struct shared *d, struct err *e)
{
	__attribute__((cleanup(asked_done))) struct asked asked;

	asked_open(&asked, s);
	return read_replaced(s, &asked, e) || read_shared(s, d, e) ? -1 : 0;
}

static int compare_packages(struct snapshot *s, struct err *e)
{
	__attribute__((cleanup(shared_done))) struct shared shared;

	shared_open(&shared, s->added);
	if (s->before && read_packages(s, &shared, e))
		return -1;
	note_changes(s, &shared);
	return 0;
}

bool set_is_leaving(const struct snapshot *s, const struct snap_item *item)
{
	struct err ignored = { 0 };
	AUTO_JSON *entry = NULL;
	char rfc[256];

	snap_item_member(item, "rfc", rfc, sizeof rfc);
	if (json_object_get(s->leaving, rfc))
		return true;
	if (item->list != SNAP_RELEASES || !memmem(item->at, item->len, "\"removes\":", 10))
		return false;
	entry = snap_item_json(item, &ignored); /* it took something out: it stays until something of that name comes */
	return json_array_size(json_list(entry, "removes")) && !removal_stands(entry, s->added);
}

/* Every digest in the text of an item. */
static void each_digest(const struct snap_item *item, json_t *set, bool is_added)
{
	for (size_t i = 0; i + 66 <= item->len; i++) {
		char digest[SHA256_HEX];

		if (item->at[i] != '"' || item->at[i + 65] != '"')
			continue;
		memcpy(digest, item->at + i + 1, 64);
		digest[64] = '\0';
		if (!digest_is_hex(digest))
			continue;
		if (is_added)
			json_object_set_new(set, digest, json_true());
		else
			json_object_del(set, digest);
		i += 65;
	}
}

/* A release stays listed while one of its packages is served. */
static int keep_served_releases(struct snapshot *s, struct err *e)
{
	AUTO_SNAP_HASHES rfcs = { 0 };
	struct snap_item item;

	snap_hashes_keys(&rfcs, s->leaving);
	snap_hashes_sort(&rfcs);
	for (size_t i = 0; i < s->table->list.len; i++) {
		if (!snap_hashes_has(&rfcs, s->table->list.at[i].rfc))
			continue;
		if (snap_table_item(s->table, i, &item, e))
			return -1;
		if (set_is_leaving(s, &item) && !set_is_replaced(s, &item)) {
			char rfc[256];

			snap_item_member(&item, "rfc", rfc, sizeof rfc);
			json_object_del(s->leaving, rfc);
		}
	}
	return 0;
}

/* Of releases that leave, the records they name are looked at. */
static int compare_releases(struct snapshot *s, struct err *e)
{
	AUTO_SNAP_READER reader = { 0 };
	struct snap_item item;
	int got;

	if (keep_served_releases(s, e) || snap_open_releases(&reader, s->before, e))
		return -1;
	if (*json_text(s->entry, "rfc")) /* the same one again: its records are told anew */
		json_object_set_new(s->leaving, json_text(s->entry, "rfc"), json_true());
	while ((got = snap_next(&reader, &item, e)) > 0)
		if (set_is_leaving(s, &item))
			each_digest(&item, s->stale, true);
	return got;
}

static int keep_shared_records(struct snapshot *s, struct err *e)
{
	AUTO_SNAP_READER reader = { 0 };
	struct snap_item item;
	int got;

	if (!json_object_size(s->stale))
		return 0;
	if (snap_open_releases(&reader, s->before, e))
		return -1;
	while ((got = snap_next(&reader, &item, e)) > 0)
		if (!set_is_leaving(s, &item))
			each_digest(&item, s->stale, false);
	return got;
}

/* What was served goes on being served, though its last package was taken out: an index that is gone tells clients nothing. */
static void note_served(struct snapshot *s)
{
	static const char suites[] = "deb/dists/", signed_suite[] = "/InRelease",
			  signed_base[] = "/repodata/repomd.xml";
	size_t i;
	json_t *item;

	json_array_foreach(json_list(s->last, "indexes"), i, item) {
		const char *path = json_text(item, "path");
		size_t len = strlen(path);
		char name[512];

		if (text_starts(path, suites) && text_ends(path, signed_suite)) {
			len -= strlen(suites) + strlen(signed_suite);
			snprintf(name, sizeof name, "%.*s", (int)len, path + strlen(suites));
			note_place(s, "deb", name, "all");
		} else if (text_ends(path, signed_base)) {
			snprintf(name, sizeof name, "%.*s", (int)(len - strlen(signed_base)), path);
			note_place(s, "rpm", name, "all");
		}
	}
}

int set_compare(struct snapshot *s, struct err *e)
{
	size_t i;
	json_t *package, *product;

	json_array_foreach(json_list(s->entry, "products"), i, product)
		json_object_set_new(s->products, json_string_value(product), json_true());
	json_array_foreach(s->added, i, package)
		note_package(s, package);
	note_served(s);
	if (compare_packages(s, e))
		return -1;
	return s->before && s->entry && (compare_releases(s, e) || keep_shared_records(s, e)) ? -1 : 0;
}
