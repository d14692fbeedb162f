/* audit.h - does the store still say what its records say? */
#pragma once
#include "release/gate/audit_items.h"
#include "release/gate/load.h"

/* Walks the log's chain, every record's digest and signature, every policy, every signed snapshot and its log head, asks the gate again for each release at
 * its time, and compares the catalogue's rows with the records. {"ok", "rows", "records", "releases", "findings": [{"what","where","text"}]}: all are found, not only the first. -1 only
 * when it could not be run. */
int audit_store(struct store *s, json_t **ret, struct err *e) MUST;
/* The log alone, with nothing but trust.json: its chain, the heads that were signed into snapshots, every record's signature, the policies from their pinned root, and
 * the gate again for each release. Packages are not looked at. {"ok","rows","head","signed_row","records","releases","findings"} */
int audit_log(struct record_source *s, json_t *rows, const json_t *trust, json_t **ret, struct err *e) MUST;
/* A signed release.json that is asked about: each item of "releases" (the gate at its recorded time) with what of "packages" it let in. */
struct audit_asked {
	struct record_source *source;
	struct policies *chain;
	const char *channel;
	struct audit_items *items; /* filled with its packages */
	json_t *findings;          /* in audit_store's shape; added to */
};
/* All of it, and whether every package was let in by one of them, and what was taken out stays out. -1 only when it could not be run. */
int audit_snapshot(const struct audit_asked *of, struct err *e) MUST;
/* A signed release.json by digests, believed when one of these release keys (fingerprints; their certificates in ring) signed it. ret_revoked: where one that was
 * revoked since is no error, because the log says that it was let out (NULL: it is). */
int snapshot_load(struct record_source *s, struct keyring *ring, const json_t *release_keys, const char *release,
	const char *signature, json_t **ret, bool *ret_revoked, struct err *e) MUST;
/* The same as a file of lines (snapshot_text.h), of which no more is held than is read; the caller closes it. */
int snapshot_open(struct record_source *s, struct keyring *ring, const json_t *release_keys, const char *release,
	const char *signature, int *ret_fd, bool *ret_revoked, struct err *e) MUST;
/* A finding that says no more than that this machine failed ("machine": errno) is none about what was asked: it makes the whole answer an error. */
int audit_machine(const json_t *findings, struct err *e) MUST;
/* The chain of policies that release.json carries, from its pinned root. */
int audit_policies(
	struct record_source *s, const json_t *release, const char *root, struct policies *ret, struct err *e) MUST;
