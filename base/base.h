/* base.h - the few words that every file uses: cleanup, sizes, warnings. */
#pragma once
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

/* `AUTO(arena) a = {0};` ends `a` with arena_done(&a) when the scope is left. A zeroed struct is safe to end. */
#define AUTO(type) __attribute__((cleanup(type##_done))) struct type
#define AUTO_FREE __attribute__((cleanup(auto_free)))
#define AUTO_FD __attribute__((cleanup(auto_fd)))
#define AUTO_JSON __attribute__((cleanup(auto_json))) json_t
#define MUST __attribute__((warn_unused_result))
#define COUNT(array) (sizeof(array) / sizeof *(array))
#define KIB(n) ((uint64_t)(n) << 10)
#define MIB(n) ((uint64_t)(n) << 20)
#define GIB(n) ((uint64_t)(n) << 30)

struct json_t;
void auto_free(void *pointer_to_pointer);
void auto_fd(int *fd);                /* closes when >= 0; for reading ends only, writers close by hand and look */
void auto_json(struct json_t **json); /* json_decref */

/* Out of memory is not an error one can tell: these abort through the C library's own handler.
 * They are for small, bounded things; anything whose size an input decides goes through an arena with a limit. */
void *mem_alloc(size_t size); /* zeroed */
void *mem_resize(void *at, size_t size);
char *mem_strdup(const char *text);
char *mem_printf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
char *mem_vprintf(const char *fmt, va_list ap) __attribute__((format(printf, 1, 0)));

/* A list that grows: `LIST(struct entry) entries;` then `*LIST_ADD(&list) = x;`, freed by LIST_DONE(&list). */
#define LIST(type)                                                                                                     \
	struct {                                                                                                       \
		type *at;                                                                                              \
		size_t len, room;                                                                                      \
	}
#define LIST_ADD(list)                                                                                                 \
	(list_grow((void **)&(list)->at, &(list)->room, (list)->len, sizeof *(list)->at), &(list)->at[(list)->len++])
#define LIST_DONE(list) (free((list)->at), (list)->at = NULL, (list)->len = (list)->room = 0)
void list_grow(void **at, size_t *room, size_t len, size_t item);
