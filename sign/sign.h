/* sign.h - OpenPGP through GPGME: verification against pinned keys, signing in a process of its own. Knows bytes and keys, never packages.
 *
 * Each keyring is an own short 0700 GNUPGHOME, offline, gone with keyring_done. Fingerprints are upper-case hex of PRIMARY keys. */
#pragma once
#include "base/arena.h"
#include "base/err.h"

struct sha256_open;
struct keyring {
	char *home;       /* NULL: gpg was not needed yet */
	int64_t judged;   /* the time that gpg is told, 0: now */
	char content[65]; /* digest of all that was added, in its order; "": nothing, or not known for certain */
	void *context;    /* sign/'s own from here on, made when first needed: each costs a start of gpg */
	void *keys;       /* as gpg lists them now */
	void *facts;      /* what is known of them for good */
	size_t keys_len;
	struct keyring_part *later; /* added, and not yet shown to gpg */
	size_t later_len;
	bool is_open, is_listed, is_spoilt;
};
int keyring_open(struct keyring *k, struct err *e) MUST;
int keyring_home(struct keyring *k, const char **ret, struct err *e)
	MUST; /* as a key folder, with all that was added; borrowed */
int keyring_add(struct keyring *k, const void *certs, size_t len, struct err *e)
	MUST; /* armored or binary; a secret key is refused */
/* The same for certificates that were added to the same content before and taken: gpg sees them when it is asked something, and what it says
 * against them is told there. */
int keyring_add_later(struct keyring *k, const void *certs, size_t len, struct err *e) MUST;
/* What `content` would become. */
void keyring_content_with(const struct keyring *k, const void *certs, size_t len, char ret[65]);
int keyring_add_file(struct keyring *k, const char *path, struct err *e) MUST;
int keyring_fingerprints(struct keyring *k, char ***ret, size_t *ret_len, struct err *e)
	MUST; /* primary keys; malloc each and the array */
/* When that primary key ends, 0: never; an unknown one is ERR_USAGE. */
int keyring_expiry(struct keyring *k, const char *fingerprint, int64_t *ret, bool *ret_revoked, struct err *e) MUST;
/* What gpg said of the ring's keys, where it was asked, as text for another ring of the same content, to which it may be told before anything is verified:
 * then gpg is not started for a plain signature by one of them. Malloc; NULL: nothing to keep. */
char *keyring_told(const struct keyring *k);
void keyring_believe(struct keyring *k, const char *told);
bool keyring_is_told(const struct keyring *k);
void keyring_done(struct keyring *k);
/* From now until it ends by exit(), this process (not those it forks) puts keyrings that are done aside for the next that is given the same certificates:
 * making one anew costs two starts of gpg. */
void keyrings_reuse(void);

/* The covered bytes: ranges of a file, or memory when bytes is set. */
struct sig_range {
	uint64_t at, len;
};
struct sig_data {
	int fd;
	const struct sig_range *ranges;
	size_t ranges_len;
	const void *bytes;
	size_t len;
	const struct sha256_open *
		hashed; /* NULL, or all of it, for signing: where the key's signatures are over SHA-256, it is not read once more */
};
struct sig_verdict {
	char fingerprint[65]; /* primary key of the good, pinned signature */
	char subkey[65];
	int64_t time, expires; /* expires 0: it does not say that it will */
	const char *hash;      /* "SHA256"; static */
	const char *algorithm; /* "RSA"; static */
	unsigned unknown;      /* signatures by keys not in the ring: reported, not judged */
};
/* The acceptance rule of formats.md: good only when the operation succeeded, at least one signature by a pinned key is there, every one by a
 * pinned key has status 0, a SHA-2 hash, a strong key and a sane time; none is bad. pinned NULL: every primary key in the ring is pinned.
 * Failure is ERR_VERDICT with E_SIG_*: signed by none that is pinned is E_SIG_UNTRUSTED; E_SIG_KEY_MISSING when a pinned key's certificate is not
 * in the ring, so that nobody can tell. at: the time to judge by (0: now). */
