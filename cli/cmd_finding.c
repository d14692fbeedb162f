/* cmd_finding.c - `sluice finding list|accept`, `sluice evidence add`: what was found, who takes it on, what people found themselves. */
#include "base/when.h"
#include "cli/cmd.h"
#include <string.h>

/* ---- finding list */
static void print_one(const struct cli *c, const json_t *f)
{
	static const struct {
		const char *status, *colour;
	} colours[] = { { "open", "\033[31m" }, { "accepted", "\033[32m" }, { "told", "\033[2m" } };
	const char *status = json_text(f, "status");
	size_t i;
	json_t *a;

	for (i = 0; i < COUNT(colours); i++)
		if (strcmp(colours[i].status, status) == 0)
			say("%s%-9s%s", tone(c, colours[i].colour), status, tone(c, "\033[0m"));
	say("%.16s  %-9s", json_text(f, "digest"), json_text(f, "severity"));
	say_safe(json_text(f, "check"));
	say("  ");
	say_safe(json_text(f, "where"));
	say("\n");
	say_wrapped(9, "", json_text(f, "text"));
	json_array_foreach(json_list(f, "accepted"), i, a) {
		const char *until = json_text(a, "until");
		AUTO_FREE char *text = mem_printf("%s as %s%s%s%s%s: %s", json_text(a, "person"), json_text(a, "role"),
			strcmp(json_text(a, "scope"), "rfc") == 0 ? "" : ", for this ",
			strcmp(json_text(a, "scope"), "rfc") == 0 ? "" : json_text(a, "scope"),
			*until ? ", until " : "", until, json_text(a, "reason"));

		say_wrapped(9, json_flag(a, "counts") ? "accepted by " : "no longer counts: ", text);
	}
	if (strcmp(status, "open") == 0) {
		AUTO_FREE char *roles = json_dumps(json_list(f, "acceptors"), JSON_COMPACT);

		say_wrapped(9, "may be accepted by ", roles);
	}
}

/* Each finding once (two targets' tests may tell the same), and only those of that status. */
static void reduce(json_t *findings, const char *status)
{
	AUTO_JSON *seen = json_object();
	size_t i = 0;

	while (i < json_array_size(findings)) {
		const json_t *f = json_array_get(findings, i);
		const char *digest = json_text(f, "digest");
		bool is_dropped = json_object_get(seen, digest) ||
			(status && strcmp(json_text(f, "status"), status) != 0);

		json_object_set_new(seen, digest, json_true());
		if (is_dropped)
			json_array_remove(findings, i);
		else
			i++;
	}
}

static int run_list(struct cli *c, struct err *e)
{
	AUTO_RELEASE *r = NULL;
	AUTO_JSON *told = NULL;
	const char *status = opt(c, "--status");
	size_t i;
	json_t *f;

	if (status && strcmp(status, "open") != 0 && strcmp(status, "accepted") != 0 && strcmp(status, "told") != 0)
		return err_usage(e, "--status %s: open, accepted or told", status);
	if (store_of(c, &r, e) || finding_list(r, c->args[0], &told, e))
		return -1;
	reduce(json_list(told, "findings"), status);
	if (c->is_json)
		return print_json(json_incref(told));
	json_array_foreach(json_list(told, "findings"), i, f)
		print_one(c, f);
	if (!json_array_size(json_list(told, "findings")))
		say("no findings\n");
	return 0;
}

/* ---- finding accept */
static int run_accept(struct cli *c, struct err *e)
{
	AUTO_RELEASE *r = NULL;
	struct actor actor = actor_of(c);
	const char *role, *reason, *until, *scope = opt_or(c, "--scope", "rfc");
	int64_t end;

	if (opt_need(c, "--role", &role, e) || opt_need(c, "--reason", &reason, e) ||
		opt_need(c, "--until", &until, e) || store_of(c, &r, e))
		return -1;
	const char *zone = json_text(release_policy(r), "timezone");
	if (when_parse(until, *zone ? zone : "UTC", &end, e))
		return err_wrap(e, "--until");
	if (finding_accept(r, &actor, c->args[0], c->args[1], role, reason, end, scope, e))
		return -1;
	char when[32];
	when_utc(end, when);
	return print_value(c,
		json_pack("{s:s, s:s, s:s, s:s, s:s}", "candidate", c->args[0], "finding", c->args[1], "role", role,
			"scope", scope, "until", when));
}

/* ---- evidence add */
static int run_add(struct cli *c, struct err *e)
{
	AUTO_RELEASE *r = NULL;
	struct actor actor = actor_of(c);
	const char *kind, *file, *verdict;

	if (opt_need(c, "--kind", &kind, e) || opt_need(c, "--file", &file, e) ||
		opt_need(c, "--verdict", &verdict, e) || store_of(c, &r, e) ||
		evidence_add(r, &actor, c->args[0], kind, verdict, file, e))
		return -1;
	return print_value(c, json_pack("{s:s, s:s, s:s}", "candidate", c->args[0], "kind", kind, "verdict", verdict));
}

static const struct option list_opts[] = {
	{ "--status", "open|accepted|told", "only those; told: below what the policy asks an acceptance for", false },
	{ 0 },
};
static const struct option accept_opts[] = {
	{ "--role", "R", "as which you accept; the policy's findings: accept: says which may", false },
	{ "--reason", "TEXT", "why it may pass; it is published with the release", false },
	{ "--until", "TIME", "until when that holds", false },
	{ "--scope", "rfc|product", "for this candidate's RfC, or for later candidates of the product as well", false },
	{ 0 },
};
static const struct option add_opts[] = {
	{ "--kind", "acceptance|vendor-checksum|advisory", "what it is", false },
	{ "--file", "F", "what says so: a report, a checksum list, an advisory", false },
	{ "--verdict", "pass|fail", "what it comes to; a fail stands until you say otherwise", false },
	{ 0 },
};

const struct command cmd_finding_list = {
	.name = "finding list",
	.run = run_list,
	.about = "a candidate's findings, and who accepted them",
	.arguments = "C-1 [--status open|accepted|told]",
	.least = 1,
	.most = 1,
	.options = list_opts,
};
const struct command cmd_finding_accept = {
	.name = "finding accept",
	.run = run_accept,
	.about = "take a finding on, as a role that may, until a day",
	.arguments = "C-1 ID --role R --reason TEXT --until TIME [--scope rfc|product]",
	.least = 2,
	.most = 2,
	.options = accept_opts,
	.more = "ID is the finding's digest, or its first 8 or more digits. Lines in logs are findings like every "
		"other.\n"
		"Whoever submitted the candidate cannot. What was voted before asks again: an acceptance is part of "
		"the "
		"revision.",
};
const struct command cmd_evidence_add = {
	.name = "evidence add",
	.run = run_add,
	.about = "what people found: a department's own test, a checksum from a second source, an advisory",
	.arguments = "C-1 --kind acceptance|vendor-checksum|advisory --file F --verdict pass|fail",
	.least = 1,
	.most = 1,
	.options = add_opts,
};
