/* replies.c - an installer's questions and the answers of a recipe. */
#include "sandbox/replies.h"
#include "base/arena.h"
#include "base/pattern.h"
#include "base/text.h"
#include <string.h>

enum { REPLIES_MAX = 1000, GIVEN_MAX = 200 };
static const char arrow[] = "=>";

static void add_reply(struct replies *r, struct reply one, struct slice answer)
{
	one.answer = mem_printf("%.*s\r", (int)answer.len, answer.at);
	*LIST_ADD(r) = one;
}

static int add_line(struct replies *r, struct slice line, const char *name, unsigned number, struct err *e)
{
	const char *at = memmem(line.at, line.len, arrow, strlen(arrow));
	struct reply one = { 0 };
	char why[128];

	if (!at) {
		add_reply(r, one, line);
		return 0;
	}
	struct slice pattern = slice_trim((struct slice){ line.at, (size_t)(at - line.at) });
	struct slice answer = slice_trim((struct slice){ at + 2, line.len - (size_t)(at + 2 - line.at) });
	AUTO_FREE char *text = mem_printf("%.*s", (int)pattern.len, pattern.at);
	const char *dear = pattern_too_dear(text);

	if (dear)
		return err_usage(e, "%s:%u: the pattern is not taken: %s", name, number, dear);
	int failed = *text ? regcomp(&one.pattern, text, REG_EXTENDED | REG_NOSUB) : REG_BADPAT;

	if (failed) {
		regerror(failed, *text ? &one.pattern : NULL, why, sizeof why);
		return err_usage(e, "%s:%u: '%s' is no pattern: %s", name, number, text, why);
	}
	one.has_pattern = true;
	add_reply(r, one, answer);
	return 0;
}

int replies_parse(const char *text, size_t len, const char *name, struct replies *ret, struct err *e)
{
	struct slice rest = { text, len }, line;
	struct replies r = { 0 };
	int rc = 0;

	if (memchr(text, '\0', len))
		return err_usage(e, "%s: holds a NUL byte", name);
	for (unsigned number = 1; rc == 0 && slice_cut(&rest, '\n', &line); number++) {
		line = slice_trim(line);
		if (line.len == 0 || line.at[0] == '#')
			continue;
		rc = r.len < REPLIES_MAX ? add_line(&r, line, name, number, e)
					 : err_usage(e, "%s:%u: more than %d answers", name, number, REPLIES_MAX);
	}
	if (rc) {
		replies_done(&r);
		return -1;
	}
	*ret = r;
	return 0;
}

void replies_done(struct replies *r)
{
	for (size_t i = 0; i < r->len; i++) {
		if (r->at[i].has_pattern)
			regfree(&r->at[i].pattern);
		free(r->at[i].answer);
	}
	LIST_DONE(r);
}

const char *replies_to(struct replies *r, const char *question)
{
	if (r->given++ >= GIVEN_MAX)
		return NULL;
	for (size_t i = 0; i < r->len; i++)
		if (r->at[i].has_pattern && regexec(&r->at[i].pattern, question, 0, NULL, 0) == 0)
			return r->at[i].answer;
	for (size_t i = 0; i < r->len; i++)
		if (!r->at[i].has_pattern && !r->at[i].is_used) {
			r->at[i].is_used = true;
			return r->at[i].answer;
		}
	return NULL;
}

/* The length of the escape sequence at bytes (ECMA-48: CSI, a string, or two bytes); at least 1. */
static size_t sequence(const char *bytes, size_t len)
{
	size_t i = 2;

	if (len < 2)
		return len;
	if (bytes[1] == '[') {
		while (i < len && (bytes[i] < 0x40 || bytes[i] > 0x7e))
			i++;
		return i < len ? i + 1 : len;
	}
	if (bytes[1] != ']' && bytes[1] != 'P')
		return 2;
	while (i < len && bytes[i] != '\a' && bytes[i] != 0x1b)
		i++;
	return i >= len ? len : bytes[i] == '\a' ? i + 1 : i + 2 < len ? i + 2 : len;
}

char *replies_plain(const char *bytes, size_t len)
{
	struct text plain = { 0 };

	for (size_t i = 0; i < len;) {
		if (bytes[i] == 0x1b) {
			i += sequence(bytes + i, len - i);
			continue;
		}
		if (bytes[i] == '\b' && plain.len)
			plain.len--;
		else if (bytes[i] == '\n' || bytes[i] == '\t' || (unsigned char)bytes[i] >= 0x20)
			text_bytes(&plain, bytes + i, 1);
		i++;
	}
	char *all = text_take(&plain), *shown = text_printable(all, strlen(all), true);
	free(all);
	return shown;
}
