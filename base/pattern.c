/* pattern.c - the cost of a regular expression, told from its text: glibc unfolds what is repeated. */
#include "base/pattern.h"
#include "base/base.h"
#include <stdlib.h>
#include <string.h>

enum { REPEAT_MAX = 100, REPEATS_MAX = 2, COPIES_MAX = 200000 };

/* The largest number in "{N,M}"; *at is left at its end. */
static unsigned largest(const char **at)
{
	unsigned most = 0;

	while (**at && **at != '}') {
		char *end;
		unsigned long value = strtoul(*at, &end, 10);

		most = value > REPEAT_MAX ? REPEAT_MAX + 1 : value > most ? (unsigned)value : most;
		*at = end > *at ? end : *at + 1;
	}
	return most;
}

const char *pattern_too_dear(const char *pattern)
{
	uint64_t copies = strlen(pattern) + 1;
	unsigned repeats = 0;
	char before = 0; /* what an operator stands behind */

	for (const char *at = pattern; *at; at++) {
		unsigned times = 1;

		if (*at == '\\') {
			if (at[1] >= '0' && at[1] <= '9')
				return "back-references are not taken";
			at += at[1] != '\0';
		} else if (*at == '{') {
			if (++repeats > REPEATS_MAX)
				return "it has more than two repetitions in braces";
			at++;
			times = largest(&at);
			if (times > REPEAT_MAX)
				return "it repeats something more than 100 times";
			times += 1;
		} else if (*at == '+' && before && strchr(")+*?}", before)) {
			times = 2;
		}
		copies *= times;
		if (copies > COPIES_MAX)
			return "it repeats what repeats too often";
		if (*at == 0)
			break;
		before = *at;
	}
	return NULL;
}
