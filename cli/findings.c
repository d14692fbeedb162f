/* findings.c - findings as people read them: grouped by severity, the worst first, wrapped to the terminal; what the packages say is escaped. */
#include "base/record.h"
#include "base/text.h"
#include "cli/cmd.h"
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { NARROWEST = 40, WIDEST = 110, SHOWN_MAX = 300 };

/* Columns to wrap at; 0: what reads us is no person, lines stay whole. */
static size_t columns(void)
{
	struct winsize size;

	if (!isatty(STDOUT_FILENO) || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) || size.ws_col == 0)
		return 0;
	return size.ws_col < NARROWEST ? NARROWEST : size.ws_col > WIDEST ? WIDEST : size.ws_col;
}

/* As many bytes of the text as fit into room columns: up to a blank, else in the middle of a word. */
static size_t fitting(const char *text, size_t room)
{
	size_t at = 0, blank = 0, used = 0;

	while (text[at] && used < room) {
		if (text[at] == ' ')
			blank = at;
		for (at++; ((unsigned char)text[at] & 0xc0) == 0x80;)
			at++;
		used++;
	}
	return !text[at] || text[at] == ' ' || blank == 0 ? at : blank;
}

void say_wrapped(int indent, const char *label, const char *text)
{
	AUTO_FREE char *safe = text_printable(text, strlen(text), false);
	size_t all = columns(), taken = (size_t)indent + strlen(label), room;
	const char *rest = safe;

	room = all > taken + 10 ? all - taken : all ? 10 : SIZE_MAX;
	say("%*s%s", indent, "", label);
	do {
		size_t len = fitting(rest, room);

		say("%.*s\n", (int)len, rest);
		rest += len;
		rest += strspn(rest, " ");
		if (*rest)
			say("%*s", (int)taken, "");
	} while (*rest);
}

static const char *colour(const struct cli *c, int s)
{
	static const char *const codes[] = { "\033[2m", "\033[36m", "\033[33m", "\033[31m", "\033[1;31m" };

	return tone(c, codes[s]);
}

int finding_severity(const json_t *finding)
{
	int s = severity_parse(json_text(finding, "severity"));

	return s < 0 ? SEVERITY_CRITICAL : s; /* what cannot be read is the worst */
}

/* One line of what it was and what it is; long values end in "...". */
static void say_value(const char *label, const char *value)
{
	if (*value == 0)
		return;
	AUTO_FREE char *beginning = text_beginning(value, SHOWN_MAX);
	say_wrapped(6, label, beginning);
}

static void say_accepted(const json_t *f)
{
	size_t i;
	json_t *a;

	json_array_foreach(json_list(f, "accepted"), i, a) {
		AUTO_FREE char *text = mem_printf(
			"by %s as %s: %s", json_text(a, "person"), json_text(a, "role"), json_text(a, "reason"));
		say_wrapped(6, "accepted ", text);
	}
}

static void say_finding(const struct cli *c, const json_t *f)
{
	const char *where = json_text(f, "where");
	AUTO_FREE char *check = text_printable(json_text(f, "check"), strlen(json_text(f, "check")), false);

	say("  %s%s%s%s\n", tone(c, "\033[1m"), check, tone(c, "\033[0m"), *where ? "" : ", the update as a whole");
	if (*where)
		say_wrapped(6, "at      ", where);
	say_wrapped(6, "", json_text(f, "text"));
	say_value("before  ", json_text(f, "old"));
	say_value("now     ", json_text(f, "new"));
	if (*json_text(f, "remedy"))
		say_wrapped(6, "to do   ", json_text(f, "remedy"));
	say_accepted(f);
	say("      %sfinding %.16s%s\n", tone(c, "\033[2m"), json_text(f, "digest"), tone(c, "\033[0m"));
}

size_t findings_count(const json_t *findings, int severity)
{
	size_t count = 0, i;
	json_t *f;

	json_array_foreach(findings, i, f)
		count += finding_severity(f) == severity;
	return count;
}

void print_findings(const struct cli *c, const json_t *findings)
{
	size_t i;
	json_t *f;

	for (int s = SEVERITY_CRITICAL; s >= SEVERITY_INFO; s--) {
		if (findings_count(findings, s) == 0)
			continue;
		say("%s%s%s (%zu)\n", colour(c, s), severity_name((enum severity)s), tone(c, "\033[0m"),
			findings_count(findings, s));
		json_array_foreach(findings, i, f)
			if (finding_severity(f) == s)
				say_finding(c, f);
		say("\n");
	}
}

enum severity findings_worst(const json_t *findings)
{
	int worst = SEVERITY_INFO;
	size_t i;
	json_t *f;

	json_array_foreach(findings, i, f)
		worst = finding_severity(f) > worst ? finding_severity(f) : worst;
	return (enum severity)worst;
}

void print_findings_sum(const struct cli *c, const json_t *findings)
{
	bool is_first = true;

	if (json_array_size(findings) == 0) {
		say("no findings; a change with these is of impact minor, as far as the comparison goes\n");
		return;
	}
	for (int s = SEVERITY_CRITICAL; s >= SEVERITY_INFO; s--) {
		size_t count = findings_count(findings, s);

		if (count == 0)
			continue;
		say("%s%s%zu %s%s", is_first ? "" : ", ", colour(c, s), count, severity_name((enum severity)s),
			tone(c, "\033[0m"));
		is_first = false;
	}
	say("; the impact of such a change is at least %s\n", impact_name(impact_floor(findings_worst(findings))));
}

/* ---- of candidates */
static int add_findings(struct release *r, const char *candidate, json_t *seen, json_t *list, struct err *e)
{
	AUTO_JSON *one = NULL;
	size_t i;
	json_t *f;

	if (finding_list(r, candidate, &one, e))
		return -1;
	json_array_foreach(json_list(one, "findings"), i, f)
		if (!json_object_get(seen, json_text(f, "digest"))) {
			json_object_set_new(seen, json_text(f, "digest"), json_true());
			json_array_append(list, f);
		}
	return 0;
}

int findings_of(struct release *r, const json_t *candidates, json_t **ret, struct err *e)
{
	AUTO_JSON *seen = json_object(), *list = json_array();
	size_t i;
	json_t *c;

	json_array_foreach(candidates, i, c)
		if (add_findings(r, json_is_string(c) ? json_string_value(c) : json_text(c, "id"), seen, list, e))
			return -1;
	*ret = json_incref(list);
	return 0;
}

int print_with_findings(struct cli *c, json_t *value, json_t *findings)
{
	size_t i;
	json_t *item;

	if (c->is_json) {
		json_object_set_new(value, "findings", findings);
		return print_json(value);
	}
	AUTO_JSON *shown = json_deep_copy(value);
	json_array_foreach(json_list(shown, "evidence"), i, item) /* they come below, once and in order */
		json_object_del(json_map(item, "body"), "findings");
	print_tree(shown, 0);
	say("\n");
	print_findings(c, findings);
	print_findings_sum(c, findings);
	json_decref(findings);
	json_decref(value);
	return 0;
}
