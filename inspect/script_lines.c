/* script_lines.c - commands that give rights away, seen in the words of the scripts (shell_words.h). A script that hides its words (variables, an
 * encoding) is script-danger's matter; what is plainly written is found here. */
#include "inspect/script_lines.h"
#include "inspect/fact.h"
#include "inspect/script_kinds.h"
#include "inspect/shell_words.h"
#include <string.h>

enum { LINE_SHOWN = 200 };

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

/* Variables that hold such a mode: "M=4755". */
enum { MODES_MAX = 64 };
struct modes {
	struct {
		const char *name;
		size_t len;
		unsigned grants;
	} at[MODES_MAX];
	size_t len;
};

static void note_mode(struct modes *m, const struct shell_command *c)
{
	const char *equal = c->len == 1 && shell_is_assignment(c->words[0]) ? strchr(c->words[0], '=') : NULL;
	unsigned grants = equal ? mode_grants(equal + 1) : 0;

	if (grants != 0 && m->len < MODES_MAX) {
		m->at[m->len].name = c->words[0];
		m->at[m->len].len = (size_t)(equal - c->words[0]);
		m->at[m->len++].grants = grants;
	}
}

/* "$M", "${M}" */
static unsigned variable_grants(const struct modes *m, const char *word)
{
	const char *name = word + 1 + (word[1] == '{');

	for (size_t i = 0; i < m->len; i++)
		if (strncmp(name, m->at[i].name, m->at[i].len) == 0 && strchr("}", name[m->at[i].len]))
			return m->at[i].grants;
	return 0;
}

static unsigned command_grants(const struct modes *m, const struct shell_command *c)
{
	size_t at;
	const char *name = shell_program(c, &at);
	unsigned grants = 0;

	if (command_is_interpreter(name)) {
		const char *danger = command_code_danger(c);

		return danger && strcmp(danger, "grants") == 0 ? GRANT_SETUID : 0;
	}
	if (strcmp(name, "setcap") == 0)
		return at + 1 < c->len && strcmp(c->words[at + 1], "-r") != 0 ? GRANT_CAPABILITY : 0;
	if (strcmp(name, "chmod") != 0 && strcmp(name, "dpkg-statoverride") != 0 && strcmp(name, "install") != 0 &&
		strcmp(name, "mkdir") != 0)
		return 0;
	for (size_t i = at + 1; i < c->len; i++) {
		const char *word = c->words[i];

		if (strncmp(word, "-m", 2) == 0 && word[2])
			word += 2;
		else if (strncmp(word, "--mode=", 7) == 0)
			word += 7;
		grants |= word[0] == '$' ? variable_grants(m, word) : 0;
		grants |= word[0] == '/' || word[0] == '-' ? 0 : mode_grants(word);
	}
	return grants;
}

static void add_lines(json_t *list, const struct script *s, unsigned grants)
{
	struct shell_words shell;
	struct modes modes = { .len = 0 };

	shell_words_read(&shell, s->body, s->len);
	for (size_t i = 0; i < shell.commands.len; i++) {
		const struct shell_command *c = &shell.commands.at[i];
		AUTO_FREE char *text = NULL, *shown = NULL;
		json_t *item;

		note_mode(&modes, c);
		if (c->len == 0 || !(command_grants(&modes, c) & grants) || (item = fact_add(list)) == NULL)
			continue;
		text = shell_text(&shell, c);
		shown = fact_short(text, LINE_SHOWN);
		json_set_str(item, "source", s->source);
		json_set_str(item, "path", shown);
	}
	fact_add_more(list, shell.more);
	shell_words_done(&shell);
}

json_t *script_lines(const struct pkg *pkg, unsigned grants)
{
	json_t *list = fact_list();

	for (size_t i = 0; i < pkg->scripts.len; i++)
		if (pkg->scripts.at[i].body)
			add_lines(list, &pkg->scripts.at[i], grants);
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
