/* cmd_init.c - `sluice init`. */
#include "cli/cmd.h"

static const struct option init_opts[] = {
	{ "--org", "NAME", "the organisation's name", false },
	{ "--owner", "FPR", "the key that owns the first policy (default: a trial person is made)", false },
	{ "--key-kind", "KIND", "of the store's keys: ed25519 (default) or rsa4096, which reaches the oldest clients",
		false },
	{ 0 },
};

static int run_init(struct cli *c, struct err *e)
{
	json_t *made = NULL;
	struct init_options o = { .path = c->store,
		.organisation = opt(c, "--org"),
		.owner = opt(c, "--owner"),
		.person = c->person,
		.home = c->home,
		.key_kind = opt(c, "--key-kind") };

	if (config_store(c, e) || release_init(&o, &made, e))
		return -1;
	if (json_flag(made, "trial"))
		warn_user(c, "this store is for trying out: its owner '%s' has a key without passphrase in %s/trial",
			json_text(made, "person"), c->store);
	hint_user(c, "nobody acts alone: add people with 'sluice policy show', edit, sign, 'sluice policy replace'");
	return print_value(c, made);
}

const struct command cmd_init = {
	.name = "init",
	.run = run_init,
	.about = "make a store: keys, a starting policy, a channel",
	.arguments = "[--org NAME] [--owner FPR]",
	.options = init_opts,
};
