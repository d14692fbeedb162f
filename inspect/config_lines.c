/* config_lines.c - configuration in lines: KEY=VALUE, INI, directives, and the same in braces (nginx, dovecot, named). One tolerant reader for
 * all of them: what a line means is seen from the line, where statements end from the file. */
#include "base/text.h"
#include "inspect/config_form.h"
#include <ctype.h>
#include <string.h>

enum { MARK_BRACE = 1, MARK_SECTION, MARK_TAG };

/* How the statements of this file end and which words open sections. */
struct style {
	bool has_braces, has_semicolons, is_indent_continued, is_unit;
	const char *const *openers; /* words at the line's beginning that open a section; ends with NULL */
};

static bool is_comment(struct slice line)
{
	return line.len > 0 &&
		(line.at[0] == '#' || line.at[0] == ';' || (line.at[0] == '!' && line.len > 1 && line.at[1] == ' ') ||
			(line.len > 1 && memcmp(line.at, "//", 2) == 0));
}

/* listener "tcp" { tls_disable = 1 } */
static bool is_block(struct slice line)
{
	const char *brace = memmem(line.at, line.len, " { ", 3);

	return brace && line.at[line.len - 1] == '}' && memchr(line.at, '=', (size_t)(brace - line.at)) == NULL &&
		memchr(line.at, ':', (size_t)(brace - line.at)) == NULL;
}

static struct style style_of(const char *path, struct slice text)
{
	static const char *const haproxy[] = { "global", "defaults", "frontend", "backend", "listen", "userlist",
		"peers", "resolvers", NULL };
	static const char *const ssh[] = { "Host", "Match", NULL };
	static const char *const none[] = { NULL };
	struct style s = { .openers = none };
	struct slice line;
	unsigned opening = 0, ended = 0;

	s.is_indent_continued = strstr(path, "/main.cf") != NULL;
	if (strstr(path, "haproxy"))
		s.openers = haproxy;
	else if (strstr(path, "ssh_config") || strstr(path, "sshd_config"))
		s.openers = ssh;
	while (slice_cut(&text, '\n', &line)) {
		line = slice_trim(line);
		if (line.len == 0 || is_comment(line) || line.at[0] == '[')
			continue;
		line = config_cut_comment(line);
		opening += line.len > 1 && line.at[line.len - 1] == '{' && line.at[line.len - 2] != '$' &&
			line.at[line.len - 2] != '=';
		opening += memmem(line.at, line.len, "; }", 3) != NULL || is_block(line);
		ended += memmem(line.at, line.len, "; }", 3) != NULL;
		ended += line.len > 0 && line.at[line.len - 1] == ';';
	}
	s.has_braces = opening > 0;
	s.has_semicolons = ended > 0 && (opening > 0 || ended > 3);
	return s;
}

static bool is_key_byte(char c)
{
	return isalnum((unsigned char)c) || strchr("_.-/[]$@*+%~?<>\\|&^!", c);
}

static size_t bare_key(struct slice s)
{
	size_t i = 0;

	while (i < s.len &&
		((is_key_byte(s.at[i]) && s.at[i] != 0) || (s.at[i] == ':' && i + 1 < s.len && s.at[i + 1] == ':') ||
			(s.at[i] == ':' && i > 0 && s.at[i - 1] == ':')))
		i++;
	return i;
}

/* "guest ok = yes": the words before " = " are the key, when they are words. */
static size_t blank_key(struct slice s)
{
	const char *equal = memmem(s.at, s.len, " =", 2);
	size_t len = equal ? (size_t)(equal - s.at) : 0;
	unsigned words = 1;

	for (size_t i = 0; i < len; i++) {
		if (s.at[i] == ' ')
			words++;
		else if (!isalnum((unsigned char)s.at[i]) && !strchr("_-.", s.at[i]))
			return 0;
	}
	return words > 1 && words <= 5 && (equal + 2 == s.at + s.len || equal[2] == ' ') ? len : 0;
}

