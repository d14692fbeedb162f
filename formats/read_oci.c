/* read_oci.c - container images: documents first, then each layer once, from the topmost down, flattened into one tree. */
#include "base/codec.h"
#include "base/sums.h"
#include "formats/oci.h"
#include "formats/tar.h"
#include <string.h>

enum { LOOK = 8192 };

static int oci_bid(const struct source *src, const unsigned char *head, size_t len)
{
	return oci_is_image(src, head, len) ? 90 : 0;
}

struct job {
	const struct limits *limits;
	struct pkg *pkg;
	struct oci_store store;
	struct oci_image image;
	struct oci_flat *flat;
};

static int compare(struct digest *d, const char *want, const char *what, struct err *e)
{
	char got[DIGEST_HEX];

	digest_end_hex(d, got);
	if (*want == 0 || strcmp(got, want) == 0)
		return 0;
	return err_input(e, "E_DIGEST", "%s has the sha256 %s, not %s", what, got, want);
}

/* The layer's blob is hashed as it stands and as it is unpacked. */
static int pass_layer(struct job *j, const struct oci_layer *l, const struct oci_blob *b, struct digest *packed,
	struct digest *plain, struct err *e)
{
	struct codec_limits cl = { .memory = j->limits->memory / 2, .ratio = j->limits->ratio };
	struct tar_options o = { .limits = j->limits, .may_be_empty = true };
	struct guard *g = guard_new(oci_flat_sink(j->flat), j->limits, b->size, NULL);
	AUTO_IN *in = in_range(b->fd, b->at, b->size), *above = NULL;
	unsigned char head[LOOK];
	long len = in_read(in, head, sizeof head, e);
	enum codec c = len > 0 ? codec_of(head, (size_t)len) : CODEC_NONE;
	int done;

	in_drop(&in);
	if (len < 0) {
		guard_free(g);
		return -1;
	}
	above = in_digest(in_range(b->fd, b->at, b->size), packed, NULL);
	if (c != CODEC_NONE)
		above = in_codec(above, c, &cl);
	above = in_digest(above, plain, NULL);
	done = tar_read(above, &o, g, j->pkg, e) || guard_finish(g, e) ? -1 : 0;
	guard_free(g);
	if (done || (packed->count != b->size && err_input(e, "E_TRAILING_DATA", "bytes behind the layer's tar")))
		return -1;
	return compare(packed, l->sha256, "the blob", e) || compare(plain, l->plain_sha256, "the unpacked layer", e)
		? -1
		: 0;
}

static int one_layer(struct job *j, const struct oci_layer *l, struct err *e)
{
	struct digest packed, plain;
	struct oci_blob b;
	int done = 0;

	if (oci_blob_open(&j->store, l->name, &b, e))
		return -1;
	digest_init(&packed, DIGEST_SHA256);
	digest_init(&plain, DIGEST_SHA256);
	if (l->size != UINT64_MAX && l->size != b.size)
		done = err_input(e, "E_MISMATCH", "%llu bytes, the manifest says %llu", (unsigned long long)b.size,
			(unsigned long long)l->size);
	if (done == 0)
		done = pass_layer(j, l, &b, &packed, &plain, e);
	digest_done(&packed);
	digest_done(&plain);
	oci_blob_done(&b);
	if (done == 0)
		oci_flat_layer_end(j->flat);
	return done;
}

static int pass_layers(struct job *j, struct err *e)
{
	for (size_t i = j->image.len; i-- > 0;)
		if (one_layer(j, &j->image.at[i], e))
			return err_wrap(e, "layer %zu (%s)", i + 1, j->image.at[i].name);
	return 0;
}

static int read_image(struct job *j, struct guard *g, struct err *e)
{
	if (oci_image_read(&j->store, j->pkg, &j->image, e))
		return -1;
	for (size_t i = 0; i < j->image.len;
		i++) { /* so that what belongs to nothing is known before the entries come */
		struct oci_blob b;

		if (oci_blob_open(&j->store, j->image.at[i].name, &b, e))
			return err_wrap(e, "layer %zu", i + 1);
		oci_blob_done(&b);
	}
	oci_store_unused(&j->store, j->pkg);
	if (sink_begin(guard_sink(g), j->pkg, e) || pass_layers(j, e))
		return -1;
	if (guard_entries(g) == 0)
		return err_input(e, "E_EMPTY", "the image holds no entries");
	return guard_finish(g, e);
}

static int check_plain(const struct source *src, struct err *e)
{
	unsigned char head[LOOK];
	AUTO_IN *in = src->is_dir ? NULL : in_range(src->fd, 0, src->size);
	long len = in ? in_read(in, head, sizeof head, e) : 0;

	if (len < 0)
		return -1;
	if (len == 0 || codec_of(head, (size_t)len) == CODEC_NONE)
		return 0;
	err_input(e, "E_UNSUPPORTED", "a compressed tar of a container image: its layers stand in no order");
	return err_hint(e, "decompress it first: its layers are compressed themselves");
}

static int oci_read(
	const struct source *src, const struct limits *limits, struct sink *sink, struct pkg *pkg, struct err *e)
{
	struct job j = { .limits = limits, .pkg = pkg };
	struct guard *g;
	int done;

	pkg->format = "oci";
	if (check_plain(src, e))
		return -1;
	/* The sizes of a directory's files are not known yet: their layers' guards look at ratios. */
	g = guard_new(sink, limits, src->is_dir ? UINT64_MAX / 1024 : src->size, pkg);
	j.flat = oci_flat_new(g);
	done = oci_store_open(&j.store, src, e) || read_image(&j, g, e) ? -1 : 0;
	oci_flat_free(j.flat);
	oci_image_done(&j.image);
	oci_store_done(&j.store);
	guard_free(g);
	return done;
}

const struct reader read_oci = {
	"oci",
	oci_bid,
	oci_read,
	"container images: OCI layouts (directory or plain tar) and docker save, flattened",
};
