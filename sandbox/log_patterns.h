/* log_patterns.h - the words of failure that logs and outputs are searched for; an organisation may bring its own file.
 *
 *     - id: crash                        # names it in reports; part of a finding's digest
 *       level: hard                      # hard: the test fails; soft: a person may want to know
 *       match: "segmentation fault"      # POSIX extended regular expression, upper and lower case alike, anywhere in the line
 *       unless: "no segmentation fault"  # optional: such lines do not count
 *       in: "/var/log/acme.log"          # optional: only there; a path, "journal", "output of dpkg"
 *
 * Patterns are tried in order; the first that fits names the finding. */
#pragma once
#include "base/err.h"
#include <regex.h>
#include <stdbool.h>
#include <stddef.h>

struct log_pattern {
	char *id, *in; /* in: NULL everywhere */
	bool is_hard, has_unless;
	regex_t match, unless;
};
struct log_patterns {
	struct log_pattern *at;
	size_t len, room;
	regex_t any; /* fits whatever one of them fits */
	bool has_any;
};
void log_patterns_done(struct log_patterns *p);
/* path NULL: what is built in. Errors are ERR_USAGE with FILE:LINE:COLUMN. */
int log_patterns_load(const char *path, struct log_patterns *ret, struct err *e) __attribute__((warn_unused_result));
int log_patterns_parse(const char *text, size_t len, const char *file, struct log_patterns *ret, struct err *e)
	__attribute__((warn_unused_result));
/* line: printable text. NULL: nothing in it speaks of failure. */
const struct log_pattern *log_patterns_match(const struct log_patterns *p, const char *where, const char *line);

extern const char log_patterns_builtin[]; /* sandbox/log-patterns.yaml */
