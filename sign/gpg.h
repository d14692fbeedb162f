/* gpg.h - what all of sign/ needs of GPGME: contexts, data from ranges, homes that never disturb anybody's agent. Private to sign/. */
#pragma once
#include "sign/sign.h"
#include <gpgme.h>

/* A context on that home (NULL: GNUPGHOME); GPGME is initialised once. Armor off. */
int gpg_context(const char *home, gpgme_ctx_t *ret, struct err *e) MUST;
void gpg_context_done(gpgme_ctx_t *ctx);
#define AUTO_GPG __attribute__((cleanup(gpg_context_done))) gpgme_ctx_t
void gpg_data_done(gpgme_data_t *data);
#define AUTO_GPG_DATA __attribute__((cleanup(gpg_data_done))) gpgme_data_t
int gpg_failed(struct err *e, gpgme_error_t error, const char *what);                   /* ERR_ENV; -1 */
int gpg_data_mem(const void *bytes, size_t len, gpgme_data_t *ret, struct err *e) MUST; /* borrows */
char *gpg_data_take(gpgme_data_t *data, size_t *ret_len); /* malloc, NUL added; ends data */

/* Covered bytes as GPGME reads them. Look at `failed` when the operation is over. */
struct range_reader {
	const struct sig_data *data;
	size_t index;
	uint64_t at;
	bool failed;
	struct err err;
};
long range_read(struct range_reader *r, void *buf, size_t size); /* 0: the end; -1: failed, errno set */
int gpg_data_ranges(struct range_reader *r, gpgme_data_t *ret, struct err *e) MUST;

/* A home with secret keys, made ready for use: where an agent of the user's serves it already, that one is used; else a short private folder
 * with links to its content, so that our agent has sockets of its own (a deep path would not fit) and goes when we go. */
struct gpg_home {
	char *path;      /* what GPGME is to use */
	char *temporary; /* ours to remove; NULL: path is the user's */
};
int gpg_home_open(struct gpg_home *h, const char *home, struct err *e) MUST;
int gpg_home_new(struct gpg_home *h, struct err *e) MUST; /* an empty private one, our configuration */
void gpg_home_done(struct gpg_home *h);                   /* ends our agent */
int gpg_agent_connect(const char *home); /* to the agent of a home as GPGME uses it; -1: none answers */

/* sockets.c: where GnuPG puts sockets when it may; malloc, NULL: nowhere but in homes. */
char *gpg_run_folder(void);
char *gpg_sockets_of(const char *home); /* that home's own folder in it, if it is not the user's usual home */
void gpg_sockets_remove(const char *home);

const char *gpg_hash_name(int hash);   /* "SHA256"; static */
const char *gpg_pubkey_name(int algo); /* "RSA" */
