/* cmd_convert.c - `sluice convert FILE... --to TARGET --output DIR`: vendors' updates in the organisation's formats. */
#include "base/text.h"
#include "cli/cmd.h"
#include "repackager/convert.h"
#include <string.h>

static const struct option options[] = {
	{ "--to", "TARGET[,TARGET...]", "a format (deb, rpm, pacman, apk, ...) or a target of the house", true },
	{ "--output", "DIR", "where the packages go; made when missing", false },
	{ "--recipe", "R.yaml", "how this product becomes a package", false },
	{ "--house", "H.yaml", "the organisation's profile (default: the nearest house.yaml above the recipe)", false },
	{ "--set", "KEY=VALUE", "name, version, release, epoch, architecture, prefix, maintainer, license, summary",
		true },
	{ "--allow-lossy", NULL, "go on although a script, trigger or capability will not act", false },
	{ 0 },
};

int targets_of(const struct cli *c, char *store[], const char *ret[WORDS_MAX], size_t *ret_len, struct err *e)
{
	const char *value;
	size_t len = 0, stores = 0;

	for (size_t at = 0; (value = opt_each(c, "--to", &at));) {
		char *rest = store[stores++] = mem_strdup(value), *word;
		while ((word = strsep(&rest, ","))) {
			if (*word && len == WORDS_MAX)
				return err_usage(e, "%s: more than %d targets", c->command->name, WORDS_MAX);
			if (*word)
				ret[len++] = word;
		}
	}
	*ret_len = len;
	return 0;
}

int settings_of(const struct cli *c, const char *ret[WORDS_MAX], size_t *ret_len, struct err *e)
{
	const char *value;
	size_t len = 0;

	for (size_t at = 0; (value = opt_each(c, "--set", &at));) {
		if (len == WORDS_MAX)
			return err_usage(e, "%s: more than %d --set", c->command->name, WORDS_MAX);
		ret[len++] = value;
	}
	*ret_len = len;
	return 0;
}

/* Relations that are still there, in other words. */
static bool is_kept(const char *why)
{
	return text_starts(why, "mapped:") || text_starts(why, "guessed:") || text_starts(why, "changed:");
}

void print_losses(const struct cli *c, const json_t *lost)
{
	size_t i;
	json_t *loss;

	json_array_foreach(lost, i, loss) {
		if (strcmp(json_text(loss, "class"), "behaviour") == 0)
			warn_user(c, "%s will not act: %s: %s", json_text(loss, "target"), json_text(loss, "what"),
				json_text(loss, "why"));
		else if (is_kept(json_text(loss, "why")))
			note_user(c, "for %s, %s: %s", json_text(loss, "target"), json_text(loss, "what"),
				json_text(loss, "why"));
		else
			note_user(c, "%s cannot express %s: %s", json_text(loss, "target"), json_text(loss, "what"),
				json_text(loss, "why"));
	}
}

static int done(struct cli *c, const struct convert_result *r)
{
	if (c->is_json)
		return print_json(convert_json(r));
	AUTO_JSON *lost = convert_lost_json(r);
	print_losses(c, lost);
	for (size_t i = 0; i < r->outputs.len; i++)
		say("%s\n", r->outputs.at[i].path);
	return 0;
}

static int convert_as(struct cli *c, const struct convert *job, struct err *e)
{
	struct convert_result r = { 0 };
	int code = convert(job, &r, e);

	if (code == 0) {
		code = done(c, &r);
	} else if (c->is_json) {
		c->beside_error = json_pack("{s:o}", "lost", convert_lost_json(&r));
	} else {
		AUTO_JSON *lost = convert_lost_json(&r);
		print_losses(c, lost);
	}
	convert_result_done(&r);
	return code;
}

static int run(struct cli *c, struct err *e)
{
	const char *targets[WORDS_MAX], *set[WORDS_MAX], *output;
	char *store[VALUES_MAX] = { 0 };

	if (!opt(c, "--to"))
		return opt_need(c, "--to", &output, e);
	if (opt_need(c, "--output", &output, e))
		return -1;
	if (!output[0])
		return err_usage(e, "convert: --output is empty: want a folder");
	struct convert job = { .files = c->args,
		.files_len = (size_t)c->args_len,
		.targets = targets,
		.output = output,
		.recipe = opt(c, "--recipe"),
		.house = opt(c, "--house"),
		.set = set,
		.allow_lossy = opt_flag(c, "--allow-lossy"),
		.events = &c->events };
	int code = targets_of(c, store, targets, &job.targets_len, e) || settings_of(c, set, &job.set_len, e)
		? -1
		: convert_as(c, &job, e);
	for (size_t i = 0; i < COUNT(store) && store[i]; i++)
		free(store[i]);
	return code;
}

const struct command cmd_convert = {
	.name = "convert",
	.run = run,
	.about = "rewrite vendor updates into the organisation's formats",
	.arguments = "FILE... --to TARGET[,TARGET...] --output DIR [--recipe R.yaml]",
	.least = 1,
	.most = -1,
	.options = options,
};
