/* shell_words.c - a reader of shell scripts that stops at words: one pass over the bytes, one level deeper for each substitution. */
#include "base/json.h"
#include "base/text.h"
#include "inspect/shell_reading.h"
#include <stdio.h>
#include <string.h>

void shell_read_nested(struct reading *r, const char *bytes, size_t len, int inside, bool is_text, unsigned line)
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
		.closed = -1,
		.group = -1,
		.variables = r->variables };

	if (deeper.depth > SHELL_DEPTH) {
		r->shell->more++;
		return;
	}
	shell_read_commands(&deeper, 0);
}

/* ---- words */

void shell_put(struct reading *r, char c)
{
	r->has_word = true;
	if (c != 0)
		*LIST_ADD(&r->word) = c;
}

void shell_put_bytes(struct reading *r, const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		shell_put(r, bytes[i]);
}

int shell_number(struct reading *r)
{
	struct shell_words *s = r->shell;

	if (!r->has_command) {
		if (s->commands.len >= SHELL_COMMANDS_MAX) {
			s->more++;
			return -1;
		}
		r->has_command = true;
		*LIST_ADD(&s->commands) = (struct shell_command){
			.from = r->from, .group = r->group, .inside = r->inside, .is_text = r->is_text, .line = r->line
		};
		r->group = -1;
		r->command = s->commands.at[s->commands.len - 1];
		r->redirects.len = 0;
		r->words.len = 0;
		r->from = (int)s->commands.len - 1; /* its number, until it ends */
	}
	return r->from;
}