int sig_verify_detached(struct keyring *k, const struct sig_data *data, const void *sig, size_t len,
	const char *const *pinned, size_t pinned_len, int64_t at, struct sig_verdict *ret, struct err *e) MUST;
/* A cleartext-signed message (InRelease, SHA256SUMS.asc): *ret_text is what was signed and nothing else (malloc, NUL added). */
int sig_verify_clear(struct keyring *k, const void *message, size_t len, const char *const *pinned, size_t pinned_len,
	int64_t at, char **ret_text, size_t *ret_len, struct sig_verdict *ret, struct err *e) MUST;

/* A signed checksum list, after its signature was verified: sha256/sha512 of name in "HEX  NAME" or BSD form. E_DIGEST on mismatch, E_DIGEST_WEAK for
 * md5/sha1 lists, E_SIG_MISSING when the name is not in it. name: the file's base name. */
int checksums_verify(const char *list, size_t len, const char *name, int fd, struct err *e) MUST;
/* Debian's chain: a Release text (already verified) names Packages by sha256; Packages names the deb by sha256 and size. packages: plain, gz or xz bytes.
 * E_DIGEST, E_SIG_PARTIAL (not named), E_FREEZE (Valid-Until before at) as fits. */
int apt_chain_verify(const char *release_text, size_t release_len, const char *packages, size_t packages_len,
	int deb_fd, int64_t at, struct err *e) MUST;

/* A signer is a process of its own, forked before packages are touched: it holds the GNUPGHOME, takes bytes over a socket, gives back signatures. */
enum sign_mode { SIGN_DETACHED_ARMOR, SIGN_DETACHED_BINARY, SIGN_CLEAR };
struct signer {
	int fd;
	int pid;
	bool is_coming; /* it was started, and did not say yet that it is there */
	char fingerprint[65];
	int algorithm; /* OpenPGP id: 1 RSA, 19 ECDSA, 22 EdDSA */
};
/* key: fingerprint, or NULL for the only secret key there. No such secret key: ERR_USAGE; expired or revoked: ERR_VERDICT E_SIG_KEY_*. */
int signer_open(struct signer *s, const char *home, const char *key, struct err *e) MUST;
/* Signs with each of these keys that is there and can sign, at least one: what it makes holds a signature by each. It is not waited for: what is wrong is
 * told with the first signature, and before that there is no fingerprint (the first key's). */
int signer_start_each(struct signer *s, const char *home, const char *const *keys, size_t len, struct err *e) MUST;
int signer_sign(struct signer *s, enum sign_mode mode, const struct sig_data *data, char **ret_sig, size_t *ret_len,
	struct err *e) MUST;
void signer_done(struct signer *s);

/* Makes a GNUPGHOME (0700) with one new signing key without passphrase; kind "ed25519" or "rsa4096" (SHA-512 self-signatures). expire_s 0: never. */
int key_generate(const char *home, const char *user_id, const char *kind, int64_t expire_s, char ret_fingerprint[65],
	struct err *e) MUST;
/* One more in a home that has keys already. */
int key_add(const char *home, const char *user_id, const char *kind, int64_t expire_s, char ret_fingerprint[65],
	struct err *e) MUST;
/* Takes a certificate or a revocation into a home; what gpg makes of it is to be looked for there. */
int key_import(const char *home, const char *bytes, size_t len, struct err *e) MUST;
/* Several in one armored block: apt reads the first block of a file only, rpm the first key of a block only. */
int key_export_each(const char *home, const char *const *fingerprints, size_t len, char **ret_armored, size_t *ret_len,
	struct err *e) MUST;
int key_export(const char *home, const char *fingerprint, char **ret_armored, size_t *ret_len, struct err *e) MUST;
int key_secrets(const char *home, char ***ret, size_t *ret_len, struct err *e)
	MUST; /* fingerprints of secret keys; malloc each and the array */
/* Those of them that lie there as files, found without gpg; there may be more. */
int key_secrets_here(const char *home, char ***ret, size_t *ret_len, struct err *e) MUST;
