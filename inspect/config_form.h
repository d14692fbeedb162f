/* config_form.h - between the readers of the forms and their list. Private to inspect/config*.c. */
#pragma once
#include "inspect/config.h"

enum { CONFIG_DEPTH = 24 };
/* Where in the file's sections we are. */
struct config_at {
	struct config *config;
	char path[CONFIG_SECTION_MAX];
	size_t len;
	struct {
		size_t len; /* of path before it */
		int mark;   /* the form's own: an indent, a kind of section */
	} frames[CONFIG_DEPTH];
	unsigned depth, over; /* over: sections beyond CONFIG_DEPTH that are open */
};
void config_push(struct config_at *at, struct slice name, int mark);
void config_pop(struct config_at *at);
int config_mark(const struct config_at *at); /* of the innermost; INT_MIN when there is none */
/* An item below where we are; an empty key says the section itself. */
void config_add(struct config_at *at, struct slice key, struct slice value, unsigned line);
struct slice config_unquote(struct slice s);
struct slice config_cut_comment(struct slice s); /* " # ..." outside quotes */

void config_lines(struct config_at *at, const char *path, struct slice text, unsigned line);
void config_yaml(struct config_at *at, struct slice text);
void config_flow(
	struct config_at *at, struct slice text, unsigned line); /* {a: 1, "b": [2]}: YAML's, and broken JSON */
void config_json(struct config_at *at, struct slice text);
void config_pg_hba(struct config_at *at, struct slice text); /* config_columns.c */
void config_master(struct config_at *at, struct slice text);
void config_xml(struct config_at *at, struct slice text);
