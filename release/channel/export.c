/* export.c - which files of a snapshot go along, and where each of them lies. */
#include "release/channel/export.h"
#include "base/digest.h"
#include "base/digest_map.h"
#include "base/fs.h"
#include "release/channel/channel.h"
#include "release/channel/snapshots.h"
#include "release/gate/snapshot_text.h"
#include <stdio.h>
#include <string.h>

struct exporting {
	struct store *store;
	const struct export *x;
	char *tree;                 /* what is served; NULL: the answer's files and the store's blobs */
	char *release_path;         /* its release.json */
	json_t *release;            /* without its long lists */
	struct digest_map left_out; /* sha256 of what the other end has */
	struct cargo cargo;
};

static bool key_of(const char *sha256, unsigned char ret[DIGEST_KEY])
{
	return digest_is_hex(sha256) && hex_parse(sha256, 2 * (size_t)DIGEST_KEY, ret) == 0;
}

static void leave_out(struct exporting *w, const char *sha256)
{
	unsigned char key[DIGEST_KEY];
	bool is_new;

	if (key_of(sha256, key))
		(void)digest_map_put(&w->left_out, key, &is_new);
}

/* Everything that a release.json names. */
static void leave_out_all(struct exporting *w, const json_t *release)
{
	static const char *const lists[] = { "packages", "indexes" };
	json_t *item;
	size_t i;

	for (size_t l = 0; l < COUNT(lists); l++)
		json_array_foreach(json_list(release, lists[l]), i, item)
			leave_out(w, json_text(item, "sha256"));
	json_array_foreach(json_list(release, "records"), i, item)
		leave_out(w, json_string_value(item) ? json_string_value(item) : "");
}

static const struct index_item *made(const struct exporting *w, const char *path)
{
	for (size_t i = 0; w->x->answer && i < w->x->answer->files.len; i++)
		if (strcmp(w->x->answer->files.at[i].path, path) == 0)
			return &w->x->answer->files.at[i];
	return NULL;
}

/* Where the bytes of that path are. */
static int place(const struct exporting *w, const char *path, const char *digest, struct carried *f, struct err *e)
{
	const struct index_item *item = made(w, path);

	if (item && item->file) {
		f->path = mem_strdup(item->file);
	} else if (item) {
		f->bytes = item->bytes;
		f->len = item->len;
	} else if (w->tree)
		f->path = fs_join(w->tree, path);
	else if (*digest)
		f->path = blob_path(w->store->blobs, digest);
	else
		f->path = store_path(w->store, path); /* keys/ */
	return item || f->path ? 0 : err_env(e, "%s: its bytes lie in no file", path);
}

static int add(struct exporting *w, const char *path, const char *digest, struct err *e)
{
	struct carried f = { .path = NULL };
	unsigned char key[DIGEST_KEY];

	if (!key_of(digest, key))
		return err_verdict(e, "E_DIGEST", "%s: '%s' is no sha256", path, digest);
	if (digest_map_find(&w->left_out, key))
		return 0;
	if (place(w, path, digest, &f, e))
		return -1;
	memcpy(f.sha256, digest, sizeof f.sha256);
	*LIST_ADD(&w->cargo.files) = f;
	return 0;
}

static int add_package(void *context, const struct snap_item *line, struct err *e)
{
	AUTO_JSON *item = snap_item_json(line, e);

	return item ? add(context, json_text(item, "path"), json_text(item, "sha256"), e) : -1;
}

static int add_record(void *context, const struct snap_item *line, struct err *e)
{
	char digest[SHA256_HEX] = "";
	AUTO_FREE char *path = NULL;

	if (line->len == SHA256_HEX + 1) /* a record's line is its digest in quotes */
		memcpy(digest, line->at + 1, SHA256_HEX - 1);
	path = mem_printf("records/%s", digest);
	return add(context, path, digest, e);
}

static int gather(struct exporting *w, struct err *e)
{
	const json_t *item;
	size_t i;

	for (i = 0; i < ARCHIVE_HEADS; i++)
		if (place(w, archive_heads[i], "", &w->cargo.heads[i], e))
			return -1;
	json_array_foreach(json_list(w->release, "indexes"), i, item)
		if (add(w, json_text(item, "path"), json_text(item, "sha256"), e))
			return -1;
	return snap_each(w->release_path, SNAP_PACKAGES, add_package, w, e) ||
			snap_each(w->release_path, SNAP_RECORDS, add_record, w, e)
		? -1
		: 0;
}

/* The snapshot by its own name: one that is published meanwhile takes nothing from under us. */
static int open_served(struct exporting *w, struct err *e)
{
	AUTO_FREE char *current = channel_tree(w->store, w->x->channel), *below = NULL;
	long long serial = snapshots_current(current);

	if (!serial)
		return err_usage(e, "channel '%s' was never released to", w->x->channel);
	below = mem_printf("channels/%s/snapshots/%lld", w->x->channel, serial);
	w->tree = store_path(w->store, below);
	w->release_path = fs_join(w->tree, "release.json");
	w->release = snap_head(w->release_path, e);
	return w->release ? 0 : -1;
}

static int read_made(struct exporting *w, struct err *e)
{
	const struct index_item *item = made(w, "release.json");

	if (!item || !item->file)
		return err_env(e, "the signer's answer is not whole");
	w->release_path = mem_strdup(item->file);
	w->release = snap_head(w->release_path, e);
	return w->release ? 0 : -1;
}

static int export(struct exporting *w, json_t **ret, struct err *e)
{
	json_t *told = NULL;

	if (w->x->answer ? read_made(w, e) : open_served(w, e))
		return -1;
	leave_out_all(w, w->x->since);
	if (json_int(w->x->since, "serial") > json_int(w->release, "serial"))
		return err_usage(e, "--since %lld: what is exported is %lld",
			(long long)json_int(w->x->since, "serial"), (long long)json_int(w->release, "serial"));
	if (gather(w, e) || archive_write(&w->cargo, w->x->output, &told, e))
		return -1;
	json_set_str(told, "channel", w->x->channel);
	json_object_set(told, "serial", json_object_get(w->release, "serial"));
	json_object_set(told, "valid_until", json_object_get(w->release, "valid_until"));
	json_object_set_new(told, "since", json_integer(json_int(w->x->since, "serial")));
	json_set_str(told, "output", w->x->output);
	*ret = told;
	return 0;
}

int channel_export(struct store *s, const struct export *x, json_t **ret, struct err *e)
{
	struct exporting w = { .store = s, .x = x };
	int status = channel_name_valid(x->channel) ? export(&w, ret, e)
						    : err_usage(e, "'%s' is no name for a channel", x->channel);

	free(w.tree);
	free(w.release_path);
	json_decref(w.release);
	digest_map_done(&w.left_out);
	cargo_done(&w.cargo);
	return status ? err_wrap(e, "exporting %s", x->channel) : 0;
}
