/* shell_reading.h - one level of reading a shell script, between its readers. Private to inspect/shell_*.c. */
#pragma once
#include "inspect/shell_words.h"

enum { VARIABLES_MAX = 1024, SHIFTS_MAX = 200, GROUPS_MAX = 32 };

struct heredoc {
	const char *delimiter; /* the script's */
	bool strips_tabs, is_quoted;
	int command;
};
/* What a level of reading knows; deeper levels share the script. */
struct reading {
	struct shell_words *shell;
	const char *at, *end;
	unsigned line, depth;
	int inside;
	bool is_text;
	LIST(char) word; /* being put together */
	bool has_word, is_quoted;
	LIST(const char *) words; /* of the command being put together */
	LIST(struct shell_redirect) redirects;
	struct shell_command command;
	bool has_command;
	const char *pending;    /* redirection that waits for its target */
	int from;               /* the pipe's left side */
	int last;               /* the command that ended last: what a pipe behind a group reads from */
	int groups[GROUPS_MAX]; /* the first commands of those that are open: "(", "{", "do" and the like */
	unsigned groups_len;
	int closed;             /* the group that ended last, when nothing came behind it; -1 */
	int group;              /* the group that the pipe's left side is; -1 */
	unsigned parens, cases; /* open ones */
	bool in_pattern;        /* behind "in" or ";;" of a case */
	unsigned sums;          /* the parens that ((...)) has opened: in there, << shifts bits */
	LIST(struct heredoc) heredocs;
	int function;            /* the one whose body is read, counted from 1; 0 */
	unsigned function_depth; /* how many groups were open before it */
	struct variables *variables;
};
/* What all levels share beside the commands. */
struct variables {
	struct {
		const char *name, *value;
	} at[VARIABLES_MAX];
	size_t len;
	unsigned shifts; /* "<<" that were taken for none of a here-document */
};

/* A level ends with its text, or with `closing` (0: nothing) that nothing in it opened. */
void shell_read_commands(struct reading *r, char closing);
void shell_read_nested(struct reading *r, const char *bytes, size_t len, int inside, bool is_text, unsigned line);
void shell_put(struct reading *r, char c); /* one more byte of the word */
void shell_put_bytes(struct reading *r, const char *bytes, size_t len);
void shell_end_word(struct reading *r);
/* A command gets its number when its first word or substitution begins, so that what is inside can name it. -1: there are too many. */
int shell_number(struct reading *r);
/* *r->at is behind what opened them. */
void shell_take_redirect(struct reading *r, char c); /* *r->at is behind c */
void shell_take_heredocs(struct reading *r);         /* behind a line's end: those that the line announced */
/* What the command, which has the number `own`, hands to a shell as text. */
void shell_read_text(struct reading *r, int own, const struct shell_command *c);
void shell_read_cron(struct reading *r, int own, struct slice text, bool has_user, unsigned line);
bool shell_writes_cron(const struct shell_command *c, bool *ret_has_user);
void shell_substitution(struct reading *r, const char *opening);
void shell_backticks(struct reading *r);
void shell_dollar(struct reading *r, bool in_quotes);
void shell_double_quotes(struct reading *r);
void shell_single_quotes(struct reading *r);
