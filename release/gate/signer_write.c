/* signer_write.c - the lists of the next release.json: those of the last one, item by item, without what leaves and with what comes. */
#include "release/gate/signer_impl.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct writing {
	struct snapshot *s;
	struct snap_writer *w;
	const char **needed; /* sorted */
	size_t added, needed_at, needed_len;
};

static const char *path_at(const json_t *list, size_t i)
{
	return json_text(json_array_get(list, i), "path");
}

static int two_at_one(const char *path, struct err *e)
{
	return err_verdict(e, "E_NAME_COLLISION", "two different packages would lie at %s", path);
}

/* The added ones up to this path (NULL: all). */
static int put_added(struct writing *d, const char *path, struct err *e)
{
	for (; d->added < json_array_size(d->s->added); d->added++) {
		if (path && strcmp(path_at(d->s->added, d->added), path) > 0)
			return 0;
		if (snap_put_json(d->w, SNAP_PACKAGES, json_array_get(d->s->added, d->added), e))
			return -1;
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
	char path[4096];

	if (set_is_replaced(d->s, item))
		return 0;
	if (d->added < json_array_size(d->s->added)) {
		snap_item_member(item, "path", path, sizeof path);
		if (agrees(d, item, path, e) || put_added(d, path, e))
			return -1;
	}
	return snap_put(d->w, SNAP_PACKAGES, item->at, item->len, e);
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
	if (list > SNAP_PACKAGES && put_added(d, NULL, e))
		return -1;
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
		return set_is_leaving(d->s, item) ? 0 : snap_put(d->w, SNAP_RELEASES, item->at, item->len, e);
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
