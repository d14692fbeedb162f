/* relations.c - from one family's relations to the other's. */
#include "repackager/relations.h"
#include "base/text.h"
#include "formats/depmap.h"
#include "formats/relation.h"
#include "formats/version.h"
#include <string.h>

enum { RPMLIB = 1 << 24 }; /* RPMSENSE_RPMLIB */

/* What a kind becomes; REL_KINDS: it is looked at by hand below. */
static const enum rel_kind in_rpm[REL_KINDS] = {
	[REL_REQUIRES] = REL_REQUIRES,
	[REL_PRE_REQUIRES] = REL_PRE_REQUIRES,
	[REL_PROVIDES] = REL_PROVIDES,
	[REL_CONFLICTS] = REL_CONFLICTS,
	[REL_OBSOLETES] = REL_OBSOLETES,
	[REL_REPLACES] = REL_KINDS, /* obsoletes, when it also conflicts */
	[REL_BREAKS] = REL_CONFLICTS,
	[REL_RECOMMENDS] = REL_RECOMMENDS,
	[REL_SUGGESTS] = REL_SUGGESTS,
	[REL_SUPPLEMENTS] = REL_SUPPLEMENTS,
	[REL_ENHANCES] = REL_ENHANCES,
};
static const enum rel_kind in_deb[REL_KINDS] = {
	[REL_REQUIRES] = REL_REQUIRES,
	[REL_PRE_REQUIRES] = REL_PRE_REQUIRES,
	[REL_PROVIDES] = REL_PROVIDES,
	[REL_CONFLICTS] = REL_CONFLICTS,
	[REL_OBSOLETES] = REL_KINDS, /* conflicts and replaces */
	[REL_REPLACES] = REL_REPLACES,
	[REL_BREAKS] = REL_BREAKS,
	[REL_RECOMMENDS] = REL_RECOMMENDS,
	[REL_SUGGESTS] = REL_SUGGESTS,
	[REL_SUPPLEMENTS] = REL_ENHANCES, /* deb has no reverse recommendation */
	[REL_ENHANCES] = REL_ENHANCES,
};

struct builder {
	const struct relations_job *job;
	struct pkg *to;
	enum family from, into;
	bool is_ours; /* the recipe's own: written for this package, so nothing is guessed about it */
};

static void note(struct builder *b, const struct relation *r, const char *why)
{
	pkg_lose(b->to, b->job->target->name, LOSS_NOTE, why, "relation:%s %s", rel_kind_name(r->kind), r->text);
}

static int no_room(struct err *e)
{
	return err_input(e, "E_LIMIT_MEMORY", "too many relations");
}

/* ---- names */

/* One side of a pair of the house's map: a name, and whether "{v}" stands behind it. */
static bool pair_is(const char *side, const char *name, bool *ret_version)
{
	size_t len = strcspn(side, " (");

	*ret_version = strstr(side, "{v}") != NULL;
	return strlen(name) == len && memcmp(side, name, len) == 0;
}

/* The name in the target family's words; NULL: not in the map of the house. */
static const char *house_name(const struct builder *b, const char *name, bool *ret_version)
{
	static const char *const keys[] = { [FAMILY_DEB] = "deb", [FAMILY_RPM] = "rpm" };
	json_t *pair;
	size_t i;
	bool versions[2];

	json_array_foreach(document_at(b->job->house, "map"), i, pair) {
		const char *from = json_text(pair, keys[b->from]), *into = json_text(pair, keys[b->into]);
		if (!pair_is(from, name, &versions[0]))
			continue;
		pair_is(into, "", &versions[1]);
		*ret_version = versions[0] && versions[1];
		return arena_copy(&b->to->arena, into, strcspn(into, " ("));
	}
	return NULL;
}

