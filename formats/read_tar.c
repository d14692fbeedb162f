/* read_tar.c - the reader of plain tar archives, compressed or not; packages that are tars inside have readers of their own (tar_kind.c). */
#include "base/codec.h"
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

	if (src->is_dir)
		return 0;
	if (tar_first_block(head, len, block))
		return tar_kind_of(src, head, len) == TAR_PLAIN && !oci_is_image(src, head, len) ? 80 : 0;
	return len > TAR_BLOCK && tar_is_zero(head) ? 10 : 0; /* perhaps one without entries */
}

static int tar_read_file(
	const struct source *src, const struct limits *limits, struct sink *sink, struct pkg *pkg, struct err *e)
{
	unsigned char head[READER_HEAD];
	struct codec_limits cl = { .memory = limits->memory / 2, .output = 0, .ratio = limits->ratio };
	struct tar_options o = { .limits = limits };
	struct guard *g = guard_new(sink, limits, src->size, pkg);
	AUTO_IN *in = in_range(src->fd, 0, src->size);
	ssize_t len = pread(src->fd, head, sizeof head, 0);
	enum codec c = len > 0 ? codec_of(head, (size_t)len) : CODEC_NONE;
	int done;

	pkg->format = "tar";
	if (c != CODEC_NONE)
		in = in_codec(in, c, &cl);
	else
		o.size = src->size;
	o.tail_is_a_warning = c != CODEC_NONE;
	done = sink_begin(guard_sink(g), pkg, e) || tar_read(in, &o, g, pkg, e) ? -1 : 0;
	if (done == 0 && c != CODEC_NONE && in_codec_trailing(in))
		pkg_warn(pkg, "E_TRAILING_DATA", "", "%llu bytes after the end of the compressed stream",
			(unsigned long long)in_codec_trailing(in));
	if (done == 0)
		done = guard_finish(g, e);
	guard_free(g);
	return done;
}

const struct reader read_tar = {
	"tar",
	tar_bid,
	tar_read_file,
	"tar archives (v7, ustar, GNU, pax, sparse), plain or in gzip, bzip2, xz, lzma, lzip, zstd",
};
