/* cmd_channel_adopt.c - `sluice channel adopt CH --target T --from DIR --reason TEXT`: a repository that was served before is taken over. */
#include "base/yaml.h"
#include "cli/cmd.h"
#include "release/adopt.h"
#include "repackager/recipe.h"
#include <string.h>

static const char *house_text(const struct document *house, const char *target, const char *key)
{
	AUTO_FREE char *place = mem_printf("targets/%s/%s", target, key);

	return document_text(house, place);
}

/* A target is the house's or a format; without the house nobody knows of what format one of its targets is. */
static int the_target(const struct cli *c, const struct document *house, struct adopt_wish *w, struct err *e)
{
	bool is_format = strcmp(w->target, "deb") == 0 || strcmp(w->target, "rpm") == 0;

	w->format = house_text(house, w->target, "format");
	if (opt(c, "--house") && !*w->format && !is_format)
		return err_usage(e, "%s has no target '%s'", opt(c, "--house"), w->target);
	if (!*w->format && is_format)
		w->format = w->target;
	w->suite = house_text(house, w->target, "suite");
	w->path = house_text(house, w->target, "path");
	return 0;
}

static void print_adoption(const struct cli *c, const json_t *done)
{
	static const char *const columns[] = { "name:28", "version:20", "architecture:8", "why", NULL };
	const json_t *left = json_list(done, "left");

	say("%s: %lld packages for target %s of channel %s, %s\n", json_text(done, "rfc"),
		(long long)json_int(done, "packages"), json_text(done, "target"), json_text(done, "channel"),
		json_text(done, "text"));
	if (json_array_size(left)) {
		say("left where they are:\n");
		print_table((json_t *)(uintptr_t)left, columns);
	}
	if (!*json_text(done, "signed"))
		hint_user(c, "nobody's signature of its index was asked for; --keyring FILE does");
	if (strcmp(json_text(done, "format"), "rpm") == 0)
		hint_user(c,
			"its packages stay signed by the keys they have: put those behind your own in own-keys of "
			"the policy, so that clients get them");
}

static int run(struct cli *c, struct err *e)
{
	AUTO_RELEASE *r = NULL;
	struct actor actor = actor_of(c);
	struct adopt_wish w = { .channel = c->args[0],
		.keyring = opt(c, "--keyring"),
		.urgency = opt(c, "--urgency"),
		.impact = opt(c, "--impact") };
	AUTO(document) house = { 0 };
	json_t *done = NULL;

	if (opt_need(c, "--target", &w.target, e) || opt_need(c, "--from", &w.folder, e) ||
		opt_need(c, "--reason", &w.reason, e) ||
		(opt(c, "--house") && house_load(opt(c, "--house"), &house, e)) || the_target(c, &house, &w, e) ||
		store_of(c, &r, e) || channel_adopt(r, &actor, &w, &done, e))
		return -1;
	if (c->is_json)
		return print_json(done);
	print_adoption(c, done);
	json_decref(done);
	return 0;
}

static const struct option options[] = {
	{ "--target", "T", "which of the channel's targets its packages are for", false },
	{ "--from", "DIR", "the repository: the folder with dists/ (apt) or with repodata/ (rpm-md)", false },
	{ "--reason", "TEXT", "why; part of the record", false },
	{ "--keyring", "FILE", "certificates: one of them must have signed its index", false },
	{ "--house", "H.yaml", "whose suite and path of the target count", false },
	{ "--urgency", "low|medium|high", "(low)", false },
	{ "--impact", "minor|significant|far-reaching", "(minor)", false },
	{ 0 },
};

const struct command cmd_channel_adopt = {
	.name = "channel adopt",
	.run = run,
	.about = "take over an existing apt or rpm-md repository: opens the RfC that its votes and 'release' carry out",
	.arguments = "CH --target T --from DIR --reason TEXT [--keyring FILE] [--house H.yaml]",
	.least = 1,
	.most = 1,
	.options = options,
	.more = "Every file is held against the index, kept as it is, and recorded as taken over, not examined. The "
		"votes of "
		"the policy's owners\n"
		"(rfc vote --role policy-owner) let it in, into a channel that never released anything for that "
		"target.",
};
