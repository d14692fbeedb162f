/* csaf.h - a vendor's security advisory in CSAF 2.0 JSON: read, bounded, and asked what it says of a package.
 *
 * Every byte is hostile. What is refused is ERR_INPUT with FILE and the JSON pointer of the place. Pure: no store, no clock. */
#pragma once
#include "base/json.h"

enum { CSAF_FILE_MAX = 15 << 20 }; /* what the standard asks everybody to accept */

/* {"id","title","publisher","namespace","version","status","released": time as it says,"url": its own page or "","severity","score": tenths,"severity_from": "aggregate|cvss|none","cves": [..],
 *  "names": {NAME: true} of all products,
 *  "products": {ID: {"name","names": [normalised],"how": "exact|range|any","version","family"}},
 *  "vulnerabilities": [{"cve","title","score","status": {STATUS: [ID]},"remedies": [{"category","text"}]}]} */
int csaf_parse(const char *bytes, size_t len, const char *file, json_t **ret, struct err *e) MUST;

/* A name as both sides are compared: lower case, blanks and _ as -. Malloc. */
char *csaf_name(const char *text);

enum csaf_word { CSAF_NOTHING, CSAF_AFFECTED, CSAF_FIXED };
struct csaf_package {
	const char *names[3];                 /* of the package, its product, ...; NULL ends early */
	const char *version;                  /* the vendor's own */
	const char *format, *package_version; /* for identifiers of that format's own packages */
};
/* csaf_match.c: what all its vulnerabilities say together. FIXED: it speaks of an older one, and not of this. ret_cves (may be NULL): which affect it. */
enum csaf_word csaf_says(const json_t *advisory, const struct csaf_package *p, json_t *ret_cves);
/* Those of which it says that word, without regard to its other vulnerabilities, are added to ret_cves. */
void csaf_cves(const json_t *advisory, const struct csaf_package *p, enum csaf_word word, json_t *ret_cves);
/* Is version a (document/tracking/version: a number, or three joined by dots) above b? */
bool csaf_newer(const char *a, const char *b);
