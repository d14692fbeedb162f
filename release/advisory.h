/* advisory.h - vendors' advisories: imported by somebody who signs for it, held against what is released, answered by RfCs. */
#pragma once
#include "release/release.h"

/* A signed act; the document is a blob. ERR_INPUT: not of the form (csaf.h); ERR_VERDICT: older than what is there, or another publisher's. The item as in the list. */
int advisory_import(struct release *r, const struct actor *actor, const char *file, json_t **ret, struct err *e) MUST;
/* {"advisories": [{"id","title","publisher","version","status","severity","severity_from","score": tenths,"cves","imported","person","document","deadline": time or "",
 *  "state": "late|open|answered|not-affected","affected": [{"channel","package","version","target","product","rfc","cves"}],"rfcs": [{"rfc","state","why"}],"remedies"}]}, worst first.
 * is_trusting: signatures are left to those who judge. */
int advisory_list(struct release *r, bool is_trusting, json_t **ret, struct err *e) MUST;
/* Those that concern the RfC: [{"id","title","severity","url","answers","why","cves": it answers}]. shown: has "request" and "candidates" as rfc_show has them. */
int advisory_about(struct release *r, const json_t *shown, json_t **ret, struct err *e) MUST;
