/* shell_words.c - a reader of shell scripts that stops at words: one pass over the bytes, one level deeper for each substitution. */
#include "inspect/shell_words.h"
#include "base/text.h"
#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum { VARIABLES_MAX = 64, HEREDOCS_MAX = 8 };

struct heredoc {
	const char *delimiter; /* the script's */
	bool strips_tabs;
	int command;
};
/* What a level of reading knows; deeper levels share the script. */
struct reading {
	struct shell_words *shell;
	const char *at, *end;
	unsigned line, depth;
	int inside;
	bool is_text;
	char *word; /* SHELL_WORD_MAX bytes, being put together */
	size_t word_len;
	bool has_word, is_quoted;
	const char **words; /* of the command being put together; SHELL_WORDS_MAX */
	size_t words_len;
	struct shell_command command;
	bool has_command;
	const char *pending;    /* redirection that waits for its target */
	int from;               /* the pipe's left side */
	int last;               /* the command that ended last: what a pipe behind a group reads from */
	unsigned parens, cases; /* open ones */
	bool in_pattern;        /* behind "in" or ";;" of a case */
	struct heredoc heredocs[HEREDOCS_MAX];
	size_t heredocs_len;
	struct variables *variables;
};
struct variables {
	struct {
		const char *name, *value;
	} at[VARIABLES_MAX];
	size_t len;
};

static void read_commands(struct reading *r, char closing);

static void read_nested(struct reading *r, const char *bytes, size_t len, int inside, bool is_text, unsigned line)
{
	struct reading deeper = { .shell = r->shell,
		.at = bytes,
		.end = bytes + len,
		.line = line,
		.depth = r->depth + 1,
		.inside = inside,
		.is_text = is_text,
		.from = -1,
		.last = -1,
		.variables = r->variables };

	if (deeper.depth > SHELL_DEPTH) {
		r->shell->more++;
		return;
	}
	read_commands(&deeper, 0);
}

/* ---- words */

static void put(struct reading *r, char c)
{
	r->has_word = true;
	if (r->word_len + 1 < SHELL_WORD_MAX && c != 0)
		r->word[r->word_len++] = c;
}

static void put_bytes(struct reading *r, const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		put(r, bytes[i]);
}

/* A command gets its number when its first word or substitution begins, so that what is inside can name it. */
static int number(struct reading *r)
{
	struct shell_words *s = r->shell;

	if (!r->has_command) {
		if (s->commands.len >= SHELL_COMMANDS_MAX) {
			s->more++;
			return -1;
		}
		r->has_command = true;
		*LIST_ADD(&s->commands) = (struct shell_command){
			.from = r->from, .inside = r->inside, .is_text = r->is_text, .line = r->line
		};
		r->command = s->commands.at[s->commands.len - 1];
		r->command.redirects_len = 0;
		r->words_len = 0;
		r->from = (int)s->commands.len - 1; /* its number, until it ends */
	}
	return r->from;
}

static void end_word(struct reading *r)
{
	const char *text;
	int own;

	if (!r->has_word)
		return;
	own = number(r);
	text = own < 0 ? NULL : arena_copy(&r->shell->arena, r->word, r->word_len);
	r->has_word = false;
	r->word_len = 0;
	if (text == NULL) {
		r->shell->more += own >= 0;
	} else if (r->pending) {
		struct shell_command *c = &r->command;

		if (strncmp(r->pending, "<<", 2) == 0 && r->pending[2] != '<' && r->heredocs_len < HEREDOCS_MAX) {
			struct heredoc *h = &r->heredocs[r->heredocs_len++];

			h->delimiter = text;
			h->strips_tabs = r->pending[2] == '-';
			h->command = own;
		}
		if (c->redirects_len < SHELL_REDIRECTS_MAX)
			c->redirects[c->redirects_len++] = (struct shell_redirect){ r->pending, text };
	} else if (r->words_len < SHELL_WORDS_MAX) {
		r->words[r->words_len++] = text;
	}
	r->pending = NULL;
	r->is_quoted = false;
}

/* ---- the end of a command */

static void assign(struct reading *r, const char *word)
{
	struct variables *v = r->variables;
	size_t len = strcspn(word, "=+");
	const char *name = arena_copy(&r->shell->arena, word, len);

	if (name == NULL || word[len] != '=' || word[len + 1] == 0)
		return;
	for (size_t i = 0; i < v->len; i++)
		if (strcmp(v->at[i].name, name) == 0) {
			v->at[i].value = word + len + 1;
			return;
		}
	if (v->len < VARIABLES_MAX) {
		v->at[v->len].name = name;
		v->at[v->len++].value = word + len + 1;
	}
}

