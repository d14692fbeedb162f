/* audit_items.h - what a signed release.json serves, as asking again needs it: about a hundred bytes a package, whatever the line says.
 *
 * Filled from one reading of its packages, each parsed once. release.json is an open file of lines (snapshot_text.h) that stays the caller's. */
#pragma once
#include "base/digest_map.h"
#include "release/gate/snapshot_text.h"

struct audit_item {
	uint32_t rfc, len;            /* number of its RfC; length of its line */
	uint64_t at;                  /* of the line in the file */
	unsigned char is[DIGEST_KEY]; /* what identifies a package for its RfC: audit_identity */
};
struct audit_items {
	int fd;
	struct digest_map rfcs; /* by the name's digest: its number, from 1 */
	struct digest_map held; /* by sha256: struct audit_held */
	LIST(struct audit_item) items;
	json_t *gone;      /* {name that a release took out: is it served again?} */
	json_t *strangers; /* findings: packages that no release let in; NULL: not asked about all releases */
	size_t releases;
	bool is_sorted;
};
struct audit_held {
	uint64_t size;
	bool is_here, is_hashed; /* to be hashed; hashed just now, and what it is called (with that size) */
};
/* Reads its releases; only: see audit_releases. */
int audit_items_open(struct audit_items *s, int fd, const char *only, struct err *e) MUST;
void audit_items_done(struct audit_items *s);
/* One package, in the order of the file. is_here: it lies where it can be hashed. */
void audit_items_add(struct audit_items *s, const struct snap_item *line, const json_t *package, bool is_here);
/* NULL: release.json names no package with that digest. */
struct audit_held *audit_held_of(const struct audit_items *s, const char *sha256);
/* sha256 over the members that an item of release.json shares with the package that was submitted. */
void audit_identity(const json_t *package, unsigned char ret[DIGEST_KEY]);
/* The items of that RfC. */
const struct audit_item *audit_items_of(struct audit_items *s, const char *rfc, size_t *ret_len);
/* The item's line again, parsed; new, NULL: failed. */
json_t *audit_item_json(const struct audit_items *s, const struct audit_item *item, struct err *e);
