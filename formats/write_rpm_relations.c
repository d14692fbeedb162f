/* write_rpm_relations.c - the relations of a built rpm, and the features of rpm (rpmlib()) that its form needs. */
#include "formats/rpm_meta.h"
#include "formats/rpm_own.h"
#include "formats/rpm_write.h"
#include <rpm/rpmds.h>
#include <rpm/rpmfiles.h>
#include <string.h>

static bool has_config(const struct writer_job *job)
{
	for (size_t i = 0; i < job->files.len; i++)
		if (job->files.at[i].flags & RPMFILE_CONFIG)
			return true;
	return false;
}

static void add_feature(struct rpm_rels *r, const char *feature, const char *version)
{
	rpm_rels_add(r, feature, RPMSENSE_RPMLIB | RPMSENSE_LESS | RPMSENSE_EQUAL, version);
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
static bool in_versions(const struct rpm_rels *r, const struct pkg *pkg, char c)
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

static void add_features(struct rpm_rels *r, const struct writer_job *job, const struct pkg *pkg)
{
	add_feature(r, "rpmlib(CompressedFileNames)", "3.0.4-1");
	add_feature(r, "rpmlib(PayloadFilesHavePrefix)", "4.0-1");
	add_feature(r, "rpmlib(FileDigests)", "4.6.0-1");
	for (size_t i = 0; i < COUNT(codec_features); i++)
		if (codec_features[i].codec == job->options.codec)
			add_feature(r, codec_features[i].feature, codec_features[i].version);
	if (job->large_len)
		add_feature(r, "rpmlib(LargeFiles)", "4.12.0-1");
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
	for (size_t i = 0; i < pkg->scripts.len; i++) {
		const char *program = pkg->scripts.at[i].interpreter;

		if (strchr(program, ' '))
			add_feature(r, "rpmlib(ScriptletInterpreterArgs)", "4.0.3-1");
		if (strncmp(program, "<lua>", 5) == 0)
			add_feature(r, "rpmlib(BuiltinLuaScripts)", "4.2.2-1");
	}
}

/* ---- into the header */

static int put_kind(Header h, const struct rpm_relation_tags *t, const struct rpm_rels *r, struct err *e)
{
	size_t len = r->list.len;
	AUTO_FREE const char **names = mem_alloc((len + 1) * sizeof *names);
	AUTO_FREE const char **versions = mem_alloc((len + 1) * sizeof *versions);
	AUTO_FREE uint32_t *flags = mem_alloc((len + 1) * sizeof *flags);

	for (size_t i = 0; i < len; i++) {
		names[i] = r->list.at[i].name;
		versions[i] = r->list.at[i].version;
		flags[i] = r->list.at[i].flags;
	}
	if (rpm_put(h, t->name, RPM_STRING_ARRAY_TYPE, names, len, e) ||
		rpm_put(h, t->version, RPM_STRING_ARRAY_TYPE, versions, len, e))
		return -1;
	return rpm_put(h, t->flags, RPM_INT32_TYPE, flags, len, e);
}

int rpm_put_relations(Header h, const struct writer_job *job, struct pkg *pkg, struct err *e)
{
	for (const struct rpm_relation_tags *t = rpm_relation_tags; t->name; t++) {
		AUTO(rpm_rels) r = { 0 };

		if (rpm_rels_collect(&r, t->kind, pkg, has_config(job), &pkg->arena, pkg, job->options.target, e))
			return -1;
		if (t->kind == REL_REQUIRES)
			add_features(&r, job, pkg);
		rpm_rels_sort(&r);
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
