/* mirror.h - where else the bytes of a digest may be: a published tree (a folder, a URL), a file that carries one, a backup, another store. */
#pragma once
#include "base/json.h"
#include "release/channel/fetch.h"

struct mirror {
	char *name;             /* as it was given */
	struct fetcher fetcher; /* of a tree, or a file */
	json_t *files;          /* {sha256: {"path","size"}} of a tree; NULL: it is asked by digest */
	char *blobs;            /* of another store; NULL */
	char *scratch;          /* a file for what is fetched */
	bool is_open;
};
/* scratch: a folder for what comes over a line. */
int mirror_open(struct mirror *m, const char *name, const char *scratch, struct err *e) MUST;
void mirror_done(struct mirror *m);
/* The file with those bytes, checked; malloc, NULL when it has none (that can be read). What lies in scratch is gone with the next call. */
char *mirror_find(struct mirror *m, const char *digest);
