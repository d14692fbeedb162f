/* tree.c - makes the next snapshot's tree from one that is no longer served. */
#include "release/channel/tree.h"
#include "base/fs.h"
#include "base/text.h"
#include "base/when.h"
#include "release/channel/snapshots.h"
#include "release/gate/snapshot_text.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LEAVING_MAX = 256 << 20 };

struct leaver {
	char *path;
	long long serial;
	int64_t time;
	int times; /* taken out */
};
struct building {
	const struct tree *t;
	const char *release; /* the new release.json, in lines or not */
	long long serial;
	int64_t time;
	LIST(struct leaver) leaving;
	json_t *back; /* {PATH: true}: named again */
};

/* ---- two lists side by side */

struct side {
	struct snap_reader reader;
	struct snap_item item;
	char key[4096], before[4096];
	bool is_open, has_item;
};

static int side_open(struct side *s, const char *path, struct err *e)
{
	*s = (struct side){ 0 };
	if (path && snap_open(&s->reader, path, e))
		return -1;
	s->is_open = path != NULL;
	return 0;
}

static void key_of(const struct snap_item *item, char *ret, size_t room)
{
	if (item->list == SNAP_PACKAGES)
		snap_item_member(item, "path", ret, room);
	else
		snprintf(ret, room, "records/%.*s", (int)(item->len > 66 ? 64 : item->len - 2), item->at + 1);
}

/* The next line of packages or records. */
static int side_read(struct side *s, struct err *e)
{
	int got = s->is_open ? snap_next(&s->reader, &s->item, e) : 0;

	if (got < 0)
		return -1;
	s->has_item = s->is_open = got > 0 && s->item.list != SNAP_RELEASES;
	return 0;
}

/* From the line that was read on: the next one whose key is not the last one's. */
static int side_settle(struct side *s, struct err *e)
{
	while (s->has_item) {
		key_of(&s->item, s->key, sizeof s->key);
		if (strcmp(s->key, s->before) != 0) {
			memcpy(s->before, s->key, strlen(s->key) + 1);
			return 0;
		}
		if (side_read(s, e))
			return -1;
	}
	return 0;
}

static int side_next(struct side *s, struct err *e)
{
	return side_read(s, e) || side_settle(s, e) ? -1 : 0;
}

static bool same_line(const struct side *a, const struct side *b)
{
	return a->has_item && b->has_item && a->item.list == b->item.list && a->item.len == b->item.len &&
		memcmp(a->item.at, b->item.at, a->item.len) == 0;
}

/* Both to their next item. Nearly all lines are the same in both: most are passed over at once, and of the others nothing is looked at but the last one's key. */
static int both_next(struct side *a, struct side *b, struct err *e)
{
	struct text same = { 0 };
	enum snap_list list = SNAP_PACKAGES;
	int status;

	while ((status = side_read(a, e) || side_read(b, e) ? -1 : 0) == 0 && same_line(a, b)) {
		same.len = 0;
		text_bytes(&same, a->item.at, a->item.len);
		list = a->item.list;
		if (snap_pass_same(&a->reader, &b->reader, e)) {
			status = -1;
			break;
		}
	}
	if (same.len) {
		key_of(&(struct snap_item){ .list = list, .at = same.at, .len = same.len }, a->before,
			sizeof a->before);
		memcpy(b->before, a->before, strlen(a->before) + 1);
	}
	text_done(&same);
	return status || side_settle(a, e) || side_settle(b, e) ? -1 : 0;
}

static int order_of(const struct side *a, const struct side *b)
{
	if (!a->has_item || !b->has_item)
		return (b->has_item > 0) - (a->has_item > 0);
	if (a->item.list != b->item.list)
		return a->item.list < b->item.list ? -1 : 1;
	return strcmp(a->key, b->key);
}

static bool same_content(const struct side *a, const struct side *b)
{
	char one[SHA256_HEX], other[SHA256_HEX];

	if (a->item.list == SNAP_RECORDS)
		return true;
	snap_item_member(&a->item, "sha256", one, sizeof one);
	snap_item_member(&b->item, "sha256", other, sizeof other);
	return strcmp(one, other) == 0;
}

