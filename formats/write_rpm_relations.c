/* write_rpm_relations.c - requires, provides and their kin of a built rpm: the package's own, and what rpm adds by itself.
 *
 * Added: the package provides itself, with its architecture, and its configuration; it requires the features of rpm that its form uses
 * (rpmlib()) and its scripts' interpreters. */
#include "formats/relation.h"
#include "formats/rpm_meta.h"
#include "formats/rpm_write.h"
#include <rpm/rpmds.h>
#include <rpm/rpmfiles.h>
#include <string.h>

struct rel {
	const char *name, *version;
	uint32_t flags;
};
struct rels {
	LIST(struct rel) list;
};

static void rels_done(struct rels *r)
{
	LIST_DONE(&r->list);
}

static void add(struct rels *r, const char *name, uint32_t flags, const char *version)
{
	*LIST_ADD(&r->list) = (struct rel){ name, version, flags };
}

static int order(const void *a, const void *b)
{
	const struct rel *x = a, *y = b;
	int o = strcmp(x->name, y->name);

	if (!o)
		o = strcmp(x->version, y->version);
	return o ? o : x->flags < y->flags ? -1 : x->flags > y->flags;
}

/* ---- the package's own */

/* Kinds that rpm does not tell apart. A deb's breaks and replaces come as what they mean there. */
static enum rel_kind rpm_kind(enum rel_kind kind)
{
	return kind == REL_PRE_REQUIRES ? REL_REQUIRES : kind == REL_BREAKS ? REL_CONFLICTS : kind;
}

static int add_own(struct rels *list, enum rel_kind kind, const char *target, struct pkg *pkg, struct err *e)
{
	for (size_t i = 0; i < pkg->relations.len; i++) {
		const struct relation *r = &pkg->relations.at[i];
		uint32_t flags = r->flags;
		const char *name = r->name;

		if (rpm_kind(r->kind) != kind || (flags & RPMSENSE_RPMLIB))
			continue;
		if (r->kind == REL_PRE_REQUIRES &&
			!(flags & (RPMSENSE_SCRIPT_PRE | RPMSENSE_PRETRANS | RPMSENSE_PREREQ)))
			flags |= RPMSENSE_SCRIPT_PRE;
		if (r->tree != REL_PLAIN)
			name = relation_rpm_text(&pkg->arena, r);
		if (!name) {
			pkg_lose(pkg, target, LOSS_NOTE, "rpm has no such relation", "relation:%s %s",
				rel_kind_name(r->kind), r->text);
			continue;
		}
		if (!name[0])
			return err_input(e, "E_METADATA", "rpm: a relation without a name: %s", r->text);
		add(list, name, flags | (r->tree == REL_PLAIN ? rpm_op_sense(r->op) : 0),
			r->tree == REL_PLAIN ? r->version : "");
	}
	return 0;
}

/* ---- provides of its own */

static const struct {
	const char *architecture, *isa;
} isas[] = { { "x86_64", "x86-64" }, { "i386", "x86-32" }, { "i486", "x86-32" }, { "i586", "x86-32" },
	{ "i686", "x86-32" }, { "aarch64", "aarch-64" }, { "armv7hl", "armv7hl-32" }, { "armv7l", "armv7l-32" },
	{ "armv6hl", "armv6hl-32" }, { "ppc64", "ppc-64" }, { "ppc64le", "ppc-64" }, { "s390x", "s390-64" },
	{ "riscv64", "riscv-64" }, { "loongarch64", "loongarch-64" }, { "mips64el", "mips-64" } };

static bool has_config(const struct writer_job *job)
{
	for (size_t i = 0; i < job->files.len; i++)
		if (job->files.at[i].flags & RPMFILE_CONFIG)
			return true;
	return false;
}

static void add_provides(struct rels *r, const struct writer_job *job, struct pkg *pkg)
{
	struct arena *a = &pkg->arena;
	const char *evr = rpm_evr(a, pkg);

	add(r, pkg->name, RPMSENSE_EQUAL, evr);
	for (size_t i = 0; i < COUNT(isas); i++)
		if (strcmp(isas[i].architecture, pkg->architecture) == 0)
			add(r, arena_printf(a, "%s(%s)", pkg->name, isas[i].isa), RPMSENSE_EQUAL, evr);
	if (has_config(job))
		add(r, arena_printf(a, "config(%s)", pkg->name), RPMSENSE_EQUAL | RPMSENSE_CONFIG, evr);
}

/* ---- requires of its own */

static void add_feature(struct rels *r, const char *feature, const char *version)
{
	add(r, feature, RPMSENSE_RPMLIB | RPMSENSE_LESS | RPMSENSE_EQUAL, version);
}

static bool has_links(const struct writer_job *job)
{
	for (size_t i = 0; i < job->files.len; i++)
		if (job->files.at[i].is_extra_link)
			return true;
	return false;
}

static bool has_capabilities(const struct writer_job *job)
{
	for (size_t i = 0; i < job->files.len; i++)
		if (job->files.at[i].capabilities[0])
			return true;
	return false;
}

/* Does any version, ours or of a relation, hold that character? */
static bool in_versions(const struct rels *r, const struct pkg *pkg, char c)
{
	if (strchr(pkg->version, c) || strchr(pkg->release, c))
		return true;
	for (size_t i = 0; i < r->list.len; i++)
		if (strchr(r->list.at[i].version, c))
			return true;
	return false;
}

static bool has_rich(const struct pkg *pkg)
{
	for (size_t i = 0; i < pkg->relations.len; i++)
		if (pkg->relations.at[i].tree != REL_PLAIN)
			return true;
	return false;
}

