/* sbom_spdx.c - a package as an SPDX 2.3 document (JSON). */
#include "base/digest.h"
#include "base/text.h"
#include "base/version.h"
#include "base/when.h"
#include "repackager/sbom.h"
#include <stdlib.h>
#include <string.h>

static void set_created(const struct sbom_job *job, json_t *doc)
{
	const char *organisation = document_text(job->house, "organisation");
	json_t *creators = json_array();
	char when[32];

	when_utc(job->pkg->build_time, when);
	json_array_append_new(creators, json_string("Tool: sluice-" SLUICE_VERSION));
	if (organisation[0])
		json_array_append_new(creators, json_sprintf("Organization: %s", organisation));
	json_object_set_new(doc, "creationInfo", json_pack("{s:s, s:o}", "created", when, "creators", creators));
}

static void set_text(json_t *o, const char *key, const char *text)
{
	AUTO_FREE char *safe = text_printable(text, strlen(text), true);

	if (text[0])
		json_object_set_new(o, key, json_string(safe));
}

static void set_licenses(const struct sbom_job *job, json_t *doc, json_t *package)
{
	char *ref = NULL;
	AUTO_FREE char *expression = sbom_license(job->pkg->license, &ref);
	AUTO_FREE char *said = sbom_path(job->pkg->license);

	json_object_set_new(package, "licenseConcluded", json_string("NOASSERTION"));
	json_object_set_new(package, "licenseDeclared",
		json_string(expression ? expression
				: ref  ? ref
				       : "NOASSERTION"));
	if (ref)
		json_object_set_new(doc, "hasExtractedLicensingInfos",
			json_pack("[{s:s, s:s, s:s}]", "licenseId", ref, "name", said, "extractedText", said));
	free(ref);
}

/* Clause 7.9: the SHA-1 of the files' SHA-1s, sorted and laid end to end. */
static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static json_t *verification_code(const struct sbom_job *job)
{
	LIST(const char *) all = { 0 };
	struct digest d = { 0 };
	char hex[DIGEST_HEX];

	for (size_t i = 0; i < job->pkg->entries.len; i++) {
		const struct entry *entry = &job->pkg->entries.at[i];
		for (size_t k = 0; entry->type == ENTRY_FILE && k <= entry->links_len; k++)
			*LIST_ADD(&all) = sbom_sums_of(job->sums, entry->path);
	}
	if (all.len > 0)
		qsort(all.at, all.len, sizeof *all.at, by_text);
	digest_init(&d, DIGEST_SHA1);
	for (size_t i = 0; i < all.len; i++)
		digest_add(&d, all.at[i], strlen(all.at[i]));
	digest_end_hex(&d, hex);
	digest_done(&d);
	LIST_DONE(&all);
	return json_pack("{s:s}", "packageVerificationCodeValue", hex);
}

static json_t *the_package(const struct sbom_job *job, json_t *doc)
{
	const struct pkg *pkg = job->pkg;
	AUTO_FREE char *version = sbom_version(pkg), *purl = sbom_purl(pkg);
	json_t *p = json_pack("{s:s, s:s, s:s, s:s, s:s, s:b, s:s}", "SPDXID", "SPDXRef-Package", "name", pkg->name,
		"versionInfo", version, "packageFileName", job->file_name, "downloadLocation", "NOASSERTION",
		"filesAnalyzed", 1, "copyrightText", "NOASSERTION");
	const char *organisation = document_text(job->house, "organisation");

	if (organisation[0])
		json_object_set_new(p, "supplier", json_sprintf("Organization: %s", organisation));
	if (pkg->vendor[0] && strcmp(pkg->vendor, organisation) != 0) {
		AUTO_FREE char *vendor = sbom_path(pkg->vendor);
		json_object_set_new(p, "originator", json_sprintf("Organization: %s", vendor));
	}
	set_text(p, "summary", pkg->summary);
	set_text(p, "description", pkg->description);
	set_text(p, "homepage", pkg->homepage);
	set_licenses(job, doc, p);
	json_object_set_new(p, "packageVerificationCode", verification_code(job));
	if (job->sha256[0])
		json_object_set_new(
			p, "checksums", json_pack("[{s:s, s:s}]", "algorithm", "SHA256", "checksumValue", job->sha256));
	if (purl[0])
		json_object_set_new(p, "externalRefs",
			json_pack("[{s:s, s:s, s:s}]", "referenceCategory", "PACKAGE-MANAGER", "referenceType", "purl",
				"referenceLocator", purl));
	return p;
}

static void relate(json_t *relationships, const char *from, const char *how, const char *to)
{
	json_array_append_new(relationships,
		json_pack("{s:s, s:s, s:s}", "spdxElementId", from, "relationshipType", how, "relatedSpdxElement", to));
}

