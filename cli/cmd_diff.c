/* cmd_diff.c - `sluice diff OLD NEW`: what changed between two versions, and does it weaken us? */
#include "base/text.h"
#include "cli/cmd.h"
#include "inspect/inspect.h"
#include "repackager/decode.h"
#include <string.h>

static const struct option options[] = {
	{ "--fail-on", "SEVERITY", "exit 1 on a finding of low, medium, high or critical, or above", false },
	{ "--explain", "CHECK", "say what a check looks at and why", false },
	{ 0 },
};

static json_t *facts_of_file(struct cli *c, const char *path, struct err *e)
{
	AUTO(pkg) p;
	AUTO_JSON *bytes = NULL;
	struct decode d = { .path = path, .want_facts = true, .events = &c->events };

	pkg_init(&p, 0);
	if (decode(&d, NULL, &p, &bytes, NULL, e)) {
		about_file(e, path);
		return NULL;
	}
	return facts_of(&p, bytes);
}

static const char *colour(const struct cli *c, enum severity s)
{
	static const char *const codes[] = { "\033[2m", "", "\033[33m", "\033[31m", "\033[1;31m" };
	return tone(c, codes[s]);
}

void print_findings(const struct cli *c, const json_t *findings)
{
	size_t i;
	json_t *f;

	json_array_foreach(findings, i, f) {
		int s = severity_parse(json_text(f, "severity"));
		say("%s%-8s%s %-20s ", colour(c, s < 0 ? SEVERITY_CRITICAL : (enum severity)s),
			json_text(f, "severity"), tone(c, "\033[0m"), json_text(f, "check"));
		say_safe(json_text(f, "where"));
		say("\n         ");
		say_safe(json_text(f, "text"));
		say("\n");
		if (json_text(f, "remedy")[0]) {
			say("         remedy: ");
			say_safe(json_text(f, "remedy"));
			say("\n");
		}
	}
}

static int explain(const struct cli *c, const char *id, struct err *e)
{
	const struct check *k = check_named(id);
	if (!k) {
		err_usage(e, "no check is called '%s'", id);
		return err_hint(e, "'sluice checks' lists them");
	}
	if (c->is_json)
		return print_json(json_pack("{s:s, s:s, s:s, s:s}", "check", k->id, "severity",
			severity_name(k->severity), "waiver", k->waiver, "about", k->about));
	say("%s (%s, may be accepted by: %s)\n%s\n", k->id, severity_name(k->severity), k->waiver, k->about);
	return 0;
}

static enum severity worst_of(const struct findings *list)
{
	enum severity worst = SEVERITY_INFO;
	for (size_t i = 0; i < list->len; i++)
		if (list->at[i].severity > worst)
			worst = list->at[i].severity;
	return worst;
}

static int run(struct cli *c, struct err *e)
{
	const char *fail_on = opt(c, "--fail-on"), *check = opt(c, "--explain");
	int limit = fail_on ? severity_parse(fail_on) : SEVERITY_CRITICAL + 1;

	if (check && c->args_len == 0)
		return explain(c, check, e);
	if (c->args_len != 2)
		return err_usage(e, "diff wants two files: sluice diff OLD NEW");
	if (limit < 0 || (fail_on && limit == SEVERITY_INFO))
		return err_usage(e, "--fail-on %s: want low, medium, high or critical", fail_on);
	AUTO_JSON *old = facts_of_file(c, c->args[0], e);
	AUTO_JSON *new = old ? facts_of_file(c, c->args[1], e) : NULL;
	if (!new)
		return -1;
	AUTO(arena) arena = { 0 };
	struct findings list = { 0 };
	if (facts_compare(old, new, &arena, &list, e))
		return -1;
	enum severity worst = worst_of(&list);
	bool is_found = list.len > 0 && (int)worst >= limit;
	AUTO_JSON *findings = findings_json(&list);
	LIST_DONE(&list);
	if (c->is_json) {
		print_json(json_pack(
			"{s:O, s:s}", "findings", findings, "impact_floor", impact_name(impact_floor(worst))));
	} else {
		print_findings(c, findings);
		say("%zu finding%s; the impact of a change with these is at least %s\n", json_array_size(findings),
			json_array_size(findings) == 1 ? "" : "s", impact_name(impact_floor(worst)));
		if (check)
			return explain(c, check, e) ? -1 : is_found;
	}
	return is_found ? 1 : 0;
}

const struct command cmd_diff = {
	.name = "diff",
	.run = run,
	.about = "what changed between two versions, and does it weaken us",
	.arguments = "OLD NEW [--fail-on SEVERITY] [--explain CHECK]",
	.least = 0,
	.most = 2,
	.options = options,
};
