/* cmd_rfc.c - `sluice rfc ...`: asking for a change, and looking at what was asked. */
#include "base/fs.h"
#include "base/text.h"
#include "cli/cmd.h"
#include "cli/rfc_from.h"
#include <string.h>

enum { ATTACHMENT_MAX = 64 << 20 };

/* Records are JSON: what is no UTF-8 cannot be written into one. */
static int set_text(json_t *into, const char *key, const char *text, struct err *e)
{
	if (!text_is_utf8(key, strlen(key)) || !text_is_utf8(text, strlen(text)))
		return err_usage(e, "%s: the text is not UTF-8", key);
	json_set_str(into, key, text);
	return 0;
}

/* "KEY=VALUE" into the object. */
static int take_field(json_t *into, const char *text, struct err *e)
{
	const char *equals = strchr(text, '=');
	if (!equals || equals == text)
		return err_usage(e, "--field %s: want KEY=VALUE", text);
	AUTO_FREE char *key = mem_printf("%.*s", (int)(equals - text), text);
	return set_text(into, key, equals + 1, e);
}

/* Attachments lie in the store by digest; the record names them, no vote covers them. */
static int take_attachments(struct cli *c, struct release *r, json_t *request, struct err *e)
{
	json_t *list = json_array();
	const char *path;

	for (size_t at = 0; (path = opt_each(c, "--attach", &at));) {
		AUTO_FREE char *bytes = NULL;
		char digest[65];
		size_t len;
		if (fs_read_file(path, ATTACHMENT_MAX, &bytes, &len, e) ||
			blob_put(r->store->blobs, bytes, len, digest, e)) {
			json_decref(list);
			return err_wrap(e, "--attach");
		}
		json_array_append_new(list, json_string(digest));
	}
	if (json_array_size(list) > 0)
		json_object_set(request, "attach", list);
	json_decref(list);
	return 0;
}

static int fill_request(struct cli *c, struct release *r, json_t *request, struct err *e)
{
	static const char *const plain[][2] = { { "--reason", "reason" }, { "--urgency", "urgency" },
		{ "--impact", "impact" }, { "--type", "type" }, { "--window", "window" }, { "--external", "external" },
		{ "--template", "template" }, { "--resume", "resume" }, { "--remove", "remove" },
		{ "--from-channel", "from-channel" } };
	static const char *const needed[] = { "reason", "urgency", "impact" };
	const char *field;

	for (size_t i = 0; i < COUNT(plain); i++)
		if (opt(c, plain[i][0]) && set_text(request, plain[i][1], opt(c, plain[i][0]), e))
			return -1;
	for (size_t at = 0; (field = opt_each(c, "--field", &at));)
		if (take_field(request, field, e))
			return -1;
	const char *zone = json_text(release_policy(r), "timezone");
	if (opt(c, "--from") && fields_of_file(opt(c, "--from"), *zone ? zone : "UTC", request, e))
		return -1;
	if (json_object_get(request, "candidates"))
		return err_usage(e, "candidates are named as arguments: rfc open C-1...");
	json_t *candidates = json_array();
	for (int i = 0; i < c->args_len; i++)
		json_array_append_new(candidates, json_string(c->args[i]));
	json_object_set_new(request, "candidates", candidates);
	for (size_t i = 0; i < COUNT(needed); i++)
		if (!json_text(request, needed[i])[0]) {
			err_usage(e, "rfc open: --%s is missing", needed[i]);
			return err_hint(e, "'sluice rfc open --help' shows how it is used");
		}
	return 0;
}

static int run_open(struct cli *c, struct err *e)
{
	AUTO_RELEASE *r = NULL;
	AUTO_JSON *warnings = NULL, *request = json_object();
	struct actor actor = actor_of(c);
	char id[32];
	size_t i;
	json_t *w;

	if (store_of(c, &r, e) || fill_request(c, r, request, e) || take_attachments(c, r, request, e) ||
		rfc_open(r, &actor, json_incref(request), id, &warnings, e))
		return -1;
	json_array_foreach(warnings, i, w)
		warn_user(c, "%s", json_string_value(w) ? json_string_value(w) : json_text(w, "text"));
	if (c->is_json)
		return print_json(json_pack("{s:s, s:O?}", "rfc", id, "warnings", warnings));
	say("%s\n", id);
	return 0;
}

static int run_show(struct cli *c, struct err *e)
{
	AUTO_RELEASE *r = NULL;
	AUTO_JSON *one = NULL;
	json_t *findings = NULL;

	if (store_of(c, &r, e))
		return -1;
	if (opt(c, "--format") && strcmp(opt(c, "--format"), "json") != 0 && !c->is_json)
		return print_brief(c, r, c->args[0], NULL, opt(c, "--format"), e);
	c->is_json = c->is_json || opt(c, "--format");
	if (rfc_show(r, c->args[0], &one, e) || findings_of(r, json_list(one, "candidates"), &findings, e))
		return -1;
	return print_with_findings(c, json_incref(one), findings);
}

static int run_list(struct cli *c, struct err *e)
{
	static const char *const columns[] = { "id:6", "state:12", "priority:9", "impact:14", "requester:12", "title",
		NULL };
	AUTO_RELEASE *r = NULL;
	json_t *list = NULL, *line;
	size_t i;

	if (store_of(c, &r, e) || rfc_list(r, opt(c, "--state"), &list, e))
		return -1;
	if (c->is_json)
		return print_json(list);
	json_array_foreach(json_list(list, "rfcs"), i, line)
		if (!*json_text(line, "title"))
			json_object_set(line, "title", json_object_get(line, "reason"));
	print_table(json_list(list, "rfcs"), columns);
	json_decref(list);
	return 0;
}

