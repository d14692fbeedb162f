/* oci_layers.c - an image's layers as one tree, in one pass from the topmost down: an entry counts when no layer above has or hides it.
 *
 * Source: OCI image specification, layer.md: ".wh.NAME" takes NAME away from the layers below, ".wh..wh..opq" all that its directory holds
 * there. A file or link where a layer below has a directory hides what lies in that directory. */
#include "base/text.h"
#include "formats/oci.h"
#include "formats/path_set.h"
#include <string.h>

struct oci_flat {
	struct sink sink;
	struct guard *to;
	struct sink *next;
	struct path_set has, hides; /* of the layers above: paths that are taken; paths below which nothing shows */
	struct path_set new_has, new_hides; /* of this layer */
	struct path_set lost;               /* files of this layer that do not show: nothing may link to them */
	bool is_shown;
};

static bool is_hidden(const struct oci_flat *f, const char *path)
{
	size_t len = strlen(path);

	if (path_set_has(&f->has, path, len))
		return true;
	for (size_t i = 0; i < len; i++)
		if (path[i] == '/' && path_set_has(&f->hides, path, i))
			return true;
	return false;
}

/* 1: it was a whiteout, 0: it is an entry. */
static int take_whiteout(struct oci_flat *f, const struct entry *entry, struct err *e)
{
	const char *slash = strrchr(entry->path, '/'), *name = slash + 1;
	size_t dir = (size_t)(slash - entry->path);

	if (!text_starts(name, ".wh."))
		return 0;
	if (strcmp(name, ".wh..wh..opq") == 0) {
		path_set_add(&f->new_hides, entry->path, dir);
		return 1;
	}
	if (text_starts(name, ".wh..wh."))
		return 1; /* aufs keeps its own books there */
	if (name[4] == 0 || strcmp(name + 4, ".") == 0 || strcmp(name + 4, "..") == 0)
		return err_input(e, "E_STRUCTURE", "%s takes nothing away", entry->path);
	AUTO_FREE char *gone = mem_printf("%.*s/%s", (int)dir, entry->path, name + 4);
	path_set_add(&f->new_has, gone, strlen(gone));
	path_set_add(&f->new_hides, gone, strlen(gone));
	return 1;
}

static int flat_begin(struct sink *s, const struct entry *entry, struct err *e)
{
	struct oci_flat *f = (struct oci_flat *)s;
	int whiteout = take_whiteout(f, entry, e);

	if (whiteout < 0)
		return -1;
	f->is_shown = whiteout == 0 && !is_hidden(f, entry->path);
	if (whiteout == 0) {
		path_set_add(&f->new_has, entry->path, strlen(entry->path));
		if (entry->type != ENTRY_DIR)
			path_set_add(&f->new_hides, entry->path, strlen(entry->path));
		if (!f->is_shown && entry->type == ENTRY_FILE)
			path_set_add(&f->lost, entry->path, strlen(entry->path));
	}
	if (!f->is_shown)
		return 0;
	if (entry->type == ENTRY_HARDLINK && path_set_has(&f->lost, entry->target, strlen(entry->target))) {
		err_input(e, "E_UNSUPPORTED", "%s is a hard link to %s, which a layer above replaces", entry->path,
			entry->target);
		return err_hint(e, "squash the image into one layer first");
	}
	return sink_entry_begin(f->next, entry, e);
}

static int flat_data(struct sink *s, const void *bytes, size_t len, struct err *e)
{
	struct oci_flat *f = (struct oci_flat *)s;

	return f->is_shown ? sink_data(f->next, bytes, len, e) : 0;
}

static int flat_end(struct sink *s, struct err *e)
{
	struct oci_flat *f = (struct oci_flat *)s;

	return f->is_shown ? sink_entry_end(f->next, e) : 0;
}

static const struct sink_ops flat_ops = { .entry_begin = flat_begin, .data = flat_data, .entry_end = flat_end };

struct oci_flat *oci_flat_new(struct guard *to)
{
	struct oci_flat *f = mem_alloc(sizeof *f);

	f->sink.ops = &flat_ops;
	f->to = to;
	f->next = guard_sink(to);
	return f;
}

void oci_flat_free(struct oci_flat *f)
{
	path_set_done(&f->has);
	path_set_done(&f->hides);
	path_set_done(&f->new_has);
	path_set_done(&f->new_hides);
	path_set_done(&f->lost);
	free(f);
}

struct sink *oci_flat_sink(struct oci_flat *f)
{
	return &f->sink;
}

static void merge(struct path_set *to, struct path_set *from)
{
	for (size_t i = 0; i < from->room; i++)
		if (from->at[i])
			path_set_add(to, from->at[i], strlen(from->at[i]));
	path_set_done(from);
}

void oci_flat_layer_end(struct oci_flat *f)
{
	merge(&f->has, &f->new_has);
	merge(&f->hides, &f->new_hides);
	path_set_done(&f->lost);
}
