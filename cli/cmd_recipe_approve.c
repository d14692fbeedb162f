/* cmd_recipe_approve.c - `sluice recipe approve`: a second person's yes to a recipe that changed. */
#include "cli/cmd.h"
#include "repackager/recipe.h"

/* The digest that submit will find: the recipe, the house above it or the one that is named, and every file they name. */
static int digest_of(const struct cli *c, char ret[65], struct err *e)
{
	struct document recipe = { 0 }, house = { 0 };
	AUTO_FREE char *near = opt(c, "--house") ? NULL : house_find(c->args[0]);
	const char *path = opt(c, "--house") ? opt(c, "--house") : near;
	int result = recipe_load(c->args[0], &recipe, e);

	if (result == 0 && path)
		result = house_load(path, &house, e);
	if (result == 0)
		result = recipe_digest(&recipe, &house, ret, e);
	document_done(&recipe);
	document_done(&house);
	return result;
}

static int run(struct cli *c, struct err *e)
{
	AUTO_RELEASE *r = NULL;
	struct actor actor = actor_of(c);
	const char *role = opt_or(c, "--role", "packager"), *reason = opt_or(c, "--reason", "");
	char digest[65];

	if (digest_of(c, digest, e) || store_of(c, &r, e) || recipe_approve(r, &actor, digest, role, reason, e))
		return -1;
	return print_value(c, json_pack("{s:s, s:s}", "recipe", digest, "role", role));
}

static const struct option options[] = {
	{ "--house", "H.yaml", "the house that it is used with; else the nearest above the recipe", false },
	{ "--role", "R", "as which you approve (packager)", false },
	{ "--reason", "TEXT", "what you looked at", false },
	{ 0 },
};

const struct command cmd_recipe_approve = {
	.name = "recipe approve",
	.run = run,
	.about = "second person's yes to a changed recipe",
	.arguments = "R.yaml [--house H.yaml] [--role R] [--reason TEXT]",
	.least = 1,
	.most = 1,
	.options = options,
	.more = "Clears the finding recipe-changed of every candidate, earlier or later, that exactly this recipe made "
		"and\n"
		"that somebody else submitted. A recipe is its bytes, those of its house, and every file they name.",
};
