/* cmd_test.c - `sluice test FILE...`: the real package manager in a throw-away root. */
#include "base/fs.h"
#include "base/text.h"
#include "base/when.h"
#include "cli/cmd.h"
#include "cli/terminal.h"
#include "repackager/prove_test.h"
#include "repackager/test_places.h"
#include "sandbox/root.h"
#include "sandbox/test.h"
#include <string.h>
#include <unistd.h>

static const struct option options[] = {
	{ "--root", "NAME|DIR|/",
		"where to try it (default: what the target or recipe names, else /, a throw-away copy of this machine)",
		false },
	{ "--recipe", "R.yaml", "what names roots, folders with dependencies, expectations", false },
	{ "--house", "H.yaml", "whose targets name roots (default: the nearest house.yaml above the recipe)", false },
	{ "--target", "TARGET[,...]", "only these of the house's targets", false },
	{ "--max-root-age", "30d", "an older root image is a finding (default: what the policy says, else 30d)",
		false },
	{ "--with", "DIR", "a folder with packages for dependencies; never the network", true },
	{ "--upgrade-from", "OLD", "the version to upgrade from", true },
	{ "--expect", "E.yaml", "what must be true after the install", false },
	{ "--scenario", "NAME[,...]",
		"install, reinstall, upgrade, downgrade, remove, purge, rollback, failing-script, interrupted; quick "
		"(default: all but the last two), all; cycle: one life in one root",
		false },
	{ "--profile", "plain|systemd|auto",
		"how services start: init scripts, or the root's systemd (default: what is needed)", false },
	{ "--report", "DIR", "where report.json, report.html, junit.xml and logs/ go", false },
	{ "--shell-on-error", NULL, "a shell in the root at the first failure of a scenario", false },
	{ "--keep-env", NULL, "keep each scenario's root, for `sluice shell --kept`", false },
	{ "--log-patterns", "FILE", "words of failure to look for in logs (default: those built in)", false },
	{ "--dispositions", "FILE", "lines in logs that people decided on: digest, reason, role, until", false },
	{ 0 },
};

static int collect(const struct cli *c, const char *name, const char **ret, size_t room, size_t *ret_len, struct err *e)
{
	const char *value;
	size_t len = 0;

	for (size_t at = 0; (value = opt_each(c, name, &at)) != NULL;) {
		if (len == room)
			return err_usage(e, "%s more than %zu times", name, room);
		ret[len++] = value;
	}
	*ret_len = len;
	return 0;
}

static void print_found(const json_t *list)
{
	size_t i;
	json_t *f;

	json_array_foreach(list, i, f) {
		say("    %-8s %s ", json_text(f, "severity"), json_text(f, "check"));
		say_safe(json_text(f, "where"));
		say(": ");
		say_safe(json_text(f, "text"));
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
		print_found(json_list(s, "findings"));
	}
}

