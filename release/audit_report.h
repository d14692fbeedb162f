/* audit_report.h - the auditor's sample of a period. */
#pragma once
#include "release/release.h"

/* {"from","to","organisation","policy","log": {"seq","hash"},"counts": {WHAT: number},"requirements": [{"id","title","shown_by","number"}],
 *  "changes": [{"rfc","state","type","urgency","impact","requester","opened","request","affected","packages","votes","evidence","acceptances","releases","revisions"}],
 *  "refusals": [row],"policies": [row]}. A change is in it when anything about it stands in the log in that time. Signatures are checked again. */
int release_report(struct release *r, int64_t from, int64_t to, json_t **ret, struct err *e) MUST;
