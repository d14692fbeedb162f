/* notice.h - what people who look for updates (updateinfo) are told of a release: from its records alone, so that whoever has them tells the same.
 *
 * Which advisories it answers is the word of who releases it: they are said in the signed act, as advisories are no part of an RfC's records. Nothing is
 * decided by it. */
#pragma once
#include "release/gate/load.h"

/* For the act: [{"id","severity","url","cves": [...]}] of those that are answers, within bounds. about: advisory_about's. New. */
json_t *notice_advisories(const json_t *about);
/* ERR_VERDICT: what the act says is not of that form. */
int notice_check(const char *rfc, const json_t *act, struct err *e) MUST;
/* {"title","severity": "Critical|Important|Moderate|Low|","reason","answers","advisories": as the act says; absent: none}. The severity is the RfC's
 * priority, or that of the worst advisory. New. */
json_t *notice_of(const struct dossier *d, const struct policy *policy, const json_t *act);