static void add_file(
	const struct sbom_job *job, const struct entry *entry, const char *path, json_t *files, json_t *relationships)
{
	AUTO_FREE char *id = mem_printf("SPDXRef-File-%zu", json_array_size(files) + 1), *name = sbom_path(path);

	json_array_append_new(files,
		json_pack("{s:s, s:o, s:s, s:s, s:[{s:s, s:s}, {s:s, s:s}]}", "SPDXID", id, "fileName",
			json_sprintf(".%s", name), "licenseConcluded", "NOASSERTION", "copyrightText", "NOASSERTION",
			"checksums", "algorithm", "SHA1", "checksumValue", sbom_sums_of(job->sums, path), "algorithm",
			"SHA256", "checksumValue", entry->sha256));
	relate(relationships, "SPDXRef-Package", "CONTAINS", id);
}

static void add_requires(const struct sbom_job *job, json_t *packages, json_t *relationships)
{
	const struct relation **all = mem_alloc(SBOM_REQUIRES_MAX * sizeof *all);
	size_t len = sbom_requires(job->pkg, all, SBOM_REQUIRES_MAX);

	for (size_t i = 0; i < len; i++) {
		AUTO_FREE char *id = mem_printf("SPDXRef-Requires-%zu", i + 1), *name = sbom_path(all[i]->name);
		AUTO_FREE char *said = sbom_path(all[i]->text);
		json_array_append_new(packages,
			json_pack("{s:s, s:s, s:s, s:b, s:s, s:s, s:s, s:s}", "SPDXID", id, "name", name,
				"downloadLocation", "NOASSERTION", "filesAnalyzed", 0, "licenseConcluded",
				"NOASSERTION", "licenseDeclared", "NOASSERTION", "copyrightText", "NOASSERTION",
				"comment", said));
		relate(relationships, "SPDXRef-Package", "DEPENDS_ON", id);
	}
	free(all);
}

/* What lies in the package's files, or was built into them. */
static void add_components(const struct sbom_job *job, json_t *doc, json_t *packages, json_t *relationships)
{
	sbom_components all = { 0 };
	int64_t more = sbom_components_of(job, &all);

	for (size_t i = 0; i < all.len; i++) {
		const struct sbom_component *c = &all.at[i];
		AUTO_FREE char *id = mem_printf("SPDXRef-Component-%zu", i + 1), *path = sbom_path(c->path);
		json_t *p = json_pack("{s:s, s:s, s:s, s:b, s:s, s:s, s:s, s:o}", "SPDXID", id, "name", c->name,
			"downloadLocation", "NOASSERTION", "filesAnalyzed", 0, "licenseConcluded", "NOASSERTION",
			"licenseDeclared", "NOASSERTION", "copyrightText", "NOASSERTION", "comment",
			json_sprintf("found in %s", path));

		set_text(p, "versionInfo", c->version);
		if (c->purl[0])
			json_object_set_new(p, "externalRefs",
				json_pack("[{s:s, s:s, s:s}]", "referenceCategory", "PACKAGE-MANAGER", "referenceType",
					"purl", "referenceLocator", c->purl));
		json_array_append_new(packages, p);
		relate(relationships, "SPDXRef-Package", "CONTAINS", id);
	}
	if (more > 0)
		json_object_set_new(doc, "comment",
			json_sprintf("%lld more components of its files are not listed.", (long long)more));
	sbom_components_done(&all);
}

json_t *sbom_spdx(const struct sbom_job *job)
{
	const struct pkg *pkg = job->pkg;
	AUTO_FREE char *version = sbom_version(pkg);
	json_t *doc = json_object(), *packages = json_array(), *files = json_array(), *relationships = json_array();

	json_object_set_new(doc, "spdxVersion", json_string("SPDX-2.3"));
	json_object_set_new(doc, "dataLicense", json_string("CC0-1.0"));
	json_object_set_new(doc, "SPDXID", json_string("SPDXRef-DOCUMENT"));
	json_object_set_new(doc, "name", json_sprintf("%s-%s", pkg->name, version));
	json_object_set_new(doc, "documentNamespace",
		json_sprintf("urn:sluice:spdx:%s", job->sha256[0] ? job->sha256 : job->file_name));
	set_created(job, doc);
	json_array_append_new(packages, the_package(job, doc));
	relate(relationships, "SPDXRef-DOCUMENT", "DESCRIBES", "SPDXRef-Package");
	for (size_t i = 0; i < pkg->entries.len; i++) {
		const struct entry *entry = &pkg->entries.at[i];
		for (size_t k = 0; entry->type == ENTRY_FILE && !(entry->flags & ENTRY_GHOST) && k <= entry->links_len;
			k++)
			add_file(job, entry, k ? entry->links[k - 1] : entry->path, files, relationships);
	}
	add_components(job, doc, packages, relationships);
	add_requires(job, packages, relationships);
	json_object_set_new(doc, "packages", packages);
	json_object_set_new(doc, "files", files);
	json_object_set_new(doc, "relationships", relationships);
	return doc;
}
