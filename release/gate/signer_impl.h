/* signer_impl.h - the parts of the key process: what it remembers, what it decides, what it writes. */
#pragma once
#include "release/gate/log_index.h"
#include "release/gate/signer.h"

/* The frames of its line. */
enum { SIGNER_ASK = 1, SIGNER_KNOW, SIGNER_FILE, SIGNER_DONE, SIGNER_REFUSED, SIGNER_ERROR };
enum { SIGNER_FRAME_MAX = 512 << 20 };

struct key_process {
	struct store *store;
	struct source_store source;
	struct policies chain;
	struct log_index *index; /* its own, in its own folder */
	struct log_head head;    /* of the log as it stands */
	struct log_head known;   /* the newest it ever signed */
	int64_t known_time;      /* when */
	struct log_head noted;   /* the newest it was ever told of; never older than known */
	int64_t noted_time;
	char root[65], id[65], first_key[65], *state; /* first_key: the release key that the store began with */
	int64_t now;
	bool is_back;       /* the RfC is to be taken back */
	int64_t export_for; /* how long what is carried is to be valid; 0: it is for being served */
};
/* signer_state.c: its own folder. Nothing outside it tells the signer what it did before. */
int state_open(struct key_process *k, const char *store, struct err *e) MUST;
/* Looks whether the log still holds what was known, and remembers where it stands now: from here on no row before it can be taken out. */
int state_know(struct key_process *k, const char *store, struct err *e) MUST;
/* Is last (NULL: none) as new as what the log says was signed for the channel? Memory that was put back is E_ROLLBACK. */
int state_fits_log(struct key_process *k, const char *channel, const json_t *last, struct err *e) MUST;
/* The serial that comes after last (NULL: none), and after those that a store which was lost had given out already: CHANNEL.floor, made by 'sluice restore'. */
int state_next_serial(struct key_process *k, const char *channel, const json_t *last, json_int_t *ret, struct err *e)
	MUST;
void state_done(struct key_process *k);
json_t *state_last(struct key_process *k, const char *channel, char ret_digest[65],
	struct err *e); /* NULL without e->class: none yet */
int state_keep(struct key_process *k, const char *channel, const char *bytes, size_t len, struct err *e) MUST;

/* signer_decide.c: with k->is_back it is the way back that is asked about. The new item of "releases" and its packages, or reasons. 1: refused. */
int decide(struct key_process *k, const char *channel, const char *rfc, const json_t *last, json_t **ret_entry,
	json_t **ret_packages, json_t **ret_reasons, struct err *e) MUST;

/* signer_served.c: what is served (last: the channel's last release.json, or NULL) against what is to come. What goes back is what is served: a product that
 * another RfC has changed since is not undone by this one. E_GATE. */
int served_goes_back(const struct dossier *d, const json_t *last, struct err *e) MUST;
/* Nothing older comes over something newer, what was replaced or taken out does not come again by its old votes, a removal takes what was voted on. */
int served_goes_on(const struct dossier *d, const char *channel, const json_t *last, struct err *e) MUST;

/* signer_fragment.c: does this text, which the submitter named, speak of this package and of nothing else? E_MISMATCH. */
int fragment_fits_apt(const json_t *package, const char *text, size_t len, struct err *e) MUST;
int fragment_fits_rpmmd(const json_t *package, const json_t *fragment, struct err *e) MUST;

/* signer_index.c: indexes of all packages, signed; adds to files and {"path","sha256","size"} to ret_indexes. before: those of the last set. */
int write_indexes(struct key_process *k, const json_t *before, const json_t *channel, const json_t *packages,
	int64_t valid_until, struct signer *key, struct index_set *files, json_t *ret_indexes, struct err *e) MUST;
/* The places in the tree that a submit record's package takes: one item a place, with "path" and "base" or "suite". */
int place_packages(const json_t *channel, const char *name, const json_t *packages, json_t *ret, struct err *e) MUST;
/* No place in the tree is taken by two different packages: an RfC of one product must not replace the bytes of another's. */
int paths_distinct(const json_t *packages, struct err *e) MUST;
