/* cmd_channel_life.c - `sluice channel stop|resume|history|diff`: what became of a channel, and stopping it. */
#include "base/text.h"
#include "cli/cmd.h"
#include "release/channel/channel.h"
#include <string.h>

enum { LAST = 30, LAST_MAX = 1000000 };

static int run_stop(struct cli *c, struct err *e)
{
	AUTO_RELEASE *r = NULL;
	struct actor actor = actor_of(c);
	const char *reason;
	json_t *done = NULL;

	if (opt_need(c, "--reason", &reason, e) || store_of(c, &r, e) ||
		channel_stop(r, &actor, c->args[0], reason, channel_publish, &done, e))
		return -1;
	return print_value(c, done);
}

/* The RfC that `rfc open --resume` makes, by the name that people look for. */
static int run_resume(struct cli *c, struct err *e)
{
	AUTO_RELEASE *r = NULL;
	struct actor actor = actor_of(c);
	const char *reason;
	char id[32];

	if (opt_need(c, "--reason", &reason, e))
		return -1;
	if (!text_is_utf8(reason, strlen(reason)))
		return err_usage(e, "--reason: the text is not UTF-8");
	if (store_of(c, &r, e) ||
		rfc_open(r, &actor,
			json_pack("{s:[], s:s, s:s, s:s, s:s}", "candidates", "resume", c->args[0], "reason", reason,
				"urgency", opt_or(c, "--urgency", "high"), "impact", opt_or(c, "--impact", "minor")),
			id, NULL, e))
		return -1;
	if (c->is_json)
		return print_json(json_pack("{s:s}", "rfc", id));
	say("%s\n", id);
	return 0;
}

static int number_of(const char *what, const char *text, long long least, long long *ret, struct err *e)
{
	if (!*text || strlen(text) > 15 || strspn(text, "0123456789") != strlen(text) ||
		strtoll(text, NULL, 10) < least)
		return err_usage(e, "%s '%s': a number from %lld on is meant", what, text, least);
	*ret = strtoll(text, NULL, 10);
	return 0;
}

static int run_history(struct cli *c, struct err *e)
{
	static const char *const columns[] = { "serial:6", "time:22", "what:12", "rfc:8", "person:12", "packages:8",
		"valid_until:22", "reason", NULL };
	AUTO_RELEASE *r = NULL;
	long long last = LAST;
	json_t *told = NULL;

	if (opt(c, "--last") && number_of("--last", opt(c, "--last"), 1, &last, e))
		return -1;
	if (store_of(c, &r, e))
		return -1;
	if (!json_object_get(json_map(release_policy(r), "channels"), c->args[0]))
		return err_usage(e, "the policy has no channel '%s'", c->args[0]);
	if (channel_history(r, c->args[0], (size_t)last, &told, e))
		return -1;
	if (c->is_json)
		return print_json(told);
	print_table(json_list(told, "history"), columns);
	json_decref(told);
	return 0;
}

static int run_diff(struct cli *c, struct err *e)
{
	static const char *const columns[] = { "what:8", "target:10", "name:28", "from:20", "to:20", "rfc", NULL };
	static const char *const kinds[] = { "came", "went", "changed" };
	AUTO_RELEASE *r = NULL;
	AUTO_JSON *told = NULL, *lines = json_array();
	long long from, to;
	size_t i;
	json_t *item;

	if (number_of("N", c->args[1], 1, &from, e) || number_of("M", c->args[2], 1, &to, e) || store_of(c, &r, e) ||
		channel_diff(r, c->args[0], from, to, &told, e))
		return -1;
	if (c->is_json)
		return print_json(json_incref(told));
	for (size_t k = 0; k < COUNT(kinds); k++)
		json_array_foreach(json_list(told, kinds[k]), i, item) {
			json_set_str(item, "what", kinds[k]);
			json_array_append(lines, item);
		}
	if (json_array_size(lines))
		print_table(lines, columns);
	else
		say("the same packages\n");
	return 0;
}

static const struct option stop_opts[] = {
	{ "--reason", "TEXT", "why; part of the record, and told to those who take the channel", false }, { 0 }
};
static const struct option resume_opts[] = {
	{ "--reason", "TEXT", "why it may go on; what was the matter", false },
	{ "--urgency", "low|medium|high", "(high)", false },
	{ "--impact", "minor|significant|far-reaching", "whose votes it takes (minor)", false },
	{ 0 },
};
static const struct option history_opts[] = { { "--last", "N", "how many lines (30)", false }, { 0 } };

const struct command cmd_channel_stop = {
	.name = "channel stop",
	.run = run_stop,
	.about = "nothing more is released to the channel, until an RfC and its votes start it again",
	.arguments = "CH --reason TEXT",
	.least = 1,
	.most = 1,
	.options = stop_opts,
	.more = "Anybody with a role may, alone. What is served stays: it is signed once more and says that it was "
		"stopped,\n"
		"and run-due goes on signing it before its validity ends. A rollback still goes through.",
};
const struct command cmd_channel_resume = {
	.name = "channel resume",
	.run = run_resume,
	.about = "ask for a stopped channel to go on: opens the RfC that 'rfc open --resume' opens",
	.arguments = "CH --reason TEXT [--urgency U] [--impact I]",
	.least = 1,
	.most = 1,
	.options = resume_opts,
	.more = "Its votes start the channel again; nothing else has to be done.",
};
const struct command cmd_channel_history = {
	.name = "channel history",
	.run = run_history,
	.about = "the channel's snapshots, stops and what asked for it to go on, oldest first",
	.arguments = "CH [--last N]",
	.least = 1,
	.most = 1,
	.options = history_opts,
};
const struct command cmd_channel_diff = {
	.name = "channel diff",
	.run = run_diff,
	.about = "which packages came, went and changed between two snapshots, and by which RfC",
	.arguments = "CH N M",
	.least = 3,
	.most = 3,
};
