/* calendar_lines.c - the skeleton of an iCalendar file: which components stand in it, each opened and closed. */
#include "base/arena.h"
#include "base/text.h"
#include "release/gate/calendar_impl.h"
#include <ctype.h>
#include <string.h>
#include <strings.h>

enum { DEPTH_MAX = 4 };

/* What may stand in which; a VTODO or a VFREEBUSY might mean a blackout, so it is not passed over. */
static const struct component {
	const char *name, *parent;
} components[] = {
	{ "VCALENDAR", "" },
	{ "VEVENT", "VCALENDAR" },
	{ "VTIMEZONE", "VCALENDAR" },
	{ "STANDARD", "VTIMEZONE" },
	{ "DAYLIGHT", "VTIMEZONE" },
	{ "VALARM", "VEVENT" },
};

struct nest {
	const char *open[DEPTH_MAX];
	int depth, calendars;
	size_t line;
	struct calendar_shape shape;
};

static bool is_word(struct slice s, const char *word)
{
	return s.len == strlen(word) && strncasecmp(s.at, word, s.len) == 0;
}

static int begin(struct nest *n, struct slice name, struct err *e)
{
	const char *parent = n->depth ? n->open[n->depth - 1] : "";

	for (size_t i = 0; i < COUNT(components); i++)
		if (is_word(name, components[i].name) && strcmp(components[i].parent, parent) == 0) {
			n->open[n->depth++] = components[i].name; /* the parents make a chain of three at most */
			n->calendars += n->depth == 1;
			n->shape.events += strcmp(components[i].name, "VEVENT") == 0;
			n->shape.zones += strcmp(components[i].name, "VTIMEZONE") == 0;
			return 0;
		}
	return err_input(e, "E_UNSUPPORTED", "line %zu: '%.*s'%s%s: only events (VEVENT) of a VCALENDAR count here",
		n->line, name.len > 40 ? 40 : (int)name.len, name.at, *parent ? " in " : "", parent);
}

static int end(struct nest *n, struct slice name, struct err *e)
{
	if (!n->depth || !is_word(name, n->open[n->depth - 1]))
		return err_input(e, "E_METADATA", "line %zu: END:%.*s closes nothing", n->line,
			name.len > 40 ? 40 : (int)name.len, name.at);
	n->depth--;
	return 0;
}

/* "BEGIN:" in any case; the rest of the line into ret. */
static bool opens(struct slice line, const char *word, struct slice *ret)
{
	size_t len = strlen(word);

	if (line.len < len || strncasecmp(line.at, word, len) != 0)
		return false;
	*ret = (struct slice){ line.at + len, line.len - len };
	return true;
}

/* ---- times: libical reads "2026-11-10" as some day, and an UNTIL that it cannot read as "for ever" */
static bool digits(struct slice *s, size_t len)
{
	if (s->len < len)
		return false;
	for (size_t i = 0; i < len; i++)
		if (!isdigit((unsigned char)s->at[i]))
			return false;
	*s = (struct slice){ s->at + len, s->len - len };
	return true;
}

/* 20261110, 20261110T220000, 20261110T220000Z */
static bool is_time(struct slice s)
{
	if (!digits(&s, 8))
		return false;
	if (!s.len)
		return true;
	if (s.at[0] != 'T')
		return false;
	s = (struct slice){ s.at + 1, s.len - 1 };
	return digits(&s, 6) && (!s.len || (s.len == 1 && s.at[0] == 'Z'));
}

static bool are_times(struct slice list)
{
	struct slice item, begin;

	while (slice_cut(&list, ',', &item))
		if (!slice_cut(&item, '/', &begin) || !is_time(begin) ||
			(item.len && item.at[0] != 'P' && !is_time(item)))
			return false;
	return true;
}

/* What stands behind the ':' that ends the parameters; a quoted one may hold others. */
static struct slice value_of(struct slice line)
{
	bool is_quoted = false;

	for (size_t i = 0; i < line.len; i++) {
		is_quoted ^= line.at[i] == '"';
		if (line.at[i] == ':' && !is_quoted)
			return (struct slice){ line.at + i + 1, line.len - i - 1 };
	}
	return (struct slice){ line.at + line.len, 0 };
}

static bool rule_fits(struct slice rule)
{
	struct slice part, until;

	while (slice_cut(&rule, ';', &part))
		if (opens(part, "UNTIL=", &until) && !is_time(until))
			return false;
	return true;
}

static int check_times(const struct nest *n, struct slice line, struct err *e)
{
	static const char *const names[] = { "DTSTART", "DTEND", "EXDATE", "RDATE", "RECURRENCE-ID" };
	struct slice rest, value = value_of(line);
	bool fits = true;

	for (size_t i = 0; i < COUNT(names); i++)
		if (opens(line, names[i], &rest) && rest.len && (rest.at[0] == ':' || rest.at[0] == ';'))
			fits = value.len && are_times(value);
	if (opens(line, "RRULE", &rest))
		fits = rule_fits(value);
	if (fits)
		return 0;
	return err_input(e, "E_METADATA", "line %zu: '%.*s' holds a time that is none", n->line,
		line.len > 60 ? 60 : (int)line.len, line.at);
}

static int one_line(struct nest *n, struct slice line, struct err *e)
{
	struct slice name;

	if (!line.len)
		return 0;
	if (opens(line, "BEGIN:", &name))
		return begin(n, name, e);
	if (opens(line, "END:", &name))
		return end(n, name, e);
	if (!n->depth)
		return err_input(e, "E_METADATA", "line %zu: it stands outside of BEGIN:VCALENDAR", n->line);
	return check_times(n, line, e);
}

/* Long lines are folded: one that begins with a blank goes on with the line before. Lines of the result keep their numbers no longer. */
static void unfold(struct slice rest, struct text *ret)
{
	struct slice line;

	for (bool is_first = true; slice_cut(&rest, '\n', &line); is_first = false) {
		bool goes_on = line.len && (line.at[0] == ' ' || line.at[0] == '\t');

		while (line.len && line.at[line.len - 1] == '\r')
			line.len--;
		if (!goes_on && !is_first)
			text_bytes(ret, "\n", 1);
		text_bytes(ret, line.at + goes_on, line.len - (line.len ? goes_on : 0));
	}
	text_bytes(ret, "\n", 1);
}

int calendar_shape(const char *bytes, size_t len, char **ret_text, struct calendar_shape *ret, struct err *e)
{
	struct nest n = { .line = 1 };
	AUTO(text) text = { 0 };
	struct slice rest, line;

	if (len > CALENDAR_BYTES_MAX)
		return err_input(e, "E_LIMIT_SIZE", "larger than %d bytes", CALENDAR_BYTES_MAX);
	if (memchr(bytes, '\0', len))
		return err_input(e, "E_METADATA", "it holds NUL bytes; that is no iCalendar file");
	unfold((struct slice){ bytes, len }, &text);
	for (rest = (struct slice){ text.at, text.len }; slice_cut(&rest, '\n', &line); n.line++)
		if (one_line(&n, line, e))
			return -1;
	if (n.depth)
		return err_input(e, "E_TRUNCATED", "it ends inside %s: a part is missing", n.open[n.depth - 1]);
	if (!n.calendars)
		return err_input(e, "E_METADATA", "no BEGIN:VCALENDAR: that is no iCalendar file");
	if (n.shape.events > CALENDAR_EVENTS_MAX)
		return err_input(e, "E_LIMIT_ENTRIES", "more than %d events", CALENDAR_EVENTS_MAX);
	*ret = n.shape;
	*ret_text = text_take(&text);
	return 0;
}
