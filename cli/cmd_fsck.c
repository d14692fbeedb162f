/* cmd_fsck.c - `sluice fsck`: is everything in the store, and is it what it was? */
#include "cli/cmd.h"
#include "release/keep/keep.h"
#include <string.h>

static void print_findings_of(const struct cli *c, const json_t *told)
{
	size_t i;
	json_t *f;

	json_array_foreach(json_list(told, "findings"), i, f) {
		bool mended = json_flag(f, "mended");

		say("  %s%-10s%s ", tone(c, mended ? "\033[32m" : "\033[31m"), mended ? "mended" : json_text(f, "what"),
			tone(c, "\033[0m"));
		say_safe(json_text(f, "where"));
		say(": ");
		say_safe(json_text(f, "text"));
		if (*json_text(f, "from")) {
			say(mended ? "; from " : "; has it: ");
			say_safe(json_text(f, "from"));
		}
		say("\n");
	}
	if (json_flag(told, "ok"))
		say("whole: %lld blobs, %lld snapshots, %lld rows of the log; %lld mended\n",
			(long long)json_int(told, "blobs"), (long long)json_int(told, "snapshots"),
			(long long)json_int(told, "rows"), (long long)json_int(told, "mended"));
}

/* One document, whatever the outcome: what was found, and the error beside it. */
static int tell(struct cli *c, json_t *told, struct err *e)
{
	int code = e->class == ERR_NONE ? 0 : exit_code(e);

	if (c->is_json) {
		if (code)
			json_object_set_new(told, "error", error_json(e));
		print_json(told);
		return code;
	}
	print_findings_of(c, told);
	json_decref(told);
	if (!code)
		return 0;
	if (!*e->hint)
		err_hint(e,
			"'sluice fsck --repair' puts back what the store itself still holds, --repair-from what a "
			"site, a backup or another copy has; what a key signed that counts no more, 'sluice run-due' "
			"signs again");
	return -1;
}

static int run(struct cli *c, struct err *e)
{
	const char *from[OPTIONS_MAX], *value;
	AUTO_FREE char *otherwise = c->store ? NULL : store_default();
	struct fsck o = { .from = from, .path = c->store ? c->store : otherwise, .events = &c->events };
	json_t *told = NULL;

	for (size_t i = 0; (value = opt_each(c, "--repair-from", &i));) {
		if (o.from_len == COUNT(from))
			return err_usage(e, "--repair-from is given more than %zu times", COUNT(from));
		from[o.from_len++] = value;
	}
	o.is_repair = opt_flag(c, "--repair") || o.from_len;
	if (config_store(c, e) || (fsck_run(&o, &told, e) && !told))
		return -1;
	return tell(c, told, e);
}

static const struct option options[] = {
	{ "--repair", NULL, "mend what the store itself still holds elsewhere", false },
	{ "--repair-from", "DIR|URL|FILE",
		"mend from there as well: a site's folder or URL, an exported file, a backup, another store", true },
	{ 0 },
};

const struct command cmd_fsck = {
	.name = "fsck",
	.run = run,
	.about = "prove every blob, record, signature and snapshot; say what is broken, and mend it",
	.arguments = "[--repair] [--repair-from DIR|URL|FILE]...",
	.options = options,
};
