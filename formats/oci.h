/* oci.h - container images: an image layout (a directory, or a plain tar of one) and what `docker save` writes.
 *
 * Source: OCI image specification 1.1 (image-layout.md, image-index.md, manifest.md, config.md, layer.md); docker's image spec 1.2 for
 * manifest.json. Every byte that counts has a digest somewhere, and each is compared. */
#pragma once
#include "formats/guard.h"

enum { OCI_LAYERS_MOST = 256, OCI_JSON_MOST = 4 << 20 };

/* ---- oci_store.c: files by name, in a directory or a plain tar */
struct oci_member {
	char *name; /* without "./" */
	char *link; /* of a symlink: where it points, as a name; NULL: a file */
	uint64_t at, size;
	bool is_used;
};
struct oci_store {
	const struct source *src;
	struct oci_member *at; /* of a tar, sorted by name */
	size_t len, room;
};
struct oci_blob {
	int fd;
	uint64_t at, size;
	bool is_ours; /* fd is closed by oci_blob_done */
};
int oci_store_open(struct oci_store *s, const struct source *src, struct err *e) MUST;
void oci_store_done(struct oci_store *s);
bool oci_has(const struct oci_store *s, const char *name);
/* E_CORRUPT: it is not there. */
int oci_blob_open(struct oci_store *s, const char *name, struct oci_blob *ret, struct err *e) MUST;
void oci_blob_done(struct oci_blob *b);
/* Its whole content (malloc, NUL behind it), at most OCI_JSON_MOST bytes, with the digest it must have ("" for none). */
int oci_text(struct oci_store *s, const char *name, const char *sha256, char **ret, size_t *ret_len, struct err *e)
	MUST;
/* Members of the tar that nobody asked for: warned of. */
void oci_store_unused(const struct oci_store *s, struct pkg *pkg);

/* Is it an image, of any kind (also one in a compressed tar, which is refused when it is read)? Other readers leave it alone. */
bool oci_is_image(const struct source *src, const unsigned char *head, size_t len);

/* ---- oci_image.c: which layers, in which order */
struct oci_layer {
	char *name;                        /* in the store */
	char sha256[65], plain_sha256[65]; /* of the blob ("": not told), of the tar in it */
	uint64_t size;                     /* as told; UINT64_MAX: not told */
};
struct oci_image {
	struct oci_layer *at; /* from the bottom up */
	size_t len, room;
};
/* Metadata goes to pkg. */
int oci_image_read(struct oci_store *s, struct pkg *pkg, struct oci_image *ret, struct err *e) MUST;
/* Of an index of several the one for `machine`, in the image's own word ("amd64"); NULL: there must be one. */
int oci_image_read_for(struct oci_store *s, const char *machine, struct pkg *pkg, struct oci_image *ret, struct err *e)
	MUST;
void oci_image_done(struct oci_image *i);

/* ---- oci_layers.c: from the topmost down, what no upper layer has or takes away */
struct oci_flat;
struct oci_flat *oci_flat_new(struct guard *to);
void oci_flat_free(struct oci_flat *f);
struct sink *oci_flat_sink(struct oci_flat *f);
/* A layer is through: what it has and hides counts for those below. */
void oci_flat_layer_end(struct oci_flat *f);
