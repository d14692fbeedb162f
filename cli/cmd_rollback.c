/* cmd_rollback.c - `sluice rollback R-1 --reason TEXT`. */
#include "cli/cmd.h"
#include "release/channel/channel.h"

static const struct option options[] = {
	{ "--reason", "TEXT", "why; part of the record", false },
	{ "--channel", "CH", "on that one alone; else wherever its packages are served", false },
	{ 0 },
};

static int run(struct cli *c, struct err *e)
{
	AUTO_RELEASE *r = NULL;
	struct actor actor = actor_of(c);
	const char *reason;
	json_t *done = NULL;

	if (opt_need(c, "--reason", &reason, e) || store_of(c, &r, e))
		return -1;
	if (release_rollback(r, &actor, c->args[0], opt(c, "--channel"), reason, channel_publish, &done, e) == 0)
		return print_value(c, done);
	if (e->class != ERR_VERDICT || !done)
		return json_decref(done), -1;
	json_object_set_new(done, "allow", json_false());
	return print_refusal(c, done, e);
}

const struct command cmd_rollback = {
	.name = "rollback",
	.run = run,
	.about = "take an RfC's packages back: their earlier content, re-issued above",
	.arguments = "R-1 --reason TEXT [--channel CH]",
	.least = 1,
	.most = 1,
	.options = options,
	.more = "The way back was built and tested when the change was submitted, and its votes cover it. It waits for "
		"nothing.",
};
