/* store.c - what the commands on a store share: opening it, who acts, showing records. */
#include "base/fs.h"
#include "base/text.h"
#include "base/when.h"
#include "cli/cmd.h"
#include "release/deliver.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { TRUST_MAX = 16 << 20 };

enum { ROWS_AT_ONCE = 50 };

enum { TIME_LEN = 20 }; /* 2026-11-21T22:10:22Z */

void auto_release(struct release **r)
{
	struct err ignored = { 0 };

	/* What a receiver did not take is recorded, and told the next time. */
	if (*r && (*r)->has_logged && deliver_pending(*r, ROWS_AT_ONCE, NULL, &ignored))
		ignored = (struct err){ 0 };
	if (*r)
		release_close(*r);
}

/* The policy's time zone, for what people read; JSON stays in UTC. */
static char zone[64] = "UTC";

int store_of(struct cli *c, struct release **ret, struct err *e)
{
	if (config_store(c, e))
		return -1;
	if (release_open(c->store, ret, e) == 0) {
		const char *name = json_text(release_policy(*ret), "timezone");
		if (name[0] && strlen(name) < sizeof zone)
			memcpy(zone, name, strlen(name) + 1);
		return 0;
	}
	return -1; /* that there is none has its hint; for one that is broken or closed to us another would be wrong */
}

int trust_of(const struct cli *c, json_t **ret, struct err *e)
{
	AUTO_FREE char *bytes = NULL;
	const char *file;
	size_t len;

	if (opt_need(c, "--trust", &file, e) || fs_read_file(file, TRUST_MAX, &bytes, &len, e))
		return -1;
	*ret = json_parse(bytes, len, file, e);
	return *ret ? 0 : err_hint(e, "'sluice trust export' at the store writes what is meant here");
}

struct actor actor_of(const struct cli *c)
{
	return (struct actor){ .person = c->person, .home = c->home, .key = c->key };
}

/* Does a time as records hold it begin here: 2026-11-21T22:10:22Z? */
static bool is_time(const char *text)
{
	static const char shape[] = "0000-00-00T00:00:00Z";

	for (size_t i = 0; i < TIME_LEN; i++) /* stops at the text's end, which is no digit */
		if (shape[i] == '0' ? text[i] < '0' || text[i] > '9' : text[i] != shape[i])
			return false;
	return true;
}

char *for_people(const char *text)
{
	AUTO_FREE char *safe = text_printable(text, strlen(text), false);
	struct text told = { 0 };

	for (const char *at = safe; *at;) {
		AUTO_FREE char *time = is_time(at) ? mem_printf("%.*s", TIME_LEN, at) : NULL, *local = NULL;
		struct err ignored = { 0 };
		int64_t t;

		if (time && when_parse(time, "UTC", &t, &ignored) == 0) {
			local = when_local(t, zone);
			text_add(&told, "%s", local);
			at += TIME_LEN;
		} else
			text_bytes(&told, at++, 1);
	}
	return text_take(&told);
}

static void print_scalar(const json_t *v)
{
	if (json_is_string(v)) {
		AUTO_FREE char *text = for_people(json_string_value(v));
		say("%s", text);
	} else if (json_is_integer(v))
		say("%lld", (long long)json_integer_value(v));
	else if (json_is_boolean(v))
		say("%s", json_is_true(v) ? "yes" : "no");
	else
		say("-");
}

static bool is_flat(const json_t *v)
{
	return !json_is_object(v) && !json_is_array(v);
}

static bool is_short_list(const json_t *v)
{
	size_t i;
	json_t *item;

	json_array_foreach(v, i, item)
		if (!is_flat(item))
			return false;
	return json_is_array(v) && json_array_size(v) <= 8;
}

static void print_line(const json_t *value)
{
	size_t i;
	json_t *item;

	if (is_flat(value)) {
		print_scalar(value);
		return;
	}
	json_array_foreach(value, i, item) {
		say("%s", i ? ", " : "");
		print_scalar(item);
	}
}

void print_tree(const json_t *value, int depth)
{
	const char *key;
	json_t *item;
	size_t i;

	json_object_foreach((json_t *)value, key, item) {
		say("%*s", 2 * depth, "");
		say_safe(key);
		say(":");
		if (is_flat(item) || is_short_list(item)) {
			say(" ");
			print_line(item);
			say("\n");
		} else {
			say("\n");
			print_tree(item, depth + 1);
		}
	}
	json_array_foreach(value, i, item) {
		if (is_flat(item)) {
			say("%*s- ", 2 * depth, "");
			print_scalar(item);
			say("\n");
		} else {
			say("%*s-\n", 2 * depth, "");
			print_tree(item, depth + 1);
		}
	}
}

static char *cell(const json_t *row, const char *key, size_t len)
{
	AUTO_FREE char *name = mem_printf("%.*s", (int)len, key);
	const json_t *v = json_object_get(row, name);
	size_t i;
	json_t *item;

	if (json_is_string(v))
		return for_people(json_string_value(v));
	if (json_is_integer(v))
		return mem_printf("%lld", (long long)json_integer_value(v));
	if (json_is_boolean(v))
		return mem_strdup(json_is_true(v) ? "yes" : "no");
	struct text t = { 0 };
	json_array_foreach(v, i, item)
		if (json_is_string(item))
			text_add(&t, "%s%s", i ? "," : "", json_string_value(item));
	return text_take(&t);
}

/* What the columns are, for a person's eyes alone: programs that read the lines never meet it. */
static void print_heading(const char *const *columns)
{
	for (const char *const *column = columns; *column; column++) {
		const char *colon = strchr(*column, ':');
		int len = (int)(colon ? (size_t)(colon - *column) : strlen(*column));

		say("%-*.*s%s", colon ? atoi(colon + 1) : len, len, *column, column[1] ? "  " : "\n");
	}
}

void print_table(const json_t *list, const char *const *columns)
{
	size_t i;
	json_t *row;

	if (json_array_size(list) && isatty(STDOUT_FILENO))
		print_heading(columns);
	json_array_foreach(list, i, row) {
		for (const char *const *column = columns; *column; column++) {
			const char *colon = strchr(*column, ':');
			AUTO_FREE char *text = cell(row, *column, colon ? (size_t)(colon - *column) : strlen(*column));
			if (colon)
				say("%-*s  ", atoi(colon + 1), text);
			else
				say("%s", text);
		}
		say("\n");
	}
}

void print_reasons(const struct cli *c, const json_t *reasons)
{
	size_t i;
	json_t *r;

	json_array_foreach(reasons, i, r) {
		say("  %s%-22s%s ", tone(c, "\033[33m"), json_text(r, "rule"), tone(c, "\033[0m"));
		AUTO_FREE char *text = for_people(json_text(r, "text"));
		say("%s\n", text);
	}
}

int print_refusal(struct cli *c, json_t *answer, const struct err *e)
{
	if (c->is_json) {
		json_object_set_new(answer, "error", error_json(e));
		print_json(answer);
		return 1;
	}
	print_error(c, e);
	print_reasons(c, json_list(answer, "reasons"));
	json_decref(answer);
	return 1;
}

int print_value(struct cli *c, json_t *value)
{
	if (c->is_json)
		return print_json(value);
	print_tree(value, 0);
	json_decref(value);
	return 0;
}
