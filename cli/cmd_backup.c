/* cmd_backup.c - `sluice backup --output FILE`, `sluice restore FILE`: a store as one file, and back. */
#include "base/when.h"
#include "cli/cmd.h"
#include "release/keep/keep.h"
#include <string.h>

static int run_backup(struct cli *c, struct err *e)
{
	struct backup o = { .is_without_keys = opt_flag(c, "--without-keys"), .now = when_now() };
	AUTO_RELEASE *r = NULL;
	json_t *told = NULL;

	if (opt_need(c, "--output", &o.output, e) || store_of(c, &r, e) || backup_write(r, &o, &told, e))
		return -1;
	return print_value(c, told);
}

static int run_restore(struct cli *c, struct err *e)
{
	const char *seen[OPTIONS_MAX], *value;
	AUTO_FREE char *otherwise = c->store ? NULL : store_default();
	struct restore o = { .file = c->args[0],
		.path = c->store ? c->store : otherwise,
		.is_older = opt_flag(c, "--older"),
		.seen = seen,
		.now = when_now() };
	AUTO_FREE char *path = mem_strdup(o.path);
	json_t *told = NULL;

	for (size_t len = strlen(path); len > 1 && path[len - 1] == '/';) /* what is made lies beside it */
		path[--len] = '\0';
	o.path = path;
	for (size_t i = 0; (value = opt_each(c, "--seen", &i));) {
		if (o.seen_len == COUNT(seen))
			return err_usage(e, "--seen is given more than %zu times", COUNT(seen));
		seen[o.seen_len++] = value;
	}
	if (config_store(c, e) || restore_run(&o, &told, e))
		return e->code && strcmp(e->code, "E_UNKNOWN_FORMAT") == 0
			? err_hint(e, "'sluice backup --output FILE' writes what is meant here")
			: -1;
	return print_value(c, told);
}

static const struct option backup_opts[] = {
	{ "--output", "FILE", "it appears when it is whole, readable for its owner only", false },
	{ "--without-keys", NULL, "leave out the secret keys: they are kept elsewhere", false },
	{ 0 },
};
static const struct option restore_opts[] = {
	{ "--older", NULL, "also when the store that is there, or its signer, has seen more", false },
	{ "--seen", "DIR|URL", "a site that may have seen more: serials go on above its own", true },
	{ 0 },
};

const struct command cmd_backup = {
	.name = "backup",
	.run = run_backup,
	.about = "the store as one file, consistent while it is in use",
	.arguments = "--output FILE [--without-keys]",
	.options = backup_opts,
};
const struct command cmd_restore = {
	.name = "restore",
	.run = run_restore,
	.about = "put a store back from such a file; never an older one unless told",
	.arguments = "FILE [--older] [--seen DIR|URL]...",
	.least = 1,
	.most = 1,
	.options = restore_opts,
};
