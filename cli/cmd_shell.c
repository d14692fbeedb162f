/* cmd_shell.c - `sluice shell [FILE...]`: a look around in a throw-away root. */
#include "cli/cmd.h"
#include "cli/terminal.h"
#include "sandbox/kept.h"
#include "sandbox/test.h"

static const struct option options[] = {
	{ "--root", "NAME|DIR|/", "where (default: /, a throw-away copy of this machine)", false },
	{ "--with", "DIR", "a folder with packages for dependencies; never the network", true },
	{ "--profile", "plain|systemd|auto", "how services start (default: what the packages need)", false },
	{ "--kept", "DIR", "the root that `sluice test --keep-env` left there", false },
	{ 0 },
};

static int exit_of(const json_t *report, struct err *e)
{
	const json_t *run = json_array_get(json_list(report, "runs"), 0);
	const json_t *scenario = json_array_get(json_list(run, "scenarios"), 0);

	if (*json_text(scenario, "error"))
		return err_env(e, "%s", json_text(scenario, "error"));
	return (int)json_int(scenario, "shell_exit");
}

static int with_packages(struct cli *c, const struct test *t, struct err *e)
{
	AUTO_JSON *report = NULL;

	return test_run(t, &report, e) ? -1 : exit_of(report, e);
}

static int run(struct cli *c, struct err *e)
{
	const char *with[64], *kept = opt(c, "--kept"), *value;
	struct test t = { .files = c->args,
		.files_len = (size_t)c->args_len,
		.root = opt(c, "--root"),
		.with = with,
		.scenarios = "shell",
		.profile = opt(c, "--profile"),
		.hide = (const char *const[]){ c->store, c->home },
		.hide_len = 2,
		.events = &c->events,
		.look = { terminal_shell, c, false, NULL } };

	for (size_t at = 0; (value = opt_each(c, "--with", &at)) != NULL; with[t.with_len++] = value)
		if (t.with_len == COUNT(with))
			return err_usage(e, "shell: --with more than %zu times", COUNT(with));
	if (kept && (c->args_len > 0 || t.root))
		return err_usage(e, "shell: --kept is a root with its packages: neither FILE nor --root go with it");
	if (c->is_json)
		return err_usage(e, "shell: what a shell prints is no JSON");
	if (!kept && !t.root)
		warn_user(c, "no --root: a throw-away copy of this machine");
	AUTO_FREE char *required = NULL;
	if (required_here(c, &required, &t.root_max_age, e))
		return -1;
	t.require = required;
	terminal_hold();
	int code = c->args_len > 0 ? with_packages(c, &t, e) : kept_shell(&t, kept, e);
	terminal_release();
	return code;
}

const struct command cmd_shell = {
	.name = "shell",
	.run = run,
	.about = "a shell in a throw-away root with packages installed",
	.arguments = "[FILE...] [--root NAME|DIR|/] [--kept DIR]",
	.least = 0,
	.most = -1,
	.options = options,
};
