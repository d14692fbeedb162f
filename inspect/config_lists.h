/* config_lists.h - between config_values.c and config_lists.c: how strong a value is that is a list. Private to inspect/config_*.c. */
#pragma once
#include "inspect/config_keys.h"

struct config_word {
	const char *text;
	int rank;
};
/* -1: none of them. In any case of letters. */
int config_word_rank(const struct config_word *list, size_t len, const char *value);
#define CONFIG_RANK(list, value) config_word_rank(list, COUNT(list), value)

enum {
	BAD_NULL = 1,
	BAD_ANONYMOUS = 2,
	BAD_EXPORT = 4,
	BAD_RC4 = 8,
	BAD_DES = 16,
	BAD_3DES = 32,
	BAD_MD5 = 64,
	BAD_SHA1_GROUP1 = 128
};

/* What is not understood is -1. */
int config_list_protocols(
	const char *list, bool is_newest); /* the oldest (or newest) version that is enabled; 12: TLS 1.2 */
struct config_standing config_list_ciphers(const char *value);
int config_list_refused_of(const char *value); /* how many of the broken ones it names */
int config_list_bound(const char *value);      /* this machine, one address, everywhere (0) */
int config_list_listener(const char *value);   /* "PORT [ADDRESS]" */
int config_list_from(const char *value);
int config_list_restricted(const char *value);
int config_list_mechanisms(const char *value);
int config_list_listeners(const char *value);
/* Words that should not be there; "|" parts them. "-WORD" takes it out. */
int config_list_without(const char *words, const char *value);