static const struct {
	enum codec codec;
	const char *feature, *version;
} codec_features[] = { { CODEC_BZIP2, "rpmlib(PayloadIsBzip2)", "3.0.5-1" },
	{ CODEC_XZ, "rpmlib(PayloadIsXz)", "5.2-1" }, { CODEC_LZMA, "rpmlib(PayloadIsLzma)", "4.4.2-1" },
	{ CODEC_ZSTD, "rpmlib(PayloadIsZstd)", "5.4.18-1" } };

static void add_features(struct rels *r, const struct writer_job *job, const struct pkg *pkg)
{
	add_feature(r, "rpmlib(CompressedFileNames)", "3.0.4-1");
	add_feature(r, "rpmlib(PayloadFilesHavePrefix)", "4.0-1");
	add_feature(r, "rpmlib(FileDigests)", "4.6.0-1");
	for (size_t i = 0; i < COUNT(codec_features); i++)
		if (codec_features[i].codec == job->options.codec)
			add_feature(r, codec_features[i].feature, codec_features[i].version);
	if (has_links(job))
		add_feature(r, "rpmlib(PartialHardlinkSets)", "4.0.4-1");
	if (has_capabilities(job))
		add_feature(r, "rpmlib(FileCaps)", "4.6.1-1");
	if (in_versions(r, pkg, '~'))
		add_feature(r, "rpmlib(TildeInVersions)", "4.10.0-1");
	if (in_versions(r, pkg, '^'))
		add_feature(r, "rpmlib(CaretInVersions)", "4.15.0-1");
	if (has_rich(pkg))
		add_feature(r, "rpmlib(RichDependencies)", "4.12.0-1");
}

static const struct {
	enum event event;
	uint32_t sense;
} script_senses[] = { { EVENT_PRE_INSTALL, RPMSENSE_SCRIPT_PRE }, { EVENT_POST_INSTALL, RPMSENSE_SCRIPT_POST },
	{ EVENT_PRE_REMOVE, RPMSENSE_SCRIPT_PREUN }, { EVENT_POST_REMOVE, RPMSENSE_SCRIPT_POSTUN },
	{ EVENT_PRE_TRANSACTION, RPMSENSE_PRETRANS }, { EVENT_POST_TRANSACTION, RPMSENSE_POSTTRANS },
	{ EVENT_VERIFY, RPMSENSE_SCRIPT_VERIFY }, { EVENT_TRIGGER, 0 } };

static void add_interpreters(struct rels *r, struct pkg *pkg)
{
	for (size_t i = 0; i < pkg->scripts.len; i++) {
		const struct script *s = &pkg->scripts.at[i];
		const char *program = s->interpreter[0] ? s->interpreter : "/bin/sh";
		size_t len = strcspn(program, " ");

		if (program[len])
			add_feature(r, "rpmlib(ScriptletInterpreterArgs)", "4.0.3-1");
		if (strncmp(program, "<lua>", 5) == 0)
			add_feature(r, "rpmlib(BuiltinLuaScripts)", "4.2.2-1");
		for (size_t k = 0; program[0] == '/' && k < COUNT(script_senses); k++)
			if (script_senses[k].event == s->event)
				add(r, arena_copy(&pkg->arena, program, len), RPMSENSE_INTERP | script_senses[k].sense,
					"");
	}
}

/* ---- into the header */

static int put_kind(Header h, const struct rpm_relation_tags *t, struct rels *r, struct err *e)
{
	size_t len = 0, room = r->list.len + 1;
	AUTO_FREE const char **names = mem_alloc(room * sizeof *names);
	AUTO_FREE const char **versions = mem_alloc(room * sizeof *versions);
	AUTO_FREE uint32_t *flags = mem_alloc(room * sizeof *flags);

	if (r->list.len)
		qsort(r->list.at, r->list.len, sizeof *r->list.at, order);
	for (size_t i = 0; i < r->list.len; i++) {
		const struct rel *x = &r->list.at[i];

		if (!x->name || !x->version)
			return err_input(e, "E_LIMIT_MEMORY", "too many relations");
		if (i && order(x, x - 1) == 0)
			continue;
		names[len] = x->name;
		versions[len] = x->version;
		flags[len++] = x->flags;
	}
	if (rpm_put(h, t->name, RPM_STRING_ARRAY_TYPE, names, len, e) ||
		rpm_put(h, t->version, RPM_STRING_ARRAY_TYPE, versions, len, e))
		return -1;
	return rpm_put(h, t->flags, RPM_INT32_TYPE, flags, len, e);
}

int rpm_put_relations(Header h, const struct writer_job *job, struct pkg *pkg, struct err *e)
{
	for (const struct rpm_relation_tags *t = rpm_relation_tags; t->name; t++) {
		__attribute__((cleanup(rels_done))) struct rels r = { 0 };

		if (add_own(&r, t->kind, job->options.target, pkg, e))
			return -1;
		if (t->kind == REL_PROVIDES)
			add_provides(&r, job, pkg);
		if (t->kind == REL_REQUIRES) {
			if (has_config(job))
				add(&r, arena_printf(&pkg->arena, "config(%s)", pkg->name),
					RPMSENSE_EQUAL | RPMSENSE_CONFIG, rpm_evr(&pkg->arena, pkg));
			add_interpreters(&r, pkg);
			add_features(&r, job, pkg);
		}
		if (put_kind(h, t, &r, e))
			return -1;
	}
	for (size_t i = 0; i < pkg->relations.len; i++)
		if (pkg->relations.at[i].kind == REL_REPLACES)
			pkg_lose(pkg, job->options.target, LOSS_NOTE,
				"rpm replaces files only of what a package obsoletes", "relation:replaces %s",
				pkg->relations.at[i].text);
	return 0;
}
