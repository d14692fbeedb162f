/* advisory_impl.h - what the files about advisories share. */
#pragma once
#include "release/advisory.h"
#include "release/csaf.h"

/* {ID: {"id","namespace","version","severity","imported","since": seconds,"person","document","record"}} of the latest versions. */
int advisories_known(struct release *r, bool is_trusting, json_t **ret, struct err *e) MUST;

int advisory_parsed(struct release *r, const char *document, json_t **ret, struct err *e) MUST;

/* advisory_match.c. What is released and asked for, read once for all advisories. */
struct matcher {
	struct release *r;
	json_t *candidates; /* id -> its submission; filled as it is asked for, emptied when it grows */
	json_t *packages;   /* of all channels, as their signed release.json say */
	json_t *rfcs;       /* id -> {"cve","candidates"} */
};
int matcher_begin(struct matcher *m, struct err *e) MUST;
void matcher_done(struct matcher *m);
int matcher_affected(struct matcher *m, const json_t *parsed, json_t *ret, struct err *e) MUST;
int matcher_rfcs(struct matcher *m, const json_t *parsed, json_t *ret, struct err *e) MUST;
/* Why an RfC with that field and these candidates has to do with it, *ret NULL: it has not. */
int matcher_why(struct matcher *m, const json_t *parsed, const char *cve, const json_t *candidates, bool *ret_is_answer,
	char **ret, struct err *e) MUST;
/* Which CVEs such an RfC answers, added to ret. */
int matcher_cves(struct matcher *m, const json_t *parsed, const char *cve, const json_t *candidates, json_t *ret,
	struct err *e) MUST;