/* "$C", "${C}" when C is known; NULL. */
static const char *value_of(const struct reading *r, const char *word)
{
	size_t len;

	if (*word != '$')
		return NULL;
	word += 1 + (word[1] == '{');
	len = strspn(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789");
	if (len == 0 || (word[len] != 0 && strcmp(word + len, "}") != 0))
		return NULL;
	for (size_t i = 0; i < r->variables->len; i++)
		if (strlen(r->variables->at[i].name) == len && memcmp(r->variables->at[i].name, word, len) == 0)
			return r->variables->at[i].value;
	return NULL;
}

static bool is_keyword(const char *word)
{
	static const char *const words[] = { "if", "then", "else", "elif", "fi", "do", "done", "while", "until", "!",
		"{", "}", "esac", "time" };

	for (size_t i = 0; i < COUNT(words); i++)
		if (strcmp(word, words[i]) == 0)
			return true;
	return false;
}

/* Text that the command hands to a shell: sh -c TEXT, su -c TEXT, eval WORDS, trap TEXT. */
static void read_text(struct reading *r, int own, const struct shell_command *c)
{
	size_t first;
	const char *program = shell_program(c, &first);
	bool is_c = shell_is_shell(program) || strcmp(program, "su") == 0 || strcmp(program, "runuser") == 0;

	if (strcmp(program, "eval") == 0)
		for (size_t i = first + 1; i < c->len; i++)
			read_nested(r, c->words[i], strlen(c->words[i]), own, true, c->line);
	else if (strcmp(program, "trap") == 0 && first + 1 < c->len)
		read_nested(r, c->words[first + 1], strlen(c->words[first + 1]), own, true, c->line);
	for (size_t i = first + 1; is_c && i + 1 < c->len; i++) {
		size_t len = strlen(c->words[i]);

		if (c->words[i][0] == '-' && c->words[i][1] != '-' && c->words[i][len - 1] == 'c') {
			read_nested(r, c->words[i + 1], strlen(c->words[i + 1]), own, true, c->line);
			break;
		}
	}
}

/* The command is put into the list; `is_dropped`: it was no command after all (a pattern of case, a function's name). Returns its number or -1. */
static int end_command(struct reading *r, bool is_dropped)
{
	size_t first = 0, count, words_len;
	struct shell_command c;
	const char **words, *value;
	int own;

	end_word(r);
	if (!r->has_command) {
		r->from = -1;
		return r->last;
	}
	own = r->from;
	r->has_command = false;
	words_len = r->words_len;
	r->words_len = 0;
	r->from = -1;
	r->pending = NULL;
	while (first < words_len && is_keyword(r->words[first]))
		first++;
	for (size_t i = first; i < words_len && shell_is_assignment(r->words[i]); i++)
		assign(r, r->words[i]);
	while (first + 1 < words_len && shell_is_assignment(r->words[first]))
		first++;
	count = is_dropped ? 0 : words_len - first;
	words = arena_alloc(&r->shell->arena, (count + 1) * sizeof *words);
	if (words == NULL) {
		r->shell->more++;
		return -1;
	}
	for (size_t i = 0; i < count; i++)
		words[i] = r->words[first + i];
	if (count > 0 && (value = value_of(r, words[0])) != NULL)
		words[0] = arena_copy(&r->shell->arena, value, strcspn(value, " \t"));
	if (count > 0 && words[0] == NULL)
		count = 0;
	c = r->command;
	c.words = words;
	c.len = count;
	r->shell->commands.at[own] = c;
	read_text(r, own, &c);
	r->last = count > 0 ? own : r->last; /* "}", "done": the command before it */
	return r->last;
}

/* ---- case: what stands before ")" is no command */

static bool is_word(const struct reading *r, size_t i, const char *word)
{
	return i < r->words_len && strcmp(r->words[i], word) == 0;
}

/* Called where a line or a command ends: false when only a pattern goes on. */
static bool leaves_pattern(struct reading *r)
{
	end_word(r);
	if (r->in_pattern && r->has_command && !is_word(r, 0, "esac"))
		return false;
	if (r->has_command && is_word(r, 0, "case") && is_word(r, 2, "in") && r->words_len > 3)
		return false;
	return true;
}

static void note_case(struct reading *r)
{
	if (is_word(r, 0, "case") && is_word(r, 2, "in")) {
		r->cases++;
		r->in_pattern = r->words_len == 3;
	} else if (is_word(r, 0, "esac")) {
		r->cases -= r->cases > 0;
		r->in_pattern = false;
	}
}

/* ---- quotes and substitutions; *r->at is behind what opened them */

static void take_substitution(struct reading *r, const char *opening)
{
	const char *start = r->at;
	struct reading deeper = { .shell = r->shell,
		.at = r->at,
		.end = r->end,
		.line = r->line,
		.depth = r->depth + 1,
		.inside = number(r),
		.from = -1,
		.last = -1,
		.variables = r->variables };

	put_bytes(r, opening, strlen(opening));
	if (deeper.depth > SHELL_DEPTH) {
		r->shell->more++;
		return;
	}
	read_commands(&deeper, ')');
	put_bytes(r, start, (size_t)(deeper.at - start));
	r->at = deeper.at;
	r->line = deeper.line;
}

static void take_backticks(struct reading *r)
{
	AUTO_FREE char *text = mem_alloc(
		(size_t)(r->end - r->at) < SHELL_WORD_MAX ? (size_t)(r->end - r->at) + 1 : SHELL_WORD_MAX);
	size_t len = 0;
	unsigned line = r->line;

	put_bytes(r, "$(", 2);
	for (; r->at < r->end && *r->at != '`'; r->at++) {
		r->line += *r->at == '\n';
		if (*r->at == '\\' && r->at + 1 < r->end && strchr("`$\\", r->at[1]))
			r->at++;
		if (len + 1 < SHELL_WORD_MAX)
			text[len++] = *r->at;
	}
	r->at += r->at < r->end;
	put_bytes(r, text, len);
	put(r, ')');
	read_nested(r, text, len, number(r), false, line);
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
			put(r, c);
			continue;
		}
		c = *++r->at;
		if (c == 'x' && (used = digits(r, r->at + 1, 2, 16, &byte)) > 0) {
			put(r, byte);
			r->at += used;
		} else if ((used = digits(r, r->at, 3, 8, &byte)) > 0) {
			put(r, byte);
			r->at += used - 1;
		} else {
			put(r, c == 'n' ? '\n' : c == 't' ? '\t' : c);
		}
	}
	r->at += r->at < r->end;
	r->has_word = true;
}

