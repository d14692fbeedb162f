/* cmd_deputy.c - `sluice deputy add|end|list`, `sluice rfc condition-met`. */
#include "base/when.h"
#include "cli/cmd.h"

static int time_of(struct cli *c, struct release *r, const char *option, int64_t *ret, struct err *e)
{
	const char *zone = json_text(release_policy(r), "timezone");

	if (opt(c, option) && when_parse(opt(c, option), *zone ? zone : "UTC", ret, e))
		return err_wrap(e, "%s", option);
	return 0;
}

static int run_add(struct cli *c, struct err *e)
{
	AUTO_RELEASE *r = NULL;
	struct actor actor = actor_of(c);
	int64_t from = when_now(), until = 0;
	const char *given;
	json_t *done = NULL;

	if (opt_need(c, "--until", &given, e) || store_of(c, &r, e) || time_of(c, r, "--from", &from, e) ||
		time_of(c, r, "--until", &until, e) ||
		deputy_add(r, &actor, c->args[0], c->args[1], from, until, &done, e))
		return -1;
	return print_value(c, done);
}

static int run_end(struct cli *c, struct err *e)
{
	AUTO_RELEASE *r = NULL;
	struct actor actor = actor_of(c);
	json_t *done = NULL;

	if (store_of(c, &r, e) || deputy_end(r, &actor, c->args[0], c->args[1], &done, e))
		return -1;
	return print_value(c, done);
}

static int run_list(struct cli *c, struct err *e)
{
	AUTO_RELEASE *r = NULL;
	json_t *all = NULL, *item;
	size_t i;

	if (store_of(c, &r, e) || deputy_list(r, &all, e))
		return -1;
	if (c->is_json)
		return print_json(all);
	json_array_foreach(all, i, item) {
		char from[32], until[32];

		when_utc(json_int(item, "from"), from);
		when_utc(json_int(item, "until"), until);
		say("%s for %s as %s, %s to %s%s\n", json_text(item, "person"), json_text(item, "for"),
			json_text(item, "role"), from, until,
			json_flag(item, "ended") || json_int(item, "until") <= when_now() ? " (over)" : "");
	}
	json_decref(all);
	return 0;
}

static int run_met(struct cli *c, struct err *e)
{
	AUTO_RELEASE *r = NULL;
	struct actor actor = actor_of(c);
	const char *voter;
	json_t *done = NULL;

	if (opt_need(c, "--voter", &voter, e) || store_of(c, &r, e) ||
		rfc_condition_met(r, &actor, c->args[0], voter, opt(c, "--role"), &done, e))
		return -1;
	return print_value(c, done);
}

static const struct option add_opts[] = {
	{ "--from", "TIME", "when it begins (default: now)", false },
	{ "--until", "TIME", "when it ends; a year at most", false },
	{ 0 },
};
static const struct option met_opts[] = {
	{ "--voter", "PERSON", "whose yes waits for the condition", false },
	{ "--role", "ROLE", "the role they spoke for, when there are several", false },
	{ 0 },
};

const struct command cmd_deputy_add = {
	.name = "deputy add",
	.run = run_add,
	.about = "name who speaks for you in a role, for a time; signed by you",
	.arguments = "ROLE PERSON --until TIME [--from TIME]",
	.least = 2,
	.most = 2,
	.options = add_opts,
};
const struct command cmd_deputy_end = {
	.name = "deputy end",
	.run = run_end,
	.about = "take it back from now on; what was said stands",
	.arguments = "ROLE PERSON",
	.least = 2,
	.most = 2,
};
const struct command cmd_deputy_list = {
	.name = "deputy list",
	.run = run_list,
	.about = "who speaks for whom, and until when",
	.arguments = "",
};
const struct command cmd_rfc_condition_met = {
	.name = "rfc condition-met",
	.run = run_met,
	.about = "say that the condition of a yes is met, so that it counts",
	.arguments = "R-1 --voter PERSON [--role ROLE]",
	.least = 1,
	.most = 1,
	.options = met_opts,
};
