/* sbom_cyclonedx.c - a package as a CycloneDX 1.5 document (JSON). */
#include "base/digest.h"
#include "base/version.h"
#include "base/when.h"
#include "repackager/sbom.h"
#include <string.h>

static void set_text(json_t *o, const char *key, const char *text)
{
	AUTO_FREE char *safe = sbom_path(text);

	if (text[0])
		json_object_set_new(o, key, json_string(safe));
}

/* An RFC 4122 UUID of the package's digest: version 5's form, the same for the same package. */
static json_t *serial_number(const struct sbom_job *job)
{
	char h[SHA256_HEX];
	AUTO_FREE char *name = mem_printf("sluice cyclonedx %s %s", job->file_name, job->sha256);

	sha256_hex(name, strlen(name), h);
	return json_sprintf("urn:uuid:%.8s-%.4s-5%.3s-a%.3s-%.12s", h, h + 8, h + 13, h + 17, h + 20);
}

static json_t *licenses(const struct pkg *pkg)
{
	char *ref = NULL;
	AUTO_FREE char *expression = sbom_license(pkg->license, &ref);
	AUTO_FREE char *said = sbom_path(pkg->license);

	free(ref);
	return expression ? json_pack("[{s:s}]", "expression", expression)
			  : json_pack("[{s:{s:s}}]", "license", "name", said);
}

static json_t *the_package(const struct sbom_job *job)
{
	const struct pkg *pkg = job->pkg;
	AUTO_FREE char *version = sbom_version(pkg), *purl = sbom_purl(pkg);
	const char *organisation = document_text(job->house, "organisation");
	json_t *p = json_pack("{s:s, s:s, s:s, s:s}", "type", "application", "bom-ref", "package", "name", pkg->name,
		"version", version);

	set_text(p, "description", pkg->summary);
	set_text(p, "publisher", pkg->vendor);
	if (organisation[0])
		json_object_set_new(p, "supplier", json_pack("{s:s}", "name", organisation));
	if (pkg->license[0])
		json_object_set_new(p, "licenses", licenses(pkg));
	if (purl[0])
		json_object_set_new(p, "purl", json_string(purl));
	if (job->sha256[0])
		json_object_set_new(p, "hashes", json_pack("[{s:s, s:s}]", "alg", "SHA-256", "content", job->sha256));
	return p;
}

static json_t *metadata(const struct sbom_job *job)
{
	char when[32];

	when_utc(job->pkg->build_time, when);
	return json_pack("{s:s, s:{s:[{s:s, s:s, s:s}]}, s:o}", "timestamp", when, "tools", "components", "type",
		"application", "name", "sluice", "version", SLUICE_VERSION, "component", the_package(job));
}

static void add_file(
	const struct sbom_job *job, const struct entry *entry, const char *path, size_t number, json_t *components)
{
	AUTO_FREE char *name = sbom_path(path);

	json_array_append_new(components,
		json_pack("{s:s, s:o, s:s, s:[{s:s, s:s}, {s:s, s:s}]}", "type", "file", "bom-ref",
			json_sprintf("file-%zu", number), "name", name, "hashes", "alg", "SHA-1", "content",
			sbom_sums_of(job->sums, path), "alg", "SHA-256", "content", entry->sha256));
}

/* What is required is known by name alone: which package meets it is decided where it is installed. */
static void add_requires(const struct sbom_job *job, json_t *components, json_t *needed)
{
	const struct relation **all = mem_alloc(SBOM_REQUIRES_MAX * sizeof *all);
	size_t len = sbom_requires(job->pkg, all, SBOM_REQUIRES_MAX);

	for (size_t i = 0; i < len; i++) {
		AUTO_FREE char *id = mem_printf("requires-%zu", i + 1), *name = sbom_path(all[i]->name),
			       *said = sbom_path(all[i]->text);
		json_array_append_new(components,
			json_pack("{s:s, s:s, s:s, s:s, s:[{s:s, s:s}]}", "type", "library", "bom-ref", id, "name",
				name, "scope", "required", "properties", "name", "sluice:relation", "value", said));
		json_array_append_new(needed, json_string(id));
	}
	free(all);
}

/* What lies in the package's files, or was built into them. */
static void add_inside(const struct sbom_job *job, json_t *components, json_t *composition)
{
	sbom_components all = { 0 };
	int64_t more = sbom_components_of(job, &all);

	for (size_t i = 0; i < all.len; i++) {
		const struct sbom_component *c = &all.at[i];
		AUTO_FREE char *path = sbom_path(c->path);
		json_t *o = json_pack("{s:s, s:o, s:s, s:[{s:s, s:s}]}", "type", "library", "bom-ref",
			json_sprintf("component-%zu", i + 1), "name", c->name, "properties", "name", "sluice:found-in",
			"value", path);

		set_text(o, "version", c->version);
		if (c->purl[0])
			json_object_set_new(o, "purl", json_string(c->purl));
		json_array_append_new(components, o);
	}
	json_array_append_new(composition,
		json_pack("{s:s, s:[s]}", "aggregate", more > 0 ? "incomplete" : "unknown", "assemblies", "package"));
	sbom_components_done(&all);
}

json_t *sbom_cyclonedx(const struct sbom_job *job)
{
	const struct pkg *pkg = job->pkg;
	json_t *components = json_array(), *needed = json_array(), *compositions = json_array();
	size_t number = 0;

	for (size_t i = 0; i < pkg->entries.len; i++) {
		const struct entry *entry = &pkg->entries.at[i];
		for (size_t k = 0; entry->type == ENTRY_FILE && !(entry->flags & ENTRY_GHOST) && k <= entry->links_len;
			k++)
			add_file(job, entry, k ? entry->links[k - 1] : entry->path, ++number, components);
	}
	add_inside(job, components, compositions);
	add_requires(job, components, needed);
	return json_pack("{s:s, s:s, s:o, s:i, s:o, s:o, s:[{s:s, s:o}], s:o}", "bomFormat", "CycloneDX", "specVersion",
		"1.5", "serialNumber", serial_number(job), "version", 1, "metadata", metadata(job), "components",
		components, "dependencies", "ref", "package", "dependsOn", needed, "compositions", compositions);
}
