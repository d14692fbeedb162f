/* signer_changed.h - the finding that another key than last time signed the vendor's update. Made where the evidence is known, not from facts. */
#pragma once
#include "inspect/inspect.h"

/* Primary fingerprints; "" or NULL: not known, and then there is nothing to compare. Strings live in the arena. */
void signer_changed_finding(struct arena *arena, struct findings *ret, const char *old, const char *new);
/* The released version's signer may stand in evidence that could not be read; its digest. */
void signer_unknown_finding(struct arena *arena, struct findings *ret, const char *evidence, const char *new);
