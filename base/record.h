/* record.h - what stages leave behind: findings and evidence. Plain data with a JSON form; only the gate decides on them. */
#pragma once
#include "base/json.h"

enum severity { SEVERITY_INFO, SEVERITY_LOW, SEVERITY_MEDIUM, SEVERITY_HIGH, SEVERITY_CRITICAL };
enum impact { IMPACT_MINOR, IMPACT_SIGNIFICANT, IMPACT_FAR_REACHING };

/* Strings are borrowed from the arena of whoever made it. old and new may be "". */
struct finding {
	enum severity severity;
	const char *check, *where, *old, *new, *text, *remedy;
};
struct findings {
	struct finding *at;
	size_t len, room;
};

const char *severity_name(enum severity s);
int severity_parse(const char *name);   /* -1: unknown */
const char *impact_name(enum impact i); /* minor, significant, far-reaching */
int impact_parse(const char *name);
enum impact impact_floor(enum severity worst); /* critical: far-reaching; high: significant; else minor */

/* {"check","severity","where","old","new","text","remedy","digest"}; the digest is over the object without "digest". */
json_t *finding_json(const struct finding *f);
json_t *findings_json(const struct findings *list); /* array, worst first, then check, where */

/* What a stage found out about subjects named by digest: stored by its own digest, referred to by the RfC, read by the gate.
 * {"kind","subjects":[sha256...],"verdict":"pass|fail|error","tool":"sluice VERSION","time":"...Z","body":{...}} */
json_t *evidence_json(const char *kind, json_t *subjects, const char *verdict, int64_t time,
	json_t *body); /* steals subjects and body */