/* Called for each difference: old NULL: new; new NULL: gone; both: the same path with other bytes. */
typedef int difference(struct building *b, const struct side *old, const struct side *new, struct err *e);

static int compare(struct building *b, const char *old_path, difference *tell, struct err *e)
{
	struct side old, new;
	int status;

	if (side_open(&old, old_path, e))
		return -1;
	if (side_open(&new, b->release, e)) {
		snap_close(&old.reader);
		return -1;
	}
	status = both_next(&old, &new, e);
	while (status == 0 && (old.has_item || new.has_item)) {
		int order = order_of(&old, &new);

		if (order < 0)
			status = tell(b, &old, NULL, e) || side_next(&old, e) ? -1 : 0;
		else if (order > 0)
			status = tell(b, NULL, &new, e) || side_next(&new, e) ? -1 : 0;
		else
			status = (!same_content(&old, &new) && tell(b, &old, &new, e)) || both_next(&old, &new, e) ? -1
														   : 0;
	}
	snap_close(&old.reader);
	snap_close(&new.reader);
	return status;
}

/* ---- what leaves, and what comes back */

static void leaves(struct building *b, char *path)
{
	*LIST_ADD(&b->leaving) = (struct leaver){ path, b->serial, b->time, 0 };
}

static int note_difference(struct building *b, const struct side *old, const struct side *new, struct err *e)
{
	(void)e;
	if (new &&new->item.list == SNAP_PACKAGES)
		json_object_set_new(b->back, new->key, json_true());
	if (!new && old->item.list == SNAP_PACKAGES)
		leaves(b, mem_strdup(old->key));
	return 0;
}

static json_t *lasting_names(const json_t *head)
{
	json_t *set = json_object(), *item;
	size_t i;

	json_array_foreach(json_list(head, "indexes"), i, item) {
		AUTO_FREE char *name = channel_lasting_name(item);

		if (name)
			json_object_set_new(set, name, json_true());
	}
	return set;
}

/* Of the snapshot that is served now: packages and content-named indexes that the new one lacks, and its own list, by which the others are judged. */
static int note_leaving(struct building *b, struct err *e)
{
	AUTO_FREE char *old = fs_join(b->t->served, "release.json");
	AUTO_JSON *head = snap_head(old, e), *before = NULL, *now = NULL;
	const char *name;
	json_t *any;

	if (!head || compare(b, old, note_difference, e))
		return -1;
	before = lasting_names(head);
	now = lasting_names(b->t->answer->release);
	json_object_foreach(before, name, any)
		if (!json_object_get(now, name))
			leaves(b, mem_strdup(name));
	json_object_foreach(now, name, any)
		json_object_set_new(b->back, name, json_true());
	leaves(b, mem_printf("history/%lld.json", b->t->serial_served));
	leaves(b, mem_printf("history/%lld.json.asc", b->t->serial_served));
	return 0;
}

static int read_leaving(struct building *b, const char *path, struct err *e)
{
	AUTO_FREE char *bytes = NULL;
	struct slice rest, line;
	size_t len;

	if (!fs_exists(path))
		return 0;
	if (fs_read_file(path, LEAVING_MAX, &bytes, &len, e))
		return -1;
	rest = (struct slice){ bytes, len };
	while (slice_cut(&rest, '\n', &line)) {
		AUTO_FREE char *text = mem_printf("%.*s", (int)line.len, line.at);
		struct leaver one = { 0 };
		long long time = 0;
		int at = 0;

		if (sscanf(text, "%d %lld %lld %n", &one.times, &one.serial, &time, &at) < 3 || !at)
			return err_env(e, "%s: it is no list of what leaves; take it away, and release again", path);
		one.time = time;
		one.path = mem_strdup(text + at);
		*LIST_ADD(&b->leaving) = one;
	}
	return 0;
}

