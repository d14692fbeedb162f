/* cmd_candidate.c - `sluice candidate list|show|withdraw`. */
#include "cli/cmd.h"

static int run_list(struct cli *c, struct err *e)
{
	static const char *const columns[] = { "id:6", "product:28", "version:18", "state", NULL };
	AUTO_RELEASE *r = NULL;
	json_t *list = NULL;

	if (store_of(c, &r, e) || candidate_list(r, &list, e))
		return -1;
	if (c->is_json)
		return print_json(list);
	print_table(json_list(list, "candidates"), columns);
	json_decref(list);
	return 0;
}

static int run_show(struct cli *c, struct err *e)
{
	AUTO_RELEASE *r = NULL;
	AUTO_JSON *one = NULL, *ids = json_pack("[s]", c->args[0]);
	json_t *findings = NULL;

	if (store_of(c, &r, e) || candidate_show(r, c->args[0], &one, e) || findings_of(r, ids, &findings, e))
		return -1;
	return print_with_findings(c, json_incref(one), findings);
}

static int run_withdraw(struct cli *c, struct err *e)
{
	AUTO_RELEASE *r = NULL;
	struct actor actor = actor_of(c);
	const char *reason;

	if (opt_need(c, "--reason", &reason, e) || store_of(c, &r, e) ||
		candidate_withdraw(r, &actor, c->args[0], reason, opt(c, "--superseded-by"), e))
		return -1;
	return print_value(c, json_pack("{s:s, s:s}", "candidate", c->args[0], "state", "withdrawn"));
}

static const struct option withdraw_opts[] = {
	{ "--reason", "TEXT", "why", false },
	{ "--superseded-by", "C-2", "the candidate that comes instead", false },
	{ 0 },
};

const struct command cmd_candidate_list = {
	.name = "candidate list",
	.run = run_list,
	.about = "the candidates of this store",
	.arguments = "",
};
const struct command cmd_candidate_show = {
	.name = "candidate show",
	.run = run_show,
	.about = "one candidate: packages, evidence, findings",
	.arguments = "C-1",
	.least = 1,
	.most = 1,
};
const struct command cmd_candidate_withdraw = {
	.name = "candidate withdraw",
	.run = run_withdraw,
	.about = "take a candidate back",
	.arguments = "C-1 --reason TEXT [--superseded-by C-2]",
	.least = 1,
	.most = 1,
	.options = withdraw_opts,
};
