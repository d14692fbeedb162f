/* signer_impl.h - the parts of the key process: what it remembers, what it decides, what it writes. */
#pragma once
#include "formats/index_doc.h"
#include "release/gate/log_index.h"
#include "release/gate/signer.h"
#include "release/gate/snapshot_table.h"

/* The frames of its line. */
enum { SIGNER_ASK = 1, SIGNER_KNOW, SIGNER_FILE, SIGNER_DONE, SIGNER_REFUSED, SIGNER_ERROR };
enum { SIGNER_FRAME_MAX = 512 << 20 };
/* signer_ask.c */
int signer_send(int out, uint32_t type, const json_t *json, struct err *e) MUST;

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
	struct snap_table table;                      /* of the last release.json of the channel that is asked about */
	char root[65], id[65], first_key[65], *state; /* first_key: the release key that the store began with */
	int64_t now;
	bool is_back;       /* the RfC is to be taken back */
	int64_t export_for; /* how long what is carried is to be valid; 0: it is for being served */
};
/* signer_state.c: its own folder. Nothing outside it tells the signer what it did before. */
int state_open(struct key_process *k, const char *store, struct err *e) MUST;
/* Looks whether the log still holds what was known, and remembers where it stands now: from here on no row before it can be taken out. */
int state_know(struct key_process *k, const char *store, struct err *e) MUST;
/* Is last (NULL: none), which has that digest, as new as what the log says was signed for the channel? Memory that was put back is E_ROLLBACK. */
int state_fits_log(struct key_process *k, const char *channel, const json_t *last, const char *digest, struct err *e)
	MUST;
/* The serial that comes after last (NULL: none), and after those that a store which was lost had given out already: CHANNEL.floor, made by 'sluice restore'. */
int state_next_serial(struct key_process *k, const char *channel, const json_t *last, json_int_t *ret, struct err *e)
	MUST;
void state_done(struct key_process *k);
/* The head (snapshot_text.h) of what it signed last for the channel; NULL without e->class: nothing yet. */
json_t *state_last(struct key_process *k, const char *channel, struct err *e);
/* Where that lies, and where the documents of its indexes do. Malloc. */
char *state_file(const struct key_process *k, const char *channel);
char *state_documents(const struct key_process *k, const char *channel, int64_t serial);
/* The sha256 of release.json, as it was noted when it was written; of what was signed last, hashed where it was not noted. */
int state_note_digest(
	const struct key_process *k, const char *channel, int64_t serial, const char *sha256, struct err *e) MUST;
int state_last_digest(
	const struct key_process *k, const char *channel, int64_t serial, char ret[SHA256_HEX], struct err *e) MUST;
/* Where the table of its packages is kept. Malloc. */
char *state_table(const struct key_process *k, const char *channel, int64_t serial);
/* FILE.new takes its place, on disk. */
int state_keep(struct key_process *k, const char *channel, struct err *e) MUST;
/* The documents of those before that one go; while the next one is made, since there is time then. */
int state_drop_documents(const struct key_process *k, const char *channel, int64_t serial, struct err *e) MUST;

/* signer_decide.c: with k->is_back it is the way back that is asked about. The new item of "releases" and its packages, or reasons. 1: refused. */
int decide(struct key_process *k, const char *channel, const char *rfc, json_t **ret_entry, json_t **ret_packages,
	json_t **ret_reasons, struct err *e) MUST;

/* signer_served.c: what of the channel's last release.json the decision needs, in its form: packages of the RfC's products and names, releases that took something out
 * or are its own. New reference; NULL: failed. */
json_t *served_excerpt(struct key_process *k, const struct dossier *d, const char *channel, struct err *e);
/* What is served (last: that) against what is to come. What goes back is what is served: a product that another RfC has changed since is not undone by this one.
 * E_GATE. */
int served_goes_back(const struct dossier *d, const json_t *last, struct err *e) MUST;
/* Nothing older comes over something newer, what was replaced or taken out does not come again by its old votes, a removal takes what was voted on. */
int served_goes_on(const struct dossier *d, const char *channel, const json_t *last, struct err *e) MUST;

