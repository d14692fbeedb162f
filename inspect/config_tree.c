/* config_tree.c - configuration as a tree: YAML (read by its indents), JSON, and the flow form both share. Lists count for nothing in a key, except
 * that an item with a "name" has that name as its section. */
#include "base/json.h"
#include "base/text.h"
#include "inspect/config_form.h"
#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

/* ---- flow: {a: b, "c": [d, {e: f}]} */

static void forward(struct slice *s, size_t len)
{
	len = len < s->len ? len : s->len;
	s->at += len, s->len -= len;
}

static void flow_blanks(struct slice *s)
{
	while (s->len > 0) {
		struct slice gone;

		if (isspace((unsigned char)s->at[0]) || s->at[0] == ',')
			forward(s, 1);
		else if (s->len > 1 && memcmp(s->at, "//", 2) == 0)
			slice_cut(s, '\n', &gone);
		else
			break;
	}
}

/* A scalar up to what ends it; quotes are taken off. */
static struct slice flow_scalar(struct slice *s, bool is_key)
{
	const char *start = s->at;
	char quote = s->len > 0 && (*start == '"' || *start == '\'') ? *start : 0;
	struct slice text;
	size_t i = quote ? 1 : 0;

	for (; i < s->len; i++) {
		char c = s->at[i];

		if (quote && c == '\\' && quote == '"')
			i++;
		else if (quote ? c == quote : strchr(",}]\n", c) != NULL || (is_key && c == ':'))
			break;
	}
	i = i > s->len ? s->len : i;
	text = quote ? (struct slice){ start + 1, i - 1 } : slice_trim((struct slice){ start, i });
	forward(s, i + (quote != 0));
	return text;
}

static void flow_value(struct config_at *at, struct slice *s, struct slice key, unsigned line, unsigned depth);

static void flow_map(struct config_at *at, struct slice *s, unsigned line, unsigned depth)
{
	for (flow_blanks(s); s->len > 0 && s->at[0] != '}'; flow_blanks(s)) {
		size_t before = s->len;
		struct slice key = flow_scalar(s, true);

		if (s->len > 0 && s->at[0] == ':')
			forward(s, 1);
		while (s->len > 0 && isspace((unsigned char)s->at[0]))
			forward(s, 1);
		flow_value(at, s, key, line, depth);
		if (s->len == before) /* nothing that means anything */
			forward(s, 1);
	}
	forward(s, 1);
}

static void flow_list(struct config_at *at, struct slice *s, struct slice key, unsigned line, unsigned depth)
{
	for (flow_blanks(s); s->len > 0 && s->at[0] != ']'; flow_blanks(s)) {
		size_t before = s->len;

		flow_value(at, s, key, line, depth);
		if (s->len == before)
			forward(s, 1);
	}
	forward(s, 1);
}

static void flow_value(struct config_at *at, struct slice *s, struct slice key, unsigned line, unsigned depth)
{
	char c = s->len > 0 ? s->at[0] : 0;

	if ((c != '{' && c != '[') || depth >= CONFIG_DEPTH) {
		config_add(at, key, flow_scalar(s, false), line);
		return;
	}
	forward(s, 1);
	if (c == '[') {
		flow_list(at, s, key, line, depth + 1);
		return;
	}
	if (key.len > 0)
		config_push(at, key, INT_MAX);
	flow_map(at, s, line, depth + 1);
	if (key.len > 0)
		config_pop(at);
}

void config_flow(struct config_at *at, struct slice text, unsigned line)
{
	text = slice_trim(text);
	flow_value(at, &text, (struct slice){ "", 0 }, line, 0);
}

/* ---- JSON */

static void json_walk(struct config_at *at, const char *key, const json_t *value, unsigned depth)
{
	const json_t *item;
	const char *name;
	char number[64];
	size_t i;

	if (depth > CONFIG_DEPTH) {
		at->config->more++;
	} else if (json_is_object(value)) {
		if (*key)
			config_push(at, slice_of(key), 0);
		json_object_foreach((json_t *)(uintptr_t)value, name, item)
			json_walk(at, name, item, depth + 1);
		if (*key)
			config_pop(at);
	} else if (json_is_array(value)) {
		json_array_foreach((json_t *)(uintptr_t)value, i, item) {
			const char *own = json_text(item, "name");

			if (*own)
				config_push(at, slice_of(key), 0);
			json_walk(at, *own ? own : key, item, depth + 1);
			if (*own)
				config_pop(at);
		}
	} else if (json_is_string(value)) {
		config_add(at, slice_of(key), slice_of(json_string_value(value)), 0);
	} else if (json_is_number(value)) {
		snprintf(number, sizeof number, "%.15g", json_number_value(value));
		config_add(at, slice_of(key), slice_of(number), 0);
	} else {
		config_add(at, slice_of(key),
			slice_of(json_is_true(value)           ? "true"
					: json_is_false(value) ? "false"
							       : "null"),
			0);
	}
}

void config_json(struct config_at *at, struct slice text)
{
	AUTO_JSON *root = json_loadb(
		text.at, text.len, JSON_DECODE_ANY | JSON_ALLOW_NUL | JSON_REJECT_DUPLICATES, NULL);

	if (root == NULL)
		config_flow(at, text, 0); /* with comments, a key twice, or not JSON at all: as far as it makes sense */
	else
		json_walk(at, "", root, 0);
}

