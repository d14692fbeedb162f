/* shell.h - writing shell text that carries other scripts inside, byte for byte. Nothing of the vendor's is ever part of a command. */
#pragma once
#include "base/text.h"
#include "formats/pkg.h"

/* One generated script: `files` makes the carried texts, `lines` runs them. */
struct shell {
	struct text head, functions, files, lines; /* in this order */
	bool is_used, has_shims, calls_ldconfig, has_lua;
};
void shell_done(struct shell *sh);

/* Writes text to PATH (a shell word, as in "$dir/x"), byte for byte: quoted when it is plain ASCII, else as octal escapes of printf. */
void shell_put_file(struct text *to, const char *path_word, const char *bytes, size_t len);
/* "interpreter argument" as quoted words and the file behind them; without an interpreter the file itself. */
void shell_run_word(struct text *to, const char *interpreter, const char *path_word);
/* A carried script as the function NAME of the generated text: `NAME ARG...` runs it. environment: lines "A=b \\" in front, or "". */
void shell_carry(struct shell *sh, const char *function, const char *environment, const char *interpreter,
	const char *body, size_t len);
/* The whole: title as a comment, a private folder when something is carried, functions, files, lines. Arena string. */
char *shell_finish(struct arena *a, const struct shell *sh, const char *title, bool with_first_line, size_t *ret_len);