static int run_edit(struct cli *c, struct err *e)
{
	AUTO_RELEASE *r = NULL;
	struct actor actor = actor_of(c);
	json_t *fields = json_object(), *done = NULL;
	const char *field;

	for (size_t at = 0; (field = opt_each(c, "--field", &at));)
		if (take_field(fields, field, e)) {
			json_decref(fields);
			return -1;
		}
	if (json_object_size(fields) == 0) {
		json_decref(fields);
		return err_usage(e, "rfc edit: --field KEY=VALUE is missing");
	}
	if (store_of(c, &r, e)) {
		json_decref(fields);
		return -1;
	}
	if (rfc_edit(r, &actor, c->args[0], fields, &done, e))
		return -1;
	return print_value(c, done);
}

static int run_withdraw(struct cli *c, struct err *e)
{
	AUTO_RELEASE *r = NULL;
	struct actor actor = actor_of(c);

	if (store_of(c, &r, e) || rfc_withdraw(r, &actor, c->args[0], opt_or(c, "--reason", ""), e))
		return -1;
	return print_value(c, json_pack("{s:s, s:s}", "rfc", c->args[0], "state", "withdrawn"));
}

static int run_fields(struct cli *c, struct err *e)
{
	json_t *list = rfc_fields();
	if (c->is_json)
		return print_json(json_pack("{s:o}", "fields", list));
	print_tree(list, 0);
	json_decref(list);
	return 0;
}

static int run_states(struct cli *c, struct err *e)
{
	static const char *const columns[] = { "from:12", "to:12", "command:24", "who:44", "when", NULL };
	json_t *list = rfc_states();
	if (c->is_json)
		return print_json(json_pack("{s:o}", "transitions", list));
	print_table(list, columns);
	json_decref(list);
	return 0;
}

static const struct option open_opts[] = {
	{ "--reason", "TEXT", "why the change is wanted", false },
	{ "--urgency", "low|medium|high", "how soon it is needed", false },
	{ "--impact", "minor|significant|far-reaching", "how much it touches; not below what the findings demand",
		false },
	{ "--window", "START/DURATION", "when it may be released", false },
	{ "--field", "KEY=VALUE", "a further field ('sluice rfc fields')", true },
	{ "--from", "FILE", "fields from a file (YAML or JSON; names of ITSM tools too); options outrank it", false },
	{ "--type", "normal|standard|emergency", "the kind of change", false },
	{ "--template", "NAME", "a standard change's, from the policy", false },
	{ "--resume", "CH", "instead of candidates: the stopped channel that its votes start again", false },
	{ "--remove", "NAME", "instead of candidates: the package that is taken out of a channel, as it is served now",
		false },
	{ "--from-channel", "CH", "with --remove: out of which channel", false },
	{ "--attach", "FILE", "kept beside it; binds no vote", true },
	{ "--external", "ID", "its number elsewhere", false },
	{ 0 },
};
static const struct option show_opts[] = {
	{ "--format", "text|html|json", "a page for a board; without it every member as it is recorded", false },
	{ 0 },
};
static const struct option list_opts[] = { { "--state", "S", "only those in that state", false }, { 0 } };
static const struct option edit_opts[] = { { "--field", "KEY=VALUE", "a field and its new value", true }, { 0 } };
static const struct option withdraw_opts[] = { { "--reason", "TEXT", "why", false }, { 0 } };

const struct command cmd_rfc_open = {
	.name = "rfc open",
	.run = run_open,
	.about = "open a Request for Change",
	.arguments = "C-1...|--remove NAME --from-channel CH|--resume CH --reason TEXT --urgency low|medium|high "
		     "--impact minor|significant|far-reaching",
	.least = 0,
	.most = -1,
	.options = open_opts,
	.more = "A removal is voted on like a change (whoever the package touches says yes), is asked for no test, and "
		"goes out with\n"
		"'sluice release R-n --to CH'. A new RfC with the candidate that the package came with brings it back.",
};
const struct command cmd_rfc_show = {
	.name = "rfc show",
	.run = run_show,
	.about = "one Request for Change, whole",
	.arguments = "R-1 [--format text|html|json]",
	.least = 1,
	.most = 1,
	.options = show_opts,
};
const struct command cmd_rfc_list = {
	.name = "rfc list",
	.run = run_list,
	.about = "the Requests for Change",
	.arguments = "[--state S]",
	.options = list_opts,
};
const struct command cmd_rfc_edit = {
	.name = "rfc edit",
	.run = run_edit,
	.about = "change fields; what a vote covers makes a new revision",
	.arguments = "R-1 --field KEY=VALUE...",
	.least = 1,
	.most = 1,
	.options = edit_opts,
};
const struct command cmd_rfc_withdraw = {
	.name = "rfc withdraw",
	.run = run_withdraw,
	.about = "take a Request for Change back",
	.arguments = "R-1 [--reason TEXT]",
	.least = 1,
	.most = 1,
	.options = withdraw_opts,
};
const struct command cmd_rfc_fields = {
	.name = "rfc fields",
	.run = run_fields,
	.about = "the fields, their meaning, and which transition needs them",
	.arguments = "",
};
const struct command cmd_rfc_states = {
	.name = "rfc states",
	.run = run_states,
	.about = "the states and what leads from one to the next",
	.arguments = "",
};
