/* spare.h - packages that records name and nobody needs any more: what the store lets go of first, because it is large. */
#pragma once
#include "release/keep/refs.h"

/* Marks packages (and ways back) of candidates that are served nowhere: no snapshot that is here lists one of its packages, nor does the last one that the log
 * knows; and that are over: withdrawn, or every RfC about them is past its release or rejected; and that nothing was said about since `before`. What any
 * other candidate, or a snapshot, still needs is not marked. What was found out about them, and every record, stays for ever. */
int spare_mark(struct refs *refs, struct release *r, int64_t before, struct err *e) MUST;
/* {digest: true} of all packages in snapshots that are here, or are to be. New reference; NULL: failed. */
json_t *spare_served(struct release *r, struct err *e);
