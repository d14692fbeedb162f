/* logs_examine.c - the lines of one log: which speak of failure, is that new, did somebody decide on it. */
#include "sandbox/log_template.h"
#include "sandbox/log_weakens.h"
#include "sandbox/logs.h"
#include "sandbox/trial.h"
#include <stdio.h>
#include <string.h>

enum { HITS_MAX = 100, CONTEXT = 2 };
static const char normal[] = "normal: the version in use writes it too";

/* ---- findings as the gate sees them */
static json_t *gate_finding(const char *path, const char *pattern, bool is_hard, const char *template)
{
	AUTO_FREE char *check = mem_printf("log-%s", pattern), *where = log_template_path(path);
	struct finding f = { is_hard ? SEVERITY_HIGH : SEVERITY_MEDIUM, check, where, "", "", template, "" };

	return finding_json(&f);
}

json_t *test_log_findings(const json_t *report, const char *target)
{
	json_t *all = json_array(), *seen = json_object(), *log, *hit;
	size_t i, k;

	json_array_foreach(json_list(report, "logs"), i, log) {
		if (target && strcmp(json_text(log, "target"), target) != 0)
			continue;
		json_array_foreach(json_list(log, "findings"), k, hit) {
			json_t *one;

			if (strcmp(json_text(hit, "disposition"), normal) == 0 ||
				json_object_get(seen, json_text(hit, "digest")))
				continue;
			one = gate_finding(json_text(log, "path"), json_text(hit, "pattern"),
				strcmp(json_text(hit, "severity"), "hard") == 0, json_text(hit, "template"));
			json_object_set_new(seen, json_text(hit, "digest"), json_true());
			json_array_append_new(all, one);
		}
	}
	json_decref(seen);
	return all;
}

/* ---- one log's entry in the report */
static json_t *entry_of(struct trial *t, const char *path)
{
	AUTO_FREE char *shown = text_printable(path, strlen(path), false);
	json_t *log = json_find(t->logs, "path", shown);

	if (log)
		return log;
	log = json_object();
	json_set_str(log, "path", shown);
	json_object_set_new(log, "lines", json_integer(0));
	json_object_set_new(log, "findings", json_array());
	json_array_append_new(t->logs, log);
	return log;
}

static char *disposition_of(const struct log_rules *r, const char *digest)
{
	const json_t *by_people = json_map(r->dispositions, digest);
	const char *until = json_text(by_people, "until");

	if (json_object_get(r->known, digest))
		return mem_strdup(normal);
	if (by_people)
		return mem_printf("accepted: %s by %s%s%s", json_text(by_people, "reason"),
			json_text(by_people, "role"), *until ? " until " : "", until);
	return mem_strdup("open");
}

/* ---- one line */
struct reading {
	struct trial *t;
	const char *path;
	json_t *log, *findings;
	char *before[CONTEXT]; /* the last lines, oldest first */
	json_t *after[HITS_MAX];
	size_t waiting; /* findings that still want lines behind them */
	size_t soft;
	bool is_new;
};

static bool has_room(struct reading *r, size_t len)
{
	if (r->t->told.logs + len > LOG_BYTES)
		return false;
	r->t->told.logs += len;
	return true;
}

static size_t length(const struct reading *r, const char *line, const char *template)
{
	size_t len = strlen(line) + strlen(template);

	for (size_t i = 0; i < CONTEXT; i++)
		len += r->before[i] ? strlen(r->before[i]) : 0;
	return len;
}

static void remember(struct reading *r, char *line)
{
	free(r->before[0]);
	memmove(r->before, r->before + 1, sizeof r->before - sizeof *r->before);
	r->before[CONTEXT - 1] = line;
}

static void add_behind(struct reading *r, const char *line)
{
	size_t kept = 0;

	for (size_t i = 0; i < r->waiting; i++) {
		json_array_append_new(r->after[i], json_string(has_room(r, strlen(line)) ? line : "..."));
		if (json_array_size(r->after[i]) < CONTEXT)
			r->after[kept++] = r->after[i];
	}
	r->waiting = kept;
}

static json_t *context_json(const struct reading *r)
{
	json_t *list = json_array();

	for (size_t i = 0; i < CONTEXT; i++)
		if (r->before[i])
			json_array_append_new(list, json_string(r->before[i]));
	return list;
}

static void judge(
	struct reading *r, const struct log_pattern *p, const char *line, size_t number, const char *disposition)
{
	AUTO_FREE char *where = mem_printf("%s:%zu", r->path, number), *check = mem_printf("log-%s", p->id);

	if (strcmp(disposition, "open") != 0)
		return;
	if (p->is_hard)
		trial_find(r->t, SEVERITY_HIGH, check, where, "%s", line);
	else
		r->soft++;
}

