/* forward.c - the forward schedule: windows, blackouts and planned changes of a span, and what of it does not fit together. */
#include "base/arena.h"
#include "base/when.h"
#include "release/gate/calendars.h"
#include "release/gate/rows.h"
#include "release/release.h"
#include <string.h>

struct forward {
	struct release *r;
	int64_t from, until;
	json_t *windows, *blackouts, *changes, *conflicts, *unreadable;
};

static int64_t seconds_of(const json_t *body, const char *key)
{
	struct err ignored = { 0 };
	int64_t at;

	return *json_text(body, key) && when_parse(json_text(body, key), "UTC", &at, &ignored) == 0 ? at : 0;
}

/* ---- changes */
/* The latest date of each RfC that is not over before the span; one that was withdrawn has none. */
static json_t *dated_rows(const struct forward *f, const json_t *rows)
{
	json_t *latest = json_object(), *row;
	char first[32];
	size_t i;

	when_utc(f->from, first);
	json_array_foreach(rows, i, row) {
		const char *action = json_text(row, "action"), *subject = json_text(row, "subject");
		const char *until = strstr(subject, " until/");
		struct slice rest = slice_of(subject), word;

		if (!*json_text(row, "record") || !slice_cut(&rest, ' ', &word))
			continue;
		AUTO_FREE char *rfc = strndup(word.at, word.len);
		if (strcmp(action, "rfc-withdraw") == 0 || strcmp(action, "rfc-not-installed") == 0)
			json_object_del(latest, rfc);
		if (strcmp(action, "rfc-schedule") != 0)
			continue;
		if (until && strncmp(until + strlen(" until/"), first, 10) >= 0)
			json_object_set(latest, rfc, row);
		else
			json_object_del(latest, rfc);
	}
	return latest;
}

/* What the change is for, as it was asked for or edited last; its text is its requester's, not judged here. */
static char *reason_of(struct release *r, const json_t *rows, const char *rfc)
{
	char *reason = mem_strdup("");
	size_t i;
	json_t *row;

	json_array_foreach(rows, i, row) {
		const char *action = json_text(row, "action");
		bool is_edit = strcmp(action, "rfc-edit") == 0;

		if ((is_edit || strcmp(action, "rfc-open") == 0) && *json_text(row, "record") &&
			log_names(json_text(row, "subject"), rfc)) {
			struct err ignored = { 0 };
			AUTO_JSON *record = source_json(&r->source.source, json_text(row, "record"), &ignored);
			const json_t *body = json_map(record, "body");
			const char *text = json_text(json_map(body, is_edit ? "fields" : "request"), "reason");

			if (*text) {
				free(reason);
				reason = mem_strdup(text);
			}
		}
	}
	return reason;
}

static int add_change(struct forward *f, const json_t *rows, const char *rfc, const json_t *row, struct err *e)
{
	AUTO_FREE char *reason = NULL;
	struct record record;
	int64_t from, until;

	if (record_load(&f->r->source.source, json_text(row, "record"), json_text(row, "signature"), &f->r->chain,
		    false, &record, e))
		return err_wrap(e, "%s", rfc);
	from = seconds_of(record.body, "at");
	until = seconds_of(record.body, "until");
	if (from && from < f->until && until > f->from) {
		reason = reason_of(f->r, rows, rfc);
		json_array_append_new(f->changes,
			json_pack("{s:s, s:I, s:I, s:s, s:s, s:s, s:O?}", "rfc", rfc, "from", (json_int_t)from, "until",
				(json_int_t)until, "person", record.person, "channel",
				json_text(record.body, "channel"), "text", reason, "processes",
				json_list(record.body, "processes")));
	}
	record_done(&record);
	return 0;
}

static int add_changes(struct forward *f, struct err *e)
{
	AUTO_JSON *rows = NULL, *latest = NULL;
	const char *rfc;
	char day[32];
	json_t *row;

	when_utc(f->from, day);
	if (log_index_follow(f->r->index, f->r->store, NULL, e))
		return -1;
	rows = rows_dated(f->r->index, day, e);
	if (!rows)
		return -1;
	latest = dated_rows(f, rows);
	json_object_foreach(latest, rfc, row)
		if (add_change(f, rows, rfc, row, e))
			return -1;
	return 0;
}

