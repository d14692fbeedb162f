/* read_iso.c - ISO 9660 images with Rock Ridge or Joliet: the tree is read whole and compared with its other views, then the data flows. */
#include "formats/iso_private.h"
#include <string.h>

enum { PIECE = 256 << 10, MARK_AT = ISO_DESCRIPTORS_FROM * ISO_SECTOR + 1 };

static bool has_mark(const unsigned char *head, size_t len)
{
	return len >= MARK_AT + 5 && memcmp(head + MARK_AT, "CD001", 5) == 0;
}

static int iso_bid(const struct source *src, const unsigned char *head, size_t len)
{
	return !src->is_dir && has_mark(head, len) ? 70 : 0;
}

/* ---- entries */

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
	bool is_alike = a->links > 1 && b->links > 1 && a->size == b->size && a->mode == b->mode && a->uid == b->uid &&
		a->gid == b->gid && a->mtime == b->mtime && a->serial == b->serial;

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

static int pass_data(
	const struct iso *iso, const struct iso_node *n, struct sink *sink, unsigned char *buf, struct err *e)
{
	for (size_t i = 0; i < n->extents_len; i++)
		for (uint64_t done = 0; done < n->extents[i].len;) {
			uint64_t left = n->extents[i].len - done;
			size_t len = left < PIECE ? (size_t)left : PIECE;

			if (iso_read_at(iso, buf, len, n->extents[i].at + done, e) || sink_data(sink, buf, len, e))
				return -1;
			done += len;
		}
	return 0;
}

/* Does a link climb above the root? */
static bool climbs(const struct iso_node *n)
{
	const char *at = n->target;
	long depth = 0;

	for (const char *c = n->path; *c && *at != '/'; c++)
		depth += *c == '/';
	while (*at) {
		size_t len = strcspn(at, "/");

		if (len == 2 && at[0] == '.' && at[1] == '.')
			depth--;
		else
			depth += len > 0 && !(len == 1 && at[0] == '.');
		if (depth < 0)
			return true;
		at += len + (at[len] == '/');
	}
	return false;
}

/* An image is no package: what a package may not hold is left out, which is told to whoever makes a package of it. */
static bool is_left_out(const struct iso *iso, const struct iso_node *n)
{
	bool is_special = n->type == ENTRY_CHAR || n->type == ENTRY_BLOCK || n->type == ENTRY_FIFO;

	if (n->type == ENTRY_SYMLINK && climbs(n)) {
		pkg_warn(iso->pkg, "E_LINK_ESCAPE", n->path, "a link above the root is left out: %s", n->target);
		pkg_lose(
			iso->pkg, "*", LOSS_BEHAVIOUR, "it points above the package's root", "symlink:%.512s", n->path);
		return true;
	}
	if (!is_special || iso->limits->devices)
		return false;
	pkg_warn(iso->pkg, "E_SPECIAL_FILE", n->path, "a special file (%s) is left out; a recipe may allow it",
		entry_type_name(n->type));
	pkg_lose(iso->pkg, "*", LOSS_BEHAVIOUR, "a recipe must allow special files", "special-file:%.512s", n->path);
	return true;
}

static int pass_node(const struct iso *iso, const struct iso_tree *t, const struct iso_node *n, struct guard *g,
	unsigned char *buf, struct err *e)
{
	struct sink *sink = guard_sink(g);
	struct entry en;

	entry_init(&en);
	if (guard_path(g, n->path, strlen(n->path), false, &en.path, e))
		return -1;
	en.type = n->same_as ? ENTRY_HARDLINK : n->type;
	en.mode = n->mode;
	en.uid = n->uid;
	en.gid = n->gid;
	en.mtime = n->mtime;
	en.dev_major = n->dev_major;
	en.dev_minor = n->dev_minor;
	en.size = en.type == ENTRY_FILE ? n->size : 0;
	en.target = n->target;
	if (n->same_as) {
		const char *own = en.path, *of = t->nodes.at[n->same_as - 1].path;

		if (guard_path(g, of, strlen(of), false, &en.target, e))
			return -1;
		en.path = own;
	}
	if (sink_entry_begin(sink, &en, e) || (en.type == ENTRY_FILE && pass_data(iso, n, sink, buf, e)) ||
		sink_entry_end(sink, e))
		return err_member(e, en.path);
	return 0;
}

static int pass_all(const struct iso *iso, const struct iso_tree *t, struct guard *g, struct err *e)
{
	AUTO_FREE unsigned char *buf = mem_resize(NULL, PIECE);

	if (sink_begin(guard_sink(g), iso->pkg, e))
		return -1;
	for (size_t i = 0; i < t->nodes.len; i++)
		if (!is_left_out(iso, &t->nodes.at[i]) && pass_node(iso, t, &t->nodes.at[i], g, buf, e))
			return -1;
	return guard_finish(g, e);
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

static int read_image(struct iso *iso, struct guard *g, struct err *e)
{
	struct iso_tree main = { 0 }, other = { 0 };
	int done = iso_volume(iso, e) || check_size(iso, e) || look_for_rock(iso, e) ||
		read_trees(iso, &main, &other, e);

	if (done == 0 && main.nodes.len == 0)
		done = err_input(e, "E_EMPTY", "the image holds no files");
	if (done == 0)
		done = pass_all(iso, &main, g, e);
	LIST_DONE(&main.nodes);
	LIST_DONE(&other.nodes);
	return done ? -1 : 0;
}

static int iso_read(
	const struct source *src, const struct limits *limits, struct sink *sink, struct pkg *pkg, struct err *e)
{
	struct iso iso = { .fd = src->fd, .size = src->size, .limits = limits, .pkg = pkg };
	struct guard *g = guard_new(sink, limits, src->size, pkg);
	int done;

	pkg->format = "iso";
	arena_init(&iso.arena, (size_t)(limits->memory / 4));
	done = read_image(&iso, g, e);
	arena_done(&iso.arena);
	guard_free(g);
	return done;
}

const struct reader read_iso = {
	"iso",
	iso_bid,
	iso_read,
	"ISO 9660 images (Rock Ridge, Joliet); no UDF, no zisofs",
};
