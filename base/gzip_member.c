/* gzip_member.c - whole gzip members from memory to memory through zlib, which keeps its window and tables from one to the next. */
#include "base/gzip_member.h"
#include <limits.h>
#include <zlib.h>

enum { GZIP_WINDOW = 15 + 16 };

static int begin(struct gzip_members *m, struct err *e)
{
	z_stream *z = m->state;

	if (z)
		return inflateReset(z) == Z_OK ? 0 : err_env(e, "zlib cannot start again");
	z = mem_alloc(sizeof *z);
	if (inflateInit2(z, GZIP_WINDOW) != Z_OK) {
		free(z);
		return err_env(e, "zlib cannot start");
	}
	m->state = z;
	return 0;
}

int gzip_member_read(
	struct gzip_members *m, const void *packed, size_t packed_len, void *ret, size_t len, struct err *e)
{
	z_stream *z;

	if (packed_len > UINT_MAX || len > UINT_MAX)
		return err_input(e, "E_LIMIT_SIZE", "a gzip member of more than 4 GiB");
	if (begin(m, e))
		return -1;
	z = m->state;
	z->next_in = (Bytef *)packed;
	z->avail_in = (uInt)packed_len;
	z->next_out = ret;
	z->avail_out = (uInt)len;
	/* length and checksum are looked at by zlib; what it has not taken or not given is too much or too little */
	if (inflate(z, Z_FINISH) != Z_STREAM_END || z->avail_in || z->avail_out)
		return err_input(e, "E_CORRUPT", "%s", z->msg ? z->msg : "a gzip member of another size");
	return 0;
}

void gzip_members_done(struct gzip_members *m)
{
	if (m->state)
		inflateEnd(m->state);
	free(m->state);
	m->state = NULL;
}
