/* cmd_consent.c - `sluice rfc consent`: a role's word on the template of a standard change. */
#include "cli/cmd.h"

static int run(struct cli *c, struct err *e)
{
	AUTO_RELEASE *r = NULL;
	struct actor actor = actor_of(c);
	const char *role;
	json_t *done = NULL;

	if (opt_need(c, "--role", &role, e) || store_of(c, &r, e) ||
		template_consent(r, &actor, c->args[0], role, opt_or(c, "--decision", "approve"), &done, e))
		return -1;
	return print_value(c, done);
}

static const struct option options[] = {
	{ "--role", "ROLE", "the role you speak for, such as department/finance", false },
	{ "--decision", "approve|reject", "what you decide (default: approve)", false },
	{ 0 },
};

const struct command cmd_rfc_consent = {
	.name = "rfc consent",
	.run = run,
	.about = "consent to what a standard change's template says; void when the template changes",
	.arguments = "TEMPLATE --role ROLE [--decision approve|reject]",
	.least = 1,
	.most = 1,
	.options = options,
};
