/* zip_data.c - the bytes of a zip entry through the method it names. APPNOTE 4.4.5, 5.8 (LZMA). */
#include "base/codec.h"
#include "base/fs.h"
#include "formats/zip_private.h"
#include <string.h>
#include <zlib.h>

struct inflate {
	struct in in;
	z_stream z;
	bool ended;
	unsigned char buf[64 << 10];
};

static long inflate_read(struct in *in, void *buf, size_t size, struct err *e)
{
	struct inflate *s = (struct inflate *)in;

	if (size > UINT32_MAX / 2)
		size = UINT32_MAX / 2;
	s->z.next_out = buf;
	s->z.avail_out = (uInt)size;
	while (!s->ended && s->z.avail_out == size) {
		int done;

		if (s->z.avail_in == 0) {
			long got = in_some(in->below, s->buf, sizeof s->buf, e);

			if (got < 0)
				return -1;
			if (got == 0)
				return err_input(e, "E_TRUNCATED", "the deflate stream ends early");
			s->z.next_in = s->buf;
			s->z.avail_in = (uInt)got;
		}
		done = inflate(&s->z, Z_NO_FLUSH);
		if (done == Z_STREAM_END)
			s->ended = true;
		else if (done != Z_OK)
			return err_input(e, "E_CORRUPT", "the deflate stream is damaged");
	}
	if (s->ended && s->z.avail_out == size) {
		unsigned char more;

		if (s->z.avail_in > 0 || in_read(in->below, &more, 1, e) > 0)
			return err_input(e, "E_MISMATCH", "bytes after the end of the deflate stream");
	}
	return (long)(size - s->z.avail_out);
}

static int inflate_close(struct in *in, struct err *e)
{
	inflateEnd(&((struct inflate *)in)->z);
	return 0;
}

static const struct in_ops inflate_ops = { inflate_read, inflate_close };

struct in *in_inflate(struct in *below)
{
	struct inflate *s = mem_alloc(sizeof *s);

	s->in.ops = &inflate_ops;
	s->in.below = below;
	if (inflateInit2(&s->z, -15) != Z_OK)
		s->ended = true;
	return &s->in;
}

/* A few bytes, then another stream: zip's LZMA keeps its properties in a header of its own. */
struct joined {
	struct in in;
	unsigned char head[13];
	size_t at;
};

static long joined_read(struct in *in, void *buf, size_t size, struct err *e)
{
	struct joined *j = (struct joined *)in;

	if (j->at == sizeof j->head)
		return in_some(in->below, buf, size, e);
	if (size > sizeof j->head - j->at)
		size = sizeof j->head - j->at;
	memcpy(buf, j->head + j->at, size);
	j->at += size;
	return (long)size;
}

static const struct in_ops joined_ops = { joined_read, NULL };

/* APPNOTE 5.8: version (2), size of properties (2), properties (5), then the raw stream. lzma-alone has the size between. */
static struct in *lzma_data(
	const struct zip *z, const struct zip_entry *entry, const struct codec_limits *limits, struct err *e)
{
	unsigned char head[9];
	struct joined *j;

	if (entry->packed < sizeof head)
		return err_input(e, "E_CORRUPT", "the LZMA header is missing"), NULL;
	if (fd_pread(z->fd, head, sizeof head, entry->data_at, e))
		return NULL;
	if (zip_u16(head + 2) != 5)
		return err_input(e, "E_CORRUPT", "the LZMA properties take %u bytes", zip_u16(head + 2)), NULL;
	j = mem_alloc(sizeof *j);
	j->in.ops = &joined_ops;
	j->in.below = in_range(z->fd, entry->data_at + sizeof head, entry->packed - sizeof head);
	memcpy(j->head, head + 4, 5);
	for (int i = 0; i < 8; i++)
		j->head[5 + i] = (unsigned char)(entry->size >> 8 * i);
	return in_codec(&j->in, CODEC_LZMA, limits);
}

struct in *zip_data(const struct zip *z, const struct zip_entry *entry, const struct limits *limits, struct err *e)
{
	struct codec_limits cl = { .memory = limits->memory / 2, .ratio = limits->ratio };
	struct in *raw;

	if (entry->method == ZIP_LZMA)
		return lzma_data(z, entry, &cl, e);
	raw = in_range(z->fd, entry->data_at, entry->packed);
	switch (entry->method) {
	case ZIP_STORED:
		return raw;
	case ZIP_DEFLATED:
		return in_inflate(raw);
	case ZIP_BZIP2:
		return in_codec(raw, CODEC_BZIP2, &cl);
	case ZIP_ZSTD:
		return in_codec(raw, CODEC_ZSTD, &cl);
	case ZIP_XZ:
		return in_codec(raw, CODEC_XZ, &cl);
	default:
		in_drop(&raw);
		err_input(e, "E_UNSUPPORTED", "compression method %u", entry->method);
		return NULL;
	}
}
