/* shell_redirects.c - redirections and here-documents of a shell script. */
#include "inspect/shell_reading.h"
#include <ctype.h>
#include <string.h>

/* Inside of ((...)), $[...] or NAME[...], "<<" shifts bits; for another shell the same may begin a here-document. */
static bool is_shift(struct reading *r)
{
	int open = 0;

	if (r->variables->shifts > SHIFTS_MAX)
		return true;
	for (size_t i = 0; i < r->words.len && r->has_command; i++)
		for (const char *at = r->words.at[i]; *at; at++)
			open += *at == '[' ? 1 : *at == ']' ? -1 : 0;
	for (size_t i = 0; i < r->word.len; i++)
		open += r->word.at[i] == '[' ? 1 : r->word.at[i] == ']' ? -1 : 0;
	return open > 0 || r->sums > 0;
}

/* "<<" was read as a shift. Could the text behind it end a here-document? Then nobody knows which of both it is. */
static bool is_maybe_heredoc(const struct reading *r)
{
	const char *at = r->at, *line, *end = r->end;
	size_t len = 0;

	while (at < end && (*at == '-' || *at == ' ' || *at == '\t'))
		at++;
	while (at + len < end && (isalnum((unsigned char)at[len]) || at[len] == '_'))
		len++;
	if (len == 0)
		return true;
	for (line = memchr(at, '\n', (size_t)(end - at)); line; line = memchr(line, '\n', (size_t)(end - line))) {
		line++;
		while (line < end && *line == '\t')
			line++;
		if ((size_t)(end - line) >= len && memcmp(line, at, len) == 0)
			return true;
	}
	return false;
}

void shell_take_redirect(struct reading *r, char c)
{
	static const char *const ops[] = { "<<<", "<<-", "<<", "<&", "<>", ">>", ">&", ">|", "<", ">" };
	bool is_digits = r->has_word && !r->is_quoted;

	if (c == '<' && r->at < r->end && *r->at == '<' && (r->end - r->at < 2 || r->at[1] != '<') && is_shift(r)) {
		shell_put(r, '<');
		shell_put(r, *r->at++);
		r->shell->more += ++r->variables->shifts > SHIFTS_MAX || is_maybe_heredoc(r);
		return;
	}
	for (size_t i = 0; i < r->word.len; i++)
		is_digits = is_digits && isdigit((unsigned char)r->word.at[i]);
	if (is_digits) { /* 2> */
		r->has_word = false;
		r->word.len = 0;
	}
	shell_end_word(r);
	shell_number(r);
	r->at--; /* at c again */
	for (size_t i = 0; i < COUNT(ops); i++) {
		size_t len = strlen(ops[i]);

		if ((size_t)(r->end - r->at) >= len && memcmp(r->at, ops[i], len) == 0) {
			r->at += len;
			r->pending = ops[i];
			break;
		}
	}
	if (r->at < r->end && *r->at == '(' && (strcmp(r->pending, "<") == 0 || strcmp(r->pending, ">") == 0)) {
		r->pending = NULL;
		r->at++;
		shell_substitution(r, c == '<' ? "<(" : ">(");
	}
}

/* What an unquoted here-document has put in by running it. */
static void read_expansions(struct reading *r, const struct heredoc *h, const char *at, const char *end, unsigned line)
{
	struct reading body = { .shell = r->shell,
		.at = at,
		.end = end,
		.line = line,
		.depth = r->depth + 1,
		.inside = h->command,
		.has_command = true,
		.from = h->command, /* its number */
		.last = -1,
		.closed = -1,
		.group = -1,
		.variables = r->variables };

	while (body.at < body.end) {
		char c = *body.at++;

		body.line += c == '\n';
		if (c == '\\' && body.at < body.end)
			body.at++;
		else if (c == '$')
			shell_dollar(&body, true);
		else if (c == '`')
			shell_backticks(&body);
		body.word.len = 0;
	}
	LIST_DONE(&body.word);
}

/* Is a here-document of the command's what a shell runs: that command, one behind a pipe, or a script that it writes? */
enum { PIPE_MAX = 256 };
static bool is_run_text(const struct reading *r, const struct heredoc *h, const char *body, size_t len)
{
	const struct shell_words *s = r->shell;
	int own = h->command;
	const char *end = memchr(body, '\n', len);

	if (len > 2 && memcmp(body, "#!", 2) == 0 && end && end[-1] == 'h')
		return true;
	for (size_t i = (size_t)own, last = i + PIPE_MAX; i < s->commands.len && i < last; i++) {
		const struct shell_command *c = &s->commands.at[i];

		if (((int)i != own && c->from != own) || c->words == NULL)
			continue;
		if (shell_is_shell(shell_program(c, &(size_t){ 0 })))
			return true;
		own = (int)i;
	}
	return false;
}

/* Keeps the text with the command: another language's program may be in it. */
static void keep_text(struct reading *r, const struct heredoc *h, const char *body, size_t len)
{
	const struct shell_command *c = &r->shell->commands.at[h->command];

	for (size_t i = 0; i < c->redirects_len; i++)
		if (c->redirects[i].target == h->delimiter) {
			char *text = arena_copy(&r->shell->arena, body, len);

			r->shell->more += text == NULL;
			((struct shell_redirect *)(uintptr_t)c->redirects)[i].text = text;
		}
}

/* Behind a line's end: the here-documents that the line announced. */
void shell_take_heredocs(struct reading *r)
{
	for (size_t i = 0; i < r->heredocs.len; i++) {
		const struct heredoc *h = &r->heredocs.at[i];
		const char *start = r->at, *body_end = r->at;
		unsigned line = r->line;

		while (r->at < r->end) {
			const char *stop = memchr(r->at, '\n', (size_t)(r->end - r->at)), *from = r->at;
			size_t len = (size_t)((stop ? stop : r->end) - r->at);

			r->at += len + (stop != NULL);
			r->line++;
			while (h->strips_tabs && len > 0 && *from == '\t')
				from++, len--;
			if (len == strlen(h->delimiter) && memcmp(from, h->delimiter, len) == 0)
				break;
			body_end = r->at;
		}
		if (h->command < 0 || (size_t)h->command >= r->shell->commands.len)
			continue;
		bool is_run = is_run_text(r, h, start, (size_t)(body_end - start)), has_user;
		struct shell_command own = r->shell->commands.at[h->command];

		if (is_run)
			shell_read_nested(r, start, (size_t)(body_end - start), h->command, true, line);
		else if (own.words && shell_writes_cron(&own, &has_user))
			shell_read_cron(
				r, h->command, (struct slice){ start, (size_t)(body_end - start) }, has_user, line);
		else
			keep_text(r, h, start, (size_t)(body_end - start));
		if (!h->is_quoted && !is_run)
			read_expansions(r, h, start, body_end, line);
	}
	r->heredocs.len = 0;
}
