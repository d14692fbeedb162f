/* json.c - canonical JSON (RFC 8785) and short ways to read and build. */
#include "base/json.h"
#include "base/digest.h"
#include "base/text.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { DEPTH_MOST = 200 };
static const json_int_t integer_most = (json_int_t)1 << 53;

/* RFC 8785 sorts by UTF-16 code units: as by code point, except that what needs a surrogate pair (0xd800...) sorts below U+E000 to U+FFFF. */
static uint32_t sort_key(uint32_t c)
{
	if (c >= 0x10000)
		return c - 0x10000 + 0xd800;
	return c >= 0xe000 ? c + 0x200000 : c;
}

static int by_utf16(const void *a, const void *b)
{
	const char *x = *(const char *const *)a, *y = *(const char *const *)b;
	uint32_t p = 0, q = 0;

	while (*x && *x == *y)
		x++, y++;
	/* back to the start of the character in which they differ */
	while ((*x & 0xc0) == 0x80 || (*y & 0xc0) == 0x80)
		x--, y--;
	text_utf8(x, strlen(x), &p);
	text_utf8(y, strlen(y), &q);
	p = sort_key(p);
	q = sort_key(q);
	return (p > q) - (p < q);
}

static void put_string(struct text *t, const char *at, size_t len)
{
	static const char short_of[] = "\b\t\n\f\r\"\\", letter[] = "btnfr\"\\";
	size_t plain = 0;

	text_bytes(t, "\"", 1);
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)at[i];
		const char *known;

		if (c >= 0x20 && c != '"' && c != '\\') {
			plain++;
			continue;
		}
		text_bytes(t, at + i - plain, plain);
		plain = 0;
		known = c ? strchr(short_of, c) : NULL;
		if (known)
			text_add(t, "\\%c", letter[known - short_of]);
		else
			text_add(t, "\\u%04x", c);
	}
	text_bytes(t, at + len - plain, plain);
	text_bytes(t, "\"", 1);
}

static int put(struct text *t, const json_t *value, int depth, struct err *e);

static int put_object(struct text *t, const json_t *object, int depth, struct err *e)
{
	size_t len = 0;
	AUTO_FREE const char **keys = mem_alloc(json_object_size(object) * sizeof *keys);
	const char *key;
	json_t *member;

	json_object_foreach((json_t *)object, key, member)
		keys[len++] = key;
	if (len > 1)
		qsort(keys, len, sizeof *keys, by_utf16);
	text_bytes(t, "{", 1);
	for (size_t i = 0; i < len; i++) {
		if (i)
			text_bytes(t, ",", 1);
		put_string(t, keys[i], strlen(keys[i]));
		text_bytes(t, ":", 1);
		if (put(t, json_object_get(object, keys[i]), depth, e))
			return err_wrap(e, "%s", keys[i]);
	}
	text_bytes(t, "}", 1);
	return 0;
}

static int put_array(struct text *t, const json_t *array, int depth, struct err *e)
{
	text_bytes(t, "[", 1);
	for (size_t i = 0; i < json_array_size(array); i++) {
		if (i)
			text_bytes(t, ",", 1);
		if (put(t, json_array_get(array, i), depth, e))
			return err_wrap(e, "%zu", i);
	}
	text_bytes(t, "]", 1);
	return 0;
}

static int put(struct text *t, const json_t *value, int depth, struct err *e)
{
	json_int_t number;

	if (depth > DEPTH_MOST)
		return err_input(e, "E_LIMIT_DEPTH", "JSON deeper than %d levels", DEPTH_MOST);
	if (value == NULL)
		return err_input(e, "E_STRUCTURE", "a JSON value is missing");
	switch (json_typeof(value)) {
	case JSON_OBJECT:
		return put_object(t, value, depth + 1, e);
	case JSON_ARRAY:
		return put_array(t, value, depth + 1, e);
	case JSON_STRING:
		put_string(t, json_string_value(value), json_string_length(value));
		return 0;
	case JSON_INTEGER:
		number = json_integer_value(value);
		if (number > integer_most || number < -integer_most)
			return err_input(e, "E_STRUCTURE", "a JSON integer beyond 2^53");
		text_add(t, "%lld", (long long)number);
		return 0;
	case JSON_REAL:
		return err_input(e, "E_STRUCTURE", "a JSON number that is no integer");
	case JSON_TRUE:
		text_bytes(t, "true", 4);
		return 0;
	case JSON_FALSE:
		text_bytes(t, "false", 5);
		return 0;
	case JSON_NULL:
		text_bytes(t, "null", 4);
	}
	return 0;
}

