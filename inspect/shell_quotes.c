/* shell_quotes.c - quotes, substitutions, sums and braces of a shell script: what is text, and what is run in the middle of it. */
#include "inspect/shell_reading.h"
#include <ctype.h>
#include <string.h>

/* *r->at is behind what opened them. */
void shell_substitution(struct reading *r, const char *opening)
{
	const char *start = r->at;
	struct reading deeper = { .shell = r->shell,
		.at = r->at,
		.end = r->end,
		.line = r->line,
		.depth = r->depth + 1,
		.inside = shell_number(r),
		.from = -1,
		.last = -1,
		.closed = -1,
		.group = -1,
		.variables = r->variables };

	shell_put_bytes(r, opening, strlen(opening));
	if (deeper.depth > SHELL_DEPTH) {
		r->shell->more++;
		return;
	}
	shell_read_commands(&deeper, ')');
	shell_put_bytes(r, start, (size_t)(deeper.at - start));
	r->at = deeper.at;
	r->line = deeper.line;
}

void shell_backticks(struct reading *r)
{
	AUTO_FREE char *text = mem_alloc((size_t)(r->end - r->at) + 1);
	size_t len = 0;
	unsigned line = r->line;

	shell_put_bytes(r, "$(", 2);
	for (; r->at < r->end && *r->at != '`'; r->at++) {
		r->line += *r->at == '\n';
		if (*r->at == '\\' && r->at + 1 < r->end && strchr("`$\\", r->at[1]))
			r->at++;
		text[len++] = *r->at;
	}
	r->at += r->at < r->end;
	shell_put_bytes(r, text, len);
	shell_put(r, ')');
	shell_read_nested(r, text, len, shell_number(r), false, line);
}

/* Up to `most` digits; how many there were. */
static int digits(const struct reading *r, const char *at, int most, unsigned base, char *ret)
{
	unsigned value = 0;
	int used = 0;

	for (; used < most && at + used < r->end && isxdigit((unsigned char)at[used]); used++) {
		unsigned char c = (unsigned char)at[used];
		unsigned digit = isdigit(c) ? (unsigned)c - '0' : (unsigned)tolower(c) - 'a' + 10;

		if (digit >= base)
			break;
		value = value * base + digit;
	}
	*ret = (char)value;
	return used;
}

/* $'...' */
static void take_escapes(struct reading *r)
{
	for (; r->at < r->end && *r->at != '\''; r->at++) {
		char c = *r->at, byte;
		int used;

		r->line += c == '\n';
		if (c != '\\' || r->at + 1 >= r->end) {
			shell_put(r, c);
			continue;
		}
		c = *++r->at;
		if (c == 'x' && (used = digits(r, r->at + 1, 2, 16, &byte)) > 0) {
			shell_put(r, byte);
			r->at += used;
		} else if ((used = digits(r, r->at, 3, 8, &byte)) > 0) {
			shell_put(r, byte);
			r->at += used - 1;
		} else {
			shell_put(r, c == 'n' ? '\n' : c == 't' ? '\t' : c);
		}
	}
	r->at += r->at < r->end;
	r->has_word = true;
}

/* Where the quotes that open at `at` are closed. */
static const char *behind_quotes(const char *at, const char *end)
{
	char quote = *at++;

	for (; at < end && *at != quote; at++)
		at += *at == '\\' && quote == '"' && at + 1 < end;
	return at < end ? at + 1 : end;
}

/* Is what begins with "((" a sum, which ends with "))" of its own, or a subshell in a substitution? */
static bool is_sum(const struct reading *r)
{
	unsigned depth = 0;
	const char *at = r->at;

	while (at < r->end) {
		char c = *at;

		if (c == '\'' || c == '"') {
			at = behind_quotes(at, r->end);
			continue;
		}
		at += c == '\\' && at + 1 < r->end ? 2 : 1;
		depth += c == '(';
		if (c == ')' && --depth == 1)
			return at < r->end && *at == ')';
	}
	return true; /* never closed: no shell would run it */
}