void shell_end_word(struct reading *r)
{
	const char *text;
	int own;

	if (!r->has_word)
		return;
	own = shell_number(r);
	text = own < 0 ? NULL : arena_copy(&r->shell->arena, r->word.len ? r->word.at : "", r->word.len);
	r->has_word = false;
	r->word.len = 0;
	if (text == NULL) {
		r->shell->more += own >= 0;
	} else if (r->pending) {
		if (strncmp(r->pending, "<<", 2) == 0 && r->pending[2] != '<')
			*LIST_ADD(&r->heredocs) = (struct heredoc){ text, r->pending[2] == '-', r->is_quoted, own };
		*LIST_ADD(&r->redirects) = (struct shell_redirect){ r->pending, text, NULL };
	} else {
		*LIST_ADD(&r->words) = text;
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

	if (name == NULL)
		r->shell->more++;
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
	} else {
		r->shell->more++;
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

static void open_group(struct reading *r, int first)
{
	if (r->groups_len < GROUPS_MAX)
		r->groups[r->groups_len] = first;
	r->groups_len++; /* deeper ones are counted only */
}

/* "f() {", "function f {": what follows, up to the end of the group that it opens, is f. */
static void open_function(struct reading *r, const char *name)
{
	*LIST_ADD(&r->shell->functions) = (struct shell_function){
		.name = name, .first = r->shell->commands.len, .end = r->shell->commands.len
	};
	r->function = (int)r->shell->functions.len;
	r->function_depth = r->groups_len;
}

static void close_group(struct reading *r)
{
	r->closed = -1;
	if (r->groups_len == 0)
		return;
	r->groups_len--;
	if (r->function > 0 && r->groups_len <= r->function_depth) {
		r->shell->functions.at[r->function - 1].end = r->shell->commands.len;
		r->function = 0;
	}
	if (r->groups_len < GROUPS_MAX)
		r->closed = r->groups[r->groups_len];
}

/* "{ a", "do a", "if a" begin a group with this command; "}", "done", "fi" end one. */
static void note_groups(struct reading *r, int own, size_t keywords)
{
	static const char *const opens[] = { "{", "do", "if" }, *const closes[] = { "}", "done", "fi" };

	r->closed = -1;
	for (size_t i = 0; i < keywords; i++)
		for (size_t k = 0; k < COUNT(opens); k++)
			if (strcmp(r->words.at[i], opens[k]) == 0)
				open_group(r, own);
			else if (strcmp(r->words.at[i], closes[k]) == 0)
				close_group(r);
}

/* The command is put into the list; `is_dropped`: it was no command after all (a pattern of case, a function's name). Returns its number or -1. */
static int end_command(struct reading *r, bool is_dropped)
{
	size_t first = 0, count, words_len, redirects_len;
	struct shell_redirect *redirects;
	struct shell_command c;
	const char **words, *value;
	int own;

	shell_end_word(r);
	if (!r->has_command) {
		r->from = -1;
		return r->last;
	}
	own = r->from;
	r->has_command = false;
	words_len = r->words.len;
	redirects_len = r->redirects.len;
	r->words.len = r->redirects.len = 0;
	r->from = -1;
	r->pending = NULL;
	while (first < words_len && is_keyword(r->words.at[first]))
		first++;
	note_groups(r, own, first);
	if (words_len > 2 && strcmp(r->words.at[0], "function") == 0 && strcmp(r->words.at[words_len - 1], "{") == 0) {
		open_function(r, r->words.at[1]);
		open_group(r, own);
	}
	for (size_t i = first; i < words_len && shell_is_assignment(r->words.at[i]); i++)
		assign(r, r->words.at[i]);
	while (first + 1 < words_len && shell_is_assignment(r->words.at[first]))
		first++;
	count = is_dropped ? 0 : words_len - first;
	words = arena_alloc(&r->shell->arena, (count + 1) * sizeof *words);
	redirects = arena_alloc(&r->shell->arena, (redirects_len + 1) * sizeof *redirects);
	if (words == NULL || redirects == NULL) {
		r->shell->more++;
		return -1;
	}
	for (size_t i = 0; i < count; i++)
		words[i] = r->words.at[first + i];
	if (count > 0 && (value = value_of(r, words[0])) != NULL)
		words[0] = arena_copy(&r->shell->arena, value, strcspn(value, " \t"));
	if (count > 0 && words[0] == NULL)
		count = 0;
	if (redirects_len > 0)
		memcpy(redirects, r->redirects.at, redirects_len * sizeof *redirects);
	c = r->command;
	c.words = words;
	c.len = count;
	c.redirects = redirects;
	c.redirects_len = redirects_len;
	r->shell->commands.at[own] = c;
	shell_read_text(r, own, &c);
	r->last = count > 0 ? own : r->last; /* "}", "done": the command before it */
	return r->last;
}

/* ---- case: what stands before ")" is no command */

static bool is_word(const struct reading *r, size_t i, const char *word)
{
	return i < r->words.len && strcmp(r->words.at[i], word) == 0;
}

/* Called where a line or a command ends: false when only a pattern goes on. */
static bool leaves_pattern(struct reading *r)
{
	shell_end_word(r);
	if (r->in_pattern && r->has_command && !is_word(r, 0, "esac"))
		return false;
	if (r->has_command && is_word(r, 0, "case") && is_word(r, 2, "in") && r->words.len > 3)
		return false;
	return true;
}

static void note_case(struct reading *r)
{
	if (is_word(r, 0, "case") && is_word(r, 2, "in")) {
		r->cases++;
		r->in_pattern = r->words.len == 3;
	} else if (is_word(r, 0, "esac")) {
		r->cases -= r->cases > 0;
		r->in_pattern = false;
	}
}

/* ---- one level */

static void take_separator(struct reading *r, char c)
{
	bool is_double = r->at < r->end && *r->at == c;
	int own;

	if (c == '&' && r->at < r->end && *r->at == '>') { /* &> FILE */
		shell_end_word(r);
		return;
	}
	if (c == '&' && r->pending) { /* 2>&1 has been read as ">&" */
		shell_put(r, c);
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
	else if (c == '|') {
		r->from = own;
		r->group = r->closed;
	}
	if (c == '|' && !is_double && r->at < r->end && *r->at == '&')
		r->at++;
}

/* False: this level ends here. */
static bool take_paren(struct reading *r, char c, char closing)
{
	bool is_begun = r->has_command || r->has_word;

	shell_end_word(r);
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
		if (r->words.len > 0)
			open_function(r, r->words.at[r->words.len - 1]);
		end_command(r, true);
	} else if (c == '(') {
		if (is_begun)
			end_command(r, false);
		r->parens++;
		open_group(r, (int)r->shell->commands.len);
		if (r->sums == 0 && r->at < r->end && *r->at == '(')
			r->sums = r->parens;
	} else if (r->parens > 0) {
		if (r->parens == r->sums)
			r->sums = 0;
		r->parens--;
		end_command(r, false);
		close_group(r);
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
		shell_take_heredocs(r);
		break;
	case ' ':
	case '\t':
	case '\r':
		shell_end_word(r);
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
		shell_take_redirect(r, c);
		break;
	case '\'':
		shell_single_quotes(r);
		break;
	case '"':
		shell_double_quotes(r);
		break;
	case '`':
		shell_backticks(r);
		break;
	case '$':
		shell_dollar(r, false);
		break;
	case '\\':
		if (r->at < r->end && *r->at == '\n')
			r->line++, r->at++;
		else if (r->at < r->end) {
			shell_put(r, *r->at++);
			r->is_quoted = true;
		}
		break;
	default:
		if (c == '#' && !r->has_word)
			take_comment(r);
		else
			shell_put(r, c);
	}
	return true;
}

void shell_read_commands(struct reading *r, char closing)
{
	while (r->at < r->end && take(r, closing))
		;
	end_command(r, false);
	LIST_DONE(&r->word);
	LIST_DONE(&r->words);
	LIST_DONE(&r->redirects);
	LIST_DONE(&r->heredocs);
}

/* The last function of a name counts. */
static void note_calls(struct shell_words *s)
{
	AUTO_JSON *names = json_object();

	for (size_t i = 0; i < s->functions.len; i++)
		json_object_set_new(names, s->functions.at[i].name, json_integer((json_int_t)i));
	for (size_t i = 0; i < s->commands.len; i++) {
		struct shell_command *c = &s->commands.at[i];
		const json_t *number = c->len > 0 && s->functions.len > 0
			? json_object_get(names, shell_program(c, &(size_t){ 0 }))
			: NULL;

		c->calls = number ? (int)json_integer_value(number) : -1;
	}
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
		.closed = -1,
		.group = -1,
		.variables = &variables };

	*ret = (struct shell_words){ .more = len > SHELL_SIZE_MAX };
	if (len > SHELL_SIZE_MAX)
		r.end = bytes + SHELL_SIZE_MAX;
	arena_init(&ret->arena, MIB(8));
	shell_read_commands(&r, 0);
	note_calls(ret);
}

void shell_words_done(struct shell_words *s)
{
	LIST_DONE(&s->commands);
	LIST_DONE(&s->functions);
	arena_done(&s->arena);
}
