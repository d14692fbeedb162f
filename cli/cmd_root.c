/* cmd_root.c - `sluice root create|list|refresh|remove`: images to test in. */
#include "cli/cmd.h"
#include "sandbox/root.h"
#include <string.h>

#define SOURCES "debian:bookworm|FILE.tar|oci-archive:FILE|DIR"
static const struct option create_opts[] = {
	{ "--from", SOURCES, "what it is made of", false },
	{ 0 },
};
static const struct option refresh_opts[] = {
	{ "--from", SOURCES, "what it is made of from now on (default: what it was made of)", false },
	{ 0 },
};

static json_t *named(const char *name, json_t *about)
{
	json_set_str(about, "root", name);
	return about;
}

static int run_create(struct cli *c, struct err *e)
{
	const char *from;
	json_t *about = NULL;

	if (opt_need(c, "--from", &from, e) || root_create(NULL, c->args[0], from, &c->events, &about, e))
		return -1;
	return print_value(c, named(c->args[0], about));
}

static int run_refresh(struct cli *c, struct err *e)
{
	json_t *about = NULL;
	bool changed = false;

	if (root_refresh(NULL, c->args[0], opt(c, "--from"), &c->events, &about, &changed, e))
		return -1;
	json_object_set_new(about, "changed", json_boolean(changed));
	if (!changed)
		warn_user(c, "what the root was made of is still the same: it is as old as before");
	return print_value(c, named(c->args[0], about));
}

static int run_list(struct cli *c, struct err *e)
{
	static const char *const columns[] = { "name:20", "distribution:16", "format:6", "packages:8", "age_days:8",
		"origin:40", "digest", NULL };
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
	.arguments = "NAME --from " SOURCES,
	.least = 1,
	.most = 1,
	.options = create_opts,
};
const struct command cmd_root_refresh = {
	.name = "root refresh",
	.run = run_refresh,
	.about = "make a root image anew and exchange it for the old one",
	.arguments = "NAME [--from " SOURCES "]",
	.least = 1,
	.most = 1,
	.options = refresh_opts,
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
