/* tls_script.c - looks for the marks of tls_marks.c in scripts, and leaves lines out that are comments. */
#include "inspect/tls_script.h"
#include "base/text.h"
#include "inspect/tls_marks.h"
#include <string.h>

static const struct {
	const char *language, *interpreter, *comment;
	const char *endings[4];
} languages[] = {
	{ "python", "python", "#", { ".py", ".pyw" } },
	{ "node", "node", "//", { ".js", ".mjs", ".cjs" } },
	{ "perl", "perl", "#", { ".pl", ".pm" } },
	{ "ruby", "ruby", "#", { ".rb" } },
	{ "php", "php", "//", { ".php" } },
	{ "shell", "sh", "#", { ".sh" } },
	{ "lua", "lua", "--", { ".lua" } },
	{ "tcl", "tclsh", "#", { ".tcl" } },
};

static bool is_aside(const char *path)
{
	static const char *const parts[] = { "/doc/", "/docs/", "/examples/", "/example/", "/tests/", "/test/",
		"/testing/", "/test_", "/man/" };

	for (size_t i = 0; i < COUNT(parts); i++)
		if (strstr(path, parts[i]))
			return true;
	return false;
}

/* "#!/usr/bin/env python3" says nothing of python in the interpreter's name: the line does. */
static bool runs_with(const struct looked *file, const char *interpreter)
{
	const char *end = memchr(file->bytes, '\n', file->len), *begin = (const char *)file->bytes;
	size_t len = end ? (size_t)(end - begin) : file->len;

	return strcmp(file->content.kind, "script") == 0 && memmem(begin, len, interpreter, strlen(interpreter));
}

static size_t language_of(const struct looked *file)
{
	const char *path = file->entry->path;

	for (size_t i = 0; i < COUNT(languages); i++)
		for (size_t k = 0; k < COUNT(languages[i].endings) && languages[i].endings[k]; k++)
			if (text_ends(path, languages[i].endings[k]))
				return i;
	for (size_t i = 0; i < COUNT(languages); i++)
		if (runs_with(file, languages[i].interpreter))
			return i;
	return COUNT(languages);
}

const char *script_language(const struct looked *file)
{
	size_t i;

	if ((strcmp(file->content.kind, "script") != 0 && strcmp(file->content.kind, "text") != 0) ||
		is_aside(file->entry->path))
		return NULL;
	i = language_of(file);
	return i < COUNT(languages) ? languages[i].language : NULL;
}

static bool is_comment(const char *line, const char *end, const char *comment)
{
	size_t len = strlen(comment);

	while (line < end && (*line == ' ' || *line == '\t'))
		line++;
	return (size_t)(end - line) >= len && memcmp(line, comment, len) == 0;
}

static bool is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool is_quote(char c)
{
	return c == '"' || c == '\'' || c == '`';
}

static const char *past_blanks(const char *at, const char *end)
{
	while (at < end && is_blank(*at))
		at++;
	return at;
}

/* Where the mark ends that begins here, or NULL: blanks around signs are as everybody likes them, and so are quotes. */
static const char *fit(const char *at, const char *end, const char *mark)
{
	const char *begin = at;

	for (; *mark; mark++) {
		bool is_sign = !is_word(*mark) && *mark != ' ';

		if (*mark == ' ' && at > begin && is_blank(at[-1]))
			continue;
		if (is_sign && at > begin)
			at = past_blanks(at, end);
		if (at >= end || (*at != *mark && !(is_quote(*at) && is_quote(*mark))))
			return NULL;
		at++;
		if (!is_word(*mark) && mark[1])
			at = past_blanks(at, end);
	}
	return at;
}

/* As a word of its own; something that does TLS for others may go on: "import psycopg2", and so may letters of options: "curl -kfsS". */
static bool is_in(const struct looked *file, const char *text, bool may_go_on, const char *comment)
{
	const char *all = (const char *)file->bytes, *at = all;
	const char *end = all + file->len, *line = all, *seen = all, *stop;
	size_t first = 0;

	while (is_word(text[first]))
		first++;
	first = first ? first : 1;
	for (; (at = memmem(at, (size_t)(end - at), text, first)) != NULL; at++) {
		bool is_inside = is_word(text[0]) && at > all && is_word(at[-1]);

		if (is_inside || (stop = fit(at, end, text)) == NULL)
			continue;
		if (!may_go_on && is_word(stop[-1]) && stop < end && is_word(*stop))
			continue;
		const char *begin = memrchr(seen, '\n', (size_t)(at - seen)); /* each byte is searched once */

		line = begin ? begin + 1 : line;
		seen = at;
		if (!is_comment(line, at, comment))
			return true;
	}
	return false;
}

static bool is_any_in(const struct looked *file, const char *texts, const char *comment)
{
	while (texts && *texts) {
		size_t len = strcspn(texts, "|");
		AUTO_FREE char *one = mem_printf("%.*s", (int)len, texts);

		if (is_in(file, one, true, comment))
			return true;
		texts += len + (texts[len] == '|');
	}
	return false;
}

static bool has_mark(const struct looked *file, const struct tls_mark *mark, const char *comment)
{
	bool may_go_on = mark->kind == SCRIPT_CARRIER || strstr(mark->text, " -");

	return is_in(file, mark->text, may_go_on, comment) && !is_any_in(file, mark->unless, comment);
}

json_t *script_marks(const struct looked *file, const char *language, enum script_mark kind)
{
	json_t *ret = json_array();
	const char *comment = "#";

	for (size_t i = 0; i < COUNT(languages); i++)
		if (strcmp(languages[i].language, language) == 0)
			comment = languages[i].comment;
	for (size_t i = 0; i < tls_marks_len; i++)
		if (tls_marks[i].kind == kind && strcmp(tls_marks[i].language, language) == 0 &&
			has_mark(file, &tls_marks[i], comment))
			json_array_append_new(ret, json_string(tls_marks[i].text));
	return ret;
}

bool script_mark_is_old(const char *text)
{
	for (size_t i = 0; i < tls_marks_len; i++)
		if (tls_marks[i].kind == SCRIPT_OLD && strcmp(tls_marks[i].text, text) == 0)
			return true;
	return false;
}
