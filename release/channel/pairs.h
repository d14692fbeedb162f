/* pairs.h - what is signed beside its signature, of snapshots that were served a moment ago: FOLDER/pairs/SERIAL/path.
 *
 * A client asks for the two one after the other. The tree that they stood in may be a later snapshot's by then, as a publisher uses it again (tree.h), so a web
 * server that remembers the serial (docs/nginx.conf) finds them here. Nobody else reads them, and nothing is lost with them. */
#pragma once
#include "release/channel/channel.h"

/* Before the switch to that snapshot, which lies in `snapshot`; those of snapshots that have not been served for a while go. The caller holds FOLDER/lock. */
int pairs_keep(const char *folder, long long serial, const char *snapshot, const struct signer_answer *answer,
	struct err *e) MUST;
