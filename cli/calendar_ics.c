/* calendar_ics.c - the forward schedule as an iCalendar file that any calendar program can subscribe to. */
#include "base/text.h"
#include "base/when.h"
#include "cli/calendar_pages.h"
#include <stdio.h>
#include <string.h>

enum { LINE_MAX_BYTES = 74 }; /* 75 octets with the blank of a continuation */

/* A content line, folded between characters. */
static void line(struct text *t, const char *content)
{
	size_t len = strlen(content), at = 0, room = LINE_MAX_BYTES;

	while (len - at > room) {
		size_t cut = at + room;

		while (cut > at + 1 && ((unsigned char)content[cut] & 0xC0) == 0x80)
			cut--;
		text_bytes(t, content + at, cut - at);
		text_add(t, "\r\n ");
		at = cut;
	}
	text_add(t, "%s\r\n", content + at);
}

static char *escaped(const char *text)
{
	struct text t = { 0 };

	for (; *text; text++)
		if (*text == '\n')
			text_add(&t, "\\n");
		else if (strchr("\\;,", *text))
			text_add(&t, "\\%c", *text);
		else if ((unsigned char)*text >= ' ')
			text_bytes(&t, text, 1);
	return t.at ? text_take(&t) : mem_strdup("");
}

static void property(struct text *t, const char *name, const char *value)
{
	AUTO_FREE char *safe = escaped(value), *content = mem_printf("%s:%s", name, safe);

	line(t, content);
}

static void stamp(struct text *t, const char *name, int64_t at)
{
	char when[32], compact[32];
	size_t len = 0;

	when_utc(at, when);
	for (const char *c = when; *c; c++)
		if (*c != '-' && *c != ':')
			compact[len++] = *c;
	compact[len] = '\0';
	text_add(t, "%s:%s\r\n", name, compact);
}

static void event(
	struct text *t, const json_t *one, const char *uid, const char *summary, const char *category, int64_t now)
{
	text_add(t, "BEGIN:VEVENT\r\n");
	property(t, "UID", uid);
	stamp(t, "DTSTAMP", now);
	stamp(t, "DTSTART", json_int(one, "from"));
	stamp(t, "DTEND", json_int(one, "until"));
	property(t, "SUMMARY", summary);
	property(t, "CATEGORIES", category);
	if (json_flag(one, "tentative"))
		line(t, "STATUS:TENTATIVE");
	text_add(t, "END:VEVENT\r\n");
}

static void blocks(struct text *t, const json_t *list, const char *category, int64_t now)
{
	size_t i;
	json_t *one;

	json_array_foreach(list, i, one) {
		const char *process = json_text(one, "process");
		AUTO_FREE char *uid = mem_printf(
			"%s-%s-%lld@sluice", category, process, (long long)json_int(one, "from"));
		AUTO_FREE char *summary = mem_printf(
			"%s%s%s: %s", category, *process ? " " : "", process, json_text(one, "text"));

		event(t, one, uid, summary, category, now);
	}
}

/* The number of conflicts of a change, said in its own event. */
static bool has_conflict(const json_t *forward, const char *rfc)
{
	size_t i;
	json_t *one;

	json_array_foreach(json_list(forward, "conflicts"), i, one)
		if (strcmp(json_text(one, "rfc"), rfc) == 0 || strcmp(json_text(one, "with"), rfc) == 0)
			return true;
	return false;
}

char *calendar_ics(const json_t *forward, int64_t now)
{
	struct text t = { 0 };
	size_t i;
	json_t *one;

	text_add(&t, "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Sluice//forward schedule//EN\r\nMETHOD:PUBLISH\r\n");
	property(&t, "X-WR-CALNAME", json_text(forward, "organisation"));
	json_array_foreach(json_list(forward, "changes"), i, one) {
		const char *rfc = json_text(one, "rfc");
		AUTO_FREE char *uid = mem_printf("%s@sluice", rfc), *summary = NULL;

		summary = mem_printf(
			"%s%s: %s", has_conflict(forward, rfc) ? "(conflict) " : "", rfc, json_text(one, "text"));
		event(&t, one, uid, summary, "change", now);
	}
	blocks(&t, json_list(forward, "blackouts"), "blackout", now);
	blocks(&t, json_list(forward, "windows"), "window", now);
	text_add(&t, "END:VCALENDAR\r\n");
	return text_take(&t);
}
