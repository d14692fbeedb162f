/* read_iso.c - ISO 9660 images with Rock Ridge or Joliet, as a format of their own. An AppImage of type 1 is one with a program in front. */
#include "formats/appimage.h"
#include "formats/iso.h"
#include "formats/iso_private.h"
#include <string.h>

enum { MARK_AT = ISO_DESCRIPTORS_FROM * ISO_SECTOR + 1 };

static bool has_mark(const unsigned char *head, size_t len)
{
	return len >= MARK_AT + 5 && memcmp(head + MARK_AT, "CD001", 5) == 0;
}

/* An AppImage of type 1 is one by its definition: it is not two formats at once. */
static int iso_bid(const struct source *src, const unsigned char *head, size_t len)
{
	return !src->is_dir && has_mark(head, len) && appimage_type(head, len) != 1 ? 70 : 0;
}

static int iso_read(
	const struct source *src, const struct limits *limits, struct sink *sink, struct pkg *pkg, struct err *e)
{
	AUTO_ISO *iso = NULL;
	struct guard *g;
	int done;

	pkg->format = "iso";
	if (iso_open(src, limits, pkg, &iso, e))
		return -1;
	g = guard_new(sink, limits, src->size, pkg);
	done = sink_begin(guard_sink(g), pkg, e) || iso_pass(iso, g, e) || guard_finish(g, e) ? -1 : 0;
	guard_free(g);
	return done;
}

const struct reader read_iso = {
	"iso",
	iso_bid,
	iso_read,
	"ISO 9660 images (Rock Ridge, Joliet, zisofs); no UDF",
};
