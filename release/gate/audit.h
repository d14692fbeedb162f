/* audit.h - does the store still say what its records say? */
#pragma once
#include "release/gate/load.h"

/* Walks the log's chain, every record's digest and signature, every policy, every signed snapshot and its log head, asks the gate again for each release at
 * its time, and compares the catalogue's rows with the records. {"ok", "rows", "records", "releases", "findings": [{"what","where","text"}]}: all are found, not only the first. -1 only
 * when it could not be run. */
int audit_store(struct store *s, json_t **ret, struct err *e) MUST;
/* One release of a published tree asked again: entry is an item of release.json's "releases". Adds findings in audit_store's shape; true when the gate allows. */
bool audit_release(
	struct record_source *s, struct policies *chain, const char *channel, const json_t *entry, json_t *findings);
/* The chain of policies that release.json carries, from its pinned root. */
int audit_policies(
	struct record_source *s, const json_t *release, const char *root, struct policies *ret, struct err *e) MUST;
