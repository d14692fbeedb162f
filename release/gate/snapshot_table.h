/* snapshot_table.h - where the packages of a release.json lie in it, with what is asked about them as hashes: the few that a question is about are found without
 * reading the others.
 *
 * It is the signer's memory of a file that it wrote, beside the documents, and like those not waited for: one that is missing, torn or of another release.json is made
 * again from that. Hashes only say what need not be looked at; what they point at is read. */
#pragma once
#include "release/gate/snapshot_text.h"

struct snap_place {
	uint64_t at; /* in the file */
	uint32_t len, is_adopted;
	uint64_t where[2];                 /* of format, suite or base, architecture and component */
	uint32_t name, product, path, rfc; /* of each of them */
};
struct snap_table {
	struct snap_reader file;
	LIST(struct snap_place) list; /* in the order of the packages */
	struct text item;
};
uint32_t snap_hash(const char *text, size_t len);
void snap_place_of(const struct snap_item *item, struct snap_place *ret); /* all but where it lies */

/* Of that release.json, whose digest this is; noted: as it was kept, or made again. */
int snap_table_open(struct snap_table *t, const char *path, const char *noted, const char *sha256, struct err *e) MUST;
/* The i-th package; valid until the next. */
int snap_table_item(struct snap_table *t, size_t i, struct snap_item *ret, struct err *e) MUST;
/* The lists behind the packages. */
int snap_table_behind(const struct snap_table *t, const char *path, struct snap_reader *ret, struct err *e) MUST;
int snap_table_keep(const struct snap_table *t, const char *noted, const char *sha256, struct err *e) MUST;
void snap_table_done(struct snap_table *t);

/* Hashes to look for. */
struct snap_hashes {
	LIST(uint32_t) list;
};
void snap_hashes_add(struct snap_hashes *h, const char *text);
void snap_hashes_keys(struct snap_hashes *h, const json_t *map); /* its keys */
void snap_hashes_sort(struct snap_hashes *h);                    /* before anything is looked for */
bool snap_hashes_has(const struct snap_hashes *h, uint32_t hash);
void snap_hashes_done(struct snap_hashes *h);
#define AUTO_SNAP_HASHES __attribute__((cleanup(snap_hashes_done))) struct snap_hashes
