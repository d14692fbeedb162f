/* cmd_recipe.c - `sluice recipe check R.yaml [FILE]`: schema and lint of a recipe, for people and for CI. */
#include "cli/cmd.h"
#include "repackager/recipe_lint.h"
#include <string.h>

static const struct option check_options[] = {
	{ "--house", "H.yaml", "the organisation's profile (default: the nearest house.yaml above the recipe)", false },
	{ 0 },
};

static void print_lint(const json_t *findings)
{
	json_t *one;
	size_t i;

	json_array_foreach(findings, i, one) {
		say_safe(json_text(one, "place"));
		say(": %s: ", json_text(one, "severity"));
		say_safe(json_text(one, "text"));
		say("\n");
	}
}

/* The first error, with how many more there are. */
static int first_error(const json_t *findings, struct err *e)
{
	const json_t *first = NULL;
	json_t *one;
	size_t i, more = 0;

	json_array_foreach(findings, i, one) {
		if (strcmp(json_text(one, "severity"), "error") != 0)
			continue;
		more += first != NULL;
		if (!first)
			first = one;
	}
	if (!first)
		return 0;
	err_usage(e, "%s: %s", json_text(first, "place"), json_text(first, "text"));
	if (more > 0)
		err_hint(e, "that is the first error of %zu", more + 1);
	return err_file(e, json_text(first, "file"));
}

static int run_check(struct cli *c, struct err *e)
{
	struct lint_job job = {
		.recipe = c->args[0], .house = opt(c, "--house"), .file = c->args[1], .events = &c->events
	};
	json_t *findings = NULL;

	if (recipe_lint(&job, &findings, e))
		return -1;
	if (!c->is_json)
		print_lint(findings);
	if (first_error(findings, e)) {
		c->beside_error = json_pack("{s:o}", "findings", findings);
		return -1;
	}
	if (c->is_json)
		return print_json(json_pack("{s:s, s:o}", "recipe", c->args[0], "findings", findings));
	json_decref(findings);
	return 0;
}

const struct command cmd_recipe_check = {
	.name = "recipe check",
	.run = run_check,
	.about = "schema and lint of a recipe: what would fail, what can never apply",
	.arguments = "R.yaml [FILE]",
	.least = 1,
	.most = 2,
	.options = check_options,
	.more = "With the vendor's FILE the rules are tried on what is in it: what matched nothing is told, too.\n"
		"Every line says FILE:LINE:COLUMN. Exit 0: nothing that would fail (there may be warnings); 2: an "
		"error.",
};
