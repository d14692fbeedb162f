/* signer_write.c - the lists of the next release.json: those of the last one, item by item, without what leaves and with what comes. */
#include "release/gate/signer_impl.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct writing {
	struct snapshot *s;
	struct snap_writer *w;
	const char **needed;                    /* sorted */
	size_t replaced, needed_at, needed_len; /* how many are done */
};

static int two_at_one(const char *path, struct err *e)
{
	return err_verdict(e, "E_NAME_COLLISION", "two different packages would lie at %s", path);
}

/* The same path from another product: the same bytes, or nothing is signed. i: the first one not before that path. */
static int agrees(const struct writing *d, size_t i, const json_t *package, struct err *e)
{
	struct snap_item item;

	for (; i < d->s->table->list.len; i++) {
		if (snap_table_item(d->s->table, i, &item, e))
			return -1;
		if (!snap_item_says(&item, "path", json_text(package, "path")))
			return 0;
		if (!set_is_replaced(d->s, &item) && !snap_item_says(&item, "sha256", json_text(package, "sha256")))
			return two_at_one(json_text(package, "path"), e);
	}
	return 0;
}

static int put_added(struct writing *d, const json_t *package, struct err *e)
{
	AUTO_FREE char *text = json_dumps(package, JSON_COMPACT | JSON_SORT_KEYS);
	struct snap_item item = { .list = SNAP_PACKAGES, .at = text, .len = text ? strlen(text) : 0 };

	if (!text)
		return err_env(e, "release.json cannot be made");
	if (snap_put(d->w, SNAP_PACKAGES, text, item.len, e))
		return -1;
	item.offset = d->w->last;
	snap_place_of(&item, LIST_ADD(&d->s->next.list));
	return 0;
}

/* Those packages of before, of which none leaves. */
static int put_stretch(struct writing *d, size_t from, size_t to, struct err *e)
{
	const struct snap_place *at = d->s->table->list.at;

	if (from == to)
		return 0;
	if (snap_put_packages(d->w, d->s->table->file.fd, at[from].at, at[to - 1].at + at[to - 1].len - at[from].at,
		    to - from, e))
		return -1;
	for (size_t i = from; i < to; i++) {
		struct snap_place place = at[i];

		place.at += d->w->last - at[from].at;
		*LIST_ADD(&d->s->next.list) = place;
	}
	return 0;
}

/* Those packages of before, but for what leaves. */
static int put_kept(struct writing *d, size_t from, size_t to, struct err *e)
{
	for (; d->replaced < d->s->replaced.len && d->s->replaced.at[d->replaced] < to; d->replaced++) {
		size_t gone = d->s->replaced.at[d->replaced];

		if (put_stretch(d, from, gone, e))
			return -1;
		from = gone + 1;
	}
	return put_stretch(d, from, to, e);
}

/* The first package from there on that does not stand before the path. */
static int find_place(struct snap_table *t, size_t from, const char *path, size_t *ret, struct err *e)
{
	size_t to = t->list.len;

	while (from < to) {
		size_t middle = from + (to - from) / 2;
		struct snap_item item;
		char own[4096];

		if (snap_table_item(t, middle, &item, e))
			return -1;
		snap_item_member(&item, "path", own, sizeof own);
		if (strcmp(own, path) < 0)
			from = middle + 1;
		else
			to = middle;
	}
	*ret = from;
	return 0;
}

static int put_packages(struct writing *d, struct err *e)
{
	size_t i, done = 0, at = 0;
	json_t *package;

	d->s->next.list.room = d->s->table->list.len + json_array_size(d->s->added) + 1;
	d->s->next.list.at = mem_resize(NULL, d->s->next.list.room * sizeof *d->s->next.list.at);
	json_array_foreach(d->s->added, i, package) {
		if (find_place(d->s->table, done, json_text(package, "path"), &at, e) || agrees(d, at, package, e) ||
			put_kept(d, done, at, e) || put_added(d, package, e))
			return -1;
		done = at;
	}
	return put_kept(d, done, d->s->table->list.len, e);
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

static int put_item(struct writing *d, const struct snap_item *item, struct err *e)
{
	if (item->list == SNAP_RECORDS)
		return put_record(d, item, e);
	if (put_needed(d, NULL, e))
		return -1;
	return set_is_leaving(d->s, item) ? 0 : snap_put(d->w, SNAP_RELEASES, item->at, item->len, e);
}

/* Records and releases. */
static int put_others(struct writing *d, struct err *e)
{
	AUTO_SNAP_READER reader = { 0 };
	struct snap_item item;
	int got;

	if (snap_table_behind(d->s->table, d->s->before, &reader, e))
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
	if (put_packages(&d, e) || (s->before && put_others(&d, e)) || put_needed(&d, NULL, e))
		return -1;
	return s->entry ? snap_put_json(w, SNAP_RELEASES, s->entry, e) : 0;
}
