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
