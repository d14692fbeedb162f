/* cmd_test.c - `sluice test FILE...`: the real package manager in a throw-away root. */
#include "base/fs.h"
#include "base/text.h"
#include "cli/cmd.h"
#include "sandbox/test.h"
#include <string.h>

static const struct option options[] = {
	{ "--root", "NAME|DIR|/", "where to try it (default: /, a throw-away copy of this machine)", false },
	{ "--with", "DIR", "a folder with packages for dependencies; never the network", true },
	{ "--upgrade-from", "OLD", "the version to upgrade from", true },
	{ "--expect", "E.yaml", "what must be true after the install", false },
	{ "--scenario", "NAME[,...]",
		"install, reinstall, upgrade, downgrade, remove, purge, rollback (default: all that apply)", false },
	{ "--profile", "plain|systemd|auto",
		"how services start: init scripts, or the root's systemd (default: what is needed)", false },
	{ "--report", "DIR", "where report.json, report.html, junit.xml and logs/ go", false },
	{ 0 },
};

static size_t collect(const struct cli *c, const char *name, const char **ret, size_t room)
{
	const char *value;
	size_t len = 0;
	for (size_t at = 0; len < room && (value = opt_each(c, name, &at));)
		ret[len++] = value;
	return len;
}

static void print_step(const char *label, const json_t *list)
{
	size_t i;
	json_t *item;

	json_array_foreach(list, i, item) {
		say("    %-10s ", label);
		say_safe(json_is_string(item) ? json_string_value(item) : json_text(item, "text"));
		say("\n");
	}
}

static void print_scenarios(const struct cli *c, const json_t *run)
{
	size_t i;
	json_t *s;

	json_array_foreach(json_list(run, "scenarios"), i, s) {
		const char *verdict = json_text(s, "verdict");
		say("  %s%-5s%s %s\n", tone(c, strcmp(verdict, "pass") == 0 ? "\033[32m" : "\033[31m"), verdict,
			tone(c, "\033[0m"), json_text(s, "name"));
		print_step("finding", json_list(s, "findings"));
	}
}

static void print_report(const struct cli *c, const json_t *report)
{
	size_t i;
	json_t *run, *x;

	say("%s\n", json_text(report, "verdict"));
	json_array_foreach(json_list(report, "runs"), i, run)
		print_scenarios(c, run);
	json_array_foreach(json_list(report, "expectations"), i, x) {
		say("  %s ", json_flag(x, "met") ? "met  " : "NOT MET");
		say_safe(json_text(x, "text"));
		if (!json_flag(x, "met")) {
			say(": observed ");
			say_safe(json_text(x, "observed"));
		}
		say("\n");
	}
	if (json_text(report, "error")[0]) {
		say("  ");
		say_safe(json_text(report, "error"));
		say("\n");
	}
}

static int verdict_code(const json_t *report)
{
	const char *verdict = json_text(report, "verdict");
	return strcmp(verdict, "pass") == 0 ? 0 : strcmp(verdict, "fail") == 0 ? 1 : 4;
}

/* What the store's policy asks of a test machine holds for tests by hand as well; *ret NULL where there is no store. */
static int required_here(struct cli *c, char **ret, struct err *e)
{
	AUTO_FREE char *catalogue = fs_join(c->store, "catalogue.db");
	AUTO_RELEASE *r = NULL;

	if (!fs_exists(catalogue))
		return 0;
	if (store_of(c, &r, e))
		return err_wrap(e, "what the policy requires of a test machine");
	*ret = policy_required(r);
	return 0;
}

static int run(struct cli *c, struct err *e)
{
	const char *with[64], *old[64];
	AUTO_FREE char *required = NULL;
	AUTO_JSON *report = NULL;
	struct test t = { .files = c->args,
		.files_len = (size_t)c->args_len,
		.root = opt(c, "--root"),
		.expect = opt(c, "--expect"),
		.scenarios = opt(c, "--scenario"),
		.profile = opt(c, "--profile"),
		.report_dir = opt(c, "--report"),
		.hide = (const char *const[]){ c->store, c->home },
		.hide_len = 2,
		.events = &c->events };

	t.with = with;
	t.with_len = collect(c, "--with", with, COUNT(with));
	t.upgrade_from = old;
	t.upgrade_from_len = collect(c, "--upgrade-from", old, COUNT(old));
	if (required_here(c, &required, e))
		return -1;
	t.require = required;
	if (!t.root)
		warn_user(c, "no --root: trying it in a throw-away copy of this machine");
	if (test_run(&t, &report, e))
		return -1;
	int code = verdict_code(report);
	if (c->is_json)
		return print_json(json_incref(report)), code;
	print_report(c, report);
	if (t.report_dir)
		say("report: %s/report.html\n", t.report_dir);
	return code;
}

const struct command cmd_test = {
	.name = "test",
	.run = run,
	.about = "install, upgrade, roll back, remove and purge packages in a throw-away root",
	.arguments = "FILE... [--root NAME|DIR|/] [--upgrade-from OLD] [--expect E.yaml] [--report DIR]",
	.least = 1,
	.most = -1,
	.options = options,
};