/* ---- calendars */
static void add_blocks(struct forward *f, const json_t *calendars, const char *path, const char *process, json_t *list)
{
	const json_t *calendar = json_map(calendars, path);
	size_t i;
	json_t *block;

	if (!*path)
		return;
	if (!json_list(calendar, "busy")) {
		json_array_append_new(
			f->unreadable, json_pack("{s:s, s:s}", "calendar", path, "text", json_text(calendar, "error")));
		return;
	}
	json_array_foreach(json_list(calendar, "busy"), i, block) {
		json_t *one = json_copy(block);

		if (process)
			json_set_str(one, "process", process);
		json_array_append_new(list, one);
	}
}

static void add_calendars(struct forward *f)
{
	const struct policy *policy = policies_now(&f->r->chain);
	AUTO_JSON *calendars = calendars_of(policy, &f->r->source.source, f->from, f->until);
	const char *name;
	json_t *process;

	add_blocks(f, calendars, json_text(policy->json, "windows"), NULL, f->windows);
	json_object_foreach(json_map(policy->json, "processes"), name, process)
		add_blocks(f, calendars, json_text(process, "blackouts"), name, f->blackouts);
}

/* ---- what does not fit */
static bool overlap(const json_t *a, const json_t *b)
{
	return json_int(a, "from") < json_int(b, "until") && json_int(b, "from") < json_int(a, "until");
}

static void conflict(struct forward *f, const json_t *a, const json_t *b, const char *process, const char *text)
{
	int64_t from = json_int(a, "from"), until = json_int(a, "until");

	if (json_int(b, "from") > from)
		from = json_int(b, "from");
	if (json_int(b, "until") < until)
		until = json_int(b, "until");
	json_array_append_new(f->conflicts,
		json_pack("{s:s, s:s, s:s, s:I, s:I, s:s}", "rfc", json_text(a, "rfc"), "with", json_text(b, "rfc"),
			"process", process, "from", (json_int_t)from, "until", (json_int_t)until, "text", text));
}

static bool is_in_window(const struct forward *f, const json_t *change)
{
	size_t i;
	json_t *window;

	if (!*json_text(release_policy(f->r), "windows"))
		return true;
	json_array_foreach(f->windows, i, window)
		if (!json_flag(window, "tentative") && json_int(window, "from") <= json_int(change, "from") &&
			json_int(change, "from") < json_int(window, "until"))
			return true;
	return false;
}

static void compare(struct forward *f, const json_t *change, size_t at)
{
	size_t i, k;
	json_t *process, *other;

	if (!is_in_window(f, change))
		conflict(f, change, change, "", "it begins outside the maintenance windows");
	json_array_foreach(json_list(change, "processes"), i, process) {
		const char *name = json_string_value(process);

		for (k = at + 1; k < json_array_size(f->changes); k++) {
			other = json_array_get(f->changes, k);
			if (overlap(change, other) && json_lists(json_list(other, "processes"), name))
				conflict(f, change, other, name, "both change the same process at that time");
		}
		json_array_foreach(f->blackouts, k, other)
			if (strcmp(json_text(other, "process"), name) == 0 && overlap(change, other))
				conflict(f, change, other, name, json_text(other, "text"));
	}
}

static int by_beginning(const void *a, const void *b)
{
	int64_t x = json_int(*(json_t *const *)a, "from"), y = json_int(*(json_t *const *)b, "from");

	return x < y ? -1 : x > y;
}

static json_t *in_order(json_t *list)
{
	json_t *ordered = json_sorted(list, by_beginning, false);

	json_decref(list);
	return ordered;
}

int release_forward(struct release *r, int64_t from, int64_t until, json_t **ret, struct err *e)
{
	struct forward f = { r, from, until, json_array(), json_array(), json_array(), json_array(), json_array() };
	const char *zone = json_text(release_policy(r), "timezone");
	int result = add_changes(&f, e);
	size_t i;
	json_t *change;

	if (result == 0) {
		add_calendars(&f);
		f.changes = in_order(f.changes);
		f.blackouts = in_order(f.blackouts);
		json_array_foreach(f.changes, i, change)
			compare(&f, change, i);
		*ret = json_pack("{s:I, s:I, s:s, s:s, s:O, s:O, s:O, s:O, s:O}", "from", (json_int_t)from, "until",
			(json_int_t)until, "zone", *zone ? zone : "UTC", "organisation",
			json_text(release_policy(r), "organisation"), "windows", f.windows, "blackouts", f.blackouts,
			"changes", f.changes, "conflicts", f.conflicts, "unreadable", f.unreadable);
	}
	json_decref(f.windows);
	json_decref(f.blackouts);
	json_decref(f.changes);
	json_decref(f.conflicts);
	json_decref(f.unreadable);
	return result;
}
