/* cmd_site.c - `sluice site add|list`: which distribution server, and which machines behind it, are on which snapshot. */
#include "cli/cmd.h"

static int run_add(struct cli *c, struct err *e)
{
	AUTO_RELEASE *r = NULL;
	struct actor actor = actor_of(c);
	struct receipt_files files = { c->args[0], opt(c, "--signature") };
	json_t *done = NULL;

	if (store_of(c, &r, e) || site_add(r, &actor, &files, &done, e))
		return -1;
	return print_value(c, done);
}

static int run_list(struct cli *c, struct err *e)
{
	static const char *const columns[] = { "site:20", "channel:14", "serial:7", "behind:7", "since:22",
		"valid_until:22", "how:8", "known:6", "late:5", "failed", NULL };
	static const char *const machines[] = { "machine:24", "status:7", "serial:7", "behind:7", "time:22", "text",
		NULL };
	AUTO_RELEASE *r = NULL;
	AUTO_JSON *list = NULL;
	json_t *site;
	size_t i;

	if (store_of(c, &r, e) || site_list(r, c->args_len ? c->args[0] : NULL, &list, e))
		return -1;
	if (c->is_json)
		return print_json(json_incref(list));
	print_table(json_list(list, "sites"), columns);
	json_array_foreach(json_list(list, "sites"), i, site)
		if (c->args_len)
			print_table(json_list(site, "machines"), machines);
	return 0;
}

static const struct option add_opts[] = {
	{ "--signature", "FILE", "the site's own, by a key that the policy gives it", false },
	{ 0 },
};

const struct command cmd_site_add = {
	.name = "site add",
	.run = run_add,
	.about = "take down a receipt that a site wrote with 'pull --receipt' or 'import --receipt'",
	.arguments = "RECEIPT [--signature FILE]",
	.least = 1,
	.most = 1,
	.options = add_opts,
};
const struct command cmd_site_list = {
	.name = "site list",
	.run = run_list,
	.about = "which site and how many machines are on which snapshot, who is behind, failed or absent",
	.arguments = "[SITE]",
	.most = 1,
};
