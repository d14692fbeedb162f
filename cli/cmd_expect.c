/* cmd_expect.c - `sluice expect sign|withdraw|list`: what departments agreed to see tested, signed before the test. */
#include "base/fs.h"
#include "cli/cmd.h"
#include "release/expect.h"
#include "sandbox/expect.h"

enum { EXPECT_MAX = 1 << 20 };

static int run_sign(struct cli *c, struct err *e)
{
	AUTO_RELEASE *r = NULL;
	AUTO_FREE char *text = NULL;
	AUTO_JSON *items = NULL;
	struct actor actor = actor_of(c);
	const char *role;
	json_t *done = NULL;
	size_t len;

	if (opt_need(c, "--role", &role, e) || store_of(c, &r, e) ||
		fs_read_file(c->args[1], EXPECT_MAX, &text, &len, e) ||
		expectations_parse(text, len, c->args[1], &items, e) ||
		expect_agree(r, &actor, c->args[0], role, text, len, &done, e))
		return -1;
	return print_value(c, done);
}

static int run_withdraw(struct cli *c, struct err *e)
{
	AUTO_RELEASE *r = NULL;
	struct actor actor = actor_of(c);
	const char *role;
	json_t *done = NULL;

	if (opt_need(c, "--role", &role, e) || store_of(c, &r, e) ||
		expect_agree(r, &actor, c->args[0], role, NULL, 0, &done, e))
		return -1;
	return print_value(c, done);
}

static int run_list(struct cli *c, struct err *e)
{
	static const char *const columns[] = { "product:20", "role:24", "person:12", "time:22", "expect", NULL };
	AUTO_RELEASE *r = NULL;
	json_t *list = NULL;

	if (store_of(c, &r, e) || expect_list(r, c->args_len ? c->args[0] : NULL, &list, e))
		return -1;
	if (c->is_json)
		return print_json(list);
	print_table(json_list(list, "agreements"), columns);
	json_decref(list);
	return 0;
}

static const struct option role_opts[] = {
	{ "--role", "ROLE", "as which you speak, such as department/finance", false },
	{ 0 },
};

const struct command cmd_expect_sign = {
	.name = "expect sign",
	.run = run_sign,
	.about = "agree, for a department, that a product is tested against these expectations",
	.arguments = "PRODUCT E.yaml --role ROLE",
	.least = 2,
	.most = 2,
	.options = role_opts,
	.more = "PRODUCT is the recipe's name of it, E.yaml the file that the recipe names as 'expect'. It counts for "
		"tests made\n"
		"afterwards. The policy's expectations: required refuses what no affected department agreed on.",
};
const struct command cmd_expect_withdraw = {
	.name = "expect withdraw",
	.run = run_withdraw,
	.about = "take a department's agreement on a product's expectations back",
	.arguments = "PRODUCT --role ROLE",
	.least = 1,
	.most = 1,
	.options = role_opts,
};
const struct command cmd_expect_list = {
	.name = "expect list",
	.run = run_list,
	.about = "which department agreed on which expectations, and when",
	.arguments = "[PRODUCT]",
	.most = 1,
};
