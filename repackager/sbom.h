/* sbom.h - lists of components beside a package: SPDX 2.3 and CycloneDX 1.5 as JSON, the same bytes for the same package.
 *
 * They say what is known: the package, its files with SHA-256 and SHA-1 (which SPDX 2.3 asks for, clause 8.4), the licence as it is
 * declared, the modules of Go, Rust, Java, Python and Node that lie in it or were built into its programs, and by name what the package requires. What nobody has examined is NOASSERTION. Folders, links and devices are no components. */
#pragma once
#include "base/json.h"
#include "base/text.h"
#include "formats/sink.h"
#include "repackager/recipe.h"

/* SHA-1 of every file that passes; a sink (sets stream) beside the writers. */
struct sbom_sums;
struct sbom_sums *sbom_sums_new(void);
void sbom_sums_free(struct sbom_sums *s);
struct sink *sbom_sums_sink(struct sbom_sums *s);
const char *sbom_sums_of(const struct sbom_sums *s, const char *path); /* hex; "" when no such file passed */

struct sbom_job {
	const struct document *house;
	const struct pkg *pkg;          /* as written, entries sorted, with their sha256 */
	const char *file_name, *sha256; /* of the package's file; sha256 "" for a folder */
	const struct sbom_sums *sums;
	const json_t *
		inside; /* inspect's facts of components: {"components": {"items": [{"path", "kind", "name", "version"}], "more"}}; NULL */
};
struct sbom_kind {
	const char *name, *suffix; /* as in the house's `sbom`; ".spdx.json" */
	json_t *(*make)(const struct sbom_job *job);
};
extern const struct sbom_kind sbom_kinds[];           /* ends with name NULL */
const struct sbom_kind *sbom_named(const char *name); /* NULL */

/* ---- shared by sbom_spdx.c and sbom_cyclonedx.c */
/* "pkg:deb/acme@1.0-1?arch=amd64"; "" where the format has no such name. Malloc. */
char *sbom_purl(const struct pkg *pkg);
char *sbom_version(const struct pkg *pkg); /* with epoch and release, as the format writes them; malloc */
/* A licence expression that SPDX knows; else NULL, and *ret_ref is a LicenseRef for the text. Malloc. */
char *sbom_license(const char *text, char **ret_ref);
/* The path as text; bytes that are no UTF-8 escaped. Malloc. */
char *sbom_path(const char *path);
/* Each plain relation of the package that must be met, once a name, in order. */
size_t sbom_requires(const struct pkg *pkg, const struct relation **ret, size_t room);
enum { SBOM_REQUIRES_MAX = 4096 };
/* Each of job->inside once. */
struct sbom_component {
	const char *name, *version, *path; /* the file it was found in, as the vendor has it */
	char *purl;
};
typedef LIST(struct sbom_component) sbom_components;
/* Strings are job->inside's, and each purl malloc. Returns how many more there are that the facts had no room for. */
int64_t sbom_components_of(const struct sbom_job *job, sbom_components *ret);
void sbom_components_done(sbom_components *list);
void sbom_encode(struct text *to, const char *text); /* as purl wants it */
json_t *sbom_spdx(const struct sbom_job *job);
json_t *sbom_cyclonedx(const struct sbom_job *job);