/* "$" was read: $(..), $((..)), ${..}, $'..', or a name. */
static void take_dollar(struct reading *r, bool in_quotes)
{
	if (r->at + 1 < r->end && r->at[0] == '(' && r->at[1] == '(') {
		unsigned depth = 0;

		put(r, '$');
		for (; r->at < r->end; r->at++) {
			r->line += *r->at == '\n';
			put(r, *r->at);
			depth += *r->at == '(';
			if (*r->at == ')' && --depth == 0)
				break;
		}
		r->at += r->at < r->end;
	} else if (r->at < r->end && *r->at == '(') {
		r->at++;
		take_substitution(r, "$(");
	} else if (r->at < r->end && *r->at == '{') {
		unsigned depth = 0;

		put(r, '$');
		while (r->at < r->end) {
			char c = *r->at++;

			r->line += c == '\n';
			put(r, c);
			if (c == '$' && r->at < r->end && *r->at == '(') {
				r->word_len--; /* take_dollar writes it again */
				take_dollar(r, true);
				continue;
			}
			depth += c == '{';
			if (c == '}' && --depth == 0)
				break;
		}
	} else if (!in_quotes && r->at < r->end && *r->at == '\'') {
		r->at++;
		take_escapes(r);
	} else {
		put(r, '$');
	}
}

static void take_double_quotes(struct reading *r)
{
	r->has_word = r->is_quoted = true;
	while (r->at < r->end && *r->at != '"') {
		char c = *r->at++;

		r->line += c == '\n';
		if (c == '\\' && r->at < r->end && strchr("\"$`\\\n", *r->at)) {
			if (*r->at != '\n')
				put(r, *r->at);
			r->line += *r->at++ == '\n';
		} else if (c == '$') {
			take_dollar(r, true);
		} else if (c == '`') {
			take_backticks(r);
		} else {
			put(r, c);
		}
	}
	r->at += r->at < r->end;
}

static void take_single_quotes(struct reading *r)
{
	r->has_word = r->is_quoted = true;
	while (r->at < r->end && *r->at != '\'') {
		r->line += *r->at == '\n';
		put(r, *r->at++);
	}
	r->at += r->at < r->end;
}

/* ---- redirections and here-documents */

static void take_redirect(struct reading *r, char c)
{
	static const char *const ops[] = { "<<<", "<<-", "<<", "<&", "<>", ">>", ">&", ">|", "<", ">" };
	bool is_digits = r->has_word && !r->is_quoted;

	for (size_t i = 0; i < r->word_len; i++)
		is_digits = is_digits && isdigit((unsigned char)r->word[i]);
	if (is_digits) { /* 2> */
		r->has_word = false;
		r->word_len = 0;
	}
	end_word(r);
	number(r);
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
		take_substitution(r, c == '<' ? "<(" : ">(");
	}
}

