/* base.c - memory that is there or the program ends, lists that grow, cleanup functions. */
#include "base/base.h"
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

void auto_free(void *pointer_to_pointer)
{
	void *at;

	memcpy(&at, pointer_to_pointer, sizeof at);
	free(at);
}

void auto_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void auto_json(struct json_t **json)
{
	json_decref(*json);
	*json = NULL;
}

/* The only place below cli/ that ends the program: nothing sensible can be told without memory. */
static void *must_have(void *at)
{
	if (at == NULL)
		abort();
	return at;
}

void *mem_alloc(size_t size)
{
	return must_have(calloc(1, size ? size : 1));
}

void *mem_resize(void *at, size_t size)
{
	return must_have(realloc(at, size ? size : 1));
}

char *mem_strdup(const char *text)
{
	return must_have(strdup(text));
}

char *mem_vprintf(const char *fmt, va_list ap)
{
	char *text = NULL;

	if (vasprintf(&text, fmt, ap) < 0)
		text = NULL;
	return must_have(text);
}

char *mem_printf(const char *fmt, ...)
{
	char *text;
	va_list ap;

	va_start(ap, fmt);
	text = mem_vprintf(fmt, ap);
	va_end(ap);
	return text;
}

void list_grow(void **at, size_t *room, size_t len, size_t item)
{
	size_t want = *room ? *room * 2 : 8, bytes = 0;

	if (len < *room)
		return;
	if (want < *room || __builtin_mul_overflow(want, item, &bytes))
		must_have(NULL);
	*at = mem_resize(*at, bytes);
	*room = want;
}