/* signer_fragment.c: does this text, which the submitter named, speak of this package and of nothing else? E_MISMATCH. */
int fragment_fits_apt(const json_t *package, const char *text, size_t len, struct err *e) MUST;
int fragment_fits_contents(const json_t *package, const char *text, size_t len, struct err *e) MUST;
int fragment_fits_rpmmd(const json_t *package, const json_t *fragment, struct err *e) MUST;

/* What is signed next for a channel: what was signed last, and the difference. */
struct snapshot {
	const char *channel;
	const json_t *place;            /* the channel in the policy; borrowed */
	char *before;                   /* the last release.json; NULL: there is none */
	json_t *last;                   /* its head */
	struct snap_table *table, next; /* its packages; borrowed: those of the new one */
	json_t *entry;                  /* the new item of "releases"; NULL: the same set again */
	json_t *added;                  /* packages, in the order of their paths */
	json_t *removed;                /* packages that leave, in that order */
	LIST(size_t) replaced;          /* their numbers in the list before */
	json_t *fresh, *gone;   /* those of both that change the indexes: their path is not also another item's */
	json_t *suites, *bases; /* {SUITE: {ARCH: true}}, {BASE: true}: of all packages, and of those that leave now */
	json_t *components;     /* {SUITE: {COMPONENT: true}} of them */
	json_t *leaving;        /* {RFC: true}: releases none of whose packages is left */
	json_t *stale;          /* {DIGEST: true}: records that only those name */
	json_t *products;       /* {PRODUCT: true}: of the entry; what was of them is replaced */
	json_t *indexes, *stopped;
	char last_digest[65];
	int64_t valid_until;
	json_int_t serial;
};
void snapshot_done(struct snapshot *s);
/* signer_set.c: what leaves when the entry comes in (s->entry, s->added are set). */
int set_compare(struct snapshot *s, struct err *e) MUST;
/* Does the item leave with the release that it names, or is? Known then, too. */
bool set_is_leaving(const struct snapshot *s, const struct snap_item *item);
/* signer_write.c: writes the three lists; needed: {DIGEST: true} of records that must be there. */
int set_write(struct snapshot *s, const json_t *needed, struct snap_writer *w, struct err *e) MUST;
/* Does the item, a package of the release.json before, make room now? Known once they were compared. */
bool set_is_replaced(const struct snapshot *s, const struct snap_item *item);
/* signer_updates.c: the base's updateinfo, from the document before and the change, or from all releases. */
int updates_next(struct snapshot *s, const char *base, const char *organisation, const char *before, const char *after,
	struct doc *ret, struct err *e) MUST;
int updates_whole(struct snapshot *s, const char *base, const char *organisation, const char *after, struct doc *ret,
	struct err *e) MUST;
/* signer_place.c: the places in the tree that a submit record's package takes: one item a place, with "path" and "base" or "suite"; no place is taken by two different packages. */
int place_packages(const json_t *channel, const char *name, const json_t *packages, json_t *ret, struct err *e) MUST;
/* signer_index.c: indexes of all packages. begin: documents are written into folder, some by a process of its own from now on; write: the rest, signed; adds to files
 * and {"path","sha256","size"} to s->indexes. */
struct indexing;
struct indexing *indexes_begin(struct key_process *k, struct snapshot *s, const char *folder);
int indexes_write(struct indexing *x, struct signer *key, struct index_set *files, struct err *e) MUST;
void indexes_done(struct indexing *x);
/* signer_ahead.c: makes `len` documents in a process of its own, in their order; none where that is not worth it. The maker's other effects stay there. */
typedef int ahead_maker(void *context, size_t i, struct doc *ret, struct err *e);
struct ahead_result;
struct ahead {
	int pid;
	struct ahead_result *at; /* shared with it */
	size_t len;
};
void ahead_start(struct ahead *a, size_t len, ahead_maker *make, void *context);
bool ahead_begin(const struct ahead *a, size_t i); /* true: nobody had begun with it, and the caller makes it now */
bool ahead_take(
	struct ahead *a, size_t i, struct doc *ret); /* waits for all of them; false: this one is still to be made */
void ahead_done(struct ahead *a);
