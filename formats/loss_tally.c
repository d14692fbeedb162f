/* loss_tally.c - counting losses by kind. */
#include "formats/loss_tally.h"

enum { FIRST_PATHS = 3 };

void loss_tally_add(struct loss_tally *t, const char *path)
{
	char *before = t->paths;

	if (++t->count > FIRST_PATHS)
		return;
	t->paths = before ? mem_printf("%s, %s", before, path) : mem_strdup(path);
	free(before);
}

void loss_tally_tell(const struct loss_tally *t, const struct loss_kind *kind, struct pkg *pkg, const char *target)
{
	if (t->count)
		pkg_lose(pkg, target, kind->class, kind->why, "%s:%zu %s: %s%s", kind->what, t->count,
			t->count == 1 ? "entry" : "entries", t->paths, t->count > FIRST_PATHS ? ", ..." : "");
}

void loss_tally_done(struct loss_tally *t)
{
	free(t->paths);
	*t = (struct loss_tally){ 0 };
}

void loss_tell_metadata(struct pkg *pkg, const char *target, const char *why)
{
	for (size_t i = 0; i < pkg->scripts.len; i++)
		pkg_lose(pkg, target, LOSS_BEHAVIOUR, why, "script:%s", pkg->scripts.at[i].source);
	for (size_t i = 0; i < pkg->triggers.len; i++)
		pkg_lose(pkg, target, LOSS_BEHAVIOUR, why, "trigger:%s", pkg->triggers.at[i].text);
	for (size_t i = 0; i < pkg->relations.len; i++)
		if (pkg->relations.at[i].kind != REL_PROVIDES || pkg->relations.at[i].op != OP_EQ)
			pkg_lose(pkg, target, LOSS_NOTE, why, "relation:%s %s",
				rel_kind_name(pkg->relations.at[i].kind), pkg->relations.at[i].text);
}
