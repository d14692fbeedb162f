/* signer_updates.c - updateinfo of an rpm-md repository: one update a release that brought packages there, from what release.json says of it.
 *
 * What was taken over is no update. A release that loses a package to a newer one is told anew with what is left of it. */
#include "base/fs.h"
#include "base/when.h"
#include "formats/index.h"
#include "release/gate/signer_impl.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct updating {
	struct snapshot *s;
	const char *base, *organisation;
	json_t *packages; /* {RFC: [package]}: of those that are written */
	json_t *releases; /* {RFC: item of "releases"} */
	json_t *gone;     /* {RFC: true}: whose update stood there before and does not as it was */
};

static bool is_here(const struct updating *u, const json_t *package)
{
	return strcmp(json_text(package, "base"), u->base) == 0 && !json_flag(package, "adopted");
}

static void add_to(json_t *map, const char *rfc, json_t *package)
{
	json_t *list = json_list(map, rfc);

	if (!list) {
		list = json_array();
		json_object_set_new(map, rfc, list);
	}
	json_array_append(list, package);
}

/* only NULL: of every release. */
static int collect_item(struct updating *u, const json_t *only, const struct snap_item *item, struct err *e)
{
	AUTO_JSON *one = NULL;
	char rfc[256];

	snap_item_member(item, "rfc", rfc, sizeof rfc);
	if (item->list == SNAP_RECORDS || (only && !json_object_get(only, rfc)) ||
		(item->list == SNAP_PACKAGES ? set_is_replaced(u->s, item) : !json_object_get(u->packages, rfc)))
		return 0;
	one = snap_item_json(item, e);
	if (!one)
		return -1;
	if (item->list == SNAP_RELEASES)
		json_object_set(u->releases, rfc, one);
	else if (is_here(u, one))
		add_to(u->packages, rfc, one);
	return 0;
}

static int collect(struct updating *u, const json_t *only, struct err *e)
{
	AUTO_SNAP_READER reader = { 0 };
	struct snap_item item;
	int got;

	if (!u->s->before)
		return 0;
	if (snap_open(&reader, u->s->before, e))
		return -1;
	while ((got = snap_next(&reader, &item, e)) > 0)
		if (collect_item(u, only, &item, e))
			return -1;
	return got;
}

static void collect_new(struct updating *u)
{
	const char *rfc = json_text(u->s->entry, "rfc");
	size_t i;
	json_t *package;

	json_array_foreach(u->s->added, i, package)
		if (is_here(u, package))
			add_to(u->packages, rfc, package);
	if (json_object_get(u->packages, rfc))
		json_object_set(u->releases, rfc, u->s->entry);
}

/* Whose update changes: of those that lose a package, the ones that keep another are looked for. */
static int collect_changed(struct updating *u, struct err *e)
{
	AUTO_JSON *only = json_object();
	size_t i;
	json_t *package;

	json_array_foreach(u->s->removed, i, package) {
		const char *rfc = json_text(package, "rfc");

		if (!is_here(u, package))
			continue;
		json_object_set_new(u->gone, rfc, json_true());
		if (!json_object_get(u->s->leaving, rfc) && strcmp(rfc, json_text(u->s->entry, "rfc")) != 0)
			json_object_set_new(only, rfc, json_true());
	}
	if (json_object_size(only) && collect(u, only, e))
		return -1;
	collect_new(u);
	return 0;
}

/* ---- the document */
static int load(void *context, const struct doc_entry *entry, char **ret, size_t *ret_len, struct err *e)
{
	const struct updating *u = context;
	const json_t *release = json_object_get(u->releases, entry->key), *notice = json_map(release, "notice");
	const char *title = json_text(notice, "title"), *severity = json_text(notice, "severity");
	struct rpmmd_update update = { .id = entry->key,
		.from = u->organisation,
		.channel = u->s->channel,
		.title = *title ? title : entry->key,
		.severity = *severity ? severity : "None",
		.description = json_text(notice, "reason"),
		.answers = json_text(notice, "answers"),
		.advisories = json_list(notice, "advisories"),
		.packages = json_object_get(u->packages, entry->key) };

	if (when_parse(json_text(release, "time"), "UTC", &update.issued, e))
		return err_wrap(e, "release.json: %s", entry->key);
	*ret = rpmmd_update(&update);
	*ret_len = strlen(*ret);
	return 0;
}

static int by_key(const void *a, const void *b)
{
	return strcmp(((const struct doc_entry *)a)->key, ((const struct doc_entry *)b)->key);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int write_document(struct updating *u, const char *before, const char *after, struct doc *ret, struct err *e)
{
	AUTO_FREE struct doc_entry *added = mem_alloc((json_object_size(u->packages) + 1) * sizeof *added);
	AUTO_FREE const char **gone = mem_alloc((json_object_size(u->gone) + 1) * sizeof *gone);
	struct doc_change change = { .added = added, .removed = gone, .load = load, .context = u };
	const char *rfc;
	json_t *any;

	json_object_foreach(u->packages, rfc, any)
		if (json_object_get(u->releases, rfc))
			added[change.added_len++] = (struct doc_entry){ rfc,
				json_text(json_object_get(u->releases, rfc), "record"), NULL };
	json_object_foreach(u->gone, rfc, any)
		gone[change.removed_len++] = rfc;
	if (change.added_len > 1)
		qsort(added, change.added_len, sizeof *added, by_key);
	if (change.removed_len > 1)
		qsort(gone, change.removed_len, sizeof *gone, by_text);
	return index_doc_write(before, after, &rpmmd_forms[RPMMD_UPDATES].form, &change, ret, e);
}

static void updating_done(struct updating *u)
{
	json_decref(u->packages);
	json_decref(u->releases);
	json_decref(u->gone);
}

static struct updating updating_of(struct snapshot *s, const char *base, const char *organisation)
{
	return (struct updating){ s, base, organisation, json_object(), json_object(), json_object() };
}

int updates_next(struct snapshot *s, const char *base, const char *organisation, const char *before, const char *after,
	struct doc *ret, struct err *e)
{
	struct updating u = updating_of(s, base, organisation);
	int status = collect_changed(&u, e) || write_document(&u, before, after, ret, e) ? -1 : 0;

	updating_done(&u);
	return status;
}

int updates_whole(struct snapshot *s, const char *base, const char *organisation, const char *after, struct doc *ret,
	struct err *e)
{
	struct updating u = updating_of(s, base, organisation);
	int status = collect(&u, NULL, e);

	if (status == 0) {
		collect_new(&u);
		status = write_document(&u, NULL, after, ret, e);
	}
	updating_done(&u);
	return status;
}
