/* channel.h - what turns a signed answer of the signer into a tree that clients can trust, and what checks such a tree.
 *
 *   STORE/channels/CH/lock                 held while a snapshot is laid out and switched
 *   STORE/channels/CH/snapshots/SERIAL/    one whole, immutable tree; never changed while it has that name. The present one and the one before it are kept; the
 *                                          one before becomes the next (tree.h)
 *   STORE/channels/CH/current              -> snapshots/SERIAL: what is served; switched by one rename
 *
 * A tree: deb/ and rpm/ as clients want them, keys/{release,package}.asc, release.json + .asc, records/SHA256 (what the gate was asked
 * with), history/SERIAL.json + .asc (the generations whose files are still here). Indexes by hash and packages of earlier generations stay
 * for 24 h and at least three generations: a client that has read an older index still finds what it names. docs/release-json.md has the schema. */
#pragma once
#include "release/gate/signer.h"
#include "release/store/store.h"

/* Lays out answer as the next snapshot and switches to it (type channel_publisher of release.h). A kill at any moment leaves the old or the new
 * snapshot; asking again goes on. The same answer twice is fine; an older one than what is served is ERR_VERDICT E_ROLLBACK. */
int channel_publish(struct store *s, const char *channel, const struct signer_answer *answer, struct err *e) MUST;
/* The folder to serve; it exists once something was published. Malloc. */
char *channel_tree(const struct store *s, const char *channel);
/* The path under which an item of release.json's "indexes" lies for as long as older snapshots are kept; NULL: it has none. Malloc. */
char *channel_lasting_name(const json_t *index);
/* A channel's name becomes a folder's: letters, digits, '-', '_', '.', not first; at most 64. */
bool channel_name_valid(const char *name);

/* Checks a published tree with nothing but trust.json (release_trust): the signature of release.json, channel, expiry, the chain of policies, every record,
 * the gate for each release at its recorded time, each index's signature and each file's digest; nothing else may lie in the tree.
 * A tree that says that it leaves targets out (parts.h) is whole without them; that is told.
 * *ret: {"ok","channel","serial","time","valid_until","targets","left_out" (where some are),"packages","releases","files","findings": [{"code","where","text"}]}, set whenever the tree could be
 * looked at; findings make -1 and ERR_VERDICT with the first one's code. at: judged as of this time. */
int channel_verify(const char *dir, const json_t *trust, int64_t at, json_t **ret, struct err *e) MUST;

/* The beginning of that: release.json is believed by its signature, is of a channel that trust knows, and is not past its time. Needs nothing of the tree but
 * release.json and its signature. New reference, without the long lists that snapshot_text.h reads. */
int channel_believe(const char *dir, const json_t *trust, int64_t at, json_t **ret, struct err *e) MUST;

/* "example-ag-keyring": what the package with an organisation's keys is called. Malloc. */
char *channel_keyring_name(const json_t *policy);

/* Ready configuration for a client: signatures required, keys pinned. format: "apt" (deb822 .sources with the key inside), "dnf" (.repo), "ansible" (tasks),
 * "guard" (what clients/guard watches), "apt-keyring" and "dnf-keyring" (with the keys that the package of keys put down, so that the next key is known before it signs). report: {"site","to"} for the guard, or NULL. id: the store's. policy: the one in force (organisation, channel). Malloc; NULL: failed. */
char *channel_client(struct store *s, const char *id, const json_t *policy, const char *channel, const char *format,
	const char *url, const json_t *report, struct err *e);
