/* calendar_svg.c - the forward schedule as a picture: months at a glance, readable without colour and without fonts of ours. */
#include "base/text.h"
#include "base/when.h"
#include "base/when_zone.h"
#include "cli/calendar_pages.h"
#include <string.h>
#include <time.h>

enum { DAY = 86400, CELL = 26, LEFT = 190, LANE = 18, HEAD = 40, GAP = 26, MONTHS_MAX = 24, LANES_MAX = 40 };

struct lane {
	const char *process; /* NULL: the windows */
};
struct picture {
	const json_t *forward;
	struct zone zone;
	struct text t;
	struct lane lanes[LANES_MAX];
	int lanes_len;
	int64_t begin, end; /* of the month being drawn, in the zone's wall clock */
	int days, top;
};

/* Text of other people in XML: escaped, and without what XML forbids. */
static void put_text(struct text *t, const char *text)
{
	static const struct {
		char c;
		const char *as;
	} table[] = { { '<', "&lt;" }, { '>', "&gt;" }, { '&', "&amp;" }, { '"', "&quot;" } };

	for (; *text; text++) {
		const char *as = NULL;

		for (size_t i = 0; i < COUNT(table); i++)
			if (*text == table[i].c)
				as = table[i].as;
		if (as)
			text_add(t, "%s", as);
		else if ((unsigned char)*text >= ' ' && *text != 0x7f)
			text_bytes(t, text, 1);
	}
}

static int64_t wall(const struct picture *p, int64_t utc)
{
	return utc + zone_offset(&p->zone, utc);
}

static void month_of(int64_t at, int *ret_year, int *ret_month)
{
	time_t t = (time_t)at;
	struct tm tm = { 0 };

	gmtime_r(&t, &tm);
	*ret_year = tm.tm_year + 1900;
	*ret_month = tm.tm_mon + 1;
}

static int64_t month_begin(int year, int month)
{
	return when_days(year + (month - 1) / 12, (month - 1) % 12 + 1, 1) * DAY;
}

static double x_of(const struct picture *p, int64_t at)
{
	int64_t inside = at < p->begin ? p->begin : at > p->end ? p->end : at;

	return LEFT + (double)(inside - p->begin) / DAY * CELL;
}

/* A bar with its words as a title; nothing when it lies in another month. */
static void bar(struct picture *p, const json_t *one, int lane, const char *class, const char *label)
{
	int64_t from = wall(p, json_int(one, "from")), until = wall(p, json_int(one, "until"));
	AUTO_FREE char *first = NULL, *last = NULL;
	double x, width;

	if (until <= p->begin || from >= p->end)
		return;
	first = when_local(json_int(one, "from"), json_text(p->forward, "zone"));
	last = when_local(json_int(one, "until"), json_text(p->forward, "zone"));
	x = x_of(p, from);
	width = x_of(p, until) - x;
	text_add(&p->t, "<rect class=\"%s\" x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\" rx=\"2\"><title>", class,
		x, p->top + HEAD + lane * LANE + 2, width < 3 ? 3 : width, LANE - 4);
	put_text(&p->t, label);
	text_add(&p->t, " (%.16s to %.16s)</title></rect>\n", first, last);
	if (strcmp(class, "change") == 0) {
		text_add(&p->t, "<text class=\"name\" x=\"%.1f\" y=\"%d\">", x + (width < 3 ? 3 : width) + 2,
			p->top + HEAD + lane * LANE + LANE - 5);
		put_text(&p->t, json_text(one, "rfc"));
		text_add(&p->t, "</text>\n");
	}
}

static void blocks_of(struct picture *p, int lane)
{
	const char *process = p->lanes[lane].process;
	const json_t *list = json_list(p->forward, process ? "blackouts" : "windows");
	size_t i;
	json_t *one;

	json_array_foreach(list, i, one)
		if (!process || strcmp(json_text(one, "process"), process) == 0)
			bar(p, one, lane, process ? "blackout" : "window", json_text(one, "text"));
}

static void changes_of(struct picture *p, int lane)
{
	const char *process = p->lanes[lane].process;
	size_t i;
	json_t *one;

	json_array_foreach(json_list(p->forward, "changes"), i, one) {
		const json_t *processes = json_list(one, "processes");
		AUTO_FREE char *label = mem_printf("%s: %s", json_text(one, "rfc"), json_text(one, "text"));

		/* What touches no process stands beside the windows. */
		if (process ? json_lists(processes, process) : !json_array_size(processes))
			bar(p, one, lane, "change", label);
	}
	json_array_foreach(json_list(p->forward, "conflicts"), i, one)
		if (strcmp(json_text(one, "process"), process ? process : "") == 0)
			bar(p, one, lane, "conflict", json_text(one, "text"));
}