static bool is_plain_word(struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!isalnum((unsigned char)s.at[i]) && !memchr("_-.", s.at[i], 3))
			return false;
	return s.len > 1 && isalpha((unsigned char)s.at[0]);
}

/* Takes "=", ":", "=>" and blanks off the front of the value. */
static struct slice behind_separator(struct slice s)
{
	static const char *const signs[] = { "=>", ":=", "+=", "?=", "==", "=", ":" };

	s = slice_trim(s);
	for (size_t i = 0; i < COUNT(signs); i++)
		if (s.len >= strlen(signs[i]) && memcmp(s.at, signs[i], strlen(signs[i])) == 0) {
			s.at += strlen(signs[i]), s.len -= strlen(signs[i]);
			break;
		}
	return slice_trim(s);
}

static void add_statement(struct config_at *at, struct slice s, unsigned line)
{
	struct slice key, value;
	size_t len;

	s = config_cut_comment(slice_trim(s));
	while (s.len > 0 && (s.at[s.len - 1] == ';' || s.at[s.len - 1] == ','))
		s = slice_trim((struct slice){ s.at, s.len - 1 });
	if (s.len > 7 && memcmp(s.at, "export ", 7) == 0)
		s = slice_trim((struct slice){ s.at + 7, s.len - 7 });
	if (s.len == 0)
		return;
	if ((s.at[0] == '"' || s.at[0] == '\'') && memchr(s.at + 1, s.at[0], s.len - 1)) {
		len = (size_t)((const char *)memchr(s.at + 1, s.at[0], s.len - 1) - s.at) + 1;
		key = (struct slice){ s.at + 1, len - 2 };
	} else {
		len = blank_key(s);
		len = len ? len : bare_key(s);
		key = (struct slice){ s.at, len };
	}
	if (len == 0)
		return;
	value = behind_separator((struct slice){ s.at + len, s.len - len });
	if (len == s.len) {
		while (key.len > 1 && key.at[0] == '-')
			key.at++, key.len--;
		if (is_plain_word(key) || key.len < len)
			config_add(at, key, slice_of("on"), line);
		return;
	}
	config_add(at, key, config_unquote(value), line);
}

static void leave_sections(struct config_at *at)
{
	while (config_mark(at) == MARK_SECTION)
		config_pop(at);
}

static void close_frame(struct config_at *at, int mark)
{
	leave_sections(at);
	if (at->over > 0 || config_mark(at) == mark)
		config_pop(at);
}

/* "[section]", "[[section]]" alone on its line. */
static bool take_section(struct config_at *at, struct slice line)
{
	struct slice name = config_cut_comment(line);

	if (name.len < 3 || name.at[0] != '[' || name.at[name.len - 1] != ']')
		return false;
	while (name.len > 1 && name.at[0] == '[' && name.at[name.len - 1] == ']')
		name = slice_trim((struct slice){ name.at + 1, name.len - 2 });
	if (memchr(name.at, '=', name.len) || memchr(name.at, ']', name.len))
		return false;
	leave_sections(at);
	config_push(at, config_unquote(name), MARK_SECTION);
	return true;
}

static bool take_tag(struct config_at *at, struct slice line)
{
	if (line.len < 3 || line.at[0] != '<' || line.at[line.len - 1] != '>')
		return false;
	if (line.at[1] == '/')
		close_frame(at, MARK_TAG);
	else
		config_push(at, (struct slice){ line.at + 1, line.len - 2 }, MARK_TAG);
	return true;
}

static bool take_opener(struct config_at *at, const struct style *style, struct slice line, bool is_indented)
{
	for (const char *const *word = style->openers; *word && !is_indented; word++) {
		size_t len = strlen(*word);

		if (line.len >= len && strncasecmp(line.at, *word, len) == 0 &&
			(line.len == len || line.at[len] == ' ')) {
			leave_sections(at);
			config_push(at, line, MARK_SECTION);
			return true;
		}
	}
	return false;
}

