/* relations_kinds.c - what a kind of relation becomes in each family: one table. */
#include "repackager/relations_private.h"
#include <string.h>

enum {
	NOTHING = REL_KINDS,   /* the family has no word for it */
	REPLACING,             /* deb's Replaces: obsoletes, when it also conflicts */
	OBSOLETING,            /* takes the place of a package: conflicts and replaces */
	OBSOLETING_CONFLICTING /* pacman: replaces and conflicts */
};

static const struct {
	int deb, rpm, pacman, apk;
} kinds[REL_KINDS] = {
	[REL_REQUIRES] = { REL_REQUIRES, REL_REQUIRES, REL_REQUIRES, REL_REQUIRES },
	[REL_PRE_REQUIRES] = { REL_PRE_REQUIRES, REL_PRE_REQUIRES, REL_REQUIRES, REL_REQUIRES },
	[REL_PROVIDES] = { REL_PROVIDES, REL_PROVIDES, REL_PROVIDES, REL_PROVIDES },
	[REL_CONFLICTS] = { REL_CONFLICTS, REL_CONFLICTS, REL_CONFLICTS, REL_CONFLICTS },
	[REL_OBSOLETES] = { OBSOLETING, REL_OBSOLETES, OBSOLETING_CONFLICTING, OBSOLETING },
	[REL_REPLACES] = { REL_REPLACES, REPLACING, REPLACING, REL_REPLACES },
	[REL_BREAKS] = { REL_BREAKS, REL_CONFLICTS, REL_CONFLICTS, REL_CONFLICTS },
	[REL_RECOMMENDS] = { REL_RECOMMENDS, REL_RECOMMENDS, REL_SUGGESTS, NOTHING },
	[REL_SUGGESTS] = { REL_SUGGESTS, REL_SUGGESTS, REL_SUGGESTS, NOTHING },
	[REL_SUPPLEMENTS] = { REL_ENHANCES, REL_SUPPLEMENTS, NOTHING, REL_SUPPLEMENTS },
	[REL_ENHANCES] = { REL_ENHANCES, REL_ENHANCES, NOTHING, NOTHING },
};

static int kind_in(enum family f, enum rel_kind kind)
{
	return f == FAMILY_DEB       ? kinds[kind].deb
		: f == FAMILY_RPM    ? kinds[kind].rpm
		: f == FAMILY_PACMAN ? kinds[kind].pacman
				     : kinds[kind].apk;
}

/* A weaker or other word of the target. */
static const struct {
	enum rel_kind from, to;
	const char *why;
} weaker[] = {
	{ REL_SUPPLEMENTS, REL_ENHANCES, "changed: kept as Enhances: deb has no stronger word" },
	{ REL_PRE_REQUIRES, REL_REQUIRES,
		"changed: kept as a plain dependency: packages are installed in its order anyway" },
	{ REL_RECOMMENDS, REL_SUGGESTS, "changed: kept as an optional dependency, which nobody installs by himself" },
};

static bool has_same(const struct pkg *p, enum rel_kind kind, const char *name)
{
	for (size_t i = 0; i < p->relations.len; i++)
		if (p->relations.at[i].kind == kind && strcmp(p->relations.at[i].name, name) == 0)
			return true;
	return false;
}

/* deb's Replaces with Conflicts on the same package means "takes its place", which is rpm's Obsoletes; not where the name is one the
 * package provides itself (a role that several packages can have). Replaces alone lets files be overwritten: rpm and pacman have no such
 * word. */
static int replacing(struct relations_build *b, const struct pkg *p, const struct relation *r, struct err *e)
{
	bool is_role = r->op == OP_NONE && has_same(p, REL_PROVIDES, r->name);

	if (r->tree == REL_PLAIN && has_same(p, REL_CONFLICTS, r->name) && !is_role)
		return relations_add_as(b, r, REL_OBSOLETES, e);
	relations_note(b, r, "dropped: %s has no word for it; that the other package conflicts or breaks is kept",
		family_name(b->into));
	return 0;
}

int relations_one(struct relations_build *b, const struct pkg *p, const struct relation *r, struct err *e)
{
	bool is_home = b->from == b->into && !b->is_ours;
	int kind = is_home ? (int)r->kind : kind_in(b->into, r->kind);

	if (relations_is_self_provide(b, r))
		return 0;
	for (size_t i = 0; i < COUNT(weaker); i++)
		if (!is_home && !b->is_ours && r->kind == weaker[i].from && kind == (int)weaker[i].to)
			relations_note(b, r, "%s", weaker[i].why);
	switch (kind) {
	case NOTHING:
		relations_note(b, r, "dropped: %s has no word for it", family_name(b->into));
		return 0;
	case REPLACING:
		return replacing(b, p, r, e);
	case OBSOLETING:
		return relations_add_as(b, r, REL_CONFLICTS, e) || relations_add_as(b, r, REL_REPLACES, e) ? -1 : 0;
	case OBSOLETING_CONFLICTING:
		return relations_add_as(b, r, REL_OBSOLETES, e) || relations_add_as(b, r, REL_CONFLICTS, e) ? -1 : 0;
	default:
		return relations_add_as(b, r, (enum rel_kind)kind, e);
	}
}
