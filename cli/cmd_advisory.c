/* cmd_advisory.c - `sluice advisory import|list`: vendors' advisories, what released packages they mean, who answers them by when. */
#include "cli/cmd.h"
#include "release/advisory.h"
#include <string.h>

static void print_affected(const json_t *item)
{
	size_t i;
	json_t *one;

	json_array_foreach(json_list(item, "affected"), i, one) {
		AUTO_FREE char *cves = json_join(json_list(one, "cves"), "no CVE");
		AUTO_FREE char *text = mem_printf("%s: %s %s (%s, let in by %s): %s", json_text(one, "channel"),
			json_text(one, "package"), json_text(one, "version"), json_text(one, "target"),
			json_text(one, "rfc"), cves);

		say_wrapped(2, "affected  ", text);
	}
	json_array_foreach(json_list(item, "rfcs"), i, one) {
		AUTO_FREE char *text = mem_printf(
			"%s (%s): %s", json_text(one, "rfc"), json_text(one, "state"), json_text(one, "why"));

		say_wrapped(2, "answer    ", text);
	}
}

static void print_one(const struct cli *c, const json_t *item)
{
	static const char *const colours[][2] = { { "late", "\033[31m" }, { "open", "\033[33m" },
		{ "answered", "\033[32m" }, { "not-affected", "\033[2m" } };
	const char *state = json_text(item, "state");

	for (size_t i = 0; i < COUNT(colours); i++)
		if (strcmp(colours[i][0], state) == 0)
			say("%s%-13s%s", tone(c, colours[i][1]), state, tone(c, "\033[0m"));
	say("%-9s ", json_text(item, "severity"));
	say_safe(json_text(item, "id"));
	say("  ");
	say_safe(json_text(item, "title"));
	say("\n");
	if (*json_text(item, "deadline"))
		say("  until     %s\n", json_text(item, "deadline"));
	print_affected(item);
}

static int run_import(struct cli *c, struct err *e)
{
	AUTO_RELEASE *r = NULL;
	AUTO_JSON *item = NULL;
	struct actor actor = actor_of(c);

	if (store_of(c, &r, e) || advisory_import(r, &actor, c->args[0], &item, e))
		return -1;
	if (c->is_json)
		return print_json(json_incref(item));
	print_one(c, item);
	return 0;
}

static int run_list(struct cli *c, struct err *e)
{
	static const char *const states[] = { "late", "open", "answered", "not-affected" };
	AUTO_RELEASE *r = NULL;
	AUTO_JSON *all = NULL, *kept = json_array();
	const char *state = opt(c, "--state");
	bool is_known = !state;
	size_t i;
	json_t *item;

	for (i = 0; i < COUNT(states); i++)
		is_known = is_known || strcmp(states[i], state) == 0;
	if (!is_known)
		return err_usage(e, "--state %s: late, open, answered or not-affected", state);
	if (store_of(c, &r, e) || advisory_list(r, false, &all, e))
		return -1;
	json_array_foreach(json_list(all, "advisories"), i, item)
		if (!state || strcmp(state, json_text(item, "state")) == 0)
			json_array_append(kept, item);
	if (c->is_json)
		return print_json(json_pack("{s:O}", "advisories", kept));
	json_array_foreach(kept, i, item)
		print_one(c, item);
	if (!json_array_size(kept))
		say("no advisories\n");
	return 0;
}

static const struct option list_opts[] = {
	{ "--state", "late|open|answered|not-affected", "only those", false },
	{ 0 },
};

const struct command cmd_advisory_import = {
	.name = "advisory import",
	.run = run_import,
	.about = "take in a vendor's advisory (CSAF 2.0 JSON), signed by whoever brings it",
	.arguments = "FILE",
	.least = 1,
	.most = 1,
	.more = "A newer version replaces the one that is there; an older one, or another publisher's, is refused.",
};
const struct command cmd_advisory_list = {
	.name = "advisory list",
	.run = run_list,
	.about = "advisories, the released packages they mean, until when, and the RfCs that answer them",
	.arguments = "[--state late|open|answered|not-affected]",
	.options = list_opts,
	.more = "The policy says how long each severity may take: advisories: {critical: 7d, high: 30d, medium: 90d}.",
};