/* The names of days follow no locale. */
static void days_of(struct picture *p)
{
	int bottom = p->top + HEAD + p->lanes_len * LANE;

	for (int day = 0; day < p->days; day++) {
		int64_t weekday = ((p->begin / DAY + day) % 7 + 7 + 4) % 7;
		int x = LEFT + day * CELL;

		if (weekday == 0 || weekday == 6)
			text_add(&p->t, "<rect class=\"rest\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\"/>\n", x,
				p->top + HEAD, CELL, bottom - p->top - HEAD);
		text_add(&p->t, "<text class=\"day\" x=\"%d\" y=\"%d\">%d</text>\n", x + CELL / 2, p->top + HEAD - 6,
			day + 1);
	}
	for (int lane = 0; lane <= p->lanes_len; lane++)
		text_add(&p->t, "<line x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\"/>\n", LEFT, p->top + HEAD + lane * LANE,
			LEFT + p->days * CELL, p->top + HEAD + lane * LANE);
}

static void month(struct picture *p, int year, int number)
{
	static const char *const names[] = { "January", "February", "March", "April", "May", "June", "July", "August",
		"September", "October", "November", "December" };

	p->begin = month_begin(year, number);
	p->end = month_begin(year, number + 1);
	p->days = (int)((p->end - p->begin) / DAY);
	text_add(&p->t, "<text class=\"month\" x=\"8\" y=\"%d\">%s %d</text>\n", p->top + HEAD - 6, names[number - 1],
		year);
	days_of(p);
	for (int lane = 0; lane < p->lanes_len; lane++) {
		text_add(&p->t, "<text class=\"lane\" x=\"%d\" y=\"%d\">", LEFT - 8,
			p->top + HEAD + lane * LANE + LANE - 5);
		put_text(&p->t, p->lanes[lane].process ? p->lanes[lane].process : "windows");
		text_add(&p->t, "</text>\n");
		blocks_of(p, lane);
		changes_of(p, lane);
	}
	p->top += HEAD + p->lanes_len * LANE + GAP;
}

static void add_lane(struct picture *p, const char *process)
{
	for (int i = 1; i < p->lanes_len; i++)
		if (strcmp(p->lanes[i].process, process) == 0)
			return;
	if (p->lanes_len < LANES_MAX)
		p->lanes[p->lanes_len++].process = process;
}

static void find_lanes(struct picture *p)
{
	size_t i, k;
	json_t *one, *process;

	p->lanes_len = 1; /* the windows */
	json_array_foreach(json_list(p->forward, "blackouts"), i, one)
		add_lane(p, json_text(one, "process"));
	json_array_foreach(json_list(p->forward, "changes"), i, one)
		json_array_foreach(json_list(one, "processes"), k, process)
			add_lane(p, json_string_value(process));
}

static void key_line(struct picture *p)
{
	static const struct {
		const char *class, *name;
	} words[] = { { "window", "maintenance window" }, { "blackout", "blackout" }, { "change", "change" },
		{ "conflict", "conflict" } };
	int x = LEFT;

	for (size_t i = 0; i < COUNT(words); i++, x += 170)
		text_add(&p->t,
			"<rect class=\"%s\" x=\"%d\" y=\"%d\" width=\"24\" height=\"12\"/><text class=\"name\" "
			"x=\"%d\" y=\"%d\">%s</text>\n",
			words[i].class, x, p->top, x + 30, p->top + 10, words[i].name);
	p->top += 30;
}

static const char style[] =
	"<style>text{font:12px "
	"sans-serif;fill:#222}.month{font-weight:bold}.lane{text-anchor:end}.day{text-anchor:middle;fill:#555;font-"
	"size:10px}"
	".name{font-size:10px}line{stroke:#ccc}.rest{fill:#f2f2f2}.window{fill:#bfe3c0;stroke:#3a7d44}"
	".blackout{fill:url(#bars);stroke:#444}.change{fill:#2f6fb5}.conflict{fill:none;stroke:#c00000;stroke-width:2;"
	"stroke-dasharray:4 2}</style>\n"
	"<defs><pattern id=\"bars\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\" "
	"patternTransform=\"rotate(45)\">"
	"<rect width=\"6\" height=\"6\" fill=\"#dcdcdc\"/><rect width=\"3\" height=\"6\" "
	"fill=\"#777\"/></pattern></defs>\n";

char *calendar_svg(const json_t *forward)
{
	struct picture p = { .forward = forward, .top = 44 };
	struct err ignored = { 0 };
	struct text page = { 0 };
	int year, number, last_year, last_number;

	if (zone_open(&p.zone, json_text(forward, "zone"), &ignored))
		p.zone = (struct zone){ .rule = "UTC0" };
	find_lanes(&p);
	key_line(&p);
	month_of(wall(&p, json_int(forward, "from")), &year, &number);
	month_of(wall(&p, json_int(forward, "until") - 1), &last_year, &last_number);
	for (int i = 0; i < MONTHS_MAX && year * 12 + number + i <= last_year * 12 + last_number; i++)
		month(&p, year + (number - 1 + i) / 12, (number - 1 + i) % 12 + 1);
	text_add(&page,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" role=\"img\">\n<title>Forward "
		"schedule</title>\n%s"
		"<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n<text class=\"month\" x=\"8\" y=\"24\">",
		LEFT + 31 * CELL + 60, p.top, style);
	put_text(&page, json_text(forward, "organisation"));
	text_add(&page, ": forward schedule (");
	put_text(&page, json_text(forward, "zone"));
	text_add(&page, ")</text>\n%s</svg>\n", p.t.at);
	text_done(&p.t);
	zone_done(&p.zone);
	return text_take(&page);
}
