/* keep.h - what keeps a store for years: taking away what nobody needs, proving what is left, copying it, putting a copy back.
 *
 *   STORE/maintenance.lock   held by each of these: one at a time, beside publishers, submits and everybody else
 *   STORE/collected          digests of packages that gc took away although records name them, one a line: written before they go, so fsck knows
 *
 * Acts hold STORE/lock while they are recorded; what is put before that is young (blob.h). So gc takes a blob only when nothing refers to it as of a log that
 * does not grow meanwhile, and nobody put it within a day. */
#pragma once
#include "base/event.h"
#include "release/release.h"

/* ---- gc.c */
enum { GC_GENERATIONS = 3, GC_SECONDS = 24 * 3600, GC_PACKAGES_S = 90 * 86400 };
struct gc {
	int64_t generations;  /* snapshots of a channel that stay; at least GC_GENERATIONS */
	int64_t keep_for;     /* and those served within that many seconds; at least GC_SECONDS */
	int64_t packages_for; /* packages of candidates that are over stay that long (spare.h); at least GC_SECONDS */
	bool is_check;        /* only tells */
	int64_t now;
	const struct events *events;
};
/* *ret: {"checked" (nothing was done),"snapshots": [{"channel","serial"}],"blobs","packages" (of those),"bytes","leftovers","kept"}. ERR_VERDICT: something
 * that is referred to is missing or broken; nothing was taken away then. */
int gc_run(struct release *r, const struct gc *o, json_t **ret, struct err *e) MUST;
int keep_lock(const struct store *s, struct err *e) MUST; /* fd of STORE/maintenance.lock; waits for nobody */

/* ---- fsck.c */
struct fsck {
	bool is_repair; /* mend from what the store itself holds: snapshots from blobs, blobs from snapshots */
	const char *const *
		from; /* and from these: a published tree or a folder that 'sluice pull' fills, a URL, an exported file, a backup, another store */
	size_t from_len;
	const char *path; /* the store */
	const struct events *events;
};
/* *ret: {"ok","blobs","bytes","snapshots","rows","mended","collected","findings": [{"what","where","text","from" (who has it; ""),"mended"}]}. Needs no catalogue that can be
 * believed to begin with: what is broken is mended first, then everything is asked again. -1 and ERR_VERDICT: findings stay. ERR_ENV: it could not be run. */
int fsck_run(const struct fsck *o, json_t **ret, struct err *e) MUST;

/* ---- backup.c
 * One file (channel/archive.h): backup.json, then every file of the store once, by digest. A copy of one moment: the catalogue and the keys are read while no
 * act is recorded, blobs and snapshots do not change. backup.json: {"sluice-backup": 1,"organisation","store","time","head": {"seq","hash"},"catalogue": digest,
 * "serials": {CHANNEL: serial},"files": [{"path","mode","sha256"} or {"path","mode"} (a folder) or {"path","target"}],"other": [digests that are no blobs]} */
struct backup {
	const char *output;
	bool is_without_keys; /* leaves out keys/ with what is secret in it, and trial/: the signer's memory goes along all the same */
	int64_t now;
};
/* *ret: {"output","files","bytes","sha256","head","blobs"}. ERR_VERDICT E_DIGEST: a blob is broken; nothing is written then. */
int backup_write(struct release *r, const struct backup *o, json_t **ret, struct err *e) MUST;

/* ---- restore.c
 * Beside the store, checked whole, then exchanged with what is there, which stays as STORE.before-SECONDS. A copy that ends before the last row that the store,
 * or its signer, has seen is E_ROLLBACK unless is_older; then serials go on above those that were given out. */
struct restore {
	const char *file, *path; /* path: the store */
	bool is_older;
	const char *const *seen; /* published trees or URLs of sites that may have seen more than the copy */
	size_t seen_len;
	int64_t now;
};
/* *ret: {"store","head","time","blobs","floors": {CHANNEL: serial},"before": where what was there lies now, or ""} */
int restore_run(const struct restore *o, json_t **ret, struct err *e) MUST;
