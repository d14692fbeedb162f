/* trust_keys.h - certificates and OpenPGP keys in a file, each by what it cannot change: its fingerprint. Private to inspect/. Any bytes. */
#pragma once
#include "base/base.h"
#include <stdbool.h>

enum { TRUST_KEYS_MAX = 2000 };
struct trust_key {
	const char *kind; /* "certificate", "key"; static */
	char id[65];      /* sha256 of a certificate, the fingerprint of a key; hex */
	char name[128];   /* its subject, or the key's first user; may be "" */
	bool is_ca;       /* a certificate that may sign others */
};
/* PEM or DER certificates, armored or binary OpenPGP public keys, also side by side. How many are there that could not be read, or were too many. */
typedef void trust_key_seen(void *to, const struct trust_key *key);
size_t trust_keys(const unsigned char *bytes, size_t len, trust_key_seen *tell, void *to);
/* Is it a place whose certificates and keys are trusted? */
bool trust_is_place(const char *path);