static void print_report(const struct cli *c, const json_t *report)
{
	size_t i;
	json_t *run, *x;

	say("%s\n", json_text(report, "verdict"));
	json_array_foreach(json_list(report, "runs"), i, run) {
		if (json_array_size(json_list(report, "runs")) > 1) {
			say("  on the root ");
			say_safe(json_text(json_map(run, "root"), "name"));
			say("%s%s:\n", *json_text(run, "target") ? ", target " : "", json_text(run, "target"));
		}
		print_scenarios(c, run);
	}
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
int required_here(struct cli *c, char **ret, int64_t *ret_max_age, struct err *e)
{
	AUTO_FREE char *catalogue = fs_join(c->store, "catalogue.db");
	AUTO_RELEASE *r = NULL;

	if (!fs_exists(catalogue))
		return 0;
	if (store_of(c, &r, e))
		return err_wrap(e, "what the policy requires of a test machine");
	*ret = policy_required(r);
	*ret_max_age = policy_root_max_age(r);
	return 0;
}

/* What was asked for, beside what is tried. */
struct asked {
	struct document recipe, house;
	struct test_folders folders;
	struct test_places places;
	char *required, *expect;
};

static void asked_done(struct asked *a)
{
	document_done(&a->recipe);
	document_done(&a->house);
	test_folders_done(&a->folders);
	test_places_done(&a->places);
	free(a->required);
	free(a->expect);
}

/* --root says where, whatever a house's targets would; --target asks for them all the same. */
static int load_documents(struct cli *c, struct asked *a, struct err *e)
{
	const char *recipe = opt(c, "--recipe"), *house = opt(c, "--house");
	AUTO_FREE char *found = recipe && !house ? house_find(recipe) : NULL;

	if (recipe && recipe_load(recipe, &a->recipe, e))
		return -1;
	if (opt(c, "--root") && !opt(c, "--target"))
		return 0;
	house = house ? house : found;
	if (!house && opt(c, "--target"))
		return err_usage(e, "--target needs a house that has it (--house)");
	return house ? house_load(house, &a->house, e) : 0;
}

static int max_age(struct cli *c, int64_t *ret, struct err *e)
{
	const char *text = opt(c, "--max-root-age");

	return text && duration_parse(text, ret, e) ? err_wrap(e, "--max-root-age") : 0;
}

/* Every place with what all have in common. */
static int run_places(struct cli *c, const struct asked *a, const struct test *common, json_t **ret, struct err *e)
{
	size_t len = a->places.places.len;
	struct test *tests = mem_alloc((len + 1) * sizeof *tests);

	for (size_t i = 0; i < len; i++) {
		const struct test_place *p = &a->places.places.at[i];

		tests[i] = *common;
		tests[i].files = p->files.at;
		tests[i].files_len = p->files.len;
		tests[i].upgrade_from = p->old.at;
		tests[i].upgrade_from_len = p->old.len;
		tests[i].target = p->target;
		if (!common->root) {
			tests[i].root = p->root;
			tests[i].root_named_by = p->named_by;
		}
		if (!tests[i].root)
			warn_user(c, "%s%sno --root: trying it in a throw-away copy of this machine",
				p->target ? p->target : "", p->target ? ": " : "");
	}
	int rc = tests_run(tests, len, ret, e);
	free(tests);
	return rc;
}

static int add_folders(struct asked *a, const char **with, size_t *len, size_t room, struct err *e)
{
	test_folders_of(&a->recipe, &a->folders);
	for (size_t i = 0; i < a->folders.len; i++) {
		if (*len == room)
			return err_usage(e, "too many folders with dependencies");
		with[(*len)++] = a->folders.at[i];
	}
	return 0;
}

/* Beside the report, else among our own data. */
static char *keep_place(const struct test *t)
{
	AUTO_FREE char *roots = root_dir();
	char now[32];

	if (t->report_dir)
		return fs_join(t->report_dir, "kept");
	when_utc(when_now(), now);
	return mem_printf("%.*skept/%s-%ld", (int)(strrchr(roots, '/') + 1 - roots), roots, now, (long)getpid());
}

static bool is_candidate(const struct cli *c)
{
	const char *name = c->args[0];

	return c->args_len == 1 && text_starts(name, "C-") && name[2] &&
		strspn(name + 2, "0123456789") == strlen(name + 2);
}

static int show(struct cli *c, json_t *report)
{
	int code = verdict_code(report);

	if (c->is_json)
		return print_json(json_incref(report)), code;
	print_report(c, report);
	if (opt(c, "--report"))
		say("report: %s/report.html\n", opt(c, "--report"));
	return code;
}

/* `sluice test C-1`: what was tested is what the store holds, by digest. */
static int run_candidate(struct cli *c, struct err *e)
{
	static const char *const not_here[] = { "--upgrade-from", "--expect", "--recipe", "--house", "--target",
		"--profile", "--max-root-age", "--shell-on-error", "--keep-env" };
	struct actor actor = actor_of(c);
	const char *with[64];
	AUTO_RELEASE *r = NULL;
	AUTO_JSON *report = NULL;
	struct retest t = { .candidate = c->args[0],
		.root = opt(c, "--root"),
		.with = with,
		.report_dir = opt(c, "--report"),
		.scenarios = opt(c, "--scenario"),
		.actor = &actor,
		.events = &c->events };

	for (size_t i = 0; i < COUNT(not_here); i++)
		if (opt(c, not_here[i]) || opt_flag(c, not_here[i]))
			return err_usage(
				e, "%s is not for a candidate: it is tested again as it was tested", not_here[i]);
	if (collect(c, "--with", with, COUNT(with), &t.with_len, e) || store_of(c, &r, e) || retest(r, &t, &report, e))
		return -1;
	if (t.scenarios)
		warn_user(c, "only some scenarios were tried: no evidence was added to %s", t.candidate);
	return show(c, report);
}

static int run(struct cli *c, struct err *e)
{
	const char *with[64], *old[64];
	AUTO(asked) a = { 0 };
	AUTO_JSON *report = NULL;
	struct test t = { .root = opt(c, "--root"),
		.expect = opt(c, "--expect"),
		.scenarios = opt(c, "--scenario"),
		.profile = opt(c, "--profile"),
		.report_dir = opt(c, "--report"),
		.log_patterns = opt(c, "--log-patterns"),
		.dispositions = opt(c, "--dispositions"),
		.hide = (const char *const[]){ c->store, c->home },
		.hide_len = 2,
		.events = &c->events };
	size_t old_len = 0;

	if (is_candidate(c))
		return run_candidate(c, e);
	t.with = with;
	if (collect(c, "--with", with, COUNT(with), &t.with_len, e) ||
		collect(c, "--upgrade-from", old, COUNT(old), &old_len, e))
		return -1;
	if (required_here(c, &a.required, &t.root_max_age, e) || max_age(c, &t.root_max_age, e) ||
		load_documents(c, &a, e) || add_folders(&a, with, &t.with_len, COUNT(with), e))
		return -1;
	t.require = a.required;
	if (!t.expect && document_text(&a.recipe, "expect")[0])
		t.expect = a.expect = document_file(&a.recipe, document_text(&a.recipe, "expect"));
	AUTO_FREE char *kept = opt_flag(c, "--keep-env") ? keep_place(&t) : NULL;
	t.look = (struct test_look){ terminal_shell_on_error, c, opt_flag(c, "--shell-on-error"), kept };
	if (t.look.on_error) {
		t.parallel = 1; /* there is one terminal */
		terminal_hold();
	}
	int failed = test_places_of(c->args, (size_t)c->args_len, old, old_len, &a.recipe, &a.house, opt(c, "--target"),
			     &a.places, e) ||
		run_places(c, &a, &t, &report, e);
	terminal_release();
	if (failed)
		return -1;
	return show(c, report);
}

const struct command cmd_test = {
	.name = "test",
	.run = run,
	.about = "install, upgrade, roll back, remove and purge packages in a throw-away root",
	.arguments = "FILE...|C-1 [--root NAME|DIR|/] [--upgrade-from OLD] [--recipe R.yaml] [--house H.yaml] "
		     "[--expect E.yaml] "
		     "[--report DIR]",
	.least = 1,
	.most = -1,
	.options = options,
};
