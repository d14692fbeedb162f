/* help.c - `sluice --help`, `sluice COMMAND --help`, straight from the tables. */
#include "base/version.h"
#include "cli/cli.h"
#include <stdio.h>
#include <string.h>

static void print_options(const char *title, const struct option *o)
{
	if (!o || !o->name)
		return;
	printf("\n%s\n", title);
	for (; o->name; o++) {
		char left[80];
		snprintf(left, sizeof left, "%s%s%s%s", o->name, o->value ? " " : "", o->value ? o->value : "",
			o->is_many ? " ..." : "");
		printf("  %-36s %s\n", left, o->about);
	}
}

bool print_family_help(const char *family)
{
	size_t len = strlen(family);
	bool is_one = false;

	EACH_COMMAND(c) {
		if (c->is_hidden || strncmp(c->name, family, len) != 0 || c->name[len] != ' ')
			continue;
		if (!is_one)
			printf("usage: sluice %s COMMAND [ARG...]\n\ncommands\n", family);
		is_one = true;
		printf("  %-20s %s\n", c->name, c->about);
	}
	if (is_one)
		print_options("options", global_options);
	return is_one;
}

static void print_program_help(void)
{
	printf("usage: sluice [OPTION...] COMMAND [ARG...]\n\n"
	       "Sluice takes a vendor's update, rewrites it into the formats the organisation distributes, signs it,\n"
	       "proves it on a test system and lets it into a channel only when a Request for Change allows "
	       "it.\n\ncommands\n");
	EACH_COMMAND(c)
		if (!c->is_hidden)
			printf("  %-20s %s\n", c->name, c->about);
	print_options("options", global_options);
	printf("\n'sluice COMMAND --help' tells more; 'man sluice' tells all.\n"
	       "exit: 0 done, 1 judged and found wanting, 2 usage, 3 input refused, 4 environment failed\n");
}

void print_help(const struct command *command)
{
	if (!command) {
		print_program_help();
		return;
	}
	printf("usage: sluice %s%s%s\n\n%s\n", command->name, command->arguments[0] ? " " : "", command->arguments,
		command->about);
	if (command->more)
		printf("\n%s\n", command->more);
	print_options("options", command->options);
	print_options("options of every command", global_options);
}

void print_version(void)
{
	printf("sluice %s\n", SLUICE_VERSION);
}
