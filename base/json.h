/* json.h - JSON: jansson, plus canonical bytes (RFC 8785) and short ways to build and read.
 *
 * Canonical: keys sorted by UTF-16 code units, no blanks, shortest escapes. Numbers in our records are integers within +-2^53; a real
 * number is refused. The digest of a record is the sha256 of its canonical bytes. */
#pragma once
#include "base/base.h"
#include "base/err.h"
#include <jansson.h>

int json_canonical(const json_t *value, char **ret_bytes, size_t *ret_len, struct err *e)
	MUST; /* malloc, NUL after the end */
int json_digest(const json_t *value, char ret_hex[65], struct err *e) MUST;
json_t *json_parse(const char *bytes, size_t len, const char *what,
	struct err *e); /* duplicate keys refused; owned by the caller; NULL: failed */

const char *json_text(const json_t *object, const char *key); /* "" when missing or not a string */
int64_t json_int(const json_t *object, const char *key);      /* 0 when missing */
bool json_flag(const json_t *object, const char *key);
/* The member as array or object; NULL when missing or of another type (json_array_foreach and friends take NULL). */
json_t *json_list(const json_t *object, const char *key);
json_t *json_map(const json_t *object, const char *key);
bool json_lists(const json_t *list, const char *text); /* is the text an item? NULL lists nothing */
/* The first object of a list whose member `key` is that text; NULL: none. */
json_t *json_find(const json_t *list, const char *key, const char *text);
/* The texts of a list as "carl, dana", a "?" for what is no text; nobody for an empty list. Owned by the caller. */
char *json_join(const json_t *list, const char *nobody);
/* A new list of the same items in order; compare gets two `json_t *const *`. is_once: an item that equals the one before it is left out. */
json_t *json_sorted(const json_t *list, int (*compare)(const void *, const void *), bool is_once);
/* Bytes as a JSON string under key; where they are not UTF-8, under key "KEY_raw" with each bad byte as U+00XX, as cli.md says. */
void json_set_bytes(json_t *object, const char *key, const char *bytes, size_t len);
void json_set_str(json_t *object, const char *key, const char *text); /* the same up to its NUL; NULL as "" */
/* A text behind the others of a list; what is not UTF-8 is left out. */
void json_add_text(json_t *list, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void json_add_once(json_t *list, const char *text); /* unless it is an item already */
