/* arena.c - memory that ends together; slices of text somebody else owns. */
#include "base/arena.h"
#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum { BLOCK_FIRST = 4 << 10, BLOCK_MOST = 256 << 10, ALIGN = 16 };

struct arena_block {
	struct arena_block *before;
	size_t len, room;
	_Alignas(ALIGN) unsigned char bytes[];
};

void arena_init(struct arena *a, size_t limit)
{
	*a = (struct arena){ .limit = limit };
}

void arena_done(struct arena *a)
{
	while (a->block) {
		struct arena_block *before = a->block->before;

		free(a->block);
		a->block = before;
	}
	a->used = 0;
}

/* Blocks double, so that a large job makes few of them; a request that fills one by itself goes behind the current block. */
static struct arena_block *block_for(struct arena *a, size_t size)
{
	struct arena_block *top = a->block, *b;
	size_t room = top ? top->room * 2 : BLOCK_FIRST;

	if (room > BLOCK_MOST)
		room = BLOCK_MOST;
	if (size > room)
		room = size;
	b = malloc(sizeof *b + room);
	if (b == NULL)
		return NULL;
	b->len = 0;
	b->room = room;
	if (size == room && top) {
		b->before = top->before;
		top->before = b;
	} else {
		b->before = top;
		a->block = b;
	}
	return b;
}

void *arena_alloc(struct arena *a, size_t size)
{
	struct arena_block *b = a->block;
	size_t rounded;
	void *at;

	if (__builtin_add_overflow(size ? size : 1, (size_t)ALIGN - 1, &rounded) || rounded > SIZE_MAX / 2)
		return NULL;
	rounded &= ~((size_t)ALIGN - 1);
	if (a->limit && (rounded > a->limit || a->used > a->limit - rounded))
		return NULL;
	if (b == NULL || b->room - b->len < rounded)
		b = block_for(a, rounded);
	if (b == NULL)
		return NULL;
	at = b->bytes + b->len;
	b->len += rounded;
	a->used += rounded;
	return memset(at, 0, rounded);
}

char *arena_copy(struct arena *a, const void *bytes, size_t len)
{
	char *at = len < SIZE_MAX ? arena_alloc(a, len + 1) : NULL;

	if (at && len)
		memcpy(at, bytes, len);
	return at;
}

char *arena_str(struct arena *a, const char *text)
{
	return text ? arena_copy(a, text, strlen(text)) : NULL;
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
	char *at = NULL;
	va_list ap, again;
	int len;

	va_start(ap, fmt);
	va_copy(again, ap);
	len = vsnprintf(NULL, 0, fmt, ap);
	if (len >= 0)
		at = arena_alloc(a, (size_t)len + 1);
	if (at)
		vsnprintf(at, (size_t)len + 1, fmt, again);
	va_end(again);
	va_end(ap);
	return at;
}

struct slice slice_of(const char *text)
{
	return (struct slice){ text, text ? strlen(text) : 0 };
}

bool slice_is(struct slice s, const char *text)
{
	return strlen(text) == s.len && (s.len == 0 || memcmp(s.at, text, s.len) == 0);
}

bool slice_cut(struct slice *rest, char stop, struct slice *ret)
{
	const char *end;

	if (rest->len == 0)
		return false;
	end = memchr(rest->at, stop, rest->len);
	ret->at = rest->at;
	ret->len = end ? (size_t)(end - rest->at) : rest->len;
	rest->at += ret->len + (end != NULL);
	rest->len -= ret->len + (end != NULL);
	return true;
}

struct slice slice_trim(struct slice s)
{
	while (s.len && isspace((unsigned char)s.at[0]))
		s.at++, s.len--;
	while (s.len && isspace((unsigned char)s.at[s.len - 1]))
		s.len--;
	return s;
}
