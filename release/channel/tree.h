/* tree.h - the tree of the next snapshot, from the one that was served before the present one: what changed since is put in, what nobody may ask for any more
 * is taken out. Where there is none yet, all of it is laid out anew.
 *
 * A file that the new snapshot does not name stays while clients may have read an index that names it (snapshots.h); FOLDER/leaving lists those, one a line:
 * "TIMES SERIAL TIME PATH": the snapshot that did without it and its time; TIMES: in how many of the two trees it has been taken out. */
#pragma once
#include "release/channel/channel.h"

struct tree {
	struct store *store;
	const char *folder; /* of the channel */
	const struct signer_answer *answer;
	const char *building; /* where it is made */
	const char *served;   /* the present snapshot; NULL: none */
	long long serial_served;
	bool is_used_again; /* building holds the snapshot before the served one */
};
int tree_build(const struct tree *t, struct err *e) MUST;
