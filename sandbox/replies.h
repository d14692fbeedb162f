/* replies.h - what an installer is told when it asks: the file that a recipe's source.answers names.
 *
 * A line `PATTERN => ANSWER` answers every question in whose text the pattern (an extended regular expression) is found; the text is what
 * was printed since the last answer. Any other line answers the next question that no pattern fits, each once, in their order. Blank lines
 * and lines that begin with # are nothing. Behind each answer Enter is pressed; an empty ANSWER is Enter alone. */
#pragma once
#include "base/base.h"
#include "base/err.h"
#include <regex.h>
#include <stdbool.h>

struct reply {
	regex_t pattern;
	bool has_pattern, is_used;
	char *answer; /* with its Enter */
};
struct replies {
	struct reply *at;
	size_t len, room;
	unsigned given;
};
/* name: for errors, "answers.txt:3: ..." (ERR_USAGE). */
int replies_parse(const char *text, size_t len, const char *name, struct replies *ret, struct err *e) MUST;
void replies_done(struct replies *r);
/* The answer to a question; NULL: there is none, or far too many were given. Borrowed. */
const char *replies_to(struct replies *r, const char *question);
/* What a terminal shows of these bytes, as lines of plain text: no escape sequences, no carriage returns. Malloc. */
char *replies_plain(const char *bytes, size_t len);
