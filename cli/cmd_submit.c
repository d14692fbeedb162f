/* cmd_submit.c - `sluice submit FILE...`: the whole pipeline; prints the candidate's name first. */
#include "base/text.h"
#include "cli/cmd.h"
#include "repackager/decode.h"
#include "repackager/submit.h"
#include <string.h>

static const struct option options[] = {
	{ "--recipe", "R.yaml", "how this product becomes a package", false },
	{ "--recipes", "DIR", "a folder of recipes, chosen by product", false },
	{ "--house", "H.yaml", "the organisation's profile (default: the nearest house.yaml above the recipe)", false },
	{ "--signature", "FILE", "the vendor's detached signature, over FILE or over --checksums", false },
	{ "--checksums", "FILE", "the vendor's checksum list", false },
	{ "--apt-release", "InRelease", "the vendor's apt Release file, with --apt-packages", false },
	{ "--as-is", NULL,
		"a distribution's own package: not rewritten, only signed again; tested and compared like others",
		false },
	{ "--reason", "TEXT", "why it passes as it is", false },
	{ "--apt-packages", "Packages", "the Packages file it names", false },
	{ 0 },
};

static void print_candidate(const struct cli *c, const json_t *made)
{
	bool has_failed = false;
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

		has_failed |= !good && strcmp(json_text(item, "kind"), "test") == 0;
		say("  %-18s %s%s%s ", json_text(item, "kind"), tone(c, good ? "\033[32m" : "\033[31m"),
			json_text(item, "verdict"), tone(c, "\033[0m"));
		say_safe(json_text(item, "text"));
		say("\n");
	}
	if (has_failed)
		hint_user(c, "'sluice test %s --report DIR' tries it again and writes the whole report",
			json_text(made, "candidate"));
	if (c->is_verbose)
		print_findings(c, json_list(made, "findings"));
	print_losses(c, json_list(made, "lost"));
}

/* Of several files none is worked on when one of them cannot be read: a refusal leaves no candidates. */
static int look_first(struct cli *c, struct err *e)
{
	for (int i = 0; c->args_len > 1 && i < c->args_len; i++) {
		AUTO(pkg) p;
		struct decode d = { .path = c->args[i], .events = &c->events };

		pkg_init(&p, 0);
		if (decode(&d, NULL, &p, NULL, NULL, e))
			return about_file(e, c->args[i]);
	}
	return 0;
}

static int submit_one(struct cli *c, struct release *r, const char *file, json_t **ret, struct err *e)
{
	struct actor actor = actor_of(c);
	struct submit s = { .file = file,
		.recipe = opt(c, "--recipe"),
		.recipes = opt(c, "--recipes"),
		.as_is = opt_flag(c, "--as-is") ? opt(c, "--reason") : NULL,
		.house = opt(c, "--house"),
		.signature = opt(c, "--signature"),
		.checksums = opt(c, "--checksums"),
		.apt_release = opt(c, "--apt-release"),
		.apt_packages = opt(c, "--apt-packages"),
		.actor = &actor,
		.events = &c->events };

	return submit(r, &s, ret, e) ? about_file(e, file) : 0;
}

static int run(struct cli *c, struct err *e)
{
	AUTO_RELEASE *r = NULL;
	AUTO_JSON *all = json_array();
	bool is_negative = false;

	if (opt(c, "--apt-release") && !opt(c, "--apt-packages"))
		return err_usage(e, "submit: --apt-release wants --apt-packages beside it");
	if (opt(c, "--recipe") && opt(c, "--recipes"))
		return err_usage(e, "submit: --recipe and --recipes exclude each other");
	if (opt_flag(c, "--as-is") && (opt(c, "--recipe") || opt(c, "--recipes")))
		return err_usage(e, "submit: --as-is takes a package as it is; a recipe would rewrite it");
	if (opt_flag(c, "--as-is") != (opt(c, "--reason") != NULL) || (opt(c, "--reason") && !*opt(c, "--reason")))
		return err_usage(e, "submit: --as-is and --reason TEXT go together");
	if (opt(c, "--reason") && !text_is_utf8(opt(c, "--reason"), strlen(opt(c, "--reason"))))
		return err_usage(e, "--reason: the text is not UTF-8");
	if (store_of(c, &r, e) || look_first(c, e))
		return -1;
	for (int i = 0; i < c->args_len; i++) {
		json_t *made = NULL;
		if (submit_one(c, r, c->args[i], &made, e)) {
			if (json_array_size(all) > 0) /* those before it are made and stay */
				c->beside_error = json_pack("{s:O}", "candidates", all);
			return -1;
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
