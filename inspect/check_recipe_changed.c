/* check_recipe_changed.c - the recipe, house profile or a script of ours changed since the last release. compare is NULL: there is nothing about
 * it in the packages; submit knows the digests. */
#include "inspect/checks.h"
#include "inspect/recipe_changed.h"
#include <string.h>

void recipe_changed_finding(
	struct arena *arena, struct findings *ret, const char *what, const char *old_digest, const char *new_digest)
{
	bool is_new = old_digest == NULL || *old_digest == 0;
	const char *text;

	if (strcmp(is_new ? "" : old_digest, new_digest) == 0)
		return; /* without one before and now, too */
	text = arena_printf(arena,
		is_new ? "%s was not part of the last release: what is done to the vendor's update has changed."
		       : "%s has changed since the last release: something else is done to the vendor's update now.",
		what);
	list_grow((void **)&ret->at, &ret->room, ret->len, sizeof *ret->at);
	ret->at[ret->len++] = (struct finding){ .severity = check_recipe_changed.severity,
		.check = check_recipe_changed.id,
		.where = arena_str(arena, what),
		.old = is_new ? "" : arena_str(arena, old_digest),
		.new = arena_str(arena, new_digest),
		.text = text ? text : "",
		.remedy = "A second packager reads the change and says yes to it (sluice recipe approve)." };
}

const struct check check_recipe_changed = {
	.id = "recipe-changed",
	.severity = SEVERITY_MEDIUM,
	.waiver = "packager",
	.about = "The recipe, the house profile or a script of ours changed since the last release: a second packager "
		 "must have seen it.",
	.why = "What reaches the machines is the vendor's update as our recipe rewrote it. A changed recipe "
	       "can add a file or drop a check as well as the vendor can, so it is told like a change of the "
	       "vendor's, and cleared by a packager who did not make it.",
};
