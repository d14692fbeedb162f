/* keyring.h - what sign/ knows of keyrings beyond sign.h. Private to sign/. */
#pragma once
#include "sign/sign.h"
#include <stdbool.h>

int keyring_set_time(struct keyring *k, int64_t at, struct err *e) MUST; /* gpg judges as of then; 0: now */
int fingerprints_list(const char *home, bool is_secret, char ***ret, size_t *ret_len, struct err *e) MUST;
void fingerprints_free(char **list, size_t len);
