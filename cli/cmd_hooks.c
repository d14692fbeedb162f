/* cmd_hooks.c - `sluice hooks list|run`: who is told of events, how far they were told, and telling them what waits. */
#include "cli/cmd.h"
#include "release/deliver.h"

enum { ROWS_A_RUN = 10000 };

static int run_list(struct cli *c, struct err *e)
{
	static const char *const columns[] = { "receiver:24", "told:8", "log:8", "tries:6", "run", NULL };
	AUTO_RELEASE *r = NULL;
	json_t *list = NULL;

	if (store_of(c, &r, e) || deliver_state(r, &list, e))
		return -1;
	if (c->is_json)
		return print_json(list);
	print_table(json_list(list, "receivers"), columns);
	json_decref(list);
	return 0;
}

static int run_run(struct cli *c, struct err *e)
{
	AUTO_RELEASE *r = NULL;
	json_t *done = NULL;

	if (store_of(c, &r, e) || deliver_pending(r, ROWS_A_RUN, &done, e))
		return -1;
	bool failed = json_int(done, "failed") > 0;
	int shown = print_value(c, done);
	return shown ? shown : failed ? 4 : 0;
}

const struct command cmd_hooks_list = {
	.name = "hooks list",
	.run = run_list,
	.about = "the policy's hooks, notifications and system log: how far each was told",
	.arguments = "",
};
const struct command cmd_hooks_run = {
	.name = "hooks run",
	.run = run_run,
	.about = "tell the policy's hooks and notifications what waits for them",
	.arguments = "",
	.more = "Each act tells them by itself; this is for what failed before. A receiver that fails ten times for "
		"one event\n"
		"is not told of it any more. Exit 4: one did not take its event.",
};
