/* cmd_vote.c - `sluice rfc vote`, `sluice rfc statement`, `sluice gate`. */
#include "base/fs.h"
#include "base/when.h"
#include "cli/cmd.h"
#include <stdio.h>
#include <string.h>

enum { STATEMENT_MAX = 1 << 20 };

static char *const *ids_of(const struct cli *c)
{
	return (char *const *)c->args;
}

/* What is named on the command line must be what was signed, no more and no less. */
static int same_rfcs(const struct cli *c, const char *statement, size_t len, struct err *e)
{
	AUTO_JSON *record = json_parse(statement, len, "statement", e);
	const json_t *votes = json_list(json_map(record, "body"), "votes");

	if (!record)
		return -1;
	for (size_t i = 0; i < json_array_size(votes) || i < (size_t)c->args_len; i++) {
		const char *said = json_text(json_array_get(votes, i), "rfc");
		if (i >= (size_t)c->args_len || strcmp(c->args[i], said) != 0)
			return err_usage(e, "the statement speaks of %s, the command line of %s",
				said[0] ? said : "nothing", i < (size_t)c->args_len ? c->args[i] : "nothing");
	}
	return 0;
}

static int vote_from_file(struct cli *c, struct release *r, json_t **ret, struct err *e)
{
	AUTO_FREE char *statement = NULL, *signature = NULL;
	size_t len, sig_len;
	const char *file;

	if (opt_need(c, "--signature", &file, e) ||
		fs_read_file(opt(c, "--statement"), STATEMENT_MAX, &statement, &len, e) ||
		fs_read_file(file, STATEMENT_MAX, &signature, &sig_len, e) || same_rfcs(c, statement, len, e))
		return -1;
	return rfc_vote_signed(r, statement, len, signature, sig_len, ret, e);
}

static int run_vote(struct cli *c, struct err *e)
{
	AUTO_RELEASE *r = NULL;
	struct actor actor = actor_of(c);
	const char *role, *decision;
	json_t *done = NULL;

	actor.stands_for = opt(c, "--for");
	if (opt(c, "--statement")) {
		if (store_of(c, &r, e) || vote_from_file(c, r, &done, e))
			return -1;
		return print_value(c, done);
	}
	if (opt_need(c, "--role", &role, e) || opt_need(c, "--decision", &decision, e) || store_of(c, &r, e) ||
		rfc_vote(r, &actor, ids_of(c), (size_t)c->args_len, role, decision, opt(c, "--comment"),
			opt(c, "--condition"), &done, e))
		return -1;
	return print_value(c, done);
}

static int run_statement(struct cli *c, struct err *e)
{
	AUTO_RELEASE *r = NULL;
	AUTO_FREE char *bytes = NULL;
	struct actor actor = actor_of(c);
	const char *role, *decision;
	size_t len;

	actor.stands_for = opt(c, "--for");
	if (opt_need(c, "--role", &role, e) || opt_need(c, "--decision", &decision, e) || store_of(c, &r, e) ||
		rfc_statement(r, &actor, ids_of(c), (size_t)c->args_len, role, decision, opt(c, "--comment"),
			opt(c, "--condition"), &bytes, &len, e))
		return -1;
	if (c->is_json)
		return print_json(json_pack("{s:s#}", "statement", bytes, (int)len));
	if (fwrite(bytes, 1, len, stdout) != len)
		return err_sys(e, "writing the statement");
	return 0;
}

static int run_gate(struct cli *c, struct err *e)
{
	AUTO_RELEASE *r = NULL;
	json_t *answer = NULL;
	int64_t at = when_now();

	if (store_of(c, &r, e))
		return -1;
	const char *zone = json_text(release_policy(r), "timezone");
	if (opt(c, "--at") && when_parse(opt(c, "--at"), *zone ? zone : "UTC", &at, e))
		return err_wrap(e, "--at");
	if (release_gate(r, c->args[0], opt(c, "--channel"), at, &answer, e))
		return -1;
	bool allow = json_flag(answer, "allow");
	const char *channel = json_text(answer, "channel");
	if (c->is_json)
		print_json(answer);
	else {
		say("%s%s%s %s%s%s\n", tone(c, allow ? "\033[32m" : "\033[31m"), allow ? "allow" : "refuse",
			tone(c, "\033[0m"), c->args[0], *channel ? " to " : "", channel);
		print_reasons(c, json_list(answer, "reasons"));
		json_decref(answer);
	}
	return allow ? 0 : 1;
}

static const struct option vote_opts[] = {
	{ "--role", "ROLE", "the role you speak for", false },
	{ "--decision", "approve|reject|abstain|withdraw", "what you decide; withdraw takes your earlier word back",
		false },
	{ "--for", "PERSON", "whose deputy you are, when you are several people's", false },
	{ "--comment", "TEXT", "stays inside; the record holds its salted digest", false },
	{ "--condition", "TEXT", "the yes counts only once it is met ('sluice rfc condition-met')", false },
	{ "--statement", "FILE", "a vote made elsewhere ('sluice rfc statement')", false },
	{ "--signature", "FILE.asc", "its detached signature", false },
	{ 0 },
};
static const struct option gate_opts[] = {
	{ "--channel", "CH", "for that channel (default: where it would go next)", false },
	{ "--at", "TIME", "as of that time (default: now)", false },
	{ 0 },
};

const struct command cmd_rfc_vote = {
	.name = "rfc vote",
	.run = run_vote,
	.about = "vote on the present revision of one or more RfCs",
	.arguments = "R-1... --role ROLE --decision approve|reject|abstain|withdraw",
	.least = 1,
	.most = -1,
	.options = vote_opts,
};
const struct command cmd_rfc_statement = {
	.name = "rfc statement",
	.run = run_statement,
	.about = "the exact bytes a vote signs, for a key on another machine",
	.arguments = "R-1... --role ROLE --decision D",
	.least = 1,
	.most = -1,
	.options = vote_opts,
};
const struct command cmd_gate = {
	.name = "gate",
	.run = run_gate,
	.about = "may it be released? exit 0 allow, 1 refuse with every reason",
	.arguments = "R-1 [--channel CH] [--at TIME]",
	.least = 1,
	.most = 1,
	.options = gate_opts,
};
