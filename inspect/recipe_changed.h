/* recipe_changed.h - the finding that what we ourselves do to the update has changed. Made where the digests are known, not from facts. */
#pragma once
#include "inspect/inspect.h"

/* what: "recipe acme-agent.yaml", "house profile", "script scripts/register.sh". Digests are sha256 hex; old NULL or "": it is new since the last
 * release; equal digests make no finding. Strings live in the arena. */
void recipe_changed_finding(
	struct arena *arena, struct findings *ret, const char *what, const char *old_digest, const char *new_digest);
