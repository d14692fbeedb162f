/* cmd_root.c - `sluice root create|list|remove`: images to test in. */
#include "cli/cmd.h"
#include "sandbox/root.h"
#include <string.h>

static const struct option create_opts[] = {
	{ "--from", "debian:bookworm|FILE.tar|DIR", "what it is made of", false },
	{ 0 },
};

static int run_create(struct cli *c, struct err *e)
{
	const char *from;

	if (opt_need(c, "--from", &from, e) || root_create(NULL, c->args[0], from, &c->events, e))
		return -1;
	json_t *made = json_pack("{s:s}", "root", c->args[0]);
	json_set_bytes(made, "origin", from, strlen(from));
	return print_value(c, made);
}

static int run_list(struct cli *c, struct err *e)
{
	static const char *const columns[] = { "name:20", "origin:28", "format:6", "created", NULL };
	json_t *list = NULL;

	if (root_list(NULL, &list, e))
		return -1;
	if (c->is_json)
		return print_json(json_pack("{s:o}", "roots", list));
	print_table(list, columns);
	json_decref(list);
	return 0;
}

static int run_remove(struct cli *c, struct err *e)
{
	if (root_remove(NULL, c->args[0], e))
		return -1;
	return print_value(c, json_pack("{s:s, s:b}", "root", c->args[0], "removed", 1));
}

const struct command cmd_root_create = {
	.name = "root create",
	.run = run_create,
	.about = "keep a root image to test in",
	.arguments = "NAME --from debian:bookworm|FILE.tar|DIR",
	.least = 1,
	.most = 1,
	.options = create_opts,
};
const struct command cmd_root_list = {
	.name = "root list",
	.run = run_list,
	.about = "the root images there are",
	.arguments = "",
};
const struct command cmd_root_remove = {
	.name = "root remove",
	.run = run_remove,
	.about = "delete a root image",
	.arguments = "NAME",
	.least = 1,
	.most = 1,
};
