/* cmd_recipe.c - `sluice recipe new FILE`, `sluice recipe check R.yaml [FILE]`: a first recipe; schema and lint, for people and for CI. */
#include "base/fs.h"
#include "cli/cmd.h"
#include "repackager/recipe_lint.h"
#include "repackager/recipe_new.h"
#include <stdio.h>
#include <string.h>

static const struct option new_options[] = {
	{ "--output", "R.yaml", "write it there (never over a file that is there)", false },
	{ 0 },
};

static int write_new(const char *path, const char *text, struct err *e)
{
	if (fs_exists(path)) {
		err_usage(e, "%s is there already", path);
		return err_hint(e, "say another name: a recipe is never overwritten");
	}
	return fs_write_file(path, text, strlen(text), 0644, e);
}

static int run_new(struct cli *c, struct err *e)
{
	const char *output = opt(c, "--output");
	AUTO_FREE char *text = NULL;

	if (output && fs_exists(output)) /* before the work */
		return write_new(output, "", e);
	if (recipe_new(c->args[0], &c->events, &text, e))
		return about_file(e, c->args[0]);
	if (output && write_new(output, text, e))
		return -1;
	if (c->is_json)
		return print_json(json_pack("{s:s?, s:s}", "recipe", output, "text", text));
	if (!output && fwrite(text, 1, strlen(text), stdout) != strlen(text))
		return err_sys(e, "writing the recipe");
	if (output)
		say("%s\n", output);
	return 0;
}

const struct command cmd_recipe_new = {
	.name = "recipe new",
	.run = run_new,
	.about = "a commented first recipe from what is inside a file",
	.arguments = "FILE [--output R.yaml]",
	.least = 1,
	.most = 1,
	.options = new_options,
	.more = "Guesses stand as they are and work; suggestions are comments. Nothing of the file is run.",
};

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
