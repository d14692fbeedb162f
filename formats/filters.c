/* filters.c - what an archive is packed with, found by looking through one codec after the other. */
#include "formats/filters.h"
#include <string.h>

/* Enough to see the next magic, an archive's first header included. */
enum { PEEK = 1024 };

struct in *filters_open(struct in *below, const struct filters *f, const struct limits *limits)
{
	struct codec_limits cl = { .memory = limits->memory / 2 / (f->len ? f->len : 1), .ratio = limits->ratio };

	for (unsigned i = 0; i < f->len; i++)
		below = in_codec(below, f->at[i], &cl);
	return below;
}

/* What can be decoded of the beginning; an error behind it is somebody else's to tell. */
static size_t peek(const struct source *src, const struct filters *f, unsigned char *to, size_t room)
{
	AUTO_IN *in = filters_open(in_range(src->fd, 0, src->size), f, &limits_default);
	struct err e;
	size_t len = 0;
	long got;

	while (len < room && (got = in_some(in, to + len, room - len, &e)) > 0)
		len += (size_t)got;
	return len;
}

void filters_find(const struct source *src, const unsigned char *head, size_t len, struct filters *ret,
	unsigned char *inner, size_t room, size_t *ret_len)
{
	unsigned char some[PEEK];
	enum codec c = codec_of(head, len);

	*ret = (struct filters){ 0 };
	*ret_len = len < room ? len : room;
	if (c == CODEC_NONE) {
		memcpy(inner, head, *ret_len);
		return;
	}
	while (c != CODEC_NONE && ret->len < FILTERS_MOST) {
		ret->at[ret->len++] = c;
		len = peek(src, ret, some, sizeof some);
		c = codec_of(some, len);
	}
	ret->are_too_many = c != CODEC_NONE;
	*ret_len = room <= sizeof some && room <= len ? room : peek(src, ret, inner, room);
	if (room <= sizeof some && room <= len)
		memcpy(inner, some, room);
}

void filters_warn_trailing(const struct in *in, const struct filters *f, struct pkg *pkg)
{
	for (unsigned i = f->len; i > 0; i--, in = in->below)
		if (in_codec_trailing(in))
			pkg_warn(pkg, "E_TRAILING_DATA", "", "%llu bytes after the end of the %s stream",
				(unsigned long long)in_codec_trailing(in), codec_name(f->at[i - 1]));
}

int filters_check(const struct filters *f, struct err *e)
{
	if (!f->are_too_many)
		return 0;
	err_input(e, "E_LIMIT_DEPTH", "compressed more than twice (%s around %s around another)", codec_name(f->at[0]),
		codec_name(f->at[1]));
	return err_hint(e, "unpack it and give what is inside");
}
