/* gzip_pieces.c - deflated pieces in a temporary file, put in order and wrapped as one gzip member (RFC 1952). */
#include "base/gzip_pieces.h"
#include "base/digest.h"
#include "base/fs.h"
#include <string.h>
#include <unistd.h>
#include <zlib.h>

enum { BUF = 128 << 10, RAW_WINDOW = -15, LEVEL = 9 };

struct piece {
	uint64_t at, len; /* in the file */
	uint64_t size;    /* decoded */
	uint32_t crc;
};

struct gzip_pieces {
	struct out out;
	int fd;
	z_stream z;
	bool is_ready;
	uint64_t end; /* of the file */
	struct piece open;
	LIST(struct piece) pieces;
	unsigned char buf[BUF];
};

static int deflate_some(struct gzip_pieces *g, const void *bytes, size_t len, int flush, struct err *e)
{
	g->z.next_in = (Bytef *)bytes;
	g->z.avail_in = (uInt)len;
	do {
		size_t made;

		g->z.next_out = g->buf;
		g->z.avail_out = BUF;
		if (deflate(&g->z, flush) == Z_STREAM_ERROR)
			return err_env(e, "zlib failed");
		made = BUF - g->z.avail_out;
		if (made && fd_write(g->fd, g->buf, made, e))
			return -1;
		g->end += made;
	} while (g->z.avail_out == 0);
	return 0;
}

static int pieces_write(struct out *out, const void *bytes, size_t size, struct err *e)
{
	struct gzip_pieces *g = (struct gzip_pieces *)out;
	const unsigned char *at = bytes;

	for (size_t now; size > 0; at += now, size -= now) {
		now = size < 1u << 30 ? size : 1u << 30;
		g->open.crc = (uint32_t)crc32(g->open.crc, at, (uInt)now);
		g->open.size += now;
		if (deflate_some(g, at, now, Z_NO_FLUSH, e))
			return -1;
	}
	return 0;
}

static const struct out_ops pieces_ops = { pieces_write, NULL };

struct gzip_pieces *gzip_pieces_new(int fd, int level, struct err *e)
{
	struct gzip_pieces *g = mem_alloc(sizeof *g);

	g->out.ops = &pieces_ops;
	g->fd = fd;
	g->is_ready = deflateInit2(&g->z, level ? level : LEVEL, Z_DEFLATED, RAW_WINDOW, 8, Z_DEFAULT_STRATEGY) == Z_OK;
	if (g->is_ready)
		return g;
	err_env(e, "zlib cannot start");
	gzip_pieces_free(g);
	return NULL;
}

void gzip_pieces_free(struct gzip_pieces *g)
{
	if (!g)
		return;
	if (g->is_ready)
		deflateEnd(&g->z);
	LIST_DONE(&g->pieces);
	free(g);
}

struct out *gzip_pieces_out(struct gzip_pieces *g)
{
	return &g->out;
}

int gzip_pieces_cut(struct gzip_pieces *g, struct err *e)
{
	if (g->open.size == 0)
		return 0;
	if (deflate_some(g, "", 0, Z_FULL_FLUSH, e))
		return -1;
	g->open.len = g->end - g->open.at;
	*LIST_ADD(&g->pieces) = g->open;
	g->open = (struct piece){ .at = g->end };
	return 0;
}

void gzip_pieces_swap(struct gzip_pieces *g)
{
	struct piece *last = &g->pieces.at[g->pieces.len - 1], keep = *last;

	*last = last[-1];
	last[-1] = keep;
}

static int put(int fd, const void *bytes, size_t len, struct digest *digest, struct err *e)
{
	if (digest)
		digest_add(digest, bytes, len);
	return fd_write(fd, bytes, len, e);
}

static int put_piece(struct gzip_pieces *g, const struct piece *p, int fd, struct digest *digest, struct err *e)
{
	for (uint64_t done = 0, now; done < p->len; done += now) {
		now = p->len - done < BUF ? p->len - done : BUF;
		if (fd_pread(g->fd, g->buf, (size_t)now, p->at + done, e) || put(fd, g->buf, (size_t)now, digest, e))
			return -1;
	}
	return 0;
}

static void le32(unsigned char *to, uint64_t value)
{
	for (int i = 0; i < 4; i++)
		to[i] = (unsigned char)(value >> 8 * i);
}

int gzip_pieces_finish(struct gzip_pieces *g, int fd, struct digest *digest, uint64_t *ret_size, struct err *e)
{
	/* no name, no time; "maximum compression", Unix, as gzip -9n writes */
	static const unsigned char head[] = { 0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 3 };
	static const unsigned char last[] = { 3, 0 }; /* an empty block that says it is the last */
	unsigned char tail[8];
	uint64_t size = 0;
	uLong crc = 0;

	if (gzip_pieces_cut(g, e) || put(fd, head, sizeof head, digest, e))
		return -1;
	for (size_t i = 0; i < g->pieces.len; i++) {
		const struct piece *p = &g->pieces.at[i];

		if (put_piece(g, p, fd, digest, e))
			return -1;
		crc = crc32_combine(crc, p->crc, (z_off_t)p->size);
		size += p->size;
	}
	le32(tail, crc);
	le32(tail + 4, size);
	if (put(fd, last, sizeof last, digest, e) || put(fd, tail, sizeof tail, digest, e))
		return -1;
	if (ret_size)
		*ret_size = size;
	return 0;
}
