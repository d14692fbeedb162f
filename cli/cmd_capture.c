/* cmd_capture.c - `sluice capture FILE --to TARGET --output DIR [-- ARG...]`: packages from what a vendor's installer does. */
#include "cli/cmd.h"
#include "repackager/capture_build.h"
#include <string.h>

static const struct option options[] = {
	{ "--to", "TARGET[,TARGET...]", "a format (deb, rpm, pacman, apk, ...) or a target of the house", true },
	{ "--output", "DIR", "where the packages go; made when missing", false },
	{ "--recipe", "R.yaml", "answers to questions, what becomes of changed files, and all that `convert` reads",
		false },
	{ "--house", "H.yaml", "the organisation's profile (default: the nearest house.yaml above the recipe)", false },
	{ "--root", "NAME|DIR|/", "where it is run (default: what recipe or house name, else a copy of this machine)",
		false },
	{ "--set", "KEY=VALUE", "name, version, release, epoch, architecture, maintainer, license, summary", true },
	{ "--allow-lossy", NULL, "go on although a script, trigger or capability will not act", false },
	{ 0 },
};

/* {"path", KEY: why} as lines. */
static void print_paths(const struct cli *c, const json_t *report, const char *key, const char *what, const char *why)
{
	json_t *item;
	size_t i;

	json_array_foreach(json_list(report, key), i, item) {
		const char *path = json_text(item, "path"), *raw = json_text(item, "path_raw");
		note_user(c, "%s: %s%s%s", what, *path ? path : raw, why ? ": " : "", why ? json_text(item, why) : "");
	}
}

static void print_named(const struct cli *c, const json_t *report, const char *key, const char *what, const char *name)
{
	json_t *item;
	size_t i;

	json_array_foreach(json_list(report, key), i, item)
		note_user(c, "%s: %s", what, json_is_string(item) ? json_string_value(item) : json_text(item, name));
}

static void print_capture(const struct cli *c, const json_t *report)
{
	json_t *item;
	size_t i;

	note_user(c, "%zu files, folders and links for the package", json_array_size(json_list(report, "kept")));
	print_named(c, report, "users", "a user is made", "name");
	print_named(c, report, "groups", "a group is made", "name");
	json_array_foreach(json_list(report, "members"), i, item)
		note_user(c, "%s joins the group %s", json_text(item, "user"), json_text(item, "group"));
	print_named(c, report, "units", "a service is enabled", "unit");
	print_named(c, report, "alternatives", "an alternative is added", "name");
	print_named(c, report, "running", "was started and is stopped", NULL);
	print_paths(c, report, "dropped", "left out by the recipe", NULL);
	print_paths(c, report, "litter", "left out", "why");
	json_array_foreach(json_list(report, "noise"), i, item)
		warn_user(c, "left out, because it is not the same each time (%s): %s", json_text(item, "differs"),
			json_text(item, "path"));
	json_array_foreach(json_list(report, "foreign_edits"), i, item)
		warn_user(c, "%s: %s: %s", json_text(item, "path"), json_text(item, "what"),
			*json_text(item, "decision") ? json_text(item, "decision") : "not decided");
	json_array_foreach(json_list(report, "network"), i, item)
		warn_user(c, "%s reaches for %s, port %lld", json_text(item, "by"), json_text(item, "to"),
			(long long)json_int(item, "port"));
}

static int done(struct cli *c, const struct convert_result *r, json_t *report)
{
	if (c->is_json) {
		json_t *o = convert_json(r);

		json_object_set(o, "capture", report);
		return print_json(o);
	}
	AUTO_JSON *lost = convert_lost_json(r);
	print_losses(c, lost);
	for (size_t i = 0; i < r->outputs.len; i++)
		say("%s\n", r->outputs.at[i].path);
	return 0;
}

static int capture(struct cli *c, const struct capture_order *order, struct err *e)
{
	struct convert_result r = { 0 };
	AUTO_JSON *report = NULL;
	int code = capture_build(order, &r, &report, e);

	if (report && !c->is_json)
		print_capture(c, report);
	if (code == 0) {
		code = done(c, &r, report);
	} else if (c->is_json) {
		c->beside_error = json_pack("{s:o}", "lost", convert_lost_json(&r));
		if (report)
			json_object_set(c->beside_error, "capture", report);
	} else {
		AUTO_JSON *lost = convert_lost_json(&r);
		print_losses(c, lost);
	}
	convert_result_done(&r);
	return code < 0 ? about_file(e, order->file) : code;
}

static int run(struct cli *c, struct err *e)
{
	static char *none[] = { NULL };
	const char *targets[WORDS_MAX], *set[WORDS_MAX], *output;
	const char *const hide[] = { c->store, c->home };
	char *store[VALUES_MAX] = { 0 };
	AUTO_FREE char *required = NULL;
	int64_t age;

	if (!opt(c, "--to"))
		return opt_need(c, "--to", &output, e);
	if (opt_need(c, "--output", &output, e) || required_here(c, &required, &age, e))
		return -1;
	if (!output[0])
		return err_usage(e, "capture: --output is empty: want a folder");
	struct capture_order order = { .file = c->args[0],
		.arguments = (const char *const *)(c->rest ? c->rest : none),
		.convert = { .targets = targets,
			.output = output,
			.recipe = opt(c, "--recipe"),
			.house = opt(c, "--house"),
			.set = set,
			.allow_lossy = opt_flag(c, "--allow-lossy"),
			.events = &c->events },
		.root = opt(c, "--root"),
		.require = required,
		.hide = hide,
		.hide_len = COUNT(hide) };
	int code = targets_of(c, store, targets, &order.convert.targets_len, e) ||
			settings_of(c, set, &order.convert.set_len, e)
		? -1
		: capture(c, &order, e);
	for (size_t i = 0; i < COUNT(store) && store[i]; i++)
		free(store[i]);
	return code;
}

const struct command cmd_capture = {
	.name = "capture",
	.run = run,
	.about = "run a vendor's installer in a sandbox and make packages of what it does",
	.arguments = "FILE --to TARGET[,TARGET...] --output DIR [--recipe R.yaml] [--root ROOT] [-- ARG...]",
	.least = 1,
	.most = 1,
	.options = options,
	.takes_command = true,
};
