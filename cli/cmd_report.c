/* cmd_report.c - `sluice report`, `sluice report add|list`: how a change went on the machines that took it. */
#include "base/fs.h"
#include "base/text.h"
#include "cli/cmd.h"
#include "release/channel/channel.h"
#include "release/channel/receipt.h"
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int print_taken(struct cli *c, json_t *done)
{
	if (*json_text(done, "stopped") && !c->is_json)
		say("stopped %s: %s\n", json_text(done, "channel"), json_text(done, "stopped"));
	return print_value(c, done);
}

/* Without a store: a file, signed by the site's key, for whoever keeps one. */
static int write_report(struct cli *c, const json_t *report, struct err *e)
{
	struct receipt put = { .path = opt(c, "--output"), .home = opt(c, "--home"), .key = opt(c, "--key") };

	return receipt_put(&put, report, e) ? err_wrap(e, "the report") : 0;
}

static int run_report(struct cli *c, struct err *e)
{
	AUTO_RELEASE *r = NULL;
	AUTO_JSON *report = NULL;
	struct actor actor = actor_of(c);
	struct report_wish wish = { .channel = opt(c, "--channel"),
		.site = opt_or(c, "--site", ""),
		.machine = opt(c, "--machine"),
		.text = opt(c, "--text") };
	json_t *done = NULL;

	if (opt_need(c, "--status", &wish.status, e))
		return -1;
	if (opt(c, "--from") && !opt(c, "--output"))
		return err_usage(e, "--from: what was seen on a client goes to a file; give --output");
	if (opt(c, "--from"))
		return report_make_from(opt(c, "--from"), &wish, &report, e) || write_report(c, report, e) ? -1 : 0;
	if (store_of(c, &r, e) || report_make(r, &wish, &report, e))
		return -1;
	if (opt(c, "--output"))
		return write_report(c, report, e);
	return report_say(r, &actor, report, channel_publish, &done, e) ? -1 : print_taken(c, done);
}

/* Machines' hooks lay them there with the signature beside: what is taken down goes away, what is refused stays as FILE.refused, and is told. */
static int add_one_of(struct cli *c, struct release *r, const char *path, size_t *refused, struct err *e)
{
	AUTO_FREE char *signature = mem_printf("%s.asc", path), *away = mem_printf("%s.refused", path);
	struct receipt_files files = { path, fs_exists(signature) ? signature : NULL };
	struct actor actor = actor_of(c);
	struct err why = { 0 };
	json_t *done = NULL;

	if (report_add(r, &actor, &files, channel_publish, &done, &why) == 0) {
		if (unlink(path) || (files.signature && unlink(signature)))
			err_sys(e, "%s is taken down, but does not go away", path);
		return e->class ? (json_decref(done), -1) : print_taken(c, done);
	}
	if (why.class != ERR_INPUT && why.class != ERR_VERDICT) {
		*e = why;
		return -1;
	}
	(*refused)++;
	event_log(&c->events, EVENT_WARNING, "%s", why.text);
	return rename(path, away) ? err_sys(e, "%s", path) : 0;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int add_all_of(struct cli *c, struct release *r, const char *folder, struct err *e)
{
	LIST(char *) found = { 0 };
	DIR *dir = opendir(folder);
	size_t refused = 0;
	int status = 0;

	if (!dir)
		return err_sys(e, "%s", folder);
	for (struct dirent *entry; (entry = readdir(dir));)
		if (entry->d_name[0] != '.' && text_ends(entry->d_name, ".json"))
			*LIST_ADD(&found) = fs_join(folder, entry->d_name);
	(void)closedir(dir);
	if (found.len > 1)
		qsort(found.at, found.len, sizeof *found.at, by_name);
	for (size_t i = 0; i < found.len; i++) {
		status = status || add_one_of(c, r, found.at[i], &refused, e) ? -1 : 0;
		free(found.at[i]);
	}
	LIST_DONE(&found);
	return status == 0 && refused ? err_verdict(e, NULL, "%zu reports in %s are refused", refused, folder) : status;
}

static int run_add(struct cli *c, struct err *e)
{
	AUTO_RELEASE *r = NULL;
	struct actor actor = actor_of(c);
	struct receipt_files files = { c->args[0], opt(c, "--signature") };
	struct stat st;
	json_t *done = NULL;

	if (store_of(c, &r, e))
		return -1;
	if (!files.signature && stat(files.receipt, &st) == 0 && S_ISDIR(st.st_mode))
		return add_all_of(c, r, files.receipt, e);
	return report_add(r, &actor, &files, channel_publish, &done, e) ? -1 : print_taken(c, done);
}

static int run_list(struct cli *c, struct err *e)
{
	static const char *const rings[] = { "rfc:8", "channel:14", "serial:7", "since:22", "ok:6", "failed:6",
		"absent:6", NULL };
	static const char *const machines[] = { "machine:24", "site:16", "status:8", "serial:7", "time:22", "text",
		NULL };
	AUTO_RELEASE *r = NULL;
	AUTO_JSON *list = NULL;
	size_t i;
	json_t *ring;

	if (store_of(c, &r, e) || report_list(r, c->args_len ? c->args[0] : NULL, &list, e))
		return -1;
	if (c->is_json)
		return print_json(json_incref(list));
	print_table(json_list(list, "rings"), rings);
	json_array_foreach(json_list(list, "rings"), i, ring)
		if (c->args_len)
			print_table(json_list(ring, "machines"), machines);
	return 0;
}

static const struct option report_opts[] = {
	{ "--status", "ok|failed", "how it went", false },
	{ "--machine", "NAME", "which machine; without: this one's name", false },
	{ "--channel", "CH", "where from; needed when the policy has several", false },
	{ "--site", "NAME", "the policy's name for who signs it (sites)", false },
	{ "--text", "TEXT", "what went wrong", false },
	{ "--from", "STATE", "without a store: what the client's guard saw, /var/lib/sluice/channels/ID.json", false },
	{ "--output", "FILE", "into a file for 'report add', with --key signed into FILE.asc", false },
	{ 0 },
};
static const struct option add_opts[] = {
	{ "--signature", "FILE", "the site's own, by a key that the policy gives it", false },
	{ 0 },
};

const struct command cmd_report = {
	.name = "report",
	.run = run_report,
	.about = "tell how a change went on a machine",
	.arguments = "--status ok|failed [--machine NAME]",
	.options = report_opts,
};
const struct command cmd_report_add = {
	.name = "report add",
	.run = run_add,
	.about = "take down a report that a site signed, or all that machines laid into a folder",
	.arguments = "REPORT|DIR [--signature FILE]",
	.least = 1,
	.most = 1,
	.options = add_opts,
};
const struct command cmd_report_list = {
	.name = "report list",
	.run = run_list,
	.about = "by RfC and channel: which machines are well, failed, or said nothing",
	.arguments = "[R-1]",
	.most = 1,
};
