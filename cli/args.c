/* args.c - the command line: which command, which options, in any order. */
#include "base/text.h"
#include "cli/cli.h"
#include <string.h>

const struct option global_options[] = {
	{ "--store", "WHERE", "the store: a directory (default: $SLUICE_STORE, else $XDG_DATA_HOME/sluice)", false },
	{ "--as", "PERSON", "who acts, as the policy knows them", false },
	{ "--key", "FPR", "the key to sign with", false },
	{ "--home", "GNUPGHOME", "where the private key is", false },
	{ "--json", NULL, "one JSON document on stdout", false },
	{ "--quiet", NULL, "no progress, no notes", false },
	{ "--verbose", NULL, "say more on stderr", false },
	{ "--help", NULL, "this text", false },
	{ "--version", NULL, "the version", false },
	{ 0 },
};

static const struct option *find_option(const struct option *table, const char *name, size_t len)
{
	for (; table && table->name; table++)
		if (strlen(table->name) == len && memcmp(table->name, name, len) == 0)
			return table;
	return NULL;
}

static const struct command *find_command(const char *name)
{
	EACH_COMMAND(c)
		if (strcmp(c->name, name) == 0)
			return c;
	return NULL;
}

/* Is word the first word of commands of two words ("rfc")? */
static bool is_family(const char *word)
{
	size_t len = strlen(word);
	EACH_COMMAND(c)
		if (strncmp(c->name, word, len) == 0 && c->name[len] == ' ')
			return true;
	return false;
}

/* Edit distance, for "did you mean". Short words only. */
static unsigned distance(const char *a, const char *b)
{
	size_t la = strlen(a), lb = strlen(b);
	unsigned row[64];

	if (lb >= COUNT(row) || la >= COUNT(row))
		return 99;
	for (size_t j = 0; j <= lb; j++)
		row[j] = (unsigned)j;
	for (size_t i = 1; i <= la; i++) {
		unsigned corner = row[0];
		row[0] = (unsigned)i;
		for (size_t j = 1; j <= lb; j++) {
			unsigned best = corner + (a[i - 1] != b[j - 1]);
			corner = row[j];
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
		}
	}
	return row[lb];
}

static int unknown_command(const char *name, struct err *e)
{
	const struct command *near = NULL;
	unsigned best = 4;

	EACH_COMMAND(c) {
		unsigned d = c->is_hidden ? 99 : distance(name, c->name);
		if (d < best) {
			best = d;
			near = c;
		}
	}
	err_usage(e, "unknown command '%s'", name);
	if (near)
		err_hint(e, "did you mean '%s'? 'sluice --help' lists the commands", near->name);
	else
		err_hint(e, "'sluice --help' lists the commands");
	return -1;
}

static int give(struct cli *c, const struct option *o, const char *value, struct err *e)
{
	if (c->given_len == COUNT(c->given))
		return err_usage(e, "too many options");
	for (size_t i = 0; i < c->given_len; i++)
		if (c->given[i].option == o && !o->is_many && o->value)
			return err_usage(e, "%s is given twice", o->name);
	c->given[c->given_len++] = (struct given){ o, value };
	return 0;
}

static int take_option(struct cli *c, char **argv, int argc, int *i, struct err *e)
{
	const char *word = argv[*i], *equals = strchr(word, '=');
	size_t len = equals ? (size_t)(equals - word) : strlen(word);
	const struct option *o = find_option(global_options, word, len);

	if (!o && c->command)
		o = find_option(c->command->options, word, len);
	if (!o) {
		err_usage(e, "unknown option '%.*s'%s%s", (int)len, word, c->command ? " for " : "",
			c->command ? c->command->name : "");
		return err_hint(e, "'sluice %s%s--help' lists the options", c->command ? c->command->name : "",
			c->command ? " " : "");
	}
	if (!o->value)
		return equals ? err_usage(e, "%s takes no value", o->name) : give(c, o, "", e);
	if (equals)
		return give(c, o, equals + 1, e);
	if (*i + 1 >= argc)
		return err_usage(e, "%s wants %s", o->name, o->value);
	return give(c, o, argv[++*i], e);
}

