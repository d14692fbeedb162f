/* cmd_channel.c - `sluice channel list|show|tree|client`. */
#include "base/fs.h"
#include "base/text.h"
#include "cli/cmd.h"
#include "release/channel/channel.h"
#include <string.h>

static const json_t *channels_of(struct release *r)
{
	return json_map(release_policy(r), "channels");
}

static int known(struct release *r, const char *name, struct err *e)
{
	if (channel_name_valid(name) && json_object_get(channels_of(r), name))
		return 0;
	err_usage(e, "the policy has no channel '%s'", name);
	return err_hint(e, "'sluice channel list' lists them");
}

/* {"name","targets","serial","time","valid_until","packages","stopped"}; serial 0: nothing published yet. */
static json_t *summary(struct release *r, const char *name, const json_t *channel, struct err *e)
{
	AUTO_JSON *current = NULL, *stops = NULL;
	json_t *targets = json_list(channel, "targets");

	if (release_current(r, name, &current, e) || release_stops(r, name, &stops, e))
		return NULL;
	return json_pack("{s:s, s:O*, s:I, s:s, s:s, s:I, s:b}", "name", name, "targets", targets, "serial",
		(json_int_t)json_int(current, "serial"), "time", json_text(current, "time"), "valid_until",
		json_text(current, "valid_until"), "packages",
		(json_int_t)json_array_size(json_list(current, "packages")), "stopped", json_array_size(stops) > 0);
}

static int run_list(struct cli *c, struct err *e)
{
	static const char *const columns[] = { "name:16", "targets:16", "serial:6", "packages:8", "time:25",
		"valid_until:25", "stopped", NULL };
	AUTO_RELEASE *r = NULL;
	const char *name;
	json_t *channel;

	if (store_of(c, &r, e))
		return -1;
	json_t *list = json_array();
	json_object_foreach((json_t *)channels_of(r), name, channel) {
		json_t *one = summary(r, name, channel, e);
		if (!one) {
			json_decref(list);
			return -1;
		}
		json_array_append_new(list, one);
	}
	if (c->is_json)
		return print_json(json_pack("{s:o}", "channels", list));
	print_table(list, columns);
	json_decref(list);
	return 0;
}

/* For `cd TREE && sha256sum --check`. */
static void print_checksums(const json_t *packages)
{
	size_t i;
	json_t *package;

	json_array_foreach(packages, i, package) {
		say("%s  ", json_text(package, "sha256"));
		say_safe(json_text(package, "path"));
		say("\n");
	}
}

/* What a person asks a channel; all of release.json is --json's. */
static void print_shown(const json_t *release)
{
	static const char *const head[] = { "channel", "serial", "time", "valid_until", "policy" };
	static const char *const columns[] = { "target:12", "name:32", "version:24", "architecture:12", "rfc", NULL };
	static const char *const stops[] = { "time:25", "person:16", "reason", NULL };
	AUTO_JSON *told = json_object();

	for (size_t i = 0; i < COUNT(head); i++)
		json_object_set(told, head[i], json_object_get(release, head[i]));
	print_tree(told, 0);
	if (json_array_size(json_list(release, "stopped"))) {
		say("stopped:\n");
		print_table(json_list(release, "stopped"), stops);
	}
	print_table(json_list(release, "packages"), columns);
}

static int run_show(struct cli *c, struct err *e)
{
	AUTO_RELEASE *r = NULL;
	const char *format = opt(c, "--format");
	json_t *current = NULL;

	if (format && strcmp(format, "sha256") != 0)
		return err_usage(e, "--format '%s': sha256 is what there is", format);
	if (format && c->is_json)
		return err_usage(e, "--json and --format: one or the other");
	if (store_of(c, &r, e) || known(r, c->args[0], e) || release_current(r, c->args[0], &current, e))
		return -1;
	if (format) {
		print_checksums(json_list(current, "packages"));
		json_decref(current);
		return 0;
	}
	if (!current)
		return print_value(c, json_pack("{s:s, s:i, s:[]}", "channel", c->args[0], "serial", 0, "packages"));
	if (c->is_json)
		return print_json(current);
	print_shown(current);
	json_decref(current);
	return 0;
}