static const char *default_name(const struct builder *b, const char *name, bool *ret_version)
{
	for (const struct depmap_pair *p = depmap_pairs; p->deb; p++) {
		if (strcmp(b->from == FAMILY_DEB ? p->deb : p->rpm, name) != 0)
			continue;
		*ret_version = p->with_version;
		return b->into == FAMILY_DEB ? p->deb : p->rpm;
	}
	return NULL;
}

/* ---- versions */

/* Of a mapped package only the upstream version means the same on both sides. */
static int mapped_version(struct builder *b, struct relation *r, bool with_version, struct err *e)
{
	struct evr v;
	struct err unread = { 0 };

	if (r->op == OP_NONE)
		return 0;
	if (!with_version || evr_parse(&b->to->arena, r->version, &v, &unread)) {
		note(b, r, "the version was dropped: the mapped package counts its versions in another way");
		r->op = OP_NONE;
		r->version = "";
		return 0;
	}
	v.epoch = -1;
	v.release = "";
	r->version = evr_text(&b->to->arena, &v);
	return r->version ? 0 : no_room(e);
}

static int translate_version(struct builder *b, struct relation *r, struct err *e)
{
	struct evr v, to;

	if (r->op == OP_NONE || b->from == b->into || b->is_ours)
		return 0;
	if (evr_parse(&b->to->arena, r->version, &v, e))
		return err_wrap(e, "%s", r->text);
	if (b->into == FAMILY_RPM ? version_to_rpm(&b->to->arena, &v, &to, e)
				  : version_to_deb(&b->to->arena, &v, &to, e))
		return err_wrap(e, "%s", r->text);
	if (!v.release[0])
		to.release = ""; /* no revision was said: any will do */
	if (v.epoch < 0)
		to.epoch = -1;
	r->version = evr_text(&b->to->arena, &to);
	return r->version ? 0 : no_room(e);
}

/* ---- what only rpm says, in deb's words */

/* "libc.so.6(GLIBC_2.34)(64bit)" -> libc6 (>= 2.34). False: it is no library we know. */
static bool soname_to_deb(struct builder *b, struct relation *r)
{
	size_t len = strcspn(r->name, "(");
	const char *deb = depmap_find(depmap_sonames, r->name, len), *glibc = strstr(r->name, "(GLIBC_");

	if (!deb)
		return false;
	r->op = OP_NONE;
	r->version = "";
	if (glibc && strspn(glibc + 7, "0123456789.") == strcspn(glibc + 7, ")")) {
		r->op = OP_GE;
		r->version = arena_copy(&b->to->arena, glibc + 7, strcspn(glibc + 7, ")"));
	}
	r->name = deb;
	return r->version != NULL;
}

enum fate { KEEP, MAPPED /* already in deb's words */, MET /* always there */, UNSAYABLE };

/* "foo(x86-64)" means foo of the package's own architecture, as every deb relation does. */
static bool drop_isa(struct builder *b, struct relation *r)
{
	static const char *const isas[] = { "(x86-64)", "(x86-32)", "(aarch-64)", "(ppc-64)", "(s390-64)",
		"(riscv-64)" };

	for (size_t i = 0; i < COUNT(isas); i++)
		if (text_ends(r->name, isas[i])) {
			r->name = arena_copy(&b->to->arena, r->name, strlen(r->name) - strlen(isas[i]));
			return r->name != NULL;
		}
	return false;
}

static enum fate rpm_only(struct builder *b, struct relation *r, const char **ret_why)
{
	const char *deb;

	if (text_starts(r->name, "rpmlib(") || (r->flags & RPMLIB)) {
		*ret_why = "about rpm's own form";
		return MET;
	}
	if (text_starts(r->name, "config(")) {
		*ret_why = "rpm's bookkeeping of the package's own configuration files";
		return MET;
	}
	if (r->name[0] == '/') {
		deb = depmap_find(depmap_paths, r->name, strlen(r->name));
		*ret_why = deb ? "every Debian system has it" : "deb cannot depend on a file";
		if (!deb || !deb[0])
			return deb ? MET : UNSAYABLE;
		r->name = deb;
		return MAPPED;
	}
	drop_isa(b, r);
	if (strchr(r->name, '(') || strstr(r->name, ".so")) {
		*ret_why = "no deb package is known for it";
		return soname_to_deb(b, r) ? MAPPED : UNSAYABLE;
	}
	return KEEP;
}

