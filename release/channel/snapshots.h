/* snapshots.h - a folder of snapshots: FOLDER/snapshots/SERIAL/ (whole, immutable), FOLDER/current -> snapshots/SERIAL.
 *
 * A publisher fills it from a store (publish.c), a distribution server from a published tree (pull.c); readers see one rename. Callers hold FOLDER/lock. */
#pragma once
#include "base/base.h"
#include "base/err.h"
#include "base/json.h"

enum { RELEASE_MAX = 256 << 20 }; /* bytes of a release.json */

/* tree/path becomes a link to (or a copy of) from; what is there already is it, because names go with contents. The path is relative, without "..",
 * else E_PATH_ESCAPE. */
int tree_link(const char *from, const char *tree, const char *path, struct err *e) MUST;
int tree_take_out(const char *tree, const char *path, struct err *e) MUST; /* missing is fine */
/* Not synced: snapshots_seal does it for all. Whatever has the name now is replaced, not written into. */
int tree_write(const char *tree, const char *path, const void *bytes, size_t len, struct err *e) MUST;

struct generation {
	long long serial;
	char *dir;
	json_t *release; /* without its long lists, which snapshot_text.h reads from dir/release.json */
};
struct generations {
	struct generation *at; /* newest first */
	size_t len, room;
};
void generations_done(struct generations *all);
/* Takes away what lies there and is not what it is named as, which somebody wrote into or a disk spoilt; *ret: how many. All of it is read. */
int generations_drop_damaged(const struct generations *all, size_t *ret, struct err *e) MUST;
/* Whole snapshots below the folder; leftovers of a kill (SERIAL.new) are taken away. */
int generations_read(const char *snapshots, struct generations *ret, struct err *e) MUST;
/* The serials of whole snapshots below the folder (malloc); leftovers of a kill are taken away. */
int snapshots_list(const char *snapshots, long long **ret, size_t *ret_len, struct err *e) MUST;
/* May what was last served before that many later snapshots, until then, be taken away now? Not before three of them, and not within 24 hours. */
bool snapshot_has_passed(size_t snapshots_since, int64_t until, int64_t now);
/* Puts into the tree of release what readers of earlier generations may still ask for: at least three generations, and those that were served in the last 24 hours. */
int generations_keep(const struct generations *all, const json_t *release, const char *tree, struct err *e) MUST;

/* A kill between making a link and renaming it leaves the link. */
int snapshots_drop_links(const char *folder, struct err *e) MUST;
long long snapshots_current(const char *current); /* the serial that the link names; 0: none */
/* building becomes final by a rename, after everything below it is on disk. */
int snapshots_seal(const char *building, const char *final, const char *snapshots, struct err *e) MUST;