static int write_leaving(const struct building *b, const char *path, struct err *e)
{
	struct text t = { 0 };
	AUTO_FREE char *bytes = NULL;
	size_t len;

	for (size_t i = 0; i < b->leaving.len; i++) {
		const struct leaver *l = &b->leaving.at[i];

		if (l->times < 2)
			text_add(&t, "%d %lld %lld %s\n", l->times, l->serial, (long long)l->time, l->path);
	}
	len = t.len;
	bytes = text_take(&t);
	return fs_write_file(path, bytes, len, 0644, e);
}

/* What is named again does not leave. */
static void drop_returned(struct building *b)
{
	size_t kept = 0;

	for (size_t i = 0; i < b->leaving.len; i++)
		if (json_object_get(b->back, b->leaving.at[i].path))
			free(b->leaving.at[i].path);
		else
			b->leaving.at[kept++] = b->leaving.at[i];
	b->leaving.len = kept;
}

/* ---- one file of the tree */

static int take_out(const struct building *b, const char *path, struct err *e)
{
	return tree_take_out(b->t->building, path, e);
}

/* Whatever has that name now is another file: nothing is written through a link that other snapshots share. */
static int link_in(const struct building *b, const char *from, const char *path, struct err *e)
{
	return take_out(b, path, e) || tree_link(from, b->t->building, path, e) ? -1 : 0;
}

