/* keyring.h - what sign/ knows of keyrings beyond sign.h. Private to sign/. */
#pragma once
#include "sign/gpg.h"
#include <stdbool.h>

enum { CLOCK_SLACK = 300 /* seconds a signer's clock may be ahead of ours */ };

/* The context of this ring; its own, not the caller's to end. */
int keyring_context(struct keyring *k, gpgme_ctx_t *ret, struct err *e) MUST;
/* A key of this ring by the fingerprint of the key or a subkey, or a key id; borrowed, until something is added or the time is set. NULL: none, or more than
 * one. gpg is asked for all of them once. */
int keyring_key(struct keyring *k, const char *name, gpgme_key_t *ret, struct err *e) MUST;
void keyring_forget(struct keyring *k);                                  /* what is known of its keys */
void keyring_remove(struct keyring *k);                                  /* for good */
int keyring_set_time(struct keyring *k, int64_t at, struct err *e) MUST; /* gpg judges as of then; 0: now */
int fingerprints_list(gpgme_ctx_t ctx, bool is_secret, char ***ret, size_t *ret_len, struct err *e) MUST;
void fingerprints_free(char **list, size_t len);

/* rings.c: keyrings put aside. Takes the one with that content; false: there is none. */
bool rings_take(const char *content, struct keyring *ret);
bool rings_keep(struct keyring *k); /* false: not kept, the caller removes it */
