/* cmd_policy.c - `sluice policy show|check|replace|map`, `sluice trust export`. */
#include "base/fs.h"
#include "cli/cmd.h"
#include "release/service_map.h"
#include <stdio.h>
#include <string.h>

enum { MAP_MAX = 16 << 20 };

static int run_show(struct cli *c, struct err *e)
{
	AUTO_RELEASE *r = NULL;
	AUTO_FREE char *text = NULL;
	json_t *parsed = NULL;
	const char *file = opt(c, "--file");
	size_t len;

	if (store_of(c, &r, e) || (file && policy_show_file(r, file, &text, &len, e)) ||
		(!file && policy_show(r, &text, &len, c->is_json ? &parsed : NULL, e)))
		return -1;
	if (parsed)
		return print_json(parsed);
	if (fwrite(text, 1, len, stdout) != len)
		return err_sys(e, "writing the policy");
	return 0;
}

static int run_check(struct cli *c, struct err *e)
{
	json_t *verdict = NULL, *line;
	size_t i;

	if (policy_check(c->args[0], &verdict, e))
		return -1;
	if (c->is_json)
		return print_json(verdict);
	say("%s: %s\n", c->args[0],
		json_flag(verdict, "can_be_put_in_force") ? "can be put in force" : "cannot be put in force");
	json_array_foreach(json_list(verdict, "refused"), i, line)
		say_wrapped(2, "refused: ", json_string_value(line));
	say("\nWhat it means:\n");
	json_array_foreach(json_list(verdict, "words"), i, line)
		say_wrapped(2, "", json_string_value(line));
	if (json_array_size(json_list(verdict, "lint")))
		say("\nSeldom meant:\n");
	json_array_foreach(json_list(verdict, "lint"), i, line) {
		AUTO_FREE char *text = mem_printf("%s: %s", json_text(line, "check"), json_text(line, "text"));

		say_wrapped(2, "", text);
	}
	json_array_foreach(json_list(verdict, "warnings"), i, line)
		say_wrapped(2, "note: ", json_string_value(line));
	json_decref(verdict);
	return 0;
}

static int run_replace(struct cli *c, struct err *e)
{
	AUTO_RELEASE *r = NULL;
	struct actor actor = actor_of(c);
	const char *files[64], *file;
	struct policy_replacement o = { .file = c->args[0], .path = opt(c, "--path"), .keyring = opt(c, "--keyring") };
	json_t *done = NULL;

	for (size_t at = 0; (file = opt_each(c, "--signature", &at)) && o.signatures_len < COUNT(files);)
		files[o.signatures_len++] = file;
	o.signatures = (char *const *)files;
	if (store_of(c, &r, e) || policy_replace(r, &actor, &o, &done, e))
		return -1;
	return print_value(c, done);
}

static int run_map(struct cli *c, struct err *e)
{
	AUTO_FREE char *bytes = NULL, *yaml = NULL;
	AUTO_JSON *map = NULL;
	const char *file, *section = opt(c, "--section");
	size_t len;

	if (opt_need(c, "--from", &file, e))
		return -1;
	if (section && strcmp(section, "services") != 0 && strcmp(section, "processes") != 0)
		return err_usage(e, "--section %s: services or processes", section);
	if (fs_read_file(file, MAP_MAX, &bytes, &len, e) || service_map_parse(bytes, len, file, &map, e))
		return -1;
	if (c->is_json)
		return print_json(json_incref(map));
	yaml = service_map_yaml(map, section);
	say("%s", yaml);
	return 0;
}

static int run_trust(struct cli *c, struct err *e)
{
	AUTO_RELEASE *r = NULL;
	json_t *trust = NULL;

	if (store_of(c, &r, e) || release_trust(r, &trust, e))
		return -1;
	return print_json(trust);
}

static const struct option show_opts[] = {
	{ "--file", "PATH", "an included file, by the path the policy gives it", false },
	{ 0 },
};
static const struct option replace_opts[] = {
	{ "--signature", "FILE.asc", "an owner's detached signature over the policy, or over a file it includes",
		true },
	{ "--path", "PATH", "which of the policy's included files FILE is; usually its place tells", false },
	{ "--keyring", "FILE", "certificates to add; usually the policy's keyring beside it", false },
	{ 0 },
};

static const struct option map_opts[] = {
	{ "--from", "F.csv", "columns package, service; process, department, blackouts, expected-downtime", false },
	{ "--section", "services|processes", "that section alone, as a file that the policy includes", false },
	{ 0 },
};

const struct command cmd_policy_map = {
	.name = "policy map",
	.run = run_map,
	.about = "services and processes of a policy from a table, to be signed by its owners",
	.arguments = "--from F.csv [--section services|processes]",
	.options = map_opts,
	.more = "Prints YAML and changes nothing: put it into the policy, or a file that it includes, and have it "
		"signed.",
};
const struct command cmd_policy_show = {
	.name = "policy show",
	.run = run_show,
	.about = "the exact bytes of the policy in force, or of a file it includes",
	.arguments = "[--file PATH]",
	.options = show_opts,
};
const struct command cmd_policy_check = {
	.name = "policy check",
	.run = run_check,
	.about = "does a policy file parse, and what is odd about it?",
	.arguments = "FILE",
	.least = 1,
	.most = 1,
};
const struct command cmd_policy_replace = {
	.name = "policy replace",
	.run = run_replace,
	.about = "put a successor of the policy, or of a file it includes, in force",
	.arguments = "FILE [--signature FILE.asc]...",
	.least = 1,
	.most = 1,
	.options = replace_opts,
};
const struct command cmd_trust_export = {
	.name = "trust export",
	.run = run_trust,
	.about = "what a client must know beforehand, as JSON",
	.arguments = "",
};
