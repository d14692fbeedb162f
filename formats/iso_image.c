/* iso_image.c - an ISO 9660 image opened: its tree is read whole, compared with its other views, and hard links are found in it. */
#include "formats/iso.h"
#include "formats/iso_private.h"
#include <string.h>

/* ---- hard links */

static int same_data(const void *a, const void *b)
{
	const struct iso_node *x = *(struct iso_node *const *)a, *y = *(struct iso_node *const *)b;
	uint64_t p = x->extents_len ? x->extents[0].at : 0, q = y->extents_len ? y->extents[0].at : 0;

	if (p != q)
		return p < q ? -1 : 1;
	if (x->serial != y->serial)
		return x->serial < y->serial ? -1 : 1;
	return x < y ? -1 : x > y;
}

static bool is_linked(const struct iso_node *a, const struct iso_node *b)
{
	bool is_alike = a->links > 1 && b->links > 1 && a->size == b->size && a->zisofs_block == b->zisofs_block &&
		a->mode == b->mode && a->uid == b->uid && a->gid == b->gid && a->mtime == b->mtime &&
		a->serial == b->serial;

	return is_alike && (a->extents_len ? b->extents_len && a->extents[0].at == b->extents[0].at : a->serial != 0);
}

/* One inode: the same data, and Rock Ridge counts more names than one. Files that share a part of their data are a trap. */
static int find_links(struct iso_tree *t, struct err *e)
{
	LIST(struct iso_node *) files = { 0 };
	int done = 0;

	for (size_t i = 0; i < t->nodes.len; i++)
		if (t->nodes.at[i].type == ENTRY_FILE && (t->nodes.at[i].size || t->nodes.at[i].links > 1))
			*LIST_ADD(&files) = &t->nodes.at[i];
	if (files.len > 1)
		qsort(files.at, files.len, sizeof(struct iso_node *), same_data);
	for (size_t i = 1; i < files.len && done == 0; i++) {
		struct iso_node *a = files.at[i - 1], *b = files.at[i];

		if (is_linked(a, b))
			b->same_as = a->same_as ? a->same_as : (size_t)(a - t->nodes.at) + 1;
		else if (a->extents_len && b->extents_len && b->extents[0].at != a->extents[0].at &&
			b->extents[0].at < a->extents[0].at + a->extents[0].len)
			done = err_input(e, "E_OVERLAP", "%s lies inside %s", b->path, a->path);
	}
	LIST_DONE(&files);
	return done;
}

/* ---- views */

static int look_for_rock(struct iso *iso, struct err *e)
{
	unsigned char sector[ISO_SECTOR];
	struct iso_record r;

	if (iso_read_at(iso, sector, sizeof sector, (uint64_t)iso->root * ISO_SECTOR, e) ||
		iso_record_parse(sector, sizeof sector, &r, e))
		return err_wrap(e, "the root folder");
	return iso_rock_begin(iso, &r, e);
}

static int read_trees(struct iso *iso, struct iso_tree *main, struct iso_tree *other, struct err *e)
{
	enum iso_view best = iso->has_rock ? ISO_ROCK : iso->joliet_root ? ISO_JOLIET : ISO_PLAIN;

	if (iso_walk(iso, best, main, e))
		return -1;
	if (best == ISO_PLAIN || (best == ISO_ROCK && !iso->joliet_root))
		return find_links(main, e);
	if (iso_walk(iso, best == ISO_ROCK ? ISO_JOLIET : ISO_PLAIN, other, e) || iso_compare(main, other, e))
		return -1;
	return find_links(main, e);
}

static int check_size(const struct iso *iso, struct err *e)
{
	if (iso->volume > iso->size)
		return err_input(e, "E_TRUNCATED", "the volume says %llu bytes, the image has %llu",
			(unsigned long long)iso->volume, (unsigned long long)iso->size);
	if (iso->volume + 512 * ISO_SECTOR < iso->size) /* writers pad, and hybrid images end in a partition table */
		pkg_warn(iso->pkg, "E_TRAILING_DATA", "", "%llu bytes after the end of the volume are left alone",
			(unsigned long long)(iso->size - iso->volume));
	return 0;
}

/* ---- open and close */

static int read_image(struct iso *iso, struct err *e)
{
	struct iso_tree other = { 0 };
	int done = iso_volume(iso, e) || check_size(iso, e) || look_for_rock(iso, e) ||
			read_trees(iso, &iso->tree, &other, e)
		? -1
		: 0;

	LIST_DONE(&other.nodes);
	if (done == 0 && iso->tree.nodes.len == 0)
		return err_input(e, "E_EMPTY", "the image holds no files");
	return done;
}

int iso_open(const struct source *src, const struct limits *limits, struct pkg *pkg, struct iso **ret, struct err *e)
{
	struct iso *iso = mem_alloc(sizeof *iso);

	*iso = (struct iso){ .fd = src->fd, .size = src->size, .limits = limits, .pkg = pkg };
	arena_init(&iso->arena, (size_t)(limits->memory / 4));
	if (read_image(iso, e)) {
		iso_close(iso);
		return -1;
	}
	*ret = iso;
	return 0;
}

void iso_close(struct iso *iso)
{
	if (iso == NULL)
		return;
	LIST_DONE(&iso->tree.nodes);
	arena_done(&iso->arena);
	free(iso);
}

void iso_auto(struct iso **iso)
{
	iso_close(*iso);
}
