/* deb822.h - stanzas of "Field: value" lines: deb control files. deb822(5). */
#pragma once
#include "base/arena.h"
#include "base/err.h"

struct deb822_field {
	const char *name,
		*value; /* value: without the blank after ':', continuation lines kept with their newline and first blank */
	size_t len;
};
struct deb822 {
	struct deb822_field *at;
	size_t len, room;
};
/* Exactly one stanza. E_METADATA on anything else: a field told twice, a line that is none, NUL or control bytes. Strings live in a. */
int deb822_parse(struct arena *a, const char *bytes, size_t len, struct deb822 *ret, struct err *e) MUST;
const char *deb822_get(const struct deb822 *d, const char *name); /* names have no case; NULL: missing */
void deb822_done(struct deb822 *d);
