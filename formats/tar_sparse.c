/* tar_sparse.c - the window over a tar stream, and the sparse maps that stand in it. GNU tar manual, "Storing Sparse Files". */
#include "formats/tar_private.h"
#include <string.h>

enum { WINDOW = 256 << 10 };

int tar_window_some(struct tar_window *w, const unsigned char **ret, size_t *ret_len, struct err *e)
{
	if (w->at == w->len) {
		long got;

		if (w->buf == NULL)
			w->buf = mem_resize(NULL, WINDOW);
		got = in_read(w->in, w->buf, WINDOW, e);
		if (got < 0)
			return -1;
		w->at = 0;
		w->len = (size_t)got;
	}
	*ret = w->buf + w->at;
	*ret_len = w->len - w->at;
	return 0;
}

void tar_window_take(struct tar_window *w, size_t len)
{
	w->at += len;
	w->offset += len;
}

int tar_window_exact(struct tar_window *w, void *to, uint64_t len, struct err *e)
{
	for (uint64_t done = 0; done < len;) {
		const unsigned char *at;
		size_t some;

		if (tar_window_some(w, &at, &some, e))
			return -1;
		if (some == 0)
			return err_input(e, "E_TRUNCATED", "the archive ends in the middle of an entry");
		if (some > len - done)
			some = (size_t)(len - done);
		if (to)
			memcpy((char *)to + done, at, some);
		tar_window_take(w, some);
		done += some;
	}
	return 0;
}

int tar_window_block(struct tar_window *w, const unsigned char **ret, struct err *e)
{
	const unsigned char *at;
	size_t some;

	if (tar_window_some(w, &at, &some, e))
		return -1;
	if (some == 0)
		return *ret = NULL, 0;
	if (some < TAR_BLOCK) { /* only at the end, or when the stream's length is odd: never for a whole archive */
		size_t rest;
		long got;

		memmove(w->buf, at, some);
		w->at = 0;
		w->len = some;
		rest = WINDOW - some;
		got = in_read(w->in, w->buf + some, rest, e);
		if (got < 0)
			return -1;
		w->len += (size_t)got;
		if (w->len < TAR_BLOCK)
			return err_input(e, "E_TRUNCATED", "the archive ends in the middle of a header");
	}
	*ret = w->buf + w->at;
	tar_window_take(w, TAR_BLOCK);
	return 0;
}

/* A decimal number ending with a newline, across blocks. */
struct map_text {
	struct tar_window *w;
	unsigned char block[TAR_BLOCK];
	size_t at;
	uint64_t used, member;
};

static int map_number(struct map_text *m, uint64_t *ret, struct err *e)
{
	uint64_t v = 0;

	for (int digits = 0;; digits++) {
		unsigned char c;

		if (m->at == TAR_BLOCK) {
			if (m->member - m->used < TAR_BLOCK)
				return err_input(e, "E_CORRUPT", "sparse map: longer than its file");
			if (tar_window_exact(m->w, m->block, TAR_BLOCK, e))
				return -1;
			m->used += TAR_BLOCK;
			m->at = 0;
		}
		c = m->block[m->at++];
		if (c == '\n' && digits > 0)
			break;
		if (c < '0' || c > '9' || digits >= 19)
			return err_input(e, "E_CORRUPT", "sparse map: not a number");
		v = v * 10 + (uint64_t)(c - '0');
	}
	if (v > INT64_MAX)
		return err_input(e, "E_CORRUPT", "sparse map: a number out of range");
	*ret = v;
	return 0;
}

int tar_sparse_map(struct tar_window *w, struct tar_extra *x, uint64_t member, uint64_t *ret_used, struct err *e)
{
	struct map_text m = { .w = w, .at = TAR_BLOCK, .member = member };
	uint64_t count, at, len;

	if (map_number(&m, &count, e))
		return -1;
	for (uint64_t i = 0; i < count; i++)
		if (map_number(&m, &at, e) || map_number(&m, &len, e) || tar_extent_add(x, at, len, e))
			return -1;
	*ret_used = m.used;
	return 0;
}

/* Pairs of 12-byte numbers; an empty one ends the list. */
static int old_pairs(const unsigned char *at, int pairs, struct tar_extra *x, struct err *e)
{
	for (int i = 0; i < pairs; i++, at += 24) {
		int64_t from, len;

		if (at[0] == 0 && at[12] == 0)
			continue;
		if (tar_number(at, 12, "sparse offset", &from, e) || tar_number(at + 12, 12, "sparse length", &len, e))
			return -1;
		if (from < 0 || len < 0)
			return err_input(e, "E_CORRUPT", "sparse map: a negative number");
		if (tar_extent_add(x, (uint64_t)from, (uint64_t)len, e))
			return -1;
	}
	return 0;
}

int tar_sparse_old(struct tar_window *w, const unsigned char block[TAR_BLOCK], struct tar_extra *x, struct err *e)
{
	int64_t real;
	bool more = block[482] != 0;

	if (tar_number(block + 483, 12, "real size", &real, e) || old_pairs(block + 386, 4, x, e))
		return -1;
	if (real < 0)
		return err_input(e, "E_CORRUPT", "tar header: the real size is negative");
	while (more) {
		unsigned char next[TAR_BLOCK];

		if (tar_window_exact(w, next, TAR_BLOCK, e) || old_pairs(next, 21, x, e))
			return -1;
		more = next[504] != 0;
	}
	x->is_sparse = x->has_real_size = true;
	x->real_size = (uint64_t)real;
	return 0;
}