/* Behind a line's end: the here-documents that the line announced. */
static void take_heredocs(struct reading *r)
{
	for (size_t i = 0; i < r->heredocs_len; i++) {
		const struct heredoc *h = &r->heredocs[i];
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
		if (h->command >= 0 && (size_t)h->command < r->shell->commands.len) {
			const struct shell_command *c = &r->shell->commands.at[h->command];

			if (c->words && shell_is_shell(shell_program(c, &(size_t){ 0 })))
				read_nested(r, start, (size_t)(body_end - start), h->command, true, line);
		}
	}
	r->heredocs_len = 0;
}

/* ---- one level */

static void take_separator(struct reading *r, char c)
{
	bool is_double = r->at < r->end && *r->at == c;
	int own;

	if (c == '&' && r->at < r->end && *r->at == '>') { /* &> FILE */
		end_word(r);
		return;
	}
	if (c == '&' && r->pending) { /* 2>&1 has been read as ">&" */
		put(r, c);
		return;
	}
	if (!leaves_pattern(r))
		return;
	note_case(r);
	own = end_command(r, false);
	if (c == ';' && r->cases > 0 && (is_double || (r->at < r->end && *r->at == '&')))
		r->in_pattern = true;
	if (is_double)
		r->at++;
	else if (c == '|')
		r->from = own;
	if (c == '|' && !is_double && r->at < r->end && *r->at == '&')
		r->at++;
}

/* False: this level ends here. */
static bool take_paren(struct reading *r, char c, char closing)
{
	bool is_begun = r->has_command || r->has_word;

	end_word(r);
	if (c == '(' && r->in_pattern) {
		return true;
	} else if (c == ')' && (r->in_pattern || is_word(r, 2, "in")) && is_begun && !is_word(r, 0, "esac")) {
		r->cases += !r->in_pattern && is_word(r, 0, "case");
		r->in_pattern = false;
		end_command(r, true);
		return true;
	}
	note_case(r);
	if (c == '(' && is_begun && r->at < r->end && *r->at == ')') { /* a function's name */
		r->at++;
		end_command(r, true);
	} else if (c == '(') {
		if (is_begun)
			end_command(r, false);
		r->parens++;
	} else if (r->parens > 0) {
		r->parens--;
		end_command(r, false);
	} else if (closing == ')') {
		end_command(r, false);
		return false;
	} else {
		end_command(r, true); /* a pattern of case */
	}
	return true;
}

static void take_comment(struct reading *r)
{
	while (r->at < r->end && *r->at != '\n')
		r->at++;
}

/* False: the level ends. */
static bool take(struct reading *r, char closing)
{
	char c = *r->at++;

	switch (c) {
	case '\n':
		if ((r->has_command || r->has_word) && leaves_pattern(r)) { /* else a pipe goes on in the next line */
			note_case(r);
			end_command(r, false);
		}
		r->line++;
		take_heredocs(r);
		break;
	case ' ':
	case '\t':
	case '\r':
		end_word(r);
		break;
	case ';':
	case '&':
	case '|':
		take_separator(r, c);
		break;
	case '(':
	case ')':
		return take_paren(r, c, closing);
	case '<':
	case '>':
		take_redirect(r, c);
		break;
	case '\'':
		take_single_quotes(r);
		break;
	case '"':
		take_double_quotes(r);
		break;
	case '`':
		take_backticks(r);
		break;
	case '$':
		take_dollar(r, false);
		break;
	case '\\':
		if (r->at < r->end && *r->at == '\n')
			r->line++, r->at++;
		else if (r->at < r->end)
			put(r, *r->at++);
		break;
	default:
		if (c == '#' && !r->has_word)
			take_comment(r);
		else
			put(r, c);
	}
	return true;
}

static void read_commands(struct reading *r, char closing)
{
	r->word = mem_alloc(SHELL_WORD_MAX);
	r->words = mem_alloc(SHELL_WORDS_MAX * sizeof *r->words);
	while (r->at < r->end && take(r, closing))
		;
	end_command(r, false);
	free(r->word);
	free(r->words);
}

void shell_words_read(struct shell_words *ret, const char *bytes, size_t len)
{
	struct variables variables = { .len = 0 };
	struct reading r = { .shell = ret,
		.at = bytes,
		.end = bytes + len,
		.line = 1,
		.inside = -1,
		.from = -1,
		.last = -1,
		.variables = &variables };

	*ret = (struct shell_words){ .more = len > SHELL_SIZE_MAX };
	if (len > SHELL_SIZE_MAX)
		r.end = bytes + SHELL_SIZE_MAX;
	arena_init(&ret->arena, MIB(8));
	read_commands(&r, 0);
}

void shell_words_done(struct shell_words *s)
{
	LIST_DONE(&s->commands);
	arena_done(&s->arena);
}
