/* index.h - repository indexes from stored fragments: pure text in, pure text out.
 *
 * A fragment is what one package contributes. It is made once, when the package is built, and stored by digest, so publishing parses no
 * package and the signer can build the same index again. Sources: Debian's repository format, apt-secure(8); createrepo_c's XML. */
#pragma once
#include "base/json.h"
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

/* One file of a repository's metadata. */
struct index_item {
	char *path, *bytes;
	size_t len;
	char sha256[65];
};
struct index_set {
	struct index_item *at;
	size_t len, room;
};
void index_set_done(struct index_set *s);

/* apt: adds dists/SUITE/COMPONENT/binary-ARCH/{Packages,Packages.gz,Packages.xz}, their by-hash/SHA256/HASH copies, and (last) dists/SUITE/Release, unsigned.
 * A stanza of "all" goes into every architecture. Stanzas are sorted (package, version, architecture): the result depends on the set alone. */
struct apt_release {
	const char *origin, *label, *suite, *codename, *component, *description;
	int64_t date, valid_until;
	const char *const *architectures;
	size_t architectures_len;
};
struct apt_stanza {
	const char *architecture, *text;
};
int apt_index(const struct apt_release *r, const struct apt_stanza *stanzas, size_t len, struct index_set *ret,
	struct err *e) MUST;
/* rpm-md: repodata/HASH-{primary,filelists,other}.xml.gz (named by content) and (last) repodata/repomd.xml. fragments: array of rpmmd_fragment objects. */
int rpmmd_index(const json_t *fragments, int64_t revision, struct index_set *ret, struct err *e) MUST;
