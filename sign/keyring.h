/* keyring.h - what sign/ knows of keyrings beyond sign.h. Private to sign/. */
#pragma once
#include "sign/gpg.h"
#include <stdbool.h>

/* The context of this ring; its own, not the caller's to end. */
int keyring_context(struct keyring *k, gpgme_ctx_t *ret, struct err *e) MUST;
int keyring_set_time(struct keyring *k, int64_t at, struct err *e) MUST; /* gpg judges as of then; 0: now */
int fingerprints_list(gpgme_ctx_t ctx, bool is_secret, char ***ret, size_t *ret_len, struct err *e) MUST;
void fingerprints_free(char **list, size_t len);
