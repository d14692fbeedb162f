/* brief_page.c - a brief as text and as HTML. What stands in it was written by people and vendors: it is made printable, and escaped in the page. */
#include "base/text.h"
#include "release/brief.h"
#include <string.h>

static void add_safe(struct text *t, const char *text)
{
	AUTO_FREE char *printable = text_printable(text, strlen(text), true), *escaped = text_html(printable);

	text_add(t, "%s", escaped);
}

/* Lines behind the first one are indented, so that no text can pass for a heading. */
static void add_item(struct text *t, const char *text)
{
	AUTO_FREE char *printable = text_printable(text, strlen(text), true);

	text_add(t, "  - ");
	for (const char *c = printable; *c; c++)
		text_add(t, *c == '\n' ? "%c    " : "%c", *c);
	text_add(t, "\n");
}

char *brief_text(const json_t *brief)
{
	struct text t = { 0 };
	size_t i, k;
	json_t *section, *item;

	text_add(&t, "%s\n", json_text(brief, "rfc"));
	add_item(&t, json_text(brief, "title"));
	text_add(&t, "%s, priority %s, asked for by %s\n", json_text(brief, "state"), json_text(brief, "priority"),
		json_text(brief, "requester"));
	json_array_foreach(json_list(brief, "sections"), i, section) {
		text_add(&t, "\n%s\n", json_text(section, "heading"));
		json_array_foreach(json_list(section, "items"), k, item)
			add_item(&t, json_string_value(item));
	}
	return text_take(&t);
}

static const char css[] =
	"body{font:16px/1.45 system-ui,sans-serif;max-width:50em;margin:2em auto;padding:0 "
	"1em;color:#1c1c1c;background:#fff}"
	"h1{font-size:1.5em;margin-bottom:.2em}h2{font-size:1.05em;margin:1.4em 0 .3em;border-bottom:1px solid #ccc}"
	"ul{margin:.2em 0;padding-left:1.2em}li{white-space:pre-wrap;overflow-wrap:anywhere}"
	".state{display:inline-block;padding:.1em .6em;border:1px solid #888;border-radius:.3em}"
	"@media print{body{margin:0}h2{break-after:avoid}}";

char *brief_html(const json_t *brief)
{
	struct text t = { 0 };
	size_t i, k;
	json_t *section, *item;

	text_add(&t,
		"<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"/>"
		"<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"/>"
		"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
		"'unsafe-inline'\"/><title>");
	add_safe(&t, json_text(brief, "rfc"));
	text_add(&t, "</title><style>%s</style></head>\n<body><h1>", css);
	add_safe(&t, json_text(brief, "rfc"));
	text_add(&t, ": ");
	add_safe(&t, json_text(brief, "title"));
	text_add(&t, "</h1>\n<p><span class=\"state\">%s</span> priority %s, asked for by ", json_text(brief, "state"),
		json_text(brief, "priority"));
	add_safe(&t, json_text(brief, "requester"));
	text_add(&t, "</p>\n");
	json_array_foreach(json_list(brief, "sections"), i, section) {
		text_add(&t, "<h2>%s</h2>\n<ul>\n", json_text(section, "heading"));
		json_array_foreach(json_list(section, "items"), k, item) {
			text_add(&t, "<li>");
			add_safe(&t, json_string_value(item));
			text_add(&t, "</li>\n");
		}
		text_add(&t, "</ul>\n");
	}
	text_add(&t, "</body></html>\n");
	return text_take(&t);
}
