/* rpm_own.c - what a package's rpm header says it needs and gives. Added to its own relations: it provides itself, also with its architecture,
 * and its configuration, which it requires too; it requires its scripts' interpreters. */
#include "formats/rpm_own.h"
#include "formats/relation.h"
#include "formats/rpm_meta.h"
#include <rpm/rpmds.h>
#include <string.h>

void rpm_rels_done(struct rpm_rels *r)
{
	LIST_DONE(&r->list);
}

void rpm_rels_add(struct rpm_rels *r, const char *name, uint32_t flags, const char *version)
{
	*LIST_ADD(&r->list) = (struct rpm_rel){ name, version, flags };
}

static int order(const void *a, const void *b)
{
	const struct rpm_rel *x = a, *y = b;
	int o = strcmp(x->name, y->name);

	if (!o)
		o = strcmp(x->version, y->version);
	return o ? o : x->flags < y->flags ? -1 : x->flags > y->flags;
}

void rpm_rels_sort(struct rpm_rels *r)
{
	size_t unique = 0;

	if (r->list.len)
		qsort(r->list.at, r->list.len, sizeof *r->list.at, order);
	for (size_t i = 0; i < r->list.len; i++)
		if (i == 0 || order(&r->list.at[i], &r->list.at[unique - 1]) != 0)
			r->list.at[unique++] = r->list.at[i];
	r->list.len = unique;
}

const char *rpm_release(const struct pkg *pkg)
{
	return pkg->release[0] ? pkg->release : "1";
}

char *rpm_evr(struct arena *a, const struct pkg *pkg)
{
	if (pkg->epoch > 0)
		return arena_printf(a, "%lld:%s-%s", (long long)pkg->epoch, pkg->version, rpm_release(pkg));
	return arena_printf(a, "%s-%s", pkg->version, rpm_release(pkg));
}

/* ---- the package's own */

/* Kinds that rpm does not tell apart. A deb's breaks and replaces come as what they mean there. */
static enum rel_kind rpm_kind(enum rel_kind kind)
{
	return kind == REL_PRE_REQUIRES ? REL_REQUIRES : kind == REL_BREAKS ? REL_CONFLICTS : kind;
}

/* What must be there before the files come. */
static uint32_t own_sense(const struct relation *r)
{
	uint32_t early = RPMSENSE_SCRIPT_PRE | RPMSENSE_PRETRANS | RPMSENSE_PREREQ;

	return r->flags | (r->kind == REL_PRE_REQUIRES && !(r->flags & early) ? RPMSENSE_SCRIPT_PRE : 0);
}

static void add_own(struct rpm_rels *list, enum rel_kind kind, const struct pkg *pkg, struct arena *a,
	struct pkg *lost_in, const char *target)
{
	for (size_t i = 0; i < pkg->relations.len; i++) {
		const struct relation *r = &pkg->relations.at[i];
		const char *rich = r->tree == REL_PLAIN ? NULL : relation_rpm_text(a, r);

		if (rpm_kind(r->kind) != kind || (r->flags & RPMSENSE_RPMLIB))
			continue;
		if (r->tree == REL_PLAIN && r->name[0])
			rpm_rels_add(list, r->name, own_sense(r) | rpm_op_sense(r->op), r->version);
		else if (rich)
			rpm_rels_add(list, rich, own_sense(r), "");
		else if (lost_in)
			pkg_lose(lost_in, target, LOSS_NOTE, "rpm has no such relation", "relation:%s %s",
				rel_kind_name(r->kind), r->text);
	}
}

/* ---- what comes by itself */

static const struct {
	const char *architecture, *isa;
} isas[] = { { "x86_64", "x86-64" }, { "i386", "x86-32" }, { "i486", "x86-32" }, { "i586", "x86-32" },
	{ "i686", "x86-32" }, { "aarch64", "aarch-64" }, { "armv7hl", "armv7hl-32" }, { "armv7l", "armv7l-32" },
	{ "armv6hl", "armv6hl-32" }, { "ppc64", "ppc-64" }, { "ppc64le", "ppc-64" }, { "s390x", "s390-64" },
	{ "riscv64", "riscv-64" }, { "loongarch64", "loongarch-64" }, { "mips64el", "mips-64" } };

static const struct {
	enum event event;
	uint32_t sense;
} script_senses[] = { { EVENT_PRE_INSTALL, RPMSENSE_SCRIPT_PRE }, { EVENT_POST_INSTALL, RPMSENSE_SCRIPT_POST },
	{ EVENT_PRE_REMOVE, RPMSENSE_SCRIPT_PREUN }, { EVENT_POST_REMOVE, RPMSENSE_SCRIPT_POSTUN },
	{ EVENT_PRE_TRANSACTION, RPMSENSE_PRETRANS }, { EVENT_POST_TRANSACTION, RPMSENSE_POSTTRANS },
	{ EVENT_VERIFY, RPMSENSE_SCRIPT_VERIFY }, { EVENT_TRIGGER, 0 } };

static void add_provides(struct rpm_rels *r, const struct pkg *pkg, struct arena *a)
{
	const char *evr = rpm_evr(a, pkg);

	rpm_rels_add(r, pkg->name, RPMSENSE_EQUAL, evr);
	for (size_t i = 0; i < COUNT(isas); i++)
		if (strcmp(isas[i].architecture, pkg->architecture) == 0)
			rpm_rels_add(r, arena_printf(a, "%s(%s)", pkg->name, isas[i].isa), RPMSENSE_EQUAL, evr);
}

static void add_interpreters(struct rpm_rels *r, const struct pkg *pkg, struct arena *a)
{
	for (size_t i = 0; i < pkg->scripts.len; i++) {
		const struct script *s = &pkg->scripts.at[i];
		const char *program = s->interpreter[0] ? s->interpreter : "/bin/sh";

		for (size_t k = 0; program[0] == '/' && k < COUNT(script_senses); k++)
			if (script_senses[k].event == s->event)
				rpm_rels_add(r, arena_copy(a, program, strcspn(program, " ")),
					RPMSENSE_INTERP | script_senses[k].sense, "");
	}
}

int rpm_rels_collect(struct rpm_rels *r, enum rel_kind kind, const struct pkg *pkg, bool has_config, struct arena *a,
	struct pkg *lost_in, const char *target, struct err *e)
{
	add_own(r, kind, pkg, a, lost_in, target);
	if (kind == REL_PROVIDES)
		add_provides(r, pkg, a);
	if (kind == REL_REQUIRES)
		add_interpreters(r, pkg, a);
	if (has_config && (kind == REL_PROVIDES || kind == REL_REQUIRES))
		rpm_rels_add(
			r, arena_printf(a, "config(%s)", pkg->name), RPMSENSE_EQUAL | RPMSENSE_CONFIG, rpm_evr(a, pkg));
	for (size_t i = 0; i < r->list.len; i++)
		if (!r->list.at[i].name || !r->list.at[i].version)
			return err_input(e, "E_LIMIT_MEMORY", "too many relations");
	return 0;
}
