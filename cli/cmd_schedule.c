/* cmd_schedule.c - `sluice rfc schedule`: the date of a change. */
#include "base/when.h"
#include "cli/cmd.h"

static int run(struct cli *c, struct err *e)
{
	AUTO_RELEASE *r = NULL;
	struct actor actor = actor_of(c);
	struct schedule_wish wish = { opt(c, "--at"), opt(c, "--for"), opt(c, "--to") };
	json_t *done = NULL;

	if (!wish.at == !opt(c, "--clear"))
		return err_usage(e, "rfc schedule: --at TIME, or --clear");
	if (store_of(c, &r, e))
		return -1;
	if (rfc_schedule(r, &actor, c->args[0], &wish, &done, e) == 0)
		return print_value(c, done);
	return done ? print_refusal(c, done, e) : -1;
}

static const struct option options[] = {
	{ "--at", "TIME", "when it begins", false },
	{ "--for", "DURATION", "how long it takes (default: its downtime, or what the policy expects, or 1h)", false },
	{ "--to", "CHANNEL", "the channel that is meant (default: every one, in their order)", false },
	{ "--clear", NULL, "take its date away", false },
	{ 0 },
};

const struct command cmd_rfc_schedule = {
	.name = "rfc schedule",
	.run = run,
	.about = "give a change its date: inside its window, outside every blackout, beside no other change",
	.arguments = "R-1 --at TIME [--for DURATION] [--to CHANNEL] | --clear",
	.least = 1,
	.most = 1,
	.options = options,
};
