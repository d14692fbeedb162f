/* scripts_reach.c - how a script's text reaches for a tool: by its name, by a path, or only by asking whether it is there. */
#include "repackager/scripts_reach.h"
#include <string.h>

static bool is_word_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c && strchr("_.-", c));
}

/* Where the path begins whose last part is at c. */
static const char *path_start(const char *line, const char *c)
{
	while (c > line && (is_word_char(c[-1]) || c[-1] == '/'))
		c--;
	return c;
}

/* "[ -x "/usr/bin/tool" ]" before the tool's name: what stands before the path. */
static bool is_asked(const char *line, const char *c)
{
	c = path_start(line, c);
	if (c > line && (c[-1] == '"' || c[-1] == '\''))
		c--;
	while (c > line && c[-1] == ' ')
		c--;
	return c - line >= 2 && c[-2] == '-' && strchr("xefsr", c[-1]);
}

static bool has_line(const struct text *t, const char *at, size_t len)
{
	struct slice rest = { t->at ? t->at : "", t->len }, line;

	while (slice_cut(&rest, '\n', &line))
		if (line.len == len && memcmp(line.at, at, len) == 0)
			return true;
	return false;
}

/* Folders of programs and what else scripts run or read by its path. */
static bool is_place(const char *start, const char *c)
{
	static const char *const folders[] = { "bin/", "/debconf/", "/runit-helper/" };

	for (size_t i = 0; i < COUNT(folders); i++) {
		size_t len = strlen(folders[i]);
		if ((size_t)(c - start) >= len && memcmp(c - len, folders[i], len) == 0)
			return true;
	}
	return false;
}

/* Words behind which a command stands. */
static bool leads(struct slice word)
{
	static const char *const words[] = { "then", "do", "else", "elif", "if", "while", "until", "exec", "eval",
		"env", "command", "nice", "ionice", "xargs", "sudo", "time", "nohup", "setsid", "unshare", "chroot",
		"timeout", "!" };

	for (size_t i = 0; i < COUNT(words); i++)
		if (slice_is(word, words[i]))
			return true;
	return word.len > 0 && (memchr(word.at, '=', word.len) || word.at[0] == '-');
}

/* Whether a command can stand here; text in quotes counts as one behind "-c" only. */
static bool is_command(const char *line, const char *c)
{
	const char *end;

	if (c > line && strchr("\"'", c[-1]))
		return memmem(line, (size_t)(c - line), "-c ", 3) || memmem(line, (size_t)(c - line), "=", 1);
	while (c > line && (c[-1] == ' ' || c[-1] == '\t'))
		c--;
	if (c == line || strchr(";&|({!`", c[-1]))
		return true;
	for (end = c; c > line && c[-1] != ' ' && c[-1] != '\t'; c--)
		;
	return leads((struct slice){ c, (size_t)(end - c) });
}

static enum reach at_word(const char *line, const char *c, size_t len, const char *end, struct text *paths)
{
	char before = c > line ? c[-1] : ' ', after = c + len < end ? c[len] : ' ';
	const char *start;

	if (is_word_char(after) || after == '/' || after == '=' || is_word_char(before) || before == '$')
		return REACH_NONE;
	if (before != '/')
		return is_command(line, c) ? REACH_NAME : REACH_NAMED;
	start = path_start(line, c);
	if (*start != '/' || (start > line && strchr("}$", start[-1])))
		return REACH_NONE;
	if (!is_place(start, c))
		return REACH_NONE;
	if (!has_line(paths, start, (size_t)(c + len - start)))
		text_add(paths, "%.*s\n", (int)(c + len - start), start);
	return is_asked(line, c) ? REACH_ASKS : REACH_PATH;
}

static enum reach in_line(const char *at, const char *end, const char *word, struct text *paths)
{
	enum reach most = REACH_NONE, now;
	size_t len = strlen(word);

	while (at < end && (*at == ' ' || *at == '\t'))
		at++;
	if (at < end && *at == '#')
		return REACH_NONE;
	for (const char *c = at; (size_t)(end - c) >= len; c++) {
		if (memcmp(c, word, len) != 0)
			continue;
		now = at_word(at, c, len, end, paths);
		if (now > most)
			most = now;
	}
	return most;
}

enum reach scripts_reach(const struct script *s, const char *word, struct text *paths)
{
	const char *end = s->body + s->len;
	enum reach most = REACH_NONE, now;

	for (const char *at = s->body; at < end;) {
		const char *line = memchr(at, '\n', (size_t)(end - at));
		now = in_line(at, line ? line : end, word, paths);
		if (now > most)
			most = now;
		at = line ? line + 1 : end;
	}
	return most;
}
