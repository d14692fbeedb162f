/* shell_texts.c - text that a command of a script hands to a shell: sh -c, eval, trap, echo TEXT | sh, find -exec, lines for cron. */
#include "inspect/shell_reading.h"
#include <string.h>

enum { CRON_TIMES = 5 };

static void read_words(struct reading *r, int own, const struct shell_command *c, size_t first, size_t end)
{
	for (size_t i = first; i < end && i < c->len; i++)
		shell_read_nested(r, c->words[i], strlen(c->words[i]), own, true, c->line);
}

/* find -exec COMMAND {} + */
static void read_exec(struct reading *r, int own, const struct shell_command *c)
{
	for (size_t i = 0; i + 1 < c->len; i++) {
		size_t len = 0;

		if (!shell_fits("-exec|-execdir|-ok|-okdir", c->words[i], 0))
			continue;
		while (i + 1 + len < c->len && strcmp(c->words[i + 1 + len], ";") != 0 &&
			strcmp(c->words[i + 1 + len], "+") != 0)
			len++;
		if (r->shell->commands.len >= SHELL_COMMANDS_MAX)
			r->shell->more++;
		else
			*LIST_ADD(&r->shell->commands) = (struct shell_command){ .words = c->words + i + 1,
				.len = len,
				.line = c->line,
				.from = -1,
				.group = -1,
				.inside = own,
				.is_text = true };
		i += len;
	}
}

/* sh -c TEXT, su -c TEXT, wherever it stands among the words (find -exec sh -c TEXT). */
static void read_texts(struct reading *r, int own, const struct shell_command *c)
{
	static const char *const others[] = { "su", "runuser" };
	bool is_c = false;

	for (size_t i = 0; i + 1 < c->len; i++) {
		const char *word = c->words[i], *slash = strrchr(word, '/'), *name = slash ? slash + 1 : word;
		size_t len = strlen(word);

		is_c = is_c || shell_is_shell(name);
		for (size_t k = 0; k < COUNT(others); k++)
			is_c = is_c || strcmp(name, others[k]) == 0;
		if (is_c && word[0] == '-' && word[1] != '-' && word[len - 1] == 'c') {
			read_words(r, own, c, i + 1, i + 2);
			is_c = false;
		}
	}
}

/* What cron runs: behind the times and, in a file of the system's, the user. */
void shell_read_cron(struct reading *r, int own, struct slice text, bool has_user, unsigned line)
{
	struct slice one;

	for (; slice_cut(&text, '\n', &one); line++) {
		size_t fields = CRON_TIMES;

		one = slice_trim(one);
		fields = (one.len > 0 && one.at[0] == '@' ? 1 : fields) + has_user;
		for (; fields > 0 && one.len > 0; fields--) {
			while (one.len > 0 && one.at[0] != ' ' && one.at[0] != '\t')
				one.at++, one.len--;
			one = slice_trim(one);
		}
		if (one.len > 0)
			shell_read_nested(r, one.at, one.len, own, true, line);
	}
}

/* Does the command write a file of cron's? Those of people name no user. */
bool shell_writes_cron(const struct shell_command *c, bool *ret_has_user)
{
	*ret_has_user = true;
	for (size_t i = 0; i < c->redirects_len; i++)
		if (c->redirects[i].op[0] == '>' && shell_fits("/etc/cron.d/*|/etc/crontab", c->redirects[i].target, 0))
			return true;
	*ret_has_user = false;
	return strcmp(shell_program(c, &(size_t){ 0 }), "crontab") == 0;
}

/* echo LINE > /etc/cron.d/x, echo LINE | crontab - */
static void read_cron_words(
	struct reading *r, int own, const struct shell_command *c, const struct shell_command *teller)
{
	bool has_user;
	size_t text;
	const char *program = shell_program(teller, &text);

	if (!shell_fits("echo|printf", program, 0) || !shell_writes_cron(c, &has_user))
		return;
	for (size_t i = text + 1; i < teller->len; i++)
		shell_read_cron(r, own, slice_of(teller->words[i]), has_user, c->line);
}

/* Text that the command hands to a shell: sh -c TEXT, eval WORDS, trap TEXT, sh <<< TEXT, echo TEXT | sh. */
void shell_read_text(struct reading *r, int own, const struct shell_command *c)
{
	size_t first, text;
	const char *program = shell_program(c, &first), *feeder;

	if (strcmp(program, "eval") == 0)
		read_words(r, own, c, first + 1, c->len);
	else if (strcmp(program, "trap") == 0)
		read_words(r, own, c, first + 1, first + 2);
	if (strcmp(program, "find") == 0)
		read_exec(r, own, c);
	read_texts(r, own, c);
	read_cron_words(r, own, c, c);
	if (c->from >= 0 && r->shell->commands.at[c->from].words)
		read_cron_words(r, own, c,
			&(const struct shell_command){ .words = r->shell->commands.at[c->from].words,
				.len = r->shell->commands.at[c->from].len });
	if (!shell_is_shell(program) && !shell_fits("at|batch|parallel", program, 0))
		return;
	for (size_t i = 0; i < c->redirects_len; i++)
		if (strcmp(c->redirects[i].op, "<<<") == 0)
			shell_read_nested(
				r, c->redirects[i].target, strlen(c->redirects[i].target), own, true, c->line);
	if (c->from < 0 || r->shell->commands.at[c->from].words == NULL)
		return;
	const struct shell_command before = r->shell->commands.at[c->from];
	feeder = shell_program(&before, &text);
	if (strcmp(feeder, "echo") == 0 || strcmp(feeder, "printf") == 0)
		read_words(r, own, &before, text + 1, before.len);
}