/* The command's name may be two words; options may stand before it, so it is looked for first, skipping global options and their values. */
static int find_the_command(struct cli *c, int argc, char **argv, int ret_at[2], struct err *e)
{
	int at[2] = { 0, 0 };
	for (int i = 1; i < argc && !at[1]; i++) {
		if (strcmp(argv[i], "--") == 0)
			break;
		if (argv[i][0] == '-') {
			const struct option *o = find_option(global_options, argv[i], strcspn(argv[i], "="));
			if (o && o->value && !strchr(argv[i], '='))
				i++;
			else if (!o && at[0])
				break; /* an option of the command: no second word follows */
			continue;
		}
		at[at[0] ? 1 : 0] = i;
		if (!is_family(argv[at[0]]))
			break;
	}
	ret_at[0] = at[0];
	ret_at[1] = 0;
	if (!at[0])
		return 0;
	if (at[1]) {
		AUTO_FREE char *both = mem_printf("%s %s", argv[at[0]], argv[at[1]]);
		c->command = find_command(both);
		if (c->command) {
			ret_at[1] = at[1];
			return 0;
		}
		if (!find_command(argv[at[0]]))
			return unknown_command(both, e);
	}
	c->command = find_command(argv[at[0]]);
	if (!c->command && is_family(argv[at[0]])) {
		for (int i = 1; i < argc; i++)
			if (strcmp(argv[i], "--help") == 0) {
				c->family = argv[at[0]];
				return 0;
			}
		err_usage(e, "'%s' wants a second word", argv[at[0]]);
		return err_hint(e, "'sluice %s --help' lists them", argv[at[0]]);
	}
	return c->command ? 0 : unknown_command(argv[at[0]], e);
}

static int count_args(const struct cli *c, struct err *e)
{
	const struct command *k = c->command;

	if (!k || opt_flag(c, "--help") || opt_flag(c, "--version"))
		return 0;
	if (c->args_len < k->least)
		err_usage(e, "%s: an argument is missing: sluice %s %s", k->name, k->name, k->arguments);
	else if (k->most >= 0 && c->args_len > k->most)
		err_usage(e, "%s: one argument too many: '%s'", k->name, c->args[k->most]);
	else
		return 0;
	return err_hint(e, "'sluice %s --help' shows how it is used", k->name);
}

int args_parse(struct cli *c, int argc, char **argv, struct err *e)
{
	int at[2];
	bool only_args = false;

	c->program = argv[0];
	if (find_the_command(c, argc, argv, at, e))
		return -1;
	for (int i = 1; i < argc; i++) {
		if (i == at[0] || i == at[1])
			continue;
		if (!only_args && strcmp(argv[i], "--") == 0) {
			if (c->command && c->command->takes_command) {
				c->rest = &argv[i + 1];
				break;
			}
			only_args = true;
		} else if (!only_args && argv[i][0] == '-' && argv[i][1]) {
			if (take_option(c, argv, argc, &i, e))
				return -1;
		} else if (c->args_len + 1 >= (int)COUNT(c->args)) {
			return err_usage(e, "too many arguments");
		} else {
			c->args[c->args_len++] = argv[i];
		}
	}
	return count_args(c, e);
}

const char *opt(const struct cli *c, const char *name)
{
	const char *value = NULL;
	for (size_t i = 0; i < c->given_len; i++)
		if (strcmp(c->given[i].option->name, name) == 0)
			value = c->given[i].value;
	return value;
}

bool opt_flag(const struct cli *c, const char *name)
{
	return opt(c, name) != NULL;
}

const char *opt_each(const struct cli *c, const char *name, size_t *at)
{
	for (; *at < c->given_len; (*at)++)
		if (strcmp(c->given[*at].option->name, name) == 0)
			return c->given[(*at)++].value;
	return NULL;
}

const char *opt_or(const struct cli *c, const char *name, const char *otherwise)
{
	const char *value = opt(c, name);
	return value ? value : otherwise;
}

int opt_need(const struct cli *c, const char *name, const char **ret, struct err *e)
{
	const char *value = opt(c, name);
	if (!value) {
		err_usage(e, "%s: %s is missing", c->command->name, name);
		return err_hint(e, "'sluice %s --help' shows how it is used", c->command->name);
	}
	*ret = value;
	return 0;
}