/* A statement that is being put together from pieces of lines. */
struct statement {
	struct text text;
	unsigned line;
};

static void statement_more(struct statement *s, const char *bytes, size_t len, unsigned line)
{
	if (s->text.len == 0 && (len == 0 || (len == 1 && *bytes == ' ')))
		return;
	if (s->text.len == 0)
		s->line = line;
	text_bytes(&s->text, bytes, len);
}

static struct slice statement_text(const struct statement *s)
{
	return (struct slice){ s->text.len ? s->text.at : "", s->text.len };
}

static void statement_end(struct config_at *at, struct statement *s)
{
	add_statement(at, statement_text(s), s->line);
	s->text.len = 0;
}

/* One line of a file with braces. */
static void brace_line(
	struct config_at *at, const struct style *style, struct statement *s, struct slice line, unsigned number)
{
	size_t begin = 0;
	char quote = 0;
	bool in_name = false;

	line = config_cut_comment(line);
	for (size_t i = 0; i < line.len; i++) {
		char c = line.at[i];

		if (quote || ((c == '"' || c == '\'') && memchr(line.at + i + 1, c, line.len - i - 1))) {
			quote = quote == 0 ? c : c == quote ? 0 : quote;
			continue;
		}
		if (c == '{' && i > 0 && line.at[i - 1] == '$')
			in_name = true;
		if (in_name) { /* ${name} */
			in_name = c != '}';
			continue;
		}
		if (c != '{' && c != '}' && (c != ';' || !style->has_semicolons))
			continue;
		statement_more(s, line.at + begin, i - begin, number);
		begin = i + 1;
		if (c == '{') {
			config_push(at, slice_trim(statement_text(s)), MARK_BRACE);
			s->text.len = 0;
			continue;
		}
		statement_end(at, s);
		if (c == '}')
			close_frame(at, MARK_BRACE);
	}
	statement_more(s, line.at + begin, line.len - begin, number);
	if (style->has_semicolons)
		statement_more(s, " ", 1, number);
	else
		statement_end(at, s);
}

static void plain_line(
	struct config_at *at, const struct style *style, struct statement *s, struct slice line, unsigned number)
{
	bool is_more = line.len > 0 && line.at[line.len - 1] == '\\';

	statement_more(s, line.at, line.len - is_more, number);
	if (is_more)
		statement_more(s, " ", 1, number);
	else if (!style->is_indent_continued)
		statement_end(at, s);
}

void config_lines(struct config_at *at, const char *path, struct slice text, unsigned number)
{
	struct style style = style_of(path, text);
	struct statement own = { 0 }, *s = &own;
	unsigned depth = at->depth;
	struct slice raw;
	bool in_block = false;

	for (; slice_cut(&text, '\n', &raw); number++) {
		struct slice line = slice_trim(raw);
		bool is_indented = raw.len > 0 && (raw.at[0] == ' ' || raw.at[0] == '\t');

		if (in_block || (line.len >= 2 && memcmp(line.at, "/*", 2) == 0)) {
			in_block = memmem(line.at, line.len, "*/", 2) == NULL;
			continue;
		}
		if (line.len == 0 || is_comment(line))
			continue;
		if (style.is_indent_continued && !is_indented && s->text.len > 0)
			statement_end(at, s);
		else if (style.is_indent_continued && s->text.len > 0)
			statement_more(s, " ", 1, number);
		if (s->text.len == 0 &&
			(take_section(at, line) || take_tag(at, line) || take_opener(at, &style, line, is_indented)))
			continue;
		if (style.has_braces)
			brace_line(at, &style, s, line, number);
		else
			plain_line(at, &style, s, line, number);
	}
	statement_end(at, s);
	text_done(&own.text);
	while (at->depth > depth)
		config_pop(at);
}
