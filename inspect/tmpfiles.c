/* tmpfiles.c - reading lines of tmpfiles.d(5): TYPE PATH MODE USER GROUP AGE ARGUMENT. */
#include "inspect/tmpfiles.h"
#include "base/text.h"
#include "inspect/fact.h"
#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum { WORDS = 5, MODE_MAX = 07777 };

static size_t words_of(struct slice line, struct slice words[WORDS])
{
	size_t count = 0;

	for (; count < WORDS && line.len > 0; line = slice_trim(line)) {
		size_t len = 0;
		char quote = line.at[0] == '"' || line.at[0] == '\'' ? line.at[0] : 0;

		for (len = quote != 0;
			len < line.len && (quote ? line.at[len] != quote : !isspace((unsigned char)line.at[len]));)
			len++;
		words[count++] = (struct slice){ line.at + (quote != 0), len - (quote != 0) };
		len += quote && len < line.len;
		line.at += len, line.len -= len;
	}
	return count;
}

/* "0755", "~0755", ":01777"; 0: none. */
static unsigned mode_of(struct slice word)
{
	char text[16];
	char *end;
	unsigned long mode;

	while (word.len > 0 && memchr("~:", word.at[0], 2))
		word.at++, word.len--;
	snprintf(text, sizeof text, "%.*s", (int)(word.len < sizeof text ? word.len : 0), word.at);
	mode = strtoul(text, &end, 8);
	return *end || mode > MODE_MAX ? 0 : (unsigned)mode;
}

static void take_line(const struct looked *file, json_t *facts, struct slice line, unsigned bits)
{
	struct slice words[WORDS] = { 0 };
	size_t count = words_of(line, words);
	unsigned mode = count > 2 ? mode_of(words[2]) : 0;
	bool is_dir = count > 0 && memchr("dDevqQ", words[0].at[0], 6);
	char text[8];
	json_t *item;

	if (!(mode & bits) || !memchr("dDevqQfFCzZm", words[0].at[0], 12) || /* count > 2: there is a mode */
		(item = fact_add(fact_list_at(facts, "made"))) == NULL)
		return;
	snprintf(text, sizeof text, "%04o", mode);
	json_set_bytes(item, "path", words[1].at, words[1].len);
	json_set_str(item, "mode", text);
	json_object_set_new(item, "dir", json_boolean(is_dir));
	json_set_bytes(item, "owner", count > 3 ? words[3].at : "-", count > 3 ? words[3].len : 1);
	json_set_bytes(item, "group", count > 4 ? words[4].at : "-", count > 4 ? words[4].len : 1);
	json_set_str(item, "from", file->entry->path);
}

void tmpfiles_look(const struct looked *file, json_t *facts, unsigned bits)
{
	struct slice rest = { (const char *)file->bytes, file->len }, line;

	if (!text_glob("**/tmpfiles.d/*.conf", file->entry->path) || !file->is_whole)
		return;
	while (slice_cut(&rest, '\n', &line)) {
		line = slice_trim(line);
		if (line.len > 0 && line.at[0] != '#')
			take_line(file, facts, line, bits);
	}
}
