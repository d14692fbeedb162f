/* shell_words.h - the commands of a shell script as words: quotes undone, pipelines and substitutions known, nothing run. Private to inspect/.
 *
 * Good enough to see what a script plainly does; not a shell: variables stay "$NAME" (but a command that is only a variable with one known value
 * is that value). What is handed to another shell as text (sh -c, eval, a here-document) is read too. Words are as long and as many as the script
 * has them; hostile scripts end at bounds, which `more` tells. */
#pragma once
#include "base/arena.h"

enum { SHELL_COMMANDS_MAX = 20000, SHELL_DEPTH = 12, SHELL_SIZE_MAX = 1 << 20 };
struct shell_redirect {
	const char *op; /* ">", ">>", "<", "<<", "<<<" ...; static */
	const char *target;
	const char *text; /* of a here-document that no shell runs; NULL: none */
};
struct shell_command {
	const char *const *words; /* assignments in front are left out, unless there is nothing else */
	size_t len;
	const struct shell_redirect *redirects;
	size_t redirects_len;
	unsigned line;
	int from;     /* the command whose output it reads (a | b), or -1 */
	int group;    /* from is the last of a group ("{ a; b; } | c"): the group's first, or -1 */
	int inside;   /* the command that uses its output or runs it: "$(...)", sh -c; or -1 */
	bool is_text; /* inside as text that is run, not as output that is used */
	int calls;    /* the function of the script that it calls, or -1 */
};
struct shell_function {
	const char *name;
	size_t first, end; /* the commands of its body; nothing when it has no end */
};
struct shell_words {
	struct arena arena;
	struct {
		struct shell_command *at;
		size_t len, room;
	} commands;
	struct {
		struct shell_function *at;
		size_t len, room;
	} functions;
	size_t more; /* what bounds left out */
};
/* *ret is zeroed before. */
void shell_words_read(struct shell_words *ret, const char *bytes, size_t len);
void shell_words_done(struct shell_words *s);
/* The word that is the program, behind sudo, env, exec and the like; its folders are cut off. "" when there is none. *ret_index is its place. */
const char *shell_program(const struct shell_command *c, size_t *ret_index);
/* Does the word fit one of the patterns that "|" parts? flags: of fnmatch(3). A pattern of 128 bytes or more fits nothing. */
bool shell_fits(const char *patterns, const char *word, int flags);
bool shell_has_arg(const struct shell_command *c, size_t program, const char *patterns,
	int flags);                         /* a word behind the program does */
bool shell_is_assignment(const char *word); /* NAME=... */
bool shell_is_shell(const char *program);
/* The command's words and redirections with one blank between them, and in front of it those that it reads from: "curl x | sh"; malloc. */
char *shell_text(const struct shell_words *s, const struct shell_command *c);
