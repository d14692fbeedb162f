/* cmd_checks.c - `sluice checks`, and `sluice diff --explain CHECK`: what the comparison of two versions looks for, and why. */
#include "cli/cmd.h"
#include "inspect/inspect.h"
#include <stdio.h>
#include <string.h>

/* Where a check gets to know what it judges by. */
static json_t *sources_of(const struct check *k)
{
	json_t *list = json_array();

	if (k->look)
		json_array_append_new(list, json_string("files"));
	if (k->collect)
		json_array_append_new(list, json_string("package"));
	if (k->observe)
		json_array_append_new(list, json_string("test"));
	if (!k->compare)
		json_array_append_new(list, json_string("candidate"));
	return list;
}

json_t *check_json(const struct check *k)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:o}", "check", k->id, "severity", severity_name(k->severity),
		"waiver", k->waiver, "about", k->about, "why", k->why ? k->why : "", "looks_at", sources_of(k));
}

static void say_sources(const struct check *k)
{
	static const char *const words[][2] = { { "files", "the files' content" },
		{ "package", "the package's files, scripts and relations" }, { "test", "both test reports" },
		{ "candidate", "what the candidate was made with" } };
	AUTO_JSON *sources = sources_of(k);
	bool is_first = true;

	say("  looks at  ");
	for (size_t i = 0; i < COUNT(words); i++)
		if (json_lists(sources, words[i][0])) {
			say("%s%s", is_first ? "" : "; ", words[i][1]);
			is_first = false;
		}
	say("\n");
}

int explain_check(const struct cli *c, const char *id, struct err *e)
{
	const struct check *k = check_named(id);

	if (!k) {
		err_usage(e, "no check is called '%s'", id);
		return err_hint(e, "'sluice checks' lists them");
	}
	if (c->is_json)
		return print_json(check_json(k));
	say("%s%s%s\n", tone(c, "\033[1m"), k->id, tone(c, "\033[0m"));
	say("  severity  %s at most\n", severity_name(k->severity));
	say("  waiver    %s, unless the policy says otherwise\n", k->waiver);
	say_sources(k);
	say("\n");
	say_wrapped(2, "", k->about);
	if (k->why) {
		say("\n");
		say_wrapped(2, "", k->why);
	}
	return 0;
}

static int run_checks(struct cli *c, struct err *e)
{
	json_t *list = json_array();

	for (size_t i = 0; checks[i]; i++) {
		const struct check *k = checks[i];
		char head[64];

		snprintf(head, sizeof head, "%-20s %-8s %-18s ", k->id, severity_name(k->severity), k->waiver);
		if (!c->is_json)
			say_wrapped(0, head, k->about);
		json_array_append_new(list, check_json(k));
	}
	if (c->is_json)
		return print_json(json_pack("{s:o}", "checks", list));
	json_decref(list);
	return 0;
}

const struct command cmd_checks = {
	.name = "checks",
	.run = run_checks,
	.about = "what the comparison of two versions looks for",
	.arguments = "",
	.more = "A line a check: its name, its worst severity, who may accept a finding of it, what it looks at. "
		"'sluice diff --explain CHECK' "
		"tells more about one.",
};
