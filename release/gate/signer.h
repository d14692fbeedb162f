/* signer.h - the key process for indexes: it alone holds the release key, and it asks the gate itself before it signs.
 *
 * Forked (later: under its own uid) with the store's path. It is told a channel and an RfC and believes nothing else: it reads the log with its
 * chain, the records, the signatures and the packages' bytes itself, keeps its pinned policy root and each channel's last release.json in its own folder
 * (STORE/keys/release/state), builds the indexes from stored fragments and signs those. Without an RfC it signs the present set again. */
#pragma once
#include "formats/index.h"
#include "release/gate/load.h"

struct signer_answer {
	/* The files of the tree that are made, not copied: deb/dists/..., rpm/.../repodata/..., release.json, release.json.asc. */
	struct index_set files;
	json_t *release; /* the head of release.json (snapshot_text.h); its lists name every package file and every record to put beside them */
	size_t packages; /* how many it lists */
};
void signer_answer_done(struct signer_answer *a);

/* The process: answers one request over the descriptors, then returns. Never prints. */
int index_signer_serve(int in, int out, const char *store, struct err *e) MUST;
/* Starts it, asks, ends it. rfc "": sign the present set again. A refusal of the gate is ERR_VERDICT "E_GATE" with its first reason; all of them in
 * *ret_reasons (array, may be NULL) */
int index_signer_ask(const char *store, const char *channel, const char *rfc, struct signer_answer *ret,
	json_t **ret_reasons, struct err *e) MUST;
/* The RfC's packages go back on that channel: asked and answered like a release. */
int index_signer_back(const char *store, const char *channel, const char *rfc, struct signer_answer *ret,
	json_t **ret_reasons, struct err *e) MUST;
/* The present set signed again for being carried to where no line leads: valid for so many seconds, at most the channel's export-valid-for, and marked so. */
int index_signer_export(
	const char *store, const char *channel, int64_t valid_for, struct signer_answer *ret, struct err *e) MUST;
/* Tells it that an act was recorded: it looks at the log and remembers where it stands, so that what was said cannot be taken back unseen (a no, a
 * stop, a stricter policy). A log that lost a row it knew is E_ROLLBACK. */
int index_signer_know(const char *store, struct err *e) MUST;
