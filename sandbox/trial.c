/* trial.c - steps, questions and findings of one scenario. */
#include "sandbox/trial.h"
#include <stdio.h>
#include <string.h>
#include <time.h>

static char *command_text(const char *const *argv)
{
	struct text line = { 0 };

	for (size_t i = 0; argv[i]; i++) {
		bool plain = strspn(argv[i],
				     "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+=:,@%~") ==
				strlen(argv[i]) &&
			argv[i][0];
		AUTO_FREE char *quoted = plain ? NULL : text_shell_quote(argv[i]);

		text_add(&line, "%s%s", i ? " " : "", plain ? argv[i] : quoted);
	}
	return text_take(&line);
}

/* What was printed, fit to be read: printable, and without the lines that only we asked for. */
static char *shown_output(const struct trial *t, const struct command_result *r)
{
	AUTO_FREE char *all = text_printable(r->output, r->len, true);
	struct slice rest = slice_of(all), line;
	struct text out = { 0 };

	if (!t->manager->noise)
		return mem_strdup(all);
	while (slice_cut(&rest, '\n', &line))
		if (line.len < strlen(t->manager->noise) ||
			memcmp(line.at, t->manager->noise, strlen(t->manager->noise)) != 0)
			text_add(&out, "%.*s\n", (int)line.len, line.at);
	return text_take(&out);
}

const char *trial_kept(struct trial *t, const char *output)
{
	size_t len = strlen(output);

	if (t->told.output + len > OUTPUT_BYTES) {
		if (!t->told.is_output_cut)
			trial_find(t, SEVERITY_MEDIUM, "output-cut", "log",
				"its commands printed more than %d MiB; not all of it is in the log",
				OUTPUT_BYTES >> 20);
		t->told.is_output_cut = true;
		return "(what it printed is not kept: the log is full)\n";
	}
	t->told.output += len;
	return output;
}

static void set_time(json_t *o, int64_t at, int64_t ms)
{
	json_object_set_new(o, "at", json_integer(at));
	json_object_set_new(o, "seconds", json_integer((ms + 500) / 1000));
	json_object_set_new(o, "milliseconds", json_integer(ms));
}

