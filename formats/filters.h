/* filters.h - compression around an archive: which codecs, outermost first, and a stream through them. At most two. */
#pragma once
#include "base/codec.h"
#include "formats/reader.h"

enum { FILTERS_MOST = 2 };
struct filters {
	enum codec at[FILTERS_MOST];
	unsigned len;
	bool are_too_many; /* a third one lies inside */
};

/* Finds the codecs by the first bytes, each by what the one around it gives; inner takes the first bytes of what is inside all of
 * them (up to room; *ret_len 0 when they are damaged). A file that is not compressed: len 0, and inner is its head. */
void filters_find(const struct source *src, const unsigned char *head, size_t len, struct filters *ret,
	unsigned char *inner, size_t room, size_t *ret_len);
/* The bytes inside; owns below. */
struct in *filters_open(struct in *below, const struct filters *f, const struct limits *limits);
/* After the end: warns of bytes behind the last stream of any of them. */
void filters_warn_trailing(const struct in *in, const struct filters *f, struct pkg *pkg);
/* E_LIMIT_DEPTH when there are too many. */
int filters_check(const struct filters *f, struct err *e) MUST;
