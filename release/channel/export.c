/* export.c - which files of a snapshot go along, and where each of them lies. */
#include "release/channel/export.h"
#include "base/digest.h"
#include "base/fs.h"
#include "release/channel/channel.h"
#include "release/channel/snapshots.h"
#include "release/gate/snapshot_text.h"
#include <stdio.h>
#include <string.h>

struct exporting {
	struct store *store;
	const struct export *x;
	char *tree; /* what is served; NULL: the answer's files and the store's blobs */
	json_t *release, *left_out;
	struct cargo cargo;
};

/* {sha256: true} of everything that a release.json names. */
static json_t *named_by(const json_t *release)
{
	static const char *const lists[] = { "packages", "indexes" };
	json_t *set = json_object(), *item;
	size_t i;

	for (size_t l = 0; l < COUNT(lists); l++)
		json_array_foreach(json_list(release, lists[l]), i, item)
			json_object_set_new(set, json_text(item, "sha256"), json_true());
	json_array_foreach(json_list(release, "records"), i, item)
		if (json_is_string(item))
			json_object_set_new(set, json_string_value(item), json_true());
	return set;
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

	if (!digest_is_hex(digest))
		return err_verdict(e, "E_DIGEST", "%s: '%s' is no sha256", path, digest);
	if (json_object_get(w->left_out, digest))
		return 0;
	if (place(w, path, digest, &f, e))
		return -1;
	memcpy(f.sha256, digest, sizeof f.sha256);
	*LIST_ADD(&w->cargo.files) = f;
	return 0;
}

static int gather(struct exporting *w, struct err *e)
{
	static const char *const lists[] = { "packages", "indexes" };
	size_t i;
	json_t *item;

	for (i = 0; i < ARCHIVE_HEADS; i++)
		if (place(w, archive_heads[i], "", &w->cargo.heads[i], e))
			return -1;
	for (size_t l = 0; l < COUNT(lists); l++)
		json_array_foreach(json_list(w->release, lists[l]), i, item)
			if (add(w, json_text(item, "path"), json_text(item, "sha256"), e))
				return -1;
	json_array_foreach(json_list(w->release, "records"), i, item) {
		const char *digest = json_string_value(item) ? json_string_value(item) : "";
		AUTO_FREE char *path = mem_printf("records/%s", digest);

		if (add(w, path, digest, e))
			return -1;
	}
	return 0;
}

/* The snapshot by its own name: one that is published meanwhile takes nothing from under us. */
static int open_served(struct exporting *w, struct err *e)
{
	AUTO_FREE char *current = channel_tree(w->store, w->x->channel), *path = NULL, *bytes = NULL;
	AUTO_FREE char *below = NULL;
	long long serial = snapshots_current(current);
	size_t len;

	if (!serial)
		return err_usage(e, "channel '%s' was never released to", w->x->channel);
	below = mem_printf("channels/%s/snapshots/%lld", w->x->channel, serial);
	w->tree = store_path(w->store, below);
	path = fs_join(w->tree, "release.json");
	if (fs_read_file(path, RELEASE_MAX, &bytes, &len, e))
		return -1;
	w->release = json_parse(bytes, len, path, e);
	return w->release ? 0 : -1;
}

static int read_made(struct exporting *w, struct err *e)
{
	const struct index_item *item = made(w, "release.json");

	w->release = item ? snap_whole(item, e) : (err_env(e, "the signer's answer is not whole"), NULL);
	return w->release ? 0 : -1;
}

static int export(struct exporting *w, json_t **ret, struct err *e)
{
	json_t *told = NULL;

	if (w->x->answer ? read_made(w, e) : open_served(w, e))
		return -1;
	w->left_out = named_by(w->x->since);
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
	json_decref(w.release);
	json_decref(w.left_out);
	cargo_done(&w.cargo);
	return status ? err_wrap(e, "exporting %s", x->channel) : 0;
}
