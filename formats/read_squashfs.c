/* read_squashfs.c - squashfs images, and snaps, which are squashfs images with a meta/snap.yaml. */
#include "formats/squashfs.h"
#include <string.h>

enum { SNAP_YAML_MOST = 256 << 10 };

static int squashfs_bid(const struct source *src, const unsigned char *head, size_t len)
{
	return !src->is_dir && len >= 4 && memcmp(head, "hsqs", 4) == 0 ? 90 : 0;
}

static int take_metadata(struct squashfs *q, struct pkg *pkg, struct err *e)
{
	AUTO_FREE char *text = NULL;
	size_t len = 0;

	if (squashfs_file(q, "meta/snap.yaml", SNAP_YAML_MOST, &text, &len, e))
		return -1;
	if (text == NULL)
		return 0;
	pkg->format = "snap";
	if (snap_metadata(text, len, pkg, e))
		return err_member(e, "meta/snap.yaml");
	return 0;
}

static int pass(struct squashfs *q, struct guard *g, struct pkg *pkg, struct err *e)
{
	if (take_metadata(q, pkg, e) || squashfs_tail(q, pkg, e) || sink_begin(guard_sink(g), pkg, e) ||
		squashfs_pass(q, g, pkg, false, e))
		return -1;
	return guard_finish(g, e);
}

static int squashfs_read(
	const struct source *src, const struct limits *limits, struct sink *sink, struct pkg *pkg, struct err *e)
{
	AUTO_SQUASHFS *q = NULL;
	struct guard *g;
	int done;

	pkg->format = "squashfs";
	if (squashfs_open(src->fd, 0, src->size, limits, &q, e))
		return -1;
	g = guard_new(sink, limits, src->size, pkg);
	done = pass(q, g, pkg, e);
	guard_free(g);
	return done;
}

const struct reader read_squashfs = {
	"squashfs",
	squashfs_bid,
	squashfs_read,
	"squashfs 4.0 images (gzip, lzma, lzo, xz, lz4, zstd) and snaps",
};