/* What may be run inside of ${...} and $((...)). True: it was taken. */
static bool take_inner(struct reading *r, char c)
{
	if (c == '`')
		shell_backticks(r);
	else if (c == '$' && r->at < r->end && strchr("({", *r->at))
		shell_dollar(r, true);
	else
		return false;
	return true;
}

/* $((...)): text, but for substitutions. */
static void take_sum(struct reading *r)
{
	unsigned depth = 0;

	shell_put(r, '$');
	while (r->at < r->end) {
		char c = *r->at++;

		r->line += c == '\n';
		if (take_inner(r, c))
			continue;
		shell_put(r, c);
		depth += c == '(';
		if (c == ')' && --depth == 0)
			break;
	}
}

/* ${...}: quotes hide a brace, but single ones not inside of double ones. */
static void take_braces(struct reading *r, bool in_quotes)
{
	unsigned depth = 0;
	char quote = 0;

	shell_put(r, '$');
	while (r->at < r->end) {
		char c = *r->at++;

		r->line += c == '\n';
		if (c == '\\' && quote != '\'' && r->at < r->end) {
			shell_put(r, c);
			shell_put(r, *r->at++);
			continue;
		}
		if (quote ? c == quote : c == '"' || (c == '\'' && !in_quotes))
			quote = quote ? 0 : c;
		else if (quote != '\'' && take_inner(r, c))
			continue;
		shell_put(r, c);
		depth += c == '{' && !quote;
		if (c == '}' && !quote && --depth == 0)
			break;
	}
}

/* "$IFS", "${IFS}": as good as a blank. Its length, 0: it is none. */
static size_t blank_name(const struct reading *r)
{
	static const char *const names[] = { "IFS", "{IFS}" };
	size_t left = (size_t)(r->end - r->at);

	for (size_t i = 0; i < COUNT(names); i++) {
		size_t len = strlen(names[i]);

		if (left >= len && memcmp(r->at, names[i], len) == 0 &&
			(i > 0 || left == len || (!isalnum((unsigned char)r->at[len]) && r->at[len] != '_')))
			return len;
	}
	return 0;
}

/* "$" was read: $(..), $((..)), ${..}, $'..', or a name. */
void shell_dollar(struct reading *r, bool in_quotes)
{
	char c = r->at < r->end ? *r->at : 0;
	bool is_deep = r->depth > SHELL_DEPTH;
	size_t blank = in_quotes ? 0 : blank_name(r);

	if (blank > 0) {
		shell_end_word(r);
		r->at += blank;
		return;
	}
	r->depth++;
	r->shell->more += is_deep;
	if (is_deep)
		shell_put(r, '$');
	else if (c == '(' && r->at + 1 < r->end && r->at[1] == '(' && is_sum(r))
		take_sum(r);
	else if (c == '{')
		take_braces(r, in_quotes);
	else if (c == '(') {
		r->at++;
		r->depth--;
		shell_substitution(r, "$(");
		r->depth++;
	} else if (!in_quotes && c == '\'') {
		r->at++;
		take_escapes(r);
	} else {
		shell_put(r, '$');
	}
	r->depth--;
}

void shell_double_quotes(struct reading *r)
{
	r->has_word = r->is_quoted = true;
	while (r->at < r->end && *r->at != '"') {
		char c = *r->at++;

		r->line += c == '\n';
		if (c == '\\' && r->at < r->end && strchr("\"$`\\\n", *r->at)) {
			if (*r->at != '\n')
				shell_put(r, *r->at);
			r->line += *r->at++ == '\n';
		} else if (c == '$') {
			shell_dollar(r, true);
		} else if (c == '`') {
			shell_backticks(r);
		} else {
			shell_put(r, c);
		}
	}
	r->at += r->at < r->end;
}

void shell_single_quotes(struct reading *r)
{
	r->has_word = r->is_quoted = true;
	while (r->at < r->end && *r->at != '\'') {
		r->line += *r->at == '\n';
		shell_put(r, *r->at++);
	}
	r->at += r->at < r->end;
}
