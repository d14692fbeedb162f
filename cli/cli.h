/* cli.h - one command of the program: what its file gives to the table, and what it may use.
 *
 * Only cli/ prints. A command returns its exit code (0 done, 1 judged and found wanting), or -1 with the error set; main turns the error's class
 * into 1..4 as cli.md says. With --json exactly one document goes to stdout. */
#pragma once
#include "base/err.h"
#include "base/event.h"
#include "base/json.h"

struct option {
	const char *name;  /* "--to" */
	const char *value; /* what it takes, "TARGET[,TARGET...]"; NULL: a flag */
	const char *about;
	bool is_many; /* may be given again */
};
enum { OPTIONS_MAX = 64, VALUES_MAX = 1024 };

struct cli;
struct command {
	const char *name; /* "rfc open" */
	int (*run)(struct cli *c, struct err *e);
	const char *about;            /* one line, sorted tables */
	const char *arguments;        /* "FILE... --to TARGET" for the usage line */
	int least, most;              /* of positional arguments; most -1: any number */
	const struct option *options; /* ends with name NULL; NULL: none */
	const char *more;             /* further help, may be NULL */
	bool takes_command;           /* everything behind "--" is passed on */
	bool is_hidden;
};
/* Every command, sorted by name; ends with NULL. */
extern const struct command *const commands[];
/* EACH_COMMAND (k) { ... k->name ... } */
#define EACH_COMMAND(k) for (const struct command *const *k##_at = commands, *k; (k = *k##_at) != NULL; k##_at++)
extern const struct option global_options[];

struct given {
	const struct option *option;
	const char *value;
};
struct cli {
	const char *program;
	const struct command *command;
	const char *family; /* "rfc" of `rfc --help`; NULL */
	struct given given[VALUES_MAX];
	size_t given_len;
	const char *args[VALUES_MAX]; /* positional, NULL behind the last */
	int args_len;
	char **rest; /* behind "--", for takes_command */
	/* from options, environment and the user's configuration */
	char *store, *person, *key, *home;
	bool is_json, is_quiet, is_verbose, is_terminal;
	struct events events;
	size_t progress_len;
	int64_t progress_since;
	json_t *config;
	json_t *beside_error; /* members that the error document has beside "error"; NULL: none */
};

/* args.c: fills c->command, given, args. ERR_USAGE with a hint that names the nearest word. */
int args_parse(struct cli *c, int argc, char **argv, struct err *e) MUST;
const char *opt(const struct cli *c, const char *name); /* the last value, NULL when absent */
bool opt_flag(const struct cli *c, const char *name);
const char *opt_each(
	const struct cli *c, const char *name, size_t *at); /* for (size_t i = 0; (v = opt_each(c, "--set", &i));) */
const char *opt_or(const struct cli *c, const char *name, const char *otherwise);
int opt_need(const struct cli *c, const char *name, const char **ret, struct err *e) MUST;

/* config.c: ~/.config/sluice/config.yaml (store, as, key, home), environment, defaults. */
int config_load(struct cli *c, struct err *e) MUST;
int config_store(const struct cli *c, struct err *e)
	MUST; /* is c->store a place this version can use? else ERR_USAGE */

/* output.c */
void say(const char *fmt, ...)
	__attribute__((format(printf, 1, 2))); /* to stdout; text from data must be made printable first */
void say_safe(const char *text);               /* to stdout, control bytes escaped, one line */
/* store.c: fit for a terminal, and with the times in it (2026-11-21T22:10:22Z) in the zone of the store's policy; malloc. */
char *for_people(const char *text);
void warn_user(const struct cli *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void note_user(const struct cli *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void hint_user(const struct cli *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
int print_json(json_t *value); /* steals value; returns 0, or what to exit with when there is none */
void print_error(const struct cli *c, const struct err *e); /* stderr, and the JSON error document with --json */
/* cli.md's {"code","file","member","offset","text"}, and a hint where there is one. */
json_t *error_json(const struct err *e);
/* Says which file an error is about, unless its text begins with the name already; returns -1. */
int about_file(struct err *e, const char *path);
int exit_code(const struct err *e);
void output_init(struct cli *c);
void progress_clear(struct cli *c);
/* Padded columns: rows of cells, NULL ends a row. */
void print_row(const int *widths, const char *const *cells);
const char *tone(const struct cli *c, const char *code); /* an ANSI code on a terminal, else "" */

/* help.c */
void print_help(const struct command *command); /* NULL: the program's */
bool print_family_help(const char *family);     /* "rfc": its commands; false: there are none */
void print_version(void);
