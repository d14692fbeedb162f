/* cmd_audit.c - `sluice audit verify [DIR|FILE --trust trust.json]`, `sluice audit show`, `sluice audit export`. */
#include "base/when.h"
#include "cli/cmd.h"
#include "release/channel/channel.h"
#include "release/log_file.h"
#include <string.h>
#include <sys/stat.h>

static void print_audit(const struct cli *c, const json_t *told)
{
	size_t i;
	json_t *f;

	json_array_foreach(json_list(told, "findings"), i, f) {
		say("  %s%-16s%s ", tone(c, "\033[31m"),
			json_text(f, "code")[0] ? json_text(f, "code") : json_text(f, "what"), tone(c, "\033[0m"));
		say_safe(json_text(f, "where"));
		say(": ");
		say_safe(json_text(f, "text"));
		say("\n");
	}
}

/* One document, whatever the outcome: what was found, and the error beside it. */
static int tell(struct cli *c, json_t *told, const struct err *e)
{
	if (c->is_json) {
		if (e->class != ERR_NONE)
			json_object_set_new(told, "error", error_json(e));
		print_json(told);
		return e->class == ERR_NONE ? 0 : exit_code(e);
	}
	print_audit(c, told);
	if (e->class != ERR_NONE) {
		json_decref(told);
		print_error(c, e);
		return exit_code(e);
	}
	json_object_del(told, "findings");
	print_tree(told, 0);
	json_decref(told);
	return 0;
}

static int verify_tree(struct cli *c, struct err *e)
{
	AUTO_JSON *trust = NULL;
	json_t *told = NULL;

	if (trust_of(c, &trust, e))
		return -1;
	int done = channel_verify(c->args[0], trust, when_now(), &told, e);
	return done && !told ? -1 : tell(c, told, e);
}

static int verify_log(struct cli *c, struct err *e)
{
	AUTO_JSON *trust = NULL;
	json_t *told = NULL;

	if (trust_of(c, &trust, e))
		return -1;
	int done = log_file_verify(c->args[0], trust, &told, e);
	return done && !told ? -1 : tell(c, told, e);
}

static int run_export(struct cli *c, struct err *e)
{
	AUTO_RELEASE *r = NULL;
	const char *file;
	json_t *told = NULL;

	if (opt_need(c, "--output", &file, e) || store_of(c, &r, e) || log_file_write(r, file, &told, e))
		return -1;
	return print_value(c, told);
}

static bool is_file(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

static int run_verify(struct cli *c, struct err *e)
{
	AUTO_RELEASE *r = NULL;
	json_t *told = NULL;

	if (c->args_len > 0)
		return is_file(c->args[0]) ? verify_log(c, e) : verify_tree(c, e);
	if (store_of(c, &r, e) || audit_store(r->store, &told, e))
		return -1;
	struct err verdict = { 0 };
	if (!json_flag(told, "ok"))
		err_verdict(&verdict, "E_SIG_BAD", "the store does not say what its signed records say: %zu findings",
			json_array_size(json_list(told, "findings")));
	return tell(c, told, &verdict);
}

/* ---- audit show */
struct wanted {
	json_t *list;
	const char *about, *action, *person;
	bool is_refused;
	int64_t from, to;
};

static int keep_row(void *context, const struct log_row *row, struct err *e)
{
	const struct wanted *w = context;
	int64_t time;

	if ((w->about && !log_names(row->subject, w->about)) || (w->action && strcmp(row->action, w->action) != 0) ||
		(w->person && strcmp(row->person, w->person) != 0) ||
		(w->is_refused && strcmp(row->outcome, "ok") == 0))
		return 0;
	if (when_parse(row->time, "UTC", &time, e))
		return err_wrap(e, "log row %lld", (long long)row->seq);
	return time < w->from || time >= w->to ? 0 : json_array_append_new(w->list, log_row_json(row));
}

static int time_of(struct release *r, const char *text, int64_t otherwise, int64_t *ret, struct err *e)
{
	const char *zone = json_text(release_policy(r), "timezone");

	*ret = otherwise;
	return text ? when_parse(text, *zone ? zone : "UTC", ret, e) : 0;
}

static int run_show(struct cli *c, struct err *e)
{
	static const char *const columns[] = { "seq:6", "time:22", "person:12", "action:18", "subject:20", "outcome",
		NULL };
	AUTO_RELEASE *r = NULL;
	json_t *list = json_array();
	struct wanted w = { .list = list,
		.about = opt(c, "--about"),
		.action = opt(c, "--action"),
		.person = opt(c, "--person"),
		.is_refused = opt_flag(c, "--refused") };

	if (store_of(c, &r, e) || time_of(r, opt(c, "--from"), 0, &w.from, e) ||
		time_of(r, opt(c, "--to"), INT64_MAX, &w.to, e) || log_walk(r->store, NULL, keep_row, &w, NULL, e)) {
		json_decref(list);
		return -1;
	}
	if (c->is_json)
		return print_json(json_pack("{s:o}", "log", list));
	print_table(list, columns);
	json_decref(list);
	return 0;
}

static const struct option verify_opts[] = {
	{ "--trust", "trust.json",
		"for a published tree or an exported log: what is believed beforehand ('sluice trust export')", false },
	{ 0 },
};

static const struct option show_opts[] = {
	{ "--about", "ID", "only rows about that RfC, candidate or channel", false },
	{ "--action", "WORD", "only that kind of act: vote, release, accept, ...", false },
	{ "--person", "PERSON", "only that person's", false },
	{ "--refused", NULL, "only what was refused or failed", false },
	{ "--from", "T", "not before that time", false },
	{ "--to", "T", "before that time", false },
	{ 0 },
};

const struct command cmd_audit_verify = {
	.name = "audit verify",
	.run = run_verify,
	.about = "do records, signatures, gate and files agree? the store's, a published tree's, an exported log's",
	.arguments = "[DIR|FILE --trust trust.json]",
	.least = 0,
	.most = 1,
	.options = verify_opts,
};
const struct command cmd_audit_show = {
	.name = "audit show",
	.run = run_show,
	.about = "the log: who did what, when, with what outcome",
	.arguments = "[--about R-1] [--from T] [--to T] [--refused]",
	.options = show_opts,
};

static const struct option export_opts[] = {
	{ "--output", "FILE", "where to", false },
	{ 0 },
};
const struct command cmd_audit_export = {
	.name = "audit export",
	.run = run_export,
	.about = "the whole log with all that was signed, in one file that trust.json alone is enough to check",
	.arguments = "--output FILE",
	.options = export_opts,
	.more = "Lines of JSON. 'sluice audit verify FILE --trust trust.json' checks it anywhere, without this store.",
};
