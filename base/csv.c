/* csv.c - one pass over the bytes; quotes open a cell or are refused. */
#include "base/csv.h"
#include "base/text.h"
#include <string.h>

struct csv {
	const char *bytes, *file;
	size_t len, at, line;
	struct err *e;
};

static int wrong(const struct csv *c, size_t line, const char *what)
{
	return err_usage(c->e, "%s:%zu: %s", c->file, line, what);
}

static bool ends_line(const struct csv *c, size_t *ret_len)
{
	*ret_len = c->at < c->len && c->bytes[c->at] == '\n'                                   ? 1
		: c->at + 1 < c->len && c->bytes[c->at] == '\r' && c->bytes[c->at + 1] == '\n' ? 2
											       : 0;
	return *ret_len > 0;
}

static int quoted(struct csv *c, struct text *cell)
{
	size_t begun = c->line, end;

	for (c->at++; c->at < c->len; c->at++) {
		char byte = c->bytes[c->at];

		if (byte == '"') {
			c->at++;
			if (c->at < c->len && c->bytes[c->at] == '"') {
				text_bytes(cell, "\"", 1);
				continue;
			}
			return c->at == c->len || c->bytes[c->at] == ',' || ends_line(c, &end)
				? 0
				: wrong(c, c->line, "bytes behind a closing quote");
		}
		c->line += byte == '\n';
		text_bytes(cell, &byte, 1);
		if (cell->len > CSV_CELL_MAX)
			break;
	}
	return wrong(c, begun, cell->len > CSV_CELL_MAX ? "a cell is too long" : "a quote is never closed");
}

static int plain(struct csv *c, struct text *cell)
{
	size_t start = c->at, end;

	while (c->at < c->len && c->bytes[c->at] != ',' && !ends_line(c, &end)) {
		if (c->bytes[c->at] == '"' || c->bytes[c->at] == '\r')
			return wrong(c, c->line,
				c->bytes[c->at] == '"' ? "a quote inside a cell that does not begin with one"
						       : "a carriage return without a line end");
		c->at++;
	}
	if (c->at - start > CSV_CELL_MAX)
		return wrong(c, c->line, "a cell is too long");
	text_bytes(cell, c->bytes + start, c->at - start);
	return 0;
}

static int has_stray_control(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (((unsigned char)text[i] < ' ' && text[i] != '\n' && text[i] != '\r') || text[i] == 0x7f)
			return 1;
	return 0;
}

static int add_cell(struct csv *c, json_t *cells, size_t line)
{
	struct text cell = { 0 };
	int result = c->at < c->len && c->bytes[c->at] == '"' ? quoted(c, &cell) : plain(c, &cell);

	if (result == 0 && (has_stray_control(cell.at, cell.len) || !text_is_utf8(cell.at, cell.len)))
		result = wrong(c, line, "a cell that is no text");
	if (result == 0 && json_array_size(cells) >= CSV_CELLS_MAX)
		result = wrong(c, line, "too many cells");
	if (result == 0)
		json_array_append_new(cells, json_stringn(cell.len ? cell.at : "", cell.len));
	text_done(&cell);
	return result;
}

static int add_record(struct csv *c, json_t *records)
{
	AUTO_JSON *cells = json_array();
	size_t line = c->line, end;
	const json_t *first = json_array_get(records, 0);

	for (;;) {
		if (add_cell(c, cells, line))
			return -1;
		if (c->at == c->len || c->bytes[c->at] != ',')
			break;
		c->at++;
	}
	if (ends_line(c, &end)) {
		c->at += end;
		c->line++;
	}
	if (first && json_array_size(json_list(first, "cells")) != json_array_size(cells))
		return err_usage(c->e, "%s:%zu: %zu cells, the first line has %zu", c->file, line,
			json_array_size(cells), json_array_size(json_list(first, "cells")));
	if (json_array_size(records) >= CSV_RECORDS_MAX)
		return wrong(c, line, "too many lines");
	return json_array_append_new(records, json_pack("{s:I, s:O}", "line", (json_int_t)line, "cells", cells));
}

int csv_parse(const char *bytes, size_t len, const char *file, json_t **ret, struct err *e)
{
	AUTO_JSON *records = json_array();
	struct csv c = { bytes, file, len, len >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0 ? 3 : 0, 1, e };

	while (c.at < c.len)
		if (add_record(&c, records))
			return -1;
	*ret = json_incref(records);
	return 0;
}
