/* signer_set.c - the set that is signed next: what was signed last, read item by item, without what the new release replaces, and with what it brings. */
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

bool set_is_replaced(const struct snapshot *s, const struct snap_item *item)
{
	char product[4096];

	if (memmem(item->at, item->len, "\"adopted\":true", strlen("\"adopted\":true")))
		return s->entry && (gives_way(s, item) || is_taken_out(s, item));
	snap_item_member(item, "product", product, sizeof product);
	if (json_object_get(s->products, product) && snap_item_says(item, "product", product))
		return true;
	return is_taken_out(s, item);
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

static void note_item(struct snapshot *s, const struct snap_item *item)
{
	char format[16], where[512], arch[128], component[128];

	snap_item_member(item, "format", format, sizeof format);
	snap_item_member(item, strcmp(format, "deb") == 0 ? "suite" : "base", where, sizeof where);
	snap_item_member(item, "architecture", arch, sizeof arch);
	note_place(s, format, where, arch);
	snap_item_member(item, "component", component, sizeof component);
	note_component(s, where, component);
}

static void note_package(struct snapshot *s, const json_t *package)
{
	const char *format = json_text(package, "format");

	note_place(s, format, json_text(package, strcmp(format, "deb") == 0 ? "suite" : "base"),
		json_text(package, "architecture"));
	note_component(s, json_text(package, "suite"), json_text(package, "component"));
}

/* The packages that are replaced, and where all of them lie. */
static int compare_packages(struct snapshot *s, struct err *e)
{
	AUTO_SNAP_READER reader = { 0 };
	struct snap_item item;
	int got;

	if (snap_open(&reader, s->before, e))
		return -1;
	while ((got = snap_next(&reader, &item, e)) > 0 && item.list == SNAP_PACKAGES) {
		json_t *package;

		note_item(s, &item);
		if (!set_is_replaced(s, &item))
			continue;
		package = snap_item_json(&item, e);
		if (!package)
			return -1;
		json_array_append_new(s->removed, package);
		json_object_set_new(s->leaving, json_text(package, "rfc"), json_true());
	}
	return got < 0 ? -1 : 0;
}

static bool is_leaving(const struct snapshot *s, const struct snap_item *item)
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

/* A release stays listed while one of its packages is served; then the records that a leaving one names are looked at. */
static int compare_releases(struct snapshot *s, struct err *e)
{
	AUTO_SNAP_READER reader = { 0 };
	struct snap_item item;
	int got;

	if (snap_open(&reader, s->before, e))
		return -1;
	while ((got = snap_next(&reader, &item, e)) > 0)
		if (item.list == SNAP_PACKAGES && is_leaving(s, &item) && !set_is_replaced(s, &item)) {
			char rfc[256];

			snap_item_member(&item, "rfc", rfc, sizeof rfc);
			json_object_del(s->leaving, rfc);
		} else if (item.list == SNAP_RELEASES) {
			if (*json_text(s->entry, "rfc")) /* the same one again: its records are told anew */
				json_object_set_new(s->leaving, json_text(s->entry, "rfc"), json_true());
			if (is_leaving(s, &item))
				each_digest(&item, s->stale, true);
		}
	return got;
}

static int keep_shared_records(struct snapshot *s, struct err *e)
{
	AUTO_SNAP_READER reader = { 0 };
	struct snap_item item;
	int got;

	if (!json_object_size(s->stale))
		return 0;
	if (snap_open(&reader, s->before, e))
		return -1;
	while ((got = snap_next(&reader, &item, e)) > 0)
		if (item.list == SNAP_RELEASES && !is_leaving(s, &item))
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
	if (!s->before)
		return 0;
	note_served(s);
	return compare_packages(s, e) || (s->entry && (compare_releases(s, e) || keep_shared_records(s, e))) ? -1 : 0;
}

/* ---- writing */

struct writing {
	struct snapshot *s;
	struct snap_writer *w;
	const char **needed; /* sorted */
	size_t added, removed, needed_at, needed_len;
	char path[4096]; /* of the item that was written last */
};

static const char *path_at(const json_t *list, size_t i)
{
	return json_text(json_array_get(list, i), "path");
}

static int two_at_one(const char *path, struct err *e)
{
	return err_verdict(e, "E_NAME_COLLISION", "two different packages would lie at %s", path);
}

/* What leaves the indexes, each path once. */
static void note_gone(struct writing *d)
{
	json_t *package = json_array_get(d->s->removed, d->removed);
	size_t len = json_array_size(d->s->gone);

	if (!len || strcmp(path_at(d->s->gone, len - 1), json_text(package, "path")) != 0)
		json_array_append(d->s->gone, package);
}

/* The added ones up to this path (NULL: all). A path that is listed already needs no second entry in an index. */
static int put_added(struct writing *d, const char *path, struct err *e)
{
	for (; d->added < json_array_size(d->s->added); d->added++) {
		const json_t *package = json_array_get(d->s->added, d->added);
		const char *own = json_text(package, "path");

		if (path && strcmp(own, path) > 0)
			return 0;
		if (strcmp(own, d->path) != 0 && (!path || strcmp(own, path) != 0))
			json_array_append(d->s->fresh, (json_t *)package);
		if (snap_put_json(d->w, SNAP_PACKAGES, package, e))
			return -1;
		snprintf(d->path, sizeof d->path, "%s", own);
	}
	return 0;
}

/* The same path from another product: the same bytes, or nothing is signed. */
static int agrees(const struct writing *d, const struct snap_item *item, const char *path, struct err *e)
{
	for (size_t i = d->added; i < json_array_size(d->s->added) && strcmp(path_at(d->s->added, i), path) <= 0; i++) {
		const json_t *package = json_array_get(d->s->added, i);

		if (strcmp(json_text(package, "path"), path) == 0 &&
			!snap_item_says(item, "sha256", json_text(package, "sha256")))
			return two_at_one(path, e);
	}
	return 0;
}

static int put_package(struct writing *d, const struct snap_item *item, struct err *e)
{
	char path[sizeof d->path];

	if (set_is_replaced(d->s, item))
		return 0;
	snap_item_member(item, "path", path, sizeof path);
	if (agrees(d, item, path, e) || put_added(d, path, e) || snap_put(d->w, SNAP_PACKAGES, item->at, item->len, e))
		return -1;
	for (; d->removed < json_array_size(d->s->removed); d->removed++) {
		int order = strcmp(path_at(d->s->removed, d->removed), path);

		if (order > 0)
			break;
		if (order < 0)
			note_gone(d);
	}
	memcpy(d->path, path, sizeof path);
	return 0;
}

static int put_needed(struct writing *d, const char *digest, struct err *e)
{
	for (; d->needed_at < d->needed_len; d->needed_at++) {
		char item[SHA256_HEX + 2];
		int order = digest ? strcmp(d->needed[d->needed_at], digest) : -1;

		if (order > 0)
			return 0;
		snprintf(item, sizeof item, "\"%s\"", d->needed[d->needed_at]);
		if (order < 0 && snap_put(d->w, SNAP_RECORDS, item, strlen(item), e))
			return -1;
	}
	return 0;
}

static int put_record(struct writing *d, const struct snap_item *item, struct err *e)
{
	char digest[SHA256_HEX];

	if (item->len != 66)
		return err_env(e, "what was signed last names a record that is no digest");
	memcpy(digest, item->at + 1, 64);
	digest[64] = '\0';
	if (put_needed(d, digest, e))
		return -1;
	/* needed again: it stays, although a release that named it leaves */
	if (json_object_get(d->s->stale, digest) &&
		!(d->needed_at > 0 && strcmp(d->needed[d->needed_at - 1], digest) == 0))
		return 0;
	return snap_put(d->w, SNAP_RECORDS, item->at, item->len, e);
}

/* What is left to add to the lists before this one. */
static int end_lists(struct writing *d, int list, struct err *e)
{
	if (list > SNAP_PACKAGES) {
		for (; d->removed < json_array_size(d->s->removed); d->removed++)
			note_gone(d);
		if (put_added(d, NULL, e))
			return -1;
	}
	return list > SNAP_RECORDS && put_needed(d, NULL, e) ? -1 : 0;
}

static int put_item(struct writing *d, const struct snap_item *item, struct err *e)
{
	if (end_lists(d, (int)item->list, e))
		return -1;
	switch (item->list) {
	case SNAP_PACKAGES:
		return put_package(d, item, e);
	case SNAP_RECORDS:
		return put_record(d, item, e);
	default:
		return is_leaving(d->s, item) ? 0 : snap_put(d->w, SNAP_RELEASES, item->at, item->len, e);
	}
}

static int put_old(struct writing *d, struct err *e)
{
	AUTO_SNAP_READER reader = { 0 };
	struct snap_item item;
	int got;

	if (snap_open(&reader, d->s->before, e))
		return -1;
	while ((got = snap_next(&reader, &item, e)) > 0)
		if (put_item(d, &item, e))
			return -1;
	return got;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

int set_write(struct snapshot *s, const json_t *needed, struct snap_writer *w, struct err *e)
{
	AUTO_FREE const char **sorted = mem_alloc((json_object_size(needed) + 1) * sizeof *sorted);
	struct writing d = { .s = s, .w = w, .needed = sorted };
	const char *digest;
	json_t *any;

	json_object_foreach((json_t *)needed, digest, any)
		sorted[d.needed_len++] = digest;
	if (d.needed_len > 1)
		qsort(sorted, d.needed_len, sizeof *sorted, by_text);
	if ((s->before && put_old(&d, e)) || end_lists(&d, SNAP_LISTS, e))
		return -1;
	return s->entry ? snap_put_json(w, SNAP_RELEASES, s->entry, e) : 0;
}
