/* cmd_audit.c - `sluice audit verify [DIR --trust trust.json]`, `sluice audit show`. */
#include "base/when.h"
#include "cli/cmd.h"
#include "release/channel/channel.h"

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

static int run_verify(struct cli *c, struct err *e)
{
	AUTO_RELEASE *r = NULL;
	json_t *told = NULL;

	if (c->args_len > 0)
		return verify_tree(c, e);
	if (store_of(c, &r, e) || audit_store(r->store, &told, e))
		return -1;
	struct err verdict = { 0 };
	if (!json_flag(told, "ok"))
		err_verdict(&verdict, "E_SIG_BAD", "the store does not say what its signed records say: %zu findings",
			json_array_size(json_list(told, "findings")));
	return tell(c, told, &verdict);
}

static int keep_row(void *context, const struct log_row *row, struct err *e)
{
	return json_array_append_new(context, log_row_json(row));
}

static int run_show(struct cli *c, struct err *e)
{
	static const char *const columns[] = { "seq:6", "time:22", "person:12", "action:18", "subject:20", "outcome",
		NULL };
	AUTO_RELEASE *r = NULL;
	json_t *list = json_array();

	if (store_of(c, &r, e) || log_walk(r->store, NULL, keep_row, list, NULL, e)) {
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
	{ "--trust", "trust.json", "for a published tree: what is believed beforehand ('sluice trust export')", false },
	{ 0 },
};

const struct command cmd_audit_verify = {
	.name = "audit verify",
	.run = run_verify,
	.about = "do records, signatures, gate and files agree? the store's, or a published tree's",
	.arguments = "[DIR --trust trust.json]",
	.least = 0,
	.most = 1,
	.options = verify_opts,
};
const struct command cmd_audit_show = {
	.name = "audit show",
	.run = run_show,
	.about = "the log: who did what, when, with what outcome",
	.arguments = "",
};
