/* policy.h - who may decide what: one signed YAML file, and the chain of its versions since the first (the trust root).
 *
 * A version comes into force when a threshold of the owners of the one before signed its exact bytes (detached). The keyring beside it is
 * only a bag of certificates: the fingerprints in the policy decide. Everything below that takes a json_t is pure. */
#pragma once
#include "release/gate/source.h"
#include "sign/sign.h"

/* ---- one file */
/* Checks the schema and that every name it uses exists. ERR_USAGE with FILE:LINE:COLUMN. */
int policy_parse(const char *text, size_t len, const char *file, json_t **ret, struct err *e) MUST;
/* What this version cannot honour and must not ignore (policy replace refuses), as texts; and what it does not do yet but which opens nothing. */
json_t *policy_gaps(const json_t *policy);
json_t *policy_later(const json_t *policy);

/* ---- asking it; fingerprints are bare upper-case hex */
const json_t *policy_person(const json_t *policy, const char *person);
bool policy_key_of(const json_t *policy, const char *person, const char *fingerprint);
const char *policy_person_of(const json_t *policy, const char *fingerprint); /* NULL: nobody's */
bool policy_vendor_key(const json_t *policy, const char *vendor, const char *fingerprint);
const char *policy_vendor_of(const json_t *policy, const char *fingerprint); /* the vendor that pinned it, or NULL */
bool policy_holds(const json_t *policy, const char *person, const char *role);
bool policy_has_any_role(const json_t *policy, const char *person);
bool policy_is_owner(const json_t *policy, const char *person);
const json_t *policy_category(const json_t *policy, const char *impact); /* NULL: undefined */
const char *policy_priority(
	const json_t *policy, const char *urgency, const char *impact); /* "" when the table has no such cell */
const char *policy_fail_on(const json_t *policy);                       /* a severity; "high" unless set */
/* The roles that may accept a finding of that check. */
const json_t *policy_acceptors(const json_t *policy, const char *check);
/* Which services, processes and departments packages of these names touch: {"services","processes","departments","unmapped"}, sorted. */
json_t *policy_affected(const json_t *policy, const json_t *names);
/* The part of the policy that an RfC of that impact is asked by: {"category","evidence","votes","departments","fail-on"}. */
json_t *policy_extract(const json_t *policy, const char *impact, const json_t *affected);
char *fingerprint_of(const char *key); /* "openpgp:ABC" -> "ABC"; NULL for other kinds; malloc */

/* ---- the chain */
struct policy {
	char digest[65], record[65], signature[65];
	json_t *json, *keyring, *signatures; /* keyring, signatures: digests of blobs */
	char *text;
	size_t len;
	int64_t since, seq; /* when its record was made; its place in the log */
};
struct policies {
	struct policy *at;
	size_t len, room;
	json_t *verified; /* signatures that were found good by this process, by digests; makes nothing good that was not */
	struct keyring keyring; /* every certificate of every version; who counts is decided by fingerprint */
};
/* One step of the chain from its record (type "policy"): digests, the owners' signatures, the record's own signature. The first one is
 * believed when it is signed by its own owners and, where root is given, has that digest. */
int policies_add(struct policies *p, struct record_source *s, const char *record, const char *signature, int64_t seq,
	const char *root, struct err *e) MUST;
/* Puts a further version of the file to the owners' test without adding it: the distinct owners who signed it. ERR_VERDICT below the threshold. */
int policies_judge(struct policies *p, const char *text, size_t len, const json_t *json, char *const *signatures,
	const size_t *lens, size_t count, struct err *e) MUST;
const struct policy *policies_now(const struct policies *p); /* the last; NULL when empty */
const struct policy *policies_by_digest(const struct policies *p, const char *digest);
/* The one in force when the log stood at seq; NULL: none yet. */
const struct policy *policies_at(const struct policies *p, int64_t seq);
void policies_done(struct policies *p);
