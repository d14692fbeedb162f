/* iso_views.c - two views of one image against each other: the same data under the same names, as far as the poorer one can tell. */
#include "base/text.h"
#include "formats/iso_private.h"
#include <string.h>

enum { JOLIET_LENGTH = 60 /* from here on writers cut names, each in its own way */ };

static int by_data(const void *a, const void *b)
{
	const struct iso_node *x = *(const struct iso_node *const *)a, *y = *(const struct iso_node *const *)b;
	uint64_t p = x->extents[0].at, q = y->extents[0].at;

	if (p != q)
		return p < q ? -1 : 1;
	if (x->stored != y->stored)
		return x->stored < y->stored ? -1 : 1;
	return strcmp(x->path, y->path);
}

struct files {
	LIST(const struct iso_node *) list;
};

/* Those with data, by where it lies. */
static void gather(const struct iso_tree *t, struct files *f)
{
	for (size_t i = 0; i < t->nodes.len; i++)
		if (t->nodes.at[i].type == ENTRY_FILE && t->nodes.at[i].extents_len && t->nodes.at[i].stored)
			*LIST_ADD(&f->list) = &t->nodes.at[i];
	if (f->list.len > 1)
		qsort(f->list.at, f->list.len, sizeof *f->list.at, by_data);
}

static const char *last(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* Joliet has no * / : ; ? \ and writers put '_' there; names are cut somewhere past 60 characters. */
static bool is_alike(const char *name, const char *joliet)
{
	size_t i = 0, len = strlen(name), count = 0;

	while (i < len && *joliet) {
		uint32_t a = 0, b = 0;
		size_t x = text_utf8(name + i, len - i, &a), y = text_utf8(joliet, strlen(joliet), &b);

		if (y == 0)
			return false;
		if (x && a != b && b != '_')
			return count >= JOLIET_LENGTH - 10; /* a cut name ends in its suffix or a number */
		if (x == 0 && b != '_')
			return true; /* bytes that are no UTF-8 become whatever the writer's locale made of them */
		i += x ? x : 1;
		joliet += y;
		count++;
	}
	return (i == len && *joliet == 0) || count >= JOLIET_LENGTH - 10;
}

static bool has_name(const struct files *in, size_t from, const struct iso_node *n, bool is_main)
{
	for (size_t i = from; i < in->list.len; i++) {
		const struct iso_node *o = in->list.at[i];

		if (o->extents[0].at != n->extents[0].at || o->stored != n->stored)
			return false;
		if (is_main ? is_alike(last(n->path), last(o->path)) : is_alike(last(o->path), last(n->path)))
			return true;
	}
	return false;
}

/* Every file of `of` has its data in `in`, and there a name like its own. */
static int each_in(
	const struct files *of, const struct files *in, bool names, bool is_main, const char *view, struct err *e)
{
	size_t k = 0;

	for (size_t i = 0; i < of->list.len; i++) {
		const struct iso_node *n = of->list.at[i];

		while (k < in->list.len &&
			(in->list.at[k]->extents[0].at < n->extents[0].at ||
				(in->list.at[k]->extents[0].at == n->extents[0].at &&
					in->list.at[k]->stored < n->stored)))
			k++;
		if (k == in->list.len || in->list.at[k]->extents[0].at != n->extents[0].at ||
			in->list.at[k]->stored != n->stored) {
			err_input(e, "E_MISMATCH", "%s is not in the %s tree of the image", n->path, view);
			return err_member(e, n->path);
		}
		if (names && !has_name(in, k, n, is_main)) {
			err_input(e, "E_MISMATCH", "%s has another name in the %s tree of the image", n->path, view);
			return err_member(e, n->path);
		}
	}
	return 0;
}

int iso_compare(const struct iso_tree *main, const struct iso_tree *other, struct err *e)
{
	static const char *const views[] = { "plain", "Joliet", "Rock Ridge" };
	struct files a = { 0 }, b = { 0 };
	bool names = main->view != ISO_PLAIN && other->view != ISO_PLAIN;
	int done;

	gather(main, &a);
	gather(other, &b);
	done = each_in(&a, &b, names, true, views[other->view], e) ||
			each_in(&b, &a, names, false, views[main->view], e)
		? -1
		: 0;
	LIST_DONE(&a.list);
	LIST_DONE(&b.list);
	return done;
}
