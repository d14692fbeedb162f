/* relations_names.c - what a package is called in the target's family: the house's map, then Sluice's, else the name as it is. */
#include "base/text.h"
#include "formats/depmap.h"
#include "repackager/relations_private.h"
#include <string.h>

/* One side of a pair of the house's map: "libc6", "libc6 (>= {v})", "glibc>={v}". */
struct side {
	struct slice name;
	bool has_version;
};

static struct side side_of(const char *text)
{
	size_t len = strcspn(text, " <>=~");

	while (len && text[len - 1] == '(')
		len--; /* "libc6(>= {v})" */
	return (struct side){ { text, len }, strstr(text, "{v}") != NULL };
}

static const char *side_text(const json_t *pair, enum family f)
{
	return json_string_value(json_object_get(pair, family_name(f))); /* NULL: the pair has no such side */
}

/* A name of the house's map in the target's words; false: not in it. "" says that it is not needed there. */
static bool house_name(
	struct relations_build *b, enum family from, const char *name, const char **ret_name, bool *ret_version)
{
	json_t *pair;
	size_t i;

	json_array_foreach(document_at(b->job->house, "map"), i, pair) {
		const char *source = side_text(pair, from), *target = side_text(pair, b->into);
		if (!source || !target || !slice_is(side_of(source).name, name))
			continue;
		struct side into = side_of(target);
		*ret_version = side_of(source).has_version && into.has_version;
		*ret_name = arena_copy(&b->to->arena, into.name.at, into.name.len);
		return true;
	}
	return false;
}

static bool default_name(
	struct relations_build *b, enum family from, const char *name, const char **ret_name, bool *ret_version)
{
	const struct depmap_row *row = depmap_row(from, name);
	bool same_there, same_here;

	if (!row || !depmap_name(row, b->into, &same_here))
		return false;
	/* one family's library may have the name of another's */
	if (b->is_ours && depmap_row(b->into, name))
		return false;
	*ret_name = depmap_name(row, b->into, &same_here);
	(void)depmap_name(row, from, &same_there);
	*ret_version = same_here && same_there;
	return true;
}

/* Packages that exist for one way of installing; their tools are replaced where scripts call them (scripts_helpers.c). */
static bool is_debs_own(const struct relation *r)
{
	static const char *const names[] = { "debconf", "debconf-2.0", "cdebconf", "init-system-helpers", "lsb-base",
		"sysvinit-utils", "dpkg", "multiarch-support", "debianutils", "install-info", "base-files",
		"libpam-runtime" };

	if (r->kind != REL_REQUIRES && r->kind != REL_PRE_REQUIRES)
		return false;
	for (size_t i = 0; i < COUNT(names); i++)
		if (strcmp(r->name, names[i]) == 0)
			return true;
	return false;
}

typedef bool look_up_fn(
	struct relations_build *b, enum family from, const char *name, const char **ret_name, bool *ret_version);

/* The vendor's words are his family's; a recipe may use any family's, but what the target has by that name stays. */
static bool look_up(
	struct relations_build *b, look_up_fn *in, const char *name, const char **ret_name, bool *ret_version)
{
	static const enum family order[] = { FAMILY_DEB, FAMILY_RPM, FAMILY_PACMAN, FAMILY_APK };

	if (!b->is_ours)
		return in(b, b->from, name, ret_name, ret_version);
	for (size_t i = 0; i < COUNT(order); i++)
		if (order[i] != b->into && in(b, order[i], name, ret_name, ret_version))
			return true;
	return false;
}

static void note_mapped(struct relations_build *b, const struct relation *r, const char *name, const char *whose)
{
	bool is_foreign_libc = strcmp(name, "gcompat") == 0 || (b->from == FAMILY_APK && text_starts(name, "musl"));

	if (b->is_ours)
		return;
	if (is_foreign_libc)
		relations_note(b, r, "guessed: %s: the other family has another C library; %s", name,
			strcmp(name, "gcompat") == 0 ? "gcompat runs many programs built for glibc, not all"
						     : "its package stands beside glibc");
	else
		relations_note(b, r, "mapped: %s, by %s map", name, whose);
}

/* "foo(x86-64)" means foo of the package's own architecture, as every relation of the others does. */
static void drop_isa(struct relations_build *b, struct relation *r)
{
	static const char *const isas[] = { "(x86-64)", "(x86-32)", "(aarch-64)", "(armv7hl-32)", "(ppc-64)",
		"(s390-64)", "(riscv-64)" };

	for (size_t i = 0; b->into != FAMILY_RPM && i < COUNT(isas); i++)
		if (text_ends(r->name, isas[i])) {
			char *plain = arena_copy(&b->to->arena, r->name, strlen(r->name) - strlen(isas[i]));
			r->name = plain ? plain : r->name;
			return;
		}
}

static bool is_ascii(const char *name)
{
	for (; *name; name++)
		if ((unsigned char)*name >= 0x80)
			return false;
	return true;
}

/* The name of a package in a map. 1: found; 0: not in one. */
static int in_maps(struct relations_build *b, struct relation *r, struct naming *how, struct err *e)
{
	const char *name = NULL;
	bool is_house = look_up(b, house_name, r->name, &name, &how->same_versions);

	if (!is_house && !look_up(b, default_name, r->name, &name, &how->same_versions))
		return 0;
	if (!name)
		return relations_no_room(e);
	how->is_mapped = true;
	if (!name[0]) {
		relations_note(b, r, "dropped: the house's map says that it is not needed");
		how->fate = DROPPED;
		return 1;
	}
	note_mapped(b, r, name, is_house ? "the house's" : "Sluice's");
	r->name = name;
	return 1;
}

int relations_name(struct relations_build *b, struct relation *r, struct naming *ret, struct err *e)
{
	struct naming how = { KEEP, false, false, false };
	const char *why = "", *name;
	int found;

	*ret = how;
	if (b->from == b->into && !b->is_ours)
		return 0;
	drop_isa(b, r);
	/* The house may name a library or a file as well; what a package provides is its own word. */
	found = r->kind == REL_PROVIDES ? 0 : look_up(b, house_name, r->name, &name, &how.same_versions);
	if (!found && relations_thing(b, r, &how, &why)) {
		if (how.fate != KEEP)
			relations_note(b, r, "dropped: %s", why);
		else if (why[0])
			relations_note(b, r, "%s", why);
		*ret = how;
		return 0;
	}
	if (!b->is_ours && b->from == FAMILY_DEB && !found && is_debs_own(r)) {
		relations_note(b, r, "dropped: part of how Debian packages are installed");
		ret->fate = DROPPED;
		return 0;
	}
	found = r->kind == REL_PROVIDES ? 0 : in_maps(b, r, &how, e);
	if (found < 0)
		return -1;
	if (!found) {
		if (is_ascii(r->name)) /* no guess makes a name of others */
			r->name = name_in(b->into, &b->to->arena, r->name);
		if (!r->name)
			return relations_no_room(e);
		if (!b->is_ours && r->kind != REL_PROVIDES)
			relations_note(b, r, "guessed: the name is in no map and was kept");
	}
	*ret = how;
	return 0;
}
