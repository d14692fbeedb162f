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

static int run(struct cli *c, struct err *e)
{
	const char *fail_on = opt(c, "--fail-on"), *check = opt(c, "--explain");
	int limit = fail_on ? severity_parse(fail_on) : SEVERITY_CRITICAL + 1;

	if (check && c->args_len == 0)
		return explain_check(c, check, e);
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
	AUTO_JSON *findings = findings_json(&list);
	LIST_DONE(&list);
	enum severity worst = findings_worst(findings);
	bool is_found = json_array_size(findings) > 0 && (int)worst >= limit;
	if (c->is_json) {
		print_json(json_pack(
			"{s:O, s:s}", "findings", findings, "impact_floor", impact_name(impact_floor(worst))));
	} else {
		print_findings(c, findings);
		print_findings_sum(c, findings);
		if (check)
			return explain_check(c, check, e) ? -1 : is_found;
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
