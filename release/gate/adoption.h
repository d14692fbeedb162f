/* adoption.h - an RfC that takes over, for one target of a channel, a repository that was served before: bytes unchanged, examined by nobody.
 *
 * Its opening names channel ("into-channel"), target ("adopt") and, by digest, evidence of kind "adoption" ("adopts"), whose body lists every package:
 * {"target","format","path","signed": fingerprint or "","origin","label","suite","packages": [{"name","version","architecture","sha256","size","location",
 * "fragment"[,"component"]}]}. The revision names that evidence; so what is voted on is every byte of it. */
#pragma once
#include "base/json.h"

#define ADOPTION_TEXT "taken over, not examined"
enum { ADOPTION_PACKAGES_MAX = 40000 };

/* The RfC's "adopts" (gate.h) from its opening's request and the evidence. E_MISMATCH when one is not of its form or they do not fit together. NULL: failed. */
json_t *adoption_of(const json_t *request, const json_t *evidence, struct err *e);
/* Its packages in the shape of a candidate's, each with "adopted" and its name as the product. New array. */
json_t *adoption_packages(const json_t *evidence);
/* Does the channel, whose last release.json (what of it is about the target) is given, serve nothing for the target, and was nothing taken out there? What the RfC itself brought
 * does not count. ERR_VERDICT "E_GATE". */
int adoption_fits(const json_t *rfc, const json_t *last, struct err *e) MUST;
/* Does a package that came the usual way take the place of this one, which was taken over? */
bool adoption_gives_way(const json_t *new, const char *target, const char *name, const char *architecture);
