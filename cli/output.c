/* output.c - everything that reaches a person: stdout for results, stderr for messages and progress. */
#include "base/text.h"
#include "base/when.h"
#include "cli/cli.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

void say(const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	vfprintf(stdout, fmt, ap);
	va_end(ap);
}

void say_safe(const char *text)
{
	AUTO_FREE char *safe = text_printable(text, strlen(text), false);
	fputs(safe, stdout);
}

__attribute__((format(printf, 3, 0))) static void message(
	const struct cli *c, const char *kind, const char *fmt, va_list ap)
{
	char text[2048];
	vsnprintf(text, sizeof text, fmt, ap);
	AUTO_FREE char *safe = text_printable(text, strlen(text), true);
	progress_clear((struct cli *)c);
	fprintf(stderr, "sluice: %s: %s\n", kind, safe);
}

void warn_user(const struct cli *c, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	message(c, "warning", fmt, ap);
	va_end(ap);
}

void note_user(const struct cli *c, const char *fmt, ...)
{
	va_list ap;
	if (c->is_quiet)
		return;
	va_start(ap, fmt);
	message(c, "note", fmt, ap);
	va_end(ap);
}

void hint_user(const struct cli *c, const char *fmt, ...)
{
	va_list ap;
	if (c->is_quiet)
		return;
	va_start(ap, fmt);
	message(c, "hint", fmt, ap);
	va_end(ap);
}

int print_json(json_t *value)
{
	if (!value) { /* a text in it was not UTF-8, or there was no memory: still one document */
		struct err e = { 0 };
		err_env(&e, "the result cannot be told as JSON");
		print_json(json_pack("{s:o}", "error", error_json(&e)));
		return exit_code(&e);
	}
	json_dumpf(value, stdout, JSON_INDENT(2) | JSON_SORT_KEYS | JSON_ENCODE_ANY);
	fputc('\n', stdout);
	json_decref(value);
	return 0;
}

int about_file(struct err *e, const char *path)
{
	const char *slash = strrchr(path, '/'), *base = slash && slash[1] ? slash + 1 : path;

	AUTO_FREE char *safe_path = text_printable(path, strlen(path), false);
	AUTO_FREE char *safe_base = text_printable(base, strlen(base), false);
	err_file(e, path);
	if (text_starts(e->text, safe_path) || text_starts(e->text, safe_base))
		return -1;
	return err_wrap(e, "%s", path);
}

int exit_code(const struct err *e)
{
	switch (e->class) {
	case ERR_VERDICT:
		return 1;
	case ERR_USAGE:
		return 2;
	case ERR_INPUT:
		return 3;
	case ERR_NONE:
	case ERR_ENV:
		break;
	}
	return 4;
}

json_t *error_json(const struct err *e)
{
	json_t *o = json_object();
	json_set_str(o, "code", e->code);
	json_set_str(o, "file", e->file);
	json_set_str(o, "member", e->member);
	json_object_set_new(o, "offset", e->has_offset ? json_integer(e->offset) : json_null());
	json_set_str(o, "text", e->text);
	if (e->hint[0])
		json_set_str(o, "hint", e->hint);
	return o;
}

void print_error(const struct cli *c, const struct err *e)
{
	/* the gate's reasons speak of times */
	bool is_gate = e->code && strcmp(e->code, "E_GATE") == 0;
	AUTO_FREE char *text = is_gate ? for_people(e->text) : mem_strdup(e->text);

	progress_clear((struct cli *)c);
	fprintf(stderr, "sluice: error: %s%s%s%s\n", text, e->code ? " (" : "", e->code ? e->code : "",
		e->code ? ")" : "");
	if (e->hint[0])
		fprintf(stderr, "sluice: hint: %s\n", e->hint);
	if (c->is_json) {
		json_t *document = json_pack("{s:o}", "error", error_json(e));
		json_object_update(document, c->beside_error);
		print_json(document);
	}
}

void progress_clear(struct cli *c)
{
	if (c->progress_len > 0)
		fprintf(stderr, "\r%*s\r", (int)c->progress_len, "");
	c->progress_len = 0;
}

static void on_log(void *context, enum event_level level, const char *text)
{
	struct cli *c = context;
	if (level == EVENT_DEBUG && !c->is_verbose)
		return;
	if (level == EVENT_INFO && c->is_quiet)
		return;
	progress_clear(c);
	fprintf(stderr, "sluice: %s%s\n", level == EVENT_WARNING ? "warning: " : "", text);
}

/* A bar after the first second of a job, on a terminal only. */
static void on_progress(void *context, const char *what, uint64_t done, uint64_t total)
{
	struct cli *c = context;
	char line[160];
	int64_t now = when_now();

	if (c->is_quiet || !c->is_terminal)
		return;
	if (c->progress_since == 0)
		c->progress_since = now;
	if (now - c->progress_since < 1)
		return;
	if (total > 0)
		snprintf(line, sizeof line, "%-40.40s %3u %%", what, (unsigned)(done * 100 / total));
	else
		snprintf(line, sizeof line, "%-40.40s %llu MiB", what, (unsigned long long)(done >> 20));
	fprintf(stderr, "\r%s", line);
	c->progress_len = strlen(line);
	if (total > 0 && done >= total) {
		progress_clear(c);
		c->progress_since = 0;
	}
}

void output_init(struct cli *c)
{
	c->is_terminal = isatty(STDERR_FILENO);
	c->events = (struct events){ on_log, on_progress, c };
}

void print_row(const int *widths, const char *const *cells)
{
	for (size_t i = 0; cells[i]; i++) {
		AUTO_FREE char *safe = text_printable(cells[i], strlen(cells[i]), false);
		if (cells[i + 1])
			printf("%-*s  ", widths[i], safe);
		else
			printf("%s\n", safe);
	}
}

const char *tone(const struct cli *c, const char *code)
{
	return !c->is_json && isatty(STDOUT_FILENO) ? code : "";
}
