/* brief.h - an RfC as a page that people say yes or no to: sentences under headings, from its believed records; and the board's list. */
#pragma once
#include "release/release.h"

/* role: whom it is for ("department/finance"; NULL: the board, which sees all of it). {"rfc","for","title","state","priority","revision",
 * "sections": [{"heading","items": [text]}]} */
int rfc_brief(struct release *r, const char *id, const char *role, json_t **ret, struct err *e) MUST;
/* What waits for a word, most urgent first: [{"id","priority","impact","state","title","window","waits": [role or reason],"requester"}]. until: leaves out
 * what may be released only after that time (0: nothing). */
int rfc_agenda(struct release *r, int64_t until, json_t **ret, struct err *e) MUST;

/* brief_page.c: the same as text and as one self-contained HTML page; malloc. */
char *brief_text(const json_t *brief);
char *brief_html(const json_t *brief);
