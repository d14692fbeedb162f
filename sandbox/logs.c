/* logs.c - words of failure in logs and output. Each hit carries a digest of what it says (not of where), so that a decision on it
 * holds for the same line next month. */
#include "base/digest.h"
#include "sandbox/trial.h"
#include <ctype.h>
#include <regex.h>
#include <stdio.h>
#include <string.h>

enum { HITS_MAX = 100, LINE_MAX_ = 2000 };

static const struct {
	const char *id, *pattern;
} patterns[] = {
	{ "crash", "segmentation fault|core dumped|kernel panic|stack smashing|double free|assertion.*failed" },
	{ "traceback", "^traceback \\(most recent call last\\)" },
	{ "fatal", "(^|[^a-z])(fatal|panic|emerg)([^a-z]|$)" },
	{ "error",
		"(^|[^a-z])(error|err|failed|failure|cannot|could not|unable to|permission denied|no such "
		"file)([^a-z]|$)" },
};

static void digest_line(const char *pattern, const char *line, char ret[SHA256_HEX])
{
	struct text t = { 0 };

	/* Numbers differ from run to run: process ids, times, ports. */
	text_add(&t, "%s\n", pattern);
	for (const char *at = line; *at; at++)
		if (!isdigit((unsigned char)*at))
			text_bytes(&t, at, 1);
		else if (at == line || !isdigit((unsigned char)at[-1]))
			text_bytes(&t, "#", 1);
	sha256_hex(t.at, t.len, ret);
	text_done(&t);
}

static const char *first_match(const regex_t *compiled, const char *line)
{
	for (size_t i = 0; i < COUNT(patterns); i++)
		if (regexec(&compiled[i], line, 0, NULL, 0) == 0)
			return patterns[i].id;
	return NULL;
}

static void examine_line(json_t *findings, const regex_t *compiled, const char *raw, size_t len, unsigned number)
{
	AUTO_FREE char *line = text_printable(raw, len < LINE_MAX_ ? len : LINE_MAX_, false);
	const char *id = first_match(compiled, line);
	char digest[SHA256_HEX];
	json_t *o;

	if (!id || json_array_size(findings) >= HITS_MAX)
		return;
	digest_line(id, line, digest);
	o = json_object();
	json_set_str(o, "digest", digest);
	json_object_set_new(o, "line", json_integer(number));
	json_set_str(o, "pattern", id);
	json_set_str(o, "text", line);
	json_set_str(o, "disposition", "open");
	json_array_append_new(findings, o);
}

void examine_log(struct trial *t, const char *path, const char *text, size_t len)
{
	struct slice rest = { text, len }, line;
	regex_t compiled[COUNT(patterns)];
	json_t *log = json_object(), *findings = json_array();
	unsigned number = 0;

	for (size_t i = 0; i < COUNT(patterns); i++)
		if (regcomp(&compiled[i], patterns[i].pattern, REG_EXTENDED | REG_ICASE | REG_NOSUB)) {
			while (i-- > 0)
				regfree(&compiled[i]);
			json_decref(log);
			json_decref(findings);
			trial_find(t, SEVERITY_HIGH, "log-unread", path, "the patterns could not be compiled");
			return;
		}
	while (slice_cut(&rest, '\n', &line))
		examine_line(findings, compiled, line.at, line.len, ++number);
	for (size_t i = 0; i < COUNT(patterns); i++)
		regfree(&compiled[i]);
	json_set_bytes(log, "path", path, strlen(path));
	json_object_set_new(log, "lines", json_integer(number));
	if (json_array_size(findings))
		trial_find(t, SEVERITY_LOW, "log-words", path, "%zu lines speak of failure", json_array_size(findings));
	json_object_set_new(log, "findings", findings);
	json_array_append_new(t->logs, log);
}
