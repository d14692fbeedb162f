/* receipt.h - what a distribution server writes about the snapshot it took: bound to it by the digest of its release.json, signed where the site has a key. */
#pragma once
#include "base/err.h"
#include "base/json.h"

struct receipt {
	const char *path, *site;   /* the signature goes to PATH.asc; site NULL: the machine's name */
	const char *how, *archive; /* "pull", "import"; sha256 of the file that was imported, or "" */
	const char *home, *key;    /* GNUPGHOME and fingerprint; key NULL: not signed */
};
/* into: the folder whose current was just taken (pull.h). */
int receipt_write(const struct receipt *o, const char *into, struct err *e) MUST;
/* Canonical JSON into path and, with a key, its signature beside it. */
int receipt_put(const struct receipt *o, const json_t *told, struct err *e) MUST;