/* Packages that exist for dpkg's way of installing; their tools are replaced where scripts call them (scripts_helpers.c). */
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

/* "0:1.0-1", "1.0-1", "1.0": the source package's own version as it may be written. */
static bool is_own_version(const struct pkg *meta, const char *text)
{
	AUTO_FREE char *epoch = mem_printf("%lld:", (long long)meta->epoch);
	AUTO_FREE char *full = mem_printf("%s-%s", meta->version, meta->release);

	if (text_starts(text, epoch))
		text += strlen(epoch);
	return strcmp(text, full) == 0 || strcmp(text, meta->version) == 0;
}

/* Provides of itself are implied in both families; rpm's writer says them anew. Of another version they are the vendor's own. */
static bool is_self_provide(const struct builder *b, const struct relation *r)
{
	const struct pkg *meta = b->job->meta;
	size_t len = strlen(meta->name);

	if (b->is_ours || r->kind != REL_PROVIDES || r->tree != REL_PLAIN || strncmp(r->name, meta->name, len) != 0)
		return false;
	if (r->name[len] != '\0' && (r->name[len] != '(' || b->from != FAMILY_RPM))
		return false;
	return r->op == OP_NONE || (r->op == OP_EQ && is_own_version(meta, r->version));
}

/* ---- one relation */

static int plain(struct builder *b, struct relation *r, enum fate *ret_fate, struct err *e)
{
	const char *why = "", *name;
	bool with_version = false;

	*ret_fate = KEEP;
	if (b->into == FAMILY_RPM)
		r->arch = "";
	if (b->from == b->into && !b->is_ours)
		return 0;
	if (b->from == FAMILY_RPM && r->kind == REL_PROVIDES && (strpbrk(r->name, "(/") || strstr(r->name, ".so"))) {
		*ret_fate = UNSAYABLE;
		why = "a name that deb cannot write";
	} else if (b->from == FAMILY_RPM && r->kind != REL_PROVIDES) {
		*ret_fate = rpm_only(b, r, &why);
	} else if (b->from == FAMILY_DEB && !b->is_ours && is_debs_own(r)) {
		*ret_fate = MET;
		why = "part of how Debian packages are installed";
	}
	if (*ret_fate == MET || *ret_fate == UNSAYABLE) {
		note(b, r, why);
		return 0;
	}
	if (*ret_fate == MAPPED) {
		*ret_fate = KEEP;
		return 0;
	}
	if (r->kind == REL_PROVIDES)
		return translate_version(b, r, e);
	name = house_name(b, r->name, &with_version);
	if (!name)
		name = default_name(b, r->name, &with_version);
	if (name) {
		r->name = name;
		return mapped_version(b, r, with_version, e);
	}
	if (b->into == FAMILY_DEB) {
		r->name = name_in(FAMILY_DEB, &b->to->arena, r->name);
		if (!r->name)
			return no_room(e);
	}
	if (!b->is_ours)
		note(b, r, "guessed: the name is in no map and was kept");
	return translate_version(b, r, e);
}

static char *text_in(struct builder *b, const struct relation *r)
{
	return b->into == FAMILY_DEB ? relation_deb_text(&b->to->arena, r) : relation_rpm_text(&b->to->arena, r);
}

static bool is_there(const struct pkg *to, const struct relation *r)
{
	for (size_t i = 0; i < to->relations.len; i++)
		if (to->relations.at[i].kind == r->kind && strcmp(to->relations.at[i].text, r->text) == 0)
			return true;
	return false;
}

