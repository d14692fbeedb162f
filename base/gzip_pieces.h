/* gzip_pieces.h - one gzip member whose pieces are put in order at the end: for formats that want a file's digest before the file.
 *
 * Each piece is deflated on its own (no reference to another, ended on a byte), so pieces may change places and still be one stream (RFC 1951,
 * 3.2.3; zlib's Z_FULL_FLUSH); the checksum of the whole is put together from the pieces' (zlib's crc32_combine). */
#pragma once
#include "base/stream.h"

struct gzip_pieces;
struct digest;
/* Pieces wait in fd (borrowed, empty). level 0: 9. NULL: failed. */
struct gzip_pieces *gzip_pieces_new(int fd, int level, struct err *e);
void gzip_pieces_free(struct gzip_pieces *g); /* NULL is fine */
/* What is written to goes into the open piece; belongs to g, never closed. */
struct out *gzip_pieces_out(struct gzip_pieces *g);
/* Ends the open piece; the next byte begins another. Nothing when it is empty. */
int gzip_pieces_cut(struct gzip_pieces *g, struct err *e) MUST;
/* The two newest pieces (both cut) change places. */
void gzip_pieces_swap(struct gzip_pieces *g);
/* The member, appended to fd at its position; digest (may be NULL) is of its bytes. *ret_size: decoded bytes, may be NULL. */
int gzip_pieces_finish(struct gzip_pieces *g, int fd, struct digest *digest, uint64_t *ret_size, struct err *e) MUST;
