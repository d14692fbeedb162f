/* cmd_key.c - `sluice key list|new|package|revoke|refresh`: the store's own keys over time; which of them count, the policy's own-keys say. */
#include "cli/cmd.h"
#include <string.h>

static int run_list(struct cli *c, struct err *e)
{
	AUTO_RELEASE *r = NULL;
	AUTO_JSON *status = NULL, *idle = NULL;

	if (store_of(c, &r, e) || release_status(r, &status, e) || keys_idle(r, &idle, e))
		return -1;
	return print_value(c, json_pack("{s:O, s:O}", "keys", json_list(status, "keys"), "others", idle));
}

static int run_new(struct cli *c, struct err *e)
{
	AUTO_RELEASE *r = NULL;
	char fingerprint[65];

	if (store_of(c, &r, e) || keys_new(r, c->args[0], opt_or(c, "--kind", "ed25519"), fingerprint, e))
		return -1;
	if (c->is_json)
		return print_json(json_pack("{s:s, s:s}", "key", c->args[0], "fingerprint", fingerprint));
	say("%s\n", fingerprint);
	hint_user(c, "it counts once the policy's owners put \"openpgp:%s\" into own-keys", fingerprint);
	return 0;
}

static int run_revoke(struct cli *c, struct err *e)
{
	AUTO_RELEASE *r = NULL;

	if (store_of(c, &r, e) || keys_revoke(r, c->args[0], c->args[1], e))
		return -1;
	hint_user(c,
		"it signs nothing any more; 'sluice run-due' signs the channels again by the others in the policy's "
		"own-keys, "
		"'sluice key new' makes the next one");
	return print_value(c, json_pack("{s:s, s:s, s:b}", "key", c->args[0], "fingerprint", c->args[1], "revoked", 1));
}

static int run_package(struct cli *c, struct err *e)
{
	AUTO_RELEASE *r = NULL;
	AUTO_JSON *made = NULL;
	const char *output;

	if (opt_need(c, "--output", &output, e) || store_of(c, &r, e) ||
		keys_package(r, output, opt(c, "--vendor"), &made, e))
		return -1;
	if (c->is_json)
		return print_json(json_incref(made));
	say("%s\n%s\n", json_text(made, "tar"), json_text(made, "recipe"));
	hint_user(c, "sign %s, then: sluice submit %s --recipe %s --signature %s.asc", json_text(made, "tar"),
		json_text(made, "tar"), json_text(made, "recipe"), json_text(made, "tar"));
	return 0;
}

static int run_refresh(struct cli *c, struct err *e)
{
	AUTO_RELEASE *r = NULL;

	return store_of(c, &r, e) ? -1 : keys_refresh(r, e);
}

static const struct option new_opts[] = {
	{ "--kind", "ed25519|rsa4096|rsa3072", "of which kind (ed25519)", false },
	{ 0 },
};

static const struct option package_opts[] = {
	{ "--output", "DIR", "where the tar and its recipe go", false },
	{ "--vendor", "NAME", "the vendor of the policy whose key will sign the tar", false },
	{ 0 },
};

const struct command cmd_key_list = {
	.name = "key list",
	.run = run_list,
	.about = "the release and package keys of the store, which of them count, and when they end",
	.arguments = "",
};
const struct command cmd_key_new = {
	.name = "key new",
	.run = run_new,
	.about = "make the next release or package key; it counts once the policy's own-keys name it",
	.arguments = "release|package",
	.least = 1,
	.most = 1,
	.options = new_opts,
};
const struct command cmd_key_package = {
	.name = "key package",
	.run = run_package,
	.about = "the organisation's keys, the next one included, as an update to submit: a package for clients",
	.arguments = "--output DIR [--vendor NAME]",
	.options = package_opts,
};
const struct command cmd_key_refresh = {
	.name = "key refresh",
	.run = run_refresh,
	.about = "give clients the certificates as they are now in the key folders",
	.arguments = "",
};
const struct command cmd_key_revoke = {
	.name = "key revoke",
	.run = run_revoke,
	.about = "revoke a key of the store, with the revocation that was made with it",
	.arguments = "release|package FPR",
	.least = 2,
	.most = 2,
};
