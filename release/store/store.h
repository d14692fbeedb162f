/* store.h - one store: a folder with the catalogue, the blobs, the keys and the channels.
 *
 *   catalogue.db   index over the records; nothing is decided from it
 *   blobs/         every record, signature, evidence, fragment and package by sha256
 *   keys/package   GNUPGHOME of what is built here       keys/package.asc   its certificate
 *   keys/release   GNUPGHOME of what is let out, and the signer's own state       keys/release.asc
 *   trial/         GNUPGHOME of the trial person, when there is one
 *   channels/      the published trees        roots/    the test systems' roots        lock    held while an act is recorded
 *
 * Safe against kill -9: blobs first, then one transaction an act; what was not committed leaves at most blobs that nobody names. */
#pragma once
#include "release/store/blob.h"
#include "release/store/db.h"
#include <sys/types.h>

struct store {
	char *path;
	struct db *db;
	struct blobs *blobs;
	dev_t dev; /* the folder as it was opened: another one may be put in its place (restore) */
	ino_t ino;
};
/* Makes the folders and an empty catalogue; a folder that already holds a store is ERR_USAGE. */
int store_create(const char *path, struct store **ret, struct err *e) MUST;
int store_open(const char *path, struct store **ret, struct err *e) MUST;
void store_close(struct store *s);                          /* NULL is fine */
char *store_path(const struct store *s, const char *below); /* malloc */
/* One act at a time writes; the fd is the lock (close it). Readers take none. ERR_ENV: the store was exchanged since it was opened. */
int store_lock(struct store *s, struct err *e) MUST;

/* STORE/collected: digests of packages that 'sluice gc' took away although records name them, one a line. {digest: true}; NULL: failed. */
json_t *store_collected(const struct store *s, struct err *e);

/* A catalogue must not be open across a fork that opens it again: closed before, opened after. */
void store_pause(struct store *s);
int store_resume(struct store *s, struct err *e) MUST;

/* The default place: $SLUICE_STORE, $XDG_DATA_HOME/sluice, ~/.local/share/sluice. Malloc. */
char *store_default(void);
