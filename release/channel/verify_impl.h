/* verify_impl.h - one verification of a published tree: what its parts share. */
#pragma once
#include "release/channel/channel.h"
#include "release/channel/parts.h"
#include "release/gate/audit_items.h"
#include "sign/sign.h"

struct verifying {
	const char *dir;
	const json_t *trust;
	int64_t at;
	struct keyring keyring; /* trust.json's certificates */
	const char **pins;      /* release keys; borrowed from trust */
	size_t pins_len;
	int fd;                     /* release.json in lines (snapshot_text.h); -1: not believed */
	json_t *release;            /* without its long lists; believed once its signature is good */
	struct parts parts;         /* what the tree says that it holds */
	struct digest_map expected; /* by the path's digest, what may lie in the tree: struct expected */
	size_t missing;             /* of those: must be there, and were not seen yet */
	struct audit_items items;   /* its packages */
	json_t *findings;           /* [{"code","where","text"}] */
	size_t files, packages;     /* looked at; named */
};
struct expected {
	unsigned char sha256[DIGEST_KEY];
	bool has_digest, is_required, is_seen; /* without a digest: judged by its own signature, or by this file's */
};

void verify_find(struct verifying *v, const char *code, const char *where, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
/* The same from an error that a check returned. */
void verify_find_err(struct verifying *v, const char *where, const struct err *e);
/* The last finding says no more than that this machine failed with that errno: no verdict comes of it (audit_machine). */
void verify_machine(struct verifying *v, int sys);
/* Opens dir/path; a missing file is a finding's error. -1: failed. */
int verify_open(const struct verifying *v, const char *path, uint64_t *ret_size, struct err *e) MUST;
/* dir/path whole; a missing file is a finding's error. Malloc. */
int verify_read(const struct verifying *v, const char *path, char **ret, size_t *ret_len, struct err *e) MUST;
/* Detached signature dir/sig over dir/path by a pinned release key. */
int verify_signed(struct verifying *v, const char *path, const char *sig, struct err *e) MUST;
/* Which files release.json, and the earlier generations in history/, name. -1: release.json cannot be read to its end; then nothing more of it is looked at. */
int verify_expect(struct verifying *v, struct err *e) MUST;
/* Every file of the tree is hashed once and held against that; index signatures are verified on the way. */
int verify_files(struct verifying *v, struct err *e) MUST;
/* verify.c: what the last policy of the chain says of release.json's signer, and of the keys that are handed out. */
void verify_own_keys(struct verifying *v, const json_t *policy);
void verify_served_keys(struct verifying *v, const json_t *policy);
/* verify_indexes.c: what the indexes say is what the packages of release.json were voted on with; nothing else is said. */
void verify_indexes(struct verifying *v, const json_t *policy);
/* The chain of policies, the records, and the gate again for every release. */
void verify_records(struct verifying *v);
