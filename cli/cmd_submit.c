/* cmd_submit.c - `sluice submit FILE...`: the whole pipeline; prints the candidate's name first. */
#include "cli/cmd.h"
#include "repackager/submit.h"
#include <string.h>

static const struct option options[] = {
	{ "--recipe", "R.yaml", "how this product becomes a package", false },
	{ "--recipes", "DIR", "a folder of recipes, chosen by product", false },
	{ "--house", "H.yaml", "the organisation's profile (default: the nearest house.yaml above the recipe)", false },
	{ "--signature", "FILE", "the vendor's detached signature, over FILE or over --checksums", false },
	{ "--checksums", "FILE", "the vendor's checksum list", false },
	{ "--apt-release", "InRelease", "the vendor's apt Release file, with --apt-packages", false },
	{ "--apt-packages", "Packages", "the Packages file it names", false },
	{ 0 },
};

static void print_candidate(const struct cli *c, const json_t *made)
{
	size_t i;
	json_t *item;

	say("%s\n", json_text(made, "candidate"));
	json_array_foreach(json_list(made, "packages"), i, item) {
		say("  package   %-8s ", json_text(item, "target"));
		say_safe(json_text(item, "name"));
		say(" ");
		say_safe(json_text(item, "version"));
		say("\n");
	}
	json_array_foreach(json_list(made, "evidence"), i, item) {
		bool good = strcmp(json_text(item, "verdict"), "pass") == 0;
		say("  %-18s %s%s%s ", json_text(item, "kind"), tone(c, good ? "\033[32m" : "\033[31m"),
			json_text(item, "verdict"), tone(c, "\033[0m"));
		say_safe(json_text(item, "text"));
		say("\n");
	}
	if (c->is_verbose)
		print_findings(c, json_list(made, "findings"));
	print_losses(c, json_list(made, "lost"));
}

static int run(struct cli *c, struct err *e)
{
	AUTO_RELEASE *r = NULL;
	struct actor actor = actor_of(c);
	json_t *all = json_array();
	bool is_negative = false;

	if (opt(c, "--apt-release") && !opt(c, "--apt-packages")) {
		json_decref(all);
		return err_usage(e, "submit: --apt-release wants --apt-packages beside it");
	}
	if (store_of(c, &r, e)) {
		json_decref(all);
		return -1;
	}
	for (int i = 0; i < c->args_len; i++) {
		json_t *made = NULL;
		struct submit s = { .file = c->args[i],
			.recipe = opt(c, "--recipe"),
			.recipes = opt(c, "--recipes"),
			.house = opt(c, "--house"),
			.signature = opt(c, "--signature"),
			.checksums = opt(c, "--checksums"),
			.apt_release = opt(c, "--apt-release"),
			.apt_packages = opt(c, "--apt-packages"),
			.actor = &actor,
			.events = &c->events };
		if (submit(r, &s, &made, e)) {
			json_decref(all);
			return about_file(e, c->args[i]);
		}
		is_negative = is_negative || strcmp(json_text(made, "verdict"), "pass") != 0;
		if (!c->is_json)
			print_candidate(c, made);
		json_array_append_new(all, made);
	}
	if (c->is_json && json_array_size(all) == 1)
		print_json(json_incref(json_array_get(all, 0)));
	else if (c->is_json)
		print_json(json_pack("{s:O}", "candidates", all));
	json_decref(all);
	return is_negative ? 1 : 0;
}

const struct command cmd_submit = {
	.name = "submit",
	.run = run,
	.about = "verify, rewrite, sign, test and compare an update: it becomes a candidate",
	.arguments = "FILE... [--recipe R.yaml | --recipes DIR] [--house H.yaml] [--signature FILE]",
	.least = 1,
	.most = -1,
	.options = options,
};
