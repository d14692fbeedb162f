/* pattern.h - regular expressions (POSIX extended): what people write, before regcomp sees it, and our own. */
#pragma once
#include <stdbool.h>

/* What regcomp would take and then need all memory for, or regexec all time: back-references, large repetitions, repetitions of repetitions, each of
 * which copies what it repeats. NULL: it may be compiled; else why not, static. */
const char *pattern_too_dear(const char *pattern);

/* Does the text match one of our own patterns, which are few and the same again and again? They stay compiled. NULL: everything does. */
bool pattern_matches(const char *pattern, const char *text);