int64_t trial_clock(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int trial_step(struct trial *t, const char *const *argv, struct command_result *ret, struct err *e)
{
	AUTO_FREE char *line = command_text(argv), *output = NULL;
	json_t *step;

	event_log(t->test->events, EVENT_DEBUG, "%s", line);
	if (t->fault.kind != FAULT_NONE && sandbox_fault(t->sandbox, &t->fault, e))
		return -1;
	t->fault = (struct fault){ .kind = FAULT_NONE };
	t->step_at = trial_clock() - t->began;
	if (sandbox_run(t->sandbox, argv, 0, ret, e) || observed_take(t, true, e))
		return -1;
	step = json_object();
	json_set_str(step, "command", line);
	json_object_set_new(step, "exit", json_integer(ret->exit));
	set_time(step, t->step_at, ret->ms);
	json_array_append_new(t->steps, step);
	output = shown_output(t, ret);
	const char *kept = trial_kept(t, output);
	text_add(&t->log, "$ %s\n%s%s[exit %d, %lld ms%s%s]\n\n", line, kept,
		*kept && kept[strlen(kept) - 1] != '\n' ? "\n" : "", ret->exit, (long long)ret->ms,
		ret->is_timeout ? ", out of time" : "", ret->is_cut ? ", output cut" : "");
	logs_output(t, argv[0], output, strlen(output));
	t->ms += ret->ms;
	if (ret->is_timeout)
		trial_find(t, SEVERITY_HIGH, "out-of-time", line,
			"it did not end in time; everything it had started was killed");
	if (ret->is_cut)
		trial_find(
			t, SEVERITY_MEDIUM, "output-cut", line, "it printed more than the limit; the rest was dropped");
	return 0;
}

int trial_ask(struct trial *t, const char *const *argv, char **ret, struct err *e)
{
	struct command_result r = { 0 };

	if (sandbox_run(t->sandbox, argv, 0, &r, e))
		return -1;
	*ret = NULL;
	if (r.exit == 0) {
		*ret = r.output;
		r.output = NULL;
	} else {
		AUTO_FREE char *line = command_text(argv), *said = text_printable(r.output, r.len, true);

		text_add(&t->log, "? %s\n%s[exit %d]\n\n", line, trial_kept(t, said), r.exit);
	}
	command_result_done(&r);
	return 0;
}

/* A page of findings is read, a hundred thousand are not. What fails the scenario has room of its own behind the rest; if even that is too
 * small, what was left out fails it all the same: whoever decides on those that are listed must not pass for having seen all. */
static void add_finding(struct trial *t, const struct finding *f)
{
	bool is_heavy = f->severity >= SEVERITY_HIGH,
	     *is_told = is_heavy ? &t->told.is_failures_cut : &t->told.is_findings_cut;
	size_t parts = is_heavy ? 2 : 1, len = strlen(f->where) + strlen(f->text);
	const struct finding more = { is_heavy ? SEVERITY_HIGH : SEVERITY_INFO, "findings-cut", "findings", "", "",
		is_heavy ? "more went wrong than is listed" : "there are more findings than are listed", "" };

	if (json_array_size(t->findings) < FINDINGS_MAX * parts && t->told.findings + len <= FINDINGS_BYTES * parts) {
		json_array_append_new(t->findings, finding_json(f));
		t->told.findings += len;
	} else if (!*is_told) {
		json_array_append_new(t->findings, finding_json(&more));
		*is_told = true;
	}
}

void trial_find(struct trial *t, enum severity s, const char *check, const char *where, const char *fmt, ...)
{
	AUTO_FREE char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	text = mem_vprintf(fmt, ap);
	va_end(ap);
	AUTO_FREE char *shown = text_printable(text, strlen(text), false);
	AUTO_FREE char *place = text_printable(where, strlen(where), false);
	struct finding f = { s, check, place, "", "", shown, "" };

	add_finding(t, &f);
	if (s < SEVERITY_HIGH)
		return;
	t->is_failed = true;
	if (t->test->look.on_error)
		trial_look(t, shown);
}

void trial_look(struct trial *t, const char *why)
{
	const struct test_look *look = &t->test->look;
	struct err e = { 0 };

	if (!look->shell || t->has_looked)
		return;
	t->has_looked = true;
	if (look->shell(look->context, t->sandbox, why, t->log.at ? t->log.at : "", &t->shell_exit, &e))
		event_log(t->test->events, EVENT_WARNING, "no shell: %s", e.text);
}

void trial_script(struct trial *t, const char *event, const char *source, const char *package, const char *arguments,
	int exit, int64_t at, int64_t ms)
{
	if (json_array_size(t->scripts) >= SCRIPTS_TOLD) {
		if (!t->told.is_scripts_cut)
			trial_find(t, SEVERITY_HIGH, "scripts-cut", "scripts",
				"the package manager told of more than %d scripts", SCRIPTS_TOLD);
		t->told.is_scripts_cut = true;
		return;
	}
	json_t *o = json_object(), *list = json_array();
	AUTO_FREE char *copy = mem_strdup(arguments);

	for (char *rest = copy, *word; (word = strsep(&rest, " ")) != NULL;)
		if (*word || rest || word != copy)
			json_array_append_new(list, json_stringn(word, strlen(word)));
	json_set_str(o, "event", event);
	json_set_str(o, "source", source);
	json_set_str(o, "package", package);
	json_object_set_new(o, "arguments", list);
	json_object_set_new(o, "exit", json_integer(exit));
	set_time(o, t->step_at + at, ms);
	json_array_append_new(t->scripts, o);
	if (exit && !(t->is_made_to_fail && exit >= 128))
		trial_find(t, SEVERITY_HIGH, "script-failed", source, "%s %s of %s ended with %d", source, arguments,
			package, exit);
}

char *trial_name_of(const char *table, unsigned id)
{
	struct slice rest = slice_of(table ? table : ""), line;

	while (slice_cut(&rest, '\n', &line)) {
		struct slice name, number;

		if (slice_cut(&line, ':', &name) && slice_cut(&line, ':', &number) && line.len && *line.at >= '0' &&
			*line.at <= '9' && strtoul(line.at, NULL, 10) == id)
			return mem_printf("%.*s", (int)name.len, name.at);
	}
	return mem_printf("%u", id);
}

const char *trial_package(const struct trial *t, size_t i)
{
	return i < json_array_size(t->packages) ? json_text(json_array_get(t->packages, i), "name") : NULL;
}
