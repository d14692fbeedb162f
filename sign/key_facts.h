/* key_facts.h - what gpg says of a ring's keys, asked once, so that it need not be started for each signature by one of them. Private to sign/.
 *
 * Whether a key is revoked, bound, able to sign, and until when, is gpg's word (its listing). The numbers of the keys come from the certificates that were
 * added, found by fingerprint. What a ring's facts say does not depend on the day they were asked: a ring with any signature that ends by itself has none. */
#pragma once
#include "sign/keyring.h"

struct key_fact {
	char fingerprint[41], primary[41];
	int64_t created, expires; /* of the key and its primary key: the later and the earlier; expires 0: never */
	bool is_proven; /* gpg found a signature by it good: a subkey is more than listed then. A primary key always is. */
};
struct key_body { /* of a public key packet */
	char fingerprint[41];
	unsigned char *at;
	size_t len;
};
/* Of the body of a public key packet, version 4; len: at most 65535. */
void key_fingerprint(const unsigned char *body, size_t len, unsigned char ret[20]);
/* The packets of a block of certificates that the ring was given. */
void key_facts_take(struct keyring *k, const unsigned char *bytes, size_t len);
void key_facts_forget(struct keyring *k); /* all but the bodies: something was added */
void key_facts_done(struct keyring *k);

/* Borrowed, until something is added; NULL: nothing that one could go by. */
const struct key_body *key_facts_body(const struct keyring *k, const char *fingerprint);
const struct key_fact *key_facts_of(struct keyring *k, const char *fingerprint); /* may ask gpg, once */
void key_facts_prove(struct keyring *k, const char *fingerprint);

/* verify_here.c: is it one plain signature, good without any doubt, by a pinned key that gpg vouches for? False: gpg is to be asked, and says what is wrong. */
struct sig_packets;
bool verify_here(struct keyring *k, const struct sig_data *data, const struct sig_packets *packets,
	const char *const *pinned, size_t pinned_len, int64_t at, struct sig_verdict *ret);
