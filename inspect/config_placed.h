/* config_placed.h - keys whose names mean something in certain files only, and the words that both tables of keys say it with. Private to
 * inspect/config_*.c. */
#pragma once
#include "inspect/config_keys.h"

#define ENCRYPTS "what is sent is encrypted"
#define VERIFIES "the other side has to prove who it is"
#define VERSIONS "old, broken versions of TLS are refused"
#define CIPHERS "broken ciphers are refused"
#define LOGIN "people have to say who they are"
#define SIGNED "only signed software is taken"
#define REACHED "only those may reach it who shall"
#define CONFINED "the program is kept within bounds"
#define PASSWORDS "passwords are hard to guess"
#define KEYS "keys are long enough not to be broken"
#define RECORDED "what is done is recorded"

/* NULL: none there. squashed: as in struct config_rule's pattern. */
const struct config_rule *config_placed(const char *path, const char *squashed);
bool config_key_fits(const char *pattern, const char *text); /* config_keys.c; only stars */
