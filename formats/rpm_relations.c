/* rpm_relations.c - requires, provides and their kin of an rpm's header. Source: RPM's docs/manual/dependencies.md, more_dependencies.md. */
#include "base/text.h"
#include "formats/relation.h"
#include "formats/rpm_meta.h"
#include <rpm/rpmds.h>
#include <string.h>

const struct rpm_relation_tags rpm_relation_tags[] = {
	{ REL_REQUIRES, RPMTAG_REQUIRENAME, RPMTAG_REQUIREVERSION, RPMTAG_REQUIREFLAGS },
	{ REL_PROVIDES, RPMTAG_PROVIDENAME, RPMTAG_PROVIDEVERSION, RPMTAG_PROVIDEFLAGS },
	{ REL_CONFLICTS, RPMTAG_CONFLICTNAME, RPMTAG_CONFLICTVERSION, RPMTAG_CONFLICTFLAGS },
	{ REL_OBSOLETES, RPMTAG_OBSOLETENAME, RPMTAG_OBSOLETEVERSION, RPMTAG_OBSOLETEFLAGS },
	{ REL_RECOMMENDS, RPMTAG_RECOMMENDNAME, RPMTAG_RECOMMENDVERSION, RPMTAG_RECOMMENDFLAGS },
	{ REL_SUGGESTS, RPMTAG_SUGGESTNAME, RPMTAG_SUGGESTVERSION, RPMTAG_SUGGESTFLAGS },
	{ REL_SUPPLEMENTS, RPMTAG_SUPPLEMENTNAME, RPMTAG_SUPPLEMENTVERSION, RPMTAG_SUPPLEMENTFLAGS },
	{ REL_ENHANCES, RPMTAG_ENHANCENAME, RPMTAG_ENHANCEVERSION, RPMTAG_ENHANCEFLAGS },
	{ REL_KINDS, 0, 0, 0 },
};

static const struct {
	uint32_t sense;
	enum rel_op op;
} senses[] = { { 0, OP_NONE }, { RPMSENSE_LESS, OP_LT }, { RPMSENSE_LESS | RPMSENSE_EQUAL, OP_LE },
	{ RPMSENSE_EQUAL, OP_EQ }, { RPMSENSE_GREATER | RPMSENSE_EQUAL, OP_GE }, { RPMSENSE_GREATER, OP_GT } };

enum { SENSE_COMPARE = RPMSENSE_LESS | RPMSENSE_EQUAL | RPMSENSE_GREATER };

enum rel_op rpm_sense_op(uint32_t flags)
{
	for (size_t i = 0; i < COUNT(senses); i++)
		if (senses[i].sense == (flags & SENSE_COMPARE))
			return senses[i].op;
	return OP_NONE;
}

uint32_t rpm_op_sense(enum rel_op op)
{
	for (size_t i = 0; i < COUNT(senses); i++)
		if (senses[i].op == op)
			return senses[i].sense;
	return 0;
}

/* Needed before the package's own files come: what Requires(pre), Requires(pretrans) and the old PreReq say. */
static bool is_early(enum rel_kind kind, uint32_t flags)
{
	return kind == REL_REQUIRES && (flags & (RPMSENSE_SCRIPT_PRE | RPMSENSE_PRETRANS | RPMSENSE_PREREQ)) &&
		!(flags & RPMSENSE_RPMLIB);
}

static int load_rich(struct pkg *p, enum rel_kind kind, const char *text, uint32_t flags, struct err *e)
{
	size_t from = p->relations.len;

	if (relation_parse_rpm(p, kind, text, e))
		return err_wrap(e, "%s '%s'", rel_kind_name(kind), text);
	for (; from < p->relations.len; from++)
		p->relations.at[from].flags = flags & ~(uint32_t)SENSE_COMPARE;
	return 0;
}

static int load_plain(
	struct pkg *p, enum rel_kind kind, const char *name, const char *version, uint32_t flags, struct err *e)
{
	struct relation *r = pkg_add_relation(p);

	if (!r)
		return err_input(e, "E_LIMIT_MEMORY", "too many relations");
	if (!name[0] || strpbrk(name, "\n\t\r"))
		return err_input(e, "E_METADATA", "%s '%s': no name", rel_kind_name(kind), name);
	r->kind = kind;
	r->name = arena_str(&p->arena, name);
	r->op = version[0] ? rpm_sense_op(flags) : OP_NONE;
	r->version = r->op == OP_NONE ? "" : arena_str(&p->arena, version);
	r->flags = flags & ~(uint32_t)SENSE_COMPARE;
	r->text = r->op == OP_NONE ? r->name : arena_printf(&p->arena, "%s %s %s", name, rel_op_name(r->op), version);
	return r->name && r->version && r->text ? 0 : err_input(e, "E_LIMIT_MEMORY", "too many relations");
}

static int load_kind(const struct rpm_header *h, const struct rpm_relation_tags *t, struct pkg *p, struct err *e)
{
	AUTO(rpm_values) names = { 0 };
	AUTO(rpm_values) versions = { 0 };
	AUTO(rpm_values) flags = { 0 };

	if (rpm_values_get(h, t->name, RPM_TEXTS, &names, e) ||
		rpm_values_get(h, t->version, RPM_TEXTS, &versions, e) ||
		rpm_values_get(h, t->flags, RPM_NUMBERS, &flags, e))
		return -1;
	/* Packages from before versioned provides have names alone. */
	if ((versions.len && versions.len != names.len) || (flags.len && flags.len != names.len))
		return err_input(e, "E_CORRUPT", "header: the arrays of %s differ in length", rel_kind_name(t->kind));
	for (uint32_t i = 0; i < names.len; i++) {
		const char *name = rpm_text_at(&names, i);
		uint32_t sense = (uint32_t)rpm_number_at(&flags, i);
		enum rel_kind kind = is_early(t->kind, sense) ? REL_PRE_REQUIRES : t->kind;
		int failed = name[0] == '(' ? load_rich(p, kind, name, sense, e)
					    : load_plain(p, kind, name, rpm_text_at(&versions, i), sense, e);

		if (failed)
			return -1;
	}
	return 0;
}

int rpm_relations_load(const struct rpm_header *h, struct pkg *p, struct err *e)
{
	for (const struct rpm_relation_tags *t = rpm_relation_tags; t->name; t++)
		if (load_kind(h, t, p, e))
			return -1;
	return 0;
}

static int build_field(struct pkg *p, enum rel_kind kind, struct err *e)
{
	AUTO(text) all = { 0 };
	AUTO_FREE char *name = mem_printf("build%s", rel_kind_name(kind));

	for (size_t i = 0; i < p->relations.len; i++) {
		const struct relation *r = &p->relations.at[i];
		bool is_kind = r->kind == kind || (kind == REL_REQUIRES && r->kind == REL_PRE_REQUIRES);
		if (is_kind && !(r->flags & RPMSENSE_RPMLIB))
			text_add(&all, "%s%s", all.len ? ", " : "", r->text);
	}
	return all.len && pkg_field(p, name, all.at) ? err_input(e, "E_LIMIT_MEMORY", "too many relations") : 0;
}

int rpm_relations_of_build(struct pkg *p, struct err *e)
{
	if (pkg_field(p, "sourcepackage", "1"))
		return err_input(e, "E_LIMIT_MEMORY", "too many relations");
	for (int kind = 0; kind < REL_KINDS; kind++)
		if (kind != REL_PRE_REQUIRES && build_field(p, (enum rel_kind)kind, e))
			return -1;
	p->relations.len = 0;
	return 0;
}
