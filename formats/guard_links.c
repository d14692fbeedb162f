/* guard_links.c - where the links of a package lead, judged when all names are known.
 *
 * Symlinks are followed by name through the package's own links, as the kernel would below a root that holds nothing but the
 * package. A target may start with '/': the system's root is the package's root. What climbs above the root leaves the package. */
#include "formats/guard_private.h"
#include <string.h>

enum { HOPS_MOST = 40 }; /* as the kernel: MAXSYMLINKS */
/* Steps over all links of a package: a real one takes a few per link; chains of long targets are cut off here. */
#define STEPS_MOST 20000000u

struct walk {
	const struct guard_node
		*at;    /* a node of the package, or NULL: below it, `depth` names deep, nothing is known */
	unsigned depth; /* components below the last known node */
	unsigned hops;
};

static int follow(struct guard *g, struct walk *w, const struct guard_node *link, struct err *e);

static int step_up(struct walk *w, const struct guard *g, struct err *e)
{
	if (w->depth > 0) {
		w->depth--;
		return 0;
	}
	if (w->at == &g->root)
		return err_input(e, "E_LINK_ESCAPE", "climbs above the package's root");
	w->at = w->at->parent;
	return 0;
}

static int step(struct guard *g, struct walk *w, const char *name, size_t len, struct err *e)
{
	const struct guard_node *n;

	if (++g->link_steps > STEPS_MOST)
		return err_input(e, "E_LIMIT_TIME", "the links of the package take too long to follow");
	if (len == 0 || (len == 1 && name[0] == '.'))
		return 0;
	if (len == 2 && name[0] == '.' && name[1] == '.')
		return step_up(w, g, e);
	n = w->depth == 0 ? guard_tree_child(g, w->at, name, len) : NULL;
	if (n == NULL) {
		w->depth++;
		return 0;
	}
	if (n->has_entry && n->type == ENTRY_SYMLINK)
		return follow(g, w, n, e);
	w->at = n;
	return 0;
}

/* Takes the whole target of one link, starting at the folder the link lies in. */
static int follow(struct guard *g, struct walk *w, const struct guard_node *link, struct err *e)
{
	const char *target = link->target;
	size_t len = strlen(target);

	if (++w->hops > HOPS_MOST)
		return err_input(e, "E_LOOP", "more than %d links in a row", HOPS_MOST);
	w->at = target[0] == '/' ? &g->root : link->parent;
	w->depth = 0;
	for (size_t i = 0, end; i < len; i = end + 1) {
		const char *slash = memchr(target + i, '/', len - i);

		end = slash ? (size_t)(slash - target) : len;
		if (step(g, w, target + i, end - i, e))
			return -1;
	}
	return 0;
}

static int check_symlink(struct guard *g, const struct guard_node *link, struct err *e)
{
	struct walk w = { 0 };
	struct err own = { 0 };

	if (follow(g, &w, link, &own) == 0)
		return 0;
	if (own.code && strcmp(own.code, "E_LOOP") == 0) {
		guard_warn(g, "E_LOOP", link->path, "the symlink leads to itself, or through more than %d others",
			HOPS_MOST);
		return 0;
	}
	*e = own;
	err_wrap(e, "symlink %s -> %s", link->path, link->target);
	return err_member(e, link->path);
}

/* Links whose file came after them (rpm). */
static int check_hardlink(struct guard *g, struct guard_node *link, struct err *e)
{
	struct guard_node *to = guard_tree_find(g, link->target, strlen(link->target));

	if (link->link)
		return 0;
	for (int hops = 0; to && to->has_entry && to->type == ENTRY_HARDLINK && hops < 2; hops++)
		to = to->link ? to->link : guard_tree_find(g, to->target, strlen(to->target));
	if (to && to->has_entry && to->type == ENTRY_FILE) {
		link->link = to;
		return 0;
	}
	if (to && to->has_entry && to->type == ENTRY_SYMLINK)
		err_input(e, "E_LINK_ESCAPE", "hard link %s names the symlink %s", link->path, link->target);
	else
		err_input(e, "E_LINK_TARGET_MISSING", "hard link %s names %s, which is no file of the package",
			link->path, link->target);
	return err_member(e, link->path);
}

int guard_links_check(struct guard *g, struct err *e)
{
	for (size_t i = 0; i < g->links.len; i++) {
		struct guard_node *n = g->links.at[i];

		if (n->type == ENTRY_SYMLINK ? check_symlink(g, n, e) : check_hardlink(g, n, e))
			return -1;
	}
	return 0;
}
