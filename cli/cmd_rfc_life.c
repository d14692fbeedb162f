/* cmd_rfc_life.c - `sluice rfc reject|resubmit|not-installed|priority|dispute|decide|pir`: decisions that are no votes. */
#include "base/text.h"
#include "cli/cmd.h"
#include <string.h>

/* Which option becomes which member of the record. */
struct word {
	const char *option, *key, *otherwise;
};

static int act(struct cli *c, const char *type, const struct word *words, struct err *e)
{
	AUTO_RELEASE *r = NULL;
	AUTO_JSON *body = json_object();
	struct actor actor = actor_of(c);
	json_t *done = NULL;

	for (const struct word *w = words; w->option; w++) {
		const char *value = opt_or(c, w->option, w->otherwise);

		if (!text_is_utf8(value, strlen(value)))
			return err_usage(e, "%s: the text is not UTF-8", w->option);
		json_set_str(body, w->key, value);
	}
	if (store_of(c, &r, e) || rfc_life(r, &actor, c->args[0], type, json_incref(body), &done, e))
		return -1;
	return print_value(c, done);
}

static int run_reject(struct cli *c, struct err *e)
{
	static const struct word words[] = { { "--reason", "reason", "" }, { "--duplicate-of", "duplicate-of", "" },
		{ 0 } };

	return act(c, "rfc-reject", words, e);
}

static const struct word reason_only[] = { { "--reason", "reason", "" }, { 0 } };

static int run_not_installed(struct cli *c, struct err *e)
{
	return act(c, "rfc-not-installed", reason_only, e);
}

static int run_resubmit(struct cli *c, struct err *e)
{
	return act(c, "rfc-resubmit", reason_only, e);
}

static int run_priority(struct cli *c, struct err *e)
{
	static const struct word words[] = { { "--set", "priority", "" }, { "--reason", "reason", "" }, { 0 } };

	return act(c, "rfc-priority", words, e);
}

static int run_dispute(struct cli *c, struct err *e)
{
	static const struct word words[] = { { "--about", "about", "priority" }, { "--reason", "comment", "" }, { 0 } };

	return act(c, "rfc-dispute", words, e);
}

static int run_decide(struct cli *c, struct err *e)
{
	static const struct word words[] = { { "--about", "about", "priority" }, { "--value", "value", "" },
		{ "--reason", "reason", "" }, { 0 } };

	return act(c, "rfc-decide", words, e);
}

static int run_pir(struct cli *c, struct err *e)
{
	static const struct word words[] = { { "--result", "result", "" }, { "--text", "comment", "" },
		{ "--follow-up", "follow-up", "" }, { 0 } };

	return act(c, "rfc-pir", words, e);
}

#define REASON                                                                                                         \
	{                                                                                                              \
		"--reason", "TEXT", "why; part of the record", false                                                   \
	}

static const struct option reject_opts[] = { REASON, { "--duplicate-of", "R-2", "the request that it repeats", false },
	{ 0 } };
static const struct option reason_opts[] = { REASON, { 0 } };
static const struct option priority_opts[] = {
	{ "--set", "PRIORITY", "one that the policy's table knows; the computed one is kept beside it", false },
	REASON,
	{ 0 },
};
static const struct option dispute_opts[] = {
	{ "--about", "priority|date", "what is disputed (default: priority)", false },
	{ "--reason", "TEXT", "why; stays inside, the record holds its salted digest", false },
	{ 0 },
};
static const struct option decide_opts[] = {
	{ "--about", "priority|date", "what is decided (default: priority)", false },
	{ "--value", "PRIORITY|TIME", "the priority, or the time before which it is not released; left out: as it was",
		false },
	REASON,
	{ 0 },
};
static const struct option pir_opts[] = {
	{ "--result", "success|failed|rolled-back", "how it went", false },
	{ "--text", "TEXT", "what was seen, for a failure its cause; stays inside", false },
	{ "--follow-up", "R-2", "the request that puts it right", false },
	{ 0 },
};

const struct command cmd_rfc_reject = {
	.name = "rfc reject",
	.run = run_reject,
	.about = "decide that it is not done: a duplicate, not feasible, not wanted",
	.arguments = "R-1 --reason TEXT [--duplicate-of R-2]",
	.least = 1,
	.most = 1,
	.options = reject_opts,
};
const struct command cmd_rfc_not_installed = {
	.name = "rfc not-installed",
	.run = run_not_installed,
	.about = "record the decision that the update is not installed",
	.arguments = "R-1 --reason TEXT",
	.least = 1,
	.most = 1,
	.options = reason_opts,
};
const struct command cmd_rfc_resubmit = {
	.name = "rfc resubmit",
	.run = run_resubmit,
	.about = "ask again for what was rejected: a new revision, new votes",
	.arguments = "R-1 --reason TEXT",
	.least = 1,
	.most = 1,
	.options = reason_opts,
};
const struct command cmd_rfc_priority = {
	.name = "rfc priority",
	.run = run_priority,
	.about = "set another priority than the policy's table gives",
	.arguments = "R-1 --set PRIORITY --reason TEXT",
	.least = 1,
	.most = 1,
	.options = priority_opts,
};
const struct command cmd_rfc_dispute = {
	.name = "rfc dispute",
	.run = run_dispute,
	.about = "dispute priority or date; nothing is released until management decides",
	.arguments = "R-1 --about priority|date --reason TEXT",
	.least = 1,
	.most = 1,
	.options = dispute_opts,
};
const struct command cmd_rfc_decide = {
	.name = "rfc decide",
	.run = run_decide,
	.about = "management's decision on a dispute",
	.arguments = "R-1 --about priority|date [--value PRIORITY|TIME] --reason TEXT",
	.least = 1,
	.most = 1,
	.options = decide_opts,
};
const struct command cmd_rfc_pir = {
	.name = "rfc pir",
	.run = run_pir,
	.about = "the post-implementation review",
	.arguments = "R-1 --result success|failed|rolled-back --text TEXT [--follow-up R-2]",
	.least = 1,
	.most = 1,
	.options = pir_opts,
};
