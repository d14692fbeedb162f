/* cmd_completion.c - `sluice completion SHELL`: the completion script, straight from the tables. */
#include "cli/cmd.h"
#include <string.h>

static void words_of(const struct option *o)
{
	for (; o && o->name; o++)
		say("%s ", o->name);
}

/* "rfc" once for "rfc open", "rfc show", ... */
static bool is_first_of_family(const struct command *k, size_t len)
{
	EACH_COMMAND(other) {
		if (other == k)
			break;
		if (strncmp(other->name, k->name, len) == 0 && (other->name[len] == ' ' || !other->name[len]))
			return false;
	}
	return true;
}

static void first_words(void)
{
	EACH_COMMAND(k) {
		size_t len = strcspn(k->name, " ");
		if (!k->is_hidden && is_first_of_family(k, len))
			say("%.*s ", (int)len, k->name);
	}
}

static void second_words(const char *family, size_t len)
{
	EACH_COMMAND(k)
		if (strncmp(k->name, family, len) == 0 && k->name[len] == ' ')
			say("%s ", k->name + len + 1);
}

static void bash(void)
{
	say("# bash completion for sluice(1); made by `sluice completion bash`\n_sluice()\n{\n"
	    "\tlocal cur=${COMP_WORDS[COMP_CWORD]} words=() w i\n"
	    "\tfor ((i = 1; i < COMP_CWORD; i++)); do\n\t\tw=${COMP_WORDS[i]}\n\t\tcase $w in\n\t\t");
	for (const struct option *o = global_options; o->name; o++)
		if (o->value)
			say("%s%s", o == global_options ? "" : "|", o->name);
	say(") i=$((i + 1)) ;;\n\t\t-*) ;;\n\t\t*) words+=(\"$w\") ;;\n\t\tesac\n\tdone\n"
	    "\tlocal all=\"");
	words_of(global_options);
	say("\" choices\n\tcase \"${words[*]:0:2}\" in\n");
	EACH_COMMAND(k) {
		if (k->is_hidden)
			continue;
		say("\t\"%s\"%s) choices=\"", k->name, strchr(k->name, ' ') ? "" : "*");
		words_of(k->options);
		say("$all\" ;;\n");
	}
	say("\tesac\n\tif [[ $cur == -* ]]; then COMPREPLY=($(compgen -W \"${choices:-$all}\" -- \"$cur\")); return; "
	    "fi\n"
	    "\tcase ${#words[@]} in\n\t0) COMPREPLY=($(compgen -W \"");
	first_words();
	say("\" -- \"$cur\")); return ;;\n\t1) case ${words[0]} in\n");
	EACH_COMMAND(k) {
		size_t len = strcspn(k->name, " ");
		if (k->is_hidden || !k->name[len] || !is_first_of_family(k, len))
			continue;
		say("\t\t%.*s) COMPREPLY=($(compgen -W \"", (int)len, k->name);
		second_words(k->name, len);
		say("\" -- \"$cur\")); return ;;\n");
	}
	say("\t\tesac ;;\n\tesac\n\tCOMPREPLY=($(compgen -f -- \"$cur\"))\n}\ncomplete -o filenames -F _sluice "
	    "sluice\n");
}

static void quoted(const char *text)
{
	for (; *text; text++)
		if (*text == '\'')
			say("'\\''");
		else if (*text == '[' || *text == ']' || *text == ':')
			say("\\%c", *text);
		else
			say("%c", *text);
}

static void zsh(void)
{
	say("#compdef sluice\n# zsh completion for sluice(1); made by `sluice completion zsh`\n_sluice() {\n\tlocal -a "
	    "commands\n\tcommands=(\n");
	EACH_COMMAND(k) {
		if (k->is_hidden)
			continue;
		say("\t\t'");
		quoted(k->name);
		say(":");
		quoted(k->about);
		say("'\n");
	}
	say("\t)\n\tlocal -a options\n\toptions=(");
	for (const struct option *o = global_options; o->name; o++)
		say(" '%s'", o->name);
	say(" )\n\tlocal typed=\"${(j: :)${(@)words[2,CURRENT-1]:#-*}}\"\n\tcase $typed in\n");
	EACH_COMMAND(k) {
		if (k->is_hidden || !k->options || !k->options->name)
			continue;
		say("\t'%s'*) options+=( ", k->name);
		words_of(k->options);
		say(") ;;\n");
	}
	say("\tesac\n\tif [[ $PREFIX == -* ]]; then compadd -- $options; return; fi\n"
	    "\tif [[ -z $typed ]]; then _describe 'command' commands; return; fi\n"
	    "\tlocal -a second\n\tsecond=(${${(M)commands:#$typed *}#$typed })\n"
	    "\tif (( $#second )); then _describe 'command' second; else _files; fi\n}\n_sluice \"$@\"\n");
}

static void fish(void)
{
	say("# fish completion for sluice(1); made by `sluice completion fish`\n");
	for (const struct option *o = global_options; o->name; o++)
		say("complete -c sluice -l %s%s -d '%s'\n", o->name + 2, o->value ? " -r" : "", o->about);
	EACH_COMMAND(k) {
		size_t len = strcspn(k->name, " ");
		if (k->is_hidden)
			continue;
		if (!k->name[len])
			say("complete -c sluice -n __fish_use_subcommand -a %s -d '", k->name);
		else
			say("complete -c sluice -n '__fish_seen_subcommand_from %.*s' -a %s -d '", (int)len, k->name,
				k->name + len + 1);
		for (const char *t = k->about; *t; t++)
			say(*t == '\'' ? "\\%c" : "%c", *t);
		say("'\n");
		if (k->name[len] && is_first_of_family(k, len))
			say("complete -c sluice -n __fish_use_subcommand -a %.*s\n", (int)len, k->name);
		for (const struct option *o = k->options; o && o->name; o++)
			say("complete -c sluice -n '__fish_seen_subcommand_from %.*s' -l %s%s\n", (int)len, k->name,
				o->name + 2, o->value ? " -r" : "");
	}
}

static int run(struct cli *c, struct err *e)
{
	static const struct {
		const char *name;
		void (*print)(void);
	} shells[] = { { "bash", bash }, { "zsh", zsh }, { "fish", fish } };

	for (size_t i = 0; i < COUNT(shells); i++)
		if (strcmp(shells[i].name, c->args[0]) == 0) {
			shells[i].print();
			return 0;
		}
	return err_usage(e, "completion: unknown shell '%s': want bash, zsh or fish", c->args[0]);
}

const struct command cmd_completion = {
	.name = "completion",
	.run = run,
	.about = "the completion script for bash, zsh or fish",
	.arguments = "bash|zsh|fish",
	.least = 1,
	.most = 1,
};
