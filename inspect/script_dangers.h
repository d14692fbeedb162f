/* script_dangers.h - what a command of a shell script does that an update should not do unnoticed. Private to inspect/. */
#pragma once
#include "base/record.h"
#include "inspect/shell_words.h"

struct danger {
	const char *id;
	enum severity severity;
	const char *text; /* a sentence on "the script": what it does and what that means */
};
const struct danger *danger_named(const char *id); /* NULL */
/* For every command that is one; text is the command's, bounded. */
typedef void danger_seen(void *to, const struct danger *danger, const char *text, unsigned line);
/* How many things it did not keep in mind. */
size_t script_dangers(const struct shell_words *shell, danger_seen *tell, void *to);
