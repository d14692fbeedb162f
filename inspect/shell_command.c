/* shell_command.c - one command of a script: its program behind sudo and the like, and its text. */
#include "base/text.h"
#include "inspect/shell_words.h"
#include <ctype.h>
#include <fnmatch.h>
#include <string.h>

bool shell_is_assignment(const char *word)
{
	const char *at = word;

	while (isalnum((unsigned char)*at) || *at == '_')
		at++;
	return at > word && !isdigit((unsigned char)*word) && (*at == '=' || (at[0] == '+' && at[1] == '='));
}

bool shell_is_shell(const char *program)
{
	static const char *const names[] = { "sh", "bash", "dash", "ash", "ksh", "zsh" };

	for (size_t i = 0; i < COUNT(names); i++)
		if (strcmp(program, names[i]) == 0)
			return true;
	return false;
}

static const char *base_of(const char *word)
{
	const char *slash = strrchr(word, '/');

	return slash && slash[1] ? slash + 1 : word;
}

/* Programs that start another one, after options of theirs and `operands` words (a number or an assignment is one of its own anyway). */
static const struct wrapper {
	const char *name, *with_value; /* the letters of options that take the next word */
	unsigned operands;
} wrappers[] = { { "sudo", "ughpCrtTD", 0 }, { "doas", "uC", 0 }, { "env", "uCS", 0 }, { "nohup", "", 0 },
	{ "exec", "a", 0 }, { "command", "", 0 }, { "nice", "n", 0 }, { "timeout", "sk", 0 }, { "busybox", "", 0 },
	{ "builtin", "", 0 }, { "stdbuf", "ioe", 0 }, { "ionice", "cnp", 0 }, { "setsid", "", 0 },
	{ "xargs", "IiLnPsadE", 0 }, { "chroot", "", 1 }, { "runcon", "utrl", 0 }, { "unshare", "SGRw", 0 },
	{ "systemd-run", "puEHMt", 0 }, { "time", "fo", 0 }, { "then", "", 0 }, { "do", "", 0 }, { "else", "", 0 } };

static const struct wrapper *wrapper_of(const char *name)
{
	for (size_t i = 0; i < COUNT(wrappers); i++)
		if (strcmp(wrappers[i].name, name) == 0)
			return &wrappers[i];
	return NULL;
}

/* "-u" and "-nu", but not "-uroot": the value is the next word. */
static bool takes_next(const struct wrapper *w, const char *option)
{
	size_t len = strlen(option);

	return option[0] == '-' && option[1] != '-' && len > 1 && len <= 3 &&
		strchr(w->with_value, option[len - 1]) != NULL;
}

const char *shell_program(const struct shell_command *c, size_t *ret_index)
{
	size_t i = 0;

	while (i < c->len) {
		const char *name = base_of(c->words[i]);
		const struct wrapper *w = wrapper_of(name);
		unsigned operands = w ? w->operands : 0;

		if (w == NULL) {
			*ret_index = i;
			return name;
		}
		for (i++; i < c->len; i++) {
			const char *word = c->words[i];

			if (takes_next(w, word))
				i++;
			else if (word[0] != '-' && !isdigit((unsigned char)word[0]) && !shell_is_assignment(word) &&
				operands-- == 0)
				break;
		}
	}
	*ret_index = 0;
	return c->len > 0 ? base_of(c->words[0]) : "";
}

static void add_text(const struct shell_words *s, const struct shell_command *c, struct text *t, unsigned depth)
{
	if (c->from >= 0 && (size_t)c->from < s->commands.len && depth < 8) {
		add_text(s, &s->commands.at[c->from], t, depth + 1);
		text_add(t, " | ");
	}
	for (size_t i = 0; i < c->len; i++)
		text_add(t, "%s%s", i ? " " : "", c->words[i]);
	for (size_t i = 0; i < c->redirects_len; i++)
		text_add(t, " %s %s", c->redirects[i].op, c->redirects[i].target);
}

char *shell_text(const struct shell_words *s, const struct shell_command *c)
{
	struct text t = { 0 };

	add_text(s, c, &t, 0);
	return text_take(&t);
}

bool shell_fits(const char *patterns, const char *word, int flags)
{
	char one[128];

	for (const char *at = patterns; *at; at += *at == '|') {
		size_t len = strcspn(at, "|");

		if (len < sizeof one) {
			memcpy(one, at, len);
			one[len] = 0;
			if (fnmatch(one, word, flags) == 0)
				return true;
		}
		at += len;
	}
	return false;
}

bool shell_has_arg(const struct shell_command *c, size_t program, const char *patterns, int flags)
{
	for (size_t i = program + 1; i < c->len; i++)
		if (shell_fits(patterns, c->words[i], flags))
			return true;
	return false;
}
