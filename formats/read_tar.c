/* read_tar.c - the reader of plain tar archives, compressed or not; packages that are tars inside have readers of their own (tar_kind.c). */
#include "formats/filters.h"
#include "formats/known.h"
#include "formats/oci.h"
#include "formats/tar_private.h"
#include <string.h>
#include <unistd.h>

bool tar_first_block(const unsigned char *head, size_t len, unsigned char ret[TAR_BLOCK])
{
	AUTO_IN *in = NULL;
	enum codec c = codec_of(head, len);
	struct codec_limits limits = { .memory = MIB(256) };
	struct err e;

	if (c == CODEC_NONE) {
		if (len < TAR_BLOCK)
			return false;
		memcpy(ret, head, TAR_BLOCK);
		return tar_is_header(ret, TAR_BLOCK);
	}
	in = in_codec(in_mem(head, len), c, &limits);
	return in_read(in, ret, TAR_BLOCK, &e) == TAR_BLOCK && (tar_is_header(ret, TAR_BLOCK) || tar_is_zero(ret));
}

static int tar_bid(const struct source *src, const unsigned char *head, size_t len)
{
	unsigned char block[TAR_BLOCK];
	struct filters f;
	size_t inner;

	if (src->is_dir || tar_kind_of(src, head, len) > TAR_PLAIN || oci_is_image(src, head, len))
		return 0;
	filters_find(src, head, len, &f, block, sizeof block, &inner);
	if (f.are_too_many || inner < TAR_BLOCK)
		return 0;
	if (tar_is_header(block, TAR_BLOCK))
		return 80;
	if (!tar_is_zero(block) || (f.len && known_is_packed_image(src, head, len)))
		return 0;
	return 25; /* perhaps one without entries */
}

static int tar_read_file(
	const struct source *src, const struct limits *limits, struct sink *sink, struct pkg *pkg, struct err *e)
{
	unsigned char head[READER_HEAD], block[TAR_BLOCK];
	struct tar_options o = { .limits = limits };
	struct guard *g = guard_new(sink, limits, src->size, pkg);
	AUTO_IN *in = in_range(src->fd, 0, src->size);
	ssize_t len = pread(src->fd, head, sizeof head, 0);
	struct filters f;
	size_t inner;
	int done;

	pkg->format = "tar";
	filters_find(src, head, len > 0 ? (size_t)len : 0, &f, block, sizeof block, &inner);
	in = filters_open(in, &f, limits);
	o.size = f.len ? 0 : src->size;
	o.tail_is_a_warning = f.len > 0;
	done = filters_check(&f, e) || sink_begin(guard_sink(g), pkg, e) || tar_read(in, &o, g, pkg, e) ? -1 : 0;
	if (done == 0) {
		filters_warn_trailing(in, &f, pkg);
		done = guard_finish(g, e);
	}
	guard_free(g);
	return done;
}

const struct reader read_tar = {
	"tar",
	tar_bid,
	tar_read_file,
	"tar archives (v7, ustar, GNU, pax, sparse), plain or in gzip, bzip2, xz, lzma, lzip, zstd, lz4, compress, "
	"lzop, two of them at most",
};
