/* plain_key.h - a key that lies in its folder as a file without a passphrase, with the plainest of certificates: it is used from there, and neither gpg nor an
 * agent is started. Private to sign/.
 *
 * All of it only ever says yes. A passphrase, a token, a subkey that signs, a key that has expired or was revoked, another keyring than the usual one: that is
 * gpg's to use, to refuse and to word. */
#pragma once
#include "base/err.h"
#include "sign/signature_make.h"
#include <stdbool.h>

struct plain_key {
	struct signing signing; /* first */
	char fingerprint[41];
	unsigned char *body; /* of the public key's packet */
	size_t body_len;
	struct evp_pkey_st *secret;
};
/* wanted: the fingerprint of a primary key; NULL: the only secret key there. *ret is to be ended only after true. */
bool plain_key_open(const char *home, const char *wanted, int64_t now, struct plain_key *ret);
void plain_key_done(struct plain_key *k);
/* The fingerprints of primary keys whose secret lies in a file there, with or without a passphrase, in the order of the keyring; there may be others that gpg
 * knows. Malloc each and the array. */
void plain_keys_list(const char *home, char ***ret, size_t *ret_len);

/* ---- the parts */

/* keybox.c: the next certificate of a pubring.kbx, its packets as they are. 1, 0 at the end, -1: the file is of another form. */
int keybox_next(const unsigned char *bytes, size_t len, size_t *at, const unsigned char **ret, size_t *ret_len);

/* plain_certificate.c: one primary key, version 4, RSA or Ed25519, that certifies names of its own by good signatures and says in each that it may sign; what
 * else there is cannot sign, and nothing was revoked. */
struct plain_certificate {
	const unsigned char *body; /* of the public key's packet; into the block */
	size_t len;
	unsigned char id[20]; /* its fingerprint */
	char fingerprint[41];
	int64_t begins;  /* the key and all that it says of itself were there by then */
	int64_t expires; /* the earliest end that it gives itself; 0: none */
};
/* The key's packet alone, whatever stands behind it. */
bool plain_certificate_begins(const unsigned char *block, size_t len, struct plain_certificate *ret);
bool plain_certificate_read(const unsigned char *block, size_t len, struct plain_certificate *ret);
/* GnuPG's name for the key's numbers, and so for the file with the secret ones: upper-case hex. False: of another kind. */
bool plain_grip(const unsigned char *body, size_t len, char ret[41]);

/* secret_file.c: the numbers of such a file, by their letters; they point into the text or into room. They are secret: whoever read them wipes both. */
struct secret_number {
	const unsigned char *at; /* NULL: not there */
	size_t len;
};
struct secret_numbers {
	bool is_rsa; /* else Ed25519 */
	struct secret_number numbers[26];
	unsigned char room[8192];
	size_t used;
};
bool secret_numbers_read(const char *text, size_t len, struct secret_numbers *ret);

/* plain_secret.c: as libcrypto holds them, where they are the other half of that public key (body of its packet); NULL: they are not. */
struct evp_pkey_st *plain_secret(const struct secret_numbers *n, const unsigned char *body, size_t len);
/* signing.numbers of a plain key; the signature is verified before it is given away. */
int plain_secret_numbers(struct signing *s, enum digest_kind kind, const unsigned char *hash,
	struct signature_numbers *ret, struct err *e) MUST;
