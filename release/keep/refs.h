/* refs.h - which blobs of a store anything refers to: from the log's rows, through every text that they name, to the last digest in it.
 *
 * A blob is referred to when its digest stands in a row of the log, or in a blob that is referred to and is a text (records, signatures, policies, evidence,
 * reports, fragments, release.json). So a new kind of record needs no line here. Spare ones are the exception (spare.h): packages that many records name
 * and nobody needs any more. In memory: 40 bytes a blob. */
#pragma once
#include "release/release.h"

struct ref {
	unsigned char digest[32];
	bool is_named, is_spare;
};
struct refs {
	LIST(struct ref) blobs; /* by digest */
	LIST(size_t) open;      /* named, not yet looked into */
	struct log_head head;   /* of the log that was walked */
};
void refs_done(struct refs *r);
/* Lists what is there; nothing is named yet. */
int refs_list(struct refs *r, struct store *s, struct err *e) MUST;
struct ref *refs_find(struct refs *r, const char *digest); /* NULL: there is no such blob */
/* Walks the whole log. A blob that is named by a row and is not there, or one that cannot be read or is not what it is called, is an error: what it refers
 * to is not known. */
int refs_walk(struct refs *r, struct store *s, struct err *e) MUST;
