/* version.h - version order of deb and rpm, and translation between them that keeps it. deb-version(7), rpm-version(7).
 *
 * A struct evr borrows its strings. epoch -1: none written. */
#pragma once
#include "base/arena.h"
#include "base/err.h"

struct evr {
	int64_t epoch;
	const char *version, *release;
}; /* release "" when none */
int evr_parse(struct arena *a, const char *text, struct evr *ret, struct err *e)
	MUST; /* "[epoch:]version[-release]": the last '-' splits */
char *evr_text(struct arena *a, const struct evr *v);
int version_compare_deb(const struct evr *a, const struct evr *b);
int version_compare_rpm(const struct evr *a, const struct evr *b);
/* The same version in the other family's alphabet: for any a < b of the source family the results compare alike there. */
int version_to_rpm(struct arena *a, const struct evr *deb, struct evr *ret, struct err *e) MUST;
int version_to_deb(struct arena *a, const struct evr *rpm, struct evr *ret, struct err *e) MUST;
bool version_deb_valid(const char *text);