static void found(struct reading *r, const struct log_pattern *p, const char *line, size_t number)
{
	AUTO_FREE char *template = log_template(line);
	const struct log_rules *rules = r->t->test->log_rules;
	json_t *finding = gate_finding(r->path, p->id, p->is_hard, template), *hit, *after = json_array();
	const char *digest = json_text(finding, "digest");
	AUTO_FREE char *disposition = disposition_of(rules, digest);

	if (json_object_size(r->t->log_digests) < LEARNT_MAX)
		json_object_set_new(r->t->log_digests, digest, json_true());
	hit = json_find(r->findings, "digest", digest);
	if (hit || json_array_size(r->findings) >= HITS_MAX || !has_room(r, length(r, line, template))) {
		if (hit)
			json_object_set_new(hit, "count", json_integer(json_int(hit, "count") + 1));
		else
			json_object_set_new(r->log, "is_cut", json_true());
		json_decref(after);
		json_decref(finding);
		return;
	}
	hit = json_object();
	json_set_str(hit, "digest", digest);
	json_object_set_new(hit, "line", json_integer((json_int_t)number));
	json_set_str(hit, "pattern", p->id);
	json_set_str(hit, "severity", p->is_hard ? "hard" : "soft");
	json_set_str(hit, "text", line);
	json_set_str(hit, "template", template);
	json_set_str(hit, "disposition", disposition);
	json_object_set_new(hit, "is_new", json_boolean(rules->known && !json_object_get(rules->known, digest)));
	json_object_set_new(hit, "count", json_integer(1));
	json_object_set_new(hit, "before", context_json(r));
	json_object_set_new(hit, "after", after);
	r->after[r->waiting++] = after;
	json_array_append_new(r->findings, hit);
	judge(r, p, line, number, disposition);
	json_decref(finding);
}

/* Kept as templates: what differs from run to run is no news. */
static void note_weakening(struct reading *r, const char *line)
{
	json_t *list = json_list(r->log, "weakening");

	if (!log_weakens(line))
		return;
	if (!list) {
		list = json_array();
		json_object_set_new(r->log, "weakening", list);
	}
	AUTO_FREE char *template = log_template(line);
	if (!json_lists(list, template) && json_array_size(list) < LOG_WEAKENS_MAX)
		json_array_append_new(list, json_string(template));
}

/* A file of log lines is one wherever it lies; patterns for its own place come first. */
static const struct log_pattern *match(const struct reading *r, const char *line)
{
	const struct log_patterns *all = &r->t->test->log_rules->patterns;
	const struct log_pattern *p = log_patterns_match(all, r->path, line), *as_log;

	if ((p && p->is_hard) || r->path[0] != '/' || text_starts(r->path, "/var/log/"))
		return p;
	as_log = log_patterns_match(all, "/var/log/elsewhere", line);
	return as_log ? as_log : p;
}

static void examine_line(struct reading *r, const char *raw, size_t len, size_t number)
{
	char *line = text_printable(raw, len && raw[len - 1] == '\r' ? len - 1 : len, false);
	bool is_excused = strcmp(r->path, LOGS_JOURNAL) == 0 && json_object_get(r->t->log_excused, line);
	const struct log_pattern *p = is_excused ? NULL : match(r, line);

	add_behind(r, line);
	if (p)
		found(r, p, line, number);
	note_weakening(r, line);
	remember(r, line);
}

void logs_examine(struct trial *t, const char *path, const char *text, size_t len, size_t first)
{
	AUTO_FREE char *shown = text_printable(path, strlen(path), false);
	struct reading r = { .t = t, .path = shown };
	struct slice rest = { text, len }, line;
	size_t number;

	r.log = entry_of(t, path);
	number = first ? first : (size_t)json_int(r.log, "lines") + 1;
	r.findings = json_list(r.log, "findings");
	for (; slice_cut(&rest, '\n', &line); number++)
		for (size_t at = 0; at < line.len || at == 0;
			at += LOG_TEMPLATE_MAX) /* a line without end is read in pieces */
			examine_line(&r, line.at + at,
				line.len - at < LOG_TEMPLATE_MAX ? line.len - at : LOG_TEMPLATE_MAX, number);
	json_object_set_new(r.log, "lines", json_integer((json_int_t)(number - 1)));
	for (size_t i = 0; i < CONTEXT; i++)
		free(r.before[i]);
	if (r.soft)
		trial_find(t, t->test->log_rules->known ? SEVERITY_MEDIUM : SEVERITY_LOW, "log-words", shown,
			"%zu %s%s failure", r.soft, t->test->log_rules->known ? "new " : "",
			r.soft == 1 ? "line speaks of" : "lines speak of");
	if (json_flag(r.log, "is_cut"))
		trial_find(t, SEVERITY_HIGH, "log-cut", shown,
			"more messages of failure than are kept (%d different ones of a log)", HITS_MAX);
}
