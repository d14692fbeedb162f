/* cmd_release.c - `sluice release R-1 --to CHANNEL`. */
#include "cli/cmd.h"
#include "release/channel/channel.h"

static const struct option options[] = { { "--to", "CHANNEL", "where it goes", false }, { 0 } };

static int run(struct cli *c, struct err *e)
{
	AUTO_RELEASE *r = NULL;
	struct actor actor = actor_of(c);
	const char *channel;
	json_t *done = NULL;

	if (opt_need(c, "--to", &channel, e) || store_of(c, &r, e))
		return -1;
	if (release_to(r, &actor, c->args[0], channel, channel_publish, &done, e) == 0)
		return print_value(c, done);
	if (e->class != ERR_VERDICT || !done)
		return json_decref(done), -1;
	if (json_is_array(done))
		done = json_pack("{s:o}", "reasons", done);
	json_object_set_new(done, "allow", json_false());
	return print_refusal(c, done, e);
}

const struct command cmd_release = {
	.name = "release",
	.run = run,
	.about = "publish an RfC's packages to a channel; the gate is asked, twice",
	.arguments = "R-1 --to CHANNEL",
	.least = 1,
	.most = 1,
	.options = options,
};
