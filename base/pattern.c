/* pattern.c - the cost of a regular expression, told from its text: glibc unfolds what is repeated; our own ones, compiled once. */
#include "base/pattern.h"
#include "base/base.h"
#include <pthread.h>
#include <regex.h>
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

/* ---- ours */

/* Compiled once: a schema asks the same few patterns of every text, and they are longer in making than in use. NULL: none of regcomp's. */
static const regex_t *compiled(const char *pattern)
{
	static struct {
		char *pattern;
		regex_t re;
	} known[32];
	static size_t len;
	size_t i = 0;

	while (i < len && strcmp(known[i].pattern, pattern) != 0)
		i++;
	if (i == COUNT(known)) { /* more than all our schemas have: the last place is given up */
		i--;
		len--;
		regfree(&known[i].re);
		free(known[i].pattern);
	}
	if (i == len) {
		if (regcomp(&known[i].re, pattern, REG_EXTENDED | REG_NOSUB))
			return NULL;
		known[i].pattern = mem_strdup(pattern);
		len++;
	}
	return &known[i].re;
}

bool pattern_matches(const char *pattern, const char *text)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	const regex_t *re;
	bool match;

	if (pattern == NULL)
		return true;
	pthread_mutex_lock(&lock);
	re = compiled(pattern);
	match = re && regexec(re, text, 0, NULL, 0) == 0;
	pthread_mutex_unlock(&lock);
	return match;
}
