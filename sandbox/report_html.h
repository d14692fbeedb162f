/* report_html.h - the parts of a test's page; each adds to a growing text. Whatever came from inside the root goes through page_text. */
#pragma once
#include "base/json.h"
#include "base/text.h"

/* Escaped for HTML and XML; control characters are made visible. */
void page_text(struct text *t, const char *text);
void page_cell(struct text *t, const char *class, const char *text); /* <td>; class "" or NULL: none */
void page_number(struct text *t, int64_t value);
void page_time(struct text *t, int64_t ms); /* <td>: 12 ms, 3.4 s */
void page_ms(struct text *t, int64_t ms);
/* <h3>, and a table with these columns ("n:exit" is a number's); ends with NULL. */
void page_table(struct text *t, const char *title, const char *const *columns);
void page_table_end(struct text *t);
/* "more are in report.json" when there are more than shown. */
void page_more(struct text *t, size_t shown, size_t all);
/* A verdict's or severity's class: only words of ours get into an attribute. */
const char *page_class(const char *word);
void page_badge(struct text *t, const char *class, const char *text);

/* report_timeline.c: steps and scripts as a picture */
void page_timeline(struct text *t, const json_t *scenario);
/* report_tree.c: what changed, as a tree that folds */
void page_tree(struct text *t, const json_t *scenario);
/* report_scenario.c */
void page_scenario(struct text *t, const json_t *scenario, size_t run, size_t index, bool is_only);
void page_findings(struct text *t, const json_t *list);
/* report_logs.c */
void page_logs(struct text *t, const json_t *report);
