/* cmd_gc.c - `sluice gc`: takes away what nobody needs. */
#include "base/when.h"
#include "cli/cmd.h"
#include "release/keep/keep.h"
#include <string.h>

static int generations_of(const struct cli *c, int64_t *ret, struct err *e)
{
	const char *text = opt(c, "--keep");

	*ret = GC_GENERATIONS;
	if (!text)
		return 0;
	if (!*text || strlen(text) > 6 || strspn(text, "0123456789") != strlen(text) ||
		(*ret = strtol(text, NULL, 10)) < GC_GENERATIONS)
		return err_usage(e, "--keep %s: a number of snapshots is meant, at least %d", text, GC_GENERATIONS);
	return 0;
}

static int period_of(const struct cli *c, const char *name, int64_t otherwise, int64_t *ret, struct err *e)
{
	const char *text = opt(c, name);

	*ret = otherwise;
	if (!text)
		return 0;
	if (duration_parse(text, ret, e))
		return err_wrap(e, "%s", name);
	return *ret >= GC_SECONDS ? 0 : err_usage(e, "%s %s: at least 24h is meant", name, text);
}

static int run(struct cli *c, struct err *e)
{
	struct gc o = { .is_check = opt_flag(c, "--check"), .now = when_now(), .events = &c->events };
	AUTO_RELEASE *r = NULL;
	json_t *told = NULL;

	if (generations_of(c, &o.generations, e) || period_of(c, "--keep-for", GC_SECONDS, &o.keep_for, e) ||
		period_of(c, "--packages-for", GC_PACKAGES_S, &o.packages_for, e) || store_of(c, &r, e) ||
		gc_run(r, &o, &told, e))
		return -1;
	return print_value(c, told);
}

static const struct option options[] = {
	{ "--keep", "N", "snapshots of each channel that stay (3, and no fewer)", false },
	{ "--keep-for", "DURATION", "snapshots that were served within it stay as well (24h, and no less)", false },
	{ "--packages-for", "DURATION", "packages of candidates that are over and served nowhere stay so long (90d)",
		false },
	{ "--check", NULL, "only tell what would go", false },
	{ 0 },
};

const struct command cmd_gc = {
	.name = "gc",
	.run = run,
	.about = "take away old snapshots and what nothing in the store refers to",
	.arguments = "[--keep N] [--keep-for DURATION] [--packages-for DURATION] [--check]",
	.options = options,
};