/* A name that is there with a lower ">=" gets the higher one: rpm lists a library once for each symbol version. */
static bool is_merged(struct builder *b, const struct relation *r)
{
	if (r->tree != REL_PLAIN || (r->kind != REL_REQUIRES && r->kind != REL_PRE_REQUIRES))
		return false;
	for (size_t i = 0; i < b->to->relations.len; i++) {
		struct relation *old = &b->to->relations.at[i];
		struct evr one, two;
		struct err unread = { 0 };
		if (old->kind != r->kind || old->tree != REL_PLAIN || strcmp(old->name, r->name) != 0)
			continue;
		if (r->op == OP_NONE)
			return true;
		if (old->op != OP_NONE && (old->op != OP_GE || r->op != OP_GE))
			continue;
		if (old->op == OP_NONE ||
			(evr_parse(&b->to->arena, old->version, &one, &unread) == 0 &&
				evr_parse(&b->to->arena, r->version, &two, &unread) == 0 &&
				version_compare_deb(&one, &two) < 0))
			*old = *r;
		return true;
	}
	return false;
}

static int add(struct builder *b, const struct relation *source, struct relation *r, struct err *e)
{
	char *text = text_in(b, r);

	if (!text) {
		note(b, source, b->into == FAMILY_DEB ? "deb cannot say this" : "rpm cannot say this");
		return 0;
	}
	r->text = text;
	if (is_there(b->to, r) || is_merged(b, r))
		return 0;
	struct relation *kept = pkg_add_relation(b->to);
	if (!kept)
		return no_room(e);
	*kept = *r;
	return 0;
}

static int tree(struct builder *b, struct relation *r, enum fate *ret_fate, struct err *e)
{
	size_t kept = 0;

	if (r->tree == REL_PLAIN)
		return plain(b, r, ret_fate, e);
	for (size_t i = 0; i < r->parts_len; i++) {
		enum fate fate = KEEP;
		r->parts[i].kind = r->kind;
		if (tree(b, &r->parts[i], &fate, e))
			return -1;
		if (fate == KEEP)
			r->parts[kept++] = r->parts[i];
		else if (r->tree == REL_OR && fate == MET) {
			*ret_fate = MET; /* one way to meet it is always there */
			return 0;
		} else if (r->tree != REL_AND && r->tree != REL_OR) {
			*ret_fate = UNSAYABLE;
			return 0;
		}
	}
	r->parts_len = kept;
	*ret_fate = kept > 0 ? KEEP : UNSAYABLE;
	if (kept == 1) {
		struct relation only = r->parts[0];
		*r = only;
	}
	return 0;
}

/* Both bounds on one package, "(a >= 1 with a < 2)", are two relations to deb; so is every "and". */
static bool splits(const struct builder *b, const struct relation *r)
{
	if (b->into != FAMILY_DEB || (r->tree != REL_AND && r->tree != REL_WITH))
		return false;
	for (size_t i = 0; r->tree == REL_WITH && i < r->parts_len; i++)
		if (r->parts[i].tree != REL_PLAIN || strcmp(r->parts[i].name, r->parts[0].name) != 0)
			return false;
	return true;
}

static int as_kind(struct builder *b, const struct relation *source, enum rel_kind kind, struct err *e)
{
	struct relation r;
	enum fate fate = KEEP;

	if (!relation_copy(&b->to->arena, source, &r))
		return no_room(e);
	if (splits(b, &r)) {
		for (size_t i = 0; i < r.parts_len; i++) {
			r.parts[i].kind = source->kind;
			if (as_kind(b, &r.parts[i], kind, e))
				return -1;
		}
		return 0;
	}
	r.kind = kind;
	if (tree(b, &r, &fate, e))
		return -1;
	if (fate == UNSAYABLE && r.tree != REL_PLAIN)
		note(b, source, "a part of it cannot be said");
	return fate == KEEP ? add(b, source, &r, e) : 0;
}

