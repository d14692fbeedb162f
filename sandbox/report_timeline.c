/* report_timeline.c - a scenario's steps and scripts over time, as an inline SVG: a row each, grey steps, blue scripts below them, red what failed. */
#include "sandbox/report_html.h"
#include <string.h>

enum { ROWS_MAX = 80, ROW = 22, LEFT = 330, WIDTH = 1000, RIGHT = 70, LABEL_MAX = 46, TOP = 22 };

struct bar {
	const json_t *of;
	bool is_script;
	int64_t at, ms;
};
struct line {
	struct bar bars[ROWS_MAX];
	size_t len, all;
	int64_t from, span;
};

static void add_bars(struct line *l, json_t *list, bool is_script)
{
	json_t *o;
	size_t i;

	json_array_foreach(list, i, o) {
		l->all++;
		if (l->len < ROWS_MAX && json_object_get(o, "at"))
			l->bars[l->len++] = (struct bar){ o, is_script, json_int(o, "at"),
				json_int(o, "milliseconds") };
	}
}

static int by_time(const void *a, const void *b)
{
	const struct bar *x = a, *y = b;

	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	return (int)x->is_script - (int)y->is_script; /* a step before its scripts */
}

/* 1, 2 or 5 times a power of ten, about six of them. */
static int64_t tick_of(int64_t span)
{
	static const int64_t steps[] = { 1, 2, 5 };

	for (int64_t power = 1; power < INT64_MAX / 100; power *= 10)
		for (size_t i = 0; i < COUNT(steps); i++)
			if (span / (steps[i] * power) <= 6)
				return steps[i] * power;
	return span;
}

static int64_t place(const struct line *l, int64_t at)
{
	return LEFT + (at - l->from) * (WIDTH - LEFT - RIGHT) / l->span;
}

static void short_text(struct text *t, const char *text)
{
	char label[4 * LABEL_MAX];
	size_t len = strlen(text), room = 0, characters = 0;

	while (room < len && characters < LABEL_MAX && room < sizeof label - 8) {
		size_t one = text_utf8(text + room, len - room, &(uint32_t){ 0 });

		room += one ? one : 1;
		characters++;
	}
	memcpy(label, text, room);
	strcpy(label + room, room < len ? "..." : "");
	page_text(t, label);
}

static char *label_of(const struct bar *b)
{
	struct text t = { 0 };
	json_t *word;
	size_t i;

	if (!b->is_script)
		return mem_strdup(json_text(b->of, "command"));
	text_add(&t, "%s", json_text(b->of, "source"));
	json_array_foreach(json_list(b->of, "arguments"), i, word)
		text_add(&t, " %s", json_string_value(word) ? json_string_value(word) : "");
	if (*json_text(b->of, "package"))
		text_add(&t, " (%s)", json_text(b->of, "package"));
	return text_take(&t);
}

static void draw(struct text *t, const struct line *l, size_t row)
{
	const struct bar *b = &l->bars[row];
	AUTO_FREE char *label = label_of(b);
	int64_t x = place(l, b->at), width = place(l, b->at + b->ms) - x, y = TOP + (int64_t)row * ROW;
	const char *class = json_int(b->of, "exit") ? "bad" : b->is_script ? "script" : "step";

	text_add(t, "<g><title>");
	page_text(t, label);
	text_add(t, ": exit %lld, ", (long long)json_int(b->of, "exit"));
	page_ms(t, b->ms);
	text_add(t, "</title><text x=\"%d\" y=\"%lld\"%s>", b->is_script ? 14 : 0, (long long)y + 14,
		b->is_script ? " class=\"sub\"" : "");
	short_text(t, label);
	text_add(t, "</text><rect class=\"%s\" x=\"%lld\" y=\"%lld\" width=\"%lld\" height=\"12\" rx=\"2\"/>", class,
		(long long)x, (long long)y + 4, (long long)(width < 3 ? 3 : width));
	text_add(t, "<text class=\"t\" x=\"%lld\" y=\"%lld\">", (long long)(x + (width < 3 ? 3 : width) + 5),
		(long long)y + 14);
	page_ms(t, b->ms);
	if (json_int(b->of, "exit"))
		text_add(t, ", exit %lld", (long long)json_int(b->of, "exit"));
	text_add(t, "</text></g>\n");
}

static void grid(struct text *t, const struct line *l)
{
	int64_t tick = tick_of(l->span);

	for (int64_t at = 0; at <= l->span; at += tick) {
		int64_t x = place(l, l->from + at);

		text_add(t,
			"<line class=\"grid\" x1=\"%lld\" y1=\"%d\" x2=\"%lld\" y2=\"%zu\"/><text class=\"t\" "
			"x=\"%lld\" y=\"12\">",
			(long long)x, TOP - 4, (long long)x, TOP + l->len * ROW, (long long)x);
		page_ms(t, at);
		text_add(t, "</text>");
	}
}

void page_timeline(struct text *t, const json_t *scenario)
{
	struct line l = { .from = INT64_MAX };
	int64_t end = 0;

	add_bars(&l, json_list(scenario, "steps"), false);
	add_bars(&l, json_list(scenario, "scripts"), true);
	if (l.len == 0)
		return;
	qsort(l.bars, l.len, sizeof *l.bars, by_time);
	for (size_t i = 0; i < l.len; i++) {
		struct bar *b = &l.bars[i];

		b->ms = b->ms < 0 ? 0 : b->ms;
		l.from = b->at < l.from ? b->at : l.from;
		end = b->at + b->ms > end ? b->at + b->ms : end;
	}
	l.span = end > l.from ? end - l.from : 1;
	text_add(t,
		"<h3>Time line</h3><p class=\"legend\"><i class=\"k-step\"></i>step<i class=\"k-script\"></i>script"
		"<i class=\"k-bad\"></i>failed</p>\n"
		"<div class=\"scroll\" tabindex=\"0\"><svg role=\"img\" aria-label=\"steps and scripts over time\" "
		"viewBox=\"0 0 %d %zu\" "
		"xmlns=\"http://www.w3.org/2000/svg\">",
		WIDTH, TOP + l.len * ROW + 4);
	grid(t, &l);
	for (size_t i = 0; i < l.len; i++)
		draw(t, &l, i);
	text_add(t, "</svg></div>\n");
	page_more(t, l.len, l.all);
}
