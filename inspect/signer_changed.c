/* signer_changed.c - whose word the update is. Both keys are pinned in the policy, else there would be no evidence; that one follows the other is
 * still a thing that the vendor must have said. */
#include "inspect/signer_changed.h"
#include <string.h>

static void add(struct arena *arena, struct findings *ret, const char *old, const char *new, const char *text,
	const char *remedy)
{
	list_grow((void **)&ret->at, &ret->room, ret->len, sizeof *ret->at);
	ret->at[ret->len++] = (struct finding){ .severity = SEVERITY_HIGH,
		.check = "trust-changed",
		.where = "the vendor's signature",
		.old = arena_str(arena, old),
		.new = arena_str(arena, new),
		.text = text ? text : "",
		.remedy = remedy };
}

void signer_changed_finding(struct arena *arena, struct findings *ret, const char *old, const char *new)
{
	if (!old || !new || !*old || !*new || strcmp(old, new) == 0)
		return;
	add(arena, ret, old, new,
		arena_printf(arena,
			"The update is signed with another key than the last release was (%s, before %s): somebody "
			"else may speak in the vendor's name.",
			new, old),
		"Ask the vendor over another way than the update came whether the key was changed, and when.");
}

void signer_unknown_finding(struct arena *arena, struct findings *ret, const char *evidence, const char *new)
{
	add(arena, ret, "", new ? new : "",
		arena_printf(arena,
			"Evidence of the released version cannot be read (blob %.16s), so nobody can say whether the "
			"same "
			"key signed both: somebody else may speak in the vendor's name.",
			evidence),
		"Bring the blob back from a backup (sluice fsck names what is missing) and submit again, or compare "
		"the "
		"key with what the vendor publishes.");
}
