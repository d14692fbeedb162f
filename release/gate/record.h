/* record.h - an act: canonical JSON signed by its maker, both kept as blobs by sha256.
 *
 *   {"type","version":1,"time":"...Z","person","key","policy": digest in force,"after": head of the log as the maker saw it,"body":{...}}
 *
 * A record is authentic when its bytes have that digest and are canonical, its detached signature is good by `key`, and `key` belonged to `person` in the
 * policy it names. Whether it still counts (a role, a present key) is the gate's question. */
#pragma once
#include "release/gate/policy.h"

/* Who acts. person NULL: whoever owns the key; home NULL: STORE/trial for a trial store's own person, else $GNUPGHOME or ~/.gnupg; key NULL: the person's key in home. */
struct actor {
	const char *person, *home, *key;
	const char *stands_for; /* whose deputy votes; NULL: the only one there is */
};
/* How long a vote may be carried from where its key is. */
enum { VOTE_CARRIED_S = 7 * 86400 };

struct record {
	char digest[65], signature[65];
	int64_t seq, time; /* seq: place in the log (or in the list that was published) */
	bool is_done;      /* a release whose snapshot was signed */
	json_t *json;
	const json_t *body; /* borrowed from json, like the texts */
	const char *type, *person, *key, *policy;
};

json_t *record_make(const char *type, int64_t time, const char *person, const char *key, const char *policy,
	const char *after, json_t *body); /* steals body */
/* Canonical bytes, digest and armored signature of a finished record. *ret_bytes, *ret_sig: malloc. */
int record_sign(const json_t *record, struct signer *signer, char **ret_bytes, size_t *ret_len, char **ret_sig,
	size_t *ret_sig_len, struct err *e) MUST;
/* Is this signature over these bytes good by that person's key in that policy? is_fresh: now; else a key that has expired since is fine. */
int record_verify(const char *bytes, size_t len, const char *sig, size_t sig_len, struct policies *chain,
	const struct policy *policy, const json_t *record, bool is_fresh, struct err *e) MUST;
int64_t record_time(const json_t *record); /* seconds; 0 when it is none */
/* Shape only: canonical, every member there and of its kind. The fuzzers' door. */
int record_parse(const char *bytes, size_t len, json_t **ret, struct err *e) MUST;
/* From digests to a believed record. is_trusting skips the signature (lists that judge nothing). */
int record_load(struct record_source *s, const char *digest, const char *signature, struct policies *chain,
	bool is_trusting, struct record *ret, struct err *e) MUST;
void record_done(struct record *r);

struct records {
	struct record *at;
	size_t len, room;
};
void records_done(struct records *r);