int json_canonical(const json_t *value, char **ret_bytes, size_t *ret_len, struct err *e)
{
	AUTO(text) t = { 0 };

	if (put(&t, value, 0, e))
		return -1;
	if (ret_len)
		*ret_len = t.len;
	*ret_bytes = text_take(&t);
	return 0;
}

int json_digest(const json_t *value, char ret_hex[65], struct err *e)
{
	AUTO_FREE char *bytes = NULL;
	size_t len = 0;

	if (json_canonical(value, &bytes, &len, e))
		return -1;
	sha256_hex(bytes, len, ret_hex);
	return 0;
}

json_t *json_parse(const char *bytes, size_t len, const char *what, struct err *e)
{
	json_error_t why;
	json_t *value = json_loadb(bytes, len, JSON_REJECT_DUPLICATES, &why);

	if (value == NULL)
		err_input(e, "E_CORRUPT", "%s:%d:%d: %s", what, why.line, why.column, why.text);
	return value;
}

const char *json_text(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

int64_t json_int(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

bool json_flag(const json_t *object, const char *key)
{
	return json_is_true(json_object_get(object, key));
}

json_t *json_list(const json_t *object, const char *key)
{
	json_t *member = json_object_get(object, key);

	return json_is_array(member) ? member : NULL;
}

json_t *json_find(const json_t *list, const char *key, const char *text)
{
	size_t i;
	json_t *one;

	json_array_foreach(list, i, one)
		if (strcmp(json_text(one, key), text) == 0)
			return one;
	return NULL;
}

bool json_lists(const json_t *list, const char *text)
{
	const json_t *item;
	size_t i;

	json_array_foreach(list, i, item)
		if (json_is_string(item) && strcmp(json_string_value(item), text) == 0)
			return true;
	return false;
}

char *json_join(const json_t *list, const char *nobody)
{
	struct text t = { 0 };
	size_t i;
	json_t *item;

	json_array_foreach(list, i, item)
		text_add(&t, "%s%s", i ? ", " : "", json_is_string(item) ? json_string_value(item) : "?");
	if (!json_array_size(list))
		text_add(&t, "%s", nobody);
	return text_take(&t);
}

json_t *json_sorted(const json_t *list, int (*compare)(const void *, const void *), bool is_once)
{
	size_t len = json_array_size(list);
	json_t **items = mem_alloc((len + 1) * sizeof *items), *result = json_array();

	for (size_t i = 0; i < len; i++)
		items[i] = json_array_get(list, i);
	qsort(items, len, sizeof *items, compare);
	for (size_t i = 0; i < len; i++)
		if (!is_once || i == 0 || !json_equal(items[i], items[i - 1]))
			json_array_append(result, items[i]);
	free(items);
	return result;
}

json_t *json_map(const json_t *object, const char *key)
{
	json_t *member = json_object_get(object, key);

	return json_is_object(member) ? member : NULL;
}

void json_set_bytes(json_t *object, const char *key, const char *bytes, size_t len)
{
	AUTO_FREE char *raw_key = NULL;
	AUTO(text) t = { 0 };
	uint32_t c;

	if (text_is_utf8(bytes, len)) {
		json_object_set_new(object, key, json_stringn(bytes, len));
		return;
	}
	for (size_t i = 0, size; i < len; i += size ? size : 1) {
		unsigned char b = (unsigned char)bytes[i];

		size = text_utf8(bytes + i, len - i, &c);
		if (size)
			text_bytes(&t, bytes + i, size);
		else
			text_bytes(&t, (char[]){ (char)(0xc0 | b >> 6), (char)(0x80 | (b & 63)) }, 2);
	}
	raw_key = mem_printf("%s_raw", key);
	json_object_set_new(object, raw_key, json_stringn(t.at, t.len));
}

void json_set_str(json_t *object, const char *key, const char *text)
{
	json_set_bytes(object, key, text ? text : "", text ? strlen(text) : 0);
}

void json_add_text(json_t *list, const char *fmt, ...)
{
	AUTO_FREE char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	text = mem_vprintf(fmt, ap);
	va_end(ap);
	json_array_append_new(list, json_string(text));
}

void json_add_once(json_t *list, const char *text)
{
	if (!json_lists(list, text))
		json_array_append_new(list, json_string(text));
}