static int run_tree(struct cli *c, struct err *e)
{
	AUTO_RELEASE *r = NULL;

	if (store_of(c, &r, e) || known(r, c->args[0], e))
		return -1;
	AUTO_FREE char *tree = channel_tree(r->store, c->args[0]);
	if (c->is_json) {
		json_t *told = json_pack("{s:s, s:b}", "channel", c->args[0], "published", fs_exists(tree));
		json_set_str(told, "tree", tree);
		return print_json(told);
	}
	say("%s\n", tree);
	return 0;
}

/* Who reports, and where to: {"site","to"}; *ret NULL: nobody. */
static int report_of(const struct cli *c, const struct release *r, const char *format, json_t **ret, struct err *e)
{
	const char *to = opt(c, "--report-to"), *site = opt(c, "--site");

	*ret = NULL;
	if (!to && !site)
		return 0;
	if (!to || !site || strcmp(format, "guard") != 0)
		return err_usage(e, "--report-to and --site belong together, and to --format guard");
	if (!json_map(json_map(release_policy(r), "sites"), site))
		return err_usage(e, "--site: the policy has no site '%s'", site);
	if (*to != '/' && !text_starts(to, "https://") && !text_starts(to, "http://"))
		return err_usage(e, "--report-to: '%s' is neither a folder (/...) nor an http or https URL", to);
	*ret = json_pack("{s:s, s:s}", "site", site, "to", to);
	return *ret ? 0 : err_usage(e, "--report-to is not UTF-8");
}

static int run_client(struct cli *c, struct err *e)
{
	AUTO_RELEASE *r = NULL;
	AUTO_JSON *report = NULL;
	const char *format, *url;

	if (opt_need(c, "--format", &format, e) || opt_need(c, "--url", &url, e) || store_of(c, &r, e) ||
		known(r, c->args[0], e) || report_of(c, r, format, &report, e))
		return -1;
	AUTO_FREE char *text = channel_client(r->store, r->id, release_policy(r), c->args[0], format, url, report, e);
	if (!text)
		return -1;
	if (c->is_json)
		return print_json(json_pack("{s:s, s:s}", "format", format, "text", text));
	say("%s", text);
	return 0;
}

static const struct option show_opts[] = {
	{ "--format", "sha256", "the checksums of its packages, as sha256sum reads them in the channel's tree", false },
	{ 0 },
};
static const struct option client_opts[] = {
	{ "--format", "apt|dnf|zypper|apt-keyring|dnf-keyring|zypper-keyring|ansible|guard", "whose configuration",
		false },
	{ "--url", "URL", "where the channel's tree is served", false },
	{ "--report-to", "DIR|URL", "guard: tell how updates went, into a folder or by PUT below a URL; with --site",
		false },
	{ "--site", "NAME", "guard: the policy's site whose key signs the reports", false },
	{ 0 },
};

const struct command cmd_channel_list = {
	.name = "channel list",
	.run = run_list,
	.about = "the channels and what they serve",
	.arguments = "",
};
const struct command cmd_channel_show = {
	.name = "channel show",
	.run = run_show,
	.about = "what a channel's present snapshot holds, and who let it in",
	.arguments = "CH [--format sha256]",
	.least = 1,
	.most = 1,
	.options = show_opts,
};
const struct command cmd_channel_tree = {
	.name = "channel tree",
	.run = run_tree,
	.about = "the folder to serve",
	.arguments = "CH",
	.least = 1,
	.most = 1,
};
const struct command cmd_channel_client = {
	.name = "channel client",
	.run = run_client,
	.about = "ready configuration for a client, keys pinned, signatures required",
	.arguments = "CH --format apt|dnf|zypper|apt-keyring|dnf-keyring|zypper-keyring|ansible|guard --url URL",
	.least = 1,
	.most = 1,
	.options = client_opts,
};
