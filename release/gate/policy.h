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
/* Gives the bytes of a file that the policy includes; 1: there is none (people may then all stand in the policy itself). */
typedef int policy_fetch(void *context, const char *path, char **ret, size_t *ret_len, struct err *e);
/* The same with the included sections (people, services, processes) read from their files and put in their places. fetch NULL: there are none. */
int policy_parse_with(const char *text, size_t len, const char *file, policy_fetch *fetch, void *context, json_t **ret,
	struct err *e) MUST;
/* The form of a file that is not merged: contacts; a calendar's first line. ERR_USAGE. */
int policy_check_file(const char *section, const char *text, size_t len, const char *file, struct err *e) MUST;
/* What this version cannot honour and must not ignore (policy replace refuses), as texts; and what it does not do yet but which opens nothing. */
json_t *policy_gaps(const json_t *policy);
json_t *policy_later(const json_t *policy);

/* ---- asking it; fingerprints are bare upper-case hex */
const json_t *policy_person(const json_t *policy, const char *person);
bool policy_key_of(const json_t *policy, const char *person, const char *fingerprint);
const char *policy_person_of(const json_t *policy, const char *fingerprint); /* NULL: nobody's */
bool policy_vendor_key(const json_t *policy, const char *vendor, const char *fingerprint);
const char *policy_vendor_of(const json_t *policy, const char *fingerprint); /* the vendor that pinned it, or NULL */
/* Who may change the policy; no role of it, whatever its table of roles says. */
#define POLICY_OWNER "policy-owner"
/* The holders of a role; borrowed, NULL: none. */
const json_t *policy_holders(const json_t *policy, const char *role);
/* As a list of votes: the threshold of the owners. New. */
json_t *policy_owner_votes(const json_t *policy);
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
/* What a policy may mean for those who sign it: as sentences; and what is allowed but seldom meant, [{"check","where","text"}]. */
json_t *policy_words(const json_t *policy);
json_t *policy_lint(const json_t *policy, int64_t at);

/* ---- kinds of keys: "openpgp:ABC". A key whose kind has no `identity` yet may stand in a policy and signs nothing. */
struct key_kind {
	const char *prefix, *pattern; /* of what follows it */
	const char *about;
	char *(*identity)(const char *value); /* what signatures are held against; malloc; NULL: not yet */
};
const struct key_kind *key_kind_of(const char *key); /* NULL: no such kind */
const struct key_kind *key_kinds(size_t *ret_len);
char *fingerprint_of(const char *key); /* the identity of a key that can sign; NULL: it cannot; malloc */

/* ---- included files: part of the policy by digest. A version of one comes into force by an owner of the file (the record "policy-include" or
 * "policy" that names path and digest is the owner's signature, or a detached one over bytes that were never in force at that path), or by a threshold of the
 * policy's owners. An owner of the people file alone cannot give a key to anybody who holds a role or owns the policy. */
struct policy;
/* Every file the policy names: {PATH: {"section": "people"|"services"|"processes"|"calendars"|"contacts","owners": [...] (none: the policy's),"publish": bool}} */
json_t *policy_paths(const json_t *policy);
bool policy_path_is_safe(const char *path);
/* The bytes in force in that state, from the store or from records/. None: E_DIGEST, ERR_VERDICT. What is not published is only in the store. */
int policy_file(const struct policy *policy, struct record_source *s, const char *path, char **ret, size_t *ret_len,
	struct err *e) MUST;
const char *policy_file_digest(const struct policy *policy, const char *path); /* "" none is in force */
int policy_state_digest(const struct policy *policy, const char *previous, char ret[65], struct err *e) MUST;
/* Somebody with a role who has a key in `after` that they did not have in `before`; NULL: nobody. */
const char *policy_key_given(const json_t *before, const json_t *after);

/* ---- the chain: one item a state, that is a text with its files. Records name the state's digest. */
struct policy {
	char digest[65], text_digest[65], record[65], signature[65];
	json_t *json, *keyring,
		*signatures; /* json: with its included sections; keyring, signatures: digests of blobs */
	json_t *files;       /* PATH: digest, as in force */
	char *text;
	size_t len;
	int64_t since, seq; /* when its record was made; its place in the log */
};
struct policies {
	struct policy *at;
	size_t len, room;
	json_t *verified;         /* what gpg found good, by its names (memory.h); makes nothing good that was not */
	struct log_index *memory; /* borrowed; where such names are kept; NULL: this process alone */
	struct keyring keyring;   /* every certificate of every version; who counts is decided by fingerprint */
};
/* One step of the chain from its record ("policy", "policy-include"): digests, the owners' signatures, the record's own signature. The first one is
 * believed when it is signed by its own owners and, where root is given, has that digest. */
int policies_add(struct policies *p, struct record_source *s, const char *record, const char *signature, int64_t seq,
	const char *root, struct err *e) MUST;
bool policies_is_step(const char *type); /* a record of that type makes a new state */
/* Would a record of that type, signed by that person now, be such a step? ERR_VERDICT when signatures are missing. */
int policies_judge(struct policies *p, struct record_source *s, const char *type, const json_t *body,
	const char *person, struct err *e) MUST;
const struct policy *policies_now(const struct policies *p); /* the last; NULL when empty */
const struct policy *policies_by_digest(const struct policies *p, const char *digest);
/* The one in force when the log stood at seq; NULL: none yet. */
const struct policy *policies_at(const struct policies *p, int64_t seq);
void policies_done(struct policies *p);
/* policy_own.c: the organisation's own keys ("release", "package") by that policy, the present ones first; first: what the store began with, which counts until a
 * policy says otherwise. New array of fingerprints. */
json_t *policy_own_keys(const json_t *policy, const char *which, const char *first);
/* All that ever were, the newest first: what judges old signatures. */
json_t *policies_own_keys(const struct policies *chain, const char *which, const char *first);
