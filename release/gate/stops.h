/* stops.h - channels that somebody stopped, and the RfCs that start them again.
 *
 * Anybody with a role stops a channel alone ("stop" record). An RfC whose request names the channel ("resume", no candidates) and that was opened behind
 * the stop takes it back as soon as it is authorised: by the policy and at the time of the last word that was said about it, so that a voter who leaves
 * later stops nothing again. A later no to that RfC, or its withdrawal, does. */
#pragma once
#include "release/gate/load.h"
#include "release/gate/log_index.h"

/* The stops of the dossier that no RfC among its others has taken back. New array. */
json_t *stops_open(const struct dossier *d);
/* The same for one channel, from the log: [{"channel","person","reason","time","seq","record"}]. NULL: failed. */
json_t *stops_of_channel(
	struct log_index *x, struct record_source *source, struct policies *chain, const char *channel, struct err *e);
/* Adds the stop that the record makes, where its maker has a role in the policy it names; 0. */
int stops_note(json_t *stopped, struct policies *chain, const struct record *r);
/* Word of the opening's row: "resume/CH"; malloc. */
char *stops_resume_word(const char *channel);
/* The digests of the stops of that channel which stood before, for the revision: votes say which ones they take back. New array. */
json_t *stops_named(const json_t *stopped, const char *channel);