static bool is_same_file(const char *a, const char *b)
{
	struct stat one, other;

	return stat(a, &one) == 0 && stat(b, &other) == 0 && one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

/* What was signed is what is put out: hashed once more, unless the present snapshot holds the very file. */
static int blob_in(const struct building *b, const char *digest, const char *path, struct err *e)
{
	struct blobs *blobs = b->t->store->blobs;
	AUTO_FREE char *from = NULL, *bytes = NULL, *served = b->t->served ? fs_join(b->t->served, path) : NULL;
	size_t len;

	if (!digest_is_hex(digest))
		return err_verdict(e, "E_DIGEST", "%s: '%s' is no sha256", path, digest);
	from = blob_path(blobs, digest);
	if (!(from && served && is_same_file(from, served)) && blob_check(blobs, digest, NULL, e))
		return err_wrap(e, "%s", path);
	if (from)
		return link_in(b, from, path, e);
	if (blob_get(blobs, digest, SIZE_MAX / 2, &bytes, &len, e))
		return -1;
	return tree_write(b->t->building, path, bytes, len, e);
}

/* ---- the lists */

static int put_difference(struct building *b, const struct side *old, const struct side *new, struct err *e)
{
	char digest[SHA256_HEX];

	if (!new) /* packages leave in their time */
		return old->item.list == SNAP_RECORDS ? take_out(b, old->key, e) : 0;
	if (new->item.list == SNAP_PACKAGES)
		snap_item_member(&new->item, "sha256", digest, sizeof digest);
	else
		snprintf(digest, sizeof digest, "%s", new->key + strlen("records/"));
	return blob_in(b, digest, new->key, e);
}

/* Names that the new snapshot gives to other bytes, or to nothing. */
static int take_out_indexes(const struct building *b, const char *old, struct err *e)
{
	AUTO_JSON *head = snap_head(old, e);
	json_t *item;
	size_t i;

	if (!head)
		return -1;
	json_array_foreach(json_list(head, "indexes"), i, item) {
		AUTO_FREE char *lasting = channel_lasting_name(item);

		if (!(lasting && strcmp(lasting, json_text(item, "path")) == 0) &&
			take_out(b, json_text(item, "path"), e))
			return -1;
	}
	return 0;
}

static int put_lists(struct building *b, struct err *e)
{
	AUTO_FREE char *old = NULL;

	if (!b->t->is_used_again)
		return fs_mkdirs(b->t->building, 0755, e) || compare(b, NULL, put_difference, e) ? -1 : 0;
	old = fs_join(b->t->building, "release.json");
	return compare(b, old, put_difference, e) || take_out_indexes(b, old, e) ? -1 : 0;
}

/* ---- what stays for a while */

static int keep_file(const struct building *b, const char *path, struct err *e)
{
	AUTO_FREE char *from = fs_join(b->t->served, path), *own = mem_printf("history/%lld", b->t->serial_served);
	const char *name = path + strlen(own);

	if (!text_starts(path, own) || (*name != '.'))
		return fs_exists(from) ? tree_link(from, b->t->building, path, e) : 0;
	free(from);
	from = mem_printf("%s/release%s", b->t->served, name);
	return tree_link(from, b->t->building, path, e);
}

/* The list stands in the order of serials, and each snapshot left something: so many came since. */
static int keep_or_drop(struct building *b, struct err *e)
{
	size_t since = 0;

	for (size_t i = b->leaving.len; i-- > 0;) {
		struct leaver *l = &b->leaving.at[i];

		if (i + 1 < b->leaving.len && l->serial != b->leaving.at[i + 1].serial)
			since++;
		if (!snapshot_has_passed(since, l->time, b->time)) {
			if (keep_file(b, l->path, e))
				return -1;
			continue;
		}
		l->times++;
		if (take_out(b, l->path, e))
			return -1;
	}
	return 0;
}

/* ---- the rest */

static int put_files(const struct building *b, struct err *e)
{
	for (size_t i = 0; i < b->t->answer->files.len; i++) {
		const struct index_item *f = &b->t->answer->files.at[i];

		if (f->file ? link_in(b, f->file, f->path, e)
			    : tree_write(b->t->building, f->path, f->bytes, f->len, e))
			return -1;
	}
	return 0;
}

static int put_keys(const struct building *b, struct err *e)
{
	static const char *const names[] = { "keys/release.asc", "keys/package.asc" };

	for (size_t i = 0; i < COUNT(names); i++) {
		AUTO_FREE char *from = store_path(b->t->store, names[i]), *bytes = NULL;
		size_t len;

		if (fs_read_file(from, MIB(1), &bytes, &len, e) || tree_write(b->t->building, names[i], bytes, len, e))
			return -1;
	}
	return 0;
}

/* release.json as a file: what the signer wrote, or its bytes in a file beside the tree. */
static int release_file(struct building *b, char **ret, struct err *e)
{
	for (size_t i = 0; i < b->t->answer->files.len; i++) {
		const struct index_item *f = &b->t->answer->files.at[i];

		if (strcmp(f->path, "release.json") != 0)
			continue;
		*ret = f->file ? mem_strdup(f->file) : fs_join(b->t->folder, "release.json.new");
		b->release = *ret;
		return f->file ? 0 : fs_write_file(*ret, f->bytes, f->len, 0644, e);
	}
	return err_env(e, "the signer's answer is not whole");
}

static int build(struct building *b, struct err *e)
{
	AUTO_FREE char *leaving = fs_join(b->t->folder, "leaving"), *release = NULL;
	struct err ignored = { 0 };

	if (when_parse(json_text(b->t->answer->release, "time"), NULL, &b->time, &ignored))
		b->time = 0;
	if (release_file(b, &release, e) || read_leaving(b, leaving, e) || (b->t->served && note_leaving(b, e)))
		return -1;
	drop_returned(b);
	/* the lists first: they compare with the release.json of the tree that is used again */
	return put_lists(b, e) || (b->t->served && keep_or_drop(b, e)) || put_files(b, e) || put_keys(b, e) ||
			write_leaving(b, leaving, e)
		? -1
		: 0;
}

int tree_build(const struct tree *t, struct err *e)
{
	struct building b = { .t = t, .serial = json_int(t->answer->release, "serial"), .back = json_object() };
	AUTO_FREE char *mine = fs_join(t->folder, "release.json.new");
	int status = build(&b, e);

	(void)unlink(mine);
	for (size_t i = 0; i < b.leaving.len; i++)
		free(b.leaving.at[i].path);
	LIST_DONE(&b.leaving);
	json_decref(b.back);
	return status;
}
