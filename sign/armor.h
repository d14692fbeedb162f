/* armor.h - ASCII armor (RFC 9580, 6.2), read strictly: one block, nothing that gpg would skip over in silence. */
#pragma once
#include "base/base.h"
#include "base/err.h"
#include <stdbool.h>

enum { ARMOR_MAX = 16 << 20 }; /* bytes of one armored input */

bool armor_looks_like(const void *bytes, size_t len); /* begins with an armor head line, blanks before it allowed */
/* Finds the next block with that label ("SIGNATURE", "PUBLIC KEY BLOCK") in text from *at on, decodes it and moves *at behind its tail line.
 * 1: decoded, *ret_bytes (malloc); 0: no further block; -1: a damaged one (E_SIG_BAD). ret_start: where its head line begins; may be NULL. */
int armor_next(const char *text, size_t len, size_t *at, const char *label, size_t *ret_start,
	unsigned char **ret_bytes, size_t *ret_len, struct err *e) MUST;
/* The block of that label that holds those bytes; malloc, NUL added. */
char *armor_encode(const unsigned char *bytes, size_t len, const char *label, size_t *ret_len);
/* A file that is one block and nothing else but blanks around it. */
int armor_decode(const char *text, size_t len, const char *label, unsigned char **ret_bytes, size_t *ret_len,
	struct err *e) MUST;
