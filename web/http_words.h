/* http_words.h - what stands in a request's header fields (RFC 9110), read by pure functions over hostile text. */
#pragma once
#include "base/base.h"
#include <stdbool.h>

/* "Fri, 27 Nov 2026 05:00:00 GMT", the form that is written today; other forms are no date. */
bool http_date_parse(const char *text, int64_t *ret);
void http_date(int64_t t, char ret[32]);

/* Is etag (strong, with its quotes) in the list of an If-None-Match field, or is that "*"? Weak ones compare by what they quote. */
bool http_etag_listed(const char *field, const char *etag);

enum http_part {
	HTTP_WHOLE,       /* no range, or one that RFC 9110 lets a server ignore: several, other units, broken ones */
	HTTP_PART,        /* *ret_from, *ret_len */
	HTTP_NO_SUCH_PART /* beyond the end */
};
enum http_part http_range(const char *field, uint64_t size, uint64_t *ret_from, uint64_t *ret_len);

/* Content-Type by a file's name. Compressed indexes are files, not encodings. */
const char *http_type(const char *name);
