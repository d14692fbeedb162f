/* cmd_run_due.c - `sluice run-due`: what time asks for; a timer runs it (clients/systemd/sluice-run-due.timer). */
#include "cli/cmd.h"
#include "release/channel/channel.h"
#include <string.h>

/* Failures and what is over are for a monitoring's eye: the exit code says so, and everything else was done. */
static bool is_bad(const json_t *item)
{
	return strcmp(json_text(item, "state"), "failed") == 0;
}

static int run(struct cli *c, struct err *e)
{
	AUTO_RELEASE *r = NULL;
	struct actor actor = actor_of(c);
	AUTO_JSON *done = NULL;
	bool bad = false;
	size_t i;
	json_t *item;

	if (store_of(c, &r, e) || release_run_due(r, &actor, channel_publish, &done, e))
		return -1;
	json_array_foreach(json_list(done, "items"), i, item) {
		bad = bad || is_bad(item);
		if (!c->is_json)
			say("%-8s  %-9s  %s: %s\n", json_text(item, "what"), json_text(item, "state"),
				json_text(item, "subject"), json_text(item, "text"));
	}
	if (c->is_json)
		print_json(json_incref(done));
	return bad ? 4 : 0;
}

const struct command cmd_run_due = {
	.name = "run-due",
	.run = run,
	.about = "what time asks for: due releases, signing again before validity ends, reminders; may be run at any "
		 "time",
	.arguments = "",
};
