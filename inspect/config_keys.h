/* config_keys.h - which configuration keys protect something, and the order of their values from weak to strong. Private to inspect/. */
#pragma once
#include "base/base.h"
#include "base/record.h"

enum config_kind {
	KEY_IGNORED,   /* looks like one of ours and is none */
	KEY_LEVEL,     /* off < allow < prefer < on < required < verify-full */
	KEY_INVERTED,  /* on is weak: insecure, allow_anonymous */
	KEY_PROTOCOLS, /* the oldest that is enabled */
	KEY_NEWEST,    /* the newest that is enabled */
	KEY_CIPHERS,
	KEY_DISABLED, /* a list of what is refused: shorter is weaker */
	KEY_PRESENT,  /* a password, a certificate: there or not */
	KEY_ABSENT,   /* what should not be listed: insecure registries */
	KEY_PG_METHOD,
	KEY_PG_CONNECTION,
	KEY_PASSWORD_HASH,
	KEY_ROOT_LOGIN,
	KEY_HOST_KEY,
	KEY_SELINUX,
	KEY_KAFKA,
	KEY_SIGNED,     /* pacman's SigLevel and the like */
	KEY_ANY_TLS,    /* several items: the best of them counts */
	KEY_BIND,       /* where it listens: this machine, one address, everywhere */
	KEY_FROM,       /* who may come in: some, or all */
	KEY_RESTRICTED, /* postfix: what a list refuses before it permits */
	KEY_MECHANISMS, /* of SASL: the weakest */
	KEY_LISTENER,   /* the same, behind a port: "1883 localhost" */
	KEY_WITHOUT,    /* a list that should not have the rule's own words */
	KEY_CLOSED,     /* a port that is 0 is closed */
	KEY_LISTENERS,  /* kafka: PLAINTEXT://..., NAME:SSL */
	KEY_WORDS,      /* the rule's own words */
	KEY_AT_LEAST,   /* a number: less is weaker */
	KEY_AT_MOST,    /* a number: more is weaker, and so is none (0, -1) */
	KEY_UMASK,
	KEY_FOLDERS, /* a search path: folders that anybody may write to, or wherever one stands, are weak */
	KEY_SCHEME   /* https, ldaps and the like against the same without encryption */
};
/* What a program does when the key is not there; UNSET_USUAL: strong, as libraries are nowadays, but nobody knows this program. */
enum config_unset { UNSET_UNKNOWN, UNSET_WEAK, UNSET_USUAL, UNSET_STRONG };
struct config_rule {
	const char *pattern; /* of the key in lower case with everything but letters and digits taken out */
	enum config_kind kind;
	enum config_unset unset;
	const char *means; /* what is lost: "connections are encrypted" */
	const char *
		words; /* KEY_WORDS: from weak to strong, "|" between ranks, "," within one; "*": any other. KEY_WITHOUT: "|" parts them */
	const char *place; /* a part of the file's path, "|" between choices; NULL: wherever it stands */
};
struct config_standing {
	int rank;     /* -1: the value says nothing we know */
	unsigned bad; /* KEY_CIPHERS: kinds of broken ciphers that are allowed */
};
/* By the whole key, its last two parts or its last; NULL: it protects nothing we know. */
const struct config_rule *config_rule_of(const char *path, const char *key);
struct config_standing config_standing_of(const struct config_rule *rule, const char *value);
bool config_is_weaker(struct config_standing old, struct config_standing new);
/* "encryption = aes256" became "none": a word that is none of the order, and now off. */
bool config_is_switched_off(const struct config_rule *rule, const char *old, const char *new);
bool config_is_unclear(const char *value); /* only known when the program runs: a variable, an escape */
bool config_is_weak(const struct config_rule *rule, struct config_standing s);   /* by itself */
bool config_is_strong(const struct config_rule *rule, struct config_standing s); /* worth missing */