static bool has_same(const struct pkg *p, enum rel_kind kind, const char *name)
{
	for (size_t i = 0; i < p->relations.len; i++)
		if (p->relations.at[i].kind == kind && strcmp(p->relations.at[i].name, name) == 0)
			return true;
	return false;
}

/* deb's Replaces with Conflicts on the same package means "takes its place", which is rpm's Obsoletes; not where the name is one the
 * package provides itself (a role that several packages can have). Replaces alone lets files be overwritten: rpm has no such word. */
static int replaces_in_rpm(struct builder *b, const struct pkg *p, const struct relation *r, struct err *e)
{
	bool is_role = r->op == OP_NONE && has_same(p, REL_PROVIDES, r->name);

	if (r->tree == REL_PLAIN && has_same(p, REL_CONFLICTS, r->name) && !is_role)
		return as_kind(b, r, REL_OBSOLETES, e);
	note(b, r, "rpm has no word for it; that the other package conflicts or breaks is kept");
	return 0;
}

static int obsoletes_in_deb(struct builder *b, const struct relation *r, struct err *e)
{
	return as_kind(b, r, REL_CONFLICTS, e) || as_kind(b, r, REL_REPLACES, e) ? -1 : 0;
}

static int one(struct builder *b, const struct pkg *p, const struct relation *r, struct err *e)
{
	enum rel_kind kind = b->into == FAMILY_RPM ? in_rpm[r->kind] : in_deb[r->kind];

	if (is_self_provide(b, r))
		return 0;
	if (kind == REL_KINDS)
		return b->into == FAMILY_RPM ? replaces_in_rpm(b, p, r, e) : obsoletes_in_deb(b, r, e);
	if (r->kind == REL_SUPPLEMENTS && kind == REL_ENHANCES)
		note(b, r, "kept as Enhances: deb has no stronger word");
	return as_kind(b, r, kind, e);
}

/* ---- the recipe's */

/* Lists of one place, "relations" or "targets/el9", into a package of their own. */
static int parse_lists(const struct document *recipe, const char *place, struct pkg *into, struct err *e)
{
	const char *kind;
	json_t *list, *item;
	size_t i;

	json_object_foreach(document_at(recipe, place), kind, list) {
		json_array_foreach(list, i, item) {
			struct err why = { 0 };
			AUTO_FREE char *at = mem_printf("%s/%s/%zu", place, kind, i);
			if (relation_parse_any(
				    into, (enum rel_kind)rel_kind_parse(kind), json_string_value(item), &why))
				return document_error(recipe, at, e, "%s", why.text);
		}
	}
	return 0;
}

/* A recipe's name may be in either family's words: it is taken for the other family's when the maps know it there. */
static int add_ours(struct builder *b, const struct pkg *ours, struct err *e)
{
	b->is_ours = true;
	for (size_t i = 0; i < ours->relations.len; i++) {
		b->from = b->into == FAMILY_RPM ? FAMILY_DEB : FAMILY_RPM;
		if (one(b, ours, &ours->relations.at[i], e))
			return -1;
	}
	return 0;
}

int relations_build(const struct relations_job *job, struct pkg *to, struct err *e)
{
	struct builder b = {
		.job = job, .to = to, .from = vendor_family(job->meta), .into = target_family(job->target)
	};
	AUTO_FREE char *per_target = mem_printf("targets/%s", job->target->name);
	AUTO(pkg) ours;
	int failed = 0;

	for (size_t i = 0; !failed && i < job->meta->relations.len; i++)
		failed = one(&b, job->meta, &job->meta->relations.at[i], e);
	pkg_init(&ours, MIB(16));
	return failed || parse_lists(job->recipe, "relations", &ours, e) ||
			parse_lists(job->recipe, per_target, &ours, e) || add_ours(&b, &ours, e)
		? -1
		: 0;
}
