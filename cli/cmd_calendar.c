/* cmd_calendar.c - `sluice calendar`: what is planned, allowed and forbidden when. */
#include "base/fs.h"
#include "base/text.h"
#include "base/when.h"
#include "cli/calendar_pages.h"
#include "cli/cmd.h"
#include "release/gate/calendar.h"
#include <string.h>

enum { MONTH_S = 31 * 86400 };

static int span_of(struct cli *c, const char *zone, int64_t *ret_from, int64_t *ret_until, struct err *e)
{
	*ret_from = when_now();
	if (opt(c, "--from") && when_parse(opt(c, "--from"), zone, ret_from, e))
		return err_wrap(e, "--from");
	*ret_until = *ret_from + 3 * (int64_t)MONTH_S;
	if (opt(c, "--to") && when_parse(opt(c, "--to"), zone, ret_until, e))
		return err_wrap(e, "--to");
	return *ret_from < *ret_until ? 0 : err_usage(e, "calendar: --to is not after --from");
}

static char *text_of_list(const json_t *list)
{
	struct text t = { 0 };
	size_t i;
	json_t *one;

	json_array_foreach(list, i, one)
		text_add(&t, "%s%s", i ? ", " : "", json_string_value(one));
	return t.at ? text_take(&t) : mem_strdup("");
}

static void print_blocks(const json_t *blocks, const char *zone)
{
	size_t i;
	json_t *one;

	json_array_foreach(blocks, i, one) {
		AUTO_FREE char *from = when_local(json_int(one, "from"), zone),
			       *until = when_local(json_int(one, "until"), zone);

		say("%s  %s  %s%s\n", from, until, json_text(one, "text"),
			json_flag(one, "tentative") ? " (tentative)" : "");
	}
}

/* Times as text, as everywhere in JSON. */
static json_t *in_utc(const json_t *blocks)
{
	static const char *const times[] = { "from", "until" };
	json_t *list = json_array(), *one;
	size_t i;

	json_array_foreach(blocks, i, one) {
		json_t *copy = json_copy(one);

		for (size_t k = 0; k < COUNT(times); k++) {
			char when[32];

			when_utc(json_int(one, times[k]), when);
			json_set_str(copy, times[k], when);
		}
		json_object_set_new(copy, "tentative", json_boolean(json_flag(one, "tentative")));
		json_array_append_new(list, copy);
	}
	return list;
}

/* A file that is not in force yet, as the gate would read it. */
static int show_file(struct cli *c, const char *path, struct err *e)
{
	const char *zone = opt_or(c, "--zone", "UTC");
	AUTO_FREE char *bytes = NULL;
	AUTO_JSON *busy = NULL;
	int64_t from, until;
	size_t len;

	if (span_of(c, zone, &from, &until, e) || fs_read_file(path, CALENDAR_BYTES_MAX, &bytes, &len, e))
		return -1;
	if (calendar_read(bytes, len, zone, from, until, &busy, e))
		return err_wrap(e, "%s", path);
	if (c->is_json)
		return print_json(json_pack("{s:o}", "busy", in_utc(busy)));
	print_blocks(busy, zone);
	return 0;
}

/* ---- the store */
static void print_section(struct cli *c, const char *title, const json_t *list, const char *zone)
{
	size_t i;
	json_t *one;

	if (json_array_size(list))
		say("%s\n", title);
	json_array_foreach(list, i, one) {
		AUTO_FREE char *from = when_local(json_int(one, "from"), zone),
			       *until = when_local(json_int(one, "until"), zone);
		const char *rfc = json_text(one, "rfc"), *with = json_text(one, "with"),
			   *process = json_text(one, "process");
		AUTO_FREE char *processes = text_of_list(json_list(one, "processes"));

		say("  %s  %s  %s%s%s%s%s%s%s%s%s%s\n", from, until, rfc,
			*with && strcmp(with, rfc) != 0 ? " and " : "", *with && strcmp(with, rfc) != 0 ? with : "",
			*rfc ? ": " : "", process, *process ? ": " : "", json_text(one, "text"),
			json_flag(one, "tentative") ? " (tentative)" : "", *processes ? "; touches " : "", processes);
	}
}

static int print_forward(struct cli *c, const json_t *forward)
{
	const char *zone = json_text(forward, "zone");
	size_t i;
	json_t *one;

	print_section(c, "changes", json_list(forward, "changes"), zone);
	print_section(c, "conflicts", json_list(forward, "conflicts"), zone);
	print_section(c, "blackouts", json_list(forward, "blackouts"), zone);
	print_section(c, "maintenance windows", json_list(forward, "windows"), zone);
	json_array_foreach(json_list(forward, "unreadable"), i, one)
		warn_user(c, "%s cannot be read, the gate refuses while that is so: %s", json_text(one, "calendar"),
			json_text(one, "text"));
	return 0;
}

static int print_forward_json(const json_t *forward)
{
	static const char *const lists[] = { "changes", "conflicts", "blackouts", "windows" };
	AUTO_JSON *span = json_pack("[{s:I, s:I}]", "from", (json_int_t)json_int(forward, "from"), "until",
		(json_int_t)json_int(forward, "until"));
	AUTO_JSON *shown = in_utc(span);
	json_t *all = json_deep_copy(forward);

	for (size_t i = 0; i < COUNT(lists); i++)
		json_object_set_new(all, lists[i], in_utc(json_list(forward, lists[i])));
	json_object_set(all, "from", json_object_get(json_array_get(shown, 0), "from"));
	json_object_set(all, "until", json_object_get(json_array_get(shown, 0), "until"));
	return print_json(all);
}

static int show_store(struct cli *c, struct err *e)
{
	const char *format = opt_or(c, "--format", "text"), *zone;
	AUTO_RELEASE *r = NULL;
	AUTO_JSON *forward = NULL;
	AUTO_FREE char *page = NULL;
	int64_t from, until;

	if (strcmp(format, "text") != 0 && strcmp(format, "ics") != 0 && strcmp(format, "svg") != 0)
		return err_usage(e, "calendar: --format %s: text, ics or svg", format);
	if (store_of(c, &r, e))
		return -1;
	zone = json_text(release_policy(r), "timezone");
	if (span_of(c, *zone ? zone : "UTC", &from, &until, e) || release_forward(r, from, until, &forward, e))
		return -1;
	if (c->is_json)
		return print_forward_json(forward);
	if (strcmp(format, "text") == 0)
		return print_forward(c, forward);
	page = strcmp(format, "ics") == 0 ? calendar_ics(forward, when_now()) : calendar_svg(forward);
	say("%s", page);
	return 0;
}

static int run(struct cli *c, struct err *e)
{
	return opt(c, "--file") ? show_file(c, opt(c, "--file"), e) : show_store(c, e);
}

static const struct option options[] = {
	{ "--from", "TIME", "where it begins (default: now)", false },
	{ "--to", "TIME", "where it ends (default: three months later)", false },
	{ "--format", "text|ics|svg", "ics: for calendar programs; svg: months at a glance", false },
	{ "--file", "F.ics", "an iCalendar file instead of the store, as the gate would read it", false },
	{ "--zone", "ZONE", "with --file: of times without one (default: UTC)", false },
	{ 0 },
};

const struct command cmd_calendar = {
	.name = "calendar",
	.run = run,
	.about = "what is planned, allowed and forbidden when, and what does not fit",
	.arguments = "[--from TIME] [--to TIME] [--format text|ics|svg] | --file F.ics",
	.options = options,
};
