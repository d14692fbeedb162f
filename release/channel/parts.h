/* parts.h - a pulled tree that holds only some of the channel's targets.
 *
 * release.json is signed and lists all of them, so what was left out on purpose is noted beside it, in targets.json: {"type": "sluice-targets","version": 1,"targets": [NAME]}. Nobody
 * signed that file: it is the word of whoever keeps the tree, and makes nothing good that is there. Left out is always a whole index with its packages, never a package
 * that an index of the tree names: targets that share a suite or a repository stay together. */
#pragma once
#include "base/err.h"
#include "base/json.h"

#define PARTS_FILE "targets.json"

/* Which indexes a snapshot has, and of which targets each is: {where the index lies: {TARGET: true}}. Made of release.json's packages, one after another. */
void parts_see(json_t *layout, const json_t *package);

struct parts {
	json_t *targets; /* those that were asked for; NULL: all */
	json_t *layout;
	json_t *indexes; /* {where the index lies: is it held?} */
};
/* targets (list of names) may be NULL. */
void parts_of(const json_t *layout, const json_t *targets, struct parts *ret);
void parts_done(struct parts *p);
#define AUTO_PARTS __attribute__((cleanup(parts_done))) struct parts
/* Does the tree hold that item of release.json's "packages" or "indexes"? An index without packages is held. */
bool parts_hold(const struct parts *p, const char *list, const json_t *item);
/* Targets of the snapshot's packages: that are held whole, or not. New array, each once. */
json_t *parts_targets(const struct parts *p, bool is_held);

/* What the bytes of targets.json say; new list; NULL with e set (E_METADATA): not of its form. */
json_t *parts_parse(const char *bytes, size_t len, struct err *e);
/* *ret NULL: the tree in dir is whole. */
int parts_read(const char *dir, json_t **ret, struct err *e) MUST;
int parts_write(const char *tree, const json_t *targets, struct err *e) MUST;