/* ---- YAML */

struct yaml {
	struct config_at *at;
	unsigned line;
	struct slice name; /* of "name: X" last seen, and its indent: "value: Y" beside it belongs to it */
	int name_indent;
	struct slice block; /* of a | or > scalar: lines deeper than block_indent */
	int block_indent;
	struct slice block_key;
	unsigned block_line;
	bool in_block;
};

/* The length of the key in front of ':' and a blank or the end; 0: there is none. */
static size_t yaml_key(struct slice s)
{
	size_t i = 0;

	if (s.len > 0 && (s.at[0] == '"' || s.at[0] == '\'')) {
		const char *end = memchr(s.at + 1, s.at[0], s.len - 1);

		i = end ? (size_t)(end - s.at) + 1 : s.len;
	}
	for (; i < s.len; i++)
		if (s.at[i] == ':' && (i + 1 == s.len || s.at[i + 1] == ' ' || s.at[i + 1] == '\t'))
			return i;
	return 0;
}

/* Takes &anchor and !tag off. */
static struct slice yaml_plain(struct slice s)
{
	s = config_cut_comment(slice_trim(s));
	if (s.len > 0 && s.at[0] == '#')
		s.len = 0;
	while (s.len > 0 && (s.at[0] == '&' || s.at[0] == '!')) {
		while (s.len > 0 && s.at[0] != ' ')
			forward(&s, 1);
		s = slice_trim(s);
	}
	return s;
}

static void yaml_scalar(struct yaml *y, struct slice key, struct slice value, int indent)
{
	bool is_flow = value.len > 1 && (value.at[0] == '{' || value.at[0] == '[');

	if (is_flow && key.len > 0) {
		config_push(y->at, key, INT_MAX);
		config_flow(y->at, value, y->line);
		config_pop(y->at);
		return;
	}
	if (is_flow) {
		config_flow(y->at, value, y->line);
		return;
	}
	value = config_unquote(value);
	config_add(y->at, key, value, y->line);
	if (slice_is(key, "name")) {
		y->name = value;
		y->name_indent = indent;
	} else if (slice_is(key, "value") && y->name.len > 0 && y->name_indent == indent) {
		config_add(y->at, y->name, value, y->line);
	}
}

static void yaml_statement(struct yaml *y, struct slice s, int indent)
{
	bool is_item = false;
	struct slice key = { "", 0 }, value;
	size_t len;

	while (s.len > 0 && s.at[0] == '-' && (s.len == 1 || s.at[1] == ' ')) {
		while (y->at->depth > 0 && config_mark(y->at) > indent) /* a list may stand as far left as its key */
			config_pop(y->at);
		indent++;
		forward(&s, 1);
		for (; s.len > 0 && s.at[0] == ' '; indent++)
			forward(&s, 1);
		is_item = true;
		y->name.len = 0;
	}
	while (y->at->depth > 0 && config_mark(y->at) >= indent)
		config_pop(y->at);
	len = yaml_key(s);
	value = yaml_plain(len > 0 ? (struct slice){ s.at + len + 1, s.len - len - 1 } : s);
	if (len == 0) {
		if (is_item && value.len > 0)
			yaml_scalar(y, key, value, indent);
		return;
	}
	key = config_unquote((struct slice){ s.at, len });
	if (value.len > 0 && (value.at[0] == '|' || value.at[0] == '>') && value.len <= 3) {
		y->in_block = true;
		y->block = (struct slice){ NULL, 0 };
		y->block_key = key;
		y->block_indent = indent;
		y->block_line = y->line + 1;
		return;
	}
	if (value.len > 0)
		yaml_scalar(y, key, value, indent);
	if (value.len > 0 && is_item && slice_is(key, "name"))
		config_push(y->at, config_unquote(value), indent - 1);
	else if (value.len == 0)
		config_push(y->at, key, indent);
}

/* What a block scalar holds is often a configuration file of its own. */
static void yaml_end_block(struct yaml *y)
{
	if (y->in_block && y->block.len > 0) {
		config_push(y->at, y->block_key, INT_MAX);
		config_lines(y->at, "", y->block, y->block_line);
		config_pop(y->at);
	}
	y->in_block = false;
}

void config_yaml(struct config_at *at, struct slice text)
{
	struct yaml *y = mem_alloc(sizeof *y);
	struct slice raw;

	y->at = at;
	while (slice_cut(&text, '\n', &raw)) {
		struct slice line = slice_trim(raw);
		int indent = 0;

		y->line++;
		while ((size_t)indent < raw.len && indent < 1000 && raw.at[indent] == ' ')
			indent++;
		if (y->in_block && (line.len == 0 || indent > y->block_indent)) {
			if (y->block.at == NULL)
				y->block.at = raw.at;
			y->block.len = (size_t)(raw.at + raw.len - y->block.at);
			continue;
		}
		yaml_end_block(y);
		if (line.len == 0 || line.at[0] == '#' || line.at[0] == '%')
			continue;
		if (line.len >= 3 && (memcmp(line.at, "---", 3) == 0 || memcmp(line.at, "...", 3) == 0)) {
			while (at->depth > 0)
				config_pop(at);
			y->name.len = 0;
			continue;
		}
		yaml_statement(y, line, indent);
	}
	yaml_end_block(y);
	while (at->depth > 0)
		config_pop(at);
	free(y);
}
