/* shell_command.c - one command of a script: its program behind sudo and the like, and its text. */
#include "base/text.h"
#include "inspect/shell_words.h"
#include <ctype.h>
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

const char *shell_program(const struct shell_command *c, size_t *ret_index)
{
	static const char *const wrappers[] = { "sudo", "env", "nohup", "exec", "command", "nice", "timeout", "busybox",
		"builtin", "stdbuf", "ionice", "setsid", "xargs", "chroot", "doas", "runcon", "unshare", "systemd-run",
		"time", "then", "do", "else" };
	size_t i = 0;

	while (i < c->len) {
		const char *name = base_of(c->words[i]);
		bool is_wrapper = false;

		for (size_t k = 0; k < COUNT(wrappers); k++)
			is_wrapper |= strcmp(name, wrappers[k]) == 0;
		if (!is_wrapper) {
			*ret_index = i;
			return name;
		}
		/* its options, assignments and numbers */
		for (i++; i < c->len &&
			(c->words[i][0] == '-' || isdigit((unsigned char)c->words[i][0]) ||
				shell_is_assignment(c->words[i]));
			i++)
			;
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
