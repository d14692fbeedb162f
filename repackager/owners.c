/* owners.c - finding who makes a user, see owners.h. Lines are looked at as words; nothing is run or expanded. */
#include "repackager/owners.h"
#include "base/arena.h"
#include <ctype.h>
#include <string.h>

static bool is_name_char(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '-' || c == '.' || c == '$';
}

static bool has_word(struct slice line, const char *word)
{
	size_t len = strlen(word);

	for (size_t i = 0; len > 0 && i + len <= line.len; i++)
		if (memcmp(line.at + i, word, len) == 0 && (i == 0 || !is_name_char(line.at[i - 1])) &&
			(i + len == line.len || !is_name_char(line.at[i + len])))
			return true;
	return false;
}

static bool makes_users(struct slice line)
{
	static const char *const tools[] = { "useradd", "groupadd", "adduser", "addgroup", "systemd-sysusers",
		"sysusers_create_package", "sysusers.generate" };

	for (size_t i = 0; i < COUNT(tools); i++)
		if (memmem(line.at, line.len, tools[i], strlen(tools[i])))
			return true;
	return false;
}

/* The tool and the name may stand on different lines (a variable, a continued line, a here-document), so the whole text is asked for each. */
bool script_makes_user(const char *script, const char *name)
{
	struct slice rest = slice_of(script), line;
	bool has_tool = false, has_name = false;

	while (slice_cut(&rest, '\n', &line)) {
		line = slice_trim(line);
		if (line.len > 0 && line.at[0] == '#')
			continue;
		has_tool |= makes_users(line);
		has_name |= has_word(line, name);
	}
	return has_tool && has_name;
}

bool sysusers_make(const char *text, const char *name)
{
	struct slice rest = slice_of(text), line, kind;

	while (slice_cut(&rest, '\n', &line)) {
		line = slice_trim(line);
		size_t end = 0;
		while (end < line.len && !isspace((unsigned char)line.at[end]))
			end++;
		kind = (struct slice){ line.at, end };
		if (!slice_is(kind, "u") && !slice_is(kind, "u!") && !slice_is(kind, "g") && !slice_is(kind, "m"))
			continue;
		size_t at = end;
		while (at < line.len && isspace((unsigned char)line.at[at]))
			at++;
		end = at;
		while (end < line.len && !isspace((unsigned char)line.at[end]))
			end++;
		if (slice_is((struct slice){ line.at + at, end - at }, name))
			return true;
	}
	return false;
}
