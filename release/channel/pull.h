/* pull.h - a channel taken over by a distribution server: fetched, verified, and only then served.
 *
 *   DIR/lock, DIR/snapshots/SERIAL/, DIR/current   as in snapshots.h; current is a published tree like any other, so it can be pulled from again
 *   DIR/seen.json                                  {"channel_id","serial","release","policy"}: the newest that was ever taken; an older one is E_ROLLBACK, one without that policy too
 *   DIR/current/targets.json                       only where targets were left out (parts.h)
 *   DIR/incoming/                                  what a pull that was broken off has already got
 *
 * Nothing that came is served before channel_verify finds no fault with the whole tree: signatures, expiry, policies, records, the gate of every release,
 * every file's digest. Whatever goes wrong, current stays what it was. Sizes are bounded by what was signed. */
#pragma once
#include "base/event.h"
#include "base/json.h"
#include "release/channel/fetch.h"

struct pull {
	const char *url, *into; /* as fetch_open's base, or an archive (archive.h); DIR, made when missing */
	bool is_archive;
	bool takes_exports; /* what was signed for being carried is taken from a server as well: where the line to the outside ends */
	const json_t *trust;
	struct fetch_options fetch;
	const json_t *targets; /* names: only what belongs to these (parts.h); NULL: all */
	unsigned keep;         /* snapshots that stay; at least one */
	bool is_check;         /* only looks: is there something newer, is what is here whole? */
	int64_t at;            /* judged as of this time */
	const struct events *events;
};
/* *ret: {"channel","serial","valid_until","changed","newer" (with is_check),"files","fetched","bytes","stopped" (where it was),"targets","left_out" (where some are)}. ERR_VERDICT: what came is not what the organisation let out, or is older
 * than what was seen (E_ROLLBACK), or has expired (E_FREEZE). ERR_ENV: the server is away, the disk is full, another pull runs. */
int channel_pull(const struct pull *p, json_t **ret, struct err *e) MUST;
