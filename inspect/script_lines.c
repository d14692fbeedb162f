/* script_lines.c - looking at shell words, not at a shell: quotes and separators are undone far enough to see the words of a command.
 * A script that hides its words (eval, variables) is the script checks' matter; what is plainly written is found here. */
#include "inspect/script_lines.h"
#include "inspect/fact.h"
#include <string.h>

enum { WORDS_MAX = 64, WORD_MAX = 256, LINE_SHOWN = 200 };

struct words {
	char at[WORDS_MAX][WORD_MAX];
	size_t len;
};

static bool ends_command(char c)
{
	return c == ';' || c == '&' || c == '|' || c == '(' || c == ')' || c == '`' || c == '{' || c == '}';
}

/* The words of the next command in *rest (one line); false when there is none left. */
static bool next_command(struct slice *rest, struct words *ret)
{
	size_t room = 0;
	bool in_word = false;

	ret->len = 0;
	while (rest->len > 0) {
		char c = rest->at[0];

		rest->at++, rest->len--;
		if (ends_command(c) && ret->len + in_word > 0)
			break;
		if (c == ' ' || c == '\t' || c == '\r' || ends_command(c)) {
			if (in_word && ret->len < WORDS_MAX)
				ret->at[ret->len++][room] = 0;
			in_word = false;
			room = 0;
		} else if (c != '"' && c != '\'' && c != '\\' && ret->len < WORDS_MAX) {
			in_word = true;
			if (room + 1 < WORD_MAX)
				ret->at[ret->len][room++] = c;
		}
	}
	if (in_word && ret->len < WORDS_MAX)
		ret->at[ret->len++][room] = 0;
	return ret->len > 0;
}

static const char *base_of(const char *word)
{
	const char *slash = strrchr(word, '/');

	return slash ? slash + 1 : word;
}

static unsigned octal_grants(const char *word)
{
	unsigned long mode;
	char *end;

	mode = strtoul(word, &end, 8);
	if (*end || end == word || mode > 07777)
		return 0;
	return (mode & 06000 ? GRANT_SETUID : 0) | ((mode & 0002) && !(mode & 01000) ? GRANT_WORLD_WRITE : 0);
}

/* A clause such as "u+s", "a=rwx", "+w" is not for everybody: umask. */
static unsigned symbolic_grants(const char *word)
{
	unsigned grants = 0;

	for (const char *at = word; *at; at += strcspn(at, ",") + (at[strcspn(at, ",")] == ',')) {
		size_t who = strspn(at, "ugoa"), len = strcspn(at, ",");
		bool others = memchr(at, 'o', who) || memchr(at, 'a', who);

		if (at[who] != '+' && at[who] != '=')
			continue;
		if (memchr(at + who, 's', len - who))
			grants |= GRANT_SETUID;
		if (others && memchr(at + who, 'w', len - who))
			grants |= GRANT_WORLD_WRITE;
	}
	return grants;
}

static unsigned mode_grants(const char *word)
{
	return word[0] >= '0' && word[0] <= '7' ? octal_grants(word) : symbolic_grants(word);
}

static unsigned command_grants(const struct words *w)
{
	unsigned grants = 0;

	for (size_t i = 0; i < w->len; i++) {
		const char *name = base_of(w->at[i]);

		if (strcmp(name, "setcap") == 0 && i + 1 < w->len && strcmp(w->at[i + 1], "-r") != 0)
			return GRANT_CAPABILITY;
		if (strcmp(name, "chmod") != 0 && strcmp(name, "dpkg-statoverride") != 0 &&
			strcmp(name, "install") != 0)
			continue;
		for (size_t k = i + 1; k < w->len; k++) {
			const char *word = w->at[k];

			if (strncmp(word, "-m", 2) == 0 && word[2])
				word += 2;
			else if (strncmp(word, "--mode=", 7) == 0)
				word += 7;
			grants |= word[0] == '/' || word[0] == '-' ? 0 : mode_grants(word);
		}
		return grants;
	}
	return 0;
}

static unsigned line_grants(struct slice line)
{
	struct words *w = mem_alloc(sizeof *w);
	unsigned grants = 0;

	if (line.len > 0 && line.at[0] != '#')
		while (next_command(&line, w))
			grants |= command_grants(w);
	free(w);
	return grants;
}

/* Lines without any of the words cannot grant: most lines of most scripts. */
static bool is_worth_it(struct slice line)
{
	static const char *const words[] = { "chmod", "setcap", "statoverride", "install" };

	for (size_t i = 0; i < COUNT(words); i++)
		if (memmem(line.at, line.len, words[i], strlen(words[i])))
			return true;
	return false;
}

json_t *script_lines(const struct pkg *pkg, unsigned grants)
{
	json_t *list = fact_list();

	for (size_t i = 0; i < pkg->scripts.len; i++) {
		const struct script *s = &pkg->scripts.at[i];
		struct slice rest = { s->body, s->len }, line;

		while (slice_cut(&rest, '\n', &line)) {
			json_t *item;

			line = slice_trim(line);
			if (!is_worth_it(line) || !(line_grants(line) & grants) || (item = fact_add(list)) == NULL)
				continue;
			json_set_bytes(item, "source", s->source, strlen(s->source));
			json_set_bytes(item, "path", line.at, line.len < LINE_SHOWN ? line.len : LINE_SHOWN);
		}
	}
	return list;
}

void script_lines_compare(struct compare *c, const char *key, const char *text, const char *remedy)
{
	AUTO_JSON *index = fact_index(fact_items(c->old, key));
	json_t *item;
	size_t i;

	json_array_foreach(fact_items(c->new, key), i, item) {
		const char *line = fact_path(item);

		if (fact_find(index, line) == NULL)
			finding_add(c, c->check->severity, json_text(item, "source"), "", line, text, remedy);
	}
	fact_tell_cut(c, key);
}
