/* dsc.h - Debian source packages (.dsc) and uploads (.changes): control files that name files beside them. dsc(5), deb-changes(5).
 *
 * The text may be clear-signed (RFC 9580, 7); what the signature covers and what is read here must be the same lines, so anything before,
 * behind or between is refused. Whether the signature is good is sign/'s business. */
#pragma once
#include "formats/deb822.h"
#include "formats/pkg.h"
#include <stdbool.h>

enum { DSC_TEXT_MOST = 4 << 20, DSC_FILES_MOST = 1000 };

struct dsc_file {
	const char *name; /* no slash in it */
	uint64_t size;
	char sha256[65];
};
struct dsc {
	bool is_changes, is_signed;
	struct deb822 fields;
	struct dsc_file *at;
	size_t len, room;
};
/* Could these first bytes be such a file? Only fixed beginnings are compared: the parent of the decoder asks this, too. */
bool dsc_begins(const void *head, size_t len);
/* A text that is none of the two: E_UNKNOWN_FORMAT. Strings live in a. */
int dsc_parse(struct arena *a, const char *text, size_t len, struct dsc *ret, struct err *e) MUST;
void dsc_done(struct dsc *d);
