/* pattern.h - regular expressions that people write (POSIX extended), before regcomp sees them. */
#pragma once

/* What regcomp would take and then need all memory for, or regexec all time: back-references, large repetitions, repetitions of repetitions, each of
 * which copies what it repeats. NULL: it may be compiled; else why not, static. */
const char *pattern_too_dear(const char *pattern);
