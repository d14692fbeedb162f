/* index.h - repository indexes from stored fragments: pure text in, pure text out.
 *
 * A fragment is what one package contributes. It is made once, when the package is built, and stored by digest, so publishing parses no
 * package and the signer can build the same index again. Sources: Debian's repository format, apt-secure(8); createrepo_c's XML. */
#pragma once
#include "base/json.h"
#include "formats/index_doc.h"
#include "formats/pkg.h"

/* The finished package file that a fragment speaks of. location: apt "pool/a/acme/acme_1_amd64.deb", rpm "packages/a/acme-1-1.x86_64.rpm". */
struct index_file {
	const char *location, *sha256;
	uint64_t size;
	int64_t time;                      /* of the build */
	uint64_t header_start, header_end; /* rpm: byte range of the main header */
	uint64_t installed_size, archive_size;
};
/* The stanza of Packages, ending with an empty line. control: the control file's text as it stands in the deb. Malloc. */
char *apt_fragment(const char *control, const struct index_file *file);
/* {"primary": "<package ...>", "filelists": "...", "other": "..."}; pkg: the target package with its final entries. */
json_t *rpmmd_fragment(const struct pkg *pkg, const struct index_file *file);

/* One file of a repository's metadata: its bytes, or (file) a file that holds them. */
struct index_item {
	char *path, *bytes, *file;
	size_t len;
	char sha256[65];
};
struct index_set {
	struct index_item *at;
	size_t len, room;
};
void index_set_done(struct index_set *s);
/* Takes path and bytes (malloc) and hashes them; the result is valid until the next one is added. */
struct index_item *index_set_add(struct index_set *s, char *path, char *bytes, size_t len);
/* The same for a file whose digest and size are known; takes path and file (malloc). */
struct index_item *index_set_add_file(struct index_set *s, char *path, char *file, const char *sha256, size_t len);

/* apt: each component and architecture has one document of stanzas (index_doc.h; a stanza of "all" is in every architecture's), Packages and Packages.gz. */
extern const struct doc_form apt_form;
/* And one of lines that say whose each file is: Contents-ARCH, packed alone. A package's lines are its entry; "" has none. Malloc. */
extern const struct doc_form contents_form;
char *apt_contents(const struct pkg *pkg, const char *control);
struct apt_document {
	const char *path; /* below dists/SUITE, of the plain text */
	struct doc doc;
};
struct apt_release {
	const char *origin, *label, *suite, *codename, *description; /* "": the field is left out */
	int64_t date, valid_until;
	const char *const *components, *const *architectures;
	size_t components_len, architectures_len;
	const struct apt_document *documents;
	size_t documents_len;
};
/* "main/binary-amd64/Packages". Malloc. */
char *apt_document_path(const char *component, const char *architecture);
/* "main/Contents-amd64". Malloc. */
char *apt_contents_path(const char *component, const char *architecture);
/* The text of Release, unsigned; malloc. */
char *apt_release_text(const struct apt_release *r);

/* rpm-md: three documents (index_doc.h), of the members "primary", "filelists" and "other" of rpmmd_fragment; and one of updates. */
enum { RPMMD_FRAGMENTS = 3, RPMMD_UPDATES = RPMMD_FRAGMENTS, RPMMD_DOCUMENTS };
struct rpmmd_form {
	const char *type; /* of the document, and the fragment's member */
	struct doc_form form;
};
extern const struct rpmmd_form rpmmd_forms[RPMMD_DOCUMENTS];
/* "repodata/HASH-primary.xml.gz": named by content. Malloc. */
char *rpmmd_document_path(size_t which, const struct doc *document);
/* The text of repodata/repomd.xml; malloc. */
char *rpmmd_text(const struct doc documents[RPMMD_DOCUMENTS], int64_t revision);
/* One <update> of updateinfo. answers: CVEs and advisories as people wrote them; advisories (may be NULL): [{"id","url","cves": [...]}]; packages: [{"name","version","architecture","location","sha256"}]. Malloc. */
struct rpmmd_update {
	const char *id, *from, *channel, *title, *severity, *description, *answers;
	int64_t issued;
	const json_t *advisories, *packages;
};
char *rpmmd_update(const struct rpmmd_update *u);
